// SPDX-License-Identifier: MIT
// The scripted model server itself: if it lies, every other test here lies with it.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import OpenAI from 'openai';
import { Fakellm } from './fakellm.mjs';
import { raw } from './raw.mjs';
import { OUT } from './stack.mjs';
import { all, events, firstText, joined, objects } from './stream.mjs';

const logs = join(OUT, 'wire', 'fakellm');
mkdirSync(logs, { recursive: true });
let fake;
before(async () => { fake = await Fakellm.start(join(OUT, 'fakellm'), join(logs, 'fakellm.log'), ['--threads', '2']); });
after(async () => assert.equal(await fake.stop(), 0));
beforeEach(() => fake.forget());

const post = (path, body, options = {}) => fetch(fake.url + path, { method: 'POST', body: JSON.stringify(body), ...options });
const chat = (model, more = {}, options) =>
  post('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'Say "月门"\n' }], ...more }, options);
const stream = async (model, more = {}) => joined(events((await chat(model, { stream: true, ...more })).body));

describe('OpenAI', () => {
  test('a whole answer', async () => {
    const answer = await (await chat('echo')).json();
    assert.equal(answer.object, 'chat.completion');
    assert.deepEqual(answer.choices[0].message, { role: 'assistant', content: 'Say "月门"\n' });
    assert.equal(answer.choices[0].finish_reason, 'stop');
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  });

  test('a stream says what the whole answer says, with the same usage', async () => {
    for (const model of ['fixed', 'zh', 'echo', 'tokens=5', 'demo', 'size=1000', 'utf8split', 'reasoning', 'slowbytes+tokens=3']) {
      const whole = await (await chat(model)).json();
      const parts = await stream(model, { stream_options: { include_usage: true } });
      assert.equal(parts.content, whole.choices[0].message.content, model);
      assert.equal(parts.reasoning, whole.choices[0].message.reasoning_content ?? '', model);
      assert.deepEqual(parts.usage, whole.usage, model);
      assert.equal(parts.finish, 'stop');
      assert.ok(parts.done);
      assert.equal(parts.ids.size, 1);
    }
  });

  test('the language of the question is the language of the demo answer', async () => {
    assert.match((await (await chat('demo')).json()).choices[0].message.content, /演示模型/);
    const english = await post('/v1/chat/completions', { model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] });
    assert.match((await english.json()).choices[0].message.content, /demo model.*"hi"/);
  });

  test('tool calls, in pieces and whole, with the name of the tool that was offered', async () => {
    const tools = [{ type: 'function', function: { name: 'look', parameters: {} } }];
    for (const [model, n] of [['tool', 1], ['tools2', 2]]) {
      const whole = (await (await chat(model, { tools })).json()).choices[0];
      const parts = await stream(model, { tools });
      assert.equal(whole.finish_reason, 'tool_calls');
      assert.equal(parts.finish, 'tool_calls');
      assert.equal(parts.calls.length, n);
      parts.calls.forEach((call, i) => {
        assert.equal(call.name, 'look');
        assert.equal(call.arguments, whole.message.tool_calls[i].function.arguments);
        assert.ok(JSON.parse(call.arguments).city);
      });
    }
  });

  test('usage as the name says, or none', async () => {
    assert.deepEqual((await (await chat('usage=10:20+cached=4+written=3+thought=5')).json()).usage, { prompt_tokens: 10, completion_tokens: 20,
      total_tokens: 30, prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 3 }, completion_tokens_details: { reasoning_tokens: 5 } });
    assert.equal((await (await chat('nousage')).json()).usage, undefined);
    assert.equal((await stream('nousage', { stream_options: { include_usage: true } })).usage, null);
    assert.equal((await stream('fixed')).usage, null, 'nobody asked');
  });

  test('max_tokens cuts the text', async () => {
    const whole = (await (await chat('tokens=9', { max_tokens: 4 })).json());
    assert.equal(whole.choices[0].message.content, 't1 t2 t3 t4 ');
    assert.equal(whole.choices[0].finish_reason, 'length');
    assert.equal(whole.usage.completion_tokens, 4);
  });

  test('errors in its shape', async () => {
    for (const status of [400, 401, 404, 429, 500, 503]) {
      const answer = await chat(`status=${status}+retry-after=2`, { stream: true });
      assert.equal(answer.status, status);
      assert.equal(answer.headers.get('retry-after'), '2');
      assert.equal(typeof (await answer.json()).error.message, 'string');
    }
    assert.equal((await chat('tokens=x')).status, 400);
    assert.equal((await chat('echo+nonsense')).status, 400);
    assert.equal((await fetch(`${fake.url}/v1/chat/completions`)).status, 405);
    assert.equal((await post('/v1/nothing', {})).status, 404);
    assert.equal((await fetch(`${fake.url}/v1/chat/completions`, { method: 'POST', body: '{"model":' })).status, 400);
  });

  test('trouble in the body', async () => {
    await assert.rejects(async () => (await chat('badjson')).json(), SyntaxError);
    await assert.rejects(stream('badjson'), SyntaxError);
    assert.ok((await (await chat('errorin200')).json()).error);
    const broken = await stream('errorin200');
    assert.ok(broken.error);
    assert.ok(broken.content.length > 0);
    for (const model of ['cut=200', 'reset=200']) {
      await assert.rejects(async () => (await chat(model)).text(), /terminated|aborted|other side/, model);
      await assert.rejects(stream(model), undefined, model);
      assert.equal((await fake.log()).requests.at(-1).state, 'cut');
      assert.equal((await fake.log()).requests.at(-1).body_bytes_sent, 200);
    }
    assert.equal((await stream('nodone')).done, false);
  });

  test('framing: CR LF, no space, comments', async () => {
    const text = await (await chat('tokens=2+crlf+nospace+comments', { stream: true })).text();
    assert.ok(!/[^\r]\n/.test(text));
    assert.match(text, /: still here\r\n\r\ndata:\{/);
  });

  test('embeddings: the same text is the same vector, as floats and as base64', async () => {
    const floats = await (await post('/v1/embeddings', { model: 'e', input: ['a', 'b', 'a'] })).json();
    assert.deepEqual(floats.data[0].embedding, floats.data[2].embedding);
    assert.notDeepEqual(floats.data[0].embedding, floats.data[1].embedding);
    const coded = await (await post('/v1/embeddings', { model: 'e', input: 'a', encoding_format: 'base64' })).json();
    const bytes = Buffer.from(coded.data[0].embedding, 'base64');
    assert.deepEqual(Array.from(new Float32Array(bytes.buffer, bytes.byteOffset, 8)), floats.data[0].embedding);
  });

  test('the official SDK reads it', async () => {
    const client = new OpenAI({ baseURL: `${fake.url}/v1`, apiKey: 'any' });
    const whole = await client.chat.completions.create({ model: 'fixed', messages: [{ role: 'user', content: 'x' }] });
    let text = '';
    for await (const part of await client.chat.completions.create({ model: 'fixed', stream: true, messages: [{ role: 'user', content: 'x' }] })) {
      text += part.choices[0]?.delta?.content ?? '';
    }
    assert.equal(text, whole.choices[0].message.content);
    assert.ok((await client.models.list()).data.some((m) => m.id === 'echo'));
  });
});

