// SPDX-License-Identifier: MIT
// The journey under attack: candidates that cannot be asked, ends in the midst of a wait, callers who hang up at any stage, many runs at one breaker,
// ceilings that no retry and no other candidate goes above.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ask, DOORS } from './door_shapes.mjs';
import { DIALECTS, goodFrames } from './rogue_dialects.mjs';
import { JSON_HEAD, Rogue, whole } from './rogue.mjs';
import { Stack } from './stack.mjs';

const BUSY = 'HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';
const SCHEMA = { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } } };
const busy = (socket) => socket.end(BUSY);

let stack, local, cloud;
const plays = {}, cloudPlays = {};
before(async () => {
  stack = await Stack.start({ name: 'hostile_journey', env: { MOONGATE_RETRY_BASE_MS: '20', MOONGATE_RETRY_MAX_MS: '5000', MOONGATE_BREAKER_CALLS_MIN: '200', MOONGATE_BREAKER_OPEN_S: '1' } });
  [local, cloud] = await Promise.all([Rogue.start(plays), Rogue.start(cloudPlays)]);
  const rogues = [
    { name: 'first', models: ['mixed', 'wait', 'hang', 'shy', 'three', 'embedding'] }, { name: 'lacks', type: 'hunyuan-native', options: { secret_id: 'AKIDfake' }, secret: 'x'.repeat(32), at: local.root, models: ['mixed'] },
    { name: 'second', models: ['shy', 'three', 'crowd', 'embedding'] }, { name: 'third', models: ['three'] },
    { name: 'cloud', mode: 'cloud', at: cloud.url, models: ['shy', 'embedding', 'last'] },
  ];
  for (const { at, ...r } of rogues) await stack.addProvider({ baseUrl: at ?? local.url, ...r });
  await stack.until('the last provider', async () => (await (await stack.fetch('/v1/models')).json()).data.some((m) => m.id === 'last'));
});
after(async () => { await Promise.all([local?.stop(), cloud?.stop()]); await stack?.stop(); });
beforeEach(() => { local.requests.length = cloud.requests.length = 0; });

const runOf = async (answer) => (await stack.runRows(answer.headers.get('x-run-id')))[0];
const asked = (rogue) => rogue.requests.filter((r) => r.head.startsWith('POST') && JSON.parse(r.body).model).length;      // no checks of health
const newest = (model, status) => stack.until(`a run of ${model} that is ${status}`, async () =>
  (await stack.rows(`select * from runs where requested_model = '${model}' order by started_at desc limit 1`)).find((r) => r.status === status));

test('a candidate that has no words for the request leaves no trace when the first fails', async () => {
  plays.mixed = busy;
  for (const stream of [false, true]) {
    const answer = await stack.chat('mixed', 'x', { ...SCHEMA, stream });
    assert.equal(answer.status, 503, await answer.text());
    const row = await runOf(answer);
    assert.deepEqual([row.status, row.provider_name, row.attempts], ['failed', 'first', 2]);
  }
});

test('a stream that answers after two other candidates failed is whole', async () => {
  const d = DIALECTS.openai;
  let n = 0;
  plays.three = (socket) => (n++ < 2 ? socket.end(n === 1 ? `${d.stream}data: {"err` : d.stream) : socket.end(Buffer.concat([Buffer.from(d.stream), ...goodFrames(d)])));
  for (const door of Object.keys(DOORS)) {
    n = 0;
    const said = await ask(stack, door, 'three', true);
    assert.deepEqual([said.ok, said.text, said.calls.length], [true, 'Hello 月门 ', 2]);
    const rows = await stack.until('its attempts', async () => {
      const found = await stack.rows(`select provider_name, result from attempts where run_id = '${said.run}' order by n`);
      return found.length === 3 && found;
    });
    assert.deepEqual(rows.map((r) => r.provider_name), ['first', 'second', 'third']);
    assert.equal(rows[2].result, 'ok');
  }
});

