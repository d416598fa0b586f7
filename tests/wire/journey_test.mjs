// SPDX-License-Identifier: MIT
// journey: a run goes on when a provider fails: the same again, the next one, never after the caller heard something; breakers. Several scripted
// model servers stand for providers.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { join } from 'node:path';
import { Fakellm } from './fakellm.mjs';
import { OUT, Stack } from './stack.mjs';
import { events, joined } from './stream.mjs';

// Models of one provider alone ("solo…"), and of both, the first of which is asked first ("both…").
const SOLO = ['solo', 'solo2', 'solo3', 'solo4', 'solo5', 'solo6', 'solo7'], BOTH = ['both', 'both2', 'both3', 'both4'];
let stack, second;
before(async () => {
  stack = await Stack.start({ name: 'journey', provider: { name: 'first' }, models: [...SOLO, ...BOTH],
    env: { MOONGATE_RETRY_BASE_MS: '20', MOONGATE_RETRY_MAX_MS: '3000', MOONGATE_KEEPALIVE_S: '1', MOONGATE_ANSWER_MAX: '20000', MOONGATE_BREAKER_OPEN_S: '1', MOONGATE_BREAKER_CALLS_MIN: '50' } });
  second = await Fakellm.start(join(OUT, 'fakellm'), join(stack.logs, 'second.log'));
  await stack.addProvider({ name: 'second', baseUrl: `${second.url}/v1`, models: [...BOTH, 'second-only'] });
  await known('second-only');
});
after(async () => { await second?.stop(); await stack?.stop(); });
beforeEach(async () => { await Promise.all([stack.fake.forget(), second.forget(), stack.fake.unscript(), second.unscript()]); });

// The gate has taken up the provider that was added last: its own model answers.
const known = (model) => stack.until(`${model} to answer`, async () => (await stack.chat(model)).ok);

const script = (behaviours, others = {}) => Promise.all([stack.fake.script(behaviours), second.script(others)]);

// The attempts of a run: "first 503, second ok".
async function tries(answer) {
  await stack.run(answer.headers.get('x-run-id'));
  const rows = await stack.rows(`select provider_name, result from attempts where run_id = '${answer.headers.get('x-run-id')}' order by n`);
  return rows.map((r) => `${r.provider_name} ${r.result}`).join(', ');
}

describe('the same again', () => {
  test('a provider that stumbles twice answers in the end', async () => {
    for (const stream of [false, true]) {
      await script({ solo: ['status=503', 'status=500', 'text=Well'] });
      const answer = await stack.chat('solo', 'x', { stream });
      assert.equal(answer.status, 200);
      const text = stream ? (await joined(events(answer.body))).content : (await answer.json()).choices[0].message.content;
      assert.equal(text, 'Well');
      assert.equal(answer.headers.get('x-moongate-attempts'), '3');
      assert.equal(await tries(answer), 'first status_503, first status_500, first ok');
    }
  });

  test('three times at most', async () => {
    await script({ solo: 'status=503' });
    const answer = await stack.chat('solo');
    assert.ok([502, 503].includes(answer.status));
    await answer.text();
    assert.equal(await tries(answer), 'first status_503, first status_503, first status_503');
  });

  test('not sooner than the provider asked for', async () => {
    await script({ solo: ['status=429+retry-after=1', 'text=Later'] });
    const answer = await stack.chat('solo');
    assert.equal(answer.status, 200);
    await answer.text();
    const [one, two] = await stack.fake.chats();
    assert.ok(two.at_ms - one.at_ms >= 1000, `${two.at_ms - one.at_ms} ms`);
  });

  test('not if it asked for longer than the gateway waits: the caller is told', async () => {
    await script({ solo: 'status=429+retry-after=60' });
    const answer = await stack.chat('solo');
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get('retry-after'), '60');
    await answer.text();
    assert.equal((await stack.fake.chats()).length, 1);
  });

  test('never what the caller has to mend', async () => {
    for (const status of [400, 413, 422]) {
      await script({ solo: `status=${status}` });
      await stack.fake.forget();
      const answer = await stack.chat('solo');
      assert.equal(answer.status, 400);
      await answer.text();
      assert.equal((await stack.fake.chats()).length, 1);
    }
  });

  test('never after the first words', async () => {
    await script({ solo2: 'tokens=20+reset=900' });
    const answer = await stack.chat('solo2', 'x', { stream: true });
    const whole = await joined(events(answer.body));
    assert.ok(whole.content.startsWith('t1 '));
    assert.ok(whole.error);
    assert.equal((await stack.fake.chats()).length, 1);
    assert.equal((await stack.run(answer.headers.get('x-run-id'))).status, 'truncated');
  });

  test('a stream that broke before its first words is begun again', async () => {
    await script({ solo3: ['reset=0', 'cut=0', 'text=Whole'] });
    const answer = await stack.chat('solo3', 'x', { stream: true });
    assert.equal((await joined(events(answer.body))).content, 'Whole');
    assert.equal((await stack.fake.chats()).length, 3);
  });

  test('a stream is kept alive while it waits', async () => {
    await script({ solo5: ['status=503+retry-after=2', 'text=Later'] });
    const answer = await stack.chat('solo5', 'x', { stream: true });
    const whole = await answer.text();
    assert.match(whole, /^: /m);
    assert.match(whole, /Later/);
    assert.match(whole, /\[DONE\]\s*$/);
  });

  // The Responses API and answers put together keep all that is said.
  test('an answer longer than is kept fails once, and never looks whole', async () => {
    await script({ solo6: 'size=60000' });
    for (const stream of [false, true]) {
      const answer = await stack.post('/v1/responses', { model: 'solo6', input: 'x', stream });
      const text = await answer.text();
      assert.equal(answer.status, stream ? 200 : 502);
      assert.match(text, /larger than allowed/);
      assert.ok(!/response\.completed/.test(text));
      if (stream) assert.equal(text.split('event: response.failed').length, 2, text.slice(-500));
      const run = await stack.run(answer.headers.get('x-run-id'));
      assert.deepEqual([run.status, run.error_code], [stream ? 'truncated' : 'failed', 'upstream']);
    }
  });

  test('a caller who hangs up while it waits ends the run', async () => {
    await script({ solo4: 'status=503+retry-after=2' });
    const stop = new AbortController();
    const asked = stack.chat('solo4', 'x', {}, { signal: stop.signal }).catch(() => {});
    await stack.fake.request('the first attempt', (r) => r.state === 'done');
    stop.abort();
    await asked;
    const [row] = await stack.until('the run to be recorded', async () => {
      const rows = await stack.rows("select status, attempts from runs where requested_model = 'solo4'");
      return rows.length > 0 && rows;
    });
    assert.deepEqual(row, { status: 'cancelled', attempts: 1 });
  });
});

