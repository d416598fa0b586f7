// SPDX-License-Identifier: MIT
// The console without JavaScript: every form there is, from the first run to signing out. And the providers' forms once more with JavaScript
// but without the file that comes from npm, and with all of it.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { HOME } from '../wire/stack.mjs';
import { Browser } from './browser.mjs';
import { messages } from './checks.mjs';
import { providersLife } from './providers_life.mjs';
import { MODELS, PASSWORD, SECRET, World } from './world.mjs';

const say = messages('en-US'), zh = messages('zh-CN');
let browser;
before(async () => { browser = await Browser.start(); });
after(() => browser?.stop());

const lang = (visitor) => visitor.page.locator('html').getAttribute('lang');
const theme = (visitor) => visitor.page.locator('html').getAttribute('data-theme');
const main = (visitor) => visitor.page.locator('main').innerText();
const flash = (visitor) => visitor.page.locator('.flash').innerText();
const fill = async (visitor, values) => {
  for (const [name, value] of Object.entries(values)) await visitor.page.locator(`main [name="${name}"]`).fill(value);
};
const submit = (visitor) => visitor.press('main form .btn.pri');
const switchLanguage = (visitor) => visitor.press('button[name=lang]');
async function signIn(visitor, name = 'admin', password = PASSWORD) {
  await visitor.open('/admin/login');
  await fill(visitor, { name, password });
  return submit(visitor);
}

