// SPDX-License-Identifier: MIT
// What the console does not do: change anything for another site's form, show controls to who may not use them, give away a secret.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { run } from '../wire/program.mjs';
import { Caller } from './caller.mjs';
import { answerProblems } from './checks.mjs';
import { allows, reads, writes } from './routes.mjs';
import { PASSWORD, SECRET, World } from './world.mjs';

const TYPED = { password: 'canary-password-typed-wrong-8271', secret: 'sk-canary-secret-typed-wrong-5523' };
const ROLES = ['viewer', 'developer', 'operator', 'auditor'];
const people = {};
let world, key, ids, values;

before(async () => {
  world = await World.start('browser-guard');
  await world.stack.cluster.psql('moongate', "alter system set log_statement = 'all'");
  await world.stack.cluster.psql('moongate', 'select pg_reload_conf()');
  people.admin = await world.setUp();
  for (const role of ROLES) await world.addUser(role, role);
  for (const role of ROLES) people[role] = await world.session(role, { language: 'en-US' });
  ids = { provider: await world.addProvider({ name: 'fake' }) };
  key = await world.createKey({ name: 'app' });
  ids.key = JSON.parse((await world.admin.send('GET', '/api/v1/keys')).text).keys[0].id;
  await world.providerState(ids.provider, 'ok');
  ids.runs = await world.sendRuns(key);
  ids.price = JSON.parse((await world.admin.send('GET', '/api/v1/prices')).text).prices[0].id;
  values = { name: 'health_interval_s' };
});
after(() => world?.stop());

const of = (path) => ({ ...values, id: path.includes('/keys') ? ids.key : path.includes('/runs') ? ids.runs.ok
  : path.includes('/prices') ? ids.price : ids.provider });
const all = (list) => list().flatMap((r, i) => list(of(r.path))[i]);
// All that a change would change.
const state = async () => JSON.stringify(await Promise.all(['providers', 'api_keys', 'users', 'settings', 'models', 'audit'].map((table) =>
  world.stack.rows(`select count(*) as n, md5(string_agg(t::text, '|' order by t::text)) as sum from ${table} t`))));

// A request as the page or program would send it, with some token.
function write(caller, { method, path, json }, token, headers = {}) {
  if (json) return caller.send(method, path, { json: {}, headers: { ...(token ? { 'x-csrf-token': token } : {}), ...headers } });
  return caller.send(method, path, { form: token ? { csrf: token } : { x: '' }, headers });
}

describe('forms of other sites', () => {
  test('the table of routes is read whole', () => {
    assert.ok(writes().length >= 30 && reads().length >= 30, `${writes().length} and ${reads().length}`);
    for (const path of ['/admin/providers', '/admin/logout', '/admin/keys', '/admin/config/llm']) {
      assert.ok(writes().some((r) => r.path === path), path);
    }
  });

  const bad = {
    'no token': () => [people.admin, '', {}],
    'a token that is none': () => [people.admin, 'x'.repeat(43), {}],
    'another session\'s token': () => [people.admin, people.operator.token, {}],
    'the right token from another origin': () => [people.admin, people.admin.token, { origin: 'http://evil.example' }],
    'the right token from another port': () => [people.admin, people.admin.token, { origin: world.url.replace(/:\d+$/, ':1') }],
    'the right token and a cross-site fetch': () => [people.admin, people.admin.token, { 'sec-fetch-site': 'cross-site' }],
    'the right token and the referrer of another site': () => [people.admin, people.admin.token, { referer: 'https://evil.example/x' }],
  };
  for (const [what, how] of Object.entries(bad)) {
    test(`${what}: every form and every JSON address is refused, and nothing changes`, async () => {
      await people.admin.get('/admin/');
      await people.operator.get('/admin/');
      const before = await state();
      for (const route of all(writes)) {
        const [caller, token, headers] = how();
        const answer = await write(caller, route, token, headers);
        assert.equal(answer.status, 403, `${route.method} ${route.path} with ${what}`);
        if (route.json) assert.equal(JSON.parse(answer.text).error.code, 'csrf');
      }
      assert.equal(await state(), before);
      assert.equal((await people.admin.send('GET', '/admin/profile')).status, 200, 'still signed in');
    });
  }

  test('before there is a session: the token of the sign-in page is wanted', async () => {
    const guest = new Caller(world.url);
    for (const path of ['/admin/login', '/admin/language', '/admin/theme']) {
      assert.equal((await guest.send('POST', path, { form: { name: 'admin', password: PASSWORD, lang: 'zh-CN', theme: 'dark' } })).status, 403, path);
    }
    await guest.get('/admin/login');
    const other = new Caller(world.url);
    await other.get('/admin/login');
    const answer = await guest.send('POST', '/admin/login', { form: { csrf: other.token, name: 'admin', password: PASSWORD } });
    assert.equal(answer.status, 403);
    assert.equal(guest.cookies.has('mg'), false);
  });

  test('a key needs no token, because no browser sends it by itself', async () => {
    const answer = await new Caller(world.url).send('POST', '/api/v1/providers/test', { json: { type: 'nonsense' }, headers: { authorization: `Bearer ${key}` } });
    assert.equal(answer.status, 403, 'a developer\'s key may not do it');
    assert.equal(JSON.parse(answer.text).error.code, 'forbidden');
  });
});

