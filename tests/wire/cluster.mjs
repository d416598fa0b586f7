// SPDX-License-Identifier: MIT
// cluster: a PostgreSQL of its own, in a folder of its own, on a unix socket only. As root it runs as the user postgres (or nobody).
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ended, Program, run, until } from './program.mjs';

function tool(name) {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => b - a) : [];
  const found = versions.map((v) => join(base, v, 'bin', name)).find(existsSync);
  return found ?? name;
}

// The user a server may not be root for; undefined when we are not root ourselves.
function unprivileged() {
  if (process.getuid() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag) => Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch { /* there is no such user */ }
  }
  throw new Error('there is neither a user postgres nor nobody to run PostgreSQL as');
}

export class Cluster {
  constructor(folder, log) {
    this.folder = folder;
    this.log = log;
    this.user = unprivileged();
    this.data = join(folder, 'data');
  }

  // Another user is another start for the kernel: the signal that ends the server with us has to be asked for again.
  #as(command, args) {
    if (!this.user) return [command, args];
    return ['setpriv', ['--pdeathsig', 'INT', `--reuid=${this.user.uid}`, `--regid=${this.user.gid}`, '--clear-groups', '--', command, ...args]];
  }

  async create() {
    mkdirSync(this.folder, { recursive: true });
    if (this.user) chownSync(this.folder, this.user.uid, this.user.gid);
    const [command, args] = this.#as(tool('initdb'),
      ['-D', this.data, '-U', 'moongate', '--auth=trust', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions']);
    await run(command, args, { cwd: this.folder });
  }

  async start() {
    const settings = ['listen_addresses=', `unix_socket_directories=${this.folder}`, 'fsync=off', 'full_page_writes=off',
      'shared_buffers=32MB', 'max_connections=60', 'logging_collector=off'];
    const [command, args] = this.#as(tool('postgres'), ['-D', this.data, ...settings.flatMap((s) => ['-c', s])]);
    // SIGINT is PostgreSQL's fast stop: sessions are ended, nothing is lost.
    this.server = new Program('postgres', command, args, { cwd: this.folder, log: this.log, quit: 'SIGINT' });
    await until('PostgreSQL to accept connections', async () => {
      if (this.server.code !== undefined) throw ended(this.server);
      return (await this.psql('postgres', 'select 1')).trim() === '1';
    });
  }

  stop(signal) {
    return this.server ? this.server.stop(signal) : undefined;
  }

  url(database) {
    return `postgresql:///${database}?host=${encodeURIComponent(this.folder)}&user=moongate`;
  }

  async psql(database, text) {
    return (await run(tool('psql'), ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', this.url(database), '-c', text])).out;
  }

  // Rows as objects.
  async rows(database, query) {
    return JSON.parse(await this.psql(database, `select coalesce(json_agg(q), '[]') from (${query}) q`));
  }
}
