// SPDX-License-Identifier: MIT
// The scripted model server as Gemini: its official SDK reads it, and what the service would refuse is refused.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { GoogleGenAI } from '@google/genai';
import { Fakellm } from './fakellm.mjs';
import { OUT } from './stack.mjs';

const logs = join(OUT, 'wire', 'fakellm-gemini');
mkdirSync(logs, { recursive: true });
let fake, client;
before(async () => {
  fake = await Fakellm.start(join(OUT, 'fakellm'), join(logs, 'fakellm.log'), ['--key', 'right-key']);
  client = new GoogleGenAI({ apiKey: 'right-key', httpOptions: { baseUrl: fake.url } });
});
after(async () => assert.equal(await fake.stop(), 0));

const whole = (model, more = {}) => client.models.generateContent({ model, contents: 'Say "月门"\n', ...more });
async function streamed(model, more = {}) {
  const parts = [];
  let last;
  for await (const chunk of await client.models.generateContentStream({ model, contents: 'Say "月门"\n', ...more })) {
    parts.push(...(chunk.candidates?.[0].content?.parts ?? []));
    last = chunk;
  }
  return { parts, last };
}
const joined = (parts) => ({
  text: parts.filter((p) => p.text && !p.thought).map((p) => p.text).join(''),
  thought: parts.filter((p) => p.thought).map((p) => p.text).join(''),
  calls: parts.filter((p) => p.functionCall).map((p) => [p.functionCall.name, p.functionCall.args, p.thoughtSignature]),
});
const tools = [{ functionDeclarations: [{ name: 'look', parametersJsonSchema: { type: 'object' } }] }];

// Not utf8split, nospace, comments: the SDK itself cannot read these.
describe('answers', () => {
  test('a stream says what the whole answer says, with the same usage', async () => {
    for (const model of ['fixed', 'zh', 'echo', 'tokens=5', 'reasoning', 'sealed', 'tool', 'tools2', 'tools2+saytoo+reasoning', 'tool+noargs',
      'slowbytes+tokens=2', 'crlf', 'fixed+usage=100:20+cached=10+thought=5', 'finish=SAFETY', 'finish=blocked', 'tokens=9+usage=1:2']) {
      const one = await whole(model), { parts, last } = await streamed(model);
      assert.deepEqual(joined(parts), joined(one.candidates?.[0].content.parts ?? []), model);
      assert.equal(last.candidates?.[0].finishReason, one.candidates?.[0].finishReason, model);
      assert.deepEqual(last.promptFeedback, one.promptFeedback, model);
      assert.deepEqual(last.usageMetadata, one.usageMetadata, model);
    }
  });

  test('calls round trip through the SDK', async () => {
    const first = await whole('tools2', { config: { tools } });
    assert.deepEqual(first.functionCalls.map((c) => [c.name, c.args.city]), [['look', '苏州'], ['look', 'Paris']]);
    const answers = first.functionCalls.map((c) => ({ functionResponse: { name: c.name, response: { result: 'fine' } } }));
    const contents = [{ role: 'user', parts: [{ text: 'x' }] }, first.candidates[0].content, { role: 'user', parts: answers }];
    assert.match((await whole('tools2', { contents, config: { tools } })).text, /\w/);
  });

  test('from gemini-3 on, calls have ids and the first is signed', async () => {       // which this SDK does not know of
    await fake.script({ 'gemini-3-fake': 'tools2' });
    const ask = async (contents) => (await (await fetch(`${fake.url}/v1beta/models/gemini-3-fake:generateContent`,
      { method: 'POST', headers: { 'x-goog-api-key': 'right-key' }, body: JSON.stringify({ contents, tools }) })).json()).candidates[0].content;
    const said = { role: 'user', parts: [{ text: 'x' }] }, first = await ask([said]);
    assert.deepEqual(first.parts.map((p) => [p.functionCall.name, Boolean(p.functionCall.id), Boolean(p.thoughtSignature)]),
      [['look', true, true], ['look', true, false]]);
    const answers = first.parts.map(({ functionCall: c }) => ({ functionResponse: { id: c.id, name: c.name, response: { result: 'fine' } } }));
    assert.match((await ask([said, first, { role: 'user', parts: answers }])).parts[0].text, /\w/);
    await fake.unscript();
  });

  test('maxOutputTokens cuts; thoughts are counted beside', async () => {
    const cut = await whole('tokens=9', { config: { maxOutputTokens: 4 } });
    assert.equal(cut.candidates[0].finishReason, 'MAX_TOKENS');
    assert.equal(cut.text, 't1 t2 t3 t4 ');
    const { usageMetadata: u } = await whole('fixed+usage=100:20+thought=5');
    assert.deepEqual([u.promptTokenCount, u.candidatesTokenCount, u.thoughtsTokenCount, u.totalTokenCount], [100, 15, 5, 120]);
  });

  test('models in pages, tokens counted, texts embedded', async () => {
    const names = [];
    for await (const model of await client.models.list({ config: { pageSize: 7 } })) names.push(model.name);
    assert.ok(names.length > 20 && new Set(names).size === names.length && names.includes('models/demo'));
    assert.equal((await client.models.get({ model: 'models/demo' })).outputTokenLimit, 65536);
    assert.ok((await client.models.countTokens({ model: 'x', contents: '12345678' })).totalTokens > 0);
    const { embeddings } = await client.models.embedContent({ model: 'gemini-embedding-001', contents: ['a', 'b'], config: { outputDimensionality: 3 } });
    assert.deepEqual(embeddings.map((e) => e.values.length), [3, 3]);
    assert.notDeepEqual(embeddings[0].values, embeddings[1].values);
  });
});

