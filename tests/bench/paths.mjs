// SPDX-License-Identifier: MIT
// paths: the ways to the same scripted provider that are compared: straight, through nginx, through lighttpd's own proxy, through Moongate.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program, until } from '../wire/program.mjs';
import { freePort, Stack } from '../wire/stack.mjs';

export class Paths {
  static async open({ name, models, env = {}, fakeThreads = 2, quiet = false }) {
    const paths = new Paths();
    paths.stack = await Stack.start({ name, models, env, fakeArgs: ['--threads', String(fakeThreads), '--keep', '64'] });
    try {
      await paths.#open(quiet);
    } catch (e) {
      await paths.close();
      throw e;
    }
    return paths;
  }

  async #open() {
    const { stack } = this;
    const { port: target } = new URL(stack.fake.url);
    const folder = join(stack.folder, 'bench');
    mkdirSync(folder);
    const [nginx, proxy] = [await freePort(), await freePort()];
    writeFileSync(join(folder, 'nginx.conf'), `
worker_processes 2; daemon off; pid ${folder}/nginx.pid; error_log stderr; worker_rlimit_nofile 32768;
events { worker_connections 16000; }
http {
  access_log off; keepalive_requests 1000000000; proxy_buffering off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((n) => `${n}_temp_path ${folder}/nginx-${n};`).join(' ')}
  upstream provider { server 127.0.0.1:${target}; keepalive 256; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${nginx} backlog=4096;
    location / { proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; } }
}`);
    writeFileSync(join(folder, 'proxy.conf'), `
server.modules = ("mod_proxy")
server.document-root = "${folder}"
server.bind = "127.0.0.1"
server.port = ${proxy}
server.event-handler = "linux-sysepoll"
server.max-fds = 32768
server.max-connections = 13000
server.listen-backlog = 4096
server.max-keep-alive-requests = 1000000000
server.stream-response-body = 1
proxy.server = ("/" => (("host" => "127.0.0.1", "port" => ${target})))`);
    const options = (log) => ({ log: join(stack.logs, log), env: process.env });
    this.nginx = new Program('nginx', 'nginx', ['-c', join(folder, 'nginx.conf'), '-e', 'stderr'], options('nginx.log'));
    this.proxy = new Program('lighttpd proxy', 'lighttpd', ['-D', '-f', join(folder, 'proxy.conf')], options('proxy.log'));
    this.list = [
      { name: 'direct', url: stack.fake.url, pids: () => [stack.fake.program.pid] },
      { name: 'nginx', url: `http://127.0.0.1:${nginx}`, pids: () => [this.nginx.pid, ...children(this.nginx.pid)] },
      { name: 'lighttpd', url: `http://127.0.0.1:${proxy}`, pids: () => [this.proxy.pid] },
      { name: 'moongate', url: stack.url, pids: () => [stack.gate.pid], front: () => [stack.front.pid] },
    ];
    for (const path of this.list) {
      await until(`${path.name} to answer`, async () => (await fetch(`${path.url}/v1/models`, { headers: { authorization: `Bearer ${stack.key}` } })).ok);
    }
  }

  path(name) { return this.list.find((p) => p.name === name); }

  // Every process of every path, for taskset. PostgreSQL is left where it is: no answer waits for it.
  pids() { return [...new Set(this.list.flatMap((p) => [...p.pids(), ...(p.front?.() ?? [])]).concat(this.stack.fake.program.pid))]; }

  pin(cores) { for (const pid of this.pids()) execFileSync('taskset', ['-a', '-c', '-p', cores, String(pid)], { stdio: 'ignore' }); }

  async close() {
    await Promise.all([this.nginx?.stop(), this.proxy?.stop()]);
    await this.stack.stop();
  }
}

export function children(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

// Processor time these processes have used, in µs: the clock of /proc ticks every 10 ms.
export function cpu(pids) {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) * 10_000;
  }, 0);
}

// Resident memory, in KiB.
export function rss(pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}
