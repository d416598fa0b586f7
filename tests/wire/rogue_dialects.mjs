// SPDX-License-Identifier: MIT
// rogue_dialects: what a provider of each wire format says, piece by piece, so that a rogue can say it wrongly. An answer is a list of frames
// (strings or bytes); ${text}, ${call}, ${end} are good ones, ${usage} and ${finish} take anything.
import { crc32 } from './crc.mjs';

const sse = (data, event) => `${event ? `event: ${event}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const line = (data) => `${JSON.stringify(data)}\n`;
const http = (type) => `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nConnection: close\r\n\r\n`;

// A message of Amazon's event stream; ${more}: over what is counted by itself, to say it wrongly.
export function message(event, payload, { type = 'event', total, headersLength, sum, headers = [] } = {}) {
  const named = [[':message-type', type], [type === 'exception' ? ':exception-type' : type === 'error' ? ':error-code' : ':event-type', event], ...headers];
  const head = Buffer.concat(named.map(([name, value]) => {
    const bytes = Buffer.from(value), length = Buffer.alloc(2);
    length.writeUInt16BE(bytes.length);
    return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([7]), length, bytes]);
  }));
  const body = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload)), prelude = Buffer.alloc(12), end = Buffer.alloc(4);
  prelude.writeUInt32BE(total ?? 16 + head.length + body.length);
  prelude.writeUInt32BE(headersLength ?? head.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const whole = Buffer.concat([prelude, head, body]);
  end.writeUInt32BE(sum ?? crc32(whole));
  return Buffer.concat([whole, end]);
}

const openaiChunk = (delta, more = {}, choice = {}) => sse({ id: 'x', object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, delta, ...choice }], ...more });

