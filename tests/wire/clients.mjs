// SPDX-License-Identifier: MIT
// clients: one question in the words of every client API, and every answer in ours, so that answers of different APIs compare:
// { text, reasoning, calls: [{ name, input }], finish, usage: { in, out, cached, written, thought } }. What a shape cannot say is undefined.
import { events, objects } from './stream.mjs';

const usageOf = (total, out, cached, written, thought) => ({ in: total, out, cached, written, thought });
const parsed = (text) => JSON.parse(text === '' ? '{}' : text);
const IMAGE = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
export const image = { type: 'image/png', data: IMAGE };

// A question: { model, text, image, tool, choice, result, schema, max, effort, stream }. ${tool}: one tool "look_up" is offered. ${result}: the
// tool was called before with { city: "苏州" } and answered this.
export const TOOL = { name: 'look_up', description: 'Looks a city up.', schema: { type: 'object', properties: { city: { type: 'string' } } } };
const CALL = { id: 'call_1', name: TOOL.name, input: { city: '苏州' } };

// ---- OpenAI chat completions ----

function chatBody(q) {
  const content = q.image ? [{ type: 'text', text: q.text }, { type: 'image_url', image_url: { url: `data:${image.type};base64,${image.data}` } }]
    : q.text;
  const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content }];
  if (q.result) {
    messages.push({ role: 'assistant', content: null, tool_calls: [{ id: CALL.id, type: 'function',
      function: { name: CALL.name, arguments: JSON.stringify(CALL.input) } }] }, { role: 'tool', tool_call_id: CALL.id, content: q.result });
  }
  return { model: q.model, messages, stream: q.stream, ...(q.stream && { stream_options: { include_usage: true } }),
    ...(q.tool && { tools: [{ type: 'function', function: { name: TOOL.name, description: TOOL.description, parameters: TOOL.schema } }] }),
    ...(q.choice && { tool_choice: q.choice === 'any' ? 'required' : q.choice }),
    ...(q.schema && { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: q.schema } } }),
    ...(q.max && { max_completion_tokens: q.max }), ...(q.effort && { reasoning_effort: q.effort }) };
}

const chatUsage = (u) => u && usageOf(u.prompt_tokens, u.completion_tokens, u.prompt_tokens_details?.cached_tokens ?? 0,
  u.prompt_tokens_details?.cache_write_tokens ?? 0, u.completion_tokens_details?.reasoning_tokens ?? 0);

function chatWhole(body) {
  const [{ message: m, finish_reason: finish }] = body.choices;
  return { text: m.content ?? '', reasoning: m.reasoning_content ?? '', finish, usage: chatUsage(body.usage),
    calls: (m.tool_calls ?? []).map((c) => ({ name: c.function.name, input: parsed(c.function.arguments) })) };
}

async function chatStream(answer) {
  const whole = { text: '', reasoning: '', calls: [], finish: undefined, usage: undefined };
  for await (const event of events(answer.body)) {
    if (event === '[DONE]') continue;
    if (event.error) throw new Error(JSON.stringify(event));
    whole.usage = chatUsage(event.usage) ?? whole.usage;
    for (const { delta, finish_reason: finish } of event.choices) {
      whole.text += delta.content ?? '';
      whole.reasoning += delta.reasoning_content ?? '';
      for (const c of delta.tool_calls ?? []) {
        const call = whole.calls[c.index] ??= { id: c.id, name: c.function.name, input: '' };
        call.input += c.function.arguments ?? '';
      }
      whole.finish = finish ?? whole.finish;
    }
  }
  for (const call of whole.calls) if (!call.id || !call.name) throw new Error(`a call without id or name: ${JSON.stringify(whole.calls)}`);
  whole.calls = whole.calls.map(({ name, input }) => ({ name, input: parsed(input) }));
  return whole;
}

// ---- OpenAI responses ----

function responsesBody(q) {
  const content = [{ type: 'input_text', text: q.text }, ...(q.image ? [{ type: 'input_image', image_url: `data:${image.type};base64,${image.data}` }] : [])];
  const input = [{ role: 'user', content }];
  if (q.result) {
    input.push({ type: 'function_call', call_id: CALL.id, name: CALL.name, arguments: JSON.stringify(CALL.input) },
      { type: 'function_call_output', call_id: CALL.id, output: q.result });
  }
  return { model: q.model, instructions: 'Be brief.', input, stream: q.stream, store: false,
    ...(q.tool && { tools: [{ type: 'function', name: TOOL.name, description: TOOL.description, parameters: TOOL.schema, strict: false }] }),
    ...(q.choice && { tool_choice: q.choice === 'any' ? 'required' : q.choice }),
    ...(q.schema && { text: { format: { type: 'json_schema', name: 'answer', schema: q.schema } } }),
    ...(q.max && { max_output_tokens: q.max }), ...(q.effort && { reasoning: { effort: q.effort, summary: 'auto' } }) };
}

