// SPDX-License-Identifier: MIT
// Services of the chat completions dialect, each as strict as it is and answering as oddly as it does: what every caller sends arrives as the
// service takes it, and what it answers arrives as OpenAI, or Anthropic, would have said it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { Stack } from './stack.mjs';
import { events, joined } from './stream.mjs';

const SERVICES = [
  // type, address, model
  ['openai', 'openai', 'gpt-5-mini'], ['mistral', 'mistral', 'mistral-large-latest'], ['zhipu', 'zhipu', 'glm-5.1'],
  ['deepseek', 'deepseek', 'deepseek-v4-pro'], ['moonshot', 'moonshot', 'kimi-k2.6'], ['groq', 'groq', 'openai/gpt-oss-120b'],
  ['qwen', 'qwen', 'qwen-plus'], ['openrouter', 'openrouter', 'vendor/model'],
];
const tools = [{ type: 'function', function: { name: 'look', strict: true, parameters: { type: 'object', properties: {} } } }];
// What a caller may say to OpenAI.
const EVERYTHING = { temperature: 0, top_p: 1, seed: 7, user: 'u', max_completion_tokens: 500, reasoning_effort: 'high' };
const TALK = [
  { role: 'developer', content: 'be kind' }, { role: 'user', content: 'look', name: 'ann' },
  { role: 'assistant', content: null, tool_calls: [{ id: 'call_0123456789abcdef', type: 'function', function: { name: 'look', arguments: '{}' } }] },
  { role: 'tool', tool_call_id: 'call_0123456789abcdef', content: 'a garden' },
];

let stack, client;
before(async () => {
  stack = await Stack.start({ name: 'services', models: ['limits', 'limits+status=429', 'status=401', 'errorin200'] });
  for (const [type, address, model] of SERVICES) {
    await stack.addProvider({ name: type, type, baseUrl: `${stack.fake.url}/as/${address}/v1`, mode: 'local', models: [model], secret: `sk-${type}-0123456789` });
  }
  await stack.addProvider({ name: 'azure', type: 'azure-openai-classic', baseUrl: `${stack.fake.url}/as/azure/openai`, models: ['my-gpt/4o'], secret: 'azure-0123456789' });
  await stack.until('the providers to be known', async () => (await stack.chat('openrouter/vendor/model')).status === 200);
  client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key, maxRetries: 0 });
});
after(() => stack?.stop());

const sent = async () => JSON.parse((await stack.fake.chats((r) => r.path.endsWith('/chat/completions'))).at(-1).body);
const anthropic = (model, more = {}) => stack.post('/v1/messages', { model, max_tokens: 500, messages: [{ role: 'user', content: 'look' }], ...more },
  { headers: { 'anthropic-version': '2023-06-01' } });

