// SPDX-License-Identifier: MIT
// Everything a person can do, with JavaScript off: each control is a link or a form. One site for all tests, in their order: first run,
// sign-in, providers, keys, runs.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Chromium } from './chromium.mjs';
import { Site } from './site.mjs';

let site, stack, browser, page;
const ADMIN = { name: '管理员', password: 'the moon over the gate' };

before(async () => {
  [site, browser] = await Promise.all([Site.start('browser-forms', { seeded: false }), Chromium.start()]);
  stack = site.stack;
  page = await browser.visitor({ url: site.url, script: false, lang: 'zh-CN' });
});
after(async () => { await browser?.stop(); await site?.stop(); });

const h1 = () => page.locator('h1').innerText();
const flash = () => page.locator('.flash').innerText();
const press = async (name, where = page) => { await where.getByRole('button', { name, exact: true }).first().click(); await page.waitForLoadState(); };
const follow = async (name, where = page) => { await where.getByRole('link', { name, exact: true }).first().click(); await page.waitForLoadState(); };
const row = (name) => page.locator('tbody tr', { hasText: name }).first();
const lang = () => page.locator('html').getAttribute('lang');
const path = () => new URL(page.url()).pathname;

describe('first run', () => {
  test('without an administrator the sign-in page says what to do', async () => {
    await page.goto('/admin/');
    assert.equal(path(), '/admin/login');
    assert.match(await page.locator('main').innerText(), /一次性设置链接/);
  });

  test('a wrong token is refused, in words', async () => {
    const answer = await page.goto('/admin/setup?token=wrong');
    assert.equal(answer.status(), 403);
    assert.equal(await page.locator('form[action*=setup]').count(), 0);
  });

  test('the link makes the administrator, once', async () => {
    const [link] = /http:\/\/\S+\/admin\/setup\?token=\S+/.exec(stack.gate.output);
    const { search } = new URL(link);
    await page.goto(`/admin/setup${search}`);
    await page.getByLabel('简体中文').check();
    await page.getByLabel('管理员名称').fill(ADMIN.name);
    await page.getByLabel('密码', { exact: true }).fill('12345678');
    await page.getByLabel('再次输入密码').fill('12345679');
    await press('创建并继续');
    assert.match(await page.locator('.problems').innerText(), /再次输入密码：两次输入的密码不一致/);
    assert.equal(await page.getByLabel('管理员名称').inputValue(), ADMIN.name, 'what was typed is kept');
    assert.equal(await page.getByLabel('密码', { exact: true }).inputValue(), '', 'but for passwords');
    for (const label of ['密码', '再次输入密码']) await page.getByLabel(label, { exact: true }).fill('12345678');
    await press('创建并继续');
    assert.match(await page.locator('.problems').innerText(), /密码/, 'a password everybody tries');
    for (const label of ['密码', '再次输入密码']) await page.getByLabel(label, { exact: true }).fill(ADMIN.password);
    await press('创建并继续');
    assert.equal(path(), '/admin/');
    assert.match(await flash(), /管理员/);
    assert.equal((await page.goto(`/admin/setup${search}`)).status(), 404, 'and is gone');
    await page.goto('/admin/');
    assert.equal(await page.locator('.steps li').count(), 3, 'the first steps are shown');
    assert.equal(await page.locator('.steps li.done').count(), 2, 'provider and key were made from the shell');
    assert.match(await page.locator('#curl').innerText(), /curl http:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions/);
  });
});

