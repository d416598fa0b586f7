// SPDX-License-Identifier: MIT
// make bench-streams: many streams at once, an event each third of a second or so; how late events are through each path, next to straight.
// BENCH_STREAMS (500,2000) and BENCH_EVENTS (30) change it.
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { run } from '../wire/program.mjs';
import { OUT } from '../wire/stack.mjs';
import { cpu, Paths, rss } from './paths.mjs';
import { table, us, verdict } from './table.mjs';

const COUNTS = (process.env.BENCH_STREAMS ?? '500,2000').split(',').map(Number);
const EVENTS = Number(process.env.BENCH_EVENTS ?? 30);
const MODEL = `stamp=${EVENTS}+delay=300+jitter=66`;
const SECONDS = Math.ceil(EVENTS * 0.366) + 20;

const memory = (pids) => pids.reduce((sum, pid) => sum + rss(pid), 0);

async function measure(paths, path, count) {
  const pids = path.pids();
  const before = { cpu: cpu(pids), rss: memory(pids) };
  let most = 0, over = false;
  const load = run(join(OUT, 'streams'), [path.url, String(count), MODEL, String(EVENTS), String(SECONDS)],
    { env: { ...process.env, MOONGATE_KEY: paths.stack.key } }).finally(() => { over = true; });
  while (!over) {
    most = Math.max(most, memory(pids));
    await Promise.race([load, sleep(200)]);
  }
  const figures = JSON.parse((await load).out);
  return { ...figures, cpu: (cpu(pids) - before.cpu) / figures.events, kb: (most - before.rss) / count };
}

const paths = await Paths.open({ name: 'bench-streams', models: [MODEL] });
try {
  for (const count of COUNTS) {
    const of = {};
    for (const path of paths.list.filter((p) => p.name !== 'lighttpd')) {
      process.stderr.write(`\r${count} streams through ${path.name}          `);
      of[path.name] = await measure(paths, path, count);
    }
    process.stderr.write('\r\x1b[K');
    const base = of.direct;
    console.log(`${count} streams at once, ${EVENTS} events each`);
    table([['through', 'failed', 'late p50', 'late p99', 'added p50', 'added p99', 'first event p99', 'CPU µs per event', 'KB per stream'],
      ...Object.entries(of).map(([name, r]) => [name, r.failed, us(r.p50_us), us(r.p99_us), name === 'direct' ? '' : us(r.p50_us - base.p50_us),
        name === 'direct' ? '' : us(r.p99_us - base.p99_us), us(r.first_p99_us), r.cpu.toFixed(1), name === 'direct' ? '' : r.kb.toFixed(1)])]);
    console.log('');
    table([['target', 'measured', 'wanted', ''],
      verdict('streams that failed', of.moongate.failed, '≤ 0', String),
      verdict('added p99, ms', (of.moongate.p99_us - base.p99_us) / 1000, '≤ 10'),
      verdict('added p99 of the first event, ms', (of.moongate.first_p99_us - base.first_p99_us) / 1000, '≤ 10'),
      verdict('moongate memory per stream, KB', of.moongate.kb, '≤ 40', (n) => n.toFixed(1))]);
    console.log('');
  }
} finally {
  await paths.close();
}
