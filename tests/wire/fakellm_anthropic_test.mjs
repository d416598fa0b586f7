// SPDX-License-Identifier: MIT
// The scripted model server as Anthropic: its official SDK reads it, and what the service would refuse is refused.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { Fakellm } from './fakellm.mjs';
import { OUT } from './stack.mjs';

const logs = join(OUT, 'wire', 'fakellm-anthropic');
mkdirSync(logs, { recursive: true });
let fake, client;
before(async () => {
  fake = await Fakellm.start(join(OUT, 'fakellm'), join(logs, 'fakellm.log'), ['--key', 'right-key']);
  client = new Anthropic({ baseURL: fake.url, apiKey: 'right-key', maxRetries: 0 });
});
after(async () => assert.equal(await fake.stop(), 0));
beforeEach(() => fake.forget());

const user = (content) => ({ role: 'user', content });
const asked = (model, more = {}) => ({ model, max_tokens: 4096, messages: [user('Say "月门"\n')], ...more });
const whole = (model, more) => client.messages.create(asked(model, more));
const stream = (model, more) => client.messages.stream(asked(model, more)).finalMessage();
const refused = async (more, words) => {
  await assert.rejects(whole('fixed', more), (e) => {
    assert.equal(e.status, 400);
    assert.equal(e.error.error.type, 'invalid_request_error');
    assert.match(e.error.error.message, words);
    return true;
  });
};

describe('answers', () => {
  test('a stream says what the whole answer says, with the same usage', async () => {
    for (const model of ['fixed', 'zh', 'echo', 'tokens=5', 'reasoning', 'reasoning+sealed', 'oddities', 'tool', 'tools2', 'tools2+saytoo+reasoning',
      'tool+noargs', 'utf8split', 'slowbytes+tokens=2', 'crlf+nospace+comments', 'fixed+usage=100:20+cached=10+written=30+hour=10+thought=5',
      'finish=refusal', 'finish=stop_sequence']) {
      const one = await whole(model), two = await stream(model);
      const plain = (m) => m.content.map(({ citations, id, ...rest }) => (rest.type === 'server_tool_use' ? { ...rest, input: {} } : rest));
      assert.deepEqual(plain(two), plain(one), model);
      assert.equal(two.stop_reason, one.stop_reason, model);
      assert.equal(two.usage.output_tokens, one.usage.output_tokens, model);
      assert.equal(two.usage.cache_creation.ephemeral_1h_input_tokens, one.usage.cache_creation.ephemeral_1h_input_tokens, model);
    }
  });

  test('thoughts, text and parallel calls are blocks of their own', async () => {
    const { content, stop_reason } = await stream('tools2+saytoo+reasoning+sealed', { tools: [{ name: 'look', input_schema: { type: 'object' } }] });
    assert.deepEqual(content.map((b) => b.type), ['thinking', 'redacted_thinking', 'text', 'tool_use', 'tool_use']);
    assert.ok(content[0].signature);
    assert.deepEqual(content.slice(3).map((b) => [b.name, b.input.city]), [['look', '苏州'], ['look', 'Paris']]);
    assert.equal(stop_reason, 'tool_use');
  });

  test('input tokens leave out the cache', async () => {
    const { usage } = await whole('fixed+usage=100:20+cached=10+written=30+hour=12');
    assert.equal(usage.input_tokens, 60);
    assert.equal(usage.cache_read_input_tokens, 10);
    assert.equal(usage.cache_creation_input_tokens, 30);
    assert.deepEqual(usage.cache_creation, { ephemeral_5m_input_tokens: 18, ephemeral_1h_input_tokens: 12 });
  });

  test('max_tokens cuts', async () => {
    const cut = await whole('tokens=9', { max_tokens: 4 });
    assert.equal(cut.stop_reason, 'max_tokens');
    assert.equal(cut.content[0].text, 't1 t2 t3 t4 ');
  });

  test('models in pages, tokens counted', async () => {
    const names = [];
    for await (const model of client.models.list({ limit: 5 })) names.push(model.id);
    const all = (await client.models.list({ limit: 1000 })).data.map((m) => m.id);
    assert.deepEqual(names, all);
    assert.ok(all.length > 20 && (await client.models.list()).data.length === 20);
    assert.equal((await client.messages.countTokens({ model: 'x', messages: [user('12345678')] })).input_tokens, 2);
  });
});

