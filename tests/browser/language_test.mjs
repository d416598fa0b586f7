// SPDX-License-Identifier: MIT
// Property: the choice of language and theme is kept. Random histories of a few browsers and people (switching, signing in and out, changing
// the profile, opening pages, throwing the cookies away) against a model of ten lines. MOONGATE_SEED repeats a run.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Caller, languageOf, themeOf } from './caller.mjs';
import { PASSWORD, World } from './world.mjs';

const SEQUENCES = 110, STEPS = 10;
const LANGUAGES = ['en-US', 'zh-CN'], THEMES = ['auto', 'light', 'dark'], ASKED = [['en-US,en;q=0.8', 'en-US'], ['zh-CN,zh;q=0.9', 'zh-CN'], ['fr', 'en-US']];
const PEOPLE = ['ann', 'ben', 'cai'];
const seed = Number(process.env.MOONGATE_SEED ?? (Date.now() % 1e9));
let world;

before(async () => {
  world = await World.start('browser-language');
  await world.setUp();
  for (const name of PEOPLE) await world.addUser(name, 'viewer');
});
after(() => world?.stop());

// mulberry32
function random(state) {
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

// What a person has said, as long as they are signed in; else what this browser was told; else what it asks for.
class Model {
  constructor(profiles) { this.profiles = profiles; }
  // nowhere: an address that is none is answered without asking who is there.
  wanted(browser, nowhere) {
    const profile = browser.person && !nowhere ? this.profiles[browser.person] : {};
    return { language: profile.language ?? browser.language ?? browser.asked, theme: profile.theme ?? browser.theme ?? 'auto' };
  }
  said(browser, what, value) {
    browser[what] = value;
    if (browser.person) this.profiles[browser.person][what] = value;
  }
  signedIn(browser, person) {
    browser.person = person;
    for (const what of ['language', 'theme']) browser[what] = this.profiles[person][what] ?? browser[what];
  }
}

const NOWHERE = '/admin/nothing-here';
const PAGES = ['/admin/login', '/admin/setup', NOWHERE, '/admin/', '/admin/runs', '/admin/profile', '/admin/providers?x=1'];

// Each step: does it, and returns the page to look at.
const steps = {
  async open(pick, model, browser) {
    const page = PAGES[pick(PAGES.length)];
    return { ...await browser.caller.get(page), nowhere: page === NOWHERE };
  },
  async language(pick, model, browser) {
    const lang = LANGUAGES[pick(2)];
    await browser.caller.get(browser.person ? '/admin/' : '/admin/login');
    const answer = await browser.caller.post('/admin/language', { lang, back: '/admin/login' });
    assert.equal(answer.status, 303);
    model.said(browser, 'language', lang);
    return browser.caller.get(answer.location);
  },
  async theme(pick, model, browser) {
    const theme = THEMES[pick(3)];
    await browser.caller.get(browser.person ? '/admin/' : '/admin/login');
    assert.equal((await browser.caller.post('/admin/theme', { theme, back: '/admin/' })).status, 303);
    model.said(browser, 'theme', theme);
    return browser.caller.get('/admin/');
  },
  async profile(pick, model, browser) {
    if (!browser.person) return browser.caller.get('/admin/profile');
    const language = LANGUAGES[pick(2)], theme = THEMES[pick(3)];
    await browser.caller.get('/admin/profile');
    assert.equal((await browser.caller.post('/admin/profile', { language, theme, time_zone: 'UTC' })).status, 303);
    model.said(browser, 'language', language);
    model.said(browser, 'theme', theme);
    return browser.caller.get('/admin/profile');
  },
  async signIn(pick, model, browser) {
    if (browser.person) return browser.caller.get('/admin/login');
    const person = PEOPLE[pick(PEOPLE.length)];
    assert.equal((await browser.caller.signIn(person, PASSWORD)).status, 303);
    model.signedIn(browser, person);
    return browser.caller.get('/admin/runs');
  },
  async signOut(pick, model, browser) {
    if (browser.person) assert.equal((await browser.caller.signOut()).status, 303);
    browser.person = undefined;
    return browser.caller.get('/admin/login');
  },
  async forget(pick, model, browser) {
    if (browser.person) await browser.caller.signOut();
    Object.assign(browser, newBrowser(pick));
    return browser.caller.get('/admin/login');
  },
};
// Signing in costs a fifth of a second of hashing, so it is rarer.
const WEIGHTED = ['open', 'open', 'open', 'open', 'language', 'language', 'language', 'theme', 'theme', 'profile', 'profile', 'signIn', 'signOut', 'forget'];

function newBrowser(pick) {
  const [header, asked] = ASKED[pick(ASKED.length)];
  return { caller: new Caller(world.url, { language: header }), asked, language: undefined, theme: undefined, person: undefined };
}

async function play(pick, profiles, history) {
  const model = new Model(profiles), browsers = [newBrowser(pick), newBrowser(pick)];
  for (let i = 0; i < STEPS; i++) {
    const which = pick(2), step = WEIGHTED[pick(WEIGHTED.length)];
    history.push(`${which}.${step}`);
    const answer = await steps[step](pick, model, browsers[which]);
    const wanted = model.wanted(browsers[which], answer.nowhere);
    assert.deepEqual({ language: languageOf(answer), theme: themeOf(answer), header: answer.headers['content-language'] },
      { ...wanted, header: wanted.language });
  }
  for (const browser of browsers) if (browser.person) await browser.caller.signOut();
}

test(`language choice kept (${SEQUENCES} histories, seed ${seed})`, async () => {
  // A new user has chosen no language; the theme follows the system.
  const pick = random(seed), profiles = Object.fromEntries(PEOPLE.map((name) => [name, { theme: 'auto' }]));
  for (let i = 0; i < SEQUENCES; i++) {
    const history = [];
    try {
      await play(pick, profiles, history);
    } catch (e) {
      throw new Error(`seed ${seed}, history ${i}: ${history.join(' ')}: ${e.message}`, { cause: e });
    }
  }
});
