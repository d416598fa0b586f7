// SPDX-License-Identifier: MIT
// Anthropic's Messages API as its official SDK and Claude Code use it, in front of providers of other dialects.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { Stack } from './stack.mjs';
import { all, lines } from './stream.mjs';

const TALK = 'tokens=1000+delay=20';
const MODELS = ['tool', 'tools2', 'noargs+tool', 'saytoo+tools2', 'reasoning', 'usage=10:20', 'usage=100:20+cached=30', 'nousage+fixed', 'size=200000',
  'tokens=30', 'tokens=5+delay=20', 'utf8split', TALK, 'status=400', 'status=401', 'status=404', 'status=429+retry-after=1', 'status=500', 'status=503', 'badjson',
  'errorin200', 'fixed+errorin200', 'fixed+cut=700', 'claude-test', 'claude-second'];
const PROVIDERS = [['an OpenAI-compatible provider', 'fake'], ['an Ollama provider', 'fake-ollama'], ['Anthropic itself', 'fake-anthropic'],
  ['Google Gemini', 'fake-gemini']];
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const WEATHER = { name: 'get_weather', description: 'The weather of a city', input_schema: { type: 'object', properties: { city: { type: 'string' } } } };

let stack, client;
before(async () => {
  stack = await Stack.start({ name: 'messages', models: MODELS });
  await stack.addProvider({ name: 'fake-ollama', type: 'ollama', baseUrl: stack.fake.url, models: ['echo', 'fixed', 'hold', ...MODELS].map((m) => `${m}:latest`) });
  await stack.addProvider({ name: 'fake-anthropic', type: 'anthropic', baseUrl: stack.fake.url, secret: 'sk-ant-0123456789', models: ['echo', 'fixed', 'hold', 'status=529', ...MODELS] });
  await stack.addProvider({ name: 'fake-gemini', type: 'gemini', baseUrl: `${stack.fake.url}/v1beta`, secret: 'gemini-0123456789', models: ['echo', 'fixed', 'hold', 'gemini-3-pro', 'status=504', ...MODELS] });
  client = new Anthropic({ baseURL: stack.url, apiKey: stack.key, maxRetries: 0 });
  await stack.until('the last provider to be known', async () => (await all(client.models.list({ limit: 1000 }))).some((m) => m.id === 'status=504'));
});
after(() => stack?.stop());
beforeEach(() => stack.fake.forget());

const ask = (model, said = 'Hello', more = {}) => ({ model, max_tokens: 1000, messages: [{ role: 'user', content: said }], ...more });
const text = (message) => message.content.filter((b) => b.type === 'text').map((b) => b.text).join('');
const calls = (message) => message.content.filter((b) => b.type === 'tool_use').map((b) => [b.name, b.input]);

// The events of a stream as they came over the wire, each checked to be well formed; and that blocks come one after another.
async function raw(body, headers = {}) {
  const answer = await stack.post('/v1/messages', { ...body, stream: true }, { headers: { 'anthropic-version': '2023-06-01', ...headers } });
  assert.match(answer.headers.get('content-type'), /^text\/event-stream/);
  const list = [];
  let name = null;
  for await (const line of lines(answer.body)) {
    if (line.startsWith('event: ')) name = line.slice(7);
    if (!line.startsWith('data: ')) continue;
    const event = JSON.parse(line.slice(6));
    assert.equal(event.type, name);
    list.push(event);
  }
  return list;
}

function checkOrder(events) {
  const kinds = { text: 'text_delta', thinking: 'thinking_delta', tool_use: 'input_json_delta' };
  let open = null, next = 0;
  assert.equal(events[0].type, 'message_start');
  assert.equal(events.filter((e) => e.type === 'message_start').length, 1);
  assert.ok(events[0].message.usage.input_tokens > 0, 'message_start estimates the question');
  assert.ok(events.some((e) => e.type === 'ping'));
  for (const e of events) {
    if (e.type === 'content_block_start') {
      assert.equal(open, null, 'one block at a time');
      assert.equal(e.index, next++);
      open = e.content_block.type;
      if (open === 'tool_use') assert.deepEqual(e.content_block.input, {});
    } else if (e.type === 'content_block_delta') {
      assert.equal(e.index, next - 1);
      assert.ok(e.delta.type === kinds[open] || (open === 'thinking' && e.delta.type === 'signature_delta'), `${e.delta.type} in ${open}`);
      assert.notEqual(e.delta.text ?? e.delta.partial_json ?? e.delta.thinking ?? e.delta.signature, '', 'no empty delta');
    } else if (e.type === 'content_block_stop') {
      assert.equal(e.index, next - 1);
      open = null;
    }
  }
  assert.equal(open, null);
  assert.deepEqual(events.slice(-2).map((e) => e.type), ['message_delta', 'message_stop']);
}