describe('without JavaScript', () => {
  let world, visitor;
  const guest = (options = {}) => browser.visitor({ url: world.url, script: false, secrets: [SECRET, PASSWORD], ...options });
  before(async () => {
    world = await World.start('browser-nojs');
    visitor = await guest();
  });
  after(() => world?.stop());
  afterEach(async () => assert.deepEqual(await visitor.trouble(), []));

  describe('coming in', () => {
    let link;
    test('setup: two passwords that differ, then the administrator', async () => {
      link = await world.link();
      await visitor.open(link);
      await fill(visitor, { name: 'admin', password: PASSWORD, again: 'another one' });
      assert.equal((await submit(visitor)).status(), 422);
      assert.equal(await visitor.page.locator('#e-again').innerText(), say['setup.again.differs']);
      assert.equal(await visitor.page.locator('[name=name]').inputValue(), 'admin');
      assert.equal(await visitor.page.locator('[name=password]').inputValue(), '');
      await fill(visitor, { password: PASSWORD, again: PASSWORD });
      await submit(visitor);
      assert.equal(visitor.path(), '/admin/');
      assert.match(await flash(visitor), /Welcome, admin/);
      await visitor.page.reload();
      assert.equal(await visitor.page.locator('.flash').count(), 0, 'news is told once');
    });

    test('signing out ends the session, not only the cookie', async () => {
      const { value } = await visitor.cookie('mg');
      await visitor.press('header form[action="/admin/logout"] button');
      assert.equal(await flash(visitor), say['login.flash.out']);
      assert.equal(await visitor.cookie('mg'), undefined);
      await visitor.setCookies({ mg: value });
      await visitor.open('/admin/providers');
      assert.match(visitor.path(), /^\/admin\/login\?next=/);
    });

    test('signing in: a wrong password, then the right one, and on to the page that was asked for', async () => {
      await visitor.open('/admin/runs?window=7d');
      await fill(visitor, { name: 'admin', password: 'not it' });
      assert.equal((await submit(visitor)).status(), 401);
      assert.ok((await main(visitor)).includes(say['error.login']));
      assert.equal(await visitor.page.locator('[name=name]').inputValue(), 'admin');
      assert.equal(await visitor.page.locator('[name=password]').inputValue(), '');
      await fill(visitor, { password: PASSWORD });
      await submit(visitor);
      assert.equal(visitor.path(), '/admin/runs?window=7d');
    });

    test('signing in leads nowhere else', async () => {
      for (const next of ['https://example.com/', '//example.com/', '/\\example.com', '/admin/../..//example.com']) {
        const other = await guest();
        await other.open(`/admin/login?next=${encodeURIComponent(next)}`);
        const kept = await other.page.locator('[name=next]').inputValue();
        assert.ok(kept === '/admin/' || (kept.startsWith('/admin/') && !kept.startsWith('//')), `${next} became ${kept}`);
        await other.close();
      }
    });
  });

  describe('language and theme', () => {
    test('a guest\'s choice is kept by the browser', async () => {
      const other = await guest({ language: 'en-US' });
      await other.open('/admin/login?next=%2Fadmin%2Fruns');
      assert.equal(await lang(other), 'en-US');
      await switchLanguage(other);
      assert.equal(await lang(other), 'zh-CN');
      assert.equal(other.path(), '/admin/login?next=%2Fadmin%2Fruns', 'the page is the same one');
      assert.equal(await other.page.locator('h1').innerText(), zh['login.title']);
      await other.page.reload();
      assert.equal(await lang(other), 'zh-CN');
      await other.open('/admin/');
      assert.equal(await lang(other), 'zh-CN');
      const cookie = await other.cookie('mg_lang');
      assert.equal(cookie.value, 'zh-CN');
      assert.ok(cookie.expires > Date.now() / 1000 + 300 * 86400, 'for a year');
      assert.deepEqual(await other.trouble(), []);
      await other.close();
    });

    test('a browser that asks for Chinese gets it', async () => {
      for (const language of ['zh-CN', 'zh-TW', 'zh-HK']) {
        const other = await guest({ language });
        await other.open('/admin/login');
        assert.equal(await lang(other), 'zh-CN', language);
        await other.close();
      }
    });

    test('a user\'s choice is kept in the profile: after signing in, and in another browser', async () => {
      await visitor.open('/admin/runs?window=7d');
      await switchLanguage(visitor);
      assert.equal(await lang(visitor), 'zh-CN');
      assert.equal(visitor.path(), '/admin/runs?window=7d');
      await visitor.page.reload();
      assert.equal(await lang(visitor), 'zh-CN');
      const other = await guest({ language: 'en-US' });
      await other.open('/admin/login');
      assert.equal(await lang(other), 'en-US');
      await signIn(other);
      assert.equal(await lang(other), 'zh-CN', 'the profile says so');
      await other.press('header form[action="/admin/logout"] button');
      await switchLanguage(visitor);
      assert.equal(await lang(visitor), 'en-US');
      await other.close();
    });

    test('the theme: the next one with each press, kept by browser and profile', async () => {
      await visitor.open('/admin/');
      const seen = [await theme(visitor)];
      for (let i = 0; i < 3; i++) {
        await visitor.press('button[name=theme]');
        seen.push(await theme(visitor));
        await visitor.page.reload();
        assert.equal(await theme(visitor), seen.at(-1));
      }
      assert.equal(new Set(seen).size, 3, `auto, dark and light: ${seen}`);
      assert.equal(seen[3], seen[0]);
      await visitor.press('button[name=theme]');
      const background = () => visitor.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(await theme(visitor), 'dark');
      const dark = await background();
      await visitor.press('button[name=theme]');
      assert.equal(await theme(visitor), 'light');
      assert.notEqual(await background(), dark);
    });

    test('the profile says all three', async () => {
      await visitor.open('/admin/profile');
      await visitor.page.locator('[name=language][value=zh-CN]').check();
      await visitor.page.locator('main [name=theme][value=dark]').check();
      await visitor.page.locator('[name=time_zone]').selectOption('Asia/Shanghai');
      await submit(visitor);
      assert.equal(await lang(visitor), 'zh-CN');
      assert.equal(await theme(visitor), 'dark');
      assert.equal(await flash(visitor), zh['profile.flash.saved']);
      await visitor.open('/admin/');
      assert.match(await main(visitor), /UTC\+8/);
      await visitor.open('/admin/profile');
      await visitor.page.locator('[name=language][value=en-US]').check();
      await visitor.page.locator('main [name=theme][value=light]').check();
      await submit(visitor);
      assert.equal(await lang(visitor), 'en-US');
    });
  });

  describe('providers', () => {
    before(async () => {
      world.admin = await world.session('admin');
      await visitor.close();
      visitor = await guest();
      await world.addUser('root', 'admin');
      await signIn(visitor, 'root');
    });
    providersLife(() => ({ world, visitor }));
  });

  describe('keys', () => {
    let key, id;
    test('with bad values: the page again with what was typed', async () => {
      await visitor.open('/admin/keys/new');
      await visitor.page.locator('main form').evaluate((f) => { f.noValidate = true; });
      await fill(visitor, { name: '', expires_days: '4000', models: 'echo\nfixed' });
      await visitor.page.locator('[name=data_class]').selectOption('internal');
      assert.equal((await submit(visitor)).status(), 422);
      assert.equal(await visitor.page.locator('[name=models]').inputValue(), 'echo\nfixed');
      assert.equal(await visitor.page.locator('[name=data_class]').inputValue(), 'internal');
      assert.match(await visitor.page.locator('#e-expires_days').innerText(), /0–3650/);
      assert.ok(await visitor.page.locator('#e-name').isVisible());
    });

    test('a new key is shown once', async () => {
      await visitor.open('/admin/keys/new');
      await fill(visitor, { name: 'app' });
      await submit(visitor);
      key = (await visitor.page.locator('#key').innerText()).trim();
      assert.match(key, /^mgk_\w{40,}$/);
      assert.ok((await visitor.page.locator('#curl').innerText()).includes(key), 'with a first request to copy');
      await visitor.open('/admin/keys');
      visitor.secrets.push(key);
      id = JSON.parse((await world.admin.send('GET', '/api/v1/keys')).text).keys.find((k) => k.name === 'app').id;
      await visitor.page.goBack().catch(() => {});
      assert.ok(!(await visitor.page.content()).includes(key), 'going back does not show it again');
      await visitor.open('/admin/keys');
      assert.ok((await main(visitor)).includes(`mgk_…${key.slice(-4)}`));
      await world.stack.until('the key to be known', async () => (await world.stack.fetch('/v1/models', { key })).status === 200);
    });

    test('loading the page again shows another key at most, never the same', async () => {
      await visitor.open('/admin/keys/new');
      await fill(visitor, { name: 'again' });
      await submit(visitor);
      const shown = (await visitor.page.locator('#key').innerText()).trim();
      await visitor.page.reload();
      assert.ok(!(await visitor.page.content()).includes(shown));
    });

    test('revoking: a page that asks, then the key is refused', async () => {
      await visitor.open('/admin/keys');
      await visitor.press(`a[href="/admin/keys/${id}/revoke"]`);
      assert.ok((await main(visitor)).includes(say['keys.revoke.final']));
      await visitor.press('main form button');
      assert.equal(await flash(visitor), 'app was revoked.');
      assert.equal(await visitor.page.locator(`a[href="/admin/keys/${id}/revoke"]`).count(), 0);
      await world.stack.until('the key to be refused', async () => (await world.stack.fetch('/v1/models', { key })).status === 401);
    });
  });

  describe('runs', () => {
    let key, kinds, keyId;
    const rows = () => visitor.page.locator('main table tbody tr').count();
    const ids = () => visitor.page.locator('main table tbody th a').evaluateAll((all) => all.map((a) => a.getAttribute('title')));
    before(async () => {
      for (const p of JSON.parse((await world.admin.send('GET', '/api/v1/providers')).text).providers) {
        if (p.name === 'three') world.three = p.id;
      }
      await world.admin.get('/admin/keys');
      await world.admin.send('PATCH', `/api/v1/providers/${world.three}`, { json: { models: MODELS }, headers: { 'x-csrf-token': world.admin.token } });
      key = await world.createKey({ name: 'runner' });
      keyId = JSON.parse((await world.admin.send('GET', '/api/v1/keys')).text).keys.find((k) => k.name === 'runner').id;
      await world.stack.until('the models to be known', async () => (await world.stack.chat('echo', 'x', {}, { key })).status === 200);
      await Promise.all(Array.from({ length: 60 }, () => world.stack.chat('fixed', 'x', {}, { key }).then((a) => a.text())));
      kinds = await world.sendRuns(key);
      await world.stack.until('all runs to be there', async () => (await world.stack.rows('select id from runs')).length >= 69);
    });

    test('each filter, and together', async () => {
      for (const [query, expected] of [['status=ok', (n) => n === 50], ['status=failed', (n) => n === 2], ['status=truncated', (n) => n === 1],
        ['status=refused', (n) => n === 1], ['status=cancelled', (n) => n === 1], ['status=not_ok', (n) => n === 5], ['status=interrupted', (n) => n === 0],
        ['model=hold', (n) => n === 1], [`key=${keyId}&limit=200`, (n) => n >= 69], [`provider=${world.three}&status=failed`, (n) => n === 1],
        ['model=hold&status=ok', (n) => n === 0]]) {
        await visitor.open('/admin/runs');
        for (const [name, value] of new URLSearchParams(query)) {
          const field = visitor.page.locator(`.filters [name=${name}]`);
          if (await field.evaluate((e) => e.tagName) === 'SELECT') await field.selectOption(value);
          else await field.fill(value);
        }
        await visitor.press('.filters button');
        assert.ok(expected(await rows()), `${query} shows ${await rows()}`);
        for (const [name, value] of new URLSearchParams(query)) {
          assert.equal(await visitor.page.locator(`.filters [name=${name}]`).inputValue(), value, 'the form keeps what applies');
        }
      }
    });

    test('a filter is removed by its chip, the others stay', async () => {
      await visitor.open('/admin/runs?status=failed&model=status%3D500&window=1h');
      assert.equal(await visitor.page.locator('.chip').count(), 2);
      await visitor.press(visitor.page.locator('.chip', { hasText: 'status=500' }));
      assert.equal(await visitor.page.locator('.chip').count(), 1);
      assert.match(visitor.path(), /status=failed/);
      assert.doesNotMatch(visitor.path(), /model=/);
      assert.match(visitor.path(), /window=1h/);
    });

    test('pages: older and newer, every run once', async () => {
      await visitor.open('/admin/runs?limit=25');
      const first = await ids(), seen = [...first];
      assert.equal(first.length, 25);
      assert.equal(await visitor.page.locator('a[rel=prev]').count(), 0);
      for (;;) {
        const older = visitor.page.locator('.pager a[rel=next]');
        if (!await older.count()) break;
        await visitor.press(older);
        seen.push(...await ids());
      }
      assert.equal(new Set(seen).size, seen.length, 'no run twice');
      const stored = await world.stack.rows('select id from runs order by started_at desc, id desc');
      assert.deepEqual(seen, stored.map((r) => r.id), 'newest first');
      for (;;) {
        const newer = visitor.page.locator('.pager a[rel=prev]');
        if (!await newer.count()) break;
        await visitor.press(newer);
      }
      assert.deepEqual(await ids(), first, 'back where it began');
    });

    test('a run\'s own page, and from there to the ones before and after', async () => {
      await visitor.open('/admin/runs');
      await visitor.press(`a[href="/admin/runs/${kinds.failed}"]`);
      assert.equal((await visitor.page.locator('#run-id').innerText()).trim(), kinds.failed);
      await visitor.press('a[rel=next]');
      await visitor.press('a[rel=prev]');
      assert.equal(visitor.path(), `/admin/runs/${kinds.failed}`);
    });

    test('a new run is there when the page is loaded again', async () => {
      await visitor.open('/admin/runs');
      const answer = await world.stack.chat('echo', 'new', {}, { key });
      const run = answer.headers.get('x-run-id');
      await answer.text();
      await world.stack.run(run, { key });
      await visitor.page.reload();
      assert.equal((await ids())[0], run);
      await visitor.open('/admin/');
      assert.ok((await visitor.page.content()).includes(run));
    });

    test('searching finds a run, a provider, a model', async () => {
      const search = async (q) => {
        await visitor.page.locator('input[type=search]').fill(q);
        await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('input[type=search]').press('Enter')]);
      };
      await visitor.open('/admin/');
      await search(kinds.ok);
      assert.equal(visitor.path(), `/admin/runs/${kinds.ok}`);
      await search('three');
      assert.equal(visitor.path(), `/admin/providers/${world.three}`);
      await search('hold');
      assert.match(visitor.path(), /model=hold/);
      assert.equal(await rows(), 1);
    });

    test('a parameter that is not known is said, not ignored', async () => {
      const answer = await visitor.open('/admin/runs?staus=ok');
      assert.equal(answer.status(), 400);
      assert.match(await main(visitor), /staus/);
    });
  });

  describe('settings and users', () => {
    test('a setting: a bad value is said at its field, a good one is kept, and it can be given back', async () => {
      const form = () => visitor.page.locator('form[action="/admin/settings/health_interval_s"]');
      await visitor.open('/admin/settings');
      const initial = await form().locator('[name=value]').inputValue();
      await form().evaluate((f) => { f.noValidate = true; });
      await form().locator('[name=value]').fill('1000000');
      assert.equal((await visitor.press(form().locator('button'))).status(), 422);
      assert.equal(await form().locator('[name=value]').inputValue(), '1000000');
      assert.ok(await visitor.page.locator('#e-health_interval_s').isVisible());
      await form().locator('[name=value]').fill('45');
      await visitor.press(form().locator('button'));
      assert.match(await flash(visitor), /saved/i);
      assert.equal(await form().locator('[name=value]').inputValue(), '45');
      await visitor.press('form[action="/admin/settings/health_interval_s/reset"] button');
      assert.equal(await form().locator('[name=value]').inputValue(), initial);
    });

    test('a user: taken name and guessable password are refused, then added, then signs in', async () => {
      await visitor.open('/admin/users/new');
      await fill(visitor, { name: 'Admin', password: PASSWORD });
      await visitor.page.locator('[name=role][value=operator]').check();
      assert.equal((await submit(visitor)).status(), 422);
      assert.ok(await visitor.page.locator('#e-name').isVisible());
      assert.ok(await visitor.page.locator('[name=role][value=operator]').isChecked());
      await fill(visitor, { name: 'olga', password: 'password1' });
      assert.equal((await submit(visitor)).status(), 422);
      assert.ok(await visitor.page.locator('#e-password').isVisible());
      await fill(visitor, { name: 'olga', password: PASSWORD });
      await submit(visitor);
      assert.match(await flash(visitor), /olga/);
      const other = await guest();
      await signIn(other, 'olga');
      assert.equal(other.path(), '/admin/');
      assert.equal((await other.open('/admin/settings')).status(), 403);
      assert.equal(await other.page.locator('nav a[href="/admin/settings"]').count(), 0);
      await other.close();
    });

    test('the audit log has all of it, and can be filtered', async () => {
      await visitor.open('/admin/audit');
      await visitor.page.locator('.filters [name=action]').fill('provider.delete');
      await visitor.press('.filters button');
      assert.equal(await visitor.page.locator('main table tbody tr').count(), 3);
      assert.ok(!(await visitor.page.content()).includes(SECRET));
    });

    test('small screens reach everything through a page of their own', async () => {
      const other = await guest({ width: 390, cookies: { mg: (await visitor.cookie('mg')).value } });
      await other.open('/admin/');
      await other.press('.menu-btn');
      assert.equal(other.path(), '/admin/nav');
      for (const page of ['runs', 'audit', 'providers', 'keys', 'users', 'settings', 'profile']) {
        await other.open('/admin/nav');
        await other.press(`main a[href="/admin/${page}"]`);
        assert.equal(other.path(), `/admin/${page}`);
      }
      assert.deepEqual(await other.trouble(), []);
      await other.close();
    });
  });
});

