// SPDX-License-Identifier: MIT
// Google Gemini behind the OpenAI door, through the official SDK: what Gemini says arrives as chat completions, what it needs is sent, what it
// cannot do is refused. The scripted server refuses what Gemini refuses.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { refused, said, voices } from './meant.mjs';
import { Stack } from './stack.mjs';

const FRAMINGS = ['fixed', 'utf8split', 'zh+crlf', 'zh+slowbytes', 'zh+nospace', 'zh+comments', 'tool', 'tools2', 'tool+noargs', 'tools2+saytoo+reasoning',
  'reasoning', 'tokens=200', 'size=300000', 'fixed+nousage', 'fixed+usage=30:40+cached=10+thought=5', 'sealed', 'oddities'];
const TROUBLES = [
  // model, status whole, error code
  ['status=400', 400, 'upstream_input'], ['status=401', 502, 'upstream_auth'], ['status=403', 502, 'upstream_auth'], ['status=404', 502, 'upstream'],
  ['status=429', 429, 'rate'], ['status=500', 502, 'upstream'], ['status=503', 503, 'upstream_down'], ['badjson', 502, 'upstream'],
  ['errorin200', 502, 'upstream'], ['zh+cut=100', 502, 'upstream'], ['finish=MALFORMED_FUNCTION_CALL+tokens=0', 502, 'upstream'],
];
const STREAM_TROUBLES = ['fixed+badjson', 'fixed+errorin200', 'fixed+nodone', 'fixed+cut=3000', 'fixed+reset=3000'];
const FINISHES = [['fixed', 'stop'], ['tokens=9', 'length', { max_tokens: 4 }], ['finish=SAFETY+fixed', 'content_filter'], ['finish=RECITATION+zh', 'content_filter'],
  ['finish=blocked', 'content_filter'], ['finish=OTHER+fixed', 'stop'], ['tool', 'tool_calls']];
const SECRET = 'AIzaSy-0123456789abcdef';
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const SIGNATURE = 'Z2VtaW5pLXNpZ25hdHVyZQ==';

let stack, openai;
before(async () => {
  stack = await Stack.start({ name: 'gemini' });
  const models = [...new Set([...FRAMINGS, ...TROUBLES.map((t) => t[0]), ...STREAM_TROUBLES, ...FINISHES.map((f) => f[0]), 'echo', 'gemini-3-pro',
    'gemini-2.5-flash', 'gemini-embedding-001'])];
  await stack.addProvider({ name: 'gem', type: 'gemini', baseUrl: `${stack.fake.url}/v1beta`, models, secret: SECRET });
  await stack.until('Gemini to be known', async () => (await stack.chat('gem/echo')).status === 200);
  openai = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key, maxRetries: 0 });
});
after(() => stack?.stop());
beforeEach(async () => { await stack.fake.unscript(); await stack.fake.forget(); });

const tools = [{ type: 'function', function: { name: 'look', description: 'Looks', parameters: { type: 'object', properties: { city: { type: 'string' } },
  additionalProperties: false } } }];
const sent = async () => JSON.parse((await stack.fake.chats()).at(-1).body);
const { whole, streamed, asMeant } = voices(() => stack, () => openai, 'gem');

describe('an answer', () => {
  for (const model of FRAMINGS) test(`${model}: streamed as whole as the provider meant it`, () => asMeant(model, { tools }));

  test('usage holds thoughts and what was cached', async () => {
    const { usage } = await whole('fixed+usage=30:40+cached=10+thought=5');
    assert.deepEqual([usage.prompt_tokens, usage.completion_tokens, usage.total_tokens], [30, 40, 70]);
    assert.equal(usage.prompt_tokens_details.cached_tokens, 10);
    assert.equal(usage.completion_tokens_details.reasoning_tokens, 5);
  });

  for (const [model, finish, more] of FINISHES) {
    test(`${model} ends with ${finish}`, async () => {
      assert.equal((await whole(model, more)).choices[0].finish_reason, finish);
      assert.equal((await streamed(model, more)).finish, finish);
    });
  }

  test('what has no place is named in the run', async () => {
    const answer = await stack.chat('gem/oddities', 'x', { user: 'someone' });
    assert.equal(answer.status, 200);
    await answer.text();
    const [row] = await stack.runRows(answer.headers.get('x-run-id'));
    assert.match(row.dropped, /user/);
    assert.match(row.dropped, /groundingMetadata/);
  });
});

