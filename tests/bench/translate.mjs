// SPDX-License-Identifier: MIT
// translate: what it costs to pass a 2 KB request and a stream from one dialect to another, as processor time of the gateway, next to the way on
// which client and provider speak alike. Pairs take turns within each round. An event's cost is that of a long stream less that of a short one.
import { join } from 'node:path';
import { run } from '../wire/program.mjs';
import { CLIENTS } from '../wire/clients.mjs';
import { PROVIDERS } from '../wire/dialects.mjs';
import { HOME } from '../wire/stack.mjs';
import { cpu } from './paths.mjs';
import { median, table, verdict } from './table.mjs';

const SHORT = 10, LONG = 410;
const ALIKE = { 'openai.chat': 'openai', 'anthropic.messages': 'anthropic', 'ollama.chat': 'ollama' };
const TEXT = 'A moon gate is a round opening in a garden wall. 月门是园墙上的一个圆洞。'.repeat(20);
const modelOf = (tokens, provider) => `tokens=${tokens}+as=${provider.name}`;

async function measure(stack, client, provider, tokens, stream, seconds) {
  const body = JSON.stringify(client.body({ model: modelOf(tokens, provider), text: TEXT, stream }));
  const env = { ...process.env, ASK_PATH: client.path, ASK_BODY: body, MOONGATE_KEY: stack.key };
  const before = cpu([stack.gate.pid]);
  const { out } = await run('wrk', ['-t', '1', '-c', '8', '-d', `${seconds}s`, '-s', join(HOME, 'tests/bench/ask.lua'), stack.url], { env });
  const [answers, failed] = /^figures (.*)$/m.exec(out)[1].split(' ').map(Number);
  if (failed) throw new Error(`${client.name} × ${provider.name}: ${failed} of ${answers} failed`);
  return (cpu([stack.gate.pid]) - before) / answers;
}

// Of each pair the medians of ${rounds}: { request: µs of a whole answer, event: µs of one event }.
export async function translation(stack, rounds, seconds) {
  for (const provider of PROVIDERS) {
    await stack.addProvider({ ...provider.add(stack.fake.url), name: `t-${provider.name}`, mode: 'local', models: [SHORT, LONG].map((n) => modelOf(n, provider)) });
  }
  await stack.until('the models to be known', async () => (await stack.chat(modelOf(LONG, PROVIDERS.at(-1)))).ok);
  const pairs = CLIENTS.filter((c) => c.name !== 'openai.completions').flatMap((client) => PROVIDERS.map((provider) => ({ client, provider, request: [], event: [] })));
  for (let round = 0; round < rounds; round++) {
    for (const pair of pairs) {
      process.stderr.write(`\r${pair.client.name} to ${pair.provider.name}, round ${round + 1} of ${rounds}            `);
      const ask = (tokens, stream) => measure(stack, pair.client, pair.provider, tokens, stream, seconds);
      pair.request.push(await ask(SHORT, false));
      const [short, long] = [await ask(SHORT, true), await ask(LONG, true)];
      pair.event.push((long - short) / (LONG - SHORT));
    }
  }
  process.stderr.write('\r\x1b[K');
  return pairs.map(({ client, provider, request, event }) => ({ client: client.name, provider: provider.name, request: median(request), event: median(event) }));
}

// A pair's own cost above that of the cheapest pair that speaks alike.
export function showTranslation(pairs) {
  const alike = pairs.filter((p) => ALIKE[p.client] === p.provider);
  const base = { request: Math.min(...alike.map((p) => p.request)), event: Math.min(...alike.map((p) => p.event)) };
  console.log('\ntranslation: processor time of the gateway, µs');
  table([['client to provider', 'a 2 KB request', 'above alike', 'an event', 'above alike'], ...pairs.map((p) => [`${p.client} to ${p.provider}${alike.includes(p) ? ' (alike)' : ''}`,
    p.request.toFixed(0), (p.request - base.request).toFixed(0), p.event.toFixed(1), (p.event - base.event).toFixed(1)])]);
  const across = pairs.filter((p) => !alike.includes(p));
  return [verdict('translating a 2 KB request, µs', median(across.map((p) => p.request)) - base.request, '≤ 50', (n) => n.toFixed(0)),
    verdict('translating an event, µs', median(across.map((p) => p.event)) - base.event, '≤ 5')];
}