describe('signing in and out', () => {
  test('out, a wrong password, and in again with the name kept', async () => {
    await press('退出登录');
    assert.equal(path(), '/admin/login');
    assert.match(await flash(), /已退出/);
    await page.goto('/admin/audit');
    assert.equal(path(), '/admin/login');
    await page.getByLabel('用户名').fill(ADMIN.name);
    await page.getByLabel('密码').fill('wrong');
    await press('登录');
    assert.match(await page.locator('.problem').innerText(), /密码/);
    assert.equal(await page.getByLabel('用户名').inputValue(), ADMIN.name);
    await page.getByLabel('密码').fill(ADMIN.password);
    await press('登录');
    assert.equal(path(), '/admin/audit', 'back to where it was going');
  });

  test('a next address of another site is not followed', async () => {
    await press('退出登录');
    for (const next of ['//evil.example/', 'https://evil.example/', '/\\evil.example', '/admin/../../x y']) {
      await page.goto(`/admin/login?next=${encodeURIComponent(next)}`);
      assert.equal(await page.locator('input[name=next]').inputValue(), '/admin/', next);
    }
    await page.getByLabel('用户名').fill(ADMIN.name);
    await page.getByLabel('密码').fill(ADMIN.password);
    await press('登录');
    assert.equal(path(), '/admin/');
  });

  test('a form without its token changes nothing', async () => {
    const { value } = (await page.context().cookies()).find((c) => c.name === 'mg');
    for (const [address, body] of [['/admin/logout', ''], ['/admin/keys', 'name=forged'], ['/admin/language', 'lang=en-US']]) {
      const answer = await fetch(site.url + address, { method: 'POST', redirect: 'manual', headers: { cookie: `mg=${value}`,
        'content-type': 'application/x-www-form-urlencoded' }, body });
      assert.equal(answer.status, 403, address);
      assert.match(await answer.text(), /<h1/);
    }
    await page.goto('/admin/');
    assert.equal(path(), '/admin/');
  });
});

describe('language and theme', () => {
  test('the language is kept in the cookie and the profile, and comes back to the same page', async () => {
    await page.goto('/admin/runs?window=7d&status=ok');
    await press('English');
    assert.equal(await lang(), 'en-US');
    assert.equal(page.url(), `${site.url}/admin/runs?window=7d&status=ok`);
    assert.equal((await page.context().cookies()).find((c) => c.name === 'mg_lang').value, 'en-US');
    assert.equal((await stack.rows('select language from users'))[0].language, 'en-US');
    await page.context().clearCookies({ name: 'mg_lang' });
    await page.reload();
    assert.equal(await lang(), 'en-US', 'the profile remembers');
    await press('简体中文');
    assert.equal(await lang(), 'zh-CN');
  });

  test('the theme goes round', async () => {
    const theme = () => page.locator('html').getAttribute('data-theme');
    assert.equal(await theme(), 'auto');
    await press('切换到深色');
    assert.equal(await theme(), 'dark');
    await press('切换到浅色');
    assert.equal(await theme(), 'light');
    await press('跟随系统主题');
    assert.equal(await theme(), 'auto');
  });

  test('both work signed out', async () => {
    const other = await browser.visitor({ url: site.url, script: false, lang: 'en-US' });
    await other.goto('/admin/login');
    await other.getByRole('button', { name: '简体中文' }).click();
    await other.waitForLoadState();
    assert.equal(await other.locator('html').getAttribute('lang'), 'zh-CN');
    await other.getByRole('button', { name: '切换到深色' }).click();
    await other.waitForLoadState();
    assert.equal(await other.locator('html').getAttribute('data-theme'), 'dark');
    await other.context().close();
  });

  test('the profile holds language, theme and time zone', async () => {
    await page.goto('/admin/profile');
    await page.getByLabel('时区').selectOption('Asia/Tokyo');
    await press('保存');
    assert.match(await flash(), /已保存/);
    await page.goto('/admin/runs');
    assert.match(await page.locator('main').innerText(), /UTC\+9|没有运行/);
    assert.equal((await stack.rows('select time_zone from users'))[0].time_zone, 'Asia/Tokyo');
  });
});

