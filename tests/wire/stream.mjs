// SPDX-License-Identifier: MIT
// stream: reads a streamed answer piece by piece, and puts the pieces together again.

// The lines of a body as they arrive, without their ends.
export async function* lines(body) {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    const parts = rest.split(/\r\n|\n/);
    rest = parts.pop();
    yield* parts;
  }
  rest += decoder.decode();
  if (rest) yield rest;
}

// The data of server-sent events: parsed JSON, or the text "[DONE]".
export async function* events(body) {
  for await (const line of lines(body)) {
    if (!line.startsWith('data:')) continue;
    const data = line.slice(5).trimStart();
    yield data === '[DONE]' ? data : JSON.parse(data);
  }
}

export async function* objects(body) {
  for await (const line of lines(body)) if (line) yield JSON.parse(line);
}

export async function all(stream) {
  const list = [];
  for await (const one of stream) list.push(one);
  return list;
}

// What an OpenAI stream says as a whole.
export async function joined(stream) {
  const whole = { content: '', reasoning: '', calls: [], finish: null, usage: null, done: false, error: null, ids: new Set() };
  for await (const event of stream) {
    if (event === '[DONE]') { whole.done = true; continue; }
    if (event.error) { whole.error = event.error; continue; }
    whole.ids.add(event.id);
    if (event.usage) whole.usage = event.usage;
    for (const { delta = {}, finish_reason: finish } of event.choices) {
      whole.content += delta.content ?? '';
      whole.reasoning += delta.reasoning_content ?? delta.reasoning ?? '';
      for (const { index, id, function: f } of delta.tool_calls ?? []) {
        const call = whole.calls[index] ??= { id, name: '', arguments: '' };
        call.name += f?.name ?? '';
        call.arguments += f?.arguments ?? '';
      }
      if (finish) whole.finish = finish;
    }
  }
  return whole;
}

// The first event that says something, and the rest of the stream.
export async function firstText(stream) {
  for (;;) {
    const { value, done } = await stream.next();
    if (done) throw new Error('the stream ended before it said anything');
    const text = value === '[DONE]' ? '' : value.choices?.[0]?.delta?.content;
    if (text) return text;
  }
}