describe('a round of tools', () => {
  // Ask, answer every call, ask again; the history as ${keep} leaves it.
  async function round(model, keep, stream) {
    const messages = [{ role: 'system', content: 'Be brief.' }, ...said];
    const params = { model: `gem/${model}`, messages, tools };
    const answer = stream ? await openai.chat.completions.stream({ ...params, stream: true }).finalMessage()
      : (await openai.chat.completions.create(params)).choices[0].message;
    messages.push(keep(answer));
    for (const call of [...answer.tool_calls].reverse()) messages.push({ role: 'tool', tool_call_id: call.id, content: `seen ${call.id}` });
    messages.push({ role: 'user', content: 'And?' });
    const last = await openai.chat.completions.create({ ...params, messages });
    return { calls: answer.tool_calls, last: last.choices[0], body: await sent() };
  }
  const lost = ({ role, content, tool_calls: calls }) => ({ role, content, tool_calls: calls.map(({ extra_content: _, ...c }) => c) });

  for (const [behaviour, n] of [['tool', 1], ['tools2', 2], ['tool+noargs', 1], ['tools2+noargs', 2], ['tools2+saytoo', 2]]) {
    for (const [how, keep, signature] of [['kept', (m) => m, SIGNATURE], ['lost', lost, 'skip_thought_signature_validator']]) {
      test(`${behaviour} at gemini-3, the signature ${how} by the client`, async () => {
        await stack.fake.script({ 'gemini-3-pro': behaviour });
        const { calls, last, body } = await round('gemini-3-pro', keep);
        assert.equal(calls.length, n);
        assert.ok(calls.every((c) => c.function.name === 'look'));
        assert.equal(last.finish_reason, 'stop');
        assert.deepEqual(body.contents.map((c) => c.role), ['user', 'model', 'user']);
        const made = body.contents[1].parts.filter((p) => p.functionCall), answered = body.contents[2].parts;
        assert.equal(made[0].thoughtSignature, signature);
        assert.deepEqual(made.map((p) => p.functionCall.args), calls.map((c) => JSON.parse(c.function.arguments)));
        assert.deepEqual(answered.slice(0, n).map((p) => p.functionResponse.response), calls.map((c) => ({ result: `seen ${c.id}` })));
        assert.deepEqual(answered.slice(n), [{ text: 'And?' }]);
        assert.deepEqual(body.systemInstruction, { parts: [{ text: 'Be brief.' }] });
        assert.deepEqual(body.tools, [{ functionDeclarations: [{ name: 'look', description: 'Looks', parametersJsonSchema: tools[0].function.parameters }] }]);
      });
    }
  }

  test('streamed through the SDK, at a model without ids and signatures', async () => {
    const { calls, last } = await round('tools2', lost, true);
    assert.deepEqual(calls.map((c) => JSON.parse(c.function.arguments).city), ['苏州', 'Paris']);
    assert.equal(last.finish_reason, 'stop');
  });

  test('choices', async () => {
    for (const [tool_choice, config] of [['none', { mode: 'NONE' }], ['required', { mode: 'ANY' }], ['auto', { mode: 'AUTO' }],
      [{ type: 'function', function: { name: 'look' } }, { mode: 'ANY', allowedFunctionNames: ['look'] }]]) {
      await whole('fixed', { tools, tool_choice });
      assert.deepEqual((await sent()).toolConfig.functionCallingConfig, config);
    }
  });

  test('an answer to no call is refused before it is sent', async () => {
    await refused(openai.chat.completions.create({ model: 'gem/fixed', messages: [...said, { role: 'tool', tool_call_id: 'nobody', content: 'x' }] }), /tool_call_id/);
    assert.equal((await stack.fake.chats()).length, 0);
  });
});

