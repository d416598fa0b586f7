// SPDX-License-Identifier: MIT
// Starting with something wrong: a clear line in both languages that names what is wrong, exit status 1, and nothing lost: with that put
// right the gateway goes on where it was.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { Stack } from './stack.mjs';

let stack, right;
before(async () => {
  stack = await Stack.start({ name: 'starting' });
  right = { ...stack.env };
});
after(() => stack?.stop());
beforeEach(async () => {
  stack.env = { ...right };
  if (stack.cluster.server.code !== undefined) await stack.cluster.start();
  if (stack.gate.code === undefined) await stack.gate.stop();
});

// Start with ${env} over what is right; it must refuse: what it says in each language.
async function refused(env) {
  const said = [];
  for (const language of ['en_US.UTF-8', 'zh_CN.UTF-8']) {
    stack.env = { ...right, ...env, LANG: language, LC_ALL: language };
    const { front } = stack;
    stack.front = undefined;                                  // startGate would wait for an answer
    await stack.startGate();
    stack.front = front;
    assert.equal(await stack.gate.ended, 1, stack.gate.output);
    said.push(stack.gate.output);
  }
  assert.match(said[1], /[\u4e00-\u9fff]/, 'the same in Chinese');
  return said[0];
}

async function goesOn() {
  stack.env = { ...right };
  await stack.startGate();
  const answer = await stack.chat('echo', 'still here');
  assert.equal((await answer.json()).choices[0].message.content, 'still here');
  await stack.runRows(answer.headers.get('x-run-id'));
}

const key = (name, text, mode = 0o400) => {
  const path = join(stack.folder, name);
  writeFileSync(path, text, { mode });
  return { MOONGATE_MASTER_KEY_FILE: path };
};

test('a master key that is another one', async () => {
  const said = await refused(key('other.key', `1 ${'ab'.repeat(32)}\n`));
  assert.match(said, /master key/i);
  await goesOn();
});

test('a master key file that is malformed names the line', async () => {
  const env = key('bad.key', `1 ${'ab'.repeat(32)}\n2 nonsense\n`);
  const said = await refused(env);
  assert.ok(said.includes(env.MOONGATE_MASTER_KEY_FILE) && said.includes('2'), said);
  await goesOn();
});

test('a master key that others can read', async () => {
  const said = await refused(key('open.key', `1 ${'ab'.repeat(32)}\n`, 0o444));
  assert.match(said, /444|chmod/);
  await goesOn();
});

for (const [name, value, allowed] of [['MOONGATE_SPOOL_MB', 'lots', '1'], ['MOONGATE_DURABILITY', 'maybe', 'power'], ['MOONGATE_LOG_LEVEL', 'loud', 'warn']]) {
  test(`the setting ${name} with a bad value`, async () => {
    const said = await refused({ [name]: value });
    for (const word of [name.slice('MOONGATE_'.length).toLowerCase(), value, allowed]) assert.ok(said.toLowerCase().includes(word), `${word} in ${said}`);
    await goesOn();
  });
}

test('a var folder that is none', async () => {
  const path = join(stack.folder, 'a-file');
  writeFileSync(path, '');
  const said = await refused({ MOONGATE_VAR: path });
  assert.ok(said.includes(path), said);
  await goesOn();
});

test('a half-written snapshot: the database is asked; without it the start says what is wrong', async () => {
  const file = join(stack.var, 'config.snap');
  const whole = readFileSync(file);
  truncateSync(file, Math.floor(whole.length / 2));
  await goesOn();
  await stack.gate.stop();
  assert.ok(readFileSync(file).length > whole.length / 2, 'it was written anew');
  truncateSync(file, Math.floor(whole.length / 2));
  await stack.cluster.stop();
  const said = await refused({});
  assert.ok(said.includes('snapshot'), said);
  await stack.cluster.start();
  await goesOn();
});

test('a half-written spool: what is whole is recorded, what is torn is said', async () => {
  await stack.startGate();
  await stack.cluster.stop('SIGQUIT');
  const ids = [];
  for (let i = 0; i < 5; i++) {
    const answer = await stack.chat('echo', `n${i}`);
    await answer.text();
    ids.push(answer.headers.get('x-run-id'));
  }
  await stack.gate.stop('SIGKILL');
  const spool = readdirSync(join(stack.var, 'spool'), { recursive: true }).map((f) => join(stack.var, 'spool', String(f))).filter((f) => /\.seg/.test(f)).sort().at(-1);
  assert.ok(spool, 'there is a segment');
  const bytes = readFileSync(spool);
  const end = bytes.findLastIndex((b) => b !== 0) + 1;
  bytes.fill(0, end - 100, end);                             // the last record was cut by the death of the machine
  writeFileSync(spool, bytes);
  await stack.cluster.start();
  await goesOn();
  for (const id of ids.slice(0, 4)) assert.equal((await stack.runRows(id))[0].status, 'ok');
  assert.equal((await stack.runRows(ids[4]))[0].status, 'interrupted', 'its end is lost, its beginning is not');
});
