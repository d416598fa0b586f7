// SPDX-License-Identifier: MIT
// Hostile providers of every dialect behind every client API: whatever they send, the caller gets an answer or an error in its own shape, the run is
// recorded once with the status the caller saw, no secret shows anywhere, and the gateway goes on and does not grow.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ask, DOORS } from './door_shapes.mjs';
import { DIALECTS, goodFrames, message } from './rogue_dialects.mjs';
import { drained, JSON_HEAD, Rogue } from './rogue.mjs';
import { OUT, Stack } from './stack.mjs';

const SECRET = 'hunter2/Zx81-canary-provider-secret';
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000), CASES = Number(process.env.CASES ?? 60);
const names = Object.keys(DIALECTS), doors = Object.keys(DOORS);

let stack, rogue, state = SEED;
const random = (n) => { state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff; return Math.floor((state / 0x80000000) * n); };
const one = (list) => list[random(list.length)];
const plays = {};

before(async () => {
  stack = await Stack.start({ name: 'hostile_providers', env: { MOONGATE_ATTEMPTS_MAX: '1', MOONGATE_BREAKER_CALLS_MIN: '10000', MOONGATE_HEALTH_INTERVAL_S: '86400' } });
  rogue = await Rogue.start(plays);
  for (const name of names) {
    const d = DIALECTS[name];
    await stack.addProvider({ name: `p-${name}`, type: d.type, baseUrl: d.at(rogue.root), secret: SECRET, options: d.options, models: [`m-${name}`] });
  }
  await stack.until('the rogues to be known', async () => {
    const { data } = await (await stack.fetch('/v1/models')).json();
    return names.every((name) => data.some((m) => m.id === `m-${name}`));
  });
});
after(async () => { await rogue?.stop(); await stack?.stop(); });

