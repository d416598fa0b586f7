// SPDX-License-Identifier: MIT
// breaker: a provider that keeps failing is left alone, found again by one probe on real traffic, and never for one 429.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { join } from 'node:path';
import { Fakellm } from './fakellm.mjs';
import { OUT, Stack } from './stack.mjs';

let stack, second;
before(async () => {
  stack = await Stack.start({ name: 'breaker', provider: { name: 'first' }, models: ['alone', 'pair', 'once', 'probe'],
    env: { MOONGATE_RETRY_BASE_MS: '5', MOONGATE_TRIES_MAX: '1', MOONGATE_BREAKER_OPEN_S: '1', MOONGATE_BREAKER_CALLS_MIN: '4' } });
  second = await Fakellm.start(join(OUT, 'fakellm'), join(stack.logs, 'second.log'));
  await stack.addProvider({ name: 'second', baseUrl: `${second.url}/v1`, models: ['pair', 'last'] });
  await stack.addProvider({ name: 'house', type: 'anthropic', baseUrl: second.url, models: ['shy'] });
  await stack.until('the second provider', async () => (await stack.chat('last')).ok);
});
after(async () => { await second?.stop(); await stack?.stop(); });
beforeEach(() => Promise.all([stack.fake.forget(), second.forget(), stack.fake.unscript(), second.unscript()]));

async function ask(model) {
  const answer = await stack.chat(model);
  return { status: answer.status, after: answer.headers.get('retry-after'), provider: answer.headers.get('x-moongate-provider'), id: answer.headers.get('x-run-id'),
    body: await answer.json() };
}
const asked = async () => (await stack.fake.chats()).length;

test('one 429 opens nothing', async () => {
  await stack.fake.script({ once: ['status=429', 'text=Fine'] });
  assert.equal((await ask('once')).status, 429);
  assert.equal((await ask('once')).status, 200);
});

test('after so many failures it is left alone, and says when it is asked again; one probe closes it', async () => {
  await stack.fake.script({ alone: 'status=500' });
  for (let i = 0; i < 4; i++) assert.equal((await ask('alone')).status, 502);
  const resting = await ask('alone');
  assert.equal(resting.status, 503);
  assert.ok(Number(resting.after) >= 1);
  assert.equal(await asked(), 4);
  const run = await stack.run(resting.id);
  assert.equal(run.status, 'refused');
  assert.equal(JSON.parse(JSON.stringify(run.decision))[0].verdict, 'breaker');
  await stack.fake.script({ alone: 'text=Back' });
  await stack.until('a probe to pass', async () => (await ask('alone')).status === 200);
  assert.equal((await ask('alone')).status, 200);
  assert.match(stack.gate.output, /breaker changed.*state=open|"state":"open"/);
});

test('other models of the provider go on', async () => {
  assert.equal((await ask('fixed')).status, 200);
});

test('while it rests the next candidate answers at once', async () => {
  await stack.fake.script({ pair: 'status=500' });
  for (let i = 0; i < 3; i++) {
    const answer = await ask('pair');
    assert.equal(answer.provider, 'second');
  }
  await stack.fake.forget();
  const answer = await ask('pair');
  assert.equal(answer.provider, 'second');
  assert.equal(await asked(), 0);
  const { decision } = await stack.run(answer.id);
  assert.deepEqual(decision.filter((c) => c.model === 'pair').map((c) => `${c.provider_name} ${c.verdict}`), ['first breaker', 'second chosen']);
});

test('who asks for what cannot be said does not take the probe away', async () => {
  await stack.until('the model to be known', async () => (await ask('shy')).status === 200);
  await second.script({ shy: 'status=500' });
  await stack.until('its breaker to open', async () => (await ask('shy')).status === 503);
  await second.script({ shy: 'text=Back' });
  const refused = new Set();
  await stack.until('a probe to pass', async () => {
    const answer = await stack.chat('shy', 'x', { n: 2 });
    refused.add(answer.status);
    await answer.text();
    return (await ask('shy')).status === 200;
  });
  assert.ok(refused.has(400), [...refused].join());
});

test('one probe at a time', async () => {
  await stack.fake.script({ probe: 'status=500' });
  for (let i = 0; i < 4; i++) await ask('probe');
  await stack.fake.script({ probe: 'first=300+text=Slow' });
  await stack.fake.forget();
  const found = await stack.until('the pause to be over', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask('probe')));
    return answers.some((a) => a.status === 200) && answers;
  });
  assert.equal(found.filter((a) => a.status === 200).length, 1);
  assert.equal(await asked(), 1);
});

test("an operator's hand: rest, pass, and back; kept, audited, refused by name", async () => {
  const admin = await stack.createKey('hand', 'operator');
  const { providers } = await (await stack.fetch('/api/v1/providers', { key: admin })).json();
  const { id } = providers.find((p) => p.name === 'first');
  const set = (body) => stack.post(`/api/v1/providers/${id}/breaker`, body, { key: admin });
  const shown = async (answer) => (await answer.json()).model_details.find((m) => m.name === 'once').breaker;
  assert.equal((await shown(await set({ model: 'once', breaker: 'open' }))).force, 'open');
  assert.equal((await ask('once')).status, 503);
  assert.equal(await asked(), 0);
  assert.equal((await shown(await set({ model: 'once', breaker: 'free' }))).force, 'free');
  assert.equal((await ask('once')).status, 200);
  const wrong = await set({ model: 'once', breaker: 'ajar' });
  assert.equal(wrong.status, 422);
  assert.match(await wrong.text(), /free, open, closed, bypass/);
  assert.equal((await set({ model: 'nobody', breaker: 'open' })).status, 404);
  assert.equal((await stack.post(`/api/v1/providers/${id}/breaker`, { model: 'once', breaker: 'open' })).status, 403);
  const audit = await stack.rows("select before->>'breaker' as before, after->>'breaker' as after from audit where action = 'provider.breaker' order by seq");
  assert.deepEqual(audit, [{ before: 'free', after: 'open' }, { before: 'open', after: 'free' }]);
});
