// SPDX-License-Identifier: MIT
// The official OpenAI SDK through an OpenAI-compatible and an Ollama provider: chat, its helpers and tools, responses, completions, errors, aborts.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import OpenAI from 'openai';
import { Stack } from './stack.mjs';
import { all, events } from './stream.mjs';

const MODELS = ['tool', 'tools2', 'reasoning', 'usage=10:20', 'tokens=20', 'json', 'tool+noargs', 'tools2+saytoo', 'tokens=2000+delay=20', 'status=429',
  'fixed+cut=700', 'status=400', 'status=401', 'status=503'];
const tool = { type: 'function', name: 'get_weather', description: 'd', parameters: { type: 'object', properties: { city: { type: 'string' } } }, strict: false };
const chatTool = { type: 'function', function: { name: 'get_weather', parameters: tool.parameters } };
let stack, client;
before(async () => {
  stack = await Stack.start({ name: 'openai_sdk', models: MODELS });
  await stack.addProvider({ name: 'fake-ollama', type: 'ollama', baseUrl: stack.fake.url, models: [...MODELS, 'echo', 'zh'] });
  await stack.addProvider({ name: 'fake-anthropic', type: 'anthropic', baseUrl: stack.fake.url, secret: 'sk-ant-0123456789', models: [...MODELS, 'echo', 'zh'] });
  await stack.addProvider({ name: 'fake-gemini', type: 'gemini', baseUrl: `${stack.fake.url}/v1beta`, secret: 'AIza-0123456789', models: [...MODELS, 'echo', 'zh'] });
  await stack.until('the provider to be known', async () => (await stack.chat('fake-gemini/echo')).status === 200);
  client = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key, maxRetries: 0 });
});
after(() => stack?.stop());

const dropped = async (answer) => (await stack.runRows(answer.headers.get('x-run-id')))[0].dropped;

