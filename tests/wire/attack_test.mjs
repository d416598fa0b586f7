// SPDX-License-Identifier: MIT
// What attackers try: a key under another's name, a key that mints a stronger one, a provider that quotes its secret or never ends, a second
// process on the same folder, and every route without the right to it.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FORM, Person, send } from './browser.mjs';
import { run } from './program.mjs';
import { HEAD, JSON_HEAD, Rogue, whole } from './rogue.mjs';
import { HOME, OUT, Stack } from './stack.mjs';

const SECRET = 'hunter2/Zx81-canary-provider-secret';
const sent = (request) => /authorization: Bearer (.*)/i.exec(request.head)[1];
const refusal = (status, body) => `HTTP/1.1 ${status} No\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n${JSON.stringify(body)}`;
const FRAME = `data: {"choices":[{"finish_reason":"${'f'.repeat(190)}"}]}\n\n`.repeat(300);

const plays = {
  quotes400: (socket, request) => socket.end(refusal(400, { error: { message: `you sent ${sent(request)}` } })),
  quotes401: (socket, request) => socket.end(refusal(401, { error: { message: `${'x'.repeat(110)} you sent ${sent(request)}` } })),
  quotes200: (socket, request) => socket.end(JSON_HEAD + JSON.stringify({ error: { message: `you sent ${sent(request)}` } }).replaceAll('/', '\\/')),
  quotesModel: (socket, request) => socket.end(JSON_HEAD + whole('hi', { model: sent(request), id: sent(request) })),
  orders: (socket) => socket.end(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Sendfile: /etc/passwd\r\nX-LIGHTTPD-send-file: /etc/passwd\r\n`
    + `Status: 418\r\nLocation: http://evil.example/\r\nSet-Cookie: mg=evil\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n${whole('hi')}`),
  finishes: async (socket) => {
    socket.write(HEAD);
    for (let i = 0; i < 1500 && !socket.destroyed; i++)
      if (!socket.write(FRAME)) await new Promise((done) => { socket.once('drain', done); });
    socket.end('data: [DONE]\n\n');
  },
};

let stack, rogue;
before(async () => {
  stack = await Stack.start({ name: 'attack', models: ['tokens=60+delay=50'] });
  rogue = await Rogue.start(plays);
  await stack.addProvider({ name: 'rogue', baseUrl: rogue.url, models: Object.keys(plays), secret: SECRET });
  await stack.until('the rogue to be known', async () => {
    const { data } = await (await stack.fetch('/v1/models')).json();
    return data.some((m) => m.id === 'finishes');
  });
});
after(async () => {
  await rogue?.stop();
  await stack?.stop();
});

const known = (key) => stack.until('a new key to be known', async () => (await stack.fetch('/v1/models', { key })).status === 200);
const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${stack.gate.pid}/status`, 'utf8'))[1]) << 10;

describe('a provider', () => {
  for (const model of ['quotes400', 'quotes401', 'quotes200', 'quotesModel']) {
    test(`that quotes its secret (${model}) is not quoted: not to callers, not in runs, not in the log`, async () => {
      for (const stream of [false, true]) {
        const answer = await stack.post('/api/v1/llm/generate', { model, prompt: 'x', stream });
        const text = await answer.text();
        for (const part of [SECRET, SECRET.replaceAll('/', '\\/')]) assert.ok(!text.includes(part), text);
        const row = JSON.stringify([await stack.runRows(answer.headers.get('x-run-id')),
          await stack.rows(`select * from attempts where run_id = '${answer.headers.get('x-run-id')}'`)]);
        assert.ok(!row.includes('hunter2'), row);
      }
      assert.ok(!stack.gate.output.includes('hunter2'));
    });
  }

  test('cannot give orders to the front, nor cookies to callers', async () => {
    const answer = await stack.chat('orders');
    assert.equal(answer.status, 200);
    assert.equal((await answer.json()).choices[0].message.content, 'hi');
    for (const name of ['set-cookie', 'location', 'x-sendfile', 'status', 'access-control-allow-origin']) assert.equal(answer.headers.get(name), null, name);
  });

  // A sanitizer keeps freed memory for a while, so there only the end is looked at.
  test('that says for ever why it stopped takes no memory', async () => {
    const begin = memory();
    for await (const piece of (await stack.chat('finishes', 'x', { stream: true })).body) assert.ok(piece);
    const more = memory() - begin;
    if (!/san/.test(OUT)) assert.ok(more < 40 << 20, `${more >> 20} MiB more after ${(FRAME.length * 1500) >> 20} MiB`);
  });
});

describe('a key', () => {
  test("called like a user is not that user: it sees and ends none of the user's keys, and the audit tells them apart", async () => {
    const alice = await Person.signIn(stack, 'developer', 'alice'), mallory = await Person.signIn(stack, 'developer', 'mallory');
    const hers = JSON.parse((await alice.api('POST', '/api/v1/keys', { name: 'hers' })).text);
    const { key } = JSON.parse((await mallory.api('POST', '/api/v1/keys', { name: 'alice' })).text);
    await known(key);
    const { keys } = await (await stack.fetch('/api/v1/keys', { key })).json();
    assert.deepEqual(keys.map((k) => k.owner), ['mallory']);
    for (const method of ['GET', 'DELETE']) assert.equal((await stack.fetch(`/api/v1/keys/${hers.id}`, { method, key })).status, 404);
    const made = await (await stack.post('/api/v1/keys', { name: 'child' }, { key })).json();
    assert.equal(made.owner, 'mallory');
    const [{ actor }] = await stack.rows(`select actor from audit where object_id = '${made.id}'`);
    assert.equal(actor, `alice · mgk_${key.slice(4, 16)}`);
  });

  test('of little rights cannot end a key of more, although both have one owner', async () => {
    const boss = await Person.signIn(stack, 'admin', 'boss');
    const strong = JSON.parse((await boss.api('POST', '/api/v1/keys', { name: 'strong', role: 'admin' })).text);
    const weak = JSON.parse((await boss.api('POST', '/api/v1/keys', { name: 'weak' })).text);
    await known(weak.key);
    assert.equal((await stack.fetch(`/api/v1/keys/${strong.id}`, { method: 'DELETE', key: weak.key })).status, 404);
    assert.equal((await stack.fetch(`/api/v1/keys/${weak.id}`, { method: 'DELETE', key: weak.key })).status, 204);
  });

  test('makes only keys that are held to what it is held to', async () => {
    const bob = await Person.signIn(stack, 'developer', 'bob');
    const limits = { models: ['fixed', 'echo'], data_class: 'confidential', expires_days: 5 };
    const maker = JSON.parse((await bob.api('POST', '/api/v1/keys', { name: 'maker', ...limits })).text);
    await known(maker.key);
    const child = await (await stack.post('/api/v1/keys', { name: 'child' }, { key: maker.key })).json();
    assert.deepEqual([child.models, child.data_class, child.expires_at], [maker.models, 'confidential', maker.expires_at]);
    const narrower = await stack.post('/api/v1/keys', { name: 'n', models: ['echo'], data_class: 'secret', expires_days: 1 }, { key: maker.key });
    assert.equal(narrower.status, 201, await narrower.text());
    for (const [field, more] of [['data_class', { data_class: 'public' }], ['models', { models: ['echo', 'zh'] }], ['expires_days', { expires_days: 6 }],
      ['role', { role: 'operator' }]]) {
      const answer = await stack.post('/api/v1/keys', { name: 'wider', ...more }, { key: maker.key });
      assert.equal(answer.status, 422, field);
      assert.equal((await answer.json()).error.field, field);
    }
  });
});

describe('a session', () => {
  test('that a browser had before it signs in is over then', async () => {
    const carol = await Person.signIn(stack, 'viewer', 'carol');
    assert.equal((await carol.get('/admin/')).status, 200);
    const answer = await carol.post('/admin/login', { name: 'carol', password: 'correct horse battery' });
    assert.equal(answer.status, 303);
    const [cookie] = answer.cookies.filter((c) => c.startsWith('mg='));
    assert.match(cookie, /^mg=[\w-]{43}; Path=\/; Max-Age=\d+; SameSite=Strict; HttpOnly$/);
    assert.equal((await send(stack.url, 'GET', '/admin/', { headers: { cookie: cookie.split(';')[0] } })).status, 200);
    assert.equal((await carol.get('/admin/')).status, 303);
  });
});

describe('every route', () => {
  const rank = { viewer: 1, developer: 2, operator: 3, admin: 4 };
  const addresses = [];
  for (const [, method, path, may, rest] of readFileSync(join(HOME, 'app/routes.c'), 'utf8').matchAll(/\{(GET|POST|PUT|PATCH|DELETE), "([^"]+)", (\w+),([^}]*)\}/g)) {
    addresses.push([method, path, may]);
    for (const twin of ['twin', 'twin2']) {
      const other = new RegExp(`\\.${twin} = "([^"]+)"`).exec(rest)?.[1];
      if (other) addresses.push([new RegExp(`\\.${twin}_method = (\\w+)`).exec(rest)?.[1] ?? method, other, may]);
    }
  }
  const may = (least, role, session) => (least === 'KEY_HOLDER' ? Boolean(role) && !session : least === 'SIGNED_IN' ? session
    : least === 'AUDITOR' ? role === 'auditor' || role === 'admin' : least === 'VIEWER' ? role in rank || role === 'auditor'
      : (rank[role] ?? 0) >= rank[least.toLowerCase()]);
  const denied = (r) => [401, 403].includes(r.status) || (r.status === 303 && /^\/admin\/login/.test(r.headers.location));

  test(`each of ${addresses.length} addresses admits whom the table names and nobody else; changes need the form's token and our origin`, async () => {
    assert.ok(addresses.length > 60);
    const keys = {}, people = {};
    for (const role of [...Object.keys(rank), 'auditor']) {
      keys[role] = await stack.createKey(`of ${role}`, role);
      people[role] = await Person.signIn(stack, role);
    }
    for (const [method, pattern, least] of addresses) {
      if (least === 'ANYONE' || pattern === '/admin/logout') continue;
      const path = pattern.replace(/:id\*?/, randomUUID()).replace(':name', 'no_such_setting'), get = method === 'GET';
      const api = /^\/(api|v1|admin\/config)\//.test(path), body = get ? undefined : api ? '{}' : '', type = api ? 'application/json' : FORM;
      const expect = (who, r, ok) => assert.equal(!denied(r), ok, `${who}: ${method} ${path} is ${r.status} ${r.text.slice(0, 200)}`);
      for (const headers of [{}, { authorization: 'Bearer x' }, { 'x-api-key': `mgk_${'A'.repeat(12)}_${'B'.repeat(49)}` }, { cookie: `mg=${'A'.repeat(43)}` }])
        expect(JSON.stringify(headers), await send(stack.url, method, path, { headers: { 'content-type': type, ...headers }, body }), false);
      for (const role of Object.keys(keys)) {
        expect(`key of ${role}`, await send(stack.url, method, path, { headers: { 'content-type': type, authorization: `Bearer ${keys[role]}` }, body }), may(least, role, false));
        const person = people[role];
        expect(role, await (api ? person.api(method, path, get ? undefined : {}) : get ? person.get(path) : person.post(path)), may(least, role, true));
        if (get || !may(least, role, true)) continue;
        const token = { 'x-csrf-token': person.csrf };
        for (const headers of [{ origin: stack.url }, { origin: 'http://evil.example', ...token }, { origin: 'null', ...token }, { 'sec-fetch-site': 'cross-site', ...token },
          { referer: 'http://evil.example/', ...token }, { origin: stack.url, 'x-csrf-token': people[role === 'admin' ? 'viewer' : 'admin'].csrf }]) {
          const r = await send(stack.url, method, path, { headers: { cookie: person.cookie, 'content-type': type, ...headers }, body });
          assert.equal(r.status, 403, `${role} with ${JSON.stringify(headers)}: ${method} ${path} is ${r.status}`);
        }
      }
    }
  });
});

test('a second process on the same folder is refused before it touches the runs of the first', async () => {
  const answer = await stack.chat('tokens=60+delay=50', 'x', { stream: true });
  const text = answer.text(), id = answer.headers.get('x-run-id');
  await stack.until('the run to be an intent in the database', async () => (await stack.rows(`select 1 from intents where run_id = '${id}'`)).length > 0);
  const { err } = await run(join(OUT, 'moongate'), ['serve'], { env: { ...stack.env, LC_ALL: 'C' }, cwd: stack.folder, status: 1 });
  assert.match(err, /Another Moongate is running/);
  assert.match(await text, /\[DONE\]\s*$/);
  const [row] = await stack.runRows(id);
  assert.equal(row.status, 'ok');
});
