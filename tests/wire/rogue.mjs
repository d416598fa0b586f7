// SPDX-License-Identifier: MIT
// rogue: a provider that does what none should. Each model's name chooses a play: what is done with the socket once the request is there.
import { createServer } from 'node:net';

export const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n';
export const JSON_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n';
export const chunk = (delta, more = {}) => `data: ${JSON.stringify({ id: 'x', model: 'm', choices: [{ index: 0, delta }], ...more })}\n\n`;
export const whole = (content, more = {}) => JSON.stringify({ id: 'x', model: 'm', choices: [{ index: 0, finish_reason: 'stop',
  message: { role: 'assistant', content } }], ...more });

// The other side has read, or is gone.
export const drained = (socket) => new Promise((done) => {
  const go = () => { socket.off('drain', go).off('close', go); done(); };
  socket.on('drain', go).on('close', go);
});

// Which model is asked: in the body, or in the address.
function modelOf(head, body) {
  const { model, Model } = JSON.parse(body);
  return model ?? Model ?? /^POST \S*\/models?\/([^/:]+)/.exec(head)?.[1];
}

export class Rogue {
  // plays: {model: async (socket, request) => {}}; request: {head, body}.
  static start(plays) {
    const rogue = new Rogue();
    Object.assign(rogue, { plays, requests: [], sockets: new Set() });
    rogue.server = createServer((socket) => rogue.#serve(socket));
    return new Promise((done) => {
      rogue.server.listen(0, '127.0.0.1', () => {
        rogue.root = `http://127.0.0.1:${rogue.server.address().port}`;
        rogue.url = `${rogue.root}/v1`;
        done(rogue);
      });
    });
  }

  #serve(socket) {
    let text = '';
    this.sockets.add(socket);
    socket.on('error', () => {}).once('close', () => this.sockets.delete(socket));
    socket.on('data', (d) => {
      text += d.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = text.slice(0, end), length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0), body = text.slice(end + 4, end + 4 + length);
      if (body.length < length) return;
      text = text.slice(end + 4 + length);
      this.requests.push({ head, body });
      if (head.startsWith('GET')) {
        socket.end(`${JSON_HEAD}${this.models ?? '{"data":[]}'}`);
        return;
      }
      const play = this.plays[modelOf(head, body)];
      if (!play) {
        socket.destroy();
        return;
      }
      Promise.resolve(play(socket, { head, body })).catch((e) => console.error(e));
    });
  }

  stop() {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((done) => { this.server.close(done); });
  }
}
