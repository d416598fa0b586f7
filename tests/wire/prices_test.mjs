// SPDX-License-Identifier: MIT
// What runs cost, from the catalogue to the page: prices by list, name, time and threshold; streamed as whole; what is not known; what local
// answers save; a price that changes; amounts in yuan.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Person } from './browser.mjs';
import { Stack } from './stack.mjs';

// Each name's answer is scripted; what the gate knows of it is its name.
const SCRIPT = {
  'gpt-5.6': ['usage=1000:100+cached=400+written=100+thought=60'],
  'gpt-5.6-2026-03-05': ['usage=300000:10'],
  'gpt-4o': ['usage=1000:100'],
  'gpt-4.1-nano': ['nousage'],
  'nobody-knows': ['usage=1000:100'],
};

let stack, admin, operator;
before(async () => {
  stack = await Stack.start({ name: 'prices' });
  await fetch(`${stack.fake.url}/_fake/script`, { method: 'PUT', body: JSON.stringify(SCRIPT) });
  const names = Object.keys(SCRIPT);
  await stack.addProvider({ name: 'cloud', type: 'openai', mode: 'cloud', secret: 'sk-cloud-0123456789',
    models: names });
  await stack.until('the models to be known', async () => (await (await stack.fetch('/v1/models')).text()).includes('nobody-knows'));
  operator = await stack.createKey('operator', 'operator');
  admin = await Person.signIn(stack, 'admin', 'ada');
});
after(() => stack?.stop());

const api = (method, path, body, key = operator) => stack.fetch(path, { method, key,
  ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}) });
async function runOf(model, more = {}) {
  const answer = await stack.chat(model, 'How many moons has Mars?', more);
  assert.equal(answer.status, 200, model);
  await answer.text();
  return stack.run(answer.headers.get('x-run-id'));
}
const cents = ({ cost_micros, priced, avoided_micros, estimated }) => ({ cost_micros, priced, avoided_micros, estimated });

describe('the cost of a run', () => {
  test('is made of its parts, each at its own price, and says which', async () => {
    const run = await runOf('gpt-5.6');
    // 500 × 5 + 400 × 0.5 + 100 × 6.25 + 100 × 30, for a million
    assert.deepEqual(cents(run), { cost_micros: 2500 + 200 + 625 + 3000, priced: true, avoided_micros: 0, estimated: false });
    assert.deepEqual([run.tokens_in, run.tokens_cached, run.tokens_written, run.tokens_out, run.tokens_reasoning], [1000, 400, 100, 100, 60]);
    assert.deepEqual(run.price.parts, [
      { part: 'uncached', tokens: 500, micros_per_mtok: 5000000 }, { part: 'cached', tokens: 400, micros_per_mtok: 500000 },
      { part: 'written', tokens: 100, micros_per_mtok: 6250000 }, { part: 'output', tokens: 100, micros_per_mtok: 30000000 }]);
    assert.deepEqual([run.price.owner, run.price.model, run.price.valid_from, run.price.currency, run.price.as_of],
      ['openai', 'gpt-5.6', null, 'USD', '2026-08-01']);
  });

  test('is the same streamed', async () => {
    for (const model of ['gpt-5.6', 'gpt-4o', 'gpt-4.1-nano', 'nobody-knows', 'echo']) {
      const [whole, streamed] = [await runOf(model), await runOf(model, { stream: true })];
      assert.deepEqual(cents(streamed), cents(whole), model);
      assert.deepEqual(streamed.price, whole.price, model);
      assert.deepEqual([streamed.tokens_in, streamed.tokens_out], [whole.tokens_in, whole.tokens_out], model);
    }
  });

  test('takes the prices above a threshold, and a dated name for its model', async () => {
    const run = await runOf('gpt-5.6-2026-03-05');
    assert.equal(run.price.model, 'gpt-5.6');
    assert.equal(run.price.above, 272000);
    assert.equal(run.cost_micros, 300000 * 10 + 10 * 45);
  });

  test('is estimated where the provider counts nothing, and marked', async () => {
    const run = await runOf('gpt-4.1-nano');
    assert.ok(run.estimated && run.priced && run.tokens_in > 6 && run.tokens_out > 0 && run.cost_micros > 0);
  });

  test('is not known, which is not 0, where there is no price', async () => {
    const run = await runOf('nobody-knows');
    assert.deepEqual(cents(run), { cost_micros: 0, priced: false, avoided_micros: 0, estimated: false });
    assert.equal(run.price, null);
    const generated = await (await stack.post('/api/v1/llm/generate', { prompt: 'x', model: 'nobody-knows' })).json();
    assert.equal(generated.runMetadata.costApprox, null);
    const page = await admin.get(`/admin/runs/${run.id}`);
    assert.match(page.text, /unknown/);
    assert.doesNotMatch(page.text, /\$0[^.\d]/);
  });

  test('of a local answer is 0, with what the compared model would have charged', async () => {
    const run = await runOf('fixed');
    assert.equal(run.cost_micros, 0);
    assert.equal(run.priced, true);
    assert.equal(run.price.model, 'gpt-5-mini');
    assert.equal(run.avoided_micros, Math.ceil((run.tokens_in * 250000 + run.tokens_out * 2000000) / 1e6));
  });

  test('adds up in spend, also what is unknown or avoided', async () => {
    await stack.until('all runs to be counted', async () => {
      const [{ spent, runs }] = await stack.rows("select (select sum(cost_micros) from spend) = (select sum(cost_micros) from runs) and"
        + " (select sum(avoided_micros) from spend) = (select sum(avoided_micros) from runs) and"
        + " (select sum(unpriced) from spend) = (select count(*) from runs where not priced) as spent, (select count(*) from runs) as runs");
      return spent === true && runs > 0;
    });
  });
});