describe('roles', () => {
  test('nobody signed in: pages lead to the sign-in page, JSON says 401, nothing changes', async () => {
    const before = await state();
    for (const route of [...all(reads), ...all(writes)].filter((r) => r.may !== 'ANYONE')) {
      const answer = route.method === 'GET' ? await new Caller(world.url).send('GET', route.path) : await write(new Caller(world.url), route, '');
      if (route.json) assert.equal(answer.status, 401, `${route.method} ${route.path}`);
      else if (answer.status !== 403) {
        assert.equal(answer.status, 303, `${route.method} ${route.path}`);
        assert.match(answer.location, /^\/admin\/login\?next=/);
      } else assert.notEqual(route.method, 'GET', route.path);
    }
    assert.equal(await state(), before);
  });

  for (const role of ROLES) {
    test(`${role}: everything above the role is 403 and changes nothing`, async () => {
      const caller = people[role];
      await caller.get('/admin/nav');
      const before = await state();
      let refused = 0;
      for (const route of [...all(reads), ...all(writes)]) {
        if (allows(role, route.may, route.method)) continue;
        const answer = route.method === 'GET' ? await caller.send('GET', route.path) : await write(caller, route, caller.token);
        assert.equal(answer.status, 403, `${route.method} ${route.path}`);
        if (route.json) assert.equal(JSON.parse(answer.text).error.code, 'forbidden');
        else assert.deepEqual(answerProblems(answer.headers, answer.text), []);
        refused++;
      }
      assert.ok(refused > 10, `${refused} were tried`);
      assert.equal(await state(), before);
    });

    test(`${role}: every page that may be read is there, without a control that may not be used`, async () => {
      for (const route of all(reads).filter((r) => !r.json && r.may !== 'ANYONE' && allows(role, r.may))) {
        const answer = await people[role].get(route.path);
        const another = role === 'developer' && route.path.includes('/keys/');       // a developer sees only the own ones
        assert.ok(another ? answer.status === 404 || answer.status === 200 : [200, 409].includes(answer.status), `${route.path} is ${answer.status}`);
        for (const [, action] of answer.text.matchAll(/(?:<form method="post" action|formaction)="([^"?]+)/g)) {
          const target = all(writes).find((r) => r.method === 'POST' && r.path === action);
          if (!target) assert.ok(/\/(providers|keys|settings)\//.test(action), `${action} on ${route.path} is a form to nowhere`);
          else assert.ok(allows(role, target.may, 'POST'), `${role} sees a form to ${action} on ${route.path}`);
        }
        for (const [, href] of answer.text.matchAll(/<a [^>]*href="(\/admin[^"?#]*)/g)) {
          const target = all(reads).find((r) => r.path === href);
          assert.ok(!target || allows(role, target.may), `${role} sees a link to ${href} on ${route.path}`);
        }
      }
    });
  }

  test('a key of the console\'s pages has its own role, never more', async () => {
    for (const route of all(writes).filter((r) => r.json && !allows('developer', r.may))) {
      const answer = await new Caller(world.url).send(route.method, route.path, { json: {}, headers: { authorization: `Bearer ${key}` } });
      assert.equal(answer.status, 403, `${route.method} ${route.path}`);
    }
  });

  test('a developer neither sees nor revokes the keys of others', async () => {
    const { developer } = people;
    assert.ok(!(await developer.get('/admin/keys')).text.includes(ids.key));
    assert.equal((await developer.send('GET', `/api/v1/keys/${ids.key}`)).status, 404);
    assert.equal((await developer.post(`/admin/keys/${ids.key}/revoke`)).status, 404);
    assert.equal((await world.stack.fetch('/v1/models', { key })).status, 200);
  });

  test('nobody gives a key more than they have', async () => {
    for (const [role, wanted] of [['developer', 'operator'], ['developer', 'admin'], ['operator', 'admin'], ['operator', 'auditor']]) {
      await people[role].get('/admin/keys/new');
      assert.doesNotMatch((await people[role].get('/admin/keys/new')).text, new RegExp(`name="role" value="${wanted}"`));
      const answer = await people[role].post('/admin/keys', { name: 'too much', role: wanted });
      assert.equal(answer.status, 422, `${role} makes a key of ${wanted}`);
    }
  });
});

