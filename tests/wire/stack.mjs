// SPDX-License-Identifier: MIT
// stack: a whole Moongate to talk to: PostgreSQL, moongate, lighttpd with the project's configuration, and the scripted model server, each
// started for one test file in a temporary folder and ended with it. OUT says which build; logs are kept in $OUT/wire/<name>/.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Cluster } from './cluster.mjs';
import { Fakellm } from './fakellm.mjs';
import { ended, Program, run, until } from './program.mjs';

export const HOME = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const OUT = resolve(HOME, process.env.OUT ?? 'out/plain');

export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

// The models every test file finds at its provider "fake"; a file adds its own.
const MODELS = ['demo', 'echo', 'fixed', 'zh', 'hold'];

export class Stack {
  // name: of the logs' folder. models: names to offer besides MODELS. env: for moongate. fakeArgs: for fakellm. provider: over the
  // members of addProvider. bare: as it is on the first start, with no provider and no key.
  static async start({ name, models = [], env = {}, fakeArgs = [], provider = {}, bare = false }) {
    const stack = new Stack();
    try {
      await stack.#start({ name, models: [...MODELS, ...models], env, fakeArgs, provider, bare });
    } catch (e) {
      console.error(e);                                    // the test runner does not show what fails before the first test
      await stack.stop().catch(() => {});
      throw e;
    }
    return stack;
  }

  async #start({ name, models, env, fakeArgs, provider, bare }) {
    this.logs = join(OUT, 'wire', name);
    mkdirSync(this.logs, { recursive: true });
    this.folder = mkdtempSync(join(tmpdir(), 'moongate-'));
    chmodSync(this.folder, 0o755);
    this.var = join(this.folder, 'var');
    mkdirSync(join(this.var, 'run'), { recursive: true });
    const keyFile = join(this.folder, 'master.key');
    writeFileSync(keyFile, `1 ${randomBytes(32).toString('hex')}\n`, { mode: 0o400 });

    this.cluster = new Cluster(join(this.folder, 'pg'), join(this.logs, 'postgres.log'));
    [this.fake] = await Promise.all([
      Fakellm.start(join(OUT, 'fakellm'), join(this.logs, 'fakellm.log'), fakeArgs),
      this.cluster.create().then(() => this.cluster.start()),
    ]);
    await this.cluster.psql('postgres', 'create database moongate');
    this.port = await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    this.env = { ...process.env, MOONGATE_HOME: HOME, MOONGATE_VAR: this.var, MOONGATE_BIND: '127.0.0.1', MOONGATE_PORT: String(this.port),
      MOONGATE_DATABASE_URL: this.cluster.url('moongate'), MOONGATE_MASTER_KEY_FILE: keyFile, ...env };
    await this.moongate('migrate');
    if (!bare) await this.addProvider({ name: 'fake', models, ...provider });
    await this.startGate();
    await this.startFront();
    if (!bare) this.key = await this.createKey('developer', 'developer');
  }

  // A subcommand of moongate.
  moongate(...args) {
    const options = typeof args.at(-1) === 'object' ? args.pop() : {};
    return run(join(OUT, 'moongate'), args, { env: this.env, cwd: this.folder, ...options });
  }

  // ${options}: the type's own fields.
  async addProvider({ name, type = 'openai-compatible', baseUrl = `${this.fake.url}/v1`, mode = 'local', models = [], secret, options }) {
    const args = ['provider', 'add', '--type', type, '--name', name, '--base-url', baseUrl, '--mode', mode, '--json',
      ...models.flatMap((m) => ['--model', m]), ...(secret ? ['--key-stdin'] : []),
      ...Object.entries(options ?? {}).flatMap(([name, value]) => ['--option', `${name}=${value}`])];
    const { out } = await this.moongate(...args, { input: secret ?? '' });
    return JSON.parse(out);
  }

  // A new key, once the running gate knows it.
  async createKey(name, role = 'developer', args = []) {
    const { out } = await this.moongate('key', 'create', '--name', name, '--role', role, '--json', ...args);
    const key = /mgk_\w+/.exec(out);
    if (!key) throw new Error(`key create printed no key: ${out}`);
    await until(`the key ${name} to be known`, async () => (await this.fetch('/v1/models', { key: key[0] })).status !== 401);
    return key[0];
  }

  async startGate() {
    this.gate = new Program('moongate', join(OUT, 'moongate'), ['serve'],
      { env: this.env, cwd: this.folder, log: join(this.logs, 'moongate.log') });
    if (this.front) await this.ready();
  }

  async startFront() {
    this.front = new Program('lighttpd', 'lighttpd', ['-D', '-f', join(HOME, 'lighttpd/lighttpd.conf')],
      { env: this.env, log: join(this.logs, 'lighttpd.log') });
    await this.ready();
  }

  ready() {
    return until('/readyz to say 200', async () => {
      for (const p of [this.gate, this.front]) {
        if (p.code !== undefined) throw ended(p);
      }
      return (await fetch(`${this.url}/readyz`)).status === 200;
    });
  }

  // --- talking to it ---

  fetch(path, { key = this.key, headers = {}, ...options } = {}) {
    return fetch(this.url + path, { ...options, headers: { ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers } });
  }

  post(path, body, { headers = {}, ...options } = {}) {
    return this.fetch(path, { method: 'POST', body: typeof body === 'object' && !(body instanceof Uint8Array) ? JSON.stringify(body) : body,
      headers: { 'content-type': 'application/json', ...headers }, ...options });
  }

  // One question to the OpenAI door.
  chat(model, said = 'Hello', more = {}, options = {}) {
    return this.post('/v1/chat/completions', { model, messages: [{ role: 'user', content: said }], ...more }, options);
  }

  until(what, ask, options) { return until(what, ask, options); }

  rows(query) { return this.cluster.rows('moongate', query); }

  // The row of a run, once it is there.
  runRows(id) {
    return until(`run ${id} to be in the database`, async () => {
      const rows = await this.rows(`select * from runs where id = '${id}'`);
      return rows.length > 0 && rows;
    });
  }

  // The run as the API shows it, once it is there: it arrives a moment after the answer.
  run(id, options) {
    return until(`run ${id} to be recorded`, async () => {
      const answer = await this.fetch(`/api/v1/runs/${id}`, options);
      if (answer.status !== 200) throw new Error(`/api/v1/runs/${id} says ${answer.status} ${await answer.text()}`);
      return answer.json();
    }, { every: 50 });
  }

  // Everything that was started ends; a gate that does not end well is a failure, unless the test has ended it itself.
  async stop() {
    const front = this.front?.stop();
    const gateRan = this.gate && this.gate.code === undefined;
    const code = await this.gate?.stop();
    await Promise.all([front, this.fake?.stop(), this.cluster?.stop()]);
    if (this.folder) rmSync(this.folder, { recursive: true, force: true });
    if (gateRan && code !== 0) throw ended(this.gate);
  }
}