describe('errors', () => {
  test('statuses in its shape, with its headers', async () => {
    for (const [status, type] of [[401, 'authentication_error'], [429, 'rate_limit_error'], [500, 'api_error'], [529, 'overloaded_error']]) {
      await assert.rejects(whole(`status=${status}+retry-after=2`), (e) => {
        assert.equal(e.status, status);
        assert.equal(e.error.error.type, type);
        assert.equal(e.headers.get('retry-after'), '2');
        assert.match(e.headers.get('request-id'), /^req_/);
        assert.match(e.headers.get('anthropic-ratelimit-requests-reset'), /^\d{4}-.*Z$/);
        return true;
      });
    }
    const other = new Anthropic({ baseURL: fake.url, apiKey: 'wrong', maxRetries: 0 });
    await assert.rejects(other.messages.create(asked('fixed')), (e) => e.status === 401 && e.error.error.type === 'authentication_error');
  });

  test('an error inside a stream', async () => {
    await assert.rejects(stream('errorin200'), /overloaded_error/);
    const cut = await fetch(`${fake.url}/v1/messages`, { method: 'POST', headers: { 'x-api-key': 'right-key', 'anthropic-version': '2023-06-01' },
      body: JSON.stringify(asked('tokens=2+nodone', { stream: true })) });
    const text = await cut.text();
    assert.match(text, /message_delta/);
    assert.ok(!text.includes('message_stop'));
  });
});

describe('what the service refuses', () => {
  const call = (id, input = {}) => ({ role: 'assistant', content: [{ type: 'tool_use', id, name: 'f', input }] });
  const result = (id) => ({ type: 'tool_result', tool_use_id: id, content: 'r' });

  test('conversations', async () => {
    await whole('fixed', { messages: [user('a'), call('t1'), user([result('t1'), { type: 'text', text: 'b' }])] });
    await refused({ messages: [{ role: 'system', content: 'a' }] }, /role/);
    await refused({ messages: [user('')] }, /non-empty/);
    await refused({ messages: [user([{ type: 'text', text: '' }])] }, /non-empty/);
    await refused({ messages: [user('a'), call('t1'), user('b')] }, /without `tool_result`/);
    await refused({ messages: [user('a'), call('t1')] }, /without `tool_result`/);
    await refused({ messages: [user([result('t1')])] }, /unexpected `tool_use_id`/);
    await refused({ messages: [user('a'), call('t1'), user([{ type: 'text', text: 'b' }, result('t1')])] }, /must come first/);
    await refused({ messages: [user('a'), call('t 1'), user([result('t 1')])] }, /pattern/);
    await refused({ messages: [user('a'), call('t1', 'text'), user([result('t1')])] }, /dictionary/);
    await refused({ messages: [user([{ type: 'image', source: { type: 'base64', media_type: 'image/bmp', data: 'x' } }])] }, /media_type/);
    await refused({ messages: [user([{ type: 'input_audio' }])] }, /expected tags/);
  });

  test('thoughts that it did not think', async () => {
    const { content } = await whole('reasoning+sealed');
    await whole('fixed', { messages: [user('a'), { role: 'assistant', content }, user('b')] });
    const other = content.map((b) => (b.signature ? { ...b, signature: 'x' } : b));
    await refused({ messages: [user('a'), { role: 'assistant', content: other }, user('b')] }, /Invalid `signature`/);
  });

  test('parameters', async () => {
    await refused({ max_tokens: undefined }, /max_tokens: Field required/);
    await refused({ temperature: 1.5 }, /range/);
    await refused({ thinking: { type: 'enabled', budget_tokens: 1024 }, temperature: 0.5 }, /thinking/);
    await refused({ thinking: { type: 'enabled', budget_tokens: 8000 } }, /budget_tokens/);
    await refused({ thinking: { type: 'adaptive' }, tool_choice: { type: 'any' } }, /forces/);
    await refused({ tools: [{ name: 'f', input_schema: {} }] }, /input_schema/);
    await refused({ stop_sequences: ['a', '\n'] }, /stop_sequences/);
    await refused({ seed: 1 }, /Extra inputs/);
    await fake.script({ 'claude-opus-5-5': ['fixed'] });
    await assert.rejects(whole('claude-opus-5-5', { temperature: 0.5 }), /deprecated/);
    await fake.unscript();
  });
});
