// SPDX-License-Identifier: MIT
// providers_life: everything that is done with providers in the console, as tests of one visitor: whether it has JavaScript, and whether the
// vendor file is there, must make no difference.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { messages } from './checks.mjs';
import { SECRET, deadPort, silentPort } from './world.mjs';

const say = messages('en-US');
const WRONG_SECRET = 'sk-canary-typed-and-wrong';

// of(): { world, visitor }, ready when the tests run. The visitor is an administrator in English.
export function providersLife(of) {
  const world = () => of().world, visitor = () => of().visitor, page = () => of().visitor.page;
  const base = () => `${world().stack.fake.url}/v1`;
  const json = async (id) => JSON.parse((await world().admin.send('GET', `/api/v1/providers/${id}`)).text);
  const ids = {};

  async function type(values) {
    for (const [name, value] of Object.entries(values)) {
      const field = page().locator(`main [name="${name}"]`).first();
      if (['position', 'connect_ms', 'note'].includes(name) && !await field.isVisible()) await page().locator('details.fold summary').click();
      if (await field.evaluate((e) => e.tagName) === 'SELECT') await field.selectOption(value);
      else if (await field.getAttribute('type') === 'radio') await page().locator(`main [name="${name}"][value="${value}"]`).check();
      else await field.fill(value);
    }
  }
  const press = (label) => visitor().press(page().locator('main').getByRole('button', { name: say[label], exact: true }).first());
  const flash = () => page().locator('.flash').innerText();
  const unchecked = () => page().locator('#provider-form').evaluate((f) => { f.noValidate = true; });

  async function add(values) {
    await visitor().open('/admin/providers/new?type=openai-compatible');
    await type(values);
    const answer = await press('providers.add');
    assert.equal(answer.status(), 200, await page().locator('main').innerText());
    return visitor().path().split('/').at(-1);
  }

  // The result of a test of what is typed, in words.
  async function tryOut(values, path = '/admin/providers/new?type=openai-compatible') {
    await visitor().open(path);
    await type(values);
    await page().locator('main').getByRole('button', { name: say['provider.test.connection'], exact: true }).click();
    return page().locator('#test-result .result').innerText();
  }

  describe('adding a provider', () => {
    test('with bad values: the page again, what was typed is kept, each message is at its field, the secret is gone', async () => {
      await visitor().open('/admin/providers/new?type=openai-compatible');
      await unchecked();
      await type({ name: ' ', base_url: 'ftp://models.example.com/v1', secret: WRONG_SECRET, models: 'one\ntwo', deployment_mode: 'cloud',
        data_class_max: 'confidential', position: '99999', note: 'kept' });
      const answer = await press('providers.add');
      assert.equal(answer.status(), 422);
      assert.equal(await page().locator('[name=base_url]').inputValue(), 'ftp://models.example.com/v1');
      assert.equal(await page().locator('[name=models]').inputValue(), 'one\ntwo');
      assert.equal(await page().locator('[name=deployment_mode]:checked').getAttribute('value'), 'cloud');
      assert.equal(await page().locator('[name=data_class_max]').inputValue(), 'confidential');
      assert.equal(await page().locator('[name=note]').inputValue(), 'kept');
      assert.equal(await page().locator('[name=secret]').inputValue(), '');
      assert.ok(!(await answer.text()).includes(WRONG_SECRET));
      for (const [name, words] of [['name', /needed/], ['position', /1–10000/]]) {
        const field = page().locator(`[name=${name}]`);
        assert.match(await page().locator(`#e-${name}`).innerText(), words);
        assert.match(await field.getAttribute('aria-describedby'), new RegExp(`e-${name}`));
        assert.equal(await field.getAttribute('aria-invalid'), 'true', `${name} says that it is wrong`);
        assert.equal(await page().locator(`.problems a[href="#f-${name}"]`).count(), 1);
        assert.equal(await page().locator(`#f-${name}`).count(), 1, 'the link leads to the field');
      }
    });

    test('with an address that cannot be used: the message is at the field', async () => {
      for (const [url, words] of [['ftp://models.example.com/v1', /http/], ['http://me:secret@models.example.com/', /user name|password/i],
        ['http://169.254.169.254/latest', /not allowed/]]) {
        await visitor().open('/admin/providers/new?type=openai-compatible');
        await unchecked();
        await type({ name: 'x', base_url: url });
        assert.equal((await press('providers.add')).status(), 422);
        assert.match(await page().locator('#e-base_url').innerText(), words);
      }
      assert.equal(JSON.parse((await world().admin.send('GET', '/api/v1/providers')).text).providers.length, 0, 'nothing was saved');
    });

    test('with good values: it is there, healthy, and the first one is active', async () => {
      ids.one = await add({ name: 'one', base_url: base(), secret: SECRET, deployment_mode: 'local', data_class_max: 'secret' });
      assert.equal(await flash(), say['provider.flash.added']);
      assert.ok((await page().locator('.dl').first().innerText()).includes(`…${SECRET.slice(-4)}`));
      await world().providerState(ids.one, 'ok');
      const stored = await json(ids.one);
      assert.equal(stored.active, true);
      assert.ok(stored.models.includes('echo'), 'its models were learned');
    });

    test('with the fields of its type: a wrong one is said at its field, a right one is kept and shown', async () => {
      await visitor().open('/admin/providers/new');
      await visitor().press(page().locator('a.tile[href$="type=anthropic"]'));
      await type({ name: 'own fields', base_url: world().stack.fake.url, secret: SECRET, deployment_mode: 'local', 'options.max_tokens': 'many',
        'options.key_header': 'bearer' });
      assert.equal((await press('providers.add')).status(), 422);
      assert.match(await page().locator('[id="e-options.max_tokens"]').innerText(), /1–1000000/);
      assert.equal(await page().locator('[name="options.max_tokens"]').inputValue(), 'many');
      assert.equal(await page().locator('[name="options.key_header"]').inputValue(), 'bearer');
      assert.equal(await page().locator('.problems a[href="#f-options.max_tokens"]').count(), 1);
      await type({ 'options.max_tokens': '77', secret: SECRET });
      assert.equal((await press('providers.add')).status(), 200);
      const own = visitor().path().split('/').at(-1);
      assert.match(await page().locator('.dl').first().innerText(), /77/);
      assert.ok((await page().locator('main').innerText()).includes(say['provider.retention.contract']));
      assert.deepEqual((await json(own)).options, { key_header: 'bearer', max_tokens: '77' });
      assert.equal((await world().admin.send('DELETE', `/api/v1/providers/${own}`, { headers: { 'x-csrf-token': world().admin.token } })).status < 300, true);
    });

    test('a name that is taken: said at the field', async () => {
      await visitor().open('/admin/providers/new?type=openai-compatible');
      await type({ name: 'ONE', base_url: base() });
      assert.equal((await press('providers.add')).status(), 422);
      assert.match(await page().locator('#e-name').innerText(), /taken/);
    });
  });

  describe('testing what is typed', () => {
    test('passes, with latency and models', async () => {
      const said = await tryOut({ name: 'x', base_url: base(), secret: SECRET });
      assert.match(said, new RegExp(say['provider.test.passed']));
      assert.match(said, /\d\s(µs|ms|s)\b/);
      assert.match(said, /echo/);
    });
    const cases = [
      ['a refused port', 'http.refused', async () => ({ base_url: `http://127.0.0.1:${await deadPort()}/v1` })],
      ['a name that does not resolve', 'http.not_resolved', () => ({ base_url: 'http://no-such-host.invalid/v1' })],
      ['a wrong key', 'health.status_401', () => ({ base_url: base(), secret: WRONG_SECRET })],
      ['no key', 'health.status_401', () => ({ base_url: base() })],
      ['TLS where none is spoken', 'http.tls', () => ({ base_url: `${world().url.replace('http:', 'https:')}/v1` })],
      ['a wrong path', 'health.status_404', () => ({ base_url: `${world().stack.fake.url}/elsewhere`, secret: SECRET })],
      ['a cloud service at a private address', 'http.egress', () => ({
        base_url: base().replace('127.0.0.1', 'models.localhost'), secret: SECRET, deployment_mode: 'cloud' })],
    ];
    for (const [what, key, values] of cases) {
      test(`${what}: the exact reason`, async () => {
        const said = await tryOut({ name: 'x', deployment_mode: 'local', ...await values() });
        assert.ok(said.includes(say['provider.test.failed']) && said.includes(say[key]), said);
        assert.ok(!said.includes(WRONG_SECRET));
      });
    }
    test('a service that says nothing: the time limit, which is a setting', async () => {
      const silent = await silentPort();
      try {
        await visitor().open('/admin/settings');
        const form = page().locator('form[action="/admin/settings/health_timeout_ms"]');
        await form.locator('[name=value]').fill('300');
        await visitor().press(form.locator('button'));
        const said = await tryOut({ name: 'x', base_url: `http://127.0.0.1:${silent.port}/v1`, deployment_mode: 'local' });
        assert.ok(said.includes(say['http.total_timeout']) || said.includes(say['http.first_byte_timeout']), said);
      } finally {
        silent.close();
        await visitor().open('/admin/settings');
        await visitor().press('form[action="/admin/settings/health_timeout_ms/reset"] button');
      }
    });
  });

  describe('editing', () => {
    const edit = () => visitor().open(`/admin/providers/${ids.one}/edit`);

    test('an empty secret keeps the stored one', async () => {
      await edit();
      assert.equal(await page().locator('[name=secret]').inputValue(), '');
      await type({ name: 'one renamed', note: 'first line\nsecond line' });
      await press('form.save');
      assert.equal(await flash(), say['provider.flash.saved']);
      assert.equal(await page().locator('h1').innerText(), 'one renamed');
      await visitor().press(page().locator(`form[action$="/${ids.one}/test"] button`));
      assert.match(await flash(), /one renamed: passed in/);
      assert.equal((await json(ids.one)).note, 'first line\nsecond line');
    });

    test('testing with an empty secret uses the stored one', async () => {
      assert.match(await tryOut({}, `/admin/providers/${ids.one}/edit`), new RegExp(say['provider.test.passed']));
    });

    test('testing with a wrong new secret says 401 and changes nothing', async () => {
      assert.ok((await tryOut({ secret: WRONG_SECRET }, `/admin/providers/${ids.one}/edit`)).includes(say['health.status_401']));
      assert.match(await tryOut({}, `/admin/providers/${ids.one}/edit`), new RegExp(say['provider.test.passed']));
    });

    test('another address wants the secret again, so that nobody can send it to an address of his own', async () => {
      await edit();
      await type({ base_url: `http://127.0.0.1:${await deadPort()}/v1` });
      assert.equal((await press('form.save')).status(), 422);
      assert.ok(await page().locator('#e-secret').isVisible());
      assert.equal((await json(ids.one)).base_url, base());
    });

    test('the stored key can be removed and given again', async () => {
      await edit();
      await page().locator('[name=secret_remove]').check();
      await press('form.save');
      assert.equal((await json(ids.one)).has_secret, false);
      await visitor().press(page().locator(`form[action$="/${ids.one}/test"] button`));
      assert.match(await flash(), /401/);
      await edit();
      await type({ secret: SECRET });
      await press('form.save');
      await visitor().press(page().locator(`form[action$="/${ids.one}/test"] button`));
      assert.match(await flash(), /passed/);
    });

    test('whether it is local or in the cloud stays exactly as entered through edits of other things', async () => {
      for (const mode of ['cloud', 'local']) {
        await edit();
        await type({ deployment_mode: mode });
        await press('form.save');
        for (const more of [{ note: mode }, { position: '7' }, { models: '' }]) {
          await edit();
          assert.equal(await page().locator('[name=deployment_mode]:checked').getAttribute('value'), mode);
          await type(more);
          await press('form.save');
          assert.equal((await json(ids.one)).deployment_mode, mode);
        }
      }
    });

    test('a form that is older than the last change saves nothing and says so', async () => {
      await edit();
      const current = await json(ids.one);
      await world().admin.send('PATCH', `/api/v1/providers/${ids.one}`, { json: { note: 'from elsewhere' }, headers: { 'x-csrf-token': world().admin.token } });
      assert.notEqual((await json(ids.one)).rev, current.rev);
      await type({ name: 'one too late' });
      assert.equal((await press('form.save')).status(), 409);
      assert.ok((await page().locator('main').innerText()).includes(say['error.stale']));
      assert.equal((await json(ids.one)).name, 'one renamed');
      assert.equal((await json(ids.one)).note, 'from elsewhere');
    });
  });

  describe('which one answers', () => {
    test('another one can be made active once a check of it was good', async () => {
      ids.two = await add({ name: 'two', base_url: base(), secret: SECRET });
      await world().providerState(ids.two, 'ok');
      await visitor().open(`/admin/providers/${ids.two}`);
      await press('provider.activate');
      assert.equal(await flash(), 'two is active now.');
      assert.equal((await json(ids.two)).active, true);
      assert.equal((await json(ids.one)).active, false);
    });

    test('one that is down is made active only by who says to know it', async () => {
      ids.down = await add({ name: 'down', base_url: `http://127.0.0.1:${await deadPort()}/v1` });
      await world().providerState(ids.down, 'bad');
      await visitor().open(`/admin/providers/${ids.down}`);
      assert.equal((await press('provider.activate')).status(), 409);
      assert.equal((await json(ids.down)).active, false);
      await page().locator('[name=untested]').check();
      await press('provider.activate');
      assert.equal((await json(ids.down)).active, true);
    });

    test('disabling and enabling', async () => {
      await visitor().open(`/admin/providers/${ids.one}`);
      await press('provider.disable');
      assert.equal(await flash(), 'one renamed is disabled.');
      assert.equal((await json(ids.one)).enabled, false);
      await visitor().press(`form[action$="/${ids.one}/enable"] button`);
      assert.equal(await flash(), 'one renamed is enabled.');
      assert.equal((await json(ids.one)).enabled, true);
    });

    test('the active one cannot be deleted, and the page leads to both ways out', async () => {
      assert.equal((await visitor().open(`/admin/providers/${ids.down}/delete`)).status(), 409);
      assert.equal(await page().locator('h1').innerText(), say['provider.delete.active.title']);
      await visitor().press(page().locator('.ways li', { hasText: 'two' }).getByRole('button'));
      await visitor().open(`/admin/providers/${ids.down}/delete`);
      await press('provider.delete.do');
      assert.equal(await flash(), 'down was deleted.');
      await visitor().open(`/admin/providers/${ids.two}/delete`);
      await visitor().press(page().locator('main').getByRole('link', { name: say['provider.disable'] }));
      await press('provider.disable.do');
      assert.equal(await flash(), 'two is disabled.');
      await visitor().open(`/admin/providers/${ids.two}/delete`);
      await press('provider.delete.do');
      assert.equal((await world().admin.send('GET', `/api/v1/providers/${ids.two}`)).status, 404);
      assert.equal((await visitor().open(`/admin/providers/${ids.two}`)).status(), 404);
    });

    test('a page left open from before cannot delete the one that has become active', async () => {
      ids.three = await add({ name: 'three', base_url: base(), secret: SECRET });
      await world().providerState(ids.three, 'ok');
      const activate = (id) => world().admin.send('POST', `/api/v1/providers/${id}/activate`, { headers: { 'x-csrf-token': world().admin.token } });
      await activate(ids.one);
      await visitor().open(`/admin/providers/${ids.three}/delete`);
      await activate(ids.three);
      assert.equal((await json(ids.three)).active, true);
      assert.equal((await press('provider.delete.do')).status(), 409);
      assert.equal((await json(ids.three)).active, true);
    });
  });
}