export const DIALECTS = {
  openai: {
    type: 'openai-compatible', at: (url) => `${url}/v1`, stream: http('text/event-stream'),
    text: (t) => openaiChunk({ content: t }),
    call: (i, id, name, args) => openaiChunk({ tool_calls: [{ index: i, id, type: 'function', function: { name, arguments: args } }] }),
    usage: (n) => sse({ id: 'x', model: 'm', choices: [], usage: { prompt_tokens: n, completion_tokens: n, total_tokens: n, prompt_tokens_details: { cached_tokens: n },
      completion_tokens_details: { reasoning_tokens: n } } }),
    finish: (word) => openaiChunk({}, {}, { finish_reason: word }),
    last: () => sse('[DONE]'),
    named: (word) => sse({ id: word, model: word, choices: [{ index: 0, delta: { content: 'hi' }, finish_reason: word }] }),
    failed: (words) => sse({ error: { message: words, type: words, code: words } }),
    good: 'stop',
    whole: (word) => ({ id: word, model: word, object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: word }] }),
    error: (words) => ({ error: { message: words, type: words, code: words } }),
  },
  anthropic: {
    type: 'anthropic', blocks: true, at: (url) => url, stream: http('text/event-stream'),
    first: () => sse({ type: 'message_start', message: { id: 'msg', type: 'message', role: 'assistant', model: 'm', content: [], usage: { input_tokens: 3, output_tokens: 1 } } }, 'message_start'),
    text: (t) => sse({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }, 'content_block_start')
      + sse({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: t } }, 'content_block_delta')
      + sse({ type: 'content_block_stop', index: 0 }, 'content_block_stop'),
    call: (i, id, name, args) => sse({ type: 'content_block_start', index: i, content_block: { type: 'tool_use', id, name, input: {} } }, 'content_block_start')
      + sse({ type: 'content_block_delta', index: i, delta: { type: 'input_json_delta', partial_json: args } }, 'content_block_delta')
      + sse({ type: 'content_block_stop', index: i }, 'content_block_stop'),
    usage: (n) => sse({ type: 'message_delta', delta: {}, usage: { input_tokens: n, output_tokens: n, cache_read_input_tokens: n, cache_creation_input_tokens: n,
      cache_creation: { ephemeral_1h_input_tokens: n }, output_tokens_details: { thinking_tokens: n } } }, 'message_delta'),
    finish: (word) => sse({ type: 'message_delta', delta: { stop_reason: word, stop_sequence: word }, usage: { output_tokens: 2 } }, 'message_delta'),
    last: () => sse({ type: 'message_stop' }, 'message_stop'),
    named: (word) => sse({ type: 'message_start', message: { id: word, model: word } }, 'message_start'),
    failed: (words) => sse({ type: 'error', error: { type: words, message: words } }, 'error'),
    good: 'end_turn',
    whole: (word) => ({ id: word, type: 'message', role: 'assistant', model: word, content: [{ type: 'text', text: 'hi' }], stop_reason: word, stop_sequence: word,
      usage: { input_tokens: 1, output_tokens: 1 } }),
    error: (words) => ({ type: 'error', error: { type: words, message: words } }),
  },
  gemini: {
    type: 'gemini', at: (url) => `${url}/v1beta`, stream: http('text/event-stream'),
    text: (t) => sse({ candidates: [{ content: { role: 'model', parts: [{ text: t }] } }] }),
    call: (i, id, name, args) => sse({ candidates: [{ content: { role: 'model', parts: [{ functionCall: { id, name, args } }] } }] }),
    usage: (n) => sse({ candidates: [], usageMetadata: { promptTokenCount: n, candidatesTokenCount: n, thoughtsTokenCount: n, cachedContentTokenCount: n,
      promptTokensDetails: [{ modality: 'IMAGE', tokenCount: n }, { modality: 'IMAGE', tokenCount: n }] } }),
    finish: (word) => sse({ candidates: [{ finishReason: word }] }),
    last: () => '',
    named: (word) => sse({ responseId: word, modelVersion: word, candidates: [{ content: { parts: [{ text: 'hi' }] }, finishReason: word }] }),
    failed: (words) => sse({ error: { code: 500, message: words, status: words } }),
    good: 'STOP',
    whole: (word) => ({ responseId: word, modelVersion: word, candidates: [{ content: { parts: [{ text: 'hi' }] }, finishReason: word }] }),
    error: (words) => ({ error: { code: 500, message: words, status: words } }),
  },
  hunyuan: {
    type: 'hunyuan-native', at: (url) => url, stream: http('text/event-stream'), options: { secret_id: 'AKIDfake' },
    text: (t) => sse({ Id: 'x', Choices: [{ Index: 0, Delta: { Role: 'assistant', Content: t } }] }),
    call: (i, id, name, args) => sse({ Id: 'x', Choices: [{ Index: 0, Delta: { ToolCalls: [{ Index: i, Id: id, Type: 'function', Function: { Name: name, Arguments: args } }] } }] }),
    usage: (n) => sse({ Id: 'x', Choices: [], Usage: { PromptTokens: n, CompletionTokens: n, TotalTokens: n } }),
    finish: (word) => sse({ Id: 'x', Choices: [{ Index: 0, Delta: {}, FinishReason: word }] }),
    last: () => sse('[DONE]'),
    named: (word) => sse({ Id: word, Choices: [{ Index: 0, Delta: { Content: 'hi' }, FinishReason: word }] }),
    failed: (words) => sse({ ErrorMsg: { Code: 4001, Msg: words } }),
    good: 'stop',
    whole: (word) => ({ Response: { Id: word, RequestId: word, Choices: [{ Message: { Content: 'hi' }, FinishReason: word }] } }),
    error: (words) => ({ Response: { Error: { Code: words, Message: words }, RequestId: words } }),
  },
  bedrock: {
    type: 'bedrock', blocks: true, at: (url) => url, stream: http('application/vnd.amazon.eventstream'), options: { access_key_id: 'AKIAFAKE' },
    first: () => message('messageStart', { role: 'assistant' }),
    text: (t) => message('contentBlockDelta', { contentBlockIndex: 0, delta: { text: t } }),
    call: (i, id, name, args) => Buffer.concat([message('contentBlockStart', { contentBlockIndex: i, start: { toolUse: { toolUseId: id, name } } }),
      message('contentBlockDelta', { contentBlockIndex: i, delta: { toolUse: { input: args } } }), message('contentBlockStop', { contentBlockIndex: i })]),
    usage: (n) => message('metadata', { usage: { inputTokens: n, outputTokens: n, totalTokens: n, cacheReadInputTokens: n, cacheWriteInputTokens: n } }),
    finish: (word) => message('messageStop', { stopReason: word }),
    last: () => message('metadata', { usage: { inputTokens: 1, outputTokens: 1 } }),
    named: (word) => message('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'hi' }, p: word }),
    failed: (words) => message(words.slice(0, 100), { message: words }, { type: 'exception' }),
    good: 'end_turn',
    whole: (word) => ({ output: { message: { role: 'assistant', content: [{ text: 'hi' }] } }, stopReason: word, usage: { inputTokens: 1, outputTokens: 1 } }),
    error: (words) => ({ message: words, __type: words }),
  },
  ollama: {
    type: 'ollama', at: (url) => url, stream: http('application/x-ndjson'),
    text: (t) => line({ model: 'm', message: { role: 'assistant', content: t }, done: false }),
    call: (i, id, name, args) => line({ model: 'm', message: { role: 'assistant', content: '', tool_calls: [{ id, function: { index: i, name, arguments: args } }] }, done: false }),
    usage: (n) => line({ model: 'm', message: { content: '' }, prompt_eval_count: n, eval_count: n, done: false }),
    finish: (word) => line({ model: 'm', message: { content: '' }, done_reason: word, done: true, prompt_eval_count: 1, eval_count: 1 }),
    last: () => '',
    named: (word) => line({ model: word, id: word, message: { content: 'hi' }, done: false }),
    failed: (words) => line({ error: words }),
    good: 'stop',
    whole: (word) => ({ model: word, message: { role: 'assistant', content: 'hi' }, done: true, done_reason: word }),
    error: (words) => ({ error: words }),
  },
};

// A good streamed answer with a text and two calls.
// Calls are counted by themselves, or together with the text before them.
export const goodFrames = (d) => [d.first?.() ?? '', d.text('Hello 月门 '), d.call(d.blocks ? 1 : 0, 'call_a', 'look', '{"city":"Köln"}'), d.call(d.blocks ? 2 : 1, 'call_b', 'see', '{}'), d.finish(d.good), d.last()]
  .map((f) => Buffer.from(f));