describe('errors', () => {
  const post = (body, verb = 'generateContent', model = 'fixed') => fetch(`${fake.url}/v1beta/models/${model}:${verb}`,
    { method: 'POST', headers: { 'x-goog-api-key': 'right-key' }, body: JSON.stringify(body) });

  test('have the service\'s shape', async () => {
    const wrong = new GoogleGenAI({ apiKey: 'wrong', httpOptions: { baseUrl: fake.url } });
    await assert.rejects(wrong.models.generateContent({ model: 'fixed', contents: 'x' }), /401.*UNAUTHENTICATED/);
    for (const [status, word] of [[400, 'INVALID_ARGUMENT'], [403, 'PERMISSION_DENIED'], [404, 'NOT_FOUND'], [429, 'RESOURCE_EXHAUSTED'], [503, 'UNAVAILABLE']]) {
      await assert.rejects(whole(`status=${status}`), new RegExp(`${status}.*${word}`));
    }
    const { error } = await (await post({ contents: [{ role: 'user', parts: [{ text: 'x' }] }] }, 'generateContent', 'status=429')).json();
    assert.equal(error.details[0].retryDelay, '34s');
    await assert.rejects(streamed('fixed+errorin200'), /stopped in the middle|Incomplete JSON/);
  });

  const said = [{ role: 'user', parts: [{ text: 'x' }] }];
  const call = (name, more) => ({ functionCall: { name, args: {} }, ...more });
  const answer = (name) => ({ functionResponse: { name, response: { result: '' } } });
  const turns = (...turns_) => ({ contents: [...said, ...turns_.map((parts, i) => ({ role: i % 2 ? 'user' : 'model', parts }))] });
  for (const [what, body, words, model] of [
    ['an unknown member', { contents: said, messages: [] }, /Unknown name/],
    ['no contents', {}, /contents/],
    ['turns of one side', { contents: [...said, ...said] }, /alternate/],
    ['the model first', { contents: [{ role: 'model', parts: [{ text: 'x' }] }] }, /first/],
    ['no parts', { contents: [{ role: 'user', parts: [] }] }, /must not be empty/],
    ['an empty text', { contents: [{ role: 'user', parts: [{ text: '' }] }] }, /non-empty/],
    ['two kinds in one part', { contents: [{ role: 'user', parts: [{ text: 'x', inlineData: { mimeType: 'a/b', data: 'QQ==' } }] }] }, /oneof/],
    ['an address as data', { contents: [{ role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: 'data:image/png;base64,QQ==' } }] }] }, /Base64/],
    ['arguments as text', turns([{ functionCall: { name: 'f', args: '{}' } }], [answer('f')]), /args/],
    ['a call without its answer', turns([call('f')], [{ text: 'x' }]), /number of function response/],
    ['fewer answers than calls', turns([call('f'), call('g')], [answer('f')]), /number of function response/],
    ['an answer without a call', { contents: [{ role: 'user', parts: [answer('f')] }] }, /number of function response/],
    ['answers in another order', turns([call('f'), call('g')], [answer('g'), answer('f')]), /does not match/],
    ['words before answers', turns([call('f')], [{ text: 'x' }, answer('f')]), /number of function response/],
    ['a foreign signature', turns([call('f', { thoughtSignature: 'QQ==' })], [answer('f')]), /Corrupted/],
    ['no signature, from gemini-3 on', turns([call('f')], [answer('f')]), /thought_signature/, 'gemini-3-x'],
    ['six stop sequences', { contents: said, generationConfig: { stopSequences: [...'abcdef'] } }, /stop sequences/],
    ['a schema without its type', { contents: said, generationConfig: { responseJsonSchema: {} } }, /response_mime_type/],
    ['levels before gemini-3', { contents: said, generationConfig: { thinkingConfig: { thinkingLevel: 'LOW' } } }, /not supported/],
    ['level and budget', { contents: said, generationConfig: { thinkingConfig: { thinkingLevel: 'LOW', thinkingBudget: 1 } } }, /only one/, 'gemini-3-x'],
    ['a mode without tools', { contents: said, toolConfig: { functionCallingConfig: { mode: 'ANY' } } }, /without function_declarations/],
    ['a function nobody declared', { contents: said, tools, toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['g'] } } }, /subset/],
    ['a large seed', { contents: said, generationConfig: { seed: 2 ** 31 } }, /seed/],
  ]) {
    test(`${what} is refused`, async () => {
      const response = await post(body, 'generateContent', model);
      const { error } = await response.json();
      assert.equal(response.status, 400);
      assert.equal(error.status, 'INVALID_ARGUMENT');
      assert.match(error.message, words);
    });
  }

  test('the fitting turns are taken', async () => {
    const skip = { thoughtSignature: 'skip_thought_signature_validator' };
    for (const [body, model] of [[turns([call('f', skip), call('g')], [answer('f'), answer('g'), { text: 'and?' }]), 'gemini-3-x'],
      [turns([{ text: 'hm', thought: true }, { text: 'x' }, call('f')], [answer('f')]), 'fixed']]) {
      const response = await post(body, 'generateContent', model);
      assert.equal(response.status, 200, await response.text());
    }
  });

  test('a key in the address, and a stream without alt=sse', async () => {
    assert.equal((await post({ contents: said }, 'generateContent?key=right-key')).status, 400);
    assert.equal((await post({ contents: said }, 'streamGenerateContent')).status, 400);
  });
});
