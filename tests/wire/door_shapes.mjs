// SPDX-License-Identifier: MIT
// door_shapes: a question at each client API and what must hold of its answer whatever the provider did: one end, in the API's own shape, and nothing after
// it. ${said.ok}: the answer says that it is complete; ${own}: frames came from a provider of the same dialect, whose words they are.
import assert from 'node:assert/strict';

const sseEvents = (text) => text.split('\n\n').filter((b) => b && !b.startsWith(':')).map((block) => {
  const event = /^event: (.*)$/m.exec(block)?.[1], data = block.split('\n').filter((l) => l.startsWith('data:')).map((l) => l.slice(5).trimStart()).join('\n');
  return { event, data: data === '[DONE]' ? data : JSON.parse(data) };
});

function chatWhole(body, own) {
  if (body.error) { assert.equal(typeof body.error.message, 'string'); return { ok: false }; }
  if (own) return { ok: true };
  assert.equal(body.object, 'chat.completion');
  const [{ message, finish_reason: finish }] = body.choices;
  assert.ok(['stop', 'length', 'tool_calls', 'content_filter'].includes(finish), finish);
  for (const n of Object.values(body.usage)) if (typeof n === 'number') assert.ok(n >= 0 && Number.isSafeInteger(n), `usage ${n}`);
  for (const c of message.tool_calls ?? []) assert.ok(c.id && c.function.name && typeof c.function.arguments === 'string');
  return { ok: true, text: message.content ?? '', calls: (message.tool_calls ?? []).map((c) => [c.function.name, c.function.arguments]) };
}

function chatStream(text, own) {
  const list = sseEvents(text), last = list.at(-1)?.data, failed = list.some((e) => e.data.error);
  if (failed) { assert.ok(list.slice(0, -1).every((e) => e.data !== '[DONE]')); return { ok: false }; }
  assert.equal(last, '[DONE]', `no end: ${text.slice(-300)}`);
  const calls = [];
  let said = '', finish = null;
  if (own) return { ok: true };
  for (const { data } of list.slice(0, -1)) {
    assert.equal(data.object, 'chat.completion.chunk');
    for (const c of data.choices) {
      said += c.delta.content ?? '';
      for (const t of c.delta.tool_calls ?? []) {
        assert.ok(t.index <= calls.length && t.index >= 0, `index ${t.index} after ${calls.length} calls`);
        if (t.index === calls.length) { assert.ok(t.id && t.function.name); calls.push([t.function.name, '']); }
        calls[t.index][1] += t.function.arguments ?? '';
      }
      if (c.finish_reason) { assert.equal(finish, null, 'two finishes'); finish = c.finish_reason; }
    }
  }
  assert.ok(finish, 'no finish');
  return { ok: true, text: said, calls };
}

function messagesWhole(body, own) {
  if (body.type === 'error') { if (!own) assert.equal(typeof body.error.message, 'string'); return { ok: false }; }
  if (own) return { ok: true };
  assert.equal(body.type, 'message');
  assert.ok(['end_turn', 'max_tokens', 'tool_use', 'refusal', 'stop_sequence'].includes(body.stop_reason), body.stop_reason);
  const calls = body.content.filter((b) => b.type === 'tool_use');
  for (const c of calls) assert.ok(c.id && c.name && typeof c.input === 'object' && !Array.isArray(c.input) && c.input);
  return { ok: true, text: body.content.filter((b) => b.type === 'text').map((b) => b.text).join(''), calls: calls.map((c) => [c.name, JSON.stringify(c.input)]) };
}