// Both providers speak another dialect than Responses and completions do; chat completions are translated for Ollama only.
for (const [provider, prefix, path] of [['OpenAI-compatible', 'fake/', '/v1/chat/completions'], ['Ollama', 'fake-ollama/', '/api/chat'],
  ['Anthropic', 'fake-anthropic/', '/v1/messages'], ['Gemini', 'fake-gemini/', 'enerateContent']]) {
  describe(`responses through ${provider}`, () => {
    const ask = (model, more = {}) => ({ model: prefix + model, input: 'Hello 月门', ...more });

    test('create', async () => {
      const r = await client.responses.create(ask('echo', { instructions: 'be kind', metadata: { k: 'v' }, temperature: 0.5 }));
      assert.equal(r.output_text, 'Hello 月门');
      assert.equal(r.status, 'completed');
      assert.equal(r.object, 'response');
      assert.deepEqual(r.metadata, { k: 'v' });
      assert.equal(r.instructions, 'be kind');
      assert.equal(r.store, false);
      assert.equal(r.error, null);
      assert.ok(r.usage.total_tokens === r.usage.input_tokens + r.usage.output_tokens && r.usage.total_tokens > 0);
      assert.match(r.id, /^resp_/);
    });

    test('the events of a text, in order', async () => {
      const list = await all(await client.responses.create(ask('echo', { stream: true })));
      assert.deepEqual(list.map((e) => e.sequence_number), list.map((_, i) => i));
      const types = list.map((e) => e.type.replace('response.', '')).filter((t, i, a) => t !== a[i - 1]);
      assert.deepEqual(types, ['created', 'in_progress', 'output_item.added', 'content_part.added', 'output_text.delta', 'output_text.done',
        'content_part.done', 'output_item.done', 'completed']);
      assert.equal(list.filter((e) => e.type === 'response.output_text.delta').map((e) => e.delta).join(''), 'Hello 月门');
      assert.ok(list.at(-1).response.usage.output_tokens > 0);
    });

    for (const model of ['echo', 'tool', 'tools2', 'reasoning', 'zh', 'usage=10:20', 'tool+noargs', 'tools2+saytoo']) {
      test(`the stream helper's last response is the whole one: ${model}`, async () => {
        const whole = await client.responses.create(ask(model, { tools: [tool] }));
        const stream = client.responses.stream(ask(model, { tools: [tool] }));
        const final = await stream.finalResponse();
        const plain = (r) => r.output.map(({ id, call_id, encrypted_content: sealed, ...item }) => ({ ...item, sealed: sealed?.replace(/^call:.*?:/, ''), content: item.content?.map(({ parsed, ...c }) => c), parsed_arguments: undefined }));
        assert.deepEqual(JSON.parse(JSON.stringify(plain(final))), JSON.parse(JSON.stringify(plain(whole))));
        assert.deepEqual(final.usage, whole.usage);
        assert.equal(final.status, whole.status);
        assert.equal(final.output_text, whole.output_text);
      });
    }

    test('a loop of tools', async () => {
      const input = [{ role: 'user', content: 'weather?' }];
      const first = await client.responses.create({ model: `${prefix}tools2`, input, tools: [tool], store: false });
      const calls = first.output.filter((i) => i.type === 'function_call');
      assert.equal(calls.length, 2);
      assert.equal(new Set(calls.map((c) => c.call_id)).size, 2);
      for (const c of calls) JSON.parse(c.arguments);
      input.push(...first.output, ...calls.map((c) => ({ type: 'function_call_output', call_id: c.call_id, output: '20 °C' })));
      const second = await client.responses.create({ model: `${prefix}tools2`, input, tools: [tool], store: false });
      assert.ok(second.output_text.length > 0);
      const seen = await stack.fake.request('the results', (r) => r.path.includes(path) && r.body.includes('20 °C'));
      const { messages } = JSON.parse(seen.body);
      if (!/chat/.test(path)) return;
      assert.deepEqual(messages.map((m) => m.role), ['user', 'assistant', 'tool', 'tool']);
      assert.equal(messages[1].tool_calls.length, 2);
    });

    test('a loop of tools of free text', async () => {
      const ask = { model: `${prefix}tool`, store: false, tools: [{ type: 'custom', name: 'apply_patch', description: 'Edits',
        format: { type: 'grammar', syntax: 'lark', definition: 'start: /.+/s' } }] };
      const input = [{ role: 'user', content: 'change it' }];
      const first = await client.responses.create({ ...ask, input });
      const call = first.output.find((i) => i.type === 'custom_tool_call');
      assert.equal(call.name, 'apply_patch');
      assert.ok(call.input.length > 0);
      const streamed = await client.responses.stream({ ...ask, input }).finalResponse();
      assert.equal(streamed.output.find((i) => i.type === 'custom_tool_call').input, call.input);
      const second = await client.responses.create({ ...ask, input: [...input, ...first.output,
        { type: 'custom_tool_call_output', call_id: call.call_id, output: 'changed' }] });
      assert.ok(second.output_text.length > 0);
    });

    test('a loop of tools in a namespace', async () => {
      const ask = { model: `${prefix}tool`, store: false, tools: [{ type: 'namespace', name: 'team', description: 'd', tools: [
        { type: 'function', name: 'spawn', description: 'd', parameters: tool.parameters, strict: false }] }] };
      const input = [{ role: 'user', content: 'spawn one' }];
      const first = await client.responses.create({ ...ask, input });
      const call = first.output.find((i) => i.type === 'function_call');
      assert.deepEqual([call.namespace, call.name], ['team', 'spawn']);
      const second = await client.responses.create({ ...ask, input: [...input, ...first.output,
        { type: 'function_call_output', call_id: call.call_id, output: 'done' }] });
      assert.ok(second.output_text.length > 0);
    });

    test('parse with a schema', async () => {
      const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false };
      await stack.fake.script({ json: ['text={"city":"Paris"}'] });
      const r = await client.responses.parse(ask('json', { text: { format: { type: 'json_schema', name: 'place', schema, strict: true } } }));
      await stack.fake.unscript();
      assert.deepEqual(r.output_parsed, { city: 'Paris' });
      const seen = await stack.fake.request('the schema', (q) => q.path.includes(path) && q.body.includes('additionalProperties'));
      const body = JSON.parse(seen.body);
      const sent = { '/api/chat': body.format, '/v1/chat/completions': body.response_format?.json_schema.schema };
      if (/chat/.test(path)) assert.deepEqual(sent[path], schema);
    });

    test('reasoning is a reasoning item', async () => {
      const r = await client.responses.create(ask('reasoning', { reasoning: { effort: 'low', summary: 'auto' } }));
      assert.deepEqual(r.output.map((i) => i.type), ['reasoning', 'message']);
      assert.ok(r.output[0].summary[0].text.length > 0);
    });

    test('an answer that was cut says so', async () => {
      const whole = await client.responses.create(ask('tokens=20', { max_output_tokens: 5 }));
      assert.equal(whole.status, 'incomplete');
      assert.deepEqual(whole.incomplete_details, { reason: 'max_output_tokens' });
      const list = await all(await client.responses.create(ask('tokens=20', { max_output_tokens: 5, stream: true })));
      assert.equal(list.at(-1).type, 'response.incomplete');
    });

    test('a provider that breaks off is a failed response', async () => {
      const list = await all(await client.responses.create(ask('fixed+cut=700', { stream: true })));
      assert.equal(list.at(-1).type, 'response.failed');
      assert.equal(list.at(-1).response.error.code, 'server_error');
      assert.equal(list.filter((e) => /completed|failed|incomplete/.test(e.type)).length, 1);
    });

    test('abort cancels the provider call', async () => {
      const stream = await client.responses.create(ask('tokens=2000+delay=20', { stream: true }));
      for await (const e of stream) if (e.type === 'response.output_text.delta') break;
      await stack.fake.request('the call to be cancelled', (q) => q.closed_early && q.path.includes(path) && /tokens(=|%3D)2000/i.test(q.path + q.body));
    });
  });

  describe(`completions through ${provider}`, () => {
    test('whole and streamed', async () => {
      const ask = { model: `${prefix}echo`, prompt: 'Say 月', max_tokens: 50 };
      const whole = await client.completions.create(ask);
      assert.equal(whole.object, 'text_completion');
      assert.equal(whole.choices[0].text, 'Say 月');
      assert.equal(whole.choices[0].finish_reason, 'stop');
      assert.ok(whole.usage.total_tokens > 0);
      const chunks = await all(await client.completions.create({ ...ask, prompt: ['Say 月'], stream: true, stream_options: { include_usage: true } }));
      assert.equal(chunks.map((c) => c.choices[0]?.text ?? '').join(''), 'Say 月');
      assert.equal(chunks.at(-2).choices[0].finish_reason, 'stop');
      assert.deepEqual(chunks.at(-1).usage, whole.usage);
    });

    test('reasoning has no place, and the run says so', async () => {
      for (const stream of [false, true]) {
        const answer = await stack.post('/v1/completions', { model: `${prefix}reasoning`, prompt: 'x', stream });
        const text = await answer.text();
        assert.ok(!text.includes('reasoning_content'));
        assert.match(await dropped(answer), /reasoning/);
      }
    });
  });

  describe(`chat completions through ${provider}`, () => {
    const ask = (model, more = {}) => ({ model: prefix + model, messages: [{ role: 'user', content: 'Hello 月门' }], ...more });

    for (const model of ['echo', 'tool', 'tools2', 'reasoning', 'usage=10:20', 'tool+noargs', 'tools2+saytoo']) {
      test(`the stream helper's last message is the whole one: ${model}`, async () => {
        const whole = await client.chat.completions.create(ask(model, { tools: [chatTool] }));
        const stream = client.chat.completions.stream(ask(model, { tools: [chatTool], stream_options: { include_usage: true } }));
        const final = await stream.finalChatCompletion();
        const plain = ({ choices: [c] }) => [c.finish_reason, c.message.content || null,
          c.message.tool_calls?.map((t) => [t.type, t.function.name, JSON.parse(t.function.arguments || '{}')])];
        assert.deepEqual(plain(final), plain(whole));
        assert.deepEqual([final.usage.prompt_tokens, final.usage.completion_tokens], [whole.usage.prompt_tokens, whole.usage.completion_tokens]);
      });
    }

    test('runTools goes there and back', async () => {
      let called = 0;
      const runner = client.chat.completions.runTools({ ...ask('tools2'), tools: [{ type: 'function', function: { ...chatTool.function,
        function: () => (called++, '20 °C'), parse: JSON.parse } }] });
      assert.ok((await runner.finalContent()).length > 0);
      assert.equal(called, 2);
    });
  });
}

