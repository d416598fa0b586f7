// SPDX-License-Identifier: MIT
// Every page of the console, as it is seen: in both languages, both themes, at three widths; before there is anything, with one of
// everything, and with the database away. For each: headers and markup, language, axe, nothing wider than the window, and a picture in
// out/shots/<language>-<theme>-<width>/. The installation is made through the browser, from the first-run link on.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Browser } from './browser.mjs';
import { Caller } from './caller.mjs';
import { axeProblems, languageProblems, messages, widthProblems } from './checks.mjs';
import { LANGUAGES, MODELS, PASSWORD, SECRET, THEMES, WIDTHS, World, deadPort } from './world.mjs';

const VARIANTS = LANGUAGES.flatMap((language) => THEMES.map((theme) => ({ language, theme })));
const nameOf = ({ language, theme }) => `${language}-${theme}`;
// Names that users gave are in whatever language they like.
const GIVEN = ['月门', '本地 vLLM', '客服机器人', 'Nightly report', 'On the rack in room 2', 'HeadlessChrome', '简体中文', 'English'];
const NO_RUN = '01890000-0000-7000-8000-000000000000';
let world, browser;

before(async () => {
  [world, browser] = await Promise.all([World.start('browser-pages'), Browser.start()]);
});
after(async () => {
  await browser?.stop();
  await world?.stop();
});

async function visitorOf({ language, theme }, options = {}) {
  return browser.visitor({ url: world.url, language, theme, secrets: [SECRET, PASSWORD],
    cookies: { mg_lang: language, mg_theme: theme }, ...options });
}

// Open or reach a page and look at it from all sides.
async function look(visitor, variant, page) {
  const answer = page.path ? await visitor.open(page.path(), {}) : await page.reach(visitor, variant);
  const found = [];
  if (answer && answer.status() !== (page.status ?? 200)) found.push(`${visitor.path()} is ${answer.status()}`);
  for (const width of WIDTHS) {
    await visitor.width(width);
    found.push(...await axeProblems(visitor.page), ...await widthProblems(visitor.page));
    await visitor.shot(`${nameOf(variant)}-${width}`, page.name);
  }
  await visitor.width(320);
  found.push(...await widthProblems(visitor.page));
  await visitor.width(WIDTHS[0]);
  found.push(...await languageProblems(visitor.page, variant.language, [...GIVEN, ...MODELS]), ...await visitor.trouble());
  const theme = await visitor.page.evaluate(() => document.documentElement.dataset.theme);
  if (theme !== (page.theme ?? variant.theme)) found.push(`the theme is ${theme}`);
  assert.deepEqual([...new Set(found)], [], `${page.name}: ${visitor.path()}`);
}

// The pages for one visitor, one after the other; two visitors at a time.
function lookAt(what, visitors, pages) {
  describe(what, { concurrency: 2 }, () => {
    for (const variant of VARIANTS) {
      describe(nameOf(variant), { concurrency: 1 }, () => {
        for (const page of pages) test(page.name, () => look(visitors(variant), variant, page));
      });
    }
  });
}

async function fill(visitor, values) {
  for (const [name, value] of Object.entries(values)) await visitor.page.locator(`main [name="${name}"]`).fill(value);
}
const button = (visitor, key, variant) => visitor.page.getByRole('button', { name: messages(variant.language)[key], exact: true });
const submit = (visitor) => visitor.press('main form .btn.pri');

// --- before there is an administrator ------------------------------------------------------------------------------------------

const strangers = new Map();
let link;
describe('the first run', () => {
  before(async () => {
    link = await world.link();
    for (const variant of VARIANTS) strangers.set(nameOf(variant), await visitorOf(variant));
  });
  lookAt('before anybody is there', (v) => strangers.get(nameOf(v)), [
    { name: 'setup', path: () => link },
    { name: 'setup-link-wrong', path: () => '/admin/setup?token=wrong', status: 403 },
    { name: 'setup-problems', status: 422, reach: async (visitor) => {
      await visitor.open(link);
      await fill(visitor, { name: 'admin', password: 'short', again: 'not the same' });
      return submit(visitor);
    } },
    { name: 'login-nobody-yet', path: () => '/admin/login' },
  ]);

  test('the link makes the administrator, who is then signed in', async () => {
    const visitor = strangers.get('zh-CN-light');
    await visitor.open(link);
    await visitor.page.locator('[name=language][value=zh-CN]').check();
    await fill(visitor, { name: 'admin', password: PASSWORD, again: PASSWORD });
    const answer = await submit(visitor);
    assert.equal(answer.status(), 200);
    assert.equal(visitor.path(), '/admin/');
    assert.equal(await visitor.page.locator('html').getAttribute('lang'), 'zh-CN');
    assert.equal(await visitor.page.locator('.user').innerText(), 'admin');
    assert.deepEqual(await visitor.trouble(), []);
  });

  test('the link works once', async () => {
    const visitor = strangers.get('en-US-dark');
    assert.equal((await visitor.open(link)).status(), 404);
    assert.deepEqual(await visitor.trouble(), []);
  });
});

