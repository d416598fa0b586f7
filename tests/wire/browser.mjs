// SPDX-License-Identifier: MIT
// browser: what a browser would send and more: requests with exactly these headers, and people who are signed in without going through
// the throttled front door.
import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { request } from 'node:http';

// One request, nothing followed: {status, headers (of node), cookies (as sent), text}.
export function send(url, method, path, { headers = {}, body } = {}) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const r = request({ hostname, port, method, path, headers: { ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }), ...headers } },
      (answer) => {
        const chunks = [];
        answer.on('data', (d) => chunks.push(d)).on('error', reject).on('end', () => resolve({ status: answer.statusCode, headers: answer.headers,
          cookies: answer.headers['set-cookie'] ?? [], text: Buffer.concat(chunks).toString('utf8') }));
      });
    r.setTimeout(30_000, () => r.destroy(new Error(`no answer to ${method} ${path}`)));
    r.on('error', reject).end(body);
  });
}

export const FORM = 'application/x-www-form-urlencoded';
export const form = (values) => new URLSearchParams(values).toString();

// A person with a session in the database.
export class Person {
  static async signIn(stack, role, name = `${role} ${randomUUID().slice(0, 8)}`) {
    const person = new Person();
    const token = randomBytes(32).toString('base64url'), key = randomBytes(32), id = randomUUID();
    Object.assign(person, { stack, role, name, id, token, csrf: createHmac('sha256', key).update('csrf').digest('base64url') });
    await stack.moongate('user', 'add', name, '--role', role, '--password-stdin', { input: 'correct horse battery' });
    await stack.cluster.psql('moongate', `insert into moongate.sessions (token_hash, user_id, csrf_key, expires_at) select
      '\\x${createHash('sha256').update(token).digest('hex')}', id, '\\x${key.toString('hex')}', now() + interval '1 hour'
      from moongate.users where name = '${name}'`);
    return person;
  }

  get cookie() { return `mg=${this.token}`; }

  get(path, headers = {}) { return send(this.stack.url, 'GET', path, { headers: { cookie: this.cookie, ...headers } }); }

  // A form of one of our pages.
  post(path, values = {}, headers = {}) {
    return send(this.stack.url, 'POST', path, { body: form({ csrf: this.csrf, ...values }),
      headers: { cookie: this.cookie, 'content-type': FORM, origin: this.stack.url, ...headers } });
  }

  // A script of one of our pages, at an API address.
  api(method, path, body, headers = {}) {
    return send(this.stack.url, method, path, { body: body === undefined ? undefined : JSON.stringify(body),
      headers: { cookie: this.cookie, 'x-csrf-token': this.csrf, 'content-type': 'application/json', origin: this.stack.url, ...headers } });
  }
}