function messagesStream(text, own) {
  const list = sseEvents(text).filter((e) => e.event !== 'ping');
  for (const { event, data } of list) assert.ok(own || event === data.type);
  if (list.some((e) => e.event === 'error')) { assert.equal(list.at(-1).event, 'error'); return { ok: false }; }
  if (own) return { ok: true };
  assert.equal(list.at(-1)?.event, 'message_stop', `no end: ${text.slice(-300)}`);
  assert.equal(list[0].event, 'message_start');
  let open = null, next = 0, said = '';
  const calls = [];
  for (const { event, data } of list) {
    if (event === 'content_block_start') {
      assert.equal(open, null); assert.equal(data.index, next++); open = data.content_block.type;
      if (open === 'tool_use') { assert.ok(data.content_block.id && data.content_block.name); calls.push([data.content_block.name, '']); }
    } else if (event === 'content_block_delta') {
      assert.ok(open); assert.equal(data.index, next - 1);
      if (data.delta.type === 'text_delta') said += data.delta.text;
      if (data.delta.type === 'input_json_delta') calls.at(-1)[1] += data.delta.partial_json;
    } else if (event === 'content_block_stop') { assert.ok(open); assert.equal(data.index, next - 1); open = null; }
  }
  assert.equal(open, null);
  return { ok: true, text: said, calls };
}

function responsesWhole(body) {
  if (body.error) return { ok: false };
  assert.equal(body.object, 'response');
  assert.ok(['completed', 'incomplete'].includes(body.status), body.status);
  return { ok: true, text: body.output.filter((o) => o.type === 'message').flatMap((o) => o.content).map((c) => c.text ?? c.refusal).join(''),
    calls: body.output.filter((o) => o.type === 'function_call').map((o) => [o.name, o.arguments]) };
}

function responsesStream(text) {
  const list = sseEvents(text);
  for (const [i, { event, data }] of list.entries()) { assert.equal(event, data.type); assert.equal(data.sequence_number, i); }
  const last = list.at(-1)?.data;
  if (['response.failed', 'error'].includes(last?.type)) return { ok: false };
  assert.ok(['response.completed', 'response.incomplete'].includes(last?.type), `no end: ${text.slice(-300)}`);
  assert.equal(list.filter((e) => /^response\.(completed|incomplete|failed)$/.test(e.event)).length, 1);
  return responsesWhole(last.response);
}

function ollamaLines(text, own) {
  const list = text.split('\n').filter(Boolean).map((l) => JSON.parse(l));
  if (list.some((l) => l.error)) { assert.ok(list.at(-1).error); return { ok: false }; }
  if (own) return { ok: true };
  assert.deepEqual(list.map((l) => l.done), [...list.slice(1).map(() => false), true], text.slice(-300));
  const calls = list.flatMap((l) => l.message.tool_calls ?? []);
  for (const c of calls) assert.equal(typeof c.function.arguments, 'object');
  return { ok: true, text: list.map((l) => l.message.content).join(''), calls: calls.map((c) => [c.function.name, JSON.stringify(c.function.arguments)]) };
}

const user = (model) => ({ model, messages: [{ role: 'user', content: 'x' }] });
export const DOORS = {
  chat: { path: '/v1/chat/completions', body: user, whole: chatWhole, stream: chatStream, same: 'openai' },
  messages: { path: '/v1/messages', body: (model) => ({ ...user(model), max_tokens: 100 }), whole: messagesWhole, stream: messagesStream, same: 'anthropic' },
  responses: { path: '/v1/responses', body: (model) => ({ model, input: 'x' }), whole: responsesWhole, stream: responsesStream },
  ollama: { path: '/api/chat', body: user, whole: (body, own) => ollamaLines(JSON.stringify(body), own), stream: ollamaLines, same: 'ollama' },
};

// Ask, read to the end, check the shape: {run, status, ok, text, calls, all (the bytes as text)}.
export async function ask(stack, door, model, stream, more = {}, options = {}) {
  const d = DOORS[door], own = d.same && model.endsWith(d.same);
  const answer = await stack.post(d.path, { ...d.body(model), stream, ...more }, options);
  const all = Buffer.from(await answer.arrayBuffer()).toString('utf8');
  const streamed = stream && answer.status === 200;
  const said = streamed ? d.stream(all, own) : d.whole(JSON.parse(all), own);
  if (answer.status !== 200) assert.equal(said.ok, false, `${answer.status} without an error: ${all.slice(0, 300)}`);
  else if (!stream) assert.equal(said.ok, true, `200 with an error: ${all.slice(0, 300)}`);
  return { run: answer.headers.get('x-run-id'), status: answer.status, all: `${JSON.stringify([...answer.headers])}${all}`, ...said };
}