const pieces = (head, frames, { cut } = {}) => async (socket) => {
  const all = Buffer.concat([head, ...frames].map((f) => Buffer.from(f)));
  socket.end(cut === undefined ? all : all.subarray(0, cut));
};
const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${stack.gate.pid}/status`, 'utf8'))[1]) << 10;
const alive = () => assert.equal(stack.gate.code, undefined, stack.gate.lastLines);

// Every run is there once, with the status its caller saw.
async function recorded(asked) {
  const ids = asked.map((a) => a.run);
  assert.equal(new Set(ids).size, ids.length);
  const rows = await stack.until(`${ids.length} runs to be recorded`, async () => {
    const found = await stack.rows(`select id, status, http_status, finish_reason, tokens_in, tokens_out, cost_micros from runs where id in (${ids.map((i) => `'${i}'`).join()})`);
    return found.length === ids.length && found;
  });
  const by = new Map(rows.map((r) => [r.id, r]));
  for (const a of asked) {
    const row = by.get(a.run), expected = a.ok ? ['ok'] : a.status === 200 ? ['truncated'] : ['failed', 'refused'];
    assert.ok(expected.includes(row.status), `${a.what}: the caller saw ${expected}, recorded is ${JSON.stringify(row)} ${a.all.slice(-400)}`);
    assert.equal(row.http_status, a.status, `${a.what}: ${JSON.stringify(row)}`);
    for (const n of [row.tokens_in, row.tokens_out, row.cost_micros]) assert.ok(Number.isSafeInteger(n) && n >= 0, `${a.what}: ${JSON.stringify(row)}`);
  }
}

// The same play at every door, whole and streamed, or at one by chance.
async function everywhere(name, play, what, list = doors) {
  const asked = [];
  plays[`m-${name}`] = play;
  for (const door of list)
    for (const stream of [false, true]) {
      try {
        asked.push({ what: `${what} at ${door} ${stream ? 'streamed' : 'whole'}`, ...await ask(stack, door, `m-${name}`, stream) });
      } catch (e) {
        alive();
        throw new Error(`${what} at ${door} ${stream ? 'streamed' : 'whole'} (SEED=${SEED}): ${e.message}`, { cause: e });
      }
    }
  alive();
  return asked;
}

for (const name of names) {
  const d = DIALECTS[name], head = d.stream;
  describe(name, () => {
    test('a stream that is cut at any byte is an error, or complete', async () => {
      const frames = goodFrames(d), n = Buffer.concat(frames).length + head.length, asked = [];
      for (let cut = 0; cut <= n; cut += cut > n - 5 ? 1 : 1 + random(Math.ceil(n / CASES)))
        asked.push(...await everywhere(name, pieces(head, frames, { cut: Math.min(cut, n) }), `cut at ${cut} of ${n}`, [one(doors)]));
      await recorded(asked);
      const whole = await everywhere(name, pieces(head, frames), 'a good one');
      for (const a of whole.filter((w) => / streamed/.test(w.what))) {
        assert.ok(a.ok, `${a.what}: ${a.all}`);
        if (a.text !== undefined) assert.deepEqual([a.text, a.calls.length], ['Hello 月门 ', 2], `${a.what}: ${a.all}`);
      }
    });

    test('frames in impossible orders, twice, not at all, with anything for an index', async () => {
      const asked = [], indexes = [0, 1, -1, 7, 127, 128, 2 ** 31, -(2 ** 31), 2 ** 53, 1e300, -0.5, '0', null, [], {}, true];
      for (let i = 0; i < CASES; i++) {
        const frames = goodFrames(d);
        for (let k = random(6); k >= 0; k--)
          frames.splice(random(frames.length + 1), random(2), one([d.text('x'), d.text(''), d.text(null), d.text(7), d.call(one(indexes), one(['a', '', null, 7]), one(['f', '', null, {}]),
            one(['{"a":1}', '', '{"a":', null, {}, [], 'no JSON'])), d.usage(one([3, -1, 1e300, 'x', null])), d.finish(one([d.good, 'length', 'x', '', null, {}])), d.last(), d.last(), frames[0]]));
        asked.push(...await everywhere(name, pieces(head, frames), `orders ${i}`, [one(doors)]));
      }
      await recorded(asked);
    });

    test('usage that cannot be', async () => {
      for (const n of [-1, 1e300, 2 ** 62, 2 ** 53, '12', null, {}, [1], 1.5, 999_999_999_999])
        await recorded(await everywhere(name, pieces(head, [d.first?.() ?? '', d.text('hi'), d.usage(n), d.finish(d.good), d.last()]), `usage ${n}`));
    });

    test('200s that are none, and answers in other coats', async () => {
      const gz = gzipSync(Buffer.concat(goodFrames(d))), many = `${'['.repeat(100_000)}`;
      const bodies = { empty: '', null: 'null', list: '[]', object: '{}', number: '1', html: '<html>no</html>', nul: '{"a":"\u0000"}', deep: many, deepMembers: '{"error":'.repeat(5000),
        error: JSON.stringify(d.error('no')), twice: '{"error":1,"error":2}', badUtf8: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]) };
      const heads = { json: JSON_HEAD, stream: head, gzip: head.replace('\r\n', '\r\nContent-Encoding: gzip\r\n') };
      for (const [as, h] of Object.entries(heads))
        for (const [what, body] of Object.entries({ ...bodies, gz })) {
          const asked = await everywhere(name, pieces(h, [body]), `${what} as ${as}`, [one(doors), one(doors)].filter((x, i, l) => l.indexOf(x) === i));
          await recorded(asked);
          for (const a of asked) assert.ok(!a.ok || ['object', 'empty'].includes(what), `${a.what} is an answer: ${a.all}`);
        }
      for (const status of ['301 Moved', '307 Temporary Redirect', '308 Permanent Redirect', '100 Continue\r\n\r\nHTTP/1.1 503 No', '204 No Content', '206 Partial Content', '304 Not Modified', '999 Odd'])
        await recorded(await everywhere(name, pieces(`HTTP/1.1 ${status}\r\nLocation: ${stack.fake.url}/v1/chat/completions\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, []), status, [one(doors)]));
    });

    test('secrets in errors, names, ids, reasons and headers show nowhere', async () => {
      const escaped = `"${[...SECRET].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')}"`, forms = { plain: JSON.stringify(SECRET), slash: JSON.stringify(SECRET).replaceAll('/', '\\/'),
        escaped, inside: JSON.stringify({ deep: [{ er: SECRET }] }).replaceAll('/', '\\/'), name: `{"${SECRET.replaceAll('/', '\\/')}":1}`, padded: JSON.stringify(`${'x'.repeat(100)} ${SECRET}`) };
      const put = (object, form) => JSON.stringify(object).replaceAll('"@@"', form);
      const asked = [];
      for (const [what, form] of Object.entries(forms)) {
        for (const status of [400, 401, 429, 500])
          asked.push(...await everywhere(name, pieces(`HTTP/1.1 ${status} No\r\nContent-Type: application/json\r\nX-Request-Id: ${SECRET}\r\nx-amzn-ErrorType: ${SECRET}\r\nRetry-After: ${SECRET}\r\nConnection: close\r\n\r\n`,
            [put(d.error('@@'), form)]), `${what} in ${status}`, [one(doors), d.same].filter(Boolean)));
        asked.push(...await everywhere(name, pieces(JSON_HEAD, [put(d.whole('@@'), form)]), `${what} in a whole answer`));
        asked.push(...await everywhere(name, pieces(JSON_HEAD, [put(d.error('@@'), form)]), `${what} in an error in 200`));
        if (name === 'bedrock') continue;
        const frames = [d.first?.() ?? '', d.named('@@'), d.finish('@@'), d.last()], failing = [d.first?.() ?? '', d.text('hi'), d.failed('@@')];
        for (const [kind, list] of Object.entries({ frames, failing }))
          asked.push(...await everywhere(name, pieces(head, list.map((f) => f.toString().replaceAll('"@@"', form))), `${what} in ${kind}`));
      }
      if (name === 'bedrock')
        for (const list of [[d.named(SECRET), d.finish(SECRET), d.last()], [d.failed(SECRET)], [message(SECRET, Buffer.alloc(0), { type: 'error', headers: [[':error-message', SECRET]] })],
          [message('modelStreamErrorException', Buffer.from(SECRET), { type: 'exception' })]])
          asked.push(...await everywhere(name, pieces(head, list), 'secret in messages'));
      const quotes = (text) => /hunter2|canary/.test(text.replace(/\\u00([0-9a-f]{2})/g, (_, h) => String.fromCharCode(parseInt(h, 16))));
      for (const a of asked) assert.ok(!quotes(a.all), `${a.what}: ${a.all}`);
      const ids = asked.filter((a) => a.run).map((a) => `'${a.run}'`).join();
      await stack.until('the runs', async () => (await stack.rows(`select 1 from runs where id in (${ids})`)).length === asked.length);
      for (const table of ['runs where id', 'attempts where run_id'])
        for (const row of await stack.rows(`select * from ${table} in (${ids})`)) assert.ok(!quotes(JSON.stringify(row)), JSON.stringify(row));
      assert.ok(!quotes(stack.gate.output), stack.gate.output.split('\n').filter(quotes)[0]);
      assert.ok(!quotes(await (await fetch(`${stack.url}/metrics`)).text()));
    });

    test('a great many events, names and reasons take no memory', async () => {
      // Frames that are allowed to come again and again, each with a new word.
      const word = 'w'.repeat(150), begin = memory();
      for (const door of ['chat', 'messages']) {
        plays[`m-${name}`] = async (socket) => {
          socket.write(head);
          for (let i = 0; i < 300 && !socket.destroyed; i++) {
            const block = Buffer.concat([d.text('x'), d.named(`${word}${i % 2}`), d.usage(i), name === 'ollama' ? d.text('y') : d.finish(i % 3 ? 'null' : `${word}${i}`)].map((f) => Buffer.from(f)));
            if (!socket.write(Buffer.concat(Array(50).fill(block)))) await drained(socket);
          }
          socket.end(Buffer.concat([d.finish(d.good), d.last()].map((f) => Buffer.from(f))));
        };
        const answer = await stack.post(DOORS[door].path, { ...DOORS[door].body(`m-${name}`), stream: true });
        for await (const piece of answer.body) assert.ok(piece);
      }
      const more = memory() - begin;
      alive();
      if (!/san/.test(OUT)) assert.ok(more < 12 << 20, `${more >> 20} MiB more`);
      else console.log(`${name}: ${more >> 20} MiB more`);
    });
  });
}

