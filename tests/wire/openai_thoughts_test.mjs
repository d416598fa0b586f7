// SPDX-License-Identifier: MIT
// Providers that sign their reasoning refuse a conversation in which it is not given back as it was. Clients of OpenAI's APIs keep it for them in
// fields of those APIs, whole and streamed: a loop of tools goes on.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { Stack } from './stack.mjs';
import { events } from './stream.mjs';

const SCRIPT = { 'claude-sonnet-4-5': ['reasoning+sealed+tools2'], 'gemini-3-pro': ['reasoning+tools2'] };
const NAMES = Object.keys(SCRIPT);
const parameters = { type: 'object', properties: { city: { type: 'string' } } };
let stack, client;
before(async () => {
  stack = await Stack.start({ name: 'openai_thoughts' });
  await stack.addProvider({ name: 'anthropic', type: 'anthropic', baseUrl: stack.fake.url, secret: 'sk-ant-0123456789', models: [NAMES[0]] });
  await stack.addProvider({ name: 'gemini', type: 'gemini', baseUrl: `${stack.fake.url}/v1beta`, secret: 'AIza-fake-0123456789', models: [NAMES[1]] });
  await stack.fake.script(SCRIPT);
  await stack.until('the providers to be known', async () => (await stack.chat(NAMES[1])).status === 200 && (await stack.chat(NAMES[0])).status === 200);
  client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key, maxRetries: 0 });
});
after(() => stack?.stop());

// A message as a careful client puts it together from a stream.
async function message(answer) {
  const m = { role: 'assistant', content: '', reasoning_content: '', reasoning_details: [], tool_calls: [] };
  for await (const event of events(answer.body)) {
    const delta = event.choices?.[0]?.delta ?? {};
    m.content += delta.content ?? '';
    m.reasoning_content += delta.reasoning_content ?? '';
    m.reasoning_details.push(...delta.reasoning_details ?? []);
    for (const { index, ...piece } of delta.tool_calls ?? []) {
      if (piece.id) m.tool_calls[index] = piece;
      else m.tool_calls[index].function.arguments += piece.function.arguments;
    }
  }
  return m;
}

const plain = (m) => [m.content ?? '', m.reasoning_content, m.reasoning_details?.length ?? 0,
  m.tool_calls.map((c) => [c.function.name, c.function.arguments, !!c.extra_content])];

for (const model of NAMES) {
  describe(model, () => {
    const chat = { model, messages: [{ role: 'user', content: 'weather?' }], reasoning_effort: 'high', max_tokens: 20000,
      tools: [{ type: 'function', function: { name: 'get_weather', parameters } }] };
    let whole;

    test('chat completions', async () => {
      const { choices: [{ message: first, finish_reason: finish }] } = await client.chat.completions.create(chat);
      whole = first;
      assert.equal(finish, 'tool_calls');
      assert.ok(first.reasoning_content.length > 0);
      assert.ok(first.reasoning_details?.length || first.tool_calls[0].extra_content, 'something is signed');
      const results = first.tool_calls.map((c) => ({ role: 'tool', tool_call_id: c.id, content: '20 °C' }));
      const second = await client.chat.completions.create({ ...chat, messages: [...chat.messages, first, ...results] });
      assert.ok(second.choices[0].message.content.length > 0);
    });

    test('chat completions, streamed', async () => {
      const first = await message(await stack.post('/v1/chat/completions', { ...chat, stream: true }));
      assert.deepEqual(plain(first), plain(whole));
      const results = first.tool_calls.map((c) => ({ role: 'tool', tool_call_id: c.id, content: '20 °C' }));
      const second = await client.chat.completions.create({ ...chat, messages: [...chat.messages, first, ...results] });
      assert.ok(second.choices[0].message.content.length > 0);
    });

    test('without what was signed it would be refused', async () => {
      const { reasoning_details, ...first } = structuredClone(whole);
      for (const d of reasoning_details ?? []) if (d.signature) d.signature = 'mg1.anthropic.bm90IGl0cyBvd24=';
      for (const c of first.tool_calls) if (c.extra_content) c.extra_content.google.thought_signature = 'mg1.gemini.bm90IGl0cyBvd24=';
      const results = first.tool_calls.map((c) => ({ role: 'tool', tool_call_id: c.id, content: '20 °C' }));
      await assert.rejects(client.chat.completions.create({ ...chat, messages: [...chat.messages, { ...first, reasoning_details }, ...results] }),
        OpenAI.BadRequestError);
    });

    for (const stream of [false, true]) {
      test(`responses${stream ? ', streamed' : ''}`, async () => {
        const ask = { model, input: [{ role: 'user', content: 'weather?' }], reasoning: { effort: 'high', summary: 'auto' }, max_output_tokens: 20000,
          store: false, include: ['reasoning.encrypted_content'], tools: [{ type: 'function', name: 'get_weather', parameters, strict: false }] };
        const first = stream ? await client.responses.stream(ask).finalResponse() : await client.responses.create(ask);
        const calls = first.output.filter((i) => i.type === 'function_call');
        assert.equal(calls.length, 2);
        assert.ok(first.output.some((i) => i.type === 'reasoning' && i.summary[0]?.text.length > 0));
        assert.ok(first.output.some((i) => i.encrypted_content));
        // What Codex gives back: no ids of reasoning, no fields but those of OpenAI.
        const kept = first.output.map(({ id, status, parsed_arguments, ...item }) => (item.type === 'message' ? { id, status, ...item } : item));
        const results = calls.map((c) => ({ type: 'function_call_output', call_id: c.call_id, output: '20 °C' }));
        const second = await client.responses.create({ ...ask, input: [...ask.input, ...kept, ...results] });
        assert.ok(second.output_text.length > 0);
      });
    }
  });
}