for (const [kind, provider] of PROVIDERS) {
  describe(`through ${kind}`, () => {
    const ollama = provider === 'fake-ollama', same = provider === 'fake-anthropic';
    const on = (model) => `${provider}/${model}${ollama ? ':latest' : ''}`;
    const other = ollama || provider === 'fake' ? test : () => {};     // what is sent there, and what it answers, in detail; the others: below

    test('a whole answer', async () => {
      const { data, response } = await client.messages.create(ask(on('echo'), 'Hello 月门 🌙')).withResponse();
      assert.deepEqual([data.type, data.role, text(data), data.stop_reason, data.stop_sequence], ['message', 'assistant', 'Hello 月门 🌙', 'end_turn', null]);
      assert.match(data.id, /^msg_/);
      assert.ok(data.usage.input_tokens > 0 && data.usage.output_tokens > 0);
      assert.equal(data._request_id, response.headers.get('x-request-id'));
      assert.ok(response.headers.get('x-run-id'));
      assert.equal(response.headers.get('x-moongate-provider'), provider);
    });

    test('a stream', async () => {
      checkOrder(await raw(ask(on('echo'), 'Hello 月门 🌙')));
      const message = await client.messages.stream(ask(on('echo'), 'Hello 月门 🌙')).finalMessage();
      assert.equal(text(message), 'Hello 月门 🌙');
      assert.equal(message.stop_reason, 'end_turn');
      assert.equal(message.content.length, 1);
    });

    for (const model of ['fixed', 'tool', 'tools2', 'noargs+tool', 'saytoo+tools2', 'reasoning', 'usage=10:20', 'tokens=30', 'utf8split', 'size=200000']) {
      test(`${model}: streamed is whole`, async () => {
        const body = ask(on(model), 'Hello', { tools: [WEATHER] });
        const [whole, streamed] = [await client.messages.create(body), await client.messages.stream(body).finalMessage()];
        const facts = (m) => ({ content: m.content.map(({ id, citations, ...rest }) => rest), stop: m.stop_reason, usage: m.usage.output_tokens, in: m.usage.input_tokens });
        assert.deepEqual(facts(streamed), facts(whole));
        checkOrder(await raw(body));
      });
    }

    test('a round of a tool', async () => {
      const first = await client.messages.create(ask(on('tool'), 'Weather?', { tools: [WEATHER], tool_choice: { type: 'auto' } }));
      assert.equal(first.stop_reason, 'tool_use');
      const call = first.content.find((b) => b.type === 'tool_use');
      assert.equal(call.name, 'get_weather');
      const second = await client.messages.create(ask(on('fixed'), '', { tools: [WEATHER], messages: [{ role: 'user', content: 'Weather?' },
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: [{ type: 'text', text: 'Sunny' }] }, { type: 'text', text: 'So?' }] }] }));
      assert.equal(second.stop_reason, 'end_turn');
      const { body } = (await stack.fake.chats()).at(-1), { messages, contents } = JSON.parse(body);
      assert.deepEqual((messages ?? contents).map((m) => m.role), { 'fake-anthropic': ['user', 'assistant', 'user'], 'fake-gemini': ['user', 'model', 'user'] }[provider]
        ?? ['user', 'assistant', 'tool', 'user']);
      assert.ok(body.includes('Sunny') && body.includes('So?'));
    });

    test('parallel calls stay apart, and a call without arguments has {}', async () => {
      for (const streamed of [false, true]) {
        const body = ask(on('tools2'), 'x', { tools: [WEATHER] });
        const two = streamed ? await client.messages.stream(body).finalMessage() : await client.messages.create(body);
        assert.equal(calls(two).length, 2);
        assert.notDeepEqual(calls(two)[0], calls(two)[1]);
        assert.equal(new Set(two.content.filter((b) => b.type === 'tool_use').map((b) => b.id)).size, 2);
        const none = ask(on('noargs+tool'), 'x', { tools: [WEATHER] });
        const empty = streamed ? await client.messages.stream(none).finalMessage() : await client.messages.create(none);
        assert.deepEqual(calls(empty), [['get_weather', {}]]);
        assert.equal(empty.stop_reason, 'tool_use');
      }
    });

    other('an image, a schema, a system prompt and parameters arrive', async () => {
      await client.messages.create(ask(on('fixed'), [{ type: 'text', text: 'What is it?' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } }], {
        system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }, { type: 'text', text: 'Be kind.' }],
        temperature: 0.5, stop_sequences: ['END'], max_tokens: 77, output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } }));
      const body = (await stack.fake.chats()).at(-1).body, sent = JSON.parse(body);
      assert.equal(sent.messages[0].role, 'system');
      assert.equal(sent.messages[0].content, 'Be brief.\n\nBe kind.');
      for (const part of [PIXEL, 'What is it?', 'END', '77', '0.5', '"type":"object"']) assert.ok(body.includes(part), `${part} in ${body}`);
      assert.ok(!body.includes('cache_control'));
    });

    other('what was dropped is recorded', async () => {
      const { response } = await client.messages.create(ask(on('fixed'), [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }],
        { metadata: { user_id: 'u' }, service_tier: 'auto', thinking: { type: 'adaptive' } })).withResponse();
      const [run] = await stack.runRows(response.headers.get('x-run-id'));
      for (const field of ['content.cache_control', 'service_tier', 'thinking']) assert.ok(run.dropped.includes(field), run.dropped);
    });

    other('thinking comes as blocks, and goes back', async () => {
      const message = await client.messages.create(ask(on('reasoning')));
      assert.deepEqual(message.content.map((b) => b.type), ['thinking', 'text']);
      assert.ok(message.content[0].thinking.length > 0);
      await client.messages.create(ask(on('fixed'), '', { messages: [{ role: 'user', content: 'x' },
        { role: 'assistant', content: message.content }, { role: 'user', content: 'And?' }] }));
    });

    other('usage: what was cached is beside the rest', async () => {
      const whole = await client.messages.create(ask(on('usage=100:20+cached=30')));
      const cached = ollama ? 0 : 30;                      // Ollama has no count of it
      assert.deepEqual([whole.usage.input_tokens, whole.usage.cache_read_input_tokens, whole.usage.output_tokens], [100 - cached, cached, 20]);
      const events = await raw(ask(on('usage=100:20+cached=30')));
      const { usage } = events.find((e) => e.type === 'message_delta');
      assert.deepEqual(usage, whole.usage);
      const none = await client.messages.create(ask(on('nousage+fixed')));
      assert.ok(none.usage.input_tokens > 0 && none.usage.output_tokens > 0, 'estimated');
    });

    test('stop reasons', async () => {
      const cut = await client.messages.create(ask(on('tokens=30'), 'x', { max_tokens: 5 }));
      assert.equal(cut.stop_reason, 'max_tokens');
      const streamed = await client.messages.stream(ask(on('tokens=30'), 'x', { max_tokens: 5 })).finalMessage();
      assert.equal(streamed.stop_reason, 'max_tokens');
    });

    other('errors are those of the SDK', async () => {
      const cases = [['status=400', Anthropic.BadRequestError, 'invalid_request_error'], ['status=401', Anthropic.InternalServerError, 'api_error'],
        ['status=429+retry-after=1', Anthropic.RateLimitError, 'rate_limit_error'], ['status=503', Anthropic.InternalServerError, 'overloaded_error'],
        ['badjson', Anthropic.InternalServerError, 'api_error'], ['errorin200', Anthropic.InternalServerError, null]];
      for (const [model, kind, type] of cases) {
        const error = await client.messages.create(ask(on(model))).then(() => assert.fail(model), (e) => e);
        assert.ok(error instanceof kind, `${model}: ${error.constructor.name} ${error.message}`);
        assert.equal(error.error.type, 'error');
        assert.equal(error.error.error.type, type ?? error.error.error.type, model);
        assert.ok(error.requestID);
        if (model.startsWith('status=429')) assert.equal(error.headers.get('retry-after'), '1');
      }
    });

    test('a failure in a stream is an error event, and nothing comes after it', async () => {
      for (const model of ['fixed+errorin200', 'fixed+cut=700', 'badjson']) {
        const events = await raw(ask(on(model))).catch((e) => assert.fail(`${model}: ${e.message}`));
        assert.equal(events.at(-1).type, 'error', model);
        assert.equal(typeof events.at(-1).error.message, 'string');
        assert.equal(events.filter((e) => e.type === 'message_stop').length, 0);
        await assert.rejects(client.messages.stream(ask(on(model))).finalMessage(), Anthropic.APIError);
      }
    });

    test('a client that leaves ends the provider call', async () => {
      const stream = client.messages.stream(ask(on(TALK)));
      for await (const event of stream) if (event.type === 'content_block_delta') break;
      stream.abort();
      await stack.fake.request('the provider call to be cancelled', (r) => r.closed_early);
    });

    other('what cannot be passed on is refused by name', async () => {
      const cases = [
        [{ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }, /tools\[0\]\.type.*web_search_20250305/],
        [{ mcp_servers: [{ type: 'url', url: 'https://x.example', name: 'x' }] }, /mcp_servers/],
        [{ messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }] }, /source\.type.*file/],
      ];
      for (const [more, words] of cases) {
        const error = await client.messages.create(ask(on('fixed'), 'x', more)).then(() => assert.fail(words), (e) => e);
        assert.ok(error instanceof Anthropic.BadRequestError, error.message);
        assert.match(error.message, words);
      }
      assert.equal((await stack.fake.chats()).length, 0, 'nothing was sent');
    });

    other('counting tokens sends nothing and records nothing', async () => {
      const { max_tokens: none, ...body } = ask(on('fixed'), 'How many tokens are these?', { system: 'Be brief.' });
      const { data: small, response } = await client.messages.countTokens(body).withResponse();
      assert.equal(response.headers.get('x-run-id'), null);
      const large = await client.messages.countTokens({ ...body, tools: [WEATHER] });
      assert.ok(small.input_tokens > 5 && large.input_tokens > small.input_tokens + 10);
      assert.equal((await stack.fake.chats()).length, 0);
      await assert.rejects(client.messages.countTokens({ ...body, model: 'nobody-knows' }), Anthropic.NotFoundError);
      await assert.rejects(client.messages.countTokens({ ...body, tools: [{ type: 'bash_20250124', name: 'bash' }] }), Anthropic.BadRequestError);
    });
  });
}

