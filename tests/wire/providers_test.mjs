// SPDX-License-Identifier: MIT
// Whatever shape a provider's answer arrives in, the caller gets what the provider meant; whatever a provider does wrong, the caller gets a
// clear error in time and the run says what it was.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Stack } from './stack.mjs';
import { events, firstText, joined } from './stream.mjs';

// The same content in every way a provider may cut it.
const FRAMINGS = ['utf8split', 'zh+crlf', 'zh+nodone', 'zh+slowbytes', 'zh+nospace', 'zh+comments', 'zh+crlf+nospace+comments+nodone',
  'fixed', 'tool', 'tools2', 'tool+crlf', 'reasoning', 'tokens=200', 'size=300000', 'fixed+nousage', 'fixed+usage=3:4'];
const TROUBLES = [
  // model, status whole, status of the run, error codes that fit
  ['status=400', 400, /upstream_input|input/], ['status=401', 502, /upstream_auth/], ['status=403', 502, /upstream_auth/],
  ['status=404', 502, /upstream/], ['status=429+retry-after=7', 429, /rate/], ['status=500', 502, /upstream/],
  ['status=503+retry-after=3', 503, /upstream_down/], ['badjson', 502, /upstream/], ['errorin200', 502, /upstream/],
  ['zh+cut=100', 502, /upstream/], ['zh+reset=100', 502, /upstream/],
];
const STREAM_TROUBLES = ['fixed+badjson', 'fixed+errorin200', 'fixed+cut=700', 'fixed+reset=700'];

let stack;
before(async () => {
  const models = [...FRAMINGS, ...TROUBLES.map((t) => t[0]), ...STREAM_TROUBLES, 'stall=2', 'hang'];
  stack = await Stack.start({ name: 'providers', models, env: { MOONGATE_HEALTH_INTERVAL_S: '3600' } });
  // The same names at an Ollama provider; fakellm takes ":latest" for nothing.
  await stack.addProvider({ name: 'fake-ollama', type: 'ollama', baseUrl: stack.fake.url, models: models.map((m) => `${m}:latest`) });
  await stack.addProvider({ name: 'nobody', baseUrl: 'http://127.0.0.1:1/v1', models: ['nobody-there'] });
  await stack.addProvider({ name: 'nowhere', baseUrl: 'http://no-such-host.invalid/v1', mode: 'cloud', models: ['nowhere-to-go'] });
  await stack.until('the new providers to be known', async () => {
    const { data } = await (await stack.fetch('/v1/models')).json();
    return data.some((m) => m.id === 'nowhere-to-go');
  });
});
after(() => stack?.stop());

const direct = (model, more = {}) => fetch(`${stack.fake.url}/v1/chat/completions`, { method: 'POST',
  body: JSON.stringify({ model, messages: [{ role: 'user', content: 'x' }], ...more }) });
const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object' } } }];

function same(got, meant, model) {
  assert.equal(got.content, meant.content, model);
  assert.equal(got.reasoning, meant.reasoning, model);
  assert.equal(got.finish, meant.finish, model);
  assert.deepEqual(got.calls.map((c) => [c.name, JSON.parse(c.arguments)]), meant.calls.map((c) => [c.name, JSON.parse(c.arguments)]), model);
  assert.ok(got.done, `${model}: an answer that is complete ends with [DONE]`);
  assert.equal(got.error, null);
}

