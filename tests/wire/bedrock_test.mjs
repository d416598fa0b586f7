// SPDX-License-Identifier: MIT
// AWS Bedrock behind the OpenAI door: requests signed so that a strict receiver takes them, binary frames read whole and streamed alike, errors by type.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { Stack } from './stack.mjs';

const SECRET = 'fakeSecretAccessKey/0123456789abcdefghijk';
const ID = 'anthropic.claude-fake-v1:0', ARN = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.fake-v1:0';
let stack, openai;

const addBedrock = ({ name, options, secret, models }) => stack.addProvider({ name, type: 'bedrock', baseUrl: stack.fake.url, options, secret, models });

const MODELS = [ID, ARN, 'b-echo', 'b-tool', 'b-tools2', 'b-think', 'b-sealed', 'b-errors', 'b-usage', 'b-finish', 'b-nodone', 'b-noargs', 'b-slow', 'b-cut'];
before(async () => {
  stack = await Stack.start({ name: 'bedrock', env: { MOONGATE_HEALTH_INTERVAL_S: '1', MOONGATE_BREAKER_CALLS_MIN: '1000',
    MOONGATE_RETRY_BASE_MS: '0', MOONGATE_ATTEMPTS_MAX: '1' } });
  await addBedrock({ name: 'aws', options: { auth: 'sigv4', access_key_id: 'AKIAFAKE', region: 'eu-west-1' }, secret: SECRET, models: MODELS });
  await addBedrock({ name: 'wrong', options: { auth: 'sigv4', access_key_id: 'AKIAFAKE' }, secret: `${SECRET}x`, models: ['b-wrong'] });
  await addBedrock({ name: 'bearer', options: { auth: 'api-key' }, secret: SECRET, models: ['b-bearer'] });
  await stack.fake.script({ [ID]: 'echo', [ARN]: 'fixed', 'b-echo': 'echo', 'b-tool': 'tool', 'b-tools2': 'tools2', 'b-think': 'reasoning+fixed',
    'b-sealed': 'reasoning+sealed+fixed', 'b-usage': 'fixed+usage=100:7+cached=40+written=10', 'b-finish': 'fixed+finish=guardrail_intervened',
    'b-nodone': 'fixed+nodone', 'b-noargs': 'tool+noargs', 'b-slow': 'zh+slowbytes', 'b-cut': 'tokens=50+cut=900', 'b-bearer': 'fixed', 'b-wrong': 'fixed' });
  openai = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key, maxRetries: 0 });
  await stack.until('the providers with their options', async () => {
    const { data } = await openai.models.list();
    if (!data.some((m) => m.id === 'b-bearer')) return false;
    return (await stack.chat('b-bearer')).status === 200 && (await stack.chat(ARN)).status === 200;
  });
});
after(() => stack?.stop());
beforeEach(() => stack.fake.forget());

