// SPDX-License-Identifier: MIT
// The console at its edges: while the database is down, and behind TLS.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { request } from 'node:https';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Person, send } from './browser.mjs';
import { Program } from './program.mjs';
import { freePort, HOME, Stack } from './stack.mjs';

let stack, admin;
before(async () => {
  stack = await Stack.start({ name: 'console' });
  admin = await Person.signIn(stack, 'admin', 'ada');
});
after(() => stack?.stop());

test('with the database down the console says what does not work and what does, in both languages; nothing is changed', async () => {
  assert.equal((await admin.get('/admin/')).status, 200);
  await stack.cluster.stop();
  for (const [language, words] of [['en-US', ['nothing can be changed until it is back', 'goes on answering']], ['zh-CN', ['数据库', '网关']]]) {
    const page = await admin.get('/admin/', { 'accept-language': language });
    assert.equal(page.status, 503);
    assert.match(page.text, new RegExp(`<html[^>]* lang="${language}"`));
    for (const said of words) assert.ok(page.text.includes(said), `${language}: ${said}`);
  }
  const change = await admin.post('/admin/providers', { name: 'lost', type: 'ollama', base_url: 'http://127.0.0.1:1', deployment_mode: 'local' });
  assert.equal(change.status, 503);
  const twin = await send(stack.url, 'GET', '/api/v1/runs', { headers: { authorization: `Bearer ${stack.key}` } });
  assert.equal(twin.status, 503);
  assert.equal(JSON.parse(twin.text).error.code, 'database');
  assert.equal((await stack.chat('echo', 'still there')).status, 200, 'the gate answers on');
  await stack.cluster.start();
  await stack.until('the console to be back', async () => (await admin.get('/admin/')).status === 200);
  assert.deepEqual(await stack.rows("select name from providers where name = 'lost'"), []);
});

function secure(port, path, options = {}) {
  return new Promise((resolve, reject) => {
    request({ hostname: '127.0.0.1', port, path, rejectUnauthorized: false, ...options }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (d) => { text += d; }).on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
    }).on('error', reject).end(options.body);
  });
}

test('behind TLS: the same answers, HSTS, cookies that only travel there, nothing older than TLS 1.2', async () => {
  const port = await freePort(), cert = join(stack.folder, 'cert.pem'), key = join(stack.folder, 'key.pem');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', cert],
    { stdio: 'ignore' });
  const front = new Program('lighttpd-tls', 'lighttpd', ['-D', '-f', join(HOME, 'lighttpd/tls.conf')],
    { env: { ...stack.env, MOONGATE_PORT: String(port), MOONGATE_TLS_CERT: cert, MOONGATE_TLS_KEY: key }, log: join(stack.logs, 'lighttpd-tls.log') });
  try {
    const page = await stack.until('TLS to answer', () => secure(port, '/admin/login').catch(() => false));
    assert.equal(page.status, 200);
    assert.match(page.headers['strict-transport-security'], /max-age=31536000/);
    assert.ok(page.headers['set-cookie'].every((c) => /^__Host-/.test(c) && /; Secure/.test(c) && /; Path=\//.test(c)), String(page.headers['set-cookie']));
    const body = JSON.stringify({ model: 'echo', messages: [{ role: 'user', content: 'over TLS' }] });
    const answer = await secure(port, '/v1/chat/completions', { method: 'POST', body,
      headers: { authorization: `Bearer ${stack.key}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } });
    assert.equal(JSON.parse(answer.text).choices[0].message.content, 'over TLS');
    await assert.rejects(secure(port, '/livez', { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' }));
  } finally {
    await front.stop();
  }
});