describe('through Anthropic\'s door', () => {
  const ask = (messages, stream, more = {}) => {
    const client = new Anthropic({ baseURL: stack.url, apiKey: stack.key, maxRetries: 0 });
    const body = { model: 'gem/gemini-3-pro', max_tokens: 4096, messages, thinking: { type: 'adaptive' },
      tools: [{ name: 'look', input_schema: { type: 'object' } }], ...more };
    return stream ? client.messages.stream(body).finalMessage() : client.messages.create(body);
  };

  for (const stream of [false, true]) {
    test(`thoughts, calls and their signatures go there and back, ${stream ? 'streamed' : 'whole'}`, async () => {
      await stack.fake.script({ 'gemini-3-pro': ['reasoning+tools2+saytoo+text=First', 'text=Done'] });
      const messages = [{ role: 'user', content: 'x' }], first = await ask(messages, stream);
      const calls = first.content.filter((b) => b.type === 'tool_use');
      assert.equal(first.stop_reason, 'tool_use');
      assert.deepEqual(calls.map((b) => b.input.city), ['苏州', 'Paris']);
      messages.push({ role: 'assistant', content: first.content }, { role: 'user', content: [
        ...calls.map((b) => ({ type: 'tool_result', tool_use_id: b.id, content: 'fine', is_error: b === calls[1] })), { type: 'text', text: 'And?' }] });
      const last = await ask(messages, stream);
      assert.equal(last.content.at(-1).text, 'Done');
      const [, model, user] = (await sent()).contents;
      assert.ok([SIGNATURE, 'skip_thought_signature_validator'].includes(model.parts.find((p) => p.functionCall).thoughtSignature));
      assert.ok(model.parts.some((p) => p.thought && p.text.startsWith('The question')) || first.content.every((b) => b.type !== 'thinking'));
      assert.deepEqual(user.parts.map((p) => p.functionResponse?.response ?? p.text), [{ result: 'fine' }, { error: 'fine' }, 'And?']);
    });

    test(`the signature of reasoning that is not shown, ${stream ? 'streamed' : 'whole'}`, async () => {
      await stack.fake.script({ 'gemini-3-pro': ['sealed+text=First', 'text=Done'] });
      const messages = [{ role: 'user', content: 'x' }], first = await ask(messages, stream);
      messages.push({ role: 'assistant', content: first.content }, { role: 'user', content: 'And?' });
      await ask(messages, stream);
      assert.deepEqual((await sent()).contents[1].parts, [{ text: 'First', thoughtSignature: SIGNATURE }]);
    });
  }
});

describe('a question', () => {
  test('with a picture, a recording and a document', async () => {
    await openai.chat.completions.create({ model: 'gem/fixed', messages: [{ role: 'user', content: [{ type: 'text', text: 'look' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }, { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } },
      { type: 'file', file: { filename: 'x.pdf', file_data: 'data:application/pdf;base64,JVBERg==' } }] }] });
    assert.deepEqual((await sent()).contents[0].parts, [{ text: 'look' }, { inlineData: { mimeType: 'image/png', data: PNG } },
      { inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } }, { inlineData: { mimeType: 'application/pdf', data: 'JVBERg==' } }]);
  });

  test('with a schema', async () => {
    const schema = { type: 'object', properties: { a: { type: ['string', 'null'] } }, additionalProperties: false };
    await whole('fixed', { response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } } });
    assert.deepEqual((await sent()).generationConfig, { responseMimeType: 'application/json', responseJsonSchema: schema });
    await whole('fixed', { response_format: { type: 'json_object' } });
    assert.deepEqual((await sent()).generationConfig, { responseMimeType: 'application/json' });
  });

  test('with an effort', async () => {
    await stack.fake.script({ 'gemini-3-pro': 'reasoning', 'gemini-2.5-flash': 'fixed' });
    assert.ok((await whole('gemini-3-pro', { reasoning_effort: 'high' })).choices[0].message.reasoning_content);
    assert.deepEqual((await sent()).generationConfig.thinkingConfig, { thinkingLevel: 'HIGH', includeThoughts: true });
    await whole('gemini-2.5-flash', { reasoning_effort: 'none' });
    assert.deepEqual((await sent()).generationConfig.thinkingConfig, { thinkingBudget: 0, includeThoughts: false });
  });

  test('with what is sampled and where to stop', async () => {
    await whole('fixed', { temperature: 0.5, top_p: 0.9, seed: 7, stop: ['a', 'b'], max_completion_tokens: 1000, presence_penalty: 0.5, frequency_penalty: -0.5 });
    assert.deepEqual((await sent()).generationConfig, { maxOutputTokens: 1000, temperature: 0.5, topP: 0.9, presencePenalty: 0.5, frequencyPenalty: -0.5,
      seed: 7, stopSequences: ['a', 'b'] });
  });

  test('what Gemini has no way to do is refused by name', async () => {
    await refused(whole('fixed', { n: 2 }), /n\b/);
    await refused(whole('fixed', { logprobs: true }), /logprobs/);
    await refused(whole('fixed', { stop: ['1', '2', '3', '4', '5', '6'] }), /stop/);
    await refused(openai.chat.completions.create({ model: 'gem/fixed', messages: [{ role: 'user', content: [{ type: 'image_url',
      image_url: { url: 'https://example.org/a.png' } }] }] }), /example\.org/);
    assert.equal((await stack.fake.chats()).length, 0);
  });

  test('the key is in its header only', async () => {
    await whole('fixed');
    const seen = (await stack.fake.log()).requests.at(-1);
    assert.equal(seen.path, '/v1beta/models/fixed:generateContent');
    assert.equal(seen.headers['x-goog-api-key'].last4, 'cdef');
    assert.equal(seen.headers.authorization, undefined);
  });
});