// --- one administrator for each variant ------------------------------------------------------------------------------------------

const admins = new Map();
async function makeAdmins() {
  world.admin = new Caller(world.url, { language: 'en-US' });
  await world.admin.signIn('admin', PASSWORD);
  for (const variant of VARIANTS) {
    const name = nameOf(variant);
    await world.addUser(name, 'admin');
    const caller = await world.session(name);
    await caller.get('/admin/profile');
    await caller.post('/admin/profile', { language: variant.language, theme: variant.theme, time_zone: 'Asia/Shanghai' });
    const visitor = await visitorOf(variant, { cookies: Object.fromEntries(caller.cookies) });
    await visitor.open('/admin/');
    admins.set(name, visitor);
  }
}

describe('with nothing in it', () => {
  before(makeAdmins);
  lookAt('empty', (v) => admins.get(nameOf(v)), [
    { name: 'overview-empty', path: () => '/admin/' },
    { name: 'providers-empty', path: () => '/admin/providers' },
    { name: 'keys-empty', path: () => '/admin/keys' },
    { name: 'runs-empty', path: () => '/admin/runs' },
  ]);
});

// --- one of everything -----------------------------------------------------------------------------------------------------------

// The first provider and key are made in the browser.
async function furnish() {
  const visitor = admins.get('en-US-light');
  await visitor.open('/admin/providers/new');
  await visitor.page.locator('a.tile[href$="type=openai-compatible"]').click();
  await fill(visitor, { name: 'fake', base_url: `${world.stack.fake.url}/v1`, secret: SECRET, models: MODELS.join('\n') });
  await visitor.page.locator('[name=deployment_mode][value=local]').check();
  await visitor.page.locator('[name=data_class_max]').selectOption('secret');
  assert.equal((await submit(visitor)).status(), 200);
  world.active = visitor.path().split('/').at(-1);
  await world.providerState(world.active, 'ok');
  await visitor.open('/admin/keys/new');
  await fill(visitor, { name: 'Nightly report' });
  assert.equal((await submit(visitor)).status(), 200);
  world.key = (await visitor.page.locator('#key').innerText()).trim();
  assert.match(world.key, /^mgk_\w+$/);
  assert.deepEqual(await visitor.trouble(), []);
  visitor.secrets.push(world.key);

  world.spare = await world.addProvider({ name: '本地 vLLM', models: 'fixed\ntwice', note: 'On the rack in room 2' });
  world.down = await world.addProvider({ name: 'down', base_url: `http://127.0.0.1:${await deadPort()}/v1`, models: 'nowhere' });
  world.cloud = await world.addProvider({ name: 'cloud', base_url: `http://models.localhost:${new URL(world.stack.fake.url).port}/v1`, deployment_mode: 'cloud', data_class_max: 'internal', models: 'far' });
  world.off = await world.addProvider({ name: 'off', enabled: 'false', secret: '' });
  await world.admin.get('/admin/providers');
  await world.createKey({ name: '客服机器人', role: 'viewer', models: 'echo\nfixed', expires_days: '0' });
  const gone = await world.createKey({ name: 'gone' });
  world.goneId = JSON.parse((await world.admin.send('GET', '/api/v1/keys')).text).keys.find((k) => k.name === 'gone').id;
  await world.admin.post(`/admin/keys/${world.goneId}/revoke`);
  world.keyId = JSON.parse((await world.admin.send('GET', '/api/v1/keys')).text).keys.find((k) => k.name === 'Nightly report').id;
  assert.ok(gone);
  for (const role of ['viewer', 'developer', 'operator', 'auditor']) await world.addUser(role, role);
  await world.providerState(world.down, 'bad');
  await world.providerState(world.cloud, 'bad');
  await world.stack.fake.script({ twice: ['status=503', 'fixed'] });
  await world.stack.until('the model to be known', async () => (await world.stack.chat('twice', 'x', {}, { key: world.key })).status === 200);
  world.runs = await world.sendRuns(world.key);
  world.price = JSON.parse((await world.admin.send('GET', '/api/v1/prices?owner=openai&model=gpt-5.6')).text).prices[0].id;
  await world.viewerCookie();
}

