// SPDX-License-Identifier: MIT
// Tencent Hunyuan's own API behind the OpenAI door, through the official SDK. The scripted server computes each signature anew and refuses what
// Hunyuan refuses; all its errors have status 200.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import OpenAI from 'openai';
import { refused, said, voices } from './meant.mjs';
import { Stack } from './stack.mjs';

const SECRET = 'fakeSecretKey0123456789abcdefghi';
const FRAMINGS = ['fixed', 'utf8split', 'zh+crlf', 'zh+slowbytes', 'zh+nospace', 'zh+comments', 'zh+nodone', 'tool', 'tools2', 'tool+noargs',
  'tools2+saytoo+reasoning', 'reasoning', 'tokens=200', 'size=300000', 'fixed+nousage', 'fixed+usage=30:40'];
const TROUBLES = [
  // model, status whole, error code
  ['status=400', 400, 'upstream_input'], ['status=401', 502, 'upstream_auth'], ['status=402', 502, 'upstream'], ['status=403', 502, 'upstream_auth'],
  ['status=429', 429, 'rate'], ['status=500', 502, 'upstream'], ['status=503', 502, 'upstream'], ['badjson', 502, 'upstream'],
  ['errorin200', 502, 'upstream'], ['zh+cut=100', 502, 'upstream'],
];
const STREAM_TROUBLES = ['fixed+badjson', 'fixed+errorin200', 'fixed+cut=3000', 'fixed+reset=3000'];
const FINISHES = [['fixed', 'stop'], ['finish=sensitive+fixed', 'content_filter'], ['tool', 'tool_calls']];
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let stack, openai;
const add = (name, secret, options, models) => stack.addProvider({ name, type: 'hunyuan-native', baseUrl: stack.fake.url, models, secret, options });
before(async () => {
  stack = await Stack.start({ name: 'hunyuan' });
  const models = [...new Set([...FRAMINGS, ...TROUBLES.map((t) => t[0]), ...STREAM_TROUBLES, ...FINISHES.map((f) => f[0]), 'echo', 'hunyuan-embedding'])];
  await add('hy', SECRET, { secret_id: 'AKIDfake' }, models);
  await add('region', SECRET, { secret_id: 'AKIDfake', region: 'ap-guangzhou' }, ['echo']);
  await add('wrong', `${SECRET}x`, { secret_id: 'AKIDfake' }, ['echo']);
  await add('nobody', SECRET, { secret_id: 'none' }, ['echo']);
  await stack.until('the providers with their options', async () => (await stack.chat('hy/echo')).status === 200
    && (await stack.chat('region/echo')).status === 200 && (await (await stack.chat('nobody/echo')).json()).error.code === 'upstream_auth');
  openai = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key, maxRetries: 0 });
});
after(() => stack?.stop());
beforeEach(() => stack.fake.forget());