const weather = [{ type: 'function', function: { name: 'weather', description: 'the weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }];
const last = async () => {
  const asked = (await stack.fake.chats()).at(-1);
  return { ...asked, json: JSON.parse(asked.body) };
};

// The same question whole and streamed, as the SDK puts it together.
async function both(model, more = {}) {
  const body = { model, messages: [{ role: 'user', content: 'Hello 月' }], ...more };
  const whole = await openai.chat.completions.create(body);
  const streamed = await openai.chat.completions.stream({ ...body, stream_options: { include_usage: true } }).finalChatCompletion();
  return { whole, streamed };
}

const said = ({ choices: [{ message, finish_reason: finish }] }) => ({ content: message.content || null, finish,
  calls: (message.tool_calls ?? []).map(({ function: f }) => [f.name, f.arguments]) });

describe('requests', () => {
  for (const model of [ID, ARN]) {
    test(`${model} is signed as its receiver checks it`, async () => {
      const { whole } = await both(model);
      assert.ok(whole.choices[0].message.content);
      const { path } = await last();
      assert.equal(path, `/model/${encodeURIComponent(model)}/converse-stream`);
    });
  }

  test('a wrong secret is refused there, and said without it', async () => {
    const answer = await stack.chat('b-wrong');
    const text = await answer.text();
    assert.equal(answer.status, 502, text);
    assert.ok(!text.includes(SECRET));
    const [row] = await stack.runRows(answer.headers.get('x-run-id'));
    assert.equal(row.error_code, 'upstream_auth');
    assert.match(row.error_detail, /signature/);
    assert.ok(!row.error_detail.includes(SECRET));
  });

  test('an API key goes as a bearer', async () => {
    const answer = await stack.chat('b-bearer');
    assert.equal(answer.status, 200, await answer.text());
  });

  test('the models are listed, signed for the same service', async () => {
    await stack.fake.request('a check of health that is taken', (r) => r.path === '/foundation-models' && r.status === 200);
  });

  test('a conversation with tools, a picture and a system message is what Converse takes', async () => {
    const { status } = await stack.post('/v1/chat/completions', { model: ID, tools: weather, tool_choice: 'required', temperature: 1.7, max_tokens: 9, stop: ['END'],
      messages: [{ role: 'system', content: 'be kind' }, { role: 'user', content: [{ type: 'text', text: 'look' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } }] }, { role: 'user', content: 'please' },
      { role: 'assistant', content: null, tool_calls: [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '' } },
        { id: 'c2', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } }] },
      { role: 'tool', tool_call_id: 'c1', content: 'sun' }, { role: 'tool', tool_call_id: 'c2', content: 'rain' }] });
    const { json } = await last();
    assert.equal(status, 200, JSON.stringify(json));
    assert.deepEqual(json.system, [{ text: 'be kind' }]);
    assert.deepEqual(json.messages.map((m) => m.role), ['user', 'assistant', 'user']);
    assert.deepEqual(json.messages[0].content[1], { image: { format: 'png', source: { bytes: 'iVBORw0KGgo=' } } });
    assert.deepEqual(json.messages[1].content, [{ toolUse: { toolUseId: 'c1', name: 'weather', input: {} } },
      { toolUse: { toolUseId: 'c2', name: 'weather', input: { city: 'Bern' } } }]);
    assert.deepEqual(json.messages[2].content.map((b) => b.toolResult.toolUseId), ['c1', 'c2']);
    assert.deepEqual(json.toolConfig.toolChoice, { any: {} });
    assert.deepEqual(json.inferenceConfig, { maxTokens: 9, temperature: 1, stopSequences: ['END'] });
  });

  for (const [what, more, field] of [['a schema', { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'object' } } } }, 'response_format'],
    ['two answers', { n: 2 }, 'n'],
    ['a picture by address', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://example.org/x.png' } }] }] }, 'messages']]) {
    test(`${what} is a 400 that names it`, async () => {
      const answer = await stack.chat(ID, 'x', more);
      const { error } = await answer.json();
      assert.equal(answer.status, 400);
      assert.equal(error.param, field);
      assert.equal((await stack.fake.chats()).length, 0);
    });
  }
});

describe('answers, whole and streamed alike', () => {
  for (const [model, more, expected] of [
    ['b-echo', {}, { content: 'Hello 月', finish: 'stop', calls: [] }],
    ['b-tool', { tools: weather }, { finish: 'tool_calls' }],
    ['b-tools2', { tools: weather }, { finish: 'tool_calls' }],
    ['b-noargs', { tools: weather }, { finish: 'tool_calls', calls: [['weather', '{}']] }],
    ['b-slow', {}, { finish: 'stop' }],
    ['b-finish', {}, { finish: 'content_filter' }],
    ['b-nodone', {}, { finish: 'stop' }],
    ['b-echo', { max_tokens: 1 }, { finish: 'length' }],
  ]) {
    test(`${model} ${JSON.stringify(more)}`, async () => {
      // The SDK's helper refuses finish reasons that cut an answer short, so these are put together here.
      const body = { model, messages: [{ role: 'user', content: 'Hello 月' }], ...more };
      const whole = said(await openai.chat.completions.create(body));
      const streamed = { content: null, finish: null, calls: [] };
      for await (const { choices: [choice] } of await openai.chat.completions.create({ ...body, stream: true })) {
        if (choice?.delta.content) streamed.content = (streamed.content ?? '') + choice.delta.content;
        for (const { index, function: f } of choice?.delta.tool_calls ?? []) {
          const call = streamed.calls[index] ??= ['', ''];
          call[0] += f.name ?? '';
          call[1] += f.arguments ?? '';
        }
        streamed.finish = choice?.finish_reason ?? streamed.finish;
      }
      assert.deepEqual(streamed, whole);
      for (const [name, value] of Object.entries(expected)) assert.deepEqual(whole[name], value, name);
      if (model === 'b-tools2') assert.equal(whole.calls.length, 2);
      if (whole.finish === 'tool_calls') for (const [, text] of whole.calls) JSON.parse(text);
    });
  }

  test('cached input is part of the input', async () => {
    const { whole, streamed } = await both('b-usage');
    for (const { usage } of [whole, streamed]) {
      assert.equal(usage.prompt_tokens, 100);
      assert.equal(usage.completion_tokens, 7);
      assert.equal(usage.prompt_tokens_details.cached_tokens, 40);
    }
  });

  for (const model of ['b-think', 'b-sealed']) {
    test(`${model}: reasoning with its signature comes, and goes back`, async () => {
      const messages = [{ role: 'user', content: 'Hello' }];
      const { choices: [{ message }] } = await openai.chat.completions.create({ model, messages });
      assert.ok(message.reasoning_content.length > 0);
      assert.ok(message.content);
      const again = await openai.chat.completions.create({ model, messages: [...messages, message, { role: 'user', content: 'more' }] });
      assert.ok(again.choices[0].message.content);
      const { json } = await last();
      const blocks = json.messages[1].content.filter((b) => b.reasoningContent);
      assert.equal(blocks.length, model === 'b-sealed' ? 2 : 1);
      assert.equal(blocks[0].reasoningContent.reasoningText.text, message.reasoning_content);
    });
  }
});

