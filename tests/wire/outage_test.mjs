// SPDX-License-Identifier: MIT
// What goes down: PostgreSQL, the gateway itself, and both. No answer that was given is missing from the record, and none is there twice.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { Stack } from './stack.mjs';
import { events, firstText, joined } from './stream.mjs';

let stack;
before(async () => { stack = await Stack.start({ name: 'outage', models: ['stall=3'] }); });
after(() => stack?.stop());
// What a test that failed left lying.
beforeEach(async () => {
  if (stack.cluster.server.code !== undefined) await stack.cluster.start();
  if (stack.gate.code !== undefined) await stack.startGate();
});

const ids = (rows) => rows.map((r) => r.id).sort();
const rowsOf = (runIds) => stack.rows(`select id, status, http_status from runs where id in (${runIds.map((id) => `'${id}'`).join()})`);

// N requests, whole and streamed by turns: the ids of their runs.
async function ask(n) {
  return Promise.all(Array.from({ length: n }, async (_, i) => {
    const answer = await stack.chat('echo', `n${i}`, { stream: i % 2 === 0 });
    assert.equal(answer.status, 200);
    const text = i % 2 === 0 ? (await joined(events(answer.body))).content : (await answer.json()).choices[0].message.content;
    assert.equal(text, `n${i}`);
    return answer.headers.get('x-run-id');
  }));
}

async function recorded(runs) {
  const rows = await stack.until(`${runs.length} runs to be in the database`, async () => {
    const there = await rowsOf(runs);
    return there.length >= runs.length && there;
  });
  assert.deepEqual(ids(rows), [...runs].sort(), 'each exactly once');
  assert.ok(rows.every((r) => r.status === 'ok' && r.http_status === 200));
  const [{ n }] = await stack.rows(`select count(*)::int as n from attempts where run_id in (${runs.map((id) => `'${id}'`).join()})`);
  assert.equal(n, runs.length, 'and so is each attempt');
}

test('PostgreSQL stops, 100 requests, it starts: 100 answers, 100 rows', async () => {
  await stack.cluster.stop('SIGQUIT');
  const runs = await ask(100);
  assert.equal(new Set(runs).size, 100);
  await stack.cluster.start();
  await recorded(runs);
});

test('PostgreSQL stops again and again while requests are answered', async () => {
  const runs = [];
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGINT']) {
    const [answered] = await Promise.all([ask(30), stack.cluster.stop(signal)]);
    runs.push(...answered, ...await ask(10));
    await stack.cluster.start();
    runs.push(...await ask(10));
  }
  await recorded(runs);
});

test('with the database down the gate starts from its snapshot and answers', async () => {
  await stack.cluster.stop();
  assert.equal(await stack.gate.stop(), 0);
  await stack.startGate();
  const runs = await ask(10);
  await stack.cluster.start();
  await recorded(runs);
});

test('killed in the middle of a stream: after the restart the run is interrupted, and what was answered is there', async () => {
  const runs = await ask(20);
  const answer = await stack.chat('stall=3', 'x', { stream: true });
  const cut = answer.headers.get('x-run-id');
  const stream = events(answer.body);
  await firstText(stream);
  assert.equal(await stack.gate.stop('SIGKILL'), 'SIGKILL');
  await assert.rejects(async () => {
    const rest = await joined(stream);
    if (!rest.done) throw new Error('the stream broke off without its end mark');
  });
  await stack.startGate();
  const [row] = await stack.until('the interrupted run to be recorded', async () => {
    const there = await rowsOf([cut]);
    return there.length > 0 && there;
  });
  assert.equal(row.status, 'interrupted');
  await recorded(runs);
});

test('killed with the database down: nothing answered is lost', async () => {
  await stack.cluster.stop('SIGQUIT');
  const runs = await ask(40);
  assert.equal(await stack.gate.stop('SIGKILL'), 'SIGKILL');
  await stack.startGate();
  runs.push(...await ask(10));
  await stack.cluster.start();
  await recorded(runs);
  const [{ n }] = await stack.rows('select count(*) - count(distinct id) as n from runs');
  assert.equal(n, 0);
});

test('stopped politely in the middle of a stream: the caller is told and the gate ends well', async () => {
  const answer = await stack.chat('stall=3', 'x', { stream: true });
  const stream = events(answer.body);
  await firstText(stream);
  const stopping = stack.gate.stop();
  const rest = await joined(stream).catch(() => ({ done: false }));
  assert.equal(rest.done, false);
  assert.equal(await stopping, 0);
  await stack.startGate();
  const rows = await stack.until('the run to be recorded', async () => {
    const there = await rowsOf([answer.headers.get('x-run-id')]);
    return there.length > 0 && there;
  });
  assert.notEqual(rows[0].status, 'ok');
  await recorded(await ask(5));
});