const tools = [{ type: 'function', function: { name: 'look', description: 'Looks', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }];
const sent = async () => JSON.parse((await stack.fake.chats()).at(-1).body);
const { whole, streamed, asMeant } = voices(() => stack, () => openai, 'hy');

describe('an answer', () => {
  for (const model of FRAMINGS) test(`${model}: streamed as whole as the provider meant it`, () => asMeant(model, { tools }));

  for (const [model, finish] of FINISHES) {
    test(`${model} ends with ${finish}`, async () => {
      assert.equal((await whole(model)).choices[0].finish_reason, finish);
      assert.equal((await streamed(model)).finish, finish);
    });
  }
});

describe('a question', () => {
  for (const model of ['tool', 'tools2', 'tool+noargs']) {
    test(`in a round of tools: ${model}`, async () => {
      const messages = [{ role: 'system', content: 'Be brief.' }, ...said];
      const first = await whole(model, { messages, tools });
      messages.push(first.choices[0].message);
      for (const call of first.choices[0].message.tool_calls) messages.push({ role: 'tool', tool_call_id: call.id, content: 'fine' });
      assert.equal((await whole(model, { messages, tools })).choices[0].finish_reason, 'stop');
      const body = await sent();
      assert.deepEqual(body.Messages.map((m) => m.Role).slice(0, 3), ['system', 'user', 'assistant']);
      assert.ok(body.Messages[2].ToolCalls.every((c) => typeof JSON.parse(c.Function.Arguments) === 'object'));
      assert.deepEqual(JSON.parse(body.Tools[0].Function.Parameters), tools[0].function.parameters);
    });
  }

  test('with a tool that must be called', async () => {
    await whole('fixed', { tools, tool_choice: 'required' });
    assert.equal((await sent()).CustomTool.Function.Name, 'look');
    await whole('fixed', { tools, tool_choice: 'none' });
    assert.equal((await sent()).ToolChoice, 'none');
  });

  test('with pictures, inline and by address', async () => {
    await openai.chat.completions.create({ model: 'hy/fixed', messages: [{ role: 'user', content: [{ type: 'text', text: 'look' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }, { type: 'image_url', image_url: { url: 'https://example.org/a.png' } }] }] });
    assert.deepEqual((await sent()).Messages[0].Contents, [{ Type: 'text', Text: 'look' }, { Type: 'image_url', ImageUrl: { Url: `data:image/png;base64,${PNG}` } },
      { Type: 'image_url', ImageUrl: { Url: 'https://example.org/a.png' } }]);
  });

  test('with hints it does not know: named in the run', async () => {
    const answer = await stack.chat('hy/fixed', 'x', { max_tokens: 5, user: 'u', temperature: 0.5 });
    assert.equal(answer.status, 200);
    await answer.text();
    const [row] = await stack.runRows(answer.headers.get('x-run-id'));
    assert.equal(row.dropped, 'max_tokens, user');
    assert.equal((await sent()).Temperature, 0.5);
  });

  test('what Hunyuan has no way to do is refused by name', async () => {
    await refused(whole('fixed', { n: 2 }), /n\b/);
    await refused(whole('fixed', { response_format: { type: 'json_object' } }), /response_format/);
    await refused(openai.chat.completions.create({ model: 'hy/fixed', messages: [{ role: 'user', content: [{ type: 'input_audio',
      input_audio: { data: 'QQ==', format: 'wav' } }] }] }), /input_audio/);
    assert.equal((await stack.fake.chats()).length, 0);
  });
});

describe('what goes wrong', () => {
  for (const [model, status, code] of TROUBLES) {
    test(`${model} becomes ${status} ${code}, whole and streamed`, async () => {
      for (const stream of [false, true]) {
        if (stream && !model.startsWith('status')) continue;
        const answer = await stack.chat(`hy/${model}`, 'x', { stream }), body = await answer.json();
        assert.equal(answer.status, status, JSON.stringify(body));
        assert.equal(body.error.code, code);
        const [row] = await stack.runRows(answer.headers.get('x-run-id'));
        assert.equal(row.status, 'failed');
      }
    });
  }

  for (const model of STREAM_TROUBLES) {
    test(`${model} in a stream ends as an error, never as a whole answer`, async () => {
      const got = await streamed(model);
      assert.ok(got.content.length > 0);
      assert.ok(got.error?.message);
      assert.equal(got.done, false);
    });
  }

  test('a wrong SecretKey or SecretId', async () => {
    for (const provider of ['wrong', 'nobody']) {
      const answer = await stack.chat(`${provider}/echo`);
      assert.equal(answer.status, 502);
      assert.equal((await answer.json()).error.code, 'upstream_auth');
    }
  });
});

describe('embeddings', () => {
  test('of more texts than one request takes, in order', async () => {
    const input = Array.from({ length: 120 }, (_, i) => `text ${i}`);
    const { data } = await openai.embeddings.create({ model: 'hy/hunyuan-embedding', input });
    assert.deepEqual(data.map((d) => d.index), input.map((_, i) => i));
    assert.deepEqual((await stack.fake.chats()).map((r) => JSON.parse(r.body).InputList.length).sort((x, y) => y - x), [50, 50, 20]);
    const ones = await openai.embeddings.create({ model: 'hy/hunyuan-embedding', input: [input[0], input[119]], encoding_format: 'float' });
    assert.deepEqual([...data[119].embedding], ones.data[1].embedding);
    assert.notDeepEqual(ones.data[0].embedding, ones.data[1].embedding);
    await refused(openai.embeddings.create({ model: 'hy/hunyuan-embedding', input: 'x', dimensions: 5 }), /dimensions/);
  });
});

test('the check that costs nothing tells a wrong signature from a right one, and generates nothing', async () => {
  for (const [name, fits] of [['hy', /ok|正常/i], ['region', /ok|正常/i], ['wrong', /bad|status_401|AuthFailure/i], ['nobody', /bad|status_401|AuthFailure/i]]) {
    const { out } = await stack.moongate('provider', 'test', name).catch((e) => ({ out: `${e.out ?? ''}${e.message}` }));
    assert.match(out, fits, name);
    const seen = (await stack.fake.log()).requests.at(-1);
    assert.equal(seen.headers['x-tc-action'], 'GetTokenCount');
    assert.equal(seen.headers['x-tc-region'], name === 'region' ? 'ap-guangzhou' : undefined);
  }
});