describe('what goes wrong', () => {
  for (const [model, status, code] of TROUBLES) {
    test(`${model} becomes ${status} ${code}`, async () => {
      const answer = await stack.chat(`gem/${model}`), body = await answer.json();
      assert.equal(answer.status, status, JSON.stringify(body));
      assert.equal(body.error.code, code);
      if (model === 'status=429') assert.equal(answer.headers.get('retry-after'), '34');
      const [row] = await stack.runRows(answer.headers.get('x-run-id'));
      assert.equal(row.status, 'failed');
    });
  }

  for (const model of STREAM_TROUBLES) {
    test(`${model} in a stream ends as an error, never as a whole answer`, async () => {
      const got = await streamed(model);
      assert.ok(got.content.length > 0);
      assert.ok(got.error?.message);
      assert.equal(got.done, false);
    });
  }

  test('the words of a failure in a stream, which comes without "data:", are kept', async () => {
    const answer = await stack.chat('gem/fixed+errorin200', 'x', { stream: true });
    await answer.text();
    const [row] = await stack.runRows(answer.headers.get('x-run-id'));
    assert.match(row.error_detail, /stopped in the middle/);
  });
});

describe('embeddings', () => {
  test('of more texts than one request takes, in order', async () => {
    const input = Array.from({ length: 250 }, (_, i) => `text ${i}`);
    const { data } = await openai.embeddings.create({ model: 'gem/gemini-embedding-001', input });
    assert.deepEqual(data.map((d) => d.index), input.map((_, i) => i));
    const calls = (await stack.fake.chats()).map((r) => JSON.parse(r.body).requests.length).sort((x, y) => y - x);
    assert.deepEqual(calls, [100, 100, 50]);
    const ones = await openai.embeddings.create({ model: 'gem/gemini-embedding-001', input: [input[0], input[249]], encoding_format: 'float' });
    assert.deepEqual([...data[249].embedding], ones.data[1].embedding);
    assert.notDeepEqual(ones.data[0].embedding, ones.data[1].embedding);
  });

  test('of so many numbers, not of tokens', async () => {
    const { data } = await openai.embeddings.create({ model: 'gem/gemini-embedding-001', input: 'x', dimensions: 5 });
    assert.equal(data[0].embedding.length, 5);
    await refused(openai.embeddings.create({ model: 'gem/gemini-embedding-001', input: [1, 2, 3] }), /input/);
  });
});

test('the check that costs nothing lists the models', async () => {
  const { out } = await stack.moongate('provider', 'test', 'gem');
  assert.match(out, /ok|正常/i);
  const seen = (await stack.fake.log()).requests.at(-1);
  assert.equal(`${seen.method} ${seen.path}`, 'GET /v1beta/models');
});
