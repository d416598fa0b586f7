// SPDX-License-Identifier: MIT
// meant: asks the OpenAI door about a provider that the scripted server plays, and the server itself what it means to say.
import assert from 'node:assert/strict';
import { events, joined } from './stream.mjs';

export const said = [{ role: 'user', content: 'x' }];

// ${openai}: asked late, since it is made by before().
export function voices(stackOf, openaiOf, provider) {
  const whole = (model, more = {}) => openaiOf().chat.completions.create({ model: `${provider}/${model}`, messages: said, ...more });
  const streamed = async (model, more = {}) => joined(events((await stackOf().chat(`${provider}/${model}`, 'x',
    { stream: true, stream_options: { include_usage: true }, ...more })).body));
  const direct = async (model, more = {}) => (await fetch(`${stackOf().fake.url}/v1/chat/completions`, { method: 'POST',
    body: JSON.stringify({ model, messages: said, ...more }) })).json();
  const calls = (list) => (list ?? []).map((c) => [c.function?.name ?? c.name, JSON.parse(c.function?.arguments ?? c.arguments)]);

  // Whole and streamed, the caller gets what the server means.
  async function asMeant(model, more) {
    const meant = (await direct(model, more)).choices[0];
    const one = await whole(model, more), got = await streamed(model, more);
    const { message, finish_reason: finish } = one.choices[0];
    assert.equal(message.content ?? '', meant.message.content ?? '');
    assert.equal(got.content, message.content ?? '');
    assert.equal(message.reasoning_content, meant.message.reasoning_content);
    assert.equal(got.reasoning, message.reasoning_content ?? '');
    assert.equal(finish, meant.finish_reason);
    assert.equal(got.finish, finish);
    assert.deepEqual(calls(message.tool_calls), calls(meant.message.tool_calls));
    assert.deepEqual(calls(got.calls), calls(message.tool_calls));
    for (const ids of [message.tool_calls ?? [], got.calls].map((list) => list.map((c) => c.id))) {
      assert.ok(ids.every(Boolean) && new Set(ids).size === ids.length);
    }
    assert.ok(got.done && got.error === null);
    assert.deepEqual(got.usage, one.usage);
  }

  return { whole, streamed, asMeant };
}

export const refused = (promise, words) => assert.rejects(promise, (e) => {
  assert.equal(e.status, 400);
  assert.match(e.message, words);
  return true;
});
