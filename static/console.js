// SPDX-License-Identifier: MIT
// console: what scripts add to pages that work without them: copying, busy buttons, results in place, keys, the browser's time zone.
(() => {
  const root = document.documentElement;
  const all = (what, where = document) => [...where.querySelectorAll(what)];

  // The zone times are shown in, for people who have chosen none; it is used from the next page on.
  if (!/(^|; )mg_tz=/.test(document.cookie)) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (zone) document.cookie = `mg_tz=${zone}; path=/; max-age=31536000; samesite=lax`;
  }

  // Copying. The button is there only if the browser can.
  const copy = async (button) => {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
    const label = button.querySelector('span'), before = label?.textContent;
    if (label) label.textContent = button.dataset.done;
    else button.title = button.dataset.done;
    say(button.dataset.done);
    setTimeout(() => { if (label) label.textContent = before; else button.removeAttribute('title'); }, 2000);
  };
  if (navigator.clipboard) for (const button of all('[data-copy]')) button.hidden = false;

  // One polite line for screen readers.
  let line;
  const say = (text) => {
    if (!line) {
      line = document.createElement('p');
      line.className = 'sr';
      line.setAttribute('role', 'status');
      document.body.append(line);
    }
    line.textContent = text;
  };

  const busy = (button) => {
    const label = button.querySelector('span:not(.sr)') ?? button.firstChild;
    button.setAttribute('aria-busy', 'true');
    button.dataset.before = label.textContent;
    label.textContent = button.dataset.busy;
  };
  const idle = (button) => {
    if (!button.hasAttribute('aria-busy')) return;
    const label = button.querySelector('span:not(.sr)') ?? button.firstChild;
    button.removeAttribute('aria-busy');
    label.textContent = button.dataset.before;
  };

  // A result in place of a new page: what was typed, also into the secret, stays where it is.
  const swap = async (form, button) => {
    const body = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(button.formAction, { method: 'POST', body, headers: { accept: 'text/html' } });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const fresh = page.querySelector(button.dataset.swap);
      if (answer.redirected || !fresh || page.querySelector('.problems')) return false;
      const here = document.querySelector(button.dataset.swap);
      here.replaceChildren(...fresh.childNodes);
      all('.typed', here).forEach((note) => note.remove());
      return true;
    } catch {
      return false;
    }
  };

  let sending = false;
  document.addEventListener('submit', async (e) => {
    const button = e.submitter;
    if (sending) { e.preventDefault(); return; }
    if (!button?.dataset.busy) return;
    if (!button.dataset.swap) { sending = true; setTimeout(() => busy(button)); return; }
    e.preventDefault();
    sending = true;
    busy(button);
    const done = await swap(e.target, button);
    sending = false;
    idle(button);
    if (!done) { const plain = button.dataset.swap; delete button.dataset.swap; delete button.dataset.busy; e.target.requestSubmit(button); button.dataset.swap = plain; }
  });
  addEventListener('pageshow', () => { sending = false; all('[aria-busy]').forEach(idle); });

  document.addEventListener('click', (e) => {
    const button = e.target.closest?.('[data-copy]');
    if (button) copy(button);
  });

  // A form that was changed asks before it is left.
  let changed = false;
  for (const form of all('#provider-form')) {
    form.addEventListener('input', () => { changed = true; });
    form.addEventListener('submit', (e) => { if (!e.submitter?.dataset.swap) changed = false; });
  }
  addEventListener('beforeunload', (e) => { if (changed) e.preventDefault(); });

  // Parts that keep themselves fresh, by htmx: every 15 s while the page is looked at, nobody types in it and nobody paused it.
  for (const button of all('[data-pause]')) {
    button.hidden = !window.htmx;
    button.addEventListener('click', () => button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') !== 'true'));
    setInterval(() => {
      const part = document.querySelector(button.dataset.pause);
      if (!window.htmx || document.hidden || button.getAttribute('aria-pressed') === 'true' || part.contains(document.activeElement)) return;
      part.dispatchEvent(new CustomEvent('mg:tick'));
    }, 15_000);
  }

  // Keys: / search; g and a letter go somewhere; j k walk rows or runs; Escape goes back to the list.
  const places = { o: '', r: 'runs', p: 'providers', k: 'keys', a: 'audit', s: 'settings', u: 'users' };
  let going = 0, row = -1;
  const walk = (by) => {
    const rows = all('table[data-keys] a[data-row]');
    if (!rows.length) return document.querySelector(by > 0 ? 'a[rel=next]' : 'a[rel=prev]')?.click();
    row = Math.min(Math.max(row + by, 0), rows.length - 1);
    rows[row].focus();
  };
  addEventListener('keydown', (e) => {
    if (e.target.closest?.('input,textarea,select,[contenteditable]') || e.ctrlKey || e.metaKey || e.altKey) return;
    const went = e.timeStamp - going < 1200;
    going = 0;
    if (went && e.key in places) location.assign(`/admin/${places[e.key]}`);
    else if (e.key === 'g') going = e.timeStamp;
    else if (e.key === '/') { e.preventDefault(); document.querySelector('input[type=search]')?.focus(); }
    else if (e.key === 'j' || e.key === 'k') walk(e.key === 'j' ? 1 : -1);
    else if (e.key === 'Escape') document.querySelector('.crumb a')?.click();
  });

  root.dataset.script = 'on';
})();