describe('providers', () => {
  test('add: type, form, test of what is typed, save', async () => {
    await page.goto('/admin/providers');
    await follow('添加提供商');
    await page.locator('a.tile', { hasText: 'OpenAI-compatible' }).click();
    await page.waitForLoadState();
    await page.getByLabel('接口地址').fill(`${stack.fake.url}/v1`);
    await press('测试连接');
    const result = page.locator('#test-result');
    assert.match(await result.innerText(), /通过/);
    assert.match(await result.innerText(), /demo/, 'the models it found');
    assert.equal(await page.getByLabel('接口地址').inputValue(), `${stack.fake.url}/v1`);
    assert.equal((await stack.rows('select name from providers')).length, 1, 'a test saves nothing');
    await page.getByLabel('名称').fill('second');
    await page.getByLabel('提供商的 API 密钥').fill('sk-planted-canary-7Q4f');
    await page.getByLabel('模型').fill('demo\necho');
    await press('添加提供商');
    assert.match(await flash(), /已添加/);
    assert.equal(await h1(), 'second');
    const shown = await page.content();
    assert.ok(!shown.includes('canary'), 'the key is never sent back');
    assert.match(shown, /…7Q4f/);
  });

  test('what cannot be: each problem at its field, what was typed kept', async () => {
    await page.goto('/admin/providers/new?type=ollama');
    await page.getByLabel('名称').fill('SECOND');
    await page.getByLabel('接口地址').fill('http://127.0.0.1:1/');
    await press('添加提供商');
    assert.match(await page.locator('.problems').innerText(), /名称：「SECOND」已被使用/);
    assert.equal(await page.getByLabel('名称').getAttribute('aria-invalid'), 'true');
    await page.getByLabel('名称').fill('third');
    await page.getByLabel('接口地址').fill('http://user:pw@127.0.0.1/');
    await press('添加提供商');
    assert.match(await page.locator('.problems').innerText(), /接口地址/);
    assert.equal(await page.getByLabel('名称').inputValue(), 'third');
    assert.equal((await stack.rows('select name from providers where name = \'third\'')).length, 0);
  });

  test('a failing test gives the exact reason', async () => {
    await page.goto('/admin/providers/new?type=ollama');
    await page.getByLabel('接口地址').fill('http://127.0.0.1:9');
    await press('测试连接');
    assert.match(await page.locator('#test-result').innerText(), /失败[\s\S]*连接被拒绝/);
    await page.getByLabel('接口地址').fill('http://no-such-host.invalid');
    await press('测试连接');
    assert.match(await page.locator('#test-result').innerText(), /失败[\s\S]*无法解析主机名/);
  });

  test('edit: an empty key keeps the stored one, the mode stays as it was', async () => {
    const before = (await stack.rows('select secret_tail, deployment_mode from providers where name = \'second\''))[0];
    await page.goto('/admin/providers');
    await follow('编辑 second', row('second'));
    assert.equal(await page.getByLabel('提供商的 API 密钥').inputValue(), '');
    await page.getByLabel('名称').fill('renamed');
    await press('保存');
    assert.match(await flash(), /已保存/);
    assert.deepEqual((await stack.rows('select secret_tail, deployment_mode from providers where name = \'renamed\''))[0], before);
  });

  test('somebody else was faster: nothing is lost silently', async () => {
    await page.goto('/admin/providers');
    await follow('编辑 renamed', row('renamed'));
    await stack.cluster.psql('moongate', 'update providers set rev = rev + 1, note = \'theirs\' where name = \'renamed\'');
    await page.getByLabel('名称').fill('mine');
    await press('保存');
    assert.match(await page.locator('main').innerText(), /已被他人修改/);
    assert.equal((await stack.rows('select note from providers where name = \'renamed\''))[0].note, 'theirs');
  });

  test('test a stored one from the list', async () => {
    await page.goto('/admin/providers');
    await press('测试 renamed', row('renamed'));
    assert.equal(path(), '/admin/providers');
    assert.match(await flash(), /renamed：通过/);
    assert.match(await row('renamed').innerText(), /正常/);
  });

  test('disable and enable', async () => {
    await page.goto('/admin/providers');
    await press('停用 renamed', row('renamed'));
    assert.match(await row('renamed').innerText(), /已停用/);
    await press('启用 renamed', row('renamed'));
    assert.match(await flash(), /已启用 renamed/);
  });

  test('the active one cannot be deleted: 409 with the two ways out', async () => {
    await page.goto('/admin/providers');
    assert.match(await row('fake').innerText(), /主用/);
    const [answer] = await Promise.all([page.waitForResponse((r) => r.url().endsWith('/delete')), row('fake').getByRole('link', { name: '删除 fake' }).click()]);
    assert.equal(answer.status(), 409);
    await page.waitForLoadState();
    assert.equal(await h1(), '主用提供商不能删除');
    await press('设为主用 renamed');
    assert.match(await flash(), /renamed 已设为主用/);
    assert.match(await row('renamed').innerText(), /主用/);
  });

  test('first way: after another is active it can be deleted', async () => {
    await follow('删除 fake', row('fake'));
    assert.equal(await h1(), '删除 fake');
    await press('永久删除');
    assert.match(await flash(), /已删除 fake/);
    assert.deepEqual((await stack.rows('select name, active from providers')), [{ name: 'renamed', active: true }]);
  });

  test('second way: the active one is disabled after a question, then deleted', async () => {
    await follow('删除 renamed', row('renamed'));
    await follow('停用');
    assert.equal(await h1(), '停用 renamed');
    await press('确认停用');
    assert.deepEqual((await stack.rows('select enabled, active from providers')), [{ enabled: false, active: false }]);
    await follow('删除 renamed', row('renamed'));
    await press('永久删除');
    assert.equal((await stack.rows('select name from providers')).length, 0);
    assert.match(await page.locator('main').innerText(), /还没有提供商/);
  });

  test('one that failed its check is made active only after a second question', async () => {
    await stack.addProvider({ name: 'good', models: ['demo'] });
    const bad = await stack.addProvider({ name: 'bad', type: 'ollama', baseUrl: 'http://127.0.0.1:9', models: ['x'] });
    await stack.until('the bad one to be checked', async () => (await stack.rows(`select 1 from provider_health where provider_id = '${bad.id}'`)).length
      || (await page.goto('/admin/providers'), await press('测试 bad', row('bad')), false));
    await page.goto('/admin/providers');
    await press('设为主用 bad', row('bad'));
    assert.equal(await h1(), '将 bad 设为主用');
    assert.equal((await stack.rows('select name from providers where active'))[0].name, 'good');
    await page.getByLabel('我知道它尚未通过测试').check();
    await press('设为主用');
    assert.equal((await stack.rows('select name from providers where active'))[0].name, 'bad');
    await press('设为主用 good', row('good'));
  });
});