describe('the next one', () => {
  test('another provider answers, with the conversation as it was', async () => {
    for (const [how, why] of [['status=503+retry-after=9', 'status_503'], ['status=401', 'status_401'], ['status=404', 'status_404'], ['badjson', 'malformed'], ['errorin200', 'malformed']]) {
      await script({ both: how }, { both: 'text=Second' });
      await Promise.all([stack.fake.forget(), second.forget()]);
      const answer = await stack.chat('both', 'Say 月', { temperature: 0.5 });
      assert.equal(answer.status, 200, how);
      assert.equal((await answer.json()).choices[0].message.content, 'Second');
      assert.equal(answer.headers.get('x-moongate-provider'), 'second');
      assert.match(await tries(answer), new RegExp(`^first ${why}, (first ${why}, )?second ok$`));
      const [[a], [b]] = await Promise.all([stack.fake.chats(), second.chats()]);
      assert.equal(a.body, b.body);
    }
  });

  test('a stumble is tried once more where it was, then elsewhere', async () => {
    await script({ both2: 'status=500' }, { both2: 'text=Second' });
    const answer = await stack.chat('both2', 'x', { stream: true });
    assert.equal((await joined(events(answer.body))).content, 'Second');
    assert.equal(await tries(answer), 'first status_500, first status_500, second ok');
  });

  test('when all fail, one error names them all', async () => {
    await script({ both3: 'status=401' }, { both3: 'status=404' });
    const answer = await stack.chat('both3', 'x', {}, { headers: { 'accept-language': 'zh-CN' } });
    assert.equal(answer.status, 502);
    const { error } = await answer.json();
    assert.match(error.message, /first: status_401, second: status_404/);
    assert.match(error.message, /[一-鿿]/);
  });

  test('one that cannot say the request is passed over, and the failure before it is the answer', async () => {
    await stack.addProvider({ name: 'able', baseUrl: `${stack.fake.url}/v1`, models: ['several'] });
    await stack.addProvider({ name: 'unable', type: 'anthropic', baseUrl: second.url, models: ['several', 'unable-only'] });
    await known('unable-only');
    for (const stream of [false, true]) {
      await script({ several: 'status=401' });
      const answer = await stack.chat('several', 'x', { n: 2, stream });
      assert.equal(answer.status, 502);
      assert.equal(answer.headers.get('x-moongate-provider'), 'able');
      await answer.text();
      assert.equal(await tries(answer), 'able status_401');
      assert.equal((await stack.run(answer.headers.get('x-run-id'))).provider_name, 'able');
    }
  });

  test('a provider that is not there', async () => {
    await stack.addProvider({ name: 'away', baseUrl: 'http://127.0.0.1:1/v1', models: ['gone'] });
    await stack.addProvider({ name: 'there', baseUrl: `${second.url}/v1`, models: ['gone', 'there-only'] });
    await known('there-only');
    await second.script({ gone: 'text=There' });
    const answer = await stack.chat('gone');
    assert.equal((await answer.json()).choices[0].message.content, 'There');
    assert.equal(await tries(answer), 'away refused, away refused, there ok');
  });

  test('no other is asked above its class, nor one the key may not use', async () => {
    await stack.addProvider({ name: 'inner', baseUrl: `${stack.fake.url}/v1`, models: ['closed'] });
    await stack.addProvider({ name: 'outer', baseUrl: `${second.url}/v1`, mode: 'cloud', models: ['closed', 'outer-only'] });
    await known('outer-only');
    await script({ closed: 'status=503' }, { closed: 'text=Leaked' });
    await second.forget();
    for (const headers of [{ 'x-data-class': 'secret' }, { 'x-sovereign-mode': 'true' }, { 'x-policy-profile': 'local-only' }]) {
      const answer = await stack.chat('closed', 'x', {}, { headers });
      assert.ok([502, 503].includes(answer.status), `${JSON.stringify(headers)}: ${answer.status} ${answer.headers.get('x-moongate-provider')} ${await answer.clone().text()}`);
      await answer.text();
    }
    assert.deepEqual(await second.chats(), []);
  });
});
