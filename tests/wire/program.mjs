// SPDX-License-Identifier: MIT
// program: starts a program, keeps what it prints in a file, waits for a line of it, ends it. Whatever is still running when this process
// ends is ended with it: by pid, and by the kernel should this process be killed.
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const running = new Set();
process.on('exit', () => { for (const p of running) p.signal('SIGKILL'); });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

// Sanitizers make programs several times slower; deadlines are only there to end a test that would wait for ever.
export const DEADLINE = 30_000;

// Ask again and again until ${ask} gives something true: what it gave. ${what} is what the failure says was waited for.
export async function until(what, ask, { ms = DEADLINE, every = 20 } = {}) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      const got = await ask();
      if (got) return got;
      last = undefined;
    } catch (e) {
      last = e;
    }
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for ${what}${last ? `: ${last.message}` : ''}`, { cause: last });
    await sleep(every);
  }
}

export class Program {
  // ${log}: a file. ${quit}: the signal that ends it politely.
  constructor(name, command, args, { env = process.env, cwd, log, quit = 'SIGTERM' }) {
    Object.assign(this, { name, quit, lines: [], waiting: [], code: undefined });
    this.file = createWriteStream(log, { flags: 'a' });
    this.child = spawn('setpriv', ['--pdeathsig', quit.slice(3), '--', command, ...args], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    this.pid = this.child.pid;
    running.add(this);
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => this.#line(line));
    }
    this.ended = new Promise((resolve) => {
      this.child.once('error', (e) => this.#end(resolve, `${e.message}`));
      this.child.once('close', (code, signal) => this.#end(resolve, signal ?? code));
    });
  }

  #line(line) {
    this.file.write(`${line}\n`);
    this.lines.push(line);
    if (this.lines.length > 2000) this.lines.shift();
    this.waiting = this.waiting.filter((w) => !w(line));
  }

  #end(resolve, code) {
    running.delete(this);
    this.code = code;
    this.file.end();
    this.waiting.splice(0).forEach((w) => w(null));
    resolve(code);
  }

  // The match of the first line, past or to come, that fits.
  line(pattern) {
    const seen = this.lines.map((l) => pattern.exec(l)).find(Boolean);
    if (seen) return Promise.resolve(seen);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(this.#failure(`no line like ${pattern} within ${DEADLINE} ms`)), DEADLINE);
      this.waiting.push((line) => {
        const match = line === null ? null : pattern.exec(line);
        if (line !== null && !match) return false;
        clearTimeout(late);
        if (match) resolve(match);
        else reject(this.#failure(`ended with ${this.code} before a line like ${pattern}`));
        return true;
      });
    });
  }

  #failure(what) {
    return new Error(`${this.name}: ${what}\n${this.lines.slice(-20).join('\n')}`);
  }

  signal(name) {
    try { process.kill(this.pid, name); } catch { /* it has ended already */ }
  }

  // What it ended with: an exit status, or the name of a signal.
  async stop(signal = this.quit) {
    if (this.code !== undefined) return this.code;
    this.signal(signal);
    const late = setTimeout(() => this.signal('SIGKILL'), DEADLINE);
    const code = await this.ended;
    clearTimeout(late);
    return code;
  }
}

// Run a program to its end: what it printed. Any status but 0 is an error that shows what it said.
export async function run(command, args, { env = process.env, cwd, input = '', status = 0 } = {}) {
  const child = spawn(command, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  let out = '', err = '';
  child.stdout.setEncoding('utf8').on('data', (d) => { out += d; });
  child.stderr.setEncoding('utf8').on('data', (d) => { err += d; });
  child.stdin.on('error', () => {}).end(input);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (c, signal) => resolve(signal ?? c));
  });
  if (code !== status) throw new Error(`${command} ${args.join(' ')} ended with ${code}, not ${status}:\n${err || out}`);
  return { out, err };
}