describe('the ceiling', () => {
  const embedding = JSON.stringify({ object: 'list', model: 'm', data: [{ object: 'embedding', index: 0, embedding: [1] }], usage: { prompt_tokens: 1, total_tokens: 1 } });
  const doors = [...Object.entries(DOORS).map(([name, d]) => [name, d.path, d.body('shy')]), ['completions', '/v1/completions', { model: 'shy', prompt: 'x' }],
    ['generate', '/api/generate', { model: 'shy', prompt: 'x', stream: false }], ['own', '/api/v1/llm/generate', { model: 'shy', prompt: 'x' }],
    ['embeddings', '/v1/embeddings', { model: 'embedding', input: 'x' }], ['embed', '/api/embed', { model: 'embedding', input: 'x' }],
    ['embeddings of Ollama', '/api/embeddings', { model: 'embedding', prompt: 'x' }]];
  const ceilings = [{ 'x-sovereign-mode': 'true' }, { 'x-policy-profile': 'strict' }, { 'x-policy-profile': 'local-only' }, { 'x-data-class': 'secret' }, { 'x-data-class': 'confidential' },
    { 'x-sovereign-mode': 'true', 'x-policy-profile': 'standard' }, { 'x-data-class': 'SECRET' }, { 'x-data-class': 'public, secret' }, { 'x-sovereign-mode': '1' }, { 'x-sovereign-mode': 'yes' }];

  for (const [name, path, body] of doors)
    test(`holds at ${name}: whatever fails, nothing above it is asked`, async () => {
      plays.shy = plays.embedding = busy;
      cloudPlays.shy = (socket) => socket.end(JSON_HEAD + whole('from the cloud'));
      cloudPlays.embedding = (socket) => socket.end(JSON_HEAD + embedding);
      for (const headers of ceilings)
        for (const stream of [false, true]) {
          const answer = await stack.post(path, { ...body, stream }, { headers });
          assert.ok(answer.status >= 400, `${JSON.stringify(headers)}: ${answer.status} ${await answer.text()}`);
        }
      assert.equal(asked(cloud), 0);
      const open = await stack.post(path, { ...body, stream: false });
      assert.equal(open.status, 200, await open.text());
      assert.equal(asked(cloud), 1, 'without a ceiling the cloud answers');
    });

  test('is not raised by names of providers, nor by asking the cloud for it', async () => {
    for (const model of ['cloud/shy', 'cloud/last', 'last'])
      for (const headers of ceilings.slice(0, 5)) assert.ok((await stack.chat(model, 'x', {}, { headers })).status >= 400);
    assert.equal(asked(cloud), 0);
  });

  test('is told alike where tokens are only counted', async () => {
    for (const [path, body] of [['/v1/messages/count_tokens', { model: 'last', messages: [{ role: 'user', content: 'x' }] }], ['/v1/responses/input_tokens', { model: 'last', input: 'x' }]]) {
      assert.equal((await stack.post(path, body)).status, 200);
      assert.equal((await stack.post(path, body, { headers: { 'x-sovereign-mode': 'true' } })).status, 403);
    }
  });
});