function responsesWhole(r) {
  const of = (type) => r.output.filter((item) => item.type === type);
  const calls = of('function_call').map((c) => ({ name: c.name, input: parsed(c.arguments) }));
  const reason = r.incomplete_details?.reason;
  return { text: of('message').flatMap((m) => m.content).map((c) => c.text ?? c.refusal).join(''),
    reasoning: of('reasoning').flatMap((i) => [...(i.summary ?? []), ...(i.content ?? [])]).map((c) => c.text).join(''), calls,
    finish: reason === 'max_output_tokens' ? 'length' : reason ?? (calls.length ? 'tool_calls' : 'stop'),
    usage: r.usage && usageOf(r.usage.input_tokens, r.usage.output_tokens, r.usage.input_tokens_details?.cached_tokens ?? 0,
      r.usage.input_tokens_details?.cache_write_tokens ?? 0, r.usage.output_tokens_details?.reasoning_tokens ?? 0) };
}

// The events must tell what the last one holds.
async function responsesStream(answer) {
  let last, text = '', n = 0;
  const args = {}, done = [];
  for await (const event of events(answer.body)) {
    if (event.sequence_number !== n++) throw new Error(`event ${n - 1} has number ${event.sequence_number}`);
    if (event.type === 'response.output_text.delta') text += event.delta;
    if (event.type === 'response.function_call_arguments.delta') args[event.item_id] = (args[event.item_id] ?? '') + event.delta;
    if (event.type === 'response.output_item.done') done[event.output_index] = event.item;
    if (/^response\.(completed|incomplete|failed)$/.test(event.type)) last = event.response;
    if (event.type === 'error') throw new Error(JSON.stringify(event));
  }
  const whole = responsesWhole(last);
  if (whole.text !== text) throw new Error(`deltas say ${text}, the end says ${whole.text}`);
  if (JSON.stringify(done) !== JSON.stringify(last.output)) throw new Error('items done are not the output');
  for (const item of last.output) if (item.type === 'function_call' && (args[item.id] ?? '') !== item.arguments && item.arguments !== '{}') throw new Error('arguments differ');
  return whole;
}

// ---- OpenAI completions ----

const completionsBody = (q) => ({ model: q.model, prompt: `Be brief. ${q.text}`, stream: q.stream, ...(q.stream && { stream_options: { include_usage: true } }),
  max_tokens: q.max ?? 1000 });
const completionsWhole = (body) => ({ text: body.choices[0].text, calls: [], finish: body.choices[0].finish_reason, usage: chatUsage(body.usage) });

async function completionsStream(answer) {
  const whole = { text: '', calls: [], finish: undefined, usage: undefined };
  for await (const event of events(answer.body)) {
    if (event === '[DONE]') continue;
    whole.usage = chatUsage(event.usage) ?? whole.usage;
    whole.text += event.choices[0]?.text ?? '';
    whole.finish = event.choices[0]?.finish_reason ?? whole.finish;
  }
  return whole;
}

// ---- Anthropic messages ----

function messagesBody(q) {
  const content = q.image ? [{ type: 'text', text: q.text }, { type: 'image', source: { type: 'base64', media_type: image.type, data: image.data } }] : q.text;
  const messages = [{ role: 'user', content }];
  if (q.result) {
    messages.push({ role: 'assistant', content: [{ type: 'tool_use', id: CALL.id, name: CALL.name, input: CALL.input }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: CALL.id, content: q.result }] });
  }
  return { model: q.model, system: 'Be brief.', messages, max_tokens: q.max ?? 1000, stream: q.stream,
    ...(q.tool && { tools: [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.schema }] }),
    ...(q.choice && { tool_choice: { type: q.choice } }),
    ...(q.schema && { output_config: { format: { type: 'json_schema', schema: q.schema } } }),
    ...(q.effort && { thinking: { type: 'adaptive' } }) };
}

const STOPS = { end_turn: 'stop', stop_sequence: 'stop', max_tokens: 'length', tool_use: 'tool_calls', refusal: 'content_filter' };
// Thoughts are not counted apart in this shape by every model.
const messagesUsage = (u) => usageOf(u.input_tokens + (u.cache_read_input_tokens ?? 0) + (u.cache_creation_input_tokens ?? 0), u.output_tokens,
  u.cache_read_input_tokens ?? 0, u.cache_creation_input_tokens ?? 0, u.output_tokens_details?.thinking_tokens);

function messagesWhole(m) {
  const of = (type) => m.content.filter((b) => b.type === type);
  return { text: of('text').map((b) => b.text).join(''), reasoning: of('thinking').map((b) => b.thinking).join(''),
    calls: of('tool_use').map((b) => ({ name: b.name, input: b.input })), finish: STOPS[m.stop_reason], usage: messagesUsage(m.usage) };
}

