// SPDX-License-Identifier: MIT
// Big bodies: a picture of 20 MiB passes every door, one byte too many is a clean 413 whoever refuses it, and a long stream costs no memory.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { OUT, Stack } from './stack.mjs';

const LIMIT = 32 << 20, FRONT = 33 << 20;
// A pause between its pieces: a caller that stays behind by more than stream_buffer is cut, and this test's is no fast one.
const LONG = `size=${200 << 20}+delay=1`;
const BUFFER = 16 << 20;
let stack, doors;
before(async () => {
  stack = await Stack.start({ name: 'big', models: [LONG, 'size=2000000'], env: { MOONGATE_STREAM_BUFFER: String(BUFFER) } });
  await stack.addProvider({ name: 'house', type: 'ollama', baseUrl: stack.fake.url, models: ['fixed-o'] });
  doors = (await (await stack.fetch('/api/v1/openapi.json')).json()).paths;
  await stack.until('the models of both providers', async () => (await (await stack.fetch('/v1/models')).json()).data.some((m) => m.id === 'fixed-o'));
});
after(() => stack?.stop());

// First, while the process holds no memory that it could use again.
// Bytes of memory: now, and the most since forget() was called.
const status = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${stack.gate.pid}/status`, 'utf8'))[1]) * 1024;
const forget = () => writeFileSync(`/proc/${stack.gate.pid}/clear_refs`, '5');

async function bytesOf(answer) {
  let n = 0, end = Buffer.alloc(0);
  for await (const piece of answer.body) {
    n += piece.length;
    end = Buffer.concat([end, piece]).subarray(-400);
  }
  return { n, end: end.toString() };
}

describe('a stream of 200 MiB', () => {
  const STREAMS = {
    'passed on': [(model) => stack.chat(model, 'x', { stream: true }), /\[DONE\]\s*$/],
    translated: [(model) => stack.post('/api/v1/llm/generate', { prompt: 'x', model, stream: true }), /"status":"ok"/],
  };
  for (const [how, [ask, end]] of Object.entries(STREAMS)) {
    test(`${how}: takes no more memory than a small one and its buffers`, async () => {
      await bytesOf(await ask('size=2000000')); // whatever a first stream needs
      forget();
      const rss = status('VmRSS');
      const got = await bytesOf(await ask(LONG));
      const most = status('VmHWM');
      assert.ok(got.n > 200 << 20, `${got.n} bytes came: ${got.end}`);
      assert.match(got.end, end);
      console.log(`# ${how}: ${(got.n / 2 ** 20).toFixed(0)} MiB, memory ${(rss / 2 ** 20).toFixed(1)} MiB before, at most ${(most / 2 ** 20).toFixed(1)}`);
      // A sanitizer keeps what was freed for a while: memory is judged in the plain build.
      assert.ok(/asan|tsan/.test(OUT) || most - rss < BUFFER + (8 << 20), `${most - rss} bytes more`);
    });
  }
});

// 20 MiB that look like a picture's.
const picture = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc((20 << 20) - 8, 'moongate')]).toString('base64');
const url = `data:image/png;base64,${picture}`;
const parts = [{ type: 'text', text: 'what is it?' }, { type: 'image_url', image_url: { url } }];

// Each door with a picture in its own words.
const DOORS = {
  '/v1/chat/completions': (model) => ({ model, messages: [{ role: 'user', content: parts }] }),
  '/api/v1/llm/generate': (model) => ({ model, messages: [{ role: 'user', content: parts }] }),
  '/v1/messages': (model) => ({ model, max_tokens: 50, messages: [{ role: 'user', content: [{ type: 'text', text: 'what is it?' },
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: picture } }] }] }),
  '/v1/responses': (model) => ({ model, input: [{ role: 'user', content: [{ type: 'input_text', text: 'what is it?' },
    { type: 'input_image', image_url: url }] }] }),
  '/api/chat': (model) => ({ model, stream: false, messages: [{ role: 'user', content: 'what is it?', images: [picture] }] }),
};

describe('a picture of 20 MiB', () => {
  for (const [door, body] of Object.entries(DOORS)) {
    for (const model of ['fixed', 'fixed-o']) {
      test(`${door} to ${model}`, async (t) => {
        if (!doors[door]) return t.skip('there is no such door');
        const before = (await stack.fake.log()).requests.at(-1)?.n ?? 0;
        const answer = await stack.post(door, body(model));
        assert.equal(answer.status, 200, (await answer.text()).slice(0, 500));
        const { requests } = await stack.fake.log();
        const sent = requests.filter((r) => r.n > before && r.method === 'POST');
        assert.equal(sent.length, 1);
        const length = Number(sent[0].headers['content-length'] ?? sent[0].headers['Content-Length']);
        assert.ok(length >= picture.length, `${length} bytes reached the provider`);
      });
    }
  }
});

// One error in each API's shape.
const SHAPES = {
  '/v1/chat/completions': ({ error }) => { assert.equal(error.code, 'too_large'); assert.equal(error.param, 'Content-Length'); return error.message; },
  '/v1/embeddings': ({ error }) => { assert.equal(error.code, 'too_large'); assert.equal(error.param, 'Content-Length'); return error.message; },
  '/api/v1/llm/generate': ({ error }) => { assert.equal(error.code, 'too_large'); return error.message; },
  '/v1/messages': ({ type, error }) => { assert.equal(type, 'error'); assert.equal(error.type, 'request_too_large'); return error.message; },
  '/api/chat': ({ error }) => { assert.equal(typeof error, 'string'); return error; },
};

describe('one byte too many', () => {
  for (const [door, said] of Object.entries(SHAPES)) {
    for (const [who, size] of [['the gateway', LIMIT + 1], ['the front', FRONT + 1]]) {
      test(`${door}: ${who} says 413`, async (t) => {
        if (!doors[door] && who !== 'the front') return t.skip('there is no such door');
        const start = '{"model":"fixed","x":"', end = '"}';
        const answer = await stack.post(door, start + 'x'.repeat(size - start.length - end.length) + end);
        const text = await answer.text();
        assert.equal(answer.status, 413, text.slice(0, 300));
        assert.match(answer.headers.get('content-type'), /^application\/json/);
        assert.match(said(JSON.parse(text)), /32 MiB|33554432/, text);
      });
    }
  }

  test('exactly the limit is read', async () => {
    const start = '{"model":"fixed","x":"', end = '","messages":[{"role":"user","content":"x"}]}';
    const answer = await stack.post('/v1/chat/completions', start + 'x'.repeat(LIMIT - start.length - end.length) + end);
    assert.equal(answer.status, 200, (await answer.text()).slice(0, 300));
  });
});
