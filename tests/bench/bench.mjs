// SPDX-License-Identifier: MIT
// make bench: whole answers through Moongate with recording on, next to a plain reverse proxy and the bare provider, in turns within one
// run: only what was measured side by side compares. BENCH_SECONDS (4) and BENCH_ROUNDS (3) make it shorter or longer.
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { run } from '../wire/program.mjs';
import { HOME, OUT } from '../wire/stack.mjs';
import { cpu, Paths, rss } from './paths.mjs';
import { median, rate, table, us, verdict } from './table.mjs';
import { showTranslation, translation } from './translate.mjs';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 4);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 3);
const LOADS = [
  { name: '1', connections: 1 }, { name: '1, one core', connections: 1, pinned: true },
  { name: '16', connections: 16 }, { name: '64', connections: 64 },
];

async function wrk(paths, path, { connections, pinned }) {
  const gate = paths.path('moongate');
  const watched = { app: path.pids(), front: path.front?.() ?? [] };
  const before = { app: cpu(watched.app), front: cpu(watched.front) };
  const args = ['-t', String(connections > 1 ? 2 : 1), '-c', String(connections), '-d', `${SECONDS}s`, '--latency',
    '-s', join(HOME, 'tests/bench/post.lua'), path.url];
  const env = { ...process.env, MOONGATE_KEY: paths.stack.key };
  const { out } = pinned ? await run('taskset', ['-c', '0', 'wrk', ...args], { env }) : await run('wrk', args, { env });
  const [requests, duration, p50, p99, broken, refused] = /^figures (.*)$/m.exec(out)[1].split(' ').map(Number);
  if (path === gate) paths.answered = (paths.answered ?? 0) + requests;
  return { rps: requests / (duration / 1e6), p50, p99, failed: broken + refused,
    app: (cpu(watched.app) - before.app) / requests, front: (cpu(watched.front) - before.front) / requests };
}

const mid = (results, what) => median(results.map((r) => r[what]));

async function measure(paths) {
  const results = {};
  for (const load of LOADS) {
    if (load.pinned) paths.pin('0');
    for (let round = 0; round < ROUNDS; round++) {
      for (const path of paths.list) {
        process.stderr.write(`\r${load.name} connections, round ${round + 1} of ${ROUNDS}, ${path.name}          `);
        ((results[load.name] ??= {})[path.name] ??= []).push(await wrk(paths, path, load));
      }
    }
    if (load.pinned) paths.pin(`0-${availableParallelism() - 1}`);
  }
  process.stderr.write('\r\x1b[K');
  return results;
}

// The same with the database there and stopped, in turns; what waits in the spool is replayed before the next turn.
async function withoutDatabase(paths) {
  const { stack } = paths;
  const there = [], gone = [];
  const drained = () => stack.until('the spool to be empty', async () => {
    const metrics = await (await stack.fetch('/metrics')).text();
    return /^\w*spool_waiting 0$/m.test(metrics);
  }, { ms: 600_000, every: 200 });
  for (let round = 0; round < ROUNDS; round++) {
    await drained();
    there.push(await wrk(paths, paths.path('moongate'), { connections: 64 }));
    await stack.cluster.stop();
    gone.push(await wrk(paths, paths.path('moongate'), { connections: 64 }));
    await stack.cluster.start();
  }
  await drained();
  return { there, gone };
}

// From nothing to the first answer, as make run does it: the front starts once the gateway listens.
async function startTime({ stack }) {
  await Promise.all([stack.gate.stop(), stack.front.stop()]);
  stack.front = undefined;
  const began = performance.now();
  await stack.startGate();
  await stack.until('the gateway to listen', () => stack.gate.output.includes('"ready"'), { every: 2 });
  await stack.startFront();
  await stack.until('the first answer', async () => {
    const answer = await stack.chat('fixed');
    await answer.text();
    return answer.status === 200;
  }, { every: 5 });
  return performance.now() - began;
}

function show(results) {
  for (const { name: load } of LOADS) {
    const paths = results[load];
    console.log(`\nconnections: ${load}`);
    const base = paths.direct;
    table([['through', 'answers/s', 'p50', 'p99', 'added p50', 'added p99', 'CPU µs: itself', 'its front', 'failed'],
      ...Object.entries(paths).map(([name, r]) => [name, rate(mid(r, 'rps')), us(mid(r, 'p50')), us(mid(r, 'p99')),
        name === 'direct' ? '' : us(mid(r, 'p50') - mid(base, 'p50')), name === 'direct' ? '' : us(mid(r, 'p99') - mid(base, 'p99')),
        Math.round(mid(r, 'app')), r[0].front ? Math.round(mid(r, 'front')) : '', r.reduce((n, x) => n + x.failed, 0)])]);
  }
}

const paths = await Paths.open({ name: 'bench', models: [] });
try {
  const idle = rss(paths.stack.gate.pid);
  await wrk(paths, paths.path('moongate'), { connections: 64 });
  const warm = rss(paths.stack.gate.pid);                  // its pools are filled: what comes on top now would be a leak
  const results = await measure(paths);
  const outage = await withoutDatabase(paths);
  const after = rss(paths.stack.gate.pid);
  const started = await startTime(paths);
  const pairs = await translation(paths.stack, ROUNDS, 1);
  const [{ n: recorded }] = await paths.stack.rows('select count(*)::int as n from runs');

  console.log(`${cpus()[0].model}, ${availableParallelism()} cores shared by load, provider and gateway; ${ROUNDS} rounds of ${SECONDS} s, medians`);
  show(results);
  const translated = showTranslation(pairs);
  const at64 = results['64'], one = results['1, one core'];
  const added = (name) => mid(one[name], 'p50') - mid(one.direct, 'p50');
  console.log('');
  table([['target', 'measured', 'wanted', ''],
    verdict('answers/s at 64, of nginx proxy_pass', mid(at64.moongate, 'rps') / mid(at64.nginx, 'rps'), '≥ 0.30'),
    verdict('answers/s at 64, of lighttpd mod_proxy', mid(at64.moongate, 'rps') / mid(at64.lighttpd, 'rps'), '≥ 0.80'),
    verdict('added p50 at 1 on one core, of what nginx adds', added('moongate') / added('nginx'), '≤ 5'),
    verdict('p99 at 64, of nginx', mid(at64.moongate, 'p99') / mid(at64.nginx, 'p99'), '≤ 3'),
    verdict('CPU of moongate per answer, µs', mid(at64.moongate, 'app'), '≤ 60', Math.round),
    verdict('answers/s at 64 without PostgreSQL, of those with', mid(outage.gone, 'rps') / mid(outage.there, 'rps'), '≥ 0.95'),
    verdict('resident memory idle, MB', idle / 1024, '≤ 30', (n) => n.toFixed(1)),
    verdict('the same after the first seconds at 64, MB', warm / 1024, '≤ 30', (n) => n.toFixed(1)),
    verdict(`more of it after ${rate(paths.answered)} answers, MB`, (after - warm) / 1024, '≤ 2', (n) => n.toFixed(1)),
    verdict('start to first answer, ms', started, '≤ 1000', Math.round), ...translated]);
  console.log(`\n${paths.answered} answers through moongate, ${recorded} runs recorded`);
  mkdirSync(join(OUT, 'bench'), { recursive: true });
  writeFileSync(join(OUT, 'bench', 'bench.json'), JSON.stringify({ results, pairs, outage, idle, warm, after, started, recorded }, null, 1));
} finally {
  await paths.close();
}
