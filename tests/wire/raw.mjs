// SPDX-License-Identifier: MIT
// raw: HTTP as bytes on a socket, for what fetch would not send.
import { connect } from 'node:net';

// Send ${text} (a string or bytes) and read until the other side closes: {status, headers, body}.
export function raw(url, text) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const chunks = [];
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.setTimeout(30_000, () => socket.destroy(new Error('the other side neither answered nor closed')));
    socket.on('data', (d) => chunks.push(d)).once('error', reject).once('close', () => {
      const all = Buffer.concat(chunks).toString('latin1');
      const at = all.indexOf('\r\n\r\n');
      if (at < 0) return reject(new Error(`no HTTP answer: ${JSON.stringify(all.slice(0, 200))}`));
      const [first, ...lines] = all.slice(0, at).split('\r\n');
      const headers = Object.fromEntries(lines.map((l) => [l.slice(0, l.indexOf(':')).toLowerCase(), l.slice(l.indexOf(':') + 1).trim()]));
      return resolve({ status: Number(first.split(' ')[1]), headers, body: Buffer.from(all.slice(at + 4), 'latin1').toString('utf8') });
    });
  });
}

// A POST with exactly these header lines besides Host, Content-Length and Connection.
export function rawPost(url, path, headerLines, body) {
  const bytes = Buffer.from(body);
  const head = [`POST ${path} HTTP/1.1`, `Host: ${new URL(url).host}`, `Content-Length: ${bytes.length}`, 'Connection: close', ...headerLines];
  return raw(url, Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]));
}