describe('Ollama', () => {
  test('chat and generate: the lines say what the whole answer says', async () => {
    const chatWhole = await (await post('/api/chat', { model: 'fixed', stream: false, messages: [{ role: 'user', content: 'x' }] })).json();
    assert.equal(chatWhole.done, true);
    const parts = await all(objects((await post('/api/chat', { model: 'fixed', messages: [{ role: 'user', content: 'x' }] })).body));
    assert.equal(parts.map((p) => p.message.content).join(''), chatWhole.message.content);
    assert.deepEqual(parts.map((p) => p.done).filter(Boolean), [true]);
    assert.equal(parts.at(-1).eval_count, chatWhole.eval_count);
    const said = await all(objects((await post('/api/generate', { model: 'echo', prompt: '你好' })).body));
    assert.equal(said.map((p) => p.response).join(''), '你好');
  });

  test('a tool call is one object', async () => {
    const parts = await all(objects((await post('/api/chat', { model: 'tool', messages: [] })).body));
    const calls = parts.flatMap((p) => p.message.tool_calls ?? []);
    assert.equal(calls.length, 1);
    assert.equal(calls[0].function.arguments.days, 3);
  });

  test('as older releases: calls without ids, all of them the first', async () => {
    const { message, done_reason: reason } = await (await post('/api/chat', { model: 'tools2+oddities+finish=load', messages: [], stream: false })).json();
    assert.deepEqual(message.tool_calls.map((c) => [c.id, c.function.index]), [[undefined, 0], [undefined, 0]]);
    assert.equal(reason, 'load');
  });

  test('what its decoder refuses', async () => {
    const ask = async (more) => (await post('/api/chat', { model: 'fixed', messages: [{ role: 'user', content: 'x' }], ...more })).status;
    for (const bad of [{ messages: [{ role: 'user', content: [] }] }, { messages: [{ role: 'robot', content: 'x' }] }, { stream: 'yes' }, { think: 'hard' },
      { messages: [{ role: 'user', images: ['not base64'] }] }, { format: 'xml' }, { options: { stop: 'x' } }, { options: { num_predict: '7' } },
      { messages: [{ role: 'assistant', tool_calls: [{ function: { name: 'f', arguments: '{}' } }] }] }]) assert.equal(await ask(bad), 400, JSON.stringify(bad));
    for (const good of [{ think: 'max' }, { format: { type: 'object' } }, { options: { stop: ['x'] } }, { tools: null }]) assert.equal(await ask(good), 200);
  });

  test('what lists say, and what only a question tells', async () => {
    await fake.script({ 'big-cloud': 'echo' });
    const { models } = await (await fetch(`${fake.url}/api/tags`)).json();
    const find = (name) => models.find((m) => m.name === name);
    assert.equal(find('demo').details.context_length, 131072);
    assert.deepEqual(find('demo').capabilities, ['completion', 'vision']);
    assert.equal(find('echo').capabilities, undefined);
    assert.equal(find('echo').remote_host, undefined);
    assert.match(find('big-cloud').remote_host, /^https:/);
    assert.equal((await post('/api/show', { model: 'unknown-1' })).status, 404);
    await fake.unscript();
  });

  test('its small addresses', async () => {
    const get = async (path) => (await fetch(fake.url + path)).json();
    assert.ok((await get('/api/tags')).models.some((m) => m.name === 'demo'));
    assert.ok((await get('/api/ps')).models.length > 0);
    assert.match((await get('/api/version')).version, /^\d/);
    assert.ok((await (await post('/api/show', { model: 'demo' })).json()).capabilities.includes('tools'));
    assert.equal(typeof (await (await post('/api/chat', { model: 'status=404', messages: [] })).json()).error, 'string');
  });
});

