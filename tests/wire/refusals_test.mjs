// SPDX-License-Identifier: MIT
// Bad input: a clear error in both languages that names field, value and what is allowed, with the id of the run or request, and
// nothing sent to any provider.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { raw, rawPost } from './raw.mjs';
import { Stack } from './stack.mjs';

let stack;
before(async () => {
  stack = await Stack.start({ name: 'refusals', env: { MOONGATE_BODY_MAX: String(1 << 20) } });
  stack.viewer = await stack.createKey('viewer', 'viewer');
});
after(() => stack?.stop());
beforeEach(() => stack.fake.forget());

const messages = [{ role: 'user', content: 'x' }];
const good = { model: 'fixed', messages };
const without = (name) => Object.fromEntries(Object.entries(good).filter(([k]) => k !== name));

// door, what is wrong, body, status, code, what the message must name
const CHAT = '/v1/chat/completions', GENERATE = '/api/v1/llm/generate';
const BAD = [
  [CHAT, 'not JSON', '{"model": ', 400, 'not_json', []],
  [CHAT, 'trailing text', '{"model":"fixed","messages":[]} x', 400, 'not_json', []],
  [CHAT, 'trailing comma', '{"model":"fixed","messages":[],}', 400, 'not_json', []],
  [CHAT, 'single quotes', "{'model':'fixed'}", 400, 'not_json', []],
  [CHAT, 'a comment', '{"model":"fixed" /* x */}', 400, 'not_json', []],
  [CHAT, 'NaN', '{"model":"fixed","temperature":NaN}', 400, 'not_json', []],
  [CHAT, 'a name twice', '{"model":"fixed","model":"echo","messages":[]}', 400, /not_json|input/, []],
  [CHAT, 'no object', '[1,2]', 400, /not_json|input/, []],
  [CHAT, 'nothing', '', 400, /not_json|input/, []],
  [CHAT, 'too deep', `{"model":"fixed","messages":${'['.repeat(2000)}${']'.repeat(2000)}}`, 400, /not_json|input/, []],
  [CHAT, 'not UTF-8', Buffer.concat([Buffer.from('{"model":"fixed","messages":[{"role":"user","content":"'), Buffer.from([0xff, 0xfe]),
    Buffer.from('"}]}')]), 400, 'not_utf8', []],
  [CHAT, 'overlong UTF-8', Buffer.concat([Buffer.from('{"model":"'), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]), 400, 'not_utf8', []],
  [CHAT, 'model missing', without('model'), 400, 'input', ['model']],
  [CHAT, 'messages missing', without('messages'), 400, 'input', ['messages']],
  [CHAT, 'model of a wrong type', { ...good, model: 5 }, 400, 'input', ['model', '5']],
  [CHAT, 'messages of a wrong type', { ...good, messages: 'x' }, 400, 'input', ['messages']],
  [CHAT, 'no message', { ...good, messages: [] }, 400, 'input', ['messages']],
  [CHAT, 'a role that is none', { ...good, messages: [{ role: 'wizard', content: 'x' }] }, 400, 'input', ['messages[0].role', 'wizard', 'assistant']],
  [CHAT, 'content of a wrong type', { ...good, messages: [{ role: 'user', content: 7 }] }, 400, 'input', ['messages[0].content', '7']],
  [CHAT, 'temperature out of range', { ...good, temperature: 2.5 }, 400, 'input', ['temperature', '2.5', '2']],
  [CHAT, 'temperature of a wrong type', { ...good, temperature: 'hot' }, 400, 'input', ['temperature', 'hot']],
  [CHAT, 'max_tokens out of range', { ...good, max_tokens: 0 }, 400, 'input', ['max_tokens', '0', '1']],
  [CHAT, 'max_tokens not whole', { ...good, max_tokens: 1.5 }, 400, 'input', ['max_tokens', '1.5']],
  [CHAT, 'stream of a wrong type', { ...good, stream: 'yes' }, 400, 'input', ['stream', 'yes']],
  [CHAT, 'a model name too long', { ...good, model: 'm'.repeat(201) }, 400, 'input', ['model', '200']],
  [CHAT, 'too many stops', { ...good, stop: Array(17).fill('x') }, 400, 'input', ['stop', '16']],
  [CHAT, 'an unknown model', { ...good, model: 'no-such-model' }, 404, 'model_not_found', ['no-such-model', 'echo']],
  [GENERATE, 'an unknown field', { prompt: 'x', promt: 'y' }, 400, 'unknown_field', ['promt', 'prompt']],
  [GENERATE, 'neither prompt nor messages', { model: 'fixed' }, 400, 'input', ['prompt', 'messages']],
  [GENERATE, 'both prompt and messages', { prompt: 'x', messages }, 400, 'input', ['prompt', 'messages']],
  [GENERATE, 'a tier that is none', { prompt: 'x', tier: 'turbo' }, 400, 'input', ['tier', 'turbo', 'general']],
  [GENERATE, 'a prompt of a wrong type', { prompt: ['x'] }, 400, 'input', ['prompt']],
  [GENERATE, 'an unknown model', { prompt: 'x', model: 'no-such-model' }, 404, 'model_not_found', ['no-such-model', 'echo']],
];

