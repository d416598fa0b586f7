// SPDX-License-Identifier: MIT
// chromium: Debian's browser with a new profile, and pages that remember what went wrong on them: console errors, refused policies, requests
// to another host.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];

export class Chromium {
  static async start() {
    const it = new Chromium();
    it.profile = mkdtempSync(join(tmpdir(), 'moongate-chromium-'));
    it.browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS });
    return it;
  }

  // A visitor: ${lang} and ${theme} as their browser says, ${width}, ${script} false = JavaScript off.
  async visitor({ url, lang = 'en-US', theme = 'light', width = 1440, script = true, cookies = [], zone = 'Asia/Shanghai' }) {
    const context = await this.browser.newContext({ baseURL: url, locale: lang, colorScheme: theme, timezoneId: zone, javaScriptEnabled: script,
      viewport: { width, height: 900 }, permissions: script ? ['clipboard-read', 'clipboard-write'] : [] });
    await context.addCookies(cookies.map((c) => ({ url, ...c })));
    const page = await context.newPage();
    page.wrong = [];
    page.on('console', (m) => { if (['error', 'warning'].includes(m.type()) && !expected(m.text())) page.wrong.push(`console: ${m.text()}`); });
    page.on('pageerror', (e) => page.wrong.push(`script: ${e.message}`));
    await context.addInitScript(() => addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`)));
    page.on('request', (r) => { if (new URL(r.url()).host !== new URL(url).host && !r.url().startsWith('data:')) page.wrong.push(`other host: ${r.url()}`); });
    page.setDefaultTimeout(20_000);
    return page;
  }

  async stop() {
    await this.browser?.close();
    if (this.profile) rmSync(this.profile, { recursive: true, force: true });
  }
}

// The browser reports every answer of 4xx or 5xx as an error of the page; the tests look at those answers themselves.
const expected = (text) => /^Failed to load resource: the server responded with a status of (4\d\d|503)/.test(text);

// What axe finds, one line each. It comes in through the debugger, which the page's policy does not bind.
export async function axe(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${n.target.join(' ')}: ${n.failureSummary.split('\n').slice(1, 3).join(' ').trim()}`));
}

// Whether the page can be scrolled sideways, and what sticks out.
export const overflow = (page) => page.evaluate(() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const inside = (e) => e.closest('.tw,.chartw,pre') && !e.matches('.tw,.chartw,pre');
  return [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > room + 1 && !inside(e) && !e.closest('.sr'))
    .slice(0, 5).map((e) => `${e.tagName.toLowerCase()}.${e.className} ${Math.round(e.getBoundingClientRect().right)} > ${room}`);
});