describe('requests', () => {
  test('embeddings carry no switch, and none is recorded', async () => {
    const answer = await stack.post('/v1/embeddings', { model: 'openai/gpt-5-mini', input: 'x' });
    const [row] = await stack.runRows(answer.headers.get('x-run-id'));
    assert.equal(row.provider_name, 'openai');
    assert.equal(row.switches, '');
    await answer.text();
  });

  for (const [type, , model] of SERVICES) {
    test(`${type} takes what the OpenAI SDK sends`, async () => {
      const list = type === 'zhipu' || type === 'moonshot' ? TALK : [...TALK, { role: 'user', content: 'and now?' }];
      const { data, response } = await client.chat.completions.create({ model: `${type}/${model}`, messages: list, tools, ...EVERYTHING }).withResponse();
      assert.equal(data.choices[0].finish_reason, 'stop');
      const [row] = await stack.runRows(response.headers.get('x-run-id'));
      assert.equal(row.switches, { openai: 'store=false', openrouter: 'provider.data_collection=deny, provider.zdr=true' }[type] ?? '');
      const body = await sent();
      assert.equal(body.model, model);
      assert.equal(body.messages.length, list.length);
      if (type === 'mistral') assert.equal(body.messages[2].tool_calls[0].id, body.messages[3].tool_call_id);
      if (type === 'openai') assert.deepEqual(row.dropped, 'temperature, top_p');
      if (type === 'groq') assert.match(row.dropped, /messages\.name/);
    });

    test(`${type} takes what an Anthropic caller sends, whole and streamed`, async () => {
      const call = { type: 'tool_use', id: 'toolu_0123456789', name: 'look', input: {} };
      for (const stream of [false, true]) {
        const answer = await anthropic(`${type}/${model}`, { stream, temperature: 0.5, top_k: 3, system: 's', tools: [{ name: 'look', input_schema: { type: 'object' } }],
          messages: [{ role: 'user', content: 'look' }, { role: 'assistant', content: [call] },
            { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'a garden' }] }] });
        const text = await answer.text();
        assert.equal(answer.status, 200, text);
        assert.match(text, /end_turn/);
      }
    });
  }

  test('a deployment of Azure stands in the address, the key in its own header', async () => {
    assert.equal((await stack.chat('azure/my-gpt/4o')).status, 200);
    const { path, headers, body } = (await stack.fake.chats()).at(-1);
    assert.match(path, /^\/as\/azure\/openai\/deployments\/my-gpt%2F4o\/chat\/completions/);
    assert.ok(headers['api-key'] ?? headers['Api-Key']);
    assert.equal(headers.authorization, undefined);
    assert.equal(JSON.parse(body).store, false);
  });

  test('what a service has no place for is refused before it is asked', async () => {
    await stack.fake.forget();
    for (const [model, more, field] of [
      ['zhipu/glm-5.1', { tools, tool_choice: 'required' }, 'tool_choice'], ['deepseek/deepseek-v4-pro', { response_format: { type: 'json_schema',
        json_schema: { name: 'q', schema: {} } } }, 'response_format.type'], ['openai/gpt-5-mini', { logprobs: true }, 'logprobs'],
      ['moonshot/kimi-k2.6', { n: 2 }, 'n'],
    ]) {
      const answer = await stack.chat(model, 'x', more);
      assert.equal(answer.status, 400, model);
      assert.ok(JSON.stringify(await answer.json()).includes(field), model);
    }
    assert.deepEqual((await stack.fake.log()).requests, []);
  });

  test('a model that thinks in streams only is asked for one, whole answers are put together', async () => {
    const { data } = await client.chat.completions.create({ model: 'qwen/qwen-plus', messages: TALK.slice(1, 2), enable_thinking: true }).withResponse();
    assert.ok(data.choices[0].message.content);
    assert.equal((await sent()).stream, true);
  });
});