describe('the catalogue', () => {
  test('is listed, filtered, and says what is not there as null', async () => {
    const all = await (await api('GET', '/api/v1/prices')).json();
    assert.ok(all.prices.length > 100);
    assert.equal(all.more, false);
    const { prices } = await (await api('GET', '/api/v1/prices?owner=openai&model=5.6')).json();
    assert.deepEqual(prices.map((p) => [p.model, p.above, p.input_micros_per_mtok, p.written_micros_per_mtok, p.image_micros_per_mtok, p.origin]), [
      ['gpt-5.6', 0, 5000000, 6250000, null, 'seed'], ['gpt-5.6', 272000, 10000000, 12500000, null, 'seed'],
      ['gpt-5.6-luna', 0, 200000, 250000, null, 'seed'], ['gpt-5.6-terra', 0, 2000000, 2500000, null, 'seed']]);
    assert.equal((await api('GET', '/api/v1/prices?state=none')).status, 400);
    assert.equal((await api('GET', '/api/v1/prices/00000000-0000-0000-0000-000000000000')).status, 404);
  });

  test('takes a new price from now on; what was charged before stays', async () => {
    const before = await runOf('gpt-4o');
    assert.equal(before.cost_micros, 2500 + 1000);
    const answer = await api('POST', '/api/v1/prices', { owner: 'openai', model: 'GPT-4o', input_micros_per_mtok: 1000000, output_micros_per_mtok: 2000000,
      source: 'our contract', as_of: '2026-11-01' });
    assert.equal(answer.status, 201);
    const made = await answer.json();
    assert.deepEqual([made.view.origin, made.view.state, made.view.cached_micros_per_mtok, made.view.created_by.startsWith('operator')], ['edited', 'current', null, true]);
    assert.deepEqual(made.history.map((p) => p.state), ['current', 'ended']);
    assert.equal(made.history[1].until, made.view.valid_from);
    const now = await runOf('gpt-4o');
    assert.equal(now.cost_micros, 1000 + 200);
    assert.equal(now.price.source, 'our contract');
    const again = await (await stack.fetch(`/api/v1/runs/${before.id}`)).json();
    assert.deepEqual([again.cost_micros, again.price], [before.cost_micros, before.price]);
    const [noted] = await stack.rows("select after->>'model' as model, actor from audit where action = 'price.add' order by seq desc limit 1");
    assert.equal(noted.model, 'GPT-4o');
    assert.equal((await api('DELETE', `/api/v1/prices/${made.view.id}`)).status, 200);
    assert.equal((await api('DELETE', `/api/v1/prices/${made.view.id}`)).status, 409);
    assert.equal((await runOf('gpt-4o')).priced, false, 'the price before it is not valid again');
  });

  test('takes away what is not valid yet', async () => {
    const made = await (await api('POST', '/api/v1/prices', { owner: 'openai', model: 'o3', valid_from: '2100-01-01', input_micros_per_mtok: 1, output_micros_per_mtok: 1 })).json();
    assert.equal(made.view.state, 'planned');
    assert.equal(made.view.valid_from, '2100-01-01T00:00:00.000Z');
    assert.equal((await api('POST', '/api/v1/prices', { owner: 'openai', model: 'O3', valid_from: '2100-01-01', input_micros_per_mtok: 1, output_micros_per_mtok: 1 })).status, 409);
    assert.equal((await api('DELETE', `/api/v1/prices/${made.view.id}`)).status, 204);
    assert.equal((await api('GET', `/api/v1/prices/${made.view.id}`)).status, 404);
  });

  test('names each value that is not possible', async () => {
    const cases = [
      [{}, 'owner'], [{ owner: 'x', model: 'm' }, 'input_micros_per_mtok'], [{ owner: 'Open AI', model: 'm', input_micros_per_mtok: 1, output_micros_per_mtok: 1 }, 'owner'],
      [{ owner: 'x', model: 'm', input_micros_per_mtok: -1, output_micros_per_mtok: 1 }, 'input_micros_per_mtok'],
      [{ owner: 'x', model: 'm', input_micros_per_mtok: 1.5, output_micros_per_mtok: 1 }, 'input_micros_per_mtok'],
      [{ owner: 'x', model: 'm', input_micros_per_mtok: 1, output_micros_per_mtok: null }, 'output_micros_per_mtok'],
      [{ owner: 'x', model: 'm', input_micros_per_mtok: 1, output_micros_per_mtok: 1, currency: 'EUR' }, 'currency'],
      [{ owner: 'x', model: 'm', input_micros_per_mtok: 1, output_micros_per_mtok: 1, valid_from: 'tomorrow' }, 'valid_from'],
      [{ owner: 'x', model: 'm', input_micros_per_mtok: 1, output_micros_per_mtok: 1, as_of: '2026-13-01' }, 'as_of'],
      [{ owner: 'x', model: 'm', input_micros_per_mtok: 1, output_micros_per_mtok: 1, valid_from: '2100-01-02', valid_to: '2100-01-01' }, 'valid_to'],
      [{ owner: 'x', model: 'm', input_micros_per_mtok: 1, output_micros_per_mtok: 1, colour: 'red' }, 'colour'],
    ];
    for (const [body, field] of cases) {
      const answer = await api('POST', '/api/v1/prices', body);
      const text = await answer.text();
      assert.ok([400, 422].includes(answer.status), `${answer.status} ${text}`);
      assert.ok(text.includes(`"${field}"`), `${field} in ${text}`);
    }
    const by = await api('POST', '/api/v1/prices', { owner: 'x', model: 'm', input_micros_per_mtok: 1, output_micros_per_mtok: 1 }, stack.key);
    assert.equal(by.status, 403, 'a developer may not');
  });

  test('has its pages: decimals in the form, each problem at its field', async () => {
    const list = await admin.get('/admin/prices?owner=deepseek');
    assert.match(list.text, /\$0\.003625/);
    await admin.get('/admin/prices/new');
    const refused = await admin.post('/admin/prices', { owner: 'deepseek', model: 'new', input_micros_per_mtok: '1,5', output_micros_per_mtok: '', currency: 'USD', above: '0', context: '0', max_output: '0' });
    assert.equal(refused.status, 422);
    assert.match(refused.text, /id="e-input_micros_per_mtok"/);
    assert.match(refused.text, /id="e-output_micros_per_mtok"/);
    const made = await admin.post('/admin/prices', { owner: 'deepseek', model: 'new', input_micros_per_mtok: '0.27', output_micros_per_mtok: '1.1', cached_micros_per_mtok: '',
      currency: 'CNY', above: '0', context: '0', max_output: '0' });
    assert.equal(made.status, 303);
    const page = await admin.get(made.headers.location);
    assert.match(page.text, /¥0\.27/);
    const [row] = await stack.rows("select input, output, cached, currency from prices where model = 'new'");
    assert.deepEqual(row, { input: 270000, output: 1100000, cached: null, currency: 'CNY' });
  });
});