describe('event streams', () => {
  const d = DIALECTS.bedrock, good = goodFrames(d);
  for (const [what, frame] of Object.entries({ 'a length of 0': message('x', {}, { total: 0 }), 'a length of 4 GiB': message('x', {}, { total: 0xffffffff }), 'a length of 1 GiB': message('x', {}, { total: 1 << 30 }),
    'headers longer than it is': message('x', {}, { headersLength: 0xfffffff0 }), 'a wrong sum': message('x', {}, { sum: 1 }), 'an error that is no UTF-8': message('x', {}, { type: 'error', headers: [[':error-message', Buffer.from([0xff, 0xc3, 0x28, 0])]] }),
    'a payload that is no UTF-8': message('contentBlockDelta', Buffer.from('{"delta":{"text":"\xff\xfe"}}', 'latin1')), 'an exception that is no UTF-8': message('throttlingException', Buffer.from([0xff, 0xfe, 0x80]), { type: 'exception' }),
    'an exception cut in a character': message('throttlingException', Buffer.from('月'.repeat(300)), { type: 'exception' }) }))
    test(`${what} ends the answer as an error`, async () => {
      for (const frames of [[frame], [...good.slice(0, 2), frame, ...good.slice(2)]]) {
        const asked = await everywhere('bedrock', pieces(d.stream, frames), what);
        for (const a of asked) assert.ok(!a.ok, `${a.what}: ${a.all}`);
        await recorded(asked);
      }
    });
});