describe('the session', () => {
  test('its cookies: not for scripts, not for other sites, for the whole site', async () => {
    const caller = new Caller(world.url);
    const page = await caller.send('GET', '/admin/login');
    const answer = await caller.post('/admin/login', { name: 'viewer', password: PASSWORD, next: '' });
    const lines = [...page.headers['set-cookie'], ...answer.headers['set-cookie']];
    for (const name of ['mg', 'mg_pre']) {
      const line = lines.find((l) => l.startsWith(`${name}=`));
      assert.match(line, /; HttpOnly/, name);
      assert.match(line, /; SameSite=Strict/, name);
      assert.match(line, /; Path=\//, name);
      assert.doesNotMatch(line, /; Domain/i, name);
    }
    assert.match(lines.find((l) => l.startsWith('mg=')), /^mg=[\w-]{43};/, '256 bits');
    await caller.signOut();
  });

  test('a new one for every sign-in, whatever cookie was there before', async () => {
    const caller = new Caller(world.url);
    caller.cookies.set('mg', 'A'.repeat(43));
    await caller.signIn('viewer', PASSWORD);
    const first = caller.cookies.get('mg'), token = caller.token;
    assert.notEqual(first, 'A'.repeat(43));
    await caller.signOut();
    await caller.signIn('viewer', PASSWORD);
    assert.notEqual(caller.cookies.get('mg'), first);
    assert.notEqual(caller.token, token);
    await caller.signOut();
  });

  test('signing out ends it on the server', async () => {
    const caller = await world.session('viewer');
    const cookie = caller.cookies.get('mg');
    assert.equal((await caller.signOut()).status, 303);
    const thief = new Caller(world.url);
    thief.cookies.set('mg', cookie);
    assert.equal((await thief.send('GET', '/admin/')).status, 303);
    assert.equal((await thief.send('GET', '/api/v1/runs')).status, 401);
  });

  test('guessing is slowed, for that network and account only', async () => {
    await world.addUser('target', 'viewer');
    const guesser = new Caller(world.url);
    let answer;
    for (let i = 0; i < 8 && answer?.status !== 429; i++) {
      await guesser.get('/admin/login');
      answer = await guesser.post('/admin/login', { name: 'target', password: TYPED.password });
      assert.ok([401, 429].includes(answer.status));
    }
    assert.equal(answer.status, 429);
    assert.ok(Number(answer.headers['retry-after']) >= 1);
    assert.equal((await new Caller(world.url).signIn('viewer', PASSWORD)).status, 303, 'others are not held up');
  });

  test('a wrong name and a wrong password read the same', async () => {
    const said = [];
    for (const name of ['viewer', 'nobody-of-that-name']) {
      const caller = new Caller(world.url, { language: 'en-US' });
      const answer = await caller.signIn(name, TYPED.password);
      assert.equal(answer.status, 401);
      said.push(answer.text.replaceAll(name, 'NAME').replace(/name="csrf" value="[^"]*"/g, '').replace(/\d{8}-[-0-9a-f]+|01[0-9a-f]{6}-[-0-9a-f]{27}/g, ''));
    }
    assert.equal(said[0], said[1]);
  });
});

describe('secrets', () => {
  const tokens = [];
  const canaries = () => [SECRET, PASSWORD, TYPED.secret, TYPED.password, key, ...tokens];

  // Whatever can be reached by links, and all JSON twins, as an administrator.
  async function crawl(caller, visit) {
    const seen = new Set(), waiting = ['/admin/', '/admin/nav', ...reads(of('')).map((r) => r.path), ...all(reads).map((r) => r.path)];
    while (waiting.length) {
      const path = waiting.shift();
      if (seen.has(path) || seen.size > 300) continue;
      seen.add(path);
      const answer = await caller.send('GET', path);
      visit(path, answer);
      for (const [, href] of answer.text.matchAll(/href="(\/(?:admin|api)[^"#]*)"/g)) waiting.push(href.replaceAll('&amp;', '&'));
    }
    return seen.size;
  }

  before(async () => {
    for (const caller of Object.values(people)) tokens.push(caller.cookies.get('mg'));
    const { admin } = people;
    // Typed and refused: in a form, in JSON, in a place where it does not belong.
    await admin.get('/admin/providers/new?type=openai-compatible');
    for (const form of [{ name: '' }, { name: 'x', base_url: 'ftp://x' }, { name: 'x', base_url: `${world.stack.fake.url}/v1`, position: 'x' }]) {
      const answer = await admin.post('/admin/providers', { type: 'openai-compatible', secret: TYPED.secret, ...form });
      assert.equal(answer.status, 422);
      assert.ok(!answer.text.includes(TYPED.secret));
    }
    const headers = { 'x-csrf-token': admin.token };
    for (const json of [{ name: 'x', type: 'openai-compatible', secret: [TYPED.secret] }, { name: 'x', type: 'nonsense', secret: TYPED.secret },
      { name: 'fake', type: 'openai-compatible', base_url: `${world.stack.fake.url}/v1`, secret: TYPED.secret }]) {
      const answer = await admin.send('POST', '/api/v1/providers', { json, headers });
      assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
      assert.ok(!answer.text.includes(TYPED.secret), answer.text);
    }
    const tried = await admin.send('POST', '/api/v1/providers/test', { headers,
      json: { type: 'openai-compatible', base_url: `${world.stack.fake.url}/v1`, secret: TYPED.secret } });
    assert.equal(JSON.parse(tried.text).ok, false);
    assert.ok(!tried.text.includes(TYPED.secret), tried.text);
    await admin.send('PATCH', `/api/v1/providers/${ids.provider}`, { json: { secret: TYPED.secret }, headers });
    await admin.send('POST', `/api/v1/providers/${ids.provider}/test`, { headers });
    await world.stack.chat('fixed', 'x', {}, { key }).then((a) => a.text());
    await admin.send('PATCH', `/api/v1/providers/${ids.provider}`, { json: { secret: SECRET }, headers });
  });

  for (const role of ['admin', 'viewer']) {
    test(`no page and no JSON holds one, as ${role} sees them`, async () => {
      const caller = people[role];
      const count = await crawl(caller, (path, answer) => {
        for (const secret of canaries()) assert.ok(!answer.text.includes(secret), `${path} holds …${secret.slice(-4)}`);
        assert.ok(answer.status < 500, `${path} is ${answer.status}`);
        if (/html/.test(answer.headers['content-type'])) assert.deepEqual(answerProblems(answer.headers, answer.text), [], path);
      });
      assert.ok(count > (role === 'admin' ? 60 : 25), `${count} addresses`);
    });
  }

  test('no log, no row and no file holds one, in any spelling', async () => {
    const dump = (await run('sh', ['-c', 'exec $(ls -d /usr/lib/postgresql/*/bin/pg_dump | tail -1) "$0"', world.stack.cluster.url('moongate')])).out;
    assert.match(dump, /COPY moongate\.providers/);
    const pieces = [['the dump', Buffer.from(dump)]];
    const add = (path) => {
      if (statSync(path).isDirectory()) for (const name of readdirSync(path)) add(join(path, name));
      else if (statSync(path).isFile()) pieces.push([path, readFileSync(path)]);
    };
    add(world.stack.logs);
    add(world.stack.var);
    assert.ok(pieces.some(([path]) => path.endsWith('postgres.log')) && pieces.some(([path]) => path.endsWith('moongate.log')));
    const postgres = pieces.find(([path]) => path.endsWith('postgres.log'))[1].toString();
    assert.match(postgres, /insert into providers/, 'its log has the statements');
    for (const secret of canaries()) {
      for (const spelling of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(0, -2)]) {
        for (const [path, bytes] of pieces) assert.equal(bytes.indexOf(spelling), -1, `${path} holds …${secret.slice(-4)}`);
      }
    }
  });
});