for (const [provider, suffix] of [['an OpenAI-compatible provider', ''], ['an Ollama provider', ':latest']]) {
  describe(`through ${provider}`, () => {
    for (const model of FRAMINGS) {
      test(`${model} says what the provider says directly`, async () => {
        const more = { tools, stream_options: { include_usage: true } };
        const meant = await joined(events((await direct(model, { ...more, stream: true })).body));
        const got = await joined(events((await stack.chat(model + suffix, 'x', { ...more, stream: true })).body));
        same(got, meant, model);
        if (meant.usage) assert.equal(got.usage?.completion_tokens, meant.usage.completion_tokens);
        const wholeMeant = await (await direct(model, { tools })).json();
        const whole = await (await stack.chat(model + suffix, 'x', { tools })).json();
        assert.equal(whole.choices[0].message.content ?? '', wholeMeant.choices[0].message.content ?? '');
        assert.equal(whole.choices[0].finish_reason, wholeMeant.choices[0].finish_reason);
        assert.deepEqual((whole.choices[0].message.tool_calls ?? []).map((c) => JSON.parse(c.function.arguments)),
          (wholeMeant.choices[0].message.tool_calls ?? []).map((c) => JSON.parse(c.function.arguments)));
      });
    }

    for (const [model, status, code] of TROUBLES) {
      test(`${model} becomes ${status}, with the run`, async () => {
        const answer = await stack.chat(model + suffix);
        const body = await answer.json();
        assert.equal(answer.status, status, JSON.stringify(body));
        assert.match(body.error.code, code);
        assert.ok(body.error.message.length > 10);
        const wait = /retry-after=(\d+)/.exec(model)?.[1];
        if (wait) assert.equal(answer.headers.get('retry-after'), wait);
        const [row] = await stack.runRows(answer.headers.get('x-run-id'));
        assert.equal(row.status, 'failed');
        assert.equal(row.http_status, status);
        assert.match(row.error_code, code);
      });
    }

    for (const model of STREAM_TROUBLES) {
      test(`${model} in a stream ends as an error, never as a whole answer`, async () => {
        const answer = await stack.chat(model + suffix, 'x', { stream: true });
        assert.equal(answer.status, 200);
        const got = await joined(events(answer.body));
        assert.ok(got.content.length > 0);
        assert.ok(got.error?.message, 'the last event is the error');
        assert.equal(got.done, false);
        const [row] = await stack.runRows(answer.headers.get('x-run-id'));
        assert.equal(row.status, 'truncated');
      });
    }
  });
}

describe('a provider that is not there', () => {
  for (const model of ['nobody-there', 'nowhere-to-go']) {
    test(`${model}: 503 with the run, whole and streamed, in the caller's language`, async () => {
      for (const [stream, language, words] of [[false, 'en-US', /^[\x00-\x7f‘’“”…–]*$/], [true, 'zh-CN', /[\u4e00-\u9fff]/]]) {
        const answer = await stack.chat(model, 'x', { stream }, { headers: { 'Accept-Language': language } });
        assert.ok([502, 503].includes(answer.status), `${answer.status}`);
        const { error } = await answer.json();
        assert.match(error.message, words);
        const [row] = await stack.runRows(answer.headers.get('x-run-id'));
        assert.equal(row.status, 'failed');
        assert.equal(row.error_code, error.code);
      }
    });
  }

  test('the class is a ceiling: what must stay inside is refused, not sent outside', async () => {
    const answer = await stack.chat('nowhere-to-go', 'x', {}, { headers: { 'X-Sovereign-Mode': 'true' } });
    assert.equal(answer.status, 403);
    assert.equal((await answer.json()).error.code, 'policy');
    const local = await stack.chat('fixed', 'x', {}, { headers: { 'X-Sovereign-Mode': 'true', 'X-Data-Class': 'confidential' } });
    assert.equal(local.status, 200);
    await local.text();
  });
});

describe('a provider that goes silent', () => {
  test('in the middle of a stream: the caller can leave and the call ends', async () => {
    const leave = new AbortController();
    const answer = await stack.chat('stall=2', 'x', { stream: true }, { signal: leave.signal });
    await firstText(events(answer.body)).finally(() => leave.abort());
    await stack.fake.request('the silent call to be cancelled', (r) => r.closed_early && r.body.includes('stall=2'));
  });
});

test('a provider is used only with its own key', async () => {
  const secret = 'sk-provider-0123456789';
  await stack.addProvider({ name: 'locked', models: ['text=locked'], secret });
  await stack.until('the provider to be known', async () => (await stack.chat('text=locked')).status === 200);
  const seen = await stack.fake.request('the call', (r) => r.body.includes('text=locked'));
  assert.equal(seen.headers.authorization.last4, '6789');
  const kept = JSON.stringify(await stack.rows("select * from providers where name = 'locked'"));
  assert.ok(!kept.includes(secret) && !kept.includes(Buffer.from(secret).toString('hex')));
});

test('a provider that is added is asked how it is, and the others are left alone', async () => {
  const checks = () => stack.rows('select p.name, count(c.id) as n from providers p left join provider_checks c on c.provider_id = p.id group by p.name');
  await stack.addProvider({ name: 'newest', models: ['text=newest'] });
  const rows = await stack.until('all of them to have been asked', async () => {
    const found = await checks();
    return found.every((row) => Number(row.n) > 0) && found.some((row) => row.name === 'newest') && found;
  });
  assert.deepEqual(rows.filter((row) => Number(row.n) !== 1), []);
});