async function messagesStream(answer) {
  let message, open = -1, stopped = false;
  const input = {};
  for await (const e of events(answer.body)) {
    if (stopped) throw new Error(`${e.type} after message_stop`);
    if (e.type === 'message_start') { if (message) throw new Error('two message_start'); message = { ...e.message, content: [] }; }
    if (e.type === 'content_block_start') {
      if (open !== -1 || e.index !== message.content.length) throw new Error(`block ${e.index} starts while ${open} is open`);
      message.content[open = e.index] = e.content_block;
      input[e.index] = '';
    }
    if (e.type === 'content_block_delta') {
      const block = message.content[e.index], d = e.delta;
      if (e.index !== open) throw new Error(`delta of ${e.index}, open is ${open}`);
      if (d.type === 'text_delta') block.text += d.text;
      if (d.type === 'thinking_delta') block.thinking += d.thinking;
      if (d.type === 'input_json_delta') input[e.index] += d.partial_json;
    }
    if (e.type === 'content_block_stop') {
      const block = message.content[e.index];
      if (block.type === 'tool_use') block.input = parsed(input[e.index]);
      open = -1;
    }
    if (e.type === 'message_delta') { Object.assign(message, e.delta); for (const [k, n] of Object.entries(e.usage)) if (n !== null) message.usage[k] = n; }
    if (e.type === 'message_stop') stopped = true;
    if (e.type === 'error') throw new Error(JSON.stringify(e));
  }
  if (!stopped || open !== -1) throw new Error('no message_stop, or a block is open');
  return messagesWhole(message);
}

// ---- Ollama chat and generate ----

function ollamaOptions(q) {
  return { model: q.model, stream: q.stream, ...(q.schema && { format: q.schema }), ...(q.max && { options: { num_predict: q.max } }),
    ...(q.effort && { think: true }) };
}

function ollamaChatBody(q) {
  const messages = [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: q.text, ...(q.image && { images: [image.data] }) }];
  if (q.result) {
    messages.push({ role: 'assistant', content: '', tool_calls: [{ function: { name: CALL.name, arguments: CALL.input } }] },
      { role: 'tool', content: q.result, tool_name: CALL.name });
  }
  return { ...ollamaOptions(q), messages,
    ...(q.tool && { tools: [{ type: 'function', function: { name: TOOL.name, description: TOOL.description, parameters: TOOL.schema } }] }) };
}

// The shape has no word of its own for calls.
function ollamaWhole(o) {
  const calls = (o.message?.tool_calls ?? []).map((c) => ({ name: c.function.name, input: c.function.arguments }));
  return { text: o.message?.content ?? o.response, reasoning: o.message?.thinking ?? o.thinking ?? '', calls,
    finish: calls.length ? 'tool_calls' : o.done_reason, usage: usageOf(o.prompt_eval_count ?? 0, o.eval_count ?? 0) };
}

async function ollamaStream(answer) {
  let all;
  for await (const line of objects(answer.body)) {
    if (line.error) throw new Error(line.error);
    if (all?.done) throw new Error('a line after the last');
    const part = ollamaWhole(line);
    all = all ? { ...part, text: all.text + part.text, reasoning: all.reasoning + part.reasoning, calls: [...all.calls, ...part.calls], done: line.done }
      : { ...part, done: line.done };
    if (all.calls.length) all.finish = 'tool_calls';
  }
  if (!all.done) throw new Error('no last line');
  delete all.done;
  return all;
}

// ${can}: the cases this API has words for.
export const CLIENTS = [
  { name: 'openai.chat', path: '/v1/chat/completions', body: chatBody, whole: chatWhole, stream: chatStream,
    can: ['text', 'tool', 'noargs', 'tools2', 'saytoo', 'result', 'any', 'image', 'schema', 'reasoning', 'length', 'usage'] },
  { name: 'openai.responses', path: '/v1/responses', body: responsesBody, whole: responsesWhole, stream: responsesStream,
    can: ['text', 'tool', 'noargs', 'tools2', 'saytoo', 'result', 'any', 'image', 'schema', 'reasoning', 'length', 'usage'] },
  { name: 'openai.completions', path: '/v1/completions', body: completionsBody, whole: completionsWhole, stream: completionsStream,
    can: ['text', 'length', 'usage'] },
  { name: 'anthropic.messages', path: '/v1/messages', body: messagesBody, whole: messagesWhole, stream: messagesStream,
    headers: { 'anthropic-version': '2023-06-01' },
    can: ['text', 'tool', 'noargs', 'tools2', 'saytoo', 'result', 'any', 'image', 'schema', 'reasoning', 'length', 'usage'] },
  { name: 'ollama.chat', path: '/api/chat', body: ollamaChatBody, whole: ollamaWhole, stream: ollamaStream,
    can: ['text', 'tool', 'noargs', 'tools2', 'saytoo', 'result', 'image', 'schema', 'reasoning', 'length', 'usage'] },
  { name: 'ollama.generate', path: '/api/generate', whole: ollamaWhole, stream: ollamaStream,
    body: (q) => ({ ...ollamaOptions(q), prompt: q.text, system: 'Be brief.', ...(q.image && { images: [image.data] }) }),
    can: ['text', 'image', 'schema', 'reasoning', 'length', 'usage'] },
];

export async function ask(stack, client, question, options = {}) {
  return stack.post(client.path, client.body(question), { headers: client.headers ?? {}, ...options });
}
