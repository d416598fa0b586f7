// SPDX-License-Identifier: MIT
// checks: what must be true of every page: its headers and markup (answerProblems, without a browser), its language, its width, and
// what axe-core says about it.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { HOME } from '../wire/stack.mjs';

export const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const HEADERS = { 'content-security-policy': POLICY, 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin', 'cache-control': 'no-store', 'vary': 'Accept-Language, Cookie' };

const catalogues = Object.fromEntries(['en-US', 'zh-CN'].map((language) =>
  [language, JSON.parse(readFileSync(join(HOME, 'i18n', `${language}.json`), 'utf8'))]));
export const messages = (language) => catalogues[language];

// --- an answer, as text ------------------------------------------------------------------------------------------------------

const ATTRIBUTE = /\s(style|on[a-z]+)\s*=/i;

function markupProblems(html) {
  const found = [];
  const text = html.replace(/<!--[^]*?-->/g, '');
  if (text !== html) found.push('a comment in the markup');
  for (const [tag, name] of text.matchAll(/<([a-z][a-z0-9-]*)(?:\s(?:"[^"]*"|'[^']*'|[^"'>])*)?>/gi)) {
    const bare = tag.replace(/"[^"]*"|'[^']*'/g, '""');
    const bad = ATTRIBUTE.exec(bare);
    if (bad) found.push(`${bad[1]}= in ${tag}`);
    if (/^script$/i.test(name) && !/\ssrc="\/static\/[^"]+"/.test(tag)) found.push(`inline script ${tag}`);
    if (/^(style|iframe|object|embed|base)$/i.test(name)) found.push(`<${name}>`);
    if (/\s(?:href|src|action|formaction)="(?![/#?])/.test(tag)) found.push(`an address that is not ours in ${tag}`);
  }
  for (const [, inside] of text.matchAll(/<script[^>]*>([^]*?)<\/script>/gi)) if (inside.trim()) found.push('text in a script');
  const h1 = text.match(/<h1[\s>]/g)?.length ?? 0;
  if (h1 !== 1) found.push(`${h1} h1`);
  return found;
}

// Everything wrong with an HTML answer: [] is good. Header names are in lower case. secrets: what it may not hold.
export function answerProblems(headers, html, secrets = []) {
  const found = markupProblems(html);
  for (const [name, value] of Object.entries(HEADERS)) {
    if (headers[name] !== value) found.push(`${name} is ${headers[name]}`);
  }
  const language = /<html lang="([^"]*)"/.exec(html)?.[1];
  if (!catalogues[language]) found.push(`<html lang> is ${language}`);
  if (headers['content-language'] !== language) found.push(`Content-Language is ${headers['content-language']}, <html lang> ${language}`);
  if (!/^<!doctype html>/i.test(html)) found.push('no doctype');
  for (const secret of secrets) if (html.includes(secret)) found.push(`holds the secret …${secret.slice(-4)}`);
  return found;
}

// --- a page in the browser -----------------------------------------------------------------------------------------------------

// What can be read or heard, in pieces: text, labels, titles, placeholders. Not code, not what is in another language on purpose.
function visibleTexts() {
  const skip = 'code, pre, kbd, .mono, .mon, script';
  const language = document.documentElement.lang;
  const foreign = (element) => {
    const other = element.closest('[lang]');
    return other && other.lang !== language;
  };
  const texts = [document.title];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const parent = node.parentElement, text = node.data.trim();
    if (text && !parent.closest(skip) && !foreign(parent)) texts.push(text);
  }
  for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
    if (element.closest(skip) || foreign(element)) continue;
    for (const name of ['aria-label', 'placeholder', 'alt', 'title']) {
      const text = element.getAttribute(name);
      if (text && !(name === 'title' && element.matches('.mono, [title^="0"]'))) texts.push(text);
    }
  }
  return texts.map((t) => t.replace(/\s+/g, ' '));
}

const HAN = /[\u2e80-\u2fff\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef]/;
const SENTENCE = /[A-Za-z][A-Za-z'’]+(?: [A-Za-z'’]{2,}){2,}/;
const ARGUMENT = /\{[a-z_][a-z0-9_]*(?:[},]| *,)/;
const HALF_WIDTH = /[\u4e00-\u9fff] ?[,;:!?](?!\d)|[\u4e00-\u9fff]\.(?:\s|$)|[\u4e00-\u9fff]\(|\)[\u4e00-\u9fff]/;
const BLOCKS = new Set(Object.keys(catalogues['en-US']).map((k) => k.split('.')[0]));

// A name of a message where the message should be.
function isKey(word) {
  return word in catalogues['en-US'] ? word.includes('.') : /^[a-z]+(\.[a-z0-9_]+){2,}$/.test(word) && BLOCKS.has(word.split('.')[0]);
}

// allowed: texts of users (names of providers, of keys …) that are in whatever language they like.
export async function languageProblems(page, language, allowed = []) {
  const found = [];
  const strip = (text) => allowed.reduce((t, a) => t.replaceAll(a, '…'), text);
  for (const text of (await page.evaluate(visibleTexts)).map(strip)) {
    for (const word of text.split(/[\s“”"'()（）「」：，。]+/)) if (isKey(word.replace(/[.:,]$/, ''))) found.push(`the name of a message: ${word}`);
    if (ARGUMENT.test(text)) found.push(`an argument: ${text}`);
    if (language === 'en-US' && HAN.test(text)) found.push(`Chinese: ${text}`);
    if (language === 'zh-CN' && SENTENCE.test(text)) found.push(`English: ${text}`);
    if (language === 'zh-CN' && HALF_WIDTH.test(text)) found.push(`half-width punctuation: ${text}`);
  }
  const shown = await page.evaluate(() => document.documentElement.lang);
  if (shown !== language) found.push(`the page is in ${shown}`);
  return [...new Set(found)];
}

// Nothing is wider than the window, and no control cuts its own words.
export function widthProblems(page) {
  return page.evaluate(() => {
    const found = [], wide = document.scrollingElement.scrollWidth;
    if (wide > innerWidth) {
      const inside = (e) => e.parentElement?.closest('.tw, .chartw, pre, .hdrs');
      const out = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !inside(e));
      found.push(`${wide} wide in a window of ${innerWidth}: ${out.slice(0, 4).map((e) => `${e.tagName.toLowerCase()}.${e.className}`).join(', ')}`);
    }
    for (const e of document.querySelectorAll('.btn, .b, h1, h2, label')) {
      if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 && getComputedStyle(e).overflow !== 'visible' && !e.closest('.sr')) {
        found.push(`cut at ${innerWidth}: ${e.textContent.trim()}`);
      }
    }
    return found;
  });
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

// The browser's own door for debuggers brings axe in, so that the page's policy stays as it is.
export async function axeProblems(page) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(AXE);
  const violations = await page.evaluate(async (tags) => {
    const { violations } = await window.axe.run(document, { runOnly: tags, resultTypes: ['violations'], elementRef: false, preload: false });
    return violations.map((v) => ({ id: v.id, help: v.help, nodes: v.nodes.map((n) => `${n.target} ${n.failureSummary.split('\n')[1] ?? ''}`) }));
  }, TAGS);
  return violations.map((v) => `axe ${v.id}: ${v.help}\n      ${v.nodes.slice(0, 3).join('\n      ')}${v.nodes.length > 3 ? ` (${v.nodes.length})` : ''}`);
}