describe('what cannot be translated is named', () => {
  const refused = [
    ['/v1/responses', { previous_response_id: 'resp_1' }, 'previous_response_id'], ['/v1/responses', { conversation: 'c' }, 'conversation'],
    ['/v1/responses', { background: true }, 'background'], ['/v1/responses', { input: [{ type: 'item_reference', id: 'x' }] }, 'input[0].type'],
    ['/v1/responses', { input: [{ type: 'compaction', encrypted_content: 'x' }] }, 'input[0].type'],
    ['/v1/responses', { tools: [{ type: 'web_search' }] }, 'tools[0].type'], ['/v1/responses', { tools: [{ type: 'custom' }] }, 'tools[0].name'],
    ['/v1/responses', { input: undefined }, 'input'], ['/v1/responses', { top_logprobs: 3 }, 'top_logprobs'],
    ['/v1/completions', { prompt: ['a', 'b'] }, 'prompt'], ['/v1/completions', { prompt: [1, 2] }, 'prompt'],
    ['/v1/completions', { echo: true }, 'echo'], ['/v1/completions', { suffix: 'x' }, 'suffix'], ['/v1/completions', { best_of: 2 }, 'best_of'],
    ['/v1/completions', { logprobs: 1 }, 'logprobs'], ['/v1/completions', { n: 2 }, 'n'],
    ['/v1/chat/completions', { model: 'fake-ollama/echo', functions: [] }, 'functions'], ['/v1/chat/completions', { model: 'fake-ollama/echo', n: 2 }, 'n'],
    ['/v1/chat/completions', { model: 'fake-ollama/echo', tools: [{ type: 'custom', custom: { name: 'x' } }] }, 'tools[0].type'],
  ];
  for (const [path, more, field] of refused) {
    test(`${path} ${JSON.stringify(more)}`, async () => {
      const answer = await stack.post(path, { model: 'echo', [path === '/v1/responses' ? 'input' : 'prompt']: 'x', messages: [{ role: 'user', content: 'x' }], ...more });
      const { error } = await answer.json();
      assert.equal(answer.status, 400, JSON.stringify(error));
      assert.equal(error.param, field);
      assert.equal(error.type, 'invalid_request_error');
      assert.ok(error.message.includes(field.replace(/\[\d+\]/, '')) || error.message.includes(field));
    });
  }

  test('kept responses are not there', async () => {
    await assert.rejects(client.responses.retrieve('resp_1'), OpenAI.NotFoundError);
    await assert.rejects(client.responses.cancel('resp_1'), OpenAI.NotFoundError);
    await assert.rejects(client.responses.inputItems.list('resp_1'), OpenAI.NotFoundError);
    await assert.rejects(client.responses.delete('resp_1'), OpenAI.NotFoundError);
    assert.equal((await stack.post('/v1/responses/compact', {})).status, 404);
  });

  test('hints are dropped and listed', async () => {
    const answer = await stack.post('/v1/responses', { model: 'echo', input: 'x', store: true, text: { verbosity: 'low' }, prompt_cache_key: 'k',
      service_tier: 'auto', truncation: 'auto', max_tool_calls: 3 });
    assert.equal(answer.status, 200);
    await answer.text();
    assert.match(await dropped(answer), /text\.verbosity, store, prompt_cache_key, service_tier, truncation, max_tool_calls/);
  });
});