// With JavaScript: the same life of providers, without the vendor file and with it.
function withScript(what, vendor) {
  describe(what, () => {
    let world, visitor, home;
    before(async () => {
      home = mkdtempSync(join(tmpdir(), 'moongate-home-'));
      for (const folder of ['templates', 'static', 'sql', 'i18n', 'lighttpd']) {
        cpSync(join(HOME, folder), join(home, folder), { recursive: true, filter: (path) => vendor || !path.includes('/static/vendor') });
      }
      world = await World.start(`browser-${vendor ? 'vendor' : 'bare'}`, { env: { MOONGATE_HOME: home } });
      await world.setUp();
      visitor = await browser.visitor({ url: world.url, cookies: { mg: world.admin.cookies.get('mg') }, secrets: [SECRET, PASSWORD] });
    });
    after(async () => {
      await world?.stop();
      rmSync(home, { recursive: true, force: true });
    });
    afterEach(async () => assert.deepEqual(await visitor.trouble(), []));

    test(`the page ${vendor ? 'asks' : 'does not ask'} for the vendor file`, async () => {
      await visitor.open('/admin/');
      assert.equal(await visitor.page.locator('script[src*="/vendor/"]').count(), vendor ? 1 : 0);
    });
    providersLife(() => ({ world, visitor }));

    test('testing shows that it is under way, and what is typed stays', async () => {
      await world.stack.fake.script({ '*': 'hang' });
      await visitor.open('/admin/providers/new?type=openai-compatible');
      await visitor.page.locator('[name=base_url]').fill(`${world.stack.fake.url}/v1`);
      await visitor.page.locator('[name=secret]').fill(SECRET);
      const button = visitor.page.locator('button[data-swap]');
      const sent = [];
      visitor.page.on('request', (r) => { if (r.url().endsWith('/providers/test')) sent.push(r); });
      let release;
      const held = new Promise((done) => { release = done; });
      await visitor.page.route('**/admin/providers/test', async (route) => { await held; await route.continue(); });
      await button.click();
      await visitor.page.locator('button[data-swap][aria-busy=true]').waitFor();
      assert.match(await button.innerText(), new RegExp(say['provider.test.busy']));
      await button.click({ force: true });
      release();
      await visitor.page.locator('#test-result .result').waitFor();
      await visitor.page.locator('button[data-swap]:not([aria-busy])').waitFor();
      await visitor.page.unroute('**/admin/providers/test');
      assert.equal(sent.length, 1, 'two clicks ask once');
      assert.equal(await visitor.page.locator('[name=secret]').inputValue(), SECRET);
      assert.equal(await visitor.page.locator('[aria-live=polite] .result').count(), 1, 'the result is announced');
      assert.match(await button.innerText(), new RegExp(say['provider.test.connection']));
      await world.stack.fake.unscript();
    });
  });
}
withScript('with JavaScript, without the vendor file', false);
withScript('with JavaScript', true);
