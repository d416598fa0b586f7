// SPDX-License-Identifier: MIT
// The doors that programs use, as they are used: by fetch, by raw sockets, by the official OpenAI SDK.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import OpenAI from 'openai';
import { rawPost } from './raw.mjs';
import { Stack } from './stack.mjs';
import { all, events, firstText, joined, objects } from './stream.mjs';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TALK = 'tokens=1000+delay=20';
let stack, client;
before(async () => {
  stack = await Stack.start({ name: 'doors', models: ['tokens=3', 'tool', 'tools2', 'usage=10:20', 'nousage', TALK] });
  client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key, maxRetries: 0 });
});
after(() => stack?.stop());
beforeEach(() => stack.fake.forget());

const ask = (model, said = 'Hello', more = {}) => ({ model, messages: [{ role: 'user', content: said }], ...more });

describe('POST /v1/chat/completions', () => {
  test('a whole answer', async () => {
    const answer = await stack.chat('echo', 'Hello 月门 🌙');
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type'), /^application\/json/);
    const body = await answer.json();
    assert.equal(body.object, 'chat.completion');
    assert.equal(body.choices[0].message.content, 'Hello 月门 🌙');
    assert.equal(body.choices[0].finish_reason, 'stop');
    assert.ok(body.usage.total_tokens > 0);
  });

  test('a stream', async () => {
    const answer = await stack.chat('echo', 'Hello 月门 🌙', { stream: true });
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
    const whole = await joined(events(answer.body));
    assert.equal(whole.content, 'Hello 月门 🌙');
    assert.equal(whole.finish, 'stop');
    assert.ok(whole.done);
    assert.equal(whole.ids.size, 1);
    assert.equal(whole.usage, null, 'usage only comes to who asks for it');
  });

  test('usage at the end of a stream for who asks for it', async () => {
    const answer = await stack.chat('usage=10:20', 'x', { stream: true, stream_options: { include_usage: true } });
    const whole = await joined(events(answer.body));
    assert.equal(whole.usage.prompt_tokens, 10);
    assert.equal(whole.usage.completion_tokens, 20);
    assert.equal(whole.usage.total_tokens, 30);
  });

  test('the headers of an answer', async () => {
    for (const stream of [false, true]) {
      const answer = await stack.chat('fixed', 'x', { stream }, { headers: { 'X-Request-ID': 'my-request.1' } });
      await answer.text();
      assert.match(answer.headers.get('x-run-id'), UUID);
      assert.equal(answer.headers.get('x-request-id'), 'my-request.1');
      assert.equal(answer.headers.get('x-moongate-provider'), 'fake');
      assert.equal(answer.headers.get('x-moongate-model'), 'fixed');
      assert.equal(answer.headers.get('x-moongate-local'), 'true');
      assert.equal(answer.headers.get('x-moongate-attempts'), '1');
    }
    const without = await stack.chat('fixed');
    await without.text();
    assert.ok(without.headers.get('x-request-id'));
    const bad = await stack.chat('fixed', 'x', {}, { headers: { 'X-Request-ID': 'no good "id" at all' } });
    await bad.text();
    assert.notEqual(bad.headers.get('x-request-id'), 'no good "id" at all');
  });

  test('the key may come in x-api-key', async () => {
    const answer = await stack.chat('fixed', 'x', {}, { key: null, headers: { 'x-api-key': stack.key } });
    assert.equal(answer.status, 200);
    await answer.text();
  });

  test('the first token reaches the client before the provider has finished', async () => {
    const answer = await stack.chat('hold', 'x', { stream: true });
    const stream = events(answer.body);
    assert.ok(await firstText(stream));
    const { requests } = await stack.fake.log();
    assert.equal(requests.at(-1).state, 'held', 'the provider has said one piece and waits');
    await stack.fake.release();
    const rest = await joined(stream);
    assert.ok(rest.content.length > 0);
    assert.ok(rest.done);
  });

  test('a client that hangs up cancels the provider call, and the run says so', async () => {
    const leave = new AbortController();
    const answer = await stack.chat(TALK, 'x', { stream: true }, { signal: leave.signal });
    await firstText(events(answer.body)).finally(() => leave.abort());
    const left = Date.now();
    const seen = await stack.fake.request('the provider call to be cancelled', (r) => r.closed_early);
    assert.equal(seen.state, 'closed_early');
    console.log(`# the provider call ended ${Math.max(0, seen.ended_ms - left)} ms after the client left`);
    const [run] = await stack.runRows(answer.headers.get('x-run-id'));
    assert.equal(run.status, 'cancelled');
  });

  test('so does a client that waits for a whole answer', async () => {
    const leave = new AbortController();
    const answer = stack.chat('hold', 'x', {}, { signal: leave.signal });
    await stack.fake.request('the question to arrive', (r) => r.state === 'held');
    leave.abort();
    await assert.rejects(answer);
    await stack.fake.request('the provider call to be cancelled', (r) => r.closed_early);
  });

  test('fields that nobody here knows reach a provider of the same dialect unchanged', async () => {
    const sent = '{"model":"fixed","temperature":0.70,"logit_bias":{"50256":-100},"x_vendor":{"deep":[1,2.50,1e400,"é",null,"\\u00e9"]},'
      + '"messages":[{"role":"user","content":"x","x_more":true}],"max_tokens":77}';
    await (await stack.post('/v1/chat/completions', sent)).text();
    const got = (await stack.fake.chats()).at(-1).body;
    assert.deepEqual(JSON.parse(got), JSON.parse(sent));
    for (const number of ['0.70', '2.50', '1e400']) assert.ok(got.includes(number), `${number} keeps its text in ${got}`);
  });

  test('the caller\'s key and headers stay here', async () => {
    await (await stack.chat('fixed', 'x', {}, { headers: { cookie: 'a=b', 'x-secret': 'mine', 'X-Request-ID': 'one-1' } })).text();
    const { headers } = (await stack.fake.chats()).at(-1);
    for (const name of ['cookie', 'x-secret', 'authorization', 'x-api-key']) assert.equal(headers[name], undefined, name);
  });

  test('tool calls, whole and streamed', async () => {
    const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: {} } } }];
    for (const [model, n] of [['tool', 1], ['tools2', 2]]) {
      const { message, finish_reason: finish } = (await (await stack.chat(model, 'x', { tools })).json()).choices[0];
      const whole = await joined(events((await stack.chat(model, 'x', { tools, stream: true })).body));
      assert.equal(finish, 'tool_calls');
      assert.equal(whole.finish, 'tool_calls');
      assert.equal(whole.calls.length, n);
      whole.calls.forEach((call, i) => assert.deepEqual([call.name, call.arguments],
        [message.tool_calls[i].function.name, message.tool_calls[i].function.arguments]));
    }
  });

  test('a keep-alive connection serves many requests', async () => {
    for (let i = 0; i < 50; i++) assert.equal((await (await stack.chat('echo', `n${i}`)).json()).choices[0].message.content, `n${i}`);
  });

  test('100 at once', async () => {
    const said = await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      const answer = await stack.chat('echo', `n${i}`, { stream: i % 2 === 0 });
      return i % 2 === 0 ? (await joined(events(answer.body))).content : (await answer.json()).choices[0].message.content;
    }));
    said.forEach((text, i) => assert.equal(text, `n${i}`));
  });

  test('a parameter that comes twice to the gateway is refused', async () => {
    // Both names become HTTP_X_API_KEY on the way through the front.
    const answer = await rawPost(stack.url, '/v1/chat/completions',
      [`X-Api-Key: ${stack.key}`, 'X_Api_Key: mgk_other', 'Content-Type: application/json'], JSON.stringify(ask('fixed')));
    assert.equal(answer.status, 400);
    assert.equal((await stack.fake.chats()).length, 0);
  });
});