test('a compressed body is 415', async () => {
  const answer = await stack.post('/v1/responses', Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0]), { headers: { 'content-encoding': 'zstd' } });
  assert.equal(answer.status, 415, await answer.text());
});

test('input tokens are estimated', async () => {
  const count = async (input) => (await client.responses.inputTokens.count({ model: 'echo', input })).input_tokens;
  assert.ok(await count('one two three four five six') > await count('one'));
});

describe('errors are the SDK\'s own', () => {
  for (const [model, kind] of [['status=400', OpenAI.BadRequestError], ['status=429', OpenAI.RateLimitError], ['status=503', OpenAI.InternalServerError],
    ['no-such-model', OpenAI.NotFoundError]]) {
    test(model, async () => {
      await assert.rejects(client.responses.create({ model, input: 'x' }), kind);
      await assert.rejects(client.completions.create({ model, prompt: 'x' }), kind);
      await assert.rejects(client.chat.completions.create({ model, messages: [{ role: 'user', content: 'x' }] }), kind);
    });
  }

  test('a wrong key', async () => {
    const other = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: 'mgk_wrong', maxRetries: 0 });
    await assert.rejects(other.responses.create({ model: 'echo', input: 'x' }), OpenAI.AuthenticationError);
  });

  test('what only an operator can mend is not tried again', async () => {
    const patient = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key, maxRetries: 2 });
    await stack.fake.forget();
    await assert.rejects(patient.chat.completions.create({ model: 'fake/status=401', messages: [{ role: 'user', content: 'x' }] }),
      (e) => e.status === 502 && e.headers.get('x-should-retry') === 'false');
    assert.equal((await stack.fake.chats()).length, 1);
  });

  test('what a provider calls too long has the code that clients know', async () => {
    const body = JSON.stringify({ error: { message: 'prompt is too long', type: 'invalid_request_error', code: 'context_length_exceeded' } });
    const server = createServer((rq, rs) => rs.writeHead(400, { 'content-type': 'application/json' }).end(body)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await stack.addProvider({ name: 'short', baseUrl: `http://127.0.0.1:${server.address().port}/v1`, models: ['short'] });
      await stack.until('it to be known', async () => (await stack.chat('short')).status === 400);
      for (const call of [() => client.responses.create({ model: 'short', input: 'x' }), () => client.completions.create({ model: 'short', prompt: 'x' }),
        () => client.chat.completions.create({ model: 'short', messages: [{ role: 'user', content: 'x' }] })]) {
        await assert.rejects(call, (e) => e instanceof OpenAI.BadRequestError && e.code === 'context_length_exceeded');
      }
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test('what is over soon is tried again', async () => {
    await stack.fake.script({ 'usage=10:20': ['status=503', 'echo'] });
    const patient = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key, maxRetries: 2 });
    assert.equal((await patient.responses.create({ model: 'usage=10:20', input: 'again' })).output_text, 'again');
    await stack.fake.unscript();
  });
});

