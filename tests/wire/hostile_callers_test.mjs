// SPDX-License-Identifier: MIT
// Hostile callers at every client API, before providers of every dialect: wrong types in every field, bodies that are none, forged marks, headers that try to
// be more than one, keys without the right. A caller gets an answer or a refusal in the API's own shape, never a failure of ours.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { PROVIDERS } from './dialects.mjs';
import { DOORS } from './door_shapes.mjs';
import { raw, rawPost } from './raw.mjs';
import { Stack } from './stack.mjs';

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000), CASES = Number(process.env.CASES ?? 150);
let state = SEED, stack, admin;
const random = (n) => { state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff; return Math.floor((state / 0x80000000) * n); };
const one = (list) => list[random(list.length)];
const MODEL = Object.fromEntries(PROVIDERS.map((p) => [p.name, `c-${p.name}`])), models = Object.values(MODEL);

before(async () => {
  stack = await Stack.start({ name: 'hostile_callers', env: { MOONGATE_ATTEMPTS_MAX: '1', MOONGATE_BREAKER_CALLS_MIN: '10000' } });
  for (const p of PROVIDERS) await stack.addProvider({ name: p.name, ...p.add(stack.fake.url), models: [MODEL[p.name], `text-embedding-${p.name}`, ...(p.name === 'bedrock' ? ['last'] : [])] });
  await stack.fake.script(Object.fromEntries(models.map((m) => [m, 'fixed'])));
  admin = await stack.createKey('admin', 'admin');
  await stack.until('the last provider', async () => (await (await stack.fetch('/v1/models')).json()).data.some((m) => m.id === 'last'));
});
after(() => stack?.stop());

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', schema = { type: 'object', properties: { a: { type: 'string' } } };
const openaiTools = [{ type: 'function', function: { name: 'f', description: 'd', parameters: schema, strict: true } }];
// A body with everything in it, for each API.
const RICH = {
  '/v1/chat/completions': { messages: [{ role: 'system', content: 's' }, { role: 'user', content: [{ type: 'text', text: 'x' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}`, detail: 'low' } }] },
    { role: 'assistant', content: null, reasoning_content: 'r', tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' }, extra_content: { google: { thought_signature: 'mg1.gemini.x' } } }] },
    { role: 'tool', tool_call_id: 'a', content: 'y' }], tools: openaiTools, tool_choice: { type: 'function', function: { name: 'f' } }, temperature: 1, top_p: 1, n: 1, stop: ['a'], max_tokens: 9, seed: 1,
  response_format: { type: 'json_schema', json_schema: { name: 'n', schema, strict: true } }, stream: true, stream_options: { include_usage: true }, logprobs: true, top_logprobs: 1, user: 'u', reasoning_effort: 'low',
  parallel_tool_calls: true, presence_penalty: 0, frequency_penalty: 0, logit_bias: { 1: 1 }, metadata: { a: 'b' } },
  '/v1/completions': { prompt: 'x', suffix: 's', max_tokens: 9, stop: 'a', echo: false, n: 1, best_of: 1, logprobs: 1, stream: true, temperature: 1 },
  '/v1/responses': { input: [{ role: 'user', content: [{ type: 'input_text', text: 'x' }, { type: 'input_image', image_url: `data:image/png;base64,${PNG}` }] }, { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 't' }],
    encrypted_content: 'mg1.anthropic.x' }, { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' }, { type: 'function_call_output', call_id: 'a', output: 'o' }], instructions: 'i',
  tools: [{ type: 'function', name: 'f', parameters: schema, strict: true }], tool_choice: 'auto', text: { format: { type: 'json_schema', name: 'n', schema } }, reasoning: { effort: 'low' }, max_output_tokens: 9, stream: true,
  include: ['reasoning.encrypted_content'], store: false },
  '/v1/messages': { max_tokens: 2000, system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }], messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }] },
    { role: 'assistant', content: [{ type: 'thinking', thinking: 't', signature: 'mg1.gemini.x' }, { type: 'redacted_thinking', data: 'mg1.anthropic.y' }, { type: 'tool_use', id: 'a', name: 'f', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'r' }], is_error: true }] }], tools: [{ name: 'f', description: 'd', input_schema: schema }], tool_choice: { type: 'auto' },
  thinking: { type: 'enabled', budget_tokens: 1024 }, stop_sequences: ['a'], temperature: 1, top_k: 3, metadata: { user_id: 'u' }, stream: true },
  '/v1/messages/count_tokens': { messages: [{ role: 'user', content: 'x' }], system: 's' },
  '/v1/responses/input_tokens': { input: 'x', instructions: 'i' },
  '/api/chat': { messages: [{ role: 'user', content: 'x', images: [PNG] }, { role: 'assistant', content: '', thinking: 't', tool_calls: [{ function: { name: 'f', arguments: {} } }] }, { role: 'tool', content: 'y', tool_name: 'f' }],
    tools: openaiTools, format: schema, options: { temperature: 1, num_predict: 9, stop: ['a'], seed: 1 }, think: true, keep_alive: '5m', stream: true },
  '/api/generate': { prompt: 'x', system: 's', suffix: '', images: [PNG], format: 'json', options: {}, raw: false, think: false, stream: true, context: [1] },
  '/v1/embeddings': { input: ['x', 'y'], encoding_format: 'float', dimensions: 8, user: 'u' },
  '/api/embed': { input: ['x', 'y'], truncate: true, dimensions: 8, options: {}, keep_alive: 0 },
  '/api/embeddings': { prompt: 'x', options: {} },
  '/api/show': { name: 'x', verbose: true, options: { a: 1 } },
};
const said = { messages: [{ role: 'user', content: 'x' }] };
// The least a body must have.
const PLAIN = { '/v1/chat/completions': said, '/v1/completions': { prompt: 'x' }, '/v1/responses': { input: 'x' }, '/v1/messages': { ...said, max_tokens: 9 }, '/v1/messages/count_tokens': said,
  '/v1/responses/input_tokens': { input: 'x' }, '/api/chat': { ...said, stream: false }, '/api/generate': { prompt: 'x', stream: false }, '/v1/embeddings': { input: 'x' }, '/api/embed': { input: 'x' },
  '/api/embeddings': { prompt: 'x' }, '/api/show': {} };
const embeds = (path) => /embed/.test(path);
const modelsFor = (path) => (embeds(path) ? models.map((m) => m.replace('c-', 'text-embedding-')) : models);

const ODD = [null, true, 0, -1, 1e308, 2 ** 63, -(2 ** 63), 0.1, '', 'x', '\u0000', '\u0000mg1.gemini.', '"\n\r\\', '月'.repeat(2000), [], {}, [[]], [null], [{}], { a: {} }, { type: 'text' }, { type: null }, [{ type: 'image', source: {} }],
  'data:image/png;base64,!!!', 'data:;base64,', 'data:image/png;base64', 'data:image/svg+xml;base64,AAAA', 'file:///etc/passwd', 'http://[', 'mg1.', 'mg1..', 'mg1.anthropic.', 'mg1.gemini.AA==', 'mg1.openai.{"type":"x","data":"y"}',
  'mg1.openai.{},"model":"evil"', 'mg1.bedrock.AA', 'mg1.nobody.x', 'mg1', `mg1.gemini.${'A'.repeat(300_000)}`, '{"a":', 'no JSON', '[1]', '{}{}', '{"a":1,"a":2}', Array(3000).fill('x'), Array(300).fill({ type: 'text', text: 'x' })];

// Every place in a body: [holder, name].
function places(value, found = []) {
  for (const [name, inner] of Object.entries(value ?? {})) {
    found.push([value, Array.isArray(value) ? Number(name) : name]);
    if (inner && typeof inner === 'object') places(inner, found);
  }
  return found;
}

// A refusal or an answer in the API's own shape.
function shaped(path, status, text, what) {
  assert.ok(status < 500, `${what}: ${status} ${text.slice(0, 500)}`);
  if (status === 200) return;
  const body = JSON.parse(text), words = /^\/v1\/messages/.test(path) ? body.type === 'error' && body.error.message : /^\/api\/(chat|gen|emb|show)/.test(path) ? body.error : body.error.message;
  assert.equal(typeof words, 'string', `${what}: ${text.slice(0, 300)}`);
}
async function tried(path, body, what, options) {
  const answer = await stack.post(path, body, options), text = await answer.text();
  if (stack.gate.code !== undefined) throw new Error(`${what} ended the gateway: ${stack.gate.lastLines}`);
  shaped(path, answer.status, text, what);
  return { status: answer.status, text };
}

for (const [path, rich] of Object.entries(RICH))
  describe(path, () => {
    test('wrong types in any field', async () => {
      for (const [field] of Object.entries(rich)) for (const value of ODD) {
        const body = { model: one(modelsFor(path)), ...rich, [field]: value };
        if (random(3)) continue;
        await tried(path, body, `${field}: ${JSON.stringify(value).slice(0, 60)} for ${body.model} (SEED=${SEED})`);
      }
      for (const value of ODD) await tried(path, { ...rich, model: value }, `model: ${JSON.stringify(value).slice(0, 60)}`);
    });

    test('anything anywhere', async () => {
      for (let i = 0; i < CASES; i++) {
        const body = structuredClone({ model: one(modelsFor(path)), ...rich });
        for (let k = random(3); k >= 0; k--) {
          const [holder, name] = one(places(body).filter(([, n]) => n !== 'model')) ?? [body, 'x'];
          if (random(5)) holder[name] = structuredClone(one(ODD));
          else if (Array.isArray(holder)) holder.splice(name, 0, structuredClone(one(ODD)));
          else delete holder[name];
        }
        await tried(path, body, `case ${i} for ${body.model} (SEED=${SEED}): ${JSON.stringify(body).slice(0, 1500)}`);
      }
    });

    test('bodies that are none', async () => {
      const good = JSON.stringify({ model: modelsFor(path)[0], ...rich });
      for (const body of ['', '{', 'null', '[]', '"x"', `${good}x`, `${good}${good}`, good.replace('{', '{"model":"x",'), good.replace('{', '{"mod\\u0065l":"x",'), '['.repeat(100_000), '{"a":'.repeat(100_000), `{"model":"x","a":${'['.repeat(600)}${']'.repeat(600)}}`,
        Buffer.from('{"model":"\xff\xfe"}', 'latin1'), '{"model":"\\ud800"}', '{"model":"a\\u0000b"}', '{"model":1e999}', '{"model":-0}', `{"model":${'9'.repeat(5000)}}`, '\ufeff{}', '{"model":"x"}\u0000']) {
        const { status } = await tried(path, body, `the body ${JSON.stringify(body.toString().slice(0, 50))}`);
        assert.ok(status >= 400, `${status}: ${body.toString().slice(0, 50)}`);
      }
    });

    test('a key without the right gets nothing, nor does a revoked one', async () => {
      const mine = modelsFor(path)[0], others = modelsFor(path)[1], narrow = await stack.createKey('narrow', 'developer', ['--models', mine]), plain = PLAIN[path];
      for (const model of [others, ...PROVIDERS.map((p) => `${p.name}/${others}`)]) {
        const { status } = await tried(path, { model, ...plain }, model, { key: narrow });
        assert.ok([403, 404].includes(status), `${model}: ${status}`);
      }
      assert.equal((await tried(path, { ...plain, model: mine }, mine, { key: narrow })).status, 200);
      assert.equal((await stack.fetch(`/api/v1/keys/${narrow.slice(4, 16)}`, { method: 'DELETE', key: admin })).status, 204);
      await stack.until('the key to be gone', async () => (await stack.post(path, { ...plain, model: mine }, { key: narrow })).status === 401);
      for (const key of ['', 'x', `${narrow}x`, narrow.slice(0, -1), `mgk_${'A'.repeat(6000)}`]) assert.equal((await stack.post(path, { ...plain, model: mine }, { key })).status, 401);
    });
  });

describe('headers', () => {
  const names = ['anthropic-beta', 'anthropic-version', 'openai-organization', 'openai-project', 'openai-beta', 'x-request-id', 'user-agent', 'x-stainless-lang', 'x-forwarded-for', 'host'];
  test('are one header each, whatever they hold', async () => {
    for (const door of Object.values(DOORS))
      for (const model of models)
        for (const name of names) {
          await stack.fake.forget();
          const value = one(['a\tb', 'a: b', 'x%0d%0aX-Evil: 1', '%s%n%x', `${'a,'.repeat(2000)}`, 'a, b', '\u00e9\u00ff', '"', '\\r\\nX-Evil: 1', '${jndi:x}', "';--"]);
          const answer = await rawPost(stack.url, door.path, [`Authorization: Bearer ${stack.key}`, 'Content-Type: application/json', ...(name === 'host' ? [] : [`${name}: ${value}`])], JSON.stringify(door.body(model)));
          assert.ok(answer.status < 500, `${name}: ${value} for ${model}: ${answer.status} ${answer.body}`);
          for (const c of await stack.fake.chats()) assert.ok(!Object.keys(c.headers).includes('x-evil'), JSON.stringify(c.headers));
        }
  });

  test('for Anthropic are passed on as they came: a list keeps its blanks', async () => {
    await stack.fake.forget();
    const answer = await stack.post('/v1/messages', DOORS.messages.body(MODEL.anthropic), { headers: { 'anthropic-beta': 'one-2025-01-01, two-2025-02-02', 'anthropic-version': '2023-06-01' } });
    assert.equal(answer.status, 200, await answer.text());
    const { headers } = (await stack.fake.chats()).at(-1);
    assert.deepEqual([headers['anthropic-beta'], headers['anthropic-version']], ['one-2025-01-01, two-2025-02-02', '2023-06-01']);
  });

  test('that break the line never reach a provider', async () => {
    for (const bytes of ['anthropic-beta: a\rX-Evil: 1', 'anthropic-beta: a\nX-Evil: 1', 'anthropic-beta: a\0b', 'anthropic-beta : a', ' anthropic-beta: a']) {
      await stack.fake.forget();
      const body = JSON.stringify(DOORS.messages.body(MODEL.anthropic));
      await raw(stack.url, `POST /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${stack.key}\r\nContent-Length: ${body.length}\r\n${bytes}\r\n\r\n${body}`).catch(() => {});
      for (const c of await stack.fake.chats()) for (const [n, v] of Object.entries(c.headers)) assert.ok(n !== 'x-evil' && !/[\r\n\0]/.test(String(v)), JSON.stringify(c.headers));
    }
  });
});

test('lists of models show a key only what it may use', async () => {
  const key = await stack.createKey('one model', 'developer', ['--models', models[2]]);
  for (const [path, names] of [['/v1/models', (b) => b.data.map((m) => m.id)], ['/api/tags', (b) => b.models.map((m) => m.name)], ['/api/ps', (b) => b.models.map((m) => m.name)]])
    for (const headers of [{}, { 'anthropic-version': '2023-06-01' }]) assert.deepEqual(names(await (await stack.fetch(path, { key, headers })).json()), [models[2]]);
  for (const headers of [{}, { 'anthropic-version': '2023-06-01' }]) assert.equal((await stack.fetch(`/v1/models/${models[1]}`, { key, headers })).status, 404);
});
