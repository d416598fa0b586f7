// SPDX-License-Identifier: MIT
// world: an installation for these tests: a stack on its first start, the ways to set it up without a browser, and runs of every kind.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { Stack, freePort } from '../wire/stack.mjs';
import { Caller } from './caller.mjs';

export const PASSWORD = `correct horse ${randomBytes(6).toString('hex')}`;
// What the scripted model server asks for: a provider that has lost its secret shows it by 401.
export const SECRET = `sk-canary-${randomBytes(18).toString('hex')}`;
export const LANGUAGES = ['zh-CN', 'en-US'], THEMES = ['light', 'dark'], WIDTHS = [1440, 390];
export const MODELS = ['echo', 'fixed', 'zh', 'hold', 'tokens=40+delay=2', 'status=500', 'status=429+retry-after=3', 'cut=700', 'reasoning', 'demo'];

export class World {
  static async start(name, options = {}) {
    const world = new World();
    world.stack = await Stack.start({ name, bare: true, fakeArgs: ['--key', SECRET], ...options });
    world.url = world.stack.url;
    return world;
  }

  // The link that a first start prints.
  async link() {
    return (await this.stack.gate.line(/\/admin\/setup\?token=[\w-]+/))[0];
  }

  // The first run, without a browser: the administrator, signed in.
  async setUp(name = 'admin') {
    this.admin = new Caller(this.url, { language: 'en-US' });
    const link = await this.link();
    await this.admin.get(link);
    const answer = await this.admin.post(link, { language: 'en-US', name, password: PASSWORD, again: PASSWORD });
    if (answer.status !== 303) throw new Error(`the setup page says ${answer.status}: ${answer.text}`);
    await this.admin.get('/admin/');
    return this.admin;
  }

  async addUser(name, role, password = PASSWORD) {
    await this.admin.get('/admin/users/new');
    const answer = await this.admin.post('/admin/users', { name, role, password });
    if (answer.status !== 303) throw new Error(`adding ${name} says ${answer.status}: ${answer.text}`);
  }

  // A new session of a user.
  async session(name, { language, password = PASSWORD } = {}) {
    const caller = new Caller(this.url, { language });
    const answer = await caller.signIn(name, password);
    if (answer.status !== 303) throw new Error(`${name} cannot sign in: ${answer.status} ${answer.text}`);
    return caller;
  }

  // By the form, as a browser without JavaScript sends it: its id.
  async addProvider(form) {
    await this.admin.get('/admin/providers/new?type=openai-compatible');
    const answer = await this.admin.post('/admin/providers', { type: 'openai-compatible', deployment_mode: 'local', data_class_max: 'secret',
      base_url: `${this.stack.fake.url}/v1`, secret: SECRET, enabled: 'true', models: MODELS.join('\n'), ...form });
    if (answer.status !== 303) throw new Error(`adding the provider says ${answer.status}: ${answer.text}`);
    return answer.location.split('/').at(-1).replace(/\?.*/, '');
  }

  // The whole key, once the gate knows it.
  async createKey(form) {
    await this.admin.get('/admin/keys/new');
    const answer = await this.admin.post('/admin/keys', { role: 'developer', data_class: 'public', expires_days: '90', ...form });
    const key = /mgk_\w+/.exec(answer.text)?.[0];
    if (answer.status !== 200 || !key) throw new Error(`creating the key says ${answer.status}: ${answer.text}`);
    await this.stack.until('the key to be known', async () => (await this.stack.fetch('/v1/models', { key })).status === 200);
    return key;
  }

  async providerState(id, state) {
    return this.stack.until(`provider ${id} to be ${state}`, async () => {
      const answer = await this.admin.send('GET', `/api/v1/providers/${id}`);
      return JSON.parse(answer.text).health?.state === state;
    });
  }

  // One run of each kind: kind → id, all of them in the database.
  async sendRuns(key) {
    const { stack } = this, ids = {};
    const chat = async (kind, model, more = {}, headers = {}) => {
      const answer = await stack.chat(model, 'How many moons has Mars?', more, { key, headers });
      await answer.text().catch(() => {});
      ids[kind] = answer.headers.get('x-run-id');
    };
    await chat('ok', 'fixed');
    await chat('stream', 'tokens=40+delay=2', { stream: true });
    await chat('failed', 'status=500');
    await chat('rate', 'status=429+retry-after=3');
    await chat('truncated', 'cut=700', { stream: true });
    await chat('refused', 'no-such-model');
    await chat('sovereign', 'echo', {}, { 'X-Sovereign-Mode': 'true', 'X-Data-Class': 'secret' });
    ids.cancelled = await this.cancelledRun(key);
    for (const id of Object.values(ids)) if (id) await stack.run(id, { key });
    return ids;
  }

  // The caller hangs up after the first piece.
  async cancelledRun(key) {
    const leave = new AbortController();
    const answer = await this.stack.chat('hold', 'x', { stream: true }, { key, signal: leave.signal });
    await answer.body.getReader().read();
    leave.abort();
    return answer.headers.get('x-run-id');
  }

  stop() { return this.stack?.stop(); }
}

// A port on which nobody listens, and one on which somebody accepts and says nothing.
export const deadPort = freePort;
export function silentPort() {
  const sockets = new Set();
  return new Promise((done, fail) => {
    const server = createServer((s) => { sockets.add(s); s.on('error', () => {}); }).once('error', fail);
    server.listen(0, '127.0.0.1', () => done({ port: server.address().port, close: () => {
      for (const s of sockets) s.destroy();
      server.close();
    } }));
  });
}