describe('the OpenAI SDK', () => {
  test('whole, streamed, models, errors', async () => {
    const whole = await client.chat.completions.create(ask('echo', 'through the SDK'));
    assert.equal(whole.choices[0].message.content, 'through the SDK');
    let text = '', usage;
    for await (const part of await client.chat.completions.create({ ...ask('echo', '流式'), stream: true, stream_options: { include_usage: true } })) {
      text += part.choices[0]?.delta?.content ?? '';
      usage = part.usage ?? usage;
    }
    assert.equal(text, '流式');
    assert.ok(usage.total_tokens > 0);
    assert.ok((await client.models.list()).data.some((m) => m.id === 'echo'));
    assert.equal((await client.models.retrieve('tokens=3')).id, 'tokens=3');
    await assert.rejects(client.chat.completions.create(ask('no-such-model')), (e) => e instanceof OpenAI.NotFoundError && Boolean(e.requestID));
    const stranger = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'wrong', maxRetries: 0 });
    await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
  });

  test('its helper puts streamed tool calls together', async () => {
    const runner = client.chat.completions.stream({ ...ask('tool', 'weather?'),
      tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }] });
    const { choices: [{ message }] } = await runner.finalChatCompletion();
    assert.equal(message.tool_calls[0].function.name, 'weather');
    assert.equal(JSON.parse(message.tool_calls[0].function.arguments).days, 3);
  });
});

describe('GET /v1/models', () => {
  test('the models this key may use', async () => {
    const { object, data } = await (await stack.fetch('/v1/models')).json();
    assert.equal(object, 'list');
    assert.ok(data.every((m) => m.object === 'model' && m.owned_by === 'fake' && Number.isInteger(m.created)));
    assert.ok(data.some((m) => m.id === 'demo'));
    const few = await stack.createKey('few', 'developer', ['--models', 'echo,fixed']);
    const seen = await (await stack.fetch('/v1/models', { key: few })).json();
    assert.deepEqual(seen.data.map((m) => m.id).sort(), ['echo', 'fixed']);
    assert.equal((await stack.chat('demo', 'x', {}, { key: few })).status, 403);
    assert.equal((await stack.chat('echo', 'x', {}, { key: few })).status, 200);
  });
});