describe('for tests', () => {
  test('a held stream waits for its release', async () => {
    const body = events((await chat('hold+tokens=3', { stream: true })).body);
    assert.equal(await firstText(body), 't1 ');
    const held = await fake.log();
    assert.equal(held.requests[0].state, 'held');
    assert.equal(held.open_answers, 1);
    await fake.release();
    assert.equal((await joined(body)).content, 't2 t3 ');
    assert.equal((await fake.log()).requests[0].state, 'done');
    const whole = chat('hold+tokens=1');
    await fake.request('a whole answer to be held', (r) => r.state === 'held');
    await fake.release();
    assert.equal((await (await whole).json()).choices[0].message.content, 't1 ');
  });

  test('a client that leaves is noted', async () => {
    for (const model of ['hang', 'hold', 'stall=1', 'tokens=1000+delay=20', 'first=60000']) {
      const leave = new AbortController();
      const request = chat(model, { stream: true }, { signal: leave.signal }).then((a) => a.text());
      await fake.request(`${model} to arrive`, (r) => r.body.includes(`"${model}"`));
      leave.abort();
      await assert.rejects(request);
      const seen = await fake.request(`${model} to be closed early`, (r) => r.body.includes(`"${model}"`) && r.closed_early);
      assert.ok(seen.ended_ms >= seen.at_ms);
    }
    assert.equal((await fake.log()).open_answers, 0);
  });

  test('a script is played in order, its last line stays, * is every other name', async () => {
    await fake.script({ 'gpt-x': ['status=429+retry-after=1', 'status=500', 'text=fine'], '*': 'text=other' });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await chat('gpt-x')).status);
    assert.deepEqual(statuses, [429, 500, 200, 200]);
    assert.equal((await (await chat('anything')).json()).choices[0].message.content, 'other');
    assert.ok((await (await fetch(`${fake.url}/v1/models`)).json()).data.some((m) => m.id === 'gpt-x'));
    await assert.rejects(fake.script({ a: ['tokens=x'] }), /400/);
    await assert.rejects(fake.script({ a: [] }), /400/);
    await fake.unscript();
    assert.match((await (await chat('anything')).json()).choices[0].message.content, /演示模型/);
  });

  test('the log shows what came, and of secrets only a digest', async () => {
    await chat('fixed', {}, { headers: { authorization: 'Bearer sk-0123456789abcdef', 'X-Other': 'kept' } });
    const [entry] = (await fake.log()).requests;
    assert.equal(entry.headers['x-other'], 'kept');
    assert.equal(entry.headers.authorization.last4, 'cdef');
    assert.match(entry.headers.authorization.sha256, /^[0-9a-f]{64}$/);
    assert.equal(JSON.parse(entry.body).model, 'fixed');
    assert.ok(!JSON.stringify(await fake.log()).includes('0123456789'));
  });

  test('a key that is asked for', async () => {
    const locked = await Fakellm.start(join(OUT, 'fakellm'), join(logs, 'locked.log'), ['--key', 'right-key']);
    try {
      const ask = (key) => fetch(`${locked.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
      assert.equal((await ask('wrong')).status, 401);
      assert.equal((await ask('right-key')).status, 200);
      const ollama = await fetch(`${locked.url}/api/tags`);
      assert.equal(ollama.status, 401);
      assert.equal(typeof (await ollama.json()).error, 'string');
    } finally {
      await locked.stop();
    }
  });
});

describe('HTTP', () => {
  const request = (model, head = '') => {
    const body = JSON.stringify({ model, messages: [] });
    return `POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  };

  test('requests sent all at once are answered one after the other', async () => {
    const { body } = await raw(fake.url, request('text=one') + request('text=two') + request('text=3', 'Connection: close\r\n'));
    assert.match(body, /one[^]*two[^]*"3"/);
  });

  test('a request in single bytes, and a body in chunks', async () => {
    const text = await new Promise((resolve, reject) => {
      const { hostname, port } = new URL(fake.url);
      const socket = connect(Number(port), hostname, async () => {
        for (const c of request('text=slow', 'Connection: close\r\n')) {
          socket.write(c);
          await new Promise(setImmediate);
        }
      });
      let all = '';
      socket.on('data', (d) => { all += d; }).once('close', () => resolve(all)).once('error', reject);
    });
    assert.match(text, /slow/);
    const chunks = ['{"model":"text=ch', 'unks","messages":[]}'].map((c) => `${c.length.toString(16)}\r\n${c}\r\n`).join('');
    const answer = await raw(fake.url, `POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunks}0\r\n\r\n`);
    assert.match(answer.body, /"chunks"/);
  });

  test('what is not HTTP is refused', async () => {
    for (const text of ['nonsense\r\n\r\n', 'GET / HTTP/2.0\r\n\r\n', 'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n',
      'POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n']) {
      assert.equal((await raw(fake.url, text)).status, 400, text);
    }
  });

  test('a long answer reaches a slow reader', async () => {
    const answer = await chat('size=5000000');
    assert.equal((await answer.json()).choices[0].message.content.length, 5000000);
    assert.equal((await stream('size=1000000')).content.length, 1000000);
  });
});