describe("Anthropic's SDK", () => {
  const ask = (model, more = {}) => ({ model, max_tokens: 3000, messages: [{ role: 'user', content: 'Hello' }], ...more });
  const tools = [{ name: 'weather', description: 'the weather', input_schema: { type: 'object' } }];
  const client = () => new Anthropic({ baseURL: stack.url, apiKey: stack.key, maxRetries: 0 });
  const blocks = ({ content }) => content.map(({ id, citations, ...block }) => block);

  for (const [model, more] of [['b-echo', {}], ['b-tools2', { tools }], ['b-think', { thinking: { type: 'enabled', budget_tokens: 1024 } }]]) {
    test(`${model}: whole and streamed alike, thoughts and their signatures too`, async () => {
      const whole = await client().messages.create(ask(model, more));
      const streamed = await client().messages.stream(ask(model, more)).finalMessage();
      assert.deepEqual(blocks(streamed), blocks(whole));
      assert.equal(streamed.stop_reason, whole.stop_reason);
      assert.equal(whole.usage.input_tokens, streamed.usage.input_tokens);
      assert.equal(whole.usage.output_tokens, streamed.usage.output_tokens);
      if (model !== 'b-think') return;
      assert.ok(whole.content[0].signature);
      const again = await client().messages.create(ask(model, { ...more, messages: [{ role: 'user', content: 'Hello' },
        { role: 'assistant', content: whole.content }, { role: 'user', content: 'more' }] }));
      assert.ok(again.content.length > 0);
      assert.ok((await last()).json.messages[1].content[0].reasoningContent.reasoningText.signature);
    });
  }

  test('a thinking budget reaches a Claude', async () => {
    await client().messages.create(ask(ID, { thinking: { type: 'enabled', budget_tokens: 1024 } }));
    assert.deepEqual((await last()).json.additionalModelRequestFields, { thinking: { type: 'enabled', budget_tokens: 1024 } });
  });
});

describe('errors', () => {
  for (const [behaviour, status, code] of [['status=400', 400, 'upstream_input'], ['status=403', 502, 'upstream_auth'], ['status=429+retry-after=3', 429, 'rate'],
    ['status=503', 503, 'upstream_down'], ['status=500', 502, 'upstream'], ['badjson', 502, 'upstream']]) {
    test(`${behaviour} is ${status}`, async () => {
      await stack.fake.script({ 'b-errors': behaviour });
      const answer = await stack.chat('b-errors');
      const { error } = await answer.json();
      assert.equal(answer.status, status, JSON.stringify(error));
      assert.equal(error.code, code);
      if (behaviour.includes('retry-after')) assert.equal(answer.headers.get('retry-after'), '3');
    });
  }

  for (const behaviour of ['errorin200', 'badjson+tokens=5', 'tokens=50+cut=900', 'tokens=50+reset=900']) {
    test(`${behaviour}, streamed, never looks like success`, async () => {
      await stack.fake.script({ 'b-errors': behaviour });
      const answer = await stack.chat('b-errors', 'x', { stream: true });
      const text = await answer.text();
      assert.ok(!text.includes('[DONE]'), text);
      assert.match(text, /"error"/);
      const [row] = await stack.runRows(answer.headers.get('x-run-id'));
      assert.match(row.status, /truncated|failed/);
    });
  }
});
