// SPDX-License-Identifier: MIT
// Embeddings: the official SDK's numbers are the provider's, whoever it is and however many requests it took; what cannot be is a clear 400.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import OpenAI from 'openai';
import { Stack } from './stack.mjs';

let stack, openai;
before(async () => {
  stack = await Stack.start({ name: 'embeddings', models: ['embed-a', 'errors'] });
  await stack.addProvider({ name: 'house', type: 'ollama', baseUrl: stack.fake.url, models: ['embed-o', 'broken-o'] });
  await stack.until('the models of both providers', async () => {
    const { data } = await (await stack.fetch('/v1/models')).json();
    return data.some((m) => m.id === 'embed-o');
  });
  openai = new OpenAI({ baseURL: `${stack.url}/v1`, apiKey: stack.key, maxRetries: 0 });
});
after(() => stack?.stop());
beforeEach(() => stack.fake.forget());

// What the scripted server gives for a text, by the same arithmetic.
function vector(text) {
  let hash = 2166136261;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 16777619) >>> 0;
  return Array.from({ length: 8 }, () => {
    hash = (Math.imul(hash, 1664525) + 1013904223) >>> 0;
    return Math.fround(((hash >>> 16 & 0xff) - 128) / 128);
  });
}

const embeds = (path) => stack.fake.log().then((l) => l.requests.filter((r) => r.path === path));
const DOORS = { 'embed-a': '/v1/embeddings', 'embed-o': '/api/embed' };

describe('the SDK', () => {
  for (const model of Object.keys(DOORS)) {
    test(`${model}: its default (base64) and floats are the same numbers`, async () => {
      const input = ['moon', 'gate', '月门'];
      const decoded = await openai.embeddings.create({ model, input });
      const floats = await openai.embeddings.create({ model, input, encoding_format: 'float' });
      for (const answer of [decoded, floats]) {
        assert.deepEqual(answer.data.map((d) => d.index), [0, 1, 2]);
        assert.deepEqual(answer.data.map((d) => [...d.embedding]), input.map(vector));
        assert.ok(answer.usage.prompt_tokens > 0);
        assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens);
        assert.equal(answer.object, 'list');
      }
      assert.equal((await embeds(DOORS[model])).length, 2);
    });

    test(`${model}: one text`, async () => {
      const answer = await openai.embeddings.create({ model, input: 'moon', encoding_format: 'float' });
      assert.deepEqual(answer.data.map((d) => d.embedding), [vector('moon')]);
    });

    test(`${model}: 2048 texts, in order, however many requests that is`, async () => {
      const input = Array.from({ length: 2048 }, (_, i) => `text ${i}`);
      const answer = await openai.embeddings.create({ model, input });
      assert.deepEqual(answer.data.map((d) => [...d.embedding]), input.map(vector));
      assert.deepEqual(answer.data.map((d) => d.index), input.map((_, i) => i));
      const sent = await embeds(DOORS[model]);
      assert.deepEqual(sent.flatMap((r) => JSON.parse(r.body).input), input);
    });
  }

  test('a run is recorded with its tokens, one attempt, and who else was looked at', async () => {
    const answer = await stack.post('/v1/embeddings', { model: 'embed-o', input: Array(1500).fill('1234') });
    const { usage } = await answer.json();
    const run = await stack.run(answer.headers.get('x-run-id'));
    assert.ok(usage.prompt_tokens >= 1500);
    assert.equal(run.run?.tokens_in ?? run.tokens_in, usage.prompt_tokens);
    const [row] = await stack.runRows(answer.headers.get('x-run-id'));
    assert.equal(row.api, 'openai.embeddings');
    assert.equal(row.status, 'ok');
    assert.equal(Number(row.attempts), 1);
    assert.equal(row.estimated, false);
    assert.equal((await embeds('/api/embed')).length, 3);
  });

  test('a hint that the provider does not take is listed', async () => {
    const answer = await stack.post('/v1/embeddings', { model: 'embed-o', input: 'x', user: 'u', input_type: 'query' });
    assert.equal(answer.status, 200, await answer.clone().text());
    await answer.text();
    const [row] = await stack.runRows(answer.headers.get('x-run-id'));
    assert.equal(row.dropped, 'input_type, user');
  });
});

describe('the same dialect', () => {
  test('what nobody here knows passes', async () => {
    const body = '{"model":"embed-a","input":["x"],"x_vendor":{"deep":[1.50,null]},"encoding_format":"float"}';
    const answer = await stack.post('/v1/embeddings', body);
    assert.equal(answer.status, 200, await answer.clone().text());
    const [sent] = await embeds('/v1/embeddings');
    assert.equal(sent.body, body);
  });

  test('token ids pass', async () => {
    const answer = await stack.post('/v1/embeddings', { model: 'embed-a', input: [[1, 2, 3], [4]], encoding_format: 'float' });
    assert.equal(answer.status, 200, await answer.clone().text());
    assert.equal((await answer.json()).data.length, 2);
    assert.deepEqual(JSON.parse((await embeds('/v1/embeddings'))[0].body).input, [[1, 2, 3], [4]]);
  });
});

describe('what cannot be', () => {
  const CASES = [
    ['token ids for another dialect', { model: 'embed-o', input: [[1, 2]] }, 400, ['input', 'Ollama']],
    ['2049 texts', { model: 'embed-a', input: Array(2049).fill('x') }, 400, ['input', '2048', '2049']],
    ['no text', { model: 'embed-a', input: [] }, 400, ['input']],
    ['another encoding', { model: 'embed-a', input: 'x', encoding_format: 'hex' }, 400, ['encoding_format', 'base64', 'float']],
    ['an unknown model', { model: 'nothing', input: 'x' }, 404, ['nothing']],
  ];
  for (const [what, body, status, names] of CASES) {
    test(`${what} is ${status}`, async () => {
      for (const language of ['en-US', 'zh-CN']) {
        const answer = await stack.post('/v1/embeddings', body, { headers: { 'accept-language': language } });
        const text = await answer.text();
        assert.equal(answer.status, status, text);
        for (const name of names) assert.ok(text.includes(name), `${name} in ${text}`);
      }
      assert.equal((await stack.fake.log()).requests.length, 0);
    });
  }
});