describe('lines without an end', () => {
  for (const name of ['openai', 'ollama', 'anthropic', 'gemini', 'hunyuan'])
    test(`of ${name} are cut off`, async () => {
      const d = DIALECTS[name], begin = Buffer.from(name === 'ollama' ? '{"message":{"content":"' : 'data: {"choices":[{"delta":{"content":"'), x = Buffer.alloc(1 << 20, 120);
      plays[`m-${name}`] = async (socket) => {
        socket.write(d.stream);
        socket.write(begin);
        for (let i = 0; i < 64 && !socket.destroyed; i++)
          if (!socket.write(x)) await drained(socket);
        socket.destroy();
      };
      const said = await ask(stack, 'chat', `m-${name}`, true);
      assert.equal(said.ok, false);
      await recorded([{ what: 'endless', ...said }]);
    });
});

test('a secret in a list of models is neither shown nor stored', async () => {
  const admin = await stack.createKey('admin', 'admin'), [{ id }] = await stack.rows("select id from providers where name = 'p-openai'");
  rogue.models = JSON.stringify({ data: [{ id: `m-${SECRET}` }, { id: 'm2' }] }).replaceAll('/', '\\/');
  const said = await (await stack.post(`/api/v1/providers/${id}/test`, {}, { key: admin })).text();
  assert.ok(JSON.parse(said).models.includes('m2'), said);
  assert.ok(!/hunter2|canary/.test(said), said);
  for (const { table_name: table } of await stack.rows("select table_name from information_schema.tables where table_schema = 'public'")) {
    const text = JSON.stringify(await stack.rows(`select * from "${table}"`));
    assert.ok(!/hunter2|canary/.test(text), `${table}: ${text.slice(0, 2000)}`);
  }
});

test('Retry-After and friends of absurd size are no more than a wait', async () => {
  for (const name of names)
    for (const value of ['99999999999999999999', '-5', '1e300', 'Fri, 31 Dec 9999 23:59:59 GMT', '18446744073709551616ms', 'NaN', '']) {
      const d = DIALECTS[name], asked = await everywhere(name, pieces(`HTTP/1.1 429 No\r\nRetry-After: ${value}\r\nretry-after-ms: ${value}\r\nx-ratelimit-reset-requests: ${value}\r\nConnection: close\r\n\r\n`,
        [JSON.stringify(d.error(`try again in ${value}9999999999999999h`))]), `Retry-After ${value}`, [one(doors)]);
      await recorded(asked);
      for (const a of asked) {
        const after = /\["retry-after","([^"]*)"\]/.exec(a.all)?.[1];
        assert.ok(after === undefined || (Number.isInteger(Number(after)) && after > 0 && after <= 366 * 86400), `${a.what}: ${after}`);
      }
    }
});
