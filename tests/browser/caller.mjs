// SPDX-License-Identifier: MIT
// caller: a browser without a screen, for what needs many requests and no eyes: keeps cookies, follows redirects, sends forms with the
// token of the page it has seen last. Each comes from a network of its own, because sign-ins are counted by network.
import http from 'node:http';

let networks = 0;

export class Caller {
  constructor(url, { language } = {}) {
    this.url = url;
    this.language = language;
    this.address = `127.${1 + (++networks >> 8)}.${networks & 255}.1`;
    this.cookies = new Map();
    this.token = '';
  }

  // { status, headers, text, location }
  send(method, path, { form, json, headers = {} } = {}) {
    const body = form ? new URLSearchParams(form).toString() : json === undefined ? undefined : JSON.stringify(json);
    const type = form ? 'application/x-www-form-urlencoded' : 'application/json';
    return new Promise((done, fail) => {
      const request = http.request(this.url + path, { method, localAddress: this.address, headers: {
        ...(this.language ? { 'accept-language': this.language } : {}),
        ...(this.cookies.size ? { cookie: [...this.cookies].map((c) => c.join('=')).join('; ') } : {}),
        ...(body === undefined ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) }), ...headers } }, (answer) => {
        const pieces = [];
        answer.on('data', (d) => pieces.push(d)).on('error', fail).on('end', () => {
          this.#keep(answer.headers['set-cookie'] ?? []);
          const text = Buffer.concat(pieces).toString('utf8');
          this.token = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? this.token;
          done({ status: answer.statusCode, headers: answer.headers, text, location: answer.headers.location });
        });
      });
      request.on('error', fail).end(body);
    });
  }

  #keep(lines) {
    for (const line of lines) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/max-age=0\b/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  async get(path) {
    let answer = await this.send('GET', path);
    for (let i = 0; answer.status === 303 && i < 5; i++) answer = await this.send('GET', answer.location);
    return answer;
  }

  // A form of the page seen last: the answer itself, redirects not followed.
  post(path, form = {}) { return this.send('POST', path, { form: { csrf: this.token, ...form } }); }

  // Sign in through the page, as anyone does.
  async signIn(name, password) {
    await this.get('/admin/login');
    const answer = await this.post('/admin/login', { name, password, next: '' });
    if (answer.status === 303) await this.get(answer.location);
    return answer;
  }

  async signOut() {
    await this.get('/admin/nav');
    return this.post('/admin/logout');
  }
}

// What a page says, to compare.
export const languageOf = (answer) => /<html lang="([^"]*)"/.exec(answer.text)?.[1];
export const themeOf = (answer) => /<html [^>]*data-theme="([^"]*)"/.exec(answer.text)?.[1];