describe('POST /api/v1/llm/generate', () => {
  const generate = (body, options) => stack.post('/api/v1/llm/generate', body, options);

  test('prompt in, content and runMetadata out', async () => {
    const before = Date.now();
    const answer = await generate({ prompt: 'Hello 月门', model: 'echo' });
    assert.equal(answer.status, 200);
    const { content, runMetadata: m } = await answer.json();
    assert.equal(content, 'Hello 月门');
    assert.match(m.runId, UUID);
    assert.equal(m.runId, answer.headers.get('x-run-id'));
    assert.equal(m.provider, 'fake');
    assert.equal(m.isLocal, true);
    assert.equal(m.actualModel, 'echo');
    assert.equal(m.requestedModel, 'echo');
    assert.ok('modelTier' in m);
    assert.ok(m.latency >= 0 && m.latency < 60_000);
    assert.equal(m.costApprox, 0);
    assert.ok(Math.abs(Date.parse(m.timestamp) - before) < 60_000, m.timestamp);
    assert.equal(m.attempts, 1);
  });

  test('messages, hints, and no model at all', async () => {
    const said = await (await generate({ messages: [{ role: 'user', content: 'again' }], model: 'echo', task: 'chat', complexity: 'simple' })).json();
    assert.equal(said.content, 'again');
    const any = await (await generate({ prompt: 'x' })).json();
    assert.ok(any.content.length > 0);
    assert.equal(any.runMetadata.provider, 'fake');
  });

  test('streamed: a line for each piece, the last with runMetadata', async () => {
    const answer = await generate({ prompt: 'one two three', model: 'echo', stream: true });
    const lines = await all(objects(answer.body));
    assert.equal(lines.map((l) => l.content ?? '').join(''), 'one two three');
    assert.equal(lines.at(-1).done, true);
    assert.equal(lines.at(-1).runMetadata.runId, answer.headers.get('x-run-id'));
    assert.equal(lines.filter((l) => l.runMetadata).length, 1);
  });
});

test('GET /api/v1/llm/health tells how each provider is', async () => {
  const health = await stack.until('the first check', async () => {
    const answer = await (await stack.fetch('/api/v1/llm/health')).json();
    return answer.providers.every((p) => p.state !== 'unknown') && answer;
  });
  assert.equal(health.status, 'ok');
  assert.equal(health.providers[0].name, 'fake');
  assert.equal(health.providers[0].state, 'ok');
  assert.equal(health.providers[0].is_local, true);
});

describe('runs', () => {
  test('every answer is a run with the same facts', async () => {
    const answer = await stack.chat('usage=10:20', 'x', { stream: true }, { headers: { 'X-Request-ID': 'facts-1' } });
    await answer.text();
    const id = answer.headers.get('x-run-id');
    const [row] = await stack.runRows(id);
    assert.equal(row.status, 'ok');
    assert.equal(row.http_status, 200);
    assert.equal(row.api, 'openai.chat');
    assert.equal(row.requested_model, 'usage=10:20');
    assert.equal(row.actual_model, 'usage=10:20');
    assert.equal(row.provider_name, 'fake');
    assert.equal(row.is_local, true);
    assert.equal(row.stream, true);
    assert.equal(row.finish_reason, 'stop');
    assert.deepEqual([row.tokens_in, row.tokens_out, row.estimated], [10, 20, false]);
    assert.equal(row.cost_micros, 0);
    assert.equal(row.key_name, 'developer');
    assert.equal(row.request_id, 'facts-1');
    assert.equal(row.remote_addr, '127.0.0.1');
    assert.ok(row.latency_us > 0 && row.first_token_us > 0 && row.first_token_us <= row.latency_us);
    const attempts = await stack.rows(`select * from attempts where run_id = '${id}'`);
    assert.deepEqual(attempts.map((a) => [a.n, a.result, a.http_status, a.model]), [[1, 'ok', 200, 'usage=10:20']]);
    const shown = await stack.run(id);
    const text = JSON.stringify(shown);
    for (const fact of [id, 'usage=10:20', 'fake', 'openai.chat', 'facts-1']) assert.ok(text.includes(fact), `${fact} in ${text}`);
  });

  test('tokens a provider does not count are estimated, and marked', async () => {
    const answer = await stack.chat('nousage', 'How many tokens are these few words?', { stream: true });
    await answer.text();
    const [row] = await stack.runRows(answer.headers.get('x-run-id'));
    assert.equal(row.estimated, true);
    assert.ok(row.tokens_in > 0 && row.tokens_out > 0);
  });
});