describe('of one dialect', () => {
  const on = (model) => `fake-anthropic/${model}`;
  const last = async () => (await stack.fake.chats()).at(-1);

  test('what the caller sent arrives: unknown fields, the order of system, betas and version', async () => {
    const body = { ...ask(on('fixed')), x_unknown: { deep: [1, 2.5] }, context_management: { edits: [] },
      system: [{ type: 'text', text: 'x-anthropic-billing-header: a;' }, { type: 'text', text: 'b', cache_control: { type: 'ephemeral', ttl: '1h' } }] };
    const answer = await stack.post('/v1/messages?beta=true', body, { headers: { 'anthropic-version': '2023-01-01', 'anthropic-beta': 'a-1, b-2' } });
    assert.equal(answer.status, 200);
    const seen = await last();
    assert.deepEqual(JSON.parse(seen.body), { ...body, model: 'fixed' });
    assert.deepEqual([seen.headers['anthropic-version'], seen.headers['anthropic-beta']], ['2023-01-01', 'a-1, b-2']);
    assert.ok(!JSON.stringify(seen.headers).includes(stack.key));
  });

  test('its errors are passed on as it said them, with their status', async () => {
    for (const model of ['status=400', 'status=429+retry-after=1', 'status=500', 'status=529']) {
      const direct = await fetch(`${stack.fake.url}/v1/messages`, { method: 'POST', body: JSON.stringify(ask(model)), headers: { 'anthropic-version': '2023-06-01' } });
      const answer = await stack.post('/v1/messages', ask(on(model)));
      assert.equal(answer.status, direct.status, model);
      const [said, heard] = [await direct.json(), await answer.json()];
      assert.deepEqual([heard.type, heard.error], [said.type, said.error]);
      assert.equal(answer.headers.get('retry-after'), direct.headers.get('retry-after'));
      assert.ok(answer.headers.get('request-id'));
    }
  });

  test('but that it refuses our key is not the caller\'s fault', async () => {
    const answer = await stack.post('/v1/messages', ask(on('status=401')));
    assert.equal(answer.status, 502);
    assert.equal((await answer.json()).error.type, 'api_error');
  });

  test('the error inside a stream is its own, once', async () => {
    const events = await raw(ask(on('fixed+errorin200')));
    assert.equal(events.filter((e) => e.type === 'error').length, 1);
    assert.equal(events.at(-1).type, 'error');
  });

  test('what another provider thought and marked is taken back without its marks', async () => {
    const thought = await client.messages.create(ask('fake/reasoning'));
    assert.deepEqual(thought.content.map((b) => b.type), ['thinking', 'text']);
    const messages = [{ role: 'user', content: 'x' }, { role: 'assistant', content: thought.content }, { role: 'user', content: 'And?' }];
    assert.equal((await client.messages.create(ask(on('fixed'), '', { messages }))).stop_reason, 'end_turn');
    assert.ok(!(await last()).body.includes('mg1.'));
  });

  test('tokens are counted as runs are authorised, with tools only Anthropic has', async () => {
    const { max_tokens: none, ...body } = ask(on('fixed'), 'How many?', { tools: [{ type: 'bash_20250124', name: 'bash' }] });
    assert.ok((await client.messages.countTokens(body)).input_tokens > 5);
    await assert.rejects(client.messages.countTokens({ ...body, model: 'fake-anthropic/nobody' }), Anthropic.NotFoundError);
    assert.equal((await stack.fake.chats()).length, 0);
  });
});

