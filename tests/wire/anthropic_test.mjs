// SPDX-License-Identifier: MIT
// Anthropic behind the gateway, through the official SDKs of OpenAI and of Anthropic itself: what it says arrives, what it needs is sent, what it cannot
// do is refused. The scripted server refuses what the service refuses.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { Stack } from './stack.mjs';
import { events, joined } from './stream.mjs';

const FRAMINGS = ['fixed', 'utf8split', 'zh+crlf', 'zh+nodone', 'zh+slowbytes', 'zh+nospace', 'zh+comments', 'tool', 'tools2', 'tool+noargs',
  'tools2+saytoo+reasoning', 'reasoning', 'reasoning+sealed', 'tokens=200', 'size=300000', 'fixed+nousage', 'oddities',
  'fixed+usage=100:40+cached=10+written=20+thought=5'];
const TROUBLES = [
  // model, status whole, error code
  ['status=400', 400, 'upstream_input'], ['status=401', 502, 'upstream_auth'], ['status=403', 502, 'upstream_auth'], ['status=404', 502, 'upstream'],
  ['status=429+retry-after=7', 429, 'rate'], ['status=500', 502, 'upstream'], ['status=529', 503, 'upstream_down'], ['badjson', 502, 'upstream'],
  ['errorin200', 502, 'upstream'], ['zh+cut=100', 502, 'upstream'],
];
const SAME = ['fixed', 'tools2+saytoo+reasoning+sealed', 'oddities', 'finish=refusal+fixed', 'fixed+usage=100:20+cached=10+written=30+hour=10'];
const STREAM_TROUBLES = ['fixed+badjson', 'fixed+errorin200', 'fixed+cut=1500', 'fixed+reset=1500'];
const FINISHES = [['fixed', 'stop'], ['tokens=9', 'length', { max_tokens: 4 }], ['finish=refusal+fixed', 'content_filter'],
  ['finish=model_context_window_exceeded+zh', 'length'], ['finish=pause_turn+fixed', 'stop'], ['finish=stop_sequence+fixed', 'stop'], ['tool', 'tool_calls']];
const SECRET = 'sk-ant-0123456789abcdef';
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let stack, openai, anthropic;
before(async () => {
  stack = await Stack.start({ name: 'anthropic' });
  const models = [...new Set([...FRAMINGS, ...TROUBLES.map((t) => t[0]), ...STREAM_TROUBLES, ...FINISHES.map((f) => f[0]), ...SAME, 'tools2+saytoo', 'echo', 'claude-opus-5-5',
    'claude-sonnet-4-5', 'claude-3-5-haiku'])];
  await stack.addProvider({ name: 'ant', type: 'anthropic', baseUrl: stack.fake.url, models, secret: SECRET });
  await stack.until('Anthropic to be known', async () => (await stack.chat('ant/echo')).status === 200);
  openai = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key, maxRetries: 0 });
  anthropic = new Anthropic({ baseURL: stack.url, apiKey: stack.key, maxRetries: 0 });
});
after(() => stack?.stop());
beforeEach(async () => { await stack.fake.unscript(); await stack.fake.forget(); });