describe('keys', () => {
  let key;
  test('a new key is shown once and works', async () => {
    await page.goto('/admin/keys');
    await follow('新建密钥');
    await page.getByLabel('名称').fill('batch job');
    await page.getByLabel('有效期（天）').fill('7');
    await press('创建密钥');
    key = await page.locator('#key').innerText();
    assert.match(key, /^mgk_\w{12}_\w{49}$/);
    assert.match(await page.locator('#curl').innerText(), new RegExp(key));
    await follow('已复制，返回列表');
    assert.ok(!(await page.content()).includes(key));
    assert.match(await row('batch job').innerText(), new RegExp(`…${key.slice(-4)}`));
    const answer = await stack.until('the key to work', async () => { const a = await stack.chat('demo', '你好', {}, { key }); return a.status === 200 && a; });
    assert.ok((await answer.json()).choices[0].message.content.length > 0);
  });

  test('a key that cannot be: problems at the fields', async () => {
    await page.goto('/admin/keys/new');
    await page.getByLabel('有效期（天）').evaluate((e) => e.removeAttribute('max')).catch(() => {});
    await page.getByLabel('名称').fill('x'.repeat(80));
    await page.getByLabel('模型').fill('y'.repeat(300));
    await press('创建密钥');
    assert.match(await page.locator('.problems').innerText(), /模型：过长/);
  });

  test('revoking asks, and then the key is refused', async () => {
    await page.goto('/admin/keys');
    await follow('吊销 batch job', row('batch job'));
    assert.match(await page.locator('main').innerText(), /近 1 小时使用了 \d+ 次|近 1 小时没有使用/);
    await press('确认吊销');
    assert.match(await flash(), /已吊销 batch job/);
    assert.match(await row('batch job').innerText(), /已吊销/);
    await stack.until('the key to be refused', async () => (await stack.chat('demo', 'x', {}, { key })).status === 401);
  });
});