describe('a body that is wrong', () => {
  for (const [door, what, body, status, code, names] of BAD) {
    test(`${door}: ${what} is ${status} ${code}`, async () => {
      for (const [language, words] of [['en-US,en;q=0.8', /[A-Za-z]{3}/], ['zh-CN', /[\u4e00-\u9fff]/]]) {
        const answer = await stack.post(door, body, { headers: { 'Accept-Language': language } });
        const text = await answer.text();
        assert.equal(answer.status, status, text);
        const { error } = JSON.parse(text);
        if (code instanceof RegExp) assert.match(error.code, code);
        else assert.equal(error.code, code);
        assert.match(error.message, words);
        if (!language.startsWith('zh')) assert.doesNotMatch(error.message, /[\u4e00-\u9fff]/);
        for (const name of names) assert.ok(text.includes(name), `${name} in ${text}`);
        if (door === CHAT) assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type']);
        assert.ok(answer.headers.get('x-run-id') || answer.headers.get('x-request-id'));
      }
      assert.equal((await stack.fake.chats()).length, 0, 'nothing was sent to a provider');
    });
  }

  test('a body over the limit is 413, whether the gateway or the front refuses it', async () => {
    for (const size of [(1 << 20) + 1, 35 << 20]) {
      const answer = await stack.chat('fixed', 'x'.repeat(size));
      assert.equal(answer.status, 413);
      assert.equal(typeof (await answer.json()).error.message, 'string');
    }
    assert.equal((await stack.fake.chats()).length, 0);
  });

  test('a body of another type is 415', async () => {
    const answer = await stack.post(CHAT, 'model=fixed', { headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    assert.equal(answer.status, 415);
    assert.ok((await answer.json()).error.message.includes('application/json'));
  });
});

describe('headers that are wrong', () => {
  for (const [name, value, allowed] of [['X-Data-Class', 'top-secret', 'confidential'], ['X-Policy-Profile', 'loose', 'standard'],
    ['X-Sovereign-Mode', 'maybe', 'true']]) {
    test(`${name}: ${value}`, async () => {
      const answer = await stack.chat('fixed', 'x', {}, { headers: { [name]: value } });
      const text = await answer.text();
      assert.equal(answer.status, 400, text);
      for (const word of [name, value, allowed]) assert.ok(text.includes(word), `${word} in ${text}`);
      assert.equal((await stack.fake.chats()).length, 0);
    });
  }

  test('a refused request is a run as well', async () => {
    const answer = await stack.chat('no-such-model');
    await answer.text();
    const [row] = await stack.runRows(answer.headers.get('x-run-id'));
    assert.equal(row.http_status, 404);
    assert.equal(row.error_code, 'model_not_found');
    assert.equal(row.requested_model, 'no-such-model');
  });

  test('a run refused for another field still says which model was asked', async () => {
    const answer = await stack.chat('fixed', 'x', { temperature: 'warm' });
    assert.equal(answer.status, 400);
    assert.equal((await stack.run(answer.headers.get('x-run-id'))).requested_model, 'fixed');
  });
});

describe('who may', () => {
  const wrong = `${'mgk_'}${'A'.repeat(12)}_${'B'.repeat(49)}`;
  for (const [what, headers] of [['no key', {}], ['a key of no form', { authorization: 'Bearer nonsense' }],
    ['a key that nobody has', { authorization: `Bearer ${wrong}` }], ['another scheme', { authorization: 'Basic dTpw' }],
    ['an empty key', { authorization: 'Bearer ' }], ['a key that is too long', { 'x-api-key': 'k'.repeat(2000) }]]) {
    test(`${what} is 401 on every door`, async () => {
      for (const [method, path] of [['POST', CHAT], ['POST', GENERATE], ['GET', '/v1/models'], ['GET', '/api/v1/runs'],
        ['GET', '/admin/config/llm'], ['GET', '/api/v1/llm/health']]) {
        const answer = await stack.fetch(path, { method, key: null, headers: { 'content-type': 'application/json', ...headers },
          body: method === 'POST' ? JSON.stringify(good) : undefined });
        assert.equal(answer.status, 401, `${method} ${path}`);
        const { error } = await answer.json();
        // The list of models is shared: who sends x-api-key is an Anthropic client, whose errors have no code.
        assert.equal(error.code ?? error.type, path === '/v1/models' && headers['x-api-key'] ? 'authentication_error' : 'unauthenticated');
      }
      assert.equal((await stack.fake.chats()).length, 0);
    });
  }

  test('a key without the right is 403', async () => {
    for (const [method, path, body] of [['POST', '/admin/config/llm', { name: 'x' }], ['POST', '/api/v1/providers', { name: 'x' }],
      ['POST', '/api/v1/keys', { name: 'x' }]]) {
      const answer = await stack.post(path, body, { method, key: stack.viewer });
      assert.equal(answer.status, 403, `${method} ${path} ${await answer.text()}`);
    }
    assert.deepEqual((await stack.rows('select name from providers')).map((p) => p.name), ['fake']);
  });

  test('a key that is revoked is refused from then on', async () => {
    const key = await stack.createKey('short-lived');
    const ask = async () => (await stack.chat('fixed', 'x', {}, { key })).status;
    assert.equal(await ask(), 200);
    const admin = await stack.createKey('admin', 'admin');
    const id = key.slice(4, 16);
    const answer = await stack.fetch(`/api/v1/keys/${id}`, { method: 'DELETE', key: admin });
    assert.ok(answer.ok, `${answer.status} ${await answer.text()}`);
    const revoked = Date.now();
    await stack.until('the key to be refused', async () => await ask() === 401);
    console.log(`# refused ${Date.now() - revoked} ms after it was revoked`);
  });
});

describe('addresses', () => {
  test('an unknown address is 404, a wrong method 405', async () => {
    assert.equal((await stack.fetch('/v1/nothing')).status, 404);
    assert.equal((await stack.fetch('/api/v1/nothing')).status, 404);
    const answer = await stack.fetch(CHAT);
    assert.equal(answer.status, 405);
    assert.match(answer.headers.get('allow'), /POST/);
  });

  test('what is not a proper request ends in 4xx, and the next one is answered', async () => {
    const host = `Host: ${new URL(stack.url).host}\r\n`;
    for (const text of [
      `GET /../../etc/passwd HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
      `GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
      `GET /v1/models%00x HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
      `POST ${CHAT} HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello`,
      `POST ${CHAT} HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`,
      `GET /v1/models HTTP/1.1\r\n${host}X-Long: ${'a'.repeat(20000)}\r\nConnection: close\r\n\r\n`,
      `NONSENSE\r\n\r\n`,
    ]) {
      const { status } = await raw(stack.url, text);
      assert.ok(status >= 400 && status < 500, `${status} for ${text.slice(0, 60)}`);
    }
    assert.equal((await stack.chat('fixed')).status, 200);
  });

  test('two headers that become one name are 400', async () => {
    for (const lines of [['X-Api-Key: a', 'X_Api_Key: b'], ['X-Data-Class: public', 'X_Data_Class: secret']]) {
      const answer = await rawPost(stack.url, CHAT, [`Authorization: Bearer ${stack.key}`, 'Content-Type: application/json', ...lines], JSON.stringify(good));
      assert.equal(answer.status, 400, lines.join());
    }
    assert.equal((await stack.fake.chats()).length, 0);
  });
});