World.prototype.viewerCookie = async function viewerCookie() {
  this.viewer = (await this.session('viewer')).cookies.get('mg');
};

const detail = (kind) => ({ name: `run-${kind}`, path: () => `/admin/runs/${world.runs[kind]}` });
const badForm = { name: '', base_url: 'ftp://user:pass@example.com/#x' };

describe('with one of everything', () => {
  before(furnish);
  lookAt('furnished', (v) => admins.get(nameOf(v)), [
    { name: 'overview', path: () => '/admin/' },
    { name: 'providers', path: () => '/admin/providers' },
    { name: 'provider-types', path: () => '/admin/providers/new' },
    { name: 'provider-new', path: () => '/admin/providers/new?type=ollama' },
    { name: 'provider-new-problems', status: 422, reach: async (visitor) => {
      await visitor.open('/admin/providers/new?type=openai-compatible');
      await fill(visitor, badForm);
      await visitor.page.locator('#provider-form').evaluate((f) => { f.noValidate = true; });
      return submit(visitor);
    } },
    { name: 'provider-own-fields', path: () => '/admin/providers/new?type=bedrock' },
    { name: 'provider-own-problems', status: 422, reach: async (visitor) => {
      await visitor.open('/admin/providers/new?type=anthropic');
      await fill(visitor, { name: 'x', 'options.max_tokens': 'many' });
      return submit(visitor);
    } },
    { name: 'provider-try-passed', reach: async (visitor, variant) => {
      await visitor.open('/admin/providers/new?type=openai-compatible');
      await fill(visitor, { name: 'new', base_url: `${world.stack.fake.url}/v1`, secret: SECRET });
      await button(visitor, 'provider.test.connection', variant).click();
      await visitor.page.locator('#test-result .result').waitFor();
    } },
    { name: 'provider-try-failed', reach: async (visitor, variant) => {
      await visitor.open('/admin/providers/new?type=openai-compatible');
      await fill(visitor, { name: 'new', base_url: `${world.stack.fake.url}/v1`, secret: 'sk-wrong' });
      await button(visitor, 'provider.test.connection', variant).click();
      await visitor.page.locator('#test-result .result').waitFor();
    } },
    { name: 'provider', path: () => `/admin/providers/${world.active}` },
    { name: 'provider-spare', path: () => `/admin/providers/${world.spare}` },
    { name: 'provider-down', path: () => `/admin/providers/${world.down}` },
    { name: 'provider-cloud', path: () => `/admin/providers/${world.cloud}` },
    { name: 'provider-off', path: () => `/admin/providers/${world.off}` },
    { name: 'provider-edit', path: () => `/admin/providers/${world.active}/edit` },
    { name: 'provider-tested', reach: async (visitor) => {
      await visitor.open(`/admin/providers/${world.active}`);
      return visitor.press(`form[action$="/${world.active}/test"] button`);
    } },
    { name: 'provider-test-failed', reach: async (visitor) => {
      await visitor.open('/admin/providers');
      return visitor.press(`form[action$="/${world.down}/test"] button`);
    } },
    { name: 'provider-activate', path: () => `/admin/providers/${world.spare}/activate` },
    { name: 'provider-activate-untested', status: 409, reach: async (visitor) => {
      await visitor.open(`/admin/providers/${world.down}`);
      return visitor.press(`form[action$="/${world.down}/activate"] button`);
    } },
    { name: 'provider-disable', path: () => `/admin/providers/${world.active}/disable` },
    { name: 'provider-delete', path: () => `/admin/providers/${world.spare}/delete` },
    { name: 'provider-delete-active', path: () => `/admin/providers/${world.active}/delete`, status: 409 },
    { name: 'prices', path: () => '/admin/prices?owner=openai' },
    { name: 'prices-none', path: () => '/admin/prices?model=nothing-like-it' },
    { name: 'price', path: () => `/admin/prices/${world.price}` },
    { name: 'price-new', path: () => '/admin/prices/new' },
    { name: 'price-change', path: () => `/admin/prices/new?from=${world.price}` },
    { name: 'price-problems', status: 422, reach: async (visitor) => {
      await visitor.open(`/admin/prices/new?from=${world.price}`);
      await fill(visitor, { owner: 'Open AI', input_micros_per_mtok: '1,5', valid_from: 'tomorrow', as_of: '1' });
      await visitor.page.locator('main form').evaluate((f) => { f.noValidate = true; });
      return submit(visitor);
    } },
    { name: 'keys', path: () => '/admin/keys' },
    { name: 'key-new', path: () => '/admin/keys/new' },
    { name: 'key-new-problems', status: 422, reach: async (visitor) => {
      await visitor.open('/admin/keys/new');
      await fill(visitor, { name: 'x'.repeat(40), expires_days: '5000', models: 'a\nb' });
      await visitor.page.locator('main form').evaluate((f) => { f.noValidate = true; });
      return submit(visitor);
    } },
    { name: 'key-created', reach: async (visitor, variant) => {
      await visitor.open('/admin/keys/new');
      await fill(visitor, { name: `shots ${nameOf(variant)}` });
      return submit(visitor);
    } },
    { name: 'key-revoke', path: () => `/admin/keys/${world.keyId}/revoke` },
    { name: 'runs', path: () => '/admin/runs' },
    { name: 'runs-filtered', path: () => `/admin/runs?window=1h&status=not_ok&provider=${world.active}&key=${world.keyId}&limit=25` },
    { name: 'runs-none', path: () => '/admin/runs?window=15m&model=nothing-like-it' },
    ...['ok', 'stream', 'failed', 'rate', 'truncated', 'refused', 'sovereign', 'cancelled'].map(detail),
    { name: 'audit', path: () => '/admin/audit' },
    { name: 'audit-none', path: () => '/admin/audit?actor=nobody' },
    { name: 'settings', path: () => '/admin/settings' },
    { name: 'setting-problem', status: 422, reach: async (visitor) => {
      await visitor.open('/admin/settings');
      const form = visitor.page.locator('form[action="/admin/settings/health_interval_s"]');
      await form.evaluate((f) => { f.noValidate = true; });
      await form.locator('[name=value]').fill('0');
      return visitor.press(form.locator('button'));
    } },
    { name: 'users', path: () => '/admin/users' },
    { name: 'user-new', path: () => '/admin/users/new' },
    { name: 'user-new-problems', status: 422, reach: async (visitor) => {
      await visitor.open('/admin/users/new');
      await fill(visitor, { name: 'admin', password: 'password' });
      return submit(visitor);
    } },
    { name: 'profile', path: () => '/admin/profile' },
    { name: 'nav', path: () => '/admin/nav' },
    { name: 'missing', path: () => '/admin/nothing/here', status: 404 },
    { name: 'run-missing', path: () => `/admin/runs/${NO_RUN}`, status: 404 },
    { name: 'bad-query', path: () => '/admin/runs?windw=1h', status: 400 },
  ]);
});

