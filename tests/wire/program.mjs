// SPDX-License-Identifier: MIT
// program: starts a program whose output goes to a file, waits for a line of it, ends it. Whatever is still running when this process
// ends is ended with it: by pid, and by the kernel should this process be killed.
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const running = new Set();
process.on('exit', () => { for (const p of running) p.signal('SIGKILL'); });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

// Sanitizers make programs several times slower; deadlines are only there to end a test that would wait for ever.
export const DEADLINE = 30_000;

// An error that no waiting mends.
export function ended(program) {
  return Object.assign(new Error(`${program.name} ended with ${program.code}:\n${program.lastLines}`), { final: true });
}

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
      if (e.final) throw e;
      last = e;
    }
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for ${what}${last ? `: ${last.message}` : ''}`, { cause: last });
    await sleep(every);
  }
}

export class Program {
  // ${log}: the file, written by the program itself: this process is no part of its speed. ${quit}: the signal that ends it politely.
  constructor(name, command, args, { env = process.env, cwd, log, quit = 'SIGTERM' }) {
    Object.assign(this, { name, quit, log, code: undefined });
    const file = openSync(log, 'a');
    this.began = fstatSync(file).size;
    this.child = spawn('setpriv', ['--pdeathsig', quit.slice(3), '--', command, ...args], { env, cwd, stdio: ['ignore', file, file] });
    closeSync(file);
    this.pid = this.child.pid;
    running.add(this);
    this.ended = new Promise((resolve) => {
      this.child.once('error', (e) => this.#end(resolve, `${e.message}`));
      this.child.once('close', (code, signal) => this.#end(resolve, signal ?? code));
    });
  }

  #end(resolve, code) {
    running.delete(this);
    this.code = code;
    resolve(code);
  }

  // What it has printed since it was started.
  get output() { return readFileSync(this.log).subarray(this.began).toString('utf8'); }
  get lastLines() { return this.output.trimEnd().split('\n').slice(-20).join('\n'); }

  // The match of the first line that fits, once it is there.
  line(pattern) {
    return until(`${this.name} to print a line like ${pattern}`, () => {
      const match = pattern.exec(this.output);
      if (!match && this.code !== undefined) throw ended(this);
      return match;
    });
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