describe('callers who hang up', () => {
  // Each stage tells when it is reached.
  const stages = {
    'before the provider answers': () => new Promise(() => {}),
    'after the head': (socket) => socket.write(DIALECTS.openai.stream),
    'in the midst of a frame': (socket) => socket.write(`${DIALECTS.openai.stream}data: {"choices":[{"delta":{"cont`),
    'after the first text': (socket) => socket.write(`${DIALECTS.openai.stream}${DIALECTS.openai.text('hi')}`),
    'while the same is to be asked again': (socket) => socket.end('HTTP/1.1 503 No\r\nRetry-After: 4\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
  };
  for (const [what, stage] of Object.entries(stages))
    test(`${what}: the run is cancelled, once, and the provider let go`, async () => {
      for (const [door, d] of Object.entries(DOORS))
        for (const stream of [false, true]) {
          const abort = new AbortController();
          const reached = new Promise((done) => { plays.hang = (socket) => { Promise.resolve(stage(socket)); done(socket); }; });
          const began = (await stack.rows("select count(*)::int as n from runs where requested_model = 'hang'"))[0].n;
          const answer = stack.post(d.path, { ...d.body('hang'), stream }, { signal: abort.signal }).then((a) => a.text()).catch(() => 'gone');
          const socket = await reached;
          if (/again/.test(what)) await new Promise((done) => { socket.once('close', done); });
          abort.abort();
          await answer;
          const [row] = await stack.until(`the run at ${door}`, async () => {
            const rows = await stack.rows("select status, http_status from runs where requested_model = 'hang' order by started_at desc");
            return rows.length === began + 1 && rows;
          });
          assert.deepEqual([row.status, row.http_status], ['cancelled', 499], door);
          await stack.until('the provider to be let go', () => socket.destroyed || socket.readableEnded);
        }
    });
});

test('fifty runs at once at a provider that fails: each is told, the breaker opens once, one probe closes it', async () => {
  let good = false;
  plays.crowd = (socket) => (good ? socket.end(JSON_HEAD + whole('well')) : busy(socket));
  for (let round = 0; round < 3; round++) {
    const answers = await Promise.all(Array.from({ length: 50 }, () => stack.chat('crowd')));
    for (const a of answers) { assert.equal(a.status, 503); await a.text(); }
  }
  good = true;
  await stack.until('the probe to close it', async () => (await stack.chat('crowd')).status === 200, { every: 100 });
  const after = await Promise.all(Array.from({ length: 50 }, () => stack.chat('crowd')));
  for (const a of after) assert.equal(a.status, 200, await a.text());
  const rows = await stack.until('all of them to be recorded', async () => {
    const found = await stack.rows("select status, count(*)::int as n, count(distinct id)::int as ids from runs where requested_model = 'crowd' group by status");
    return found.reduce((n, r) => n + r.n, 0) >= 201 && found;
  });
  for (const r of rows) assert.equal(r.n, r.ids);
});

describe('an end in the midst of a wait', () => {
  const waiting = (socket) => socket.end('HTTP/1.1 503 No\r\nRetry-After: 4\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  const begin = async () => {
    const first = new Promise((done) => { plays.wait = (socket) => { socket.once('close', done); waiting(socket); }; });
    const answer = stack.chat('wait', 'x', { stream: true }).then(async (a) => ({ status: a.status, text: await a.text() })).catch(() => ({ status: 0 }));
    await first;
    return { answer };
  };

  test('by SIGTERM: the caller is told at once, the run is recorded', async () => {
    const { answer } = await begin();
    assert.equal(await stack.gate.stop(), 0, stack.gate.lastLines);
    const { status } = await answer;
    assert.ok(status >= 500, `status ${status}`);
    await stack.startGate();
    assert.ok(await newest('wait', 'failed'));
  });

  test('by kill -9: the run is recorded as lost when the gateway is back, nothing is asked twice', async () => {
    const { answer } = await begin();
    await stack.gate.stop('SIGKILL');
    const { status } = await answer;
    assert.ok(status === 0 || status >= 500, `status ${status}`);
    await stack.startGate();
    const [row] = await stack.until('the run to be settled', async () => {
      const rows = await stack.rows("select status, error_code from runs where requested_model = 'wait' order by started_at desc limit 1");
      return rows.length && rows[0].status !== 'running' && rows;
    });
    assert.ok(['lost', 'failed', 'interrupted'].includes(row.status), JSON.stringify(row));
    assert.equal(asked(local), 1);
    assert.equal((await stack.rows("select count(*)::int as n from runs where requested_model = 'wait'"))[0].n, 2);
  });
});
