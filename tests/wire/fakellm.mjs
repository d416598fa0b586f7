// SPDX-License-Identifier: MIT
// fakellm: starts the scripted model server and asks it what it has seen.
import { Program, until } from './program.mjs';

export class Fakellm {
  static async start(path, log, args = []) {
    const fake = new Fakellm();
    fake.program = new Program('fakellm', path, ['--port', '0', ...args], { log });
    fake.url = (await fake.program.line(/listening on (http:\S+)/))[1];
    return fake;
  }

  async #call(method, path, body) {
    const answer = await fetch(this.url + path, { method, body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`fakellm: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  log() { return this.#call('GET', '/_fake/log'); }
  forget() { return this.#call('DELETE', '/_fake/log'); }
  script(behaviours) { return this.#call('PUT', '/_fake/script', JSON.stringify(behaviours)); }
  unscript() { return this.#call('DELETE', '/_fake/script'); }
  // Let every held answer go on.
  release() { return this.#call('POST', '/_fake/release'); }

  // The latest request that fits, once there is one.
  request(what, fits) {
    return until(what, async () => (await this.log()).requests.findLast(fits));
  }

  // Without the checks that cost nothing, of which Hunyuan's is a POST too.
  chats(fits = () => true) {
    return this.log().then((l) => l.requests.filter((r) => r.method === 'POST' && r.headers['x-tc-action'] !== 'GetTokenCount' && fits(r)));
  }

  stop() { return this.program.stop(); }
}