// What Codex CLI sends, and all that it reads.
test('Codex', async () => {
  const turn = async (input) => {
    const answer = await stack.post('/v1/responses', { model: 'tool', instructions: 'You are Codex.', input, tool_choice: 'auto', parallel_tool_calls: false,
      tools: [{ type: 'function', name: 'shell', description: 'Runs', strict: false, parameters: { type: 'object', properties: { command: { type: 'array' } } } }],
      reasoning: { effort: 'medium', summary: 'auto' }, store: false, stream: true, include: ['reasoning.encrypted_content'], prompt_cache_key: 'c1',
      text: { verbosity: 'medium' } }, { headers: { accept: 'text/event-stream', originator: 'codex_cli_rs', session_id: 'c1' } });
    const list = await all(events(answer.body));
    const done = list.at(-1);
    assert.equal(done.type, 'response.completed');
    assert.match(done.response.id, /^resp_/);
    for (const k of ['input_tokens', 'output_tokens', 'total_tokens']) assert.equal(typeof done.response.usage[k], 'number');
    return list.filter((e) => e.type === 'response.output_item.done').map((e) => e.item);
  };
  const input = [{ type: 'message', role: 'developer', content: [{ type: 'input_text', text: '<permissions>' }] },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'ls' }] }];
  const [call] = await turn(input);
  assert.equal(call.type, 'function_call');
  const kept = { type: 'function_call', name: call.name, arguments: call.arguments, call_id: call.call_id };
  const items = await turn([...input, kept, { type: 'function_call_output', call_id: call.call_id, output: 'a.txt' }]);
  assert.equal(items[0].type, 'message');
  assert.ok(items[0].content[0].text.length > 0);
});