describe('runs', () => {
  test('filters narrow, show as chips and can be taken off again', async () => {
    for (const model of ['demo', 'nothing-of-this-name']) await (await stack.chat(model)).text();
    await stack.until('both to be recorded', async () => (await stack.rows('select 1 from runs where requested_model = \'nothing-of-this-name\'')).length > 0);
    await page.goto('/admin/runs');
    await page.getByLabel('结果').selectOption('refused');
    await page.getByLabel('时间').selectOption('1h');
    await press('应用');
    assert.equal(new URL(page.url()).searchParams.get('status'), 'refused');
    const results = await page.locator('tbody tr .b').allInnerTexts();
    assert.ok(results.length > 0 && results.every((r) => r === '已拒绝'), `${results}`);
    assert.match(await page.locator('.chips').innerText(), /结果：已拒绝/);
    await page.locator('.chip').first().click();
    await page.waitForLoadState();
    assert.equal(new URL(page.url()).searchParams.get('status'), null);
    assert.equal(new URL(page.url()).searchParams.get('window'), '1h', 'the others stay');
  });

  test('pages go both ways and meet no run twice', async () => {
    for (let i = 0; i < 30; i++) await (await stack.chat('demo', `${i}`)).text();
    await stack.until('all to be recorded', async () => (await stack.rows('select count(*)::int as n from runs'))[0].n >= 31);
    const ids = () => page.locator('tbody th a').evaluateAll((all) => all.map((a) => a.getAttribute('title')));
    await page.goto('/admin/runs?limit=25');
    const first = await ids();
    await follow('更早的');
    const second = await ids();
    assert.ok(first.length === 25 && second.length > 0 && second.every((id) => !first.includes(id)));
    await follow('更新的');
    assert.deepEqual(await ids(), first);
  });

  test('a run: what happened, why, how long, and its neighbours', async () => {
    await page.goto('/admin/runs?model=demo');
    const id = await page.locator('tbody th a').first().getAttribute('title');
    await page.locator('tbody th a').first().click();
    await page.waitForLoadState();
    const text = await page.locator('main').innerText();
    for (const fact of [id, 'demo', 'good', '已选中', 'openai.chat', 'standard', 'public', '运行元数据', '策略响应头']) assert.ok(text.includes(fact), fact);
    await follow('更早一条 k'.replace('k', 'j'));
    assert.notEqual(path(), `/admin/runs/${id}`);
    const shown = await (await stack.fetch(`/api/v1/runs/${id}`)).json();
    assert.equal(shown.id, id);
    assert.equal(shown.attempt_list.length, shown.attempts);
    assert.equal(shown.decision[0].verdict, 'chosen');
  });

  test('a filter that does not exist is refused, not ignored', async () => {
    const answer = await page.goto('/admin/runs?colour=red');
    assert.equal(answer.status(), 400);
    assert.match(await page.locator('main').innerText(), /colour/);
    assert.equal((await stack.fetch('/api/v1/runs?colour=red')).status, 400);
  });

  test('the search box finds a run, a provider, a model', async () => {
    const id = (await stack.rows('select id from runs limit 1'))[0].id;
    for (const [q, want] of [[id, `/admin/runs/${id}`], ['good', '/admin/providers/'], ['demo', '/admin/runs']]) {
      await page.goto('/admin/');
      await page.getByRole('searchbox').fill(q);
      await page.getByRole('searchbox').press('Enter');
      await page.waitForLoadState();
      assert.ok(path().startsWith(want), `${q} → ${path()}`);
    }
  });
});

describe('what was done is written down', () => {
  test('the audit log shows before and after, and no secret', async () => {
    await page.goto('/admin/audit?action=provider.update');
    const text = await page.locator('tbody').innerText();
    assert.match(text, /second[\s\S]*→[\s\S]*renamed/);
    await page.goto('/admin/audit?limit=200');
    assert.ok(!(await page.content()).includes('canary'));
    const rows = await (await stack.fetch('/api/v1/audit?limit=200', { key: await stack.createKey('auditor', 'auditor') })).text();
    assert.ok(!rows.includes('canary'));
  });

  test('a setting is changed and given back', async () => {
    await page.goto('/admin/settings');
    const setting = page.locator('tr', { hasText: 'health_interval_s' });
    await setting.locator('input[name=value]').fill('120');
    await press('保存 检查间隔', setting);
    assert.match(await flash(), /检查间隔：已保存/);
    assert.match(await setting.innerText(), /控制台/);
    await press('恢复 检查间隔', setting);
    assert.equal(await setting.locator('input[name=value]').inputValue(), '60');
  });

  test('a user is added and may only look', async () => {
    await page.goto('/admin/users/new');
    await page.getByLabel('名称').fill('viewer');
    await page.getByLabel('密码').fill('nothing to change here');
    await page.getByLabel('只读').check();
    await press('添加用户');
    assert.match(await row('viewer').innerText(), /只读/);
    const other = await browser.visitor({ url: site.url, script: false, lang: 'zh-CN', cookies: [await site.session('viewer', 'nothing to change here')] });
    await other.goto('/admin/providers');
    assert.equal(await other.locator('main form, main a.btn').count(), 0, 'no control is shown');
    for (const page of ['/admin/users', '/admin/settings', '/admin/keys', '/admin/audit', '/admin/providers/new'])
      assert.equal((await other.goto(page)).status(), 403, page);
    await other.context().close();
  });
});
