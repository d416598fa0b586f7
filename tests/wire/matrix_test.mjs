// SPDX-License-Identifier: MIT
// matrix: every client API with every provider dialect, whole and streamed, for everything a conversation may hold. A cell either gives the same
// answer as every other, or is refused with a 400 that names the field: GAPS lists those, and docs/compatibility.md says the same in prose.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { ask, CLIENTS, image, TOOL } from './clients.mjs';
import { PROVIDERS } from './dialects.mjs';
import { HOME, Stack } from './stack.mjs';

const ZH = '月门是园墙上的一个圆洞。走过去之前,园子是一幅画;走过去之后,它才是一个地方。🌙 墙的两边,风景各不相同。';
const THOUGHT = 'The question is short. I will answer it in one sentence.';
const FIRST = { city: '苏州', days: 3 }, SECOND = { city: 'Paris', unit: 'celsius' };
const call = (input) => ({ name: TOOL.name, input });
const SCHEMA = { type: 'object', properties: { moonphase: { type: 'string' } }, required: ['moonphase'], additionalProperties: false };

// What the model is scripted to do, what is asked, what must come. ${sent}: what the provider must have got.
const CASES = {
  text: { script: 'zh', expect: { text: ZH, finish: 'stop' }, sent: ['Be brief.'] },
  tool: { script: 'tool', ask: { tool: true }, expect: { text: '', calls: [call(FIRST)], finish: 'tool_calls' }, sent: [TOOL.name, TOOL.description] },
  noargs: { script: 'tool+noargs', ask: { tool: true }, expect: { text: '', calls: [call({})], finish: 'tool_calls' } },
  tools2: { script: 'tools2', ask: { tool: true }, expect: { text: '', calls: [call(FIRST), call(SECOND)], finish: 'tool_calls' } },
  saytoo: { script: 'tools2+saytoo+text=First', ask: { tool: true },
    expect: { text: 'First', calls: [call(FIRST), call(SECOND)], finish: 'tool_calls' } },
  result: { script: 'tool+text=Sunny', ask: { tool: true, result: '18 degrees' }, expect: { text: 'Sunny', finish: 'stop' }, sent: ['18 degrees', TOOL.name] },
  any: { script: 'tool', ask: { tool: true, choice: 'any' }, expect: { text: '', calls: [call(FIRST)], finish: 'tool_calls' } },
  image: { script: 'text=Seen', ask: { image: true }, expect: { text: 'Seen', finish: 'stop' }, sent: [image.data] },
  schema: { script: 'text={}', ask: { schema: SCHEMA }, expect: { text: '{}', finish: 'stop' }, sent: ['moonphase'] },
  reasoning: { script: 'reasoning+text=Yes', ask: { effort: 'high' }, expect: { text: 'Yes', reasoning: THOUGHT, finish: 'stop' } },
  length: { script: 'tokens=9', ask: { max: 3 }, expect: { text: 't1 t2 t3 ', finish: 'length' } },
  usage: { script: 'usage=50:20+cached=10+written=5+thought=7+text=Counted', expect: { text: 'Counted', finish: 'stop',
    usage: { in: 50, out: 20, cached: 10, written: 5, thought: 7 } } },
};

let stack;
const runs = [];
const modelOf = (name, provider) => `${CASES[name].script}+as=${provider.name}`;

before(async () => {
  stack = await Stack.start({ name: 'matrix' });
  for (const provider of PROVIDERS) {
    await stack.addProvider({ ...provider.add(stack.fake.url), name: provider.name, mode: 'cloud',
      models: Object.keys(CASES).map((name) => modelOf(name, provider)) });
  }
  await stack.cluster.psql('moongate',
    'update models set input_micros_per_mtok = 1000000, output_micros_per_mtok = 3000000, cached_micros_per_mtok = 100000');
  // Settings arrive in order: when the last one is there, the prices are too.
  await stack.addProvider({ name: 'last', models: ['last'] });
  await stack.until('the last provider to be known', async () => (await stack.chat('last')).ok);
});
after(() => stack?.stop());

