// SPDX-License-Identifier: MIT
// The fields that only some types of provider have: by JSON, by the page's form and by the command; what they do; and what the audit shows of them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Person } from './browser.mjs';
import { Stack } from './stack.mjs';

let stack, admin, key;
before(async () => {
  stack = await Stack.start({ name: 'provider-options' });
  admin = await Person.signIn(stack, 'admin', 'ada');
  key = await stack.createKey('operator', 'admin');
});
after(() => stack?.stop());

const api = async (method, path, body) => {
  const answer = await stack.fetch(path, { method, key, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  return { status: answer.status, body: await answer.json() };
};
const claude = (name, more = {}) => ({ name, type: 'anthropic', base_url: stack.fake.url, deployment_mode: 'local', models: ['fixed'], ...more });
const audit = async (id) => (await stack.rows(`select * from audit where object_id = '${id}' order by seq desc limit 1`))[0];
const sent = async (name) => {
  await stack.until(`${name} to answer`, async () => (await stack.chat(`${name}/fixed`)).status === 200);
  const request = (await stack.fake.chats()).at(-1);
  return { ...request, body: JSON.parse(request.body) };
};

describe('as JSON', () => {
  for (const path of ['/api/v1/providers', '/admin/config/llm']) {
    test(`${path}: they are kept, used, and shown with what the type promises`, async () => {
      const name = path.split('/').at(-1);
      const { status, body } = await api('POST', path, claude(name, { options: { beta: 'one', max_tokens: 77 } }));
      assert.equal(status, 201, JSON.stringify(body));
      assert.deepEqual(body.options, { beta: 'one', max_tokens: '77' });
      assert.deepEqual([body.retention, body.switches], ['contract', '']);
      const request = await sent(name);
      assert.equal(request.body.max_tokens, 77);
      assert.equal(request.headers['anthropic-beta'], 'one');
      const renamed = await api('PATCH', `${path}/${body.id}`, { note: 'x' });
      assert.deepEqual(renamed.body.options, body.options, 'another edit keeps them');
      const changed = await api('PATCH', `${path}/${body.id}`, { options: { max_tokens: '78' } });
      assert.deepEqual(changed.body.options, { max_tokens: '78', beta: 'one' }, 'what is not named stays');
      const row = await audit(body.id);
      assert.equal(row.action, 'provider.update');
      assert.deepEqual([row.before, row.after].map((j) => (typeof j === 'string' ? JSON.parse(j) : j).options.max_tokens), ['77', '78']);
      const gone = await api('PATCH', `${path}/${body.id}`, { options: { beta: null, max_tokens: '' } });
      assert.deepEqual(gone.body.options, {});
      const other = await api('PATCH', `${path}/${body.id}`, { type: 'ollama' });
      assert.deepEqual(other.body.options, {});
      assert.equal(other.body.retention, 'stays');
    });
  }

  test('wrong ones are named with their value and what is allowed', async () => {
    for (const [options, field, words] of [[{ max_tokens: 'many' }, 'options.max_tokens', /many[^]*1–1000000/], [{ key_header: 'cookie' }, 'options.key_header', /cookie[^]*x-api-key, bearer/],
      [{ no_such: 'x' }, 'options.no_such', /key_header, max_tokens, beta/], [{ beta: 'x'.repeat(201) }, 'options.beta', /200/], [{ beta: ['x'] }, 'options.beta', /text/],
      [[], 'options', /object/]]) {
      const { status, body } = await api('POST', '/api/v1/providers', claude('never', { options }));
      assert.equal(status, 422, JSON.stringify(body));
      const problem = body.error.fields.find((p) => p.field === field);
      assert.ok(problem, JSON.stringify(body));
      assert.match(problem.message, words);
    }
    assert.deepEqual(await stack.rows("select name from providers where name = 'never'"), []);
  });

  test('a local runtime that somebody else runs promises nothing', async () => {
    const { body } = await api('POST', '/api/v1/providers', { name: 'elsewhere', type: 'vllm', base_url: 'https://models.example.com/v1', deployment_mode: 'cloud' });
    assert.equal(body.retention, 'unknown');
    const openai = await api('POST', '/api/v1/providers', { name: 'switched', type: 'openai', secret: 'sk-0123456789abcdef' });
    assert.deepEqual([openai.body.retention, openai.body.switches], ['enforced', 'store=false']);
  });
});

test('by the command', async () => {
  const { out } = await stack.moongate('provider', 'add', '--type', 'anthropic', '--name', 'typed', '--base-url', stack.fake.url, '--mode', 'local', '--json',
    '--model', 'fixed', '--option', 'max_tokens=55', '--option', 'beta=a=b');
  assert.deepEqual((await api('GET', `/api/v1/providers/${JSON.parse(out).id}`)).body.options, { max_tokens: '55', beta: 'a=b' });
  assert.equal((await sent('typed')).body.max_tokens, 55);
  for (const [option, words] of [['max_tokens=x', /options\.max_tokens/], ['nothing', /NAME=VALUE/], ['other=1', /options\.other/]]) {
    await assert.rejects(stack.moongate('provider', 'add', '--type', 'anthropic', '--name', 'never', '--option', option), words);
  }
});

describe('on the page', () => {
  const form = (more) => ({ type: 'anthropic', base_url: stack.fake.url, deployment_mode: 'local', data_class_max: 'secret', enabled: 'true', models: 'fixed', ...more });

  test('types stand in two groups, each with its fields, regions and promise', async () => {
    const choose = (await admin.get('/admin/providers/new')).text;
    const [local, cloud] = [choose.indexOf('id="g-local"'), choose.indexOf('id="g-cloud"')];
    assert.ok(local > 0 && choose.indexOf('?type=ollama') > local && choose.indexOf('?type=ollama') < cloud && choose.indexOf('?type=anthropic') > cloud);
    const page = (await admin.get('/admin/providers/new?type=anthropic')).text;
    assert.match(page, /<select id="f-options\.key_header"[^]*<option value="x-api-key" selected>[^]*<option value="bearer">/);
    assert.match(page, /<input class="mono" id="f-options\.max_tokens" name="options\.max_tokens" value="" placeholder="8192"/);
    assert.match(page, /id="f-retention"/);
    const regions = (await admin.get('/admin/providers/new?type=openai')).text;
    assert.match(regions, /<datalist id="regions">[^]*<option value="https:\/\/eu\.api\.openai\.com\/v1">/);
    assert.match(regions, /store=false/);
  });

  test('what was typed is kept when it is wrong, and saved when it is right; a change of the type takes the other fields along', async () => {
    await admin.get('/admin/providers/new?type=anthropic');
    const wrong = await admin.post('/admin/providers', form({ name: 'paged', 'options.max_tokens': 'many', 'options.beta': 'b', 'options.key_header': 'bearer' }));
    assert.equal(wrong.status, 422);
    assert.match(wrong.text, /href="#f-options\.max_tokens"/);
    assert.match(wrong.text, /id="f-options\.max_tokens"[^>]* value="many"[^>]*aria-invalid="true"[^]*id="e-options\.max_tokens"/);
    assert.match(wrong.text, /<option value="bearer" selected>/);
    const right = await admin.post('/admin/providers', form({ name: 'paged', 'options.max_tokens': '66', 'options.beta': '', 'options.key_header': 'x-api-key' }));
    assert.equal(right.status, 303, right.text);
    const path = right.headers.location.replace(/\?.*/, ''), id = path.split('/').at(-1);
    assert.match((await admin.get(path)).text, /<span class="mono">66<\/span>/);
    assert.deepEqual((await api('GET', `/api/v1/providers/${id}`)).body.options, { key_header: 'x-api-key', max_tokens: '66' });
    const edit = (await admin.get(`${path}/edit`)).text;
    assert.match(edit, /<optgroup label="[^"]+"><option value="ollama">/);
    const rev = /name="rev" value="(\d+)"/.exec(edit)[1];
    const other = await admin.post(path, form({ name: 'paged', rev, type: 'ollama', 'options.max_tokens': '66', 'options.key_header': 'bearer' }));
    assert.equal(other.status, 303, other.text);
    assert.deepEqual((await api('GET', `/api/v1/providers/${id}`)).body.options, {});
    const shown = (await admin.get(`/admin/audit?object_id=${id}`)).text;
    assert.ok(shown.includes('options'), 'the audit shows them');
  });

  test('a test of what is typed uses what is typed', async () => {
    await admin.get('/admin/providers/new?type=anthropic');
    await stack.fake.forget();
    const answer = await admin.post('/admin/providers/test', form({ name: '', secret: 'sk-typed-0123456789', 'options.key_header': 'bearer' }));
    assert.equal(answer.status, 200);
    const request = (await stack.fake.log()).requests.find((r) => r.path.startsWith('/v1/models') && r.headers.authorization?.last4 === '6789');
    assert.ok(request);
    assert.equal(request.headers['x-api-key'], undefined);
  });
});

test('a provider that lists more models than were chosen is checked as often as others', async () => {
  const { body } = await api('POST', '/api/v1/providers', claude('chosen'));
  const checks = async () => (await stack.rows(`select count(*) as n from provider_checks where provider_id = '${body.id}'`))[0].n;
  await stack.until('its first check', async () => Number(await checks()) > 0);
  for (let i = 0; i < 40; i++) await api('GET', `/api/v1/providers/${body.id}`);
  assert.ok(Number(await checks()) < 6, `${await checks()} checks in no time`);
});
