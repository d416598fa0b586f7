// SPDX-License-Identifier: MIT
// browser: Debian's Chromium with a new profile, and visitors in it: one language, theme and width each, with or without JavaScript. What a
// page may never do is collected from every page a visitor opens, whatever the test is about: console errors (a violation of the content
// security policy is one), exceptions, a request to another origin, an answer of 5xx, a file that is missing, markup that is not allowed.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { OUT } from '../wire/stack.mjs';
import { answerProblems } from './checks.mjs';

// Only 127.0.0.1 has an address in this browser: what a page wants from elsewhere fails, besides being reported.
const ARGS = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];

export const HEIGHTS = { 1440: 900, 390: 844, 320: 700 };
const REPORT_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (e) =>
  console.error('content security policy:', e.violatedDirective, e.blockedURI, e.sourceFile, e.lineNumber));`;

export class Browser {
  static async start() {
    const browser = new Browser();
    browser.chromium = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true,
      chromiumSandbox: false, args: ARGS });
    return browser;
  }

  // cookies: name → value. language: what the browser asks for. expected: statuses of 5xx that are not a problem.
  async visitor({ url, language = 'en-US', theme = 'light', width = 1440, script = true, cookies = {}, expected = [], secrets = [] }) {
    const context = await this.chromium.newContext({ locale: language, colorScheme: theme, viewport: { width, height: HEIGHTS[width] },
      javaScriptEnabled: script, reducedMotion: 'reduce', serviceWorkers: 'block' });
    const visitor = new Visitor(context, url, { expected, secrets });
    await context.addInitScript(REPORT_VIOLATIONS);
    await visitor.setCookies(cookies);
    visitor.page = await context.newPage();
    visitor.page.setDefaultTimeout(Number(process.env.PATIENCE ?? 20_000));
    return visitor;
  }

  stop() { return this.chromium?.close(); }
}

export class Visitor {
  #reading = new Set();
  constructor(context, url, { expected, secrets }) {
    Object.assign(this, { context, url, expected, secrets, problems: [] });
    context.on('page', (page) => this.#watch(page));
  }

  #watch(page) {
    const add = (text) => this.problems.push(`${page.url().replace(this.url, '')}: ${text}`);
    page.on('console', (m) => { if (m.type() === 'error' && !ofTheDocument(m, page)) add(`console: ${m.text()}`); });
    page.on('pageerror', (e) => add(`exception: ${e.message}`));
    page.on('request', (r) => { if (new URL(r.url()).origin !== this.url && !r.url().startsWith('data:')) add(`request to ${r.url()}`); });
    // What is under way when a page is left is aborted; that is no failure.
    page.on('requestfailed', (r) => { if (r.failure().errorText !== 'net::ERR_ABORTED') add(`${r.url()}: ${r.failure().errorText}`); });
    page.on('response', (answer) => this.#judge(answer, add));
  }

  #judge(answer, add) {
    const status = answer.status(), kind = answer.request().resourceType();
    if (status >= 500 && !this.expected.includes(status)) add(`${answer.url()} is ${status}`);
    if (kind !== 'document' && kind !== 'fetch' && kind !== 'xhr' && status >= 400) add(`${answer.url()} is ${status}`);
    if (!answer.url().startsWith(this.url) || (status >= 300 && status < 400) || !/html/.test(answer.headers()['content-type'] ?? '')) return;
    const reading = answer.text().then((html) => {
      for (const problem of answerProblems(answer.headers(), html, this.secrets)) add(problem);
    }, () => { /* the page was left before its text was asked for */ }).finally(() => this.#reading.delete(reading));
    this.#reading.add(reading);
  }

  // Everything that was wrong since it was last asked.
  async trouble() {
    await Promise.all(this.#reading);
    return this.problems.splice(0);
  }

  setCookies(cookies) {
    return this.context.addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url: this.url, sameSite: 'Lax' })));
  }

  async cookie(name) {
    return (await this.context.cookies()).find((c) => c.name === name);
  }

  open(path, options) { return this.page.goto(this.url + path, { waitUntil: 'load', ...options }); }

  // Press a button or link that leads to another page: its answer.
  async press(target) {
    const button = typeof target === 'string' ? this.page.locator(target) : target;
    const [answer] = await Promise.all([this.#arrival(), button.click()]);
    await this.page.waitForLoadState('load');
    return answer;
  }

  // The answer a navigation ends with, after any redirects.
  #arrival() {
    return this.page.waitForResponse((r) => r.request().isNavigationRequest() && r.frame() === this.page.mainFrame() &&
      !(r.status() >= 300 && r.status() < 400));
  }

  path() { return this.page.url().slice(this.url.length); }

  async width(width) {
    await this.page.setViewportSize({ width, height: HEIGHTS[width] });
  }

  async shot(folder, name) {
    const path = join(OUT, '..', 'shots', folder, `${name}.png`);
    mkdirSync(dirname(path), { recursive: true });
    await this.page.screenshot({ path, fullPage: true, animations: 'disabled', caret: 'hide' });
  }

  close() { return this.context.close(); }
}

// Chromium reports a page that is itself an answer of 4xx as an error of its console.
function ofTheDocument(message, page) {
  return /^Failed to load resource: the server responded with a status of [45]/.test(message.text()) && message.location().url === page.url();
}