// What the shapes of client and provider can both say of the expectation.
function expected(name, client, provider, got) {
  const e = { calls: [], reasoning: '', ...CASES[name].expect };
  const usage = e.usage && Object.fromEntries(Object.entries(e.usage).filter(([k]) => got.usage[k] !== undefined));
  if (usage) for (const part of provider.uncounted ?? []) if (part in usage) usage[part] = 0;
  return { text: e.text, reasoning: client.name === 'openai.completions' ? undefined : e.reasoning, calls: e.calls, finish: e.finish, usage };
}

async function cell(name, client, provider, stream) {
  const question = { model: modelOf(name, provider), text: 'What is a moon gate?', stream, ...CASES[name].ask };
  await stack.fake.forget();
  const answer = await ask(stack, client, question);
  const gap = provider.gaps?.[name];
  if (gap) {
    const text = await answer.text();
    assert.equal(answer.status, 400, text);
    assert.match(text, new RegExp(gap), 'the refusal names the field');
    assert.ok(text.includes(provider.name), `the refusal names the provider: ${text}`);
    return;
  }
  if (answer.status !== 200) assert.fail(`${answer.status} ${await answer.text()}`);
  if (provider.drops?.[name]) {
    await answer.text();
    const [row] = await stack.runRows(answer.headers.get('x-run-id'));
    assert.match(row.dropped, new RegExp(provider.drops[name]));
    return;
  }
  const got = stream ? await client.stream(answer) : client.whole(await answer.json());
  const want = expected(name, client, provider, got);
  if (!want.usage) { assert.ok(got.usage.in > 0 && got.usage.out > 0, `no usage: ${JSON.stringify(got.usage)}`); want.usage = got.usage; }
  assert.deepEqual({ text: got.text, reasoning: got.reasoning, calls: got.calls, finish: got.finish, usage: got.usage },
    { ...want, usage: { ...got.usage, ...want.usage } });
  runs.push({ id: answer.headers.get('x-run-id'), cell: `${client.name} × ${provider.name} × ${name}`, stream });
  const [{ body }] = await stack.fake.chats();
  for (const words of CASES[name].sent ?? []) assert.ok(body.includes(words), `the provider got no ${words}: ${body}`);
}

for (const client of CLIENTS) {
  for (const provider of PROVIDERS) {
    describe(`${client.name} × ${provider.name}`, () => {
      for (const name of client.can) {
        for (const stream of [false, true]) test(`${name}, ${stream ? 'streamed' : 'whole'}`, () => cell(name, client, provider, stream));
      }
    });
  }
}

test('a streamed answer is recorded as the whole one: tokens and cost', async () => {
  const last = runs.at(-1);
  await stack.run(last.id);
  const rows = new Map((await stack.until('all runs to be recorded', async () => {
    const found = await stack.rows('select id, tokens_in, tokens_out, tokens_cached, tokens_reasoning, tokens_written, cost_micros, finish_reason, status from runs');
    return found.length >= runs.length && found;
  })).map(({ id, ...facts }) => [id, facts]));
  const cells = Map.groupBy ? Map.groupBy(runs, (r) => r.cell) : runs.reduce((m, r) => m.set(r.cell, [...(m.get(r.cell) ?? []), r]), new Map());
  for (const [what, pair] of cells) {
    assert.equal(pair.length, 2, what);
    assert.deepEqual(rows.get(pair[0].id), rows.get(pair[1].id), what);
    assert.equal(rows.get(pair[0].id).status, 'ok', what);
    assert.notEqual(Number(rows.get(pair[0].id).cost_micros), 0, what);
  }
});

test('docs/compatibility.md lists every gap', () => {
  const text = readFileSync(`${HOME}/docs/compatibility.md`, 'utf8');
  for (const provider of PROVIDERS) {
    for (const [name] of Object.entries(provider.gaps ?? {})) {
      assert.match(text, new RegExp(`^\\| \`${provider.type}\` \\|.*${name}`, 'm'), `${provider.type}: ${name}`);
    }
  }
});
