// SPDX-License-Identifier: MIT
// Libraries that speak OpenAI's APIs in their own way: the Vercel AI SDK (its chat and its responses models) and LangChain, through
// providers of several dialects.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createOpenAI } from '@ai-sdk/openai';
import { HumanMessage, ToolMessage } from '@langchain/core/messages';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { generateObject, generateText, jsonSchema, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';
import { Stack } from './stack.mjs';

const MODELS = ['tool', 'tools2', 'reasoning', 'usage=10:20', 'json', 'status=429', 'fixed+cut=700'];
const PLACE = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
let stack, openai;
before(async () => {
  stack = await Stack.start({ name: 'openai_clients', models: MODELS });
  await stack.addProvider({ name: 'fake-ollama', type: 'ollama', baseUrl: stack.fake.url, models: [...MODELS, 'echo'] });
  await stack.addProvider({ name: 'fake-anthropic', type: 'anthropic', baseUrl: stack.fake.url, secret: 'sk-ant-0123456789', models: [...MODELS, 'echo'] });
  await stack.until('the providers to be known', async () => (await stack.chat('fake-anthropic/echo')).status === 200);
  await stack.fake.script({ json: ['text={"city":"Paris"}'] });
  openai = createOpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key });
});
after(() => stack?.stop());

const tools = (called) => ({ get_weather: tool({ description: 'd', inputSchema: jsonSchema({ type: 'object', properties: { city: { type: 'string' } } }),
  execute: async (input) => (called.push(input), '20 °C') }) });
// The AI SDK refers to what OpenAI would have kept, unless it is told that nothing is.
const providerOptions = { openai: { store: false } };

for (const prefix of ['fake/', 'fake-ollama/', 'fake-anthropic/']) {
  for (const kind of ['chat', 'responses']) {
    describe(`the AI SDK's ${kind} model through ${prefix}`, () => {
      const model = (name) => openai[kind](prefix + name);

      test('generateText', async () => {
        const { text, finishReason, usage } = await generateText({ model: model('echo'), prompt: 'Hello 月门', maxRetries: 0, providerOptions });
        assert.equal(text, 'Hello 月门');
        assert.equal(finishReason, 'stop');
        assert.ok(usage.totalTokens > 0);
      });

      test('streamText', async () => {
        const stream = streamText({ model: model('usage=10:20'), prompt: 'Hello', maxRetries: 0, providerOptions });
        let text = '';
        for await (const piece of stream.textStream) text += piece;
        assert.equal(text, await stream.text);
        assert.ok(text.length > 0);
        const usage = await stream.usage;
        assert.deepEqual([usage.inputTokens, usage.outputTokens], [10, 20]);
        assert.equal(await stream.finishReason, 'stop');
      });

      test('tools, whole and streamed', async () => {
        const called = [];
        const ask = { model: model('tools2'), prompt: 'weather?', tools: tools(called), stopWhen: stepCountIs(3), maxRetries: 0, providerOptions };
        const whole = await generateText(ask);
        assert.equal(whole.steps.length, 2);
        assert.ok(whole.text.length > 0);
        assert.equal(called.length, 2);
        const stream = streamText(ask);
        await stream.consumeStream();
        assert.equal(await stream.text, whole.text);
        assert.equal(called.length, 4);
        assert.deepEqual(called.slice(2), called.slice(0, 2));
      });

      test('generateObject', async () => {
        const { object } = await generateObject({ model: model('json'), prompt: 'where?', schema: jsonSchema(PLACE), maxRetries: 0, providerOptions });
        assert.deepEqual(object, { city: 'Paris' });
      });

      test('an error has its status', async () => {
        await assert.rejects(generateText({ model: model('status=429'), prompt: 'x', maxRetries: 0 }), (e) => e.statusCode === 429);
      });

      test('a stream that breaks off is an error', async () => {
        const errors = [];
        const stream = streamText({ model: model('fixed+cut=700'), prompt: 'x', maxRetries: 0, onError: ({ error }) => errors.push(error) });
        await stream.consumeStream();
        assert.ok(errors.length > 0 || await stream.finishReason === 'error');
      });
    });
  }

  test(`the AI SDK shows the reasoning of responses through ${prefix}`, async () => {
    const whole = await generateText({ model: openai.responses(`${prefix}reasoning`), prompt: 'x', maxRetries: 0, providerOptions });
    assert.ok(whole.reasoningText.length > 0);
    const stream = streamText({ model: openai.responses(`${prefix}reasoning`), prompt: 'x', maxRetries: 0, providerOptions });
    await stream.consumeStream();
    assert.equal(await stream.reasoningText, whole.reasoningText);
  });

  for (const useResponsesApi of [false, true]) {
    describe(`LangChain ${useResponsesApi ? 'with responses' : 'with chat'} through ${prefix}`, () => {
      const model = (name) => new ChatOpenAI({ model: prefix + name, apiKey: stack.key, configuration: { baseURL: `${stack.url}/v1` }, maxRetries: 0,
        useResponsesApi });
      const weather = { type: 'function', function: { name: 'get_weather', description: 'd', parameters: PLACE } };

      test('invoke and stream', async () => {
        const whole = await model('echo').invoke('Hello 月门');
        assert.equal(whole.text, 'Hello 月门');
        assert.ok(whole.usage_metadata.total_tokens > 0);
        let text = '';
        for await (const chunk of await model('echo').stream('Hello 月门')) text += chunk.text;
        assert.equal(text, 'Hello 月门');
      });

      test('bindTools', async () => {
        const bound = model('tools2').bindTools([weather]);
        const question = new HumanMessage('weather?');
        const first = await bound.invoke([question]);
        assert.equal(first.tool_calls.length, 2);
        let streamed;
        for await (const chunk of await bound.stream([question])) streamed = streamed ? streamed.concat(chunk) : chunk;
        assert.deepEqual(streamed.tool_calls.map((c) => [c.name, c.args]), first.tool_calls.map((c) => [c.name, c.args]));
        const results = first.tool_calls.map((c) => new ToolMessage({ tool_call_id: c.id, content: '20 °C' }));
        assert.ok((await bound.invoke([question, first, ...results])).text.length > 0);
      });

      test('withStructuredOutput', async () => {
        const answer = await model('json').withStructuredOutput(z.object({ city: z.string() }), { method: 'jsonSchema', name: 'place' }).invoke('where?');
        assert.deepEqual(answer, { city: 'Paris' });
      });
    });
  }
}

test('LangChain embeddings', async () => {
  const embeddings = new OpenAIEmbeddings({ model: 'echo', apiKey: stack.key, configuration: { baseURL: `${stack.url}/v1` }, maxRetries: 0 });
  const vectors = await embeddings.embedDocuments(['one', 'two']);
  assert.equal(vectors.length, 2);
  assert.ok(vectors.every((v) => v.length > 0 && v.every((x) => typeof x === 'number')));
  assert.deepEqual(await embeddings.embedQuery('one'), vectors[0]);
});