describe('answers', () => {
  const ODD = [['mistral', 'mistral/mistral-large-latest'], ['moonshot', 'moonshot/kimi-k2.6'], ['groq', 'groq/openai/gpt-oss-120b'],
    ['deepseek', 'deepseek/deepseek-v4-pro'], ['zhipu', 'zhipu/glm-5.1'], ['vllm', 'openrouter/vendor/model'], ['perplexity', 'openrouter/vendor/model'],
    ['gemini', 'openrouter/vendor/model'], ['lists', 'openrouter/vendor/model'], ['openrouter', 'openrouter/vendor/model']];
  const name = (model) => model.slice(model.indexOf('/') + 1);
  const blocks = (message) => message.content.map(({ id, ...b }) => b);

  // An Anthropic caller's stream, put together.
  async function streamed(model, more) {
    const answer = await anthropic(model, { ...more, stream: true });
    const content = [], whole = { content, usage: {} };
    for await (const e of events(answer.body)) {
      if (e.type === 'content_block_start') content[e.index] = { ...e.content_block, json: '' };
      const d = e.delta ?? {};
      if (d.type === 'text_delta') content[e.index].text += d.text;
      if (d.type === 'thinking_delta') content[e.index].thinking += d.thinking;
      if (d.type === 'signature_delta') content[e.index].signature = d.signature;
      if (d.type === 'input_json_delta') content[e.index].json += d.partial_json;
      if (e.type === 'message_delta') Object.assign(whole, { stop_reason: d.stop_reason, usage: e.usage });
      assert.notEqual(e.type, 'error');
    }
    for (const b of content) {
      if (b.type === 'tool_use') b.input = JSON.parse(b.json || '{}');
      delete b.json;
    }
    return { whole, id: answer.headers.get('x-run-id') };
  }

  for (const [like, model] of ODD) {
    for (const behaviour of ['reasoning+fixed', 'tools2', 'fixed+usage=40:20+cached=30+thought=5']) {
      test(`like ${like}, ${behaviour}: the stream is the whole answer, in words, calls, tokens and cost`, async () => {
        if (like === 'perplexity' && behaviour === 'tools2') return;
        await stack.fake.script({ [name(model)]: `like=${like}+${behaviour}` });
        const more = { tools: [{ name: 'look', input_schema: { type: 'object' } }] };
        const answer = await anthropic(model, more);
        const whole = await answer.json();
        const { whole: other, id } = await streamed(model, more);
        assert.deepEqual(blocks(other), blocks(whole));
        assert.equal(other.stop_reason, whole.stop_reason);
        assert.equal(whole.stop_reason, behaviour === 'tools2' ? 'tool_use' : 'end_turn');
        if (behaviour === 'tools2') {
          const calls = whole.content.filter((b) => b.type === 'tool_use');
          assert.deepEqual(calls.map((c) => [c.name, Object.keys(c.input).length]), [['look', 2], ['look', 2]]);
          assert.notEqual(calls[0].id, calls[1].id);
        } else if (behaviour.startsWith('reasoning')) {
          assert.deepEqual(whole.content.map((b) => b.type), ['thinking', 'text']);
        }
        const [a] = await stack.runRows(answer.headers.get('x-run-id')), [b] = await stack.runRows(id);
        for (const column of ['tokens_in', 'tokens_out', 'tokens_cached', 'tokens_reasoning', 'cost_micros', 'estimated', 'finish_reason']) {
          assert.equal(b[column], a[column], column);
        }
        assert.equal(a.estimated, false);
        if (behaviour.includes('cached')) assert.deepEqual([a.tokens_in, a.tokens_cached, a.tokens_out, a.tokens_reasoning].map(Number), [40, 30, 20, 5]);
        await stack.fake.unscript();
      });
    }
  }

  test('a caller of the same dialect gets the frames as they came', async () => {
    await stack.fake.script({ 'mistral-large-latest': 'like=mistral+reasoning+fixed' });
    const answer = await stack.chat('mistral/mistral-large-latest', 'x', { stream: true });
    const text = await answer.text();
    assert.match(text, /"content":\[\{"type":"thinking"/);
    assert.match(text, /data: \[DONE\]/);
    await stack.fake.unscript();
  });

  test('a service that stops because something broke has not answered', async () => {
    for (const [model, word] of [['deepseek/deepseek-v4-pro', 'insufficient_system_resource'], ['zhipu/glm-5.1', 'network_error']]) {
      await stack.fake.script({ [name(model)]: `fixed+finish=${word}` });
      assert.equal((await stack.chat(model)).status, 503, word);
      const got = await joined(events((await stack.chat(model, 'x', { stream: true })).body));
      assert.ok(got.error && !got.done, word);
    }
    await stack.fake.unscript();
  });
});

test('attempts keep what the provider says of its limits, and what would have helped', async () => {
  const attempt = async (model) => {
    const id = (await stack.chat(`fake/${model}`)).headers.get('x-run-id');
    await stack.runRows(id);
    return (await stack.rows(`select remedy, rate_requests, rate_tokens from attempts where run_id = '${id}' order by n`))[0];
  };
  assert.deepEqual(await attempt('limits').then((r) => [r.remedy, Number(r.rate_requests), Number(r.rate_tokens)]), ['', 59, 149984]);
  assert.deepEqual(await attempt('limits+status=429').then((r) => [r.remedy, Number(r.rate_requests)]), ['retry', 0]);
  assert.equal((await attempt('status=401')).remedy, 'other');
  assert.equal((await attempt('errorin200')).remedy, 'retry');
});

test('the check of a service without a list asks for nothing that costs', async () => {
  await stack.fake.forget();
  const { data } = await (await stack.fetch('/api/v1/providers')).json().then((p) => ({ data: p.data ?? p.providers ?? p }));
  const zhipu = data.find((p) => p.name === 'zhipu'), router = data.find((p) => p.name === 'openrouter');
  for (const p of [zhipu, router]) {
    const result = await (await stack.post(`/api/v1/providers/${p.id}/test`, {}, { key: stack.operator ??= await stack.createKey('operator', 'operator') })).json();
    assert.equal(result.ok, true, JSON.stringify(result));
  }
  const asked = (await stack.fake.log()).requests.map((r) => [r.method, r.path, r.body]);
  assert.ok(asked.some(([m, p, b]) => m === 'POST' && p === '/as/zhipu/v1/chat/completions' && b === '{}'));
  assert.ok(asked.some(([, p]) => p === '/as/openrouter/v1/key'));
  assert.ok(!asked.some(([m, p, b]) => m === 'POST' && b !== '{}'));
});