const tools = [{ type: 'function', function: { name: 'look', description: 'Looks', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }];
const said = [{ role: 'user', content: 'x' }];
const request = async () => (await stack.fake.chats()).at(-1);
const sent = async () => JSON.parse((await request()).body);
const direct = async (model, more = {}) => (await fetch(`${stack.fake.url}/v1/chat/completions`, { method: 'POST',
  body: JSON.stringify({ model, messages: said, ...more }) })).json();
const whole = (model, more = {}) => openai.chat.completions.create({ model: `ant/${model}`, messages: said, ...more });
const streamed = async (model, more = {}) => joined(events((await stack.chat(`ant/${model}`, 'x',
  { stream: true, stream_options: { include_usage: true }, ...more })).body));
const refused = async (promise, words) => {
  await assert.rejects(promise, (e) => {
    assert.equal(e.status, 400);
    assert.match(e.message, words);
    return true;
  });
  assert.equal((await stack.fake.chats()).length, 0);
};

describe('an answer', () => {
  for (const model of FRAMINGS) {
    test(`${model}: streamed as whole as the provider meant it`, async () => {
      const meant = (await direct(model, { tools })).choices[0];
      const one = await whole(model, { tools }), got = await streamed(model, { tools });
      const { message, finish_reason: finish } = one.choices[0];
      assert.equal(message.content ?? '', meant.message.content ?? '');
      assert.equal(got.content, message.content ?? '');
      assert.equal(message.reasoning_content, meant.message.reasoning_content);
      assert.equal(got.reasoning, message.reasoning_content ?? '');
      assert.equal(finish, meant.finish_reason);
      assert.equal(got.finish, finish);
      const calls = (list) => (list ?? []).map((c) => [c.function?.name ?? c.name, JSON.parse(c.function?.arguments ?? c.arguments)]);
      assert.deepEqual(calls(message.tool_calls), calls(meant.message.tool_calls));
      assert.deepEqual(calls(got.calls), calls(message.tool_calls));
      assert.ok(got.done && got.error === null);
      assert.deepEqual(got.usage, one.usage);
    });
  }

  test('usage holds the cache, and the run has every part of it', async () => {
    const { data, response } = await whole('fixed+usage=100:40+cached=10+written=20+thought=5').withResponse();
    assert.deepEqual([data.usage.prompt_tokens, data.usage.completion_tokens], [100, 40]);
    assert.equal(data.usage.prompt_tokens_details.cached_tokens, 10);
    assert.equal(data.usage.completion_tokens_details.reasoning_tokens, 5);
    const [row] = await stack.runRows(response.headers.get('x-run-id'));
    assert.deepEqual([row.tokens_in, row.tokens_out, row.tokens_cached, row.tokens_written, row.tokens_reasoning].map(Number), [100, 40, 10, 20, 5]);
  });

  for (const [model, finish, more] of FINISHES) {
    test(`${model} ends with ${finish}`, async () => {
      assert.equal((await whole(model, more)).choices[0].finish_reason, finish);
      assert.equal((await streamed(model, more)).finish, finish);
    });
  }

  test('what has no place is named in the run', async () => {
    const answer = await stack.chat('ant/oddities', 'x', { seed: 1, temperature: 0.5, logit_bias: {} });
    await answer.text();
    const [row] = await stack.runRows(answer.headers.get('x-run-id'));
    for (const name of ['seed', 'logit_bias', 'server_tool_use', 'citations']) assert.match(row.dropped, new RegExp(name));
    assert.doesNotMatch(row.dropped, /temperature/);
  });
});

describe('a round of tools', () => {
  for (const [behaviour, n] of [['tool', 1], ['tools2', 2], ['tool+noargs', 1], ['tools2+saytoo', 2], ['tools2+reasoning', 2]]) {
    for (const stream of [false, true]) {
      test(`${behaviour}, ${stream ? 'streamed' : 'whole'}`, async () => {
        await stack.fake.script({ 'claude-sonnet-4-5': behaviour });
        const messages = [{ role: 'system', content: 'Be brief.' }, ...said];
        const params = { model: 'ant/claude-sonnet-4-5', messages, tools, reasoning_effort: behaviour.includes('reasoning') ? 'low' : undefined };
        const answer = stream ? await openai.chat.completions.stream({ ...params, stream: true }).finalMessage()
          : (await openai.chat.completions.create(params)).choices[0].message;
        assert.equal(answer.tool_calls.length, n);
        messages.push(answer);
        for (const call of [...answer.tool_calls].reverse()) messages.push({ role: 'tool', tool_call_id: call.id, content: `seen ${call.id}` });
        messages.push({ role: 'user', content: 'And?' });
        const last = await openai.chat.completions.create({ ...params, messages });
        assert.equal(last.choices[0].finish_reason, 'stop');
        const body = await sent();
        assert.equal(body.system, 'Be brief.');
        assert.deepEqual(body.messages.map((m) => m.role), ['user', 'assistant', 'user']);
        const made = body.messages[1].content.filter((b) => b.type === 'tool_use');
        assert.deepEqual(made.map((b) => [b.id, b.input]), answer.tool_calls.map((c) => [c.id, JSON.parse(c.function.arguments)]));
        assert.deepEqual(body.messages[2].content, [...answer.tool_calls].reverse().map((c) => ({ type: 'tool_result', tool_use_id: c.id,
          content: [{ type: 'text', text: `seen ${c.id}` }] })).concat({ type: 'text', text: 'And?' }));
        assert.deepEqual(body.tools, [{ name: 'look', description: 'Looks', input_schema: tools[0].function.parameters }]);
      });
    }
  }

  test('thoughts go back with their signature, and only where they came from', async () => {
    await stack.fake.script({ 'claude-sonnet-4-5': 'reasoning+sealed', 'claude-3-5-haiku': 'fixed' });
    const { message } = (await whole('claude-sonnet-4-5', { reasoning_effort: 'low' })).choices[0];
    const messages = [...said, message, ...said];
    await openai.chat.completions.create({ model: 'ant/claude-sonnet-4-5', messages });
    assert.deepEqual((await sent()).messages[1].content.map((b) => b.type), ['thinking', 'redacted_thinking', 'text']);
    await openai.chat.completions.create({ model: 'ant/claude-3-5-haiku', messages });
    assert.deepEqual((await sent()).messages[1].content.map((b) => b.type), ['text']);
    await openai.chat.completions.create({ model: 'ant/claude-sonnet-4-5', messages: [...said, { role: 'assistant', content: 'a', reasoning_content: 'b' }, ...said] });
    assert.deepEqual((await sent()).messages[1].content.map((b) => b.type), ['text']);
  });
});

describe('a question', () => {
  test('with a picture and a document', async () => {
    await openai.chat.completions.create({ model: 'ant/fixed', messages: [{ role: 'user', content: [{ type: 'text', text: 'look' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }, { type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
      { type: 'file', file: { filename: 'x.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } }] }] });
    assert.deepEqual((await sent()).messages[0].content, [{ type: 'text', text: 'look' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }, { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } },
      { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERg==' }, title: 'x.pdf' }]);
  });

  test('with a schema, an effort, and what a new model does not take', async () => {
    await stack.fake.script({ 'claude-opus-5-5': 'fixed' });
    const schema = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false };
    await whole('claude-opus-5-5', { response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } }, reasoning_effort: 'minimal',
      temperature: 0.2, top_p: 0.5, user: 'u-1', stop: ['STOP'], max_completion_tokens: 700 });
    const body = await sent();
    assert.deepEqual(body.output_config, { effort: 'low', format: { type: 'json_schema', schema } });
    assert.deepEqual(body.thinking, { type: 'adaptive' });
    assert.deepEqual([body.temperature, body.top_p, body.max_tokens], [undefined, undefined, 700]);
    assert.deepEqual([body.metadata, body.stop_sequences], [{ user_id: 'u-1' }, ['STOP']]);
  });

  test('for a long answer is asked as a stream', async () => {
    const answer = await whole('tools2+saytoo', { tools, max_tokens: 60000 });
    assert.equal((await sent()).stream, true);
    assert.deepEqual(answer.choices[0].message.content, (await direct('tools2+saytoo', { tools })).choices[0].message.content);
    assert.equal(answer.choices[0].message.tool_calls.length, 2);
  });

  test('what Anthropic has no way to do is refused by name', async () => {
    await refused(whole('fixed', { n: 2 }), /n\b/);
    await refused(whole('fixed', { logprobs: true }), /logprobs/);
    await refused(whole('claude-3-5-haiku', { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } } }), /response_format/);
    await refused(openai.chat.completions.create({ model: 'ant/fixed', messages: [{ role: 'user', content: [{ type: 'input_audio',
      input_audio: { data: 'UklGRg==', format: 'wav' } }] }] }), /audio/);
    await refused(openai.chat.completions.create({ model: 'ant/fixed', messages: [...said, { role: 'tool', tool_call_id: 'nobody', content: 'x' }] }), /nobody/);
  });

  test('the key and the version are in their headers only', async () => {
    await whole('fixed');
    const { path, headers } = await request();
    assert.equal(path, '/v1/messages');
    assert.equal(headers['x-api-key'].last4, 'cdef');
    assert.equal(headers['anthropic-version'], '2023-06-01');
    assert.equal(headers.authorization, undefined);
  });
});

describe('trouble', () => {
  for (const [model, status, code] of TROUBLES) {
    test(`${model} is ${status} ${code}`, async () => {
      const answer = await stack.chat(`ant/${model}`);
      assert.equal(answer.status, status);
      const { error } = await answer.json();
      assert.equal(error.code, code);
      if (model.includes('retry-after')) assert.equal(answer.headers.get('retry-after'), '7');
    });
  }

  for (const model of STREAM_TROUBLES) {
    test(`${model} in a stream is an error at its end`, async () => {
      const got = await streamed(model);
      assert.ok(got.error && !got.done);
    });
  }

  test('its limits are recorded', async () => {
    const answer = await stack.chat('ant/status=429+retry-after=7');
    const id = answer.headers.get('x-run-id');
    await stack.runRows(id);
    const [attempt] = await stack.rows(`select * from attempts where run_id = '${id}'`);
    assert.deepEqual([attempt.rate_requests, attempt.rate_tokens, attempt.retry_after_ms].map(Number), [0, 39000, 7000]);
    assert.equal(attempt.remedy, 'retry');
    assert.match(attempt.upstream_id, /^req_fake/);
  });
});

describe('a caller that speaks as Anthropic does', () => {
  const ask = (model, more = {}) => ({ model: `ant/${model}`, max_tokens: 1000, messages: said, ...more });

  test('gets the answer as it came, streamed and whole', async () => {
    for (const model of SAME) {
      const far = new Anthropic({ baseURL: stack.fake.url, apiKey: 'x', maxRetries: 0 });
      const strip = ({ id, ...m }) => ({ ...m, content: m.content.map(({ id: _, ...b }) => b) });
      const meant = strip(await far.messages.create({ ...ask(model), model }));
      assert.deepEqual(strip(await anthropic.messages.create(ask(model))), meant, model);
      const streamedThere = strip(await far.messages.stream({ ...ask(model), model }).finalMessage());
      assert.deepEqual(strip(await anthropic.messages.stream(ask(model)).finalMessage()), streamedThere, model);
    }
  });

  test('sends what it likes: unknown members, headers, its system in blocks', async () => {
    const system = [{ type: 'text', text: 'x-anthropic-billing-header: cc' }, { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }];
    await anthropic.messages.create(ask('fixed', { system, context_management: { edits: [] } }), { headers: { 'anthropic-beta': 'one,two' } });
    const { headers } = await request();
    assert.deepEqual(await sent(), { ...ask('fixed'), model: 'fixed', system, context_management: { edits: [] } });
    assert.equal(headers['anthropic-beta'], 'one,two');
  });

  test('reads the words of the service when it refuses, with our key crossed out', async () => {
    const far = await fetch(`${stack.fake.url}/v1/messages`, { method: 'POST', headers: { 'anthropic-version': '2023-06-01' }, body: JSON.stringify({ ...ask('fixed'), model: 'fixed', seed: 1 }) });
    const answer = await stack.post('/v1/messages', ask('fixed', { seed: 1 }), { headers: { 'anthropic-version': '2023-06-01' } });
    assert.equal(answer.status, 400);
    assert.equal(await answer.text(), await far.text());
    for (const [model, status] of [['status=529', 529], ['status=404', 404], ['status=429+retry-after=7', 429]]) {
      await assert.rejects(anthropic.messages.create(ask(model)), (e) => e.status === status && e.error.request_id === 'req_fake');
    }
    await assert.rejects(anthropic.messages.stream(ask('fixed+errorin200')).finalMessage(), /overloaded_error/);
  });
});

test('the models are listed, and the check is unpaid', async () => {
  const { id } = (await stack.rows("select id from providers where name = 'ant'"))[0];
  await stack.fake.forget();
  const key = await stack.createKey('admin', 'admin');
  const answer = await stack.post(`/api/v1/providers/${id}/test`, {}, { key });
  assert.equal(answer.status, 200, await answer.clone().text());
  const seen = (await stack.fake.log()).requests.filter((r) => r.path.startsWith('/v1/'));
  assert.ok(seen.length > 0 && seen.every((r) => r.method === 'GET'));
});