describe('a service without a list of its own', () => {
  test('is priced by what people enter under its type', async () => {
    await stack.addProvider({ name: 'elsewhere', mode: 'cloud', models: ['usage=2000:10+first=1'] });
    await stack.until('the model to be known', async () => (await (await stack.fetch('/v1/models')).text()).includes('usage=2000:10+first=1'));
    assert.equal((await runOf('usage=2000:10+first=1')).priced, false);
    const made = await api('POST', '/api/v1/prices', { owner: 'openai-compatible', model: 'usage=2000:10+first=1', input_micros_per_mtok: 1000000, output_micros_per_mtok: 0, currency: 'CNY' });
    assert.equal(made.status, 201);
    const run = await runOf('usage=2000:10+first=1');
    assert.equal(run.cost_micros, Math.ceil(2000 / 7.1));
    assert.deepEqual([run.price.currency, run.price.cny_per_usd], ['CNY', '7.1']);
    const [seen] = (await (await api('GET', `/api/v1/providers/${run.provider_id}`)).json()).model_details;
    assert.equal(seen.price_from, 'catalogue');
    const metrics = await (await stack.fetch('/metrics')).text();
    assert.match(metrics, /runs_unpriced_total [1-9]/);
    assert.match(metrics, /avoided_micros_total [1-9]/);
  });
});