describe('what a provider wants back', () => {
  test('the signature of Gemini\'s calls comes back with them, whole and streamed', async () => {
    for (const streamed of [false, true]) {
      await stack.fake.script({ 'gemini-3-pro': ['reasoning+tools2', 'fixed'] });
      const body = ask('fake-gemini/gemini-3-pro', 'Weather?', { tools: [WEATHER] });
      const first = streamed ? await client.messages.stream(body).finalMessage() : await client.messages.create(body);
      assert.equal(first.stop_reason, 'tool_use');
      assert.equal(calls(first).length, 2);
      const results = first.content.filter((b) => b.type === 'tool_use').map((b) => ({ type: 'tool_result', tool_use_id: b.id, content: 'Sunny' }));
      const second = await client.messages.create({ ...body, messages: [...body.messages, { role: 'assistant', content: first.content }, { role: 'user', content: results }] });
      assert.equal(second.stop_reason, 'end_turn');
      const { body: sent } = (await stack.fake.chats()).at(-1);
      assert.match(sent, /"thoughtSignature":"/);
      assert.ok(!sent.includes('mg1.') && !sent.includes('skip_thought_signature_validator'), sent);
      await stack.fake.unscript();
    }
  });

  test('what others signed does not go to where nobody knows it', async () => {
    await stack.fake.script({ 'gemini-3-pro': ['reasoning+tool'] });
    const first = await client.messages.create(ask('fake-gemini/gemini-3-pro', 'x', { tools: [WEATHER] }));
    await stack.fake.unscript();
    const results = first.content.filter((b) => b.type === 'tool_use').map((b) => ({ type: 'tool_result', tool_use_id: b.id, content: 'Sunny' }));
    for (const to of ['fake/fixed', 'fake-ollama/fixed:latest', 'fake-anthropic/fixed']) {
      const messages = [{ role: 'user', content: 'x' }, { role: 'assistant', content: first.content }, { role: 'user', content: results }];
      assert.equal((await client.messages.create(ask(to, '', { messages, tools: [WEATHER] }))).stop_reason, 'end_turn', to);
      assert.ok(!(await stack.fake.chats()).at(-1).body.includes('mg1.'), to);
    }
  });
});

describe('as Claude Code calls', () => {
  const version = { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14', 'x-app': 'cli',
    'x-claude-code-session-id': 's-1' };

  test('a beta stream with all it sends beside, under a Bearer key', async () => {
    const answer = await stack.post('/v1/messages?beta=true', {
      model: 'claude-test', max_tokens: 32000, stream: true, thinking: { type: 'adaptive' }, context_management: { edits: [] },
      output_config: { effort: 'medium' }, metadata: { user_id: 'user_x_account__session_y' },
      system: [{ type: 'text', text: 'x-anthropic-billing-header: cc_version=2; cc_entrypoint=cli;' },
        { type: 'text', text: 'You are Claude Code.', cache_control: { type: 'ephemeral' } }],
      tools: [{ ...WEATHER, strict: true, defer_loading: true, eager_input_streaming: true, cache_control: { type: 'ephemeral' } }],
      messages: [{ role: 'user', content: [{ type: 'text', text: '<system-reminder>x</system-reminder>' }, { type: 'text', text: 'hi',
        cache_control: { type: 'ephemeral' } }] }],
    }, { headers: version });
    assert.equal(answer.status, 200);
    assert.ok(answer.headers.get('request-id'));
    const got = await answer.text();
    assert.match(got, /^event: message_start\n/);
    assert.match(got, /event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/);
  });

  test('its first look, with and without a key', async () => {
    const head = await fetch(`${stack.url}/`, { method: 'HEAD', redirect: 'manual' });
    assert.ok(head.status < 500);
  });

  test('a session of several turns of tools', async () => {
    const messages = [{ role: 'user', content: 'Read the file' }];
    const first = await client.beta.messages.create(ask('tools2', '', { messages, tools: [WEATHER], betas: ['claude-code-20250219'] }));
    messages.push({ role: 'assistant', content: first.content });
    messages.push({ role: 'user', content: first.content.filter((b) => b.type === 'tool_use').map((b, i) => ({ type: 'tool_result', tool_use_id: b.id,
      content: `result ${i}`, is_error: i === 1, cache_control: { type: 'ephemeral' } })) });
    const second = await client.beta.messages.stream(ask('tools2', '', { messages, tools: [WEATHER] })).finalMessage();
    assert.equal(second.stop_reason, 'end_turn');
    const sent = JSON.parse((await stack.fake.chats()).at(-1).body);
    assert.deepEqual(sent.messages.map((m) => [m.role, m.tool_call_id]), [['user', undefined], ['assistant', undefined],
      ['tool', first.content[0].id], ['tool', first.content[1].id]]);
  });

  test('models: pages, one, none; OpenAI\'s shape for everybody else', async () => {
    const ids = (await all(client.models.list({ limit: 7 }))).map((m) => m.id);
    assert.ok(ids.includes('claude-test') && ids.includes('echo:latest'));
    assert.equal(new Set(ids).size, ids.length);
    const page = await (await stack.fetch('/v1/models?limit=3', { headers: version })).json();
    assert.deepEqual([page.data.length, page.has_more, page.first_id, page.last_id], [3, true, ids[0], ids[2]]);
    assert.deepEqual(Object.keys(page.data[0]), ['type', 'id', 'display_name', 'created_at', 'max_input_tokens', 'max_tokens', 'capabilities']);
    assert.match(page.data[0].created_at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const back = await (await stack.fetch(`/v1/models?limit=2&before_id=${encodeURIComponent(ids[4])}`, { headers: version })).json();
    assert.deepEqual(back.data.map((m) => m.id), ids.slice(2, 4));
    assert.equal((await client.models.retrieve('claude-test')).display_name, 'claude-test');
    assert.equal((await client.models.retrieve('tokens=5+delay=20')).id, 'tokens=5+delay=20');
    await assert.rejects(client.models.retrieve('nobody'), Anthropic.NotFoundError);
    await assert.rejects(all(client.models.list({ limit: 0 })), Anthropic.BadRequestError);
    await assert.rejects(all(client.models.list({ after_id: 'nobody' })), Anthropic.BadRequestError);
    assert.equal((await (await stack.fetch('/v1/models')).json()).object, 'list');
    assert.equal((await (await stack.fetch('/v1/models', { key: null, headers: { 'x-api-key': stack.key } })).json()).has_more, true);
  });

  test('errors before there is a run have the shape too', async () => {
    const bad = (path, options) => stack.fetch(path, { headers: { ...version, 'content-type': 'application/json' }, ...options }).then(async (r) => [r.status, await r.json(), r.headers.get('request-id')]);
    const cases = [
      ['/v1/messages', { key: 'mgk_wrong', method: 'POST', body: '{}' }, 401, 'authentication_error'],
      ['/v1/messages', { method: 'GET' }, 405, 'invalid_request_error'],
      ['/v1/messages', { method: 'POST', body: '{' }, 400, 'invalid_request_error'],
      ['/v1/messages', { method: 'POST', body: '{}' }, 400, 'invalid_request_error'],
      ['/v1/messages', { method: 'POST', body: JSON.stringify(ask('nobody-knows')) }, 404, 'not_found_error'],
      ['/v1/messages/batches', { method: 'POST', body: '{}' }, 404, 'not_found_error'],
      ['/v1/no-such-thing', {}, 404, 'not_found_error'],
      ['/v1/models', { key: null }, 401, 'authentication_error'],
      ['/v1/models/nobody', {}, 404, 'not_found_error'],
    ];
    for (const [path, options, status, type] of cases) {
      const [got, body, id] = await bad(path, options);
      assert.equal(got, status, `${path} ${JSON.stringify(body)}`);
      assert.deepEqual([body.type, body.error.type, body.request_id], ['error', type, id], path);
      assert.equal(typeof body.error.message, 'string');
    }
    const plain = await (await stack.fetch('/v1/no-such-thing')).json();
    assert.equal(plain.error.code, 'not_found', 'others get OpenAI\'s shape');
  });

  test('a body that is too large', async () => {
    for (const n of [(32 << 20) + 1, 36 << 20]) {          // the gateway refuses, and the front before it
      const long = await stack.post('/v1/messages', Buffer.alloc(n, 32), { headers: version });
      assert.equal(long.status, 413);
      const { type, error } = await long.json();
      assert.deepEqual([type, error.type], ['error', 'request_too_large']);
    }
  });

  test('a large image passes', async () => {
    const data = 'A'.repeat(20 << 20);
    const body = ask('fixed', [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data } }, { type: 'text', text: 'x' }]);
    assert.equal((await client.messages.create(body)).stop_reason, 'end_turn');
    assert.ok(Number((await stack.fake.chats()).at(-1).headers['content-length']) > 20 << 20);
  });

  test('policy headers hold as at every door', async () => {
    const refused = await stack.post('/v1/messages', ask('fixed'), { headers: { ...version, 'x-data-class': 'nonsense' } });
    assert.equal(refused.status, 400);
    const fine = await stack.post('/v1/messages', ask('fixed'), { headers: { ...version, 'x-data-class': 'internal' } });
    assert.equal(fine.headers.get('x-data-class'), 'internal');
    const [run] = await stack.runRows(fine.headers.get('x-run-id'));
    assert.deepEqual([run.api, run.status, run.data_class], ['anthropic.messages', 'ok', 'internal']);
    const count = await stack.post('/v1/messages/count_tokens', ask('fixed'), { headers: { ...version, 'x-data-class': 'nonsense' } });
    assert.equal(count.status, 400);
  });

  test('the SDK tries again where it may', async () => {
    await stack.fake.script({ 'claude-second': ['status=429', 'status=503', 'fixed'] });
    const patient = new Anthropic({ baseURL: stack.url, apiKey: stack.key, maxRetries: 3 });
    const message = await patient.messages.create(ask('claude-second'));
    assert.equal(message.stop_reason, 'end_turn');
    assert.equal((await stack.fake.chats()).length, 3);
    await stack.fake.unscript();
  });
});

test('a silent stream is kept alive with pings', async () => {
  await stack.rows('select 1');
  const quiet = await Stack.start({ name: 'messages-quiet', env: { MOONGATE_KEEPALIVE_S: '1' } });
  try {
    const answer = await quiet.post('/v1/messages', { ...ask('hold'), stream: true });
    let pings = 0, after = '';
    for await (const line of lines(answer.body)) {
      if (line === 'event: ping' && ++pings === 2) await quiet.fake.release();
      after = line || after;
    }
    assert.ok(pings >= 2);
    assert.equal(after, 'data: {"type":"message_stop"}');
  } finally {
    await quiet.stop();
  }
});