describe('for others', () => {
  const viewers = new Map(), guests = new Map();
  before(async () => {
    for (const variant of VARIANTS) {
      viewers.set(nameOf(variant), await visitorOf(variant, { cookies: { mg: world.viewer, mg_lang: variant.language, mg_theme: variant.theme } }));
      guests.set(nameOf(variant), await visitorOf(variant));
    }
  });
  lookAt('a viewer', (v) => viewers.get(nameOf(v)), [
    { name: 'viewer-overview', theme: 'auto', path: () => '/admin/' },
    { name: 'viewer-providers', theme: 'auto', path: () => '/admin/providers' },
    { name: 'viewer-provider', theme: 'auto', path: () => `/admin/providers/${world.active}` },
    { name: 'viewer-forbidden', theme: 'auto', path: () => '/admin/users', status: 403 },
  ]);
  lookAt('a guest', (v) => guests.get(nameOf(v)), [
    { name: 'login', path: () => '/admin/runs?window=7d' },
    { name: 'login-refused', status: 401, reach: async (visitor) => {
      await visitor.open('/admin/login');
      await fill(visitor, { name: 'nobody', password: 'not the password' });
      return submit(visitor);
    } },
  ]);
});

describe('with the database away', () => {
  before(() => world.stack.cluster.stop());
  lookAt('database away', (v) => {
    const visitor = admins.get(nameOf(v));
    visitor.expected.push(503);
    return visitor;
  }, [{ name: 'database-away', status: 503, reach: async (visitor, { language, theme }) => {
    await visitor.setCookies({ mg_lang: language, mg_theme: theme });
    return visitor.open('/admin/runs');
  } }]);
});