describe('amounts', () => {
  test('are in the currency a person chose, with the dollars beside it; JSON stays as it is', async () => {
    const run = await runOf('gpt-5.6');
    assert.match((await admin.get(`/admin/runs/${run.id}`)).text, /\$0\.0063/);
    await admin.get('/admin/profile');
    assert.equal((await admin.post('/admin/profile', { language: 'zh-CN', theme: 'light', time_zone: 'UTC', currency: 'CNY' })).status, 303);
    const page = await admin.get(`/admin/runs/${run.id}`);
    assert.match(page.text, /¥0\.0449/);                      // 0.006325 × 7.1
    assert.match(page.text, /\$0\.0063/);
    assert.match((await admin.get('/admin/runs')).text, /¥0\.0449/);
    assert.equal((await stack.run(run.id)).cost_micros, run.cost_micros);
    await admin.get('/admin/settings');
    assert.equal((await admin.post('/admin/settings/cny_per_usd', { value: '8' })).status, 303);
    assert.match((await admin.get(`/admin/runs/${run.id}`)).text, /¥0\.0506/);
    assert.equal((await admin.post('/admin/settings/cny_per_usd', { value: '0.5' })).status, 422);
    assert.equal((await admin.post('/admin/settings/compare_model', { value: '' })).status, 303);
    assert.equal((await runOf('fixed')).avoided_micros, 0);
  });
});
