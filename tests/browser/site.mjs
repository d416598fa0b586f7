// SPDX-License-Identifier: MIT
// site: a Moongate with something to look at: an administrator, providers that are well, slow, failing and disabled, keys, and a day of runs.
import { randomBytes } from 'node:crypto';
import { Stack } from '../wire/stack.mjs';

export const ADMIN = { name: 'admin', password: 'paper and ink 42' };

export class Site {
  static async start(name, { seeded = true } = {}) {
    const site = new Site();
    site.stack = await Stack.start({ name, models: ['status=500', 'nap'] });
    site.url = site.stack.url;
    try {
      if (seeded) await site.#seed();
    } catch (e) {
      await site.stop().catch(() => {});
      throw e;
    }
    return site;
  }

  async #seed() {
    const { stack } = this;
    await stack.moongate('user', 'add', ADMIN.name, '--role', 'admin', '--password-stdin', { input: ADMIN.password });
    await stack.moongate('user', 'add', 'li.wei', '--role', 'viewer', '--password-stdin', { input: ADMIN.password });
    const slow = await stack.addProvider({ name: 'DeepSeek', type: 'deepseek', mode: 'cloud', baseUrl: 'https://api.deepseek.com',
      models: ['deepseek-chat', 'deepseek-reasoner'], secret: `sk-${randomBytes(16).toString('hex')}` });
    const local = await stack.addProvider({ name: '通义千问', type: 'ollama', mode: 'local', baseUrl: 'http://127.0.0.1:9', models: ['qwen3:14b', 'qwen3:4b'] });
    const [fake] = await stack.rows('select id, name from providers where name = \'fake\'');
    this.providers = { fake: fake.id, slow: slow.id, local: local.id };
    await this.#checks();
    this.admin = await stack.createKey('contract-review', 'admin');
    await stack.createKey('批改作文', 'developer', ['--models', 'demo,echo']);
    await this.#runs();
    for (const model of ['demo', 'echo', 'zh', 'status=500']) await (await stack.chat(model, 'Hello', { stream: model === 'demo' })).text();
    await (await stack.chat('nothing-of-this-name')).text();
    this.run = await stack.until('a run to be recorded', async () => (await stack.rows('select id from runs where requested_model = \'demo\''
      + ' and started_at > now() - interval \'5 minutes\' order by started_at desc limit 1'))[0]?.id);
    await stack.until('all five runs to be recorded', async () => (await stack.rows('select count(*)::int as n from runs where started_at > now()'
      + ' - interval \'5 minutes\' and request_id not like \'seed%\''))[0].n >= 5);
    this.failed = (await stack.rows('select id from runs where status = \'failed\' and request_id not like \'seed%\' limit 1'))[0]?.id;
    this.refused = (await stack.rows('select id from runs where status = \'refused\' limit 1'))[0]?.id;
  }

  // A check every ten minutes of the last day.
  #checks() {
    const { fake, slow, local } = this.providers;
    return this.stack.cluster.psql('moongate', 'insert into provider_checks (provider_id, at, kind, state, reason, http_status, latency_us)'
      + ` select p::uuid, now() - g * interval '10 minutes', 'periodic', s, r, h, l from (values
        ('${fake}', 'ok', '', 200, 1800), ('${slow}', 'ok', '', 200, 412000), ('${local}', 'ok', '', 200, 2300)) as v (p, s, r, h, l), generate_series(2, 143) as g
        where not (p = '${local}' and g < 9) and not (p = '${slow}' and g between 30 and 36)`
      + ` union all select '${local}'::uuid, now() - g * interval '10 minutes', 'periodic', 'bad', 'refused', 0, 900 from generate_series(2, 8) as g`
      + ` union all select '${slow}'::uuid, now() - g * interval '10 minutes', 'periodic', 'warn', 'slow', 200, 2400000 from generate_series(30, 36) as g`);
  }

  // A day with a quiet night, two busy times, a few failures; every value follows from its number, so pictures stay the same.
  #runs() {
    const { fake, slow } = this.providers;
    return this.stack.cluster.psql('moongate', `insert into runs (id, started_at, api, status, http_status, error_code, requested_model, actual_model, provider_id,
        provider_name, is_local, stream, finish_reason, latency_us, first_token_us, tokens_in, tokens_out, cost_micros, attempts, key_id, key_name,
        request_id)
      select gen_random_uuid(), at, 'openai.chat', case when bad then 'failed' else 'ok' end, case when bad then 502 else 200 end,
        case when bad then 'upstream' else '' end, case when cloud then 'deepseek-chat' else 'demo' end,
        case when cloud then 'deepseek-chat' else 'demo' end, case when cloud then '${slow}' else '${fake}' end,
        case when cloud then 'DeepSeek' else 'fake' end, not cloud, g % 2 = 0, case when bad then '' else 'stop' end,
        300000 + (g * 7919 % 1700) * 1000, 60000 + (g * 104729 % 400) * 1000, 200 + g % 900, 40 + g % 300,
        case when cloud then 300 + g % 900 else 0 end, 1, 'seedkey00000', 'contract-review', 'seed' || g
      from (select g, g % 3 = 0 as cloud, g % 41 = 0 as bad, now() - interval '6 minutes'
        - (g + 420 * sin(g / 1400.0 * 6.283)) / 1400.0 * interval '23.6 hours' as at from generate_series(1, 1400) as g) as seeds
      where at between now() - interval '24 hours' and now() - interval '5 minutes'`);
  }

  // The cookie of a session, made by signing in over HTTP.
  async session(name = ADMIN.name, password = ADMIN.password) {
    const page = await fetch(`${this.url}/admin/login`);
    const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())[1];
    const cookie = page.headers.getSetCookie().map((c) => c.split(';')[0]).join('; ');
    const answer = await fetch(`${this.url}/admin/login`, { method: 'POST', redirect: 'manual', headers: { cookie }, body: new URLSearchParams({ csrf, name, password }) });
    const made = answer.headers.getSetCookie().map((c) => c.split(';')[0]).find((c) => c.startsWith('mg='));
    if (!made) throw new Error(`sign-in answered ${answer.status}`);
    return { name: 'mg', value: made.slice(3) };
  }

  stop() { return this.stack.stop(); }
}
