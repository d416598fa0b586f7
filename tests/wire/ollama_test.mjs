// SPDX-License-Identifier: MIT
// Ollama's doors, as its official client uses them: at a provider that speaks Ollama too, and at one that speaks OpenAI.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Ollama } from 'ollama';
import { Stack } from './stack.mjs';

const MODELS = ['tool', 'tools2', 'tool+noargs', 'reasoning+echo', 'usage=10:20+echo', 'tokens=1000+delay=20', 'tokens=3', 'errorin200', 'status=503',
  'utf8split', 'hold', 'tools2+oddities', 'tool+saytoo', 'usage=0:5', 'nousage'];
const ALL = ['demo', 'echo', 'fixed', 'zh', ...MODELS];
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
let stack, ollama;
before(async () => {
  stack = await Stack.start({ name: 'ollama', models: MODELS });
  await stack.addProvider({ name: 'oll', type: 'ollama', baseUrl: stack.fake.url, models: ALL });
  await stack.until('the second provider to be known', async () => (await stack.chat('oll/echo')).status === 200);
  ollama = new Ollama({ host: stack.url, headers: { Authorization: `Bearer ${stack.key}` } });
});
after(() => stack?.stop());
beforeEach(() => stack.fake.forget());

const said = (content, more = {}) => [{ role: 'user', content, ...more }];
async function lines(stream) {
  const all = [];
  for await (const line of stream) all.push(line);
  return all;
}
// The lines of a stream as the answer they are pieces of.
function joined(all) {
  const whole = { content: '', thinking: '', calls: [] };
  for (const [i, line] of all.entries()) {
    assert.equal(line.done, i === all.length - 1);
    assert.match(line.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z$/);
    whole.content += line.message?.content ?? line.response ?? '';
    whole.thinking += line.message?.thinking ?? line.thinking ?? '';
    whole.calls.push(...(line.message?.tool_calls ?? []));
  }
  return { ...whole, last: all.at(-1) };
}
const names = (calls) => calls.map((c) => [c.function.name, c.function.arguments]);
const lastBody = async () => JSON.parse((await stack.fake.chats()).at(-1).body);
const tools = [{ type: 'function', function: { name: 'weather', description: 'd', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }];

for (const provider of ['fake', 'oll']) {
  test('no model is chosen by a name in other letters: Ollama does not mind the case', async () => {
  for (const [path, body] of [['/api/chat', { messages: said('x') }], ['/api/generate', { prompt: 'x' }], ['/api/embed', { input: 'x' }],
    ['/v1/chat/completions', { messages: said('x') }]]) {
    for (const name of ['Model', 'MODEL', 'mOdel']) {
      const answer = await stack.post(path, { model: 'oll/echo', [name]: 'zh', stream: false, ...body });
      assert.equal(answer.status, 400, `${path} ${name}`);
      assert.match(JSON.stringify(await answer.json()), new RegExp(name));
    }
  }
  assert.deepEqual(await stack.fake.chats(), []);
});

describe(`at ${provider === 'oll' ? 'Ollama' : 'OpenAI'}`, () => {
    const at = (model) => `${provider}/${model}`;

    test('a whole answer', async () => {
      const answer = await ollama.chat({ model: at('usage=10:20+echo'), messages: said('Hello 月门 🌙') });
      assert.equal(answer.message.role, 'assistant');
      assert.equal(answer.message.content, 'Hello 月门 🌙');
      assert.equal(answer.done, true);
      assert.equal(answer.done_reason, 'stop');
      assert.equal(answer.prompt_eval_count, 10);
      assert.equal(answer.eval_count, 20);
      assert.ok(answer.total_duration > 0);
    });

    test('a stream equals the whole answer', async () => {
      for (const model of ['usage=10:20+echo', 'reasoning+echo', 'tools2', 'tool', 'tool+noargs', 'tools2+oddities', 'tool+saytoo',
        'usage=0:5', 'nousage', 'zh', 'utf8split']) {
        const ask = { model: at(model), messages: said('Hello 月门 🌙'), ...(model.startsWith('tool') ? { tools } : {}) };
        const whole = await ollama.chat(ask);
        const streamed = joined(await lines(await ollama.chat({ ...ask, stream: true })));
        assert.equal(streamed.content, whole.message.content, model);
        assert.equal(streamed.thinking, whole.message.thinking ?? '', model);
        assert.deepEqual(names(streamed.calls), names(whole.message.tool_calls ?? []), model);
        for (const count of ['done_reason', 'prompt_eval_count', 'eval_count']) assert.equal(streamed.last[count], whole[count], `${model}: ${count}`);
      }
    });

    test('stream is the default', async () => {
      const answer = await stack.post('/api/chat', { model: at('tokens=3'), messages: said('x') });
      assert.match(answer.headers.get('content-type'), /^application\/x-ndjson/);
      assert.equal(joined((await answer.text()).trim().split('\n').map((l) => JSON.parse(l))).content, 't1 t2 t3 ');
      assert.equal((await lastBody()).stream, true);
    });

    test('tool calls are objects, whole, before the end; parallel ones stay apart; none are {}', async () => {
      for (const [model, n] of [['tool', 1], ['tools2', 2], ['tool+noargs', 1]]) {
        const all = await lines(await ollama.chat({ model: at(model), messages: said('x'), tools, stream: true }));
        const { calls, last } = joined(all);
        assert.equal(calls.length, n, model);
        for (const call of calls) {
          assert.equal(call.function.name, 'weather');
          assert.equal(typeof call.function.arguments, 'object');
          assert.equal(Object.keys(call.function.arguments).length > 0, !model.includes('noargs'));
        }
        assert.equal(last.message.tool_calls, undefined);
        assert.equal(last.done_reason, 'stop');
      }
    });

    test('a tool\'s answer goes back to its call', async () => {
      const { message } = await ollama.chat({ model: at('tools2'), messages: said('x'), tools });
      const messages = [...said('x'), message, ...message.tool_calls.map((c, i) => ({ role: 'tool', content: `answer ${i}`, tool_name: c.function.name }))];
      const answer = await ollama.chat({ model: at('tools2'), messages, tools });
      assert.ok(answer.message.content.length > 0);
      assert.equal(answer.message.tool_calls, undefined);
      const sent = (await lastBody()).messages.slice(1);
      assert.deepEqual(sent.slice(1).map((m) => m.content), ['answer 0', 'answer 1']);
      if (provider === 'fake') {
        assert.deepEqual(sent.slice(1).map((m) => m.tool_call_id), message.tool_calls.map((c) => c.id));
        assert.deepEqual(sent[0].tool_calls.map((c) => JSON.parse(c.function.arguments)), message.tool_calls.map((c) => c.function.arguments));
      }
    });

    test('thinking', async () => {
      const answer = await ollama.chat({ model: at('reasoning+echo'), messages: said('x'), think: 'high' });
      assert.ok(answer.message.thinking.length > 0);
      assert.equal(answer.message.content, 'x');
      const sent = await lastBody();
      assert.equal(provider === 'oll' ? sent.think : sent.reasoning_effort, 'high');
    });

    test('pictures', async () => {
      await ollama.chat({ model: at('fixed'), messages: said('What is this?', { images: [PNG] }) });
      const { content, images } = (await lastBody()).messages[0];
      if (provider === 'oll') assert.deepEqual(images, [PNG]);
      else assert.deepEqual(content, [{ type: 'text', text: 'What is this?' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } }]);
    });

    test('a format', async () => {
      const schema = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };
      await ollama.chat({ model: at('fixed'), messages: said('x'), format: schema });
      const sent = await lastBody();
      assert.deepEqual(provider === 'oll' ? sent.format : sent.response_format.json_schema.schema, schema);
      await ollama.chat({ model: at('fixed'), messages: said('x'), format: 'json' });
      const again = await lastBody();
      assert.deepEqual(provider === 'oll' ? again.format : again.response_format, provider === 'oll' ? 'json' : { type: 'json_object' });
    });

    test('options', async () => {
      const options = { temperature: 0.5, top_p: 0.9, seed: 7, stop: ['END'], num_predict: 2, num_ctx: 4096, mirostat: 1 };
      const answer = await stack.post('/api/chat', { model: at('tokens=1000+delay=20'), messages: said('x'), options, keep_alive: '5m', stream: false });
      const whole = await answer.json();
      assert.equal(whole.done_reason, 'length');
      const sent = await lastBody();
      const run = await stack.run(answer.headers.get('x-run-id'));
      if (provider === 'oll') {
        assert.deepEqual(sent.options, options);
        assert.equal(sent.keep_alive, '5m');
        assert.equal(run.dropped, '');
      } else {
        assert.equal(sent.temperature, 0.5);
        assert.equal(sent.seed, 7);
        assert.deepEqual(sent.stop, ['END']);
        assert.equal(sent.max_tokens ?? sent.max_completion_tokens, 2);
        for (const name of ['options.num_ctx', 'options.mirostat', 'keep_alive']) assert.ok(run.dropped.split(', ').includes(name), `${name} in ${run.dropped}`);
      }
    });

    test('generate', async () => {
      const ask = { model: at('reasoning+echo'), prompt: 'Hello 月门', system: 'Be short.', options: { num_ctx: 99 } };
      const whole = await ollama.generate(ask);
      assert.equal(whole.response, 'Hello 月门');
      assert.ok(whole.thinking.length > 0);
      assert.equal(whole.done_reason, 'stop');
      assert.equal(whole.message, undefined);
      const sent = await lastBody();
      assert.deepEqual(sent.messages, [{ role: 'system', content: 'Be short.' }, { role: 'user', content: 'Hello 月门' }]);
      assert.equal(sent.options?.num_ctx, provider === 'oll' ? 99 : undefined);
      const streamed = joined(await lines(await ollama.generate({ ...ask, stream: true })));
      assert.equal(streamed.content, whole.response);
      assert.equal(streamed.thinking, whole.thinking);
      assert.equal(streamed.last.eval_count, whole.eval_count);
    });

    test('embeddings', async () => {
      const { embeddings } = await ollama.embed({ model: at('fixed'), input: ['one', 'two', 'three'] });
      assert.equal(embeddings.length, 3);
      assert.ok(embeddings.every((v) => v.length > 0 && v.every((x) => typeof x === 'number')));
      const single = await ollama.embed({ model: at('fixed'), input: 'two' });
      assert.deepEqual(single.embeddings, [embeddings[1]]);
      const { embedding } = await ollama.embeddings({ model: at('fixed'), prompt: 'two' });
      assert.deepEqual(embedding, embeddings[1]);
    });

    test('an error of the provider', async () => {
      await assert.rejects(ollama.chat({ model: at('status=503'), messages: said('x') }), (e) => e.status_code >= 502 && e.message.length > 0);
      await assert.rejects(ollama.chat({ model: at('errorin200'), messages: said('x') }), (e) => e.status_code >= 500);
    });

    if (provider === 'oll') test('an error of the dialect keeps its words', async () => {
      await stack.fake.script({ fixed: ['status=404', 'status=400', 'fixed'] });
      for (const status of [404, 400]) await assert.rejects(ollama.chat({ model: 'oll/fixed', messages: said('x') }), (e) => e.status_code === status && /as its name asked/.test(e.message));
      await stack.fake.unscript();
    });

    test('an error in a stream is a line, and no end follows', async () => {
      const stream = await ollama.chat({ model: at('errorin200'), messages: said('x'), stream: true });
      const all = [];
      await assert.rejects(async () => { for await (const line of stream) all.push(line); }, (e) => e instanceof Error && e.message.length > 0);
      assert.ok(all.length > 0 && all.every((l) => !l.done));
    });

    test('a client that aborts cancels the provider call', async () => {
      const stream = await ollama.chat({ model: at('tokens=1000+delay=20'), messages: said('x'), stream: true });
      await assert.rejects(async () => { for await (const line of stream) if (line.message.content) stream.abort(); }, { name: 'AbortError' });
      await stack.fake.request('the provider call to be cancelled', (r) => r.closed_early);
    });

    test('the first line reaches the client before the provider has finished', async () => {
      const stream = (await ollama.chat({ model: at('hold'), messages: said('x'), stream: true }))[Symbol.asyncIterator]();
      const first = await stream.next();
      assert.ok(first.value.message.content.length > 0);
      assert.equal((await stack.fake.log()).requests.at(-1).state, 'held');
      await stack.fake.release();
      let last = first;
      for (let next = first; !next.done; next = await stream.next()) last = next;
      assert.equal(last.value.done, true);
    });
  });
}

test('what a provider signed has no place here, and the run says so, whole and streamed', async () => {
  await stack.addProvider({ name: 'ant', type: 'anthropic', baseUrl: stack.fake.url, secret: 'sk-ant-0123456789', models: ['reasoning+echo'] });
  await stack.until('the third provider to be known', async () => (await stack.chat('ant/reasoning+echo')).status === 200);
  for (const stream of [false, true]) {
    const answer = await stack.post('/api/chat', { model: 'ant/reasoning+echo', messages: said('x'), think: true, stream });
    const body = (await answer.text()).trim().split('\n').map((l) => JSON.parse(l));
    assert.equal(joined(body).content, 'x');
    assert.ok(joined(body).thinking.length > 0);
    assert.ok((await stack.run(answer.headers.get('x-run-id'))).dropped.split(', ').includes('signature'), `stream: ${stream}`);
  }
});

describe('what no provider hears of', () => {
  test('loading a model', async () => {
    for (const [ask, reason] of [[{}, 'load'], [{ messages: [] }, 'load'], [{ messages: [], keep_alive: 0 }, 'unload'], [{ keep_alive: '5m' }, 'load']]) {
      const answer = await ollama.chat({ model: 'echo', ...ask });
      assert.equal(answer.done_reason, reason);
      assert.equal(answer.message.content, '');
    }
    assert.equal((await ollama.generate({ model: 'echo', prompt: '' })).done_reason, 'load');
    assert.equal((await ollama.generate({ model: 'echo', keep_alive: 0 })).done_reason, 'unload');
    await assert.rejects(ollama.generate({ model: 'nope', prompt: '' }), { status_code: 404 });
    assert.deepEqual(await stack.fake.chats(), []);
  });

  test('the list, one model, those in memory, the version', async () => {
    const { models } = await ollama.list();
    assert.deepEqual(models.map((m) => m.name).sort(), [...new Set(ALL)].sort());
    for (const m of models) {
      assert.match(m.digest, /^[0-9a-f]{64}$/);
      assert.equal(m.model, m.name);
      assert.ok(Array.isArray(m.details.families));
    }
    const shown = await ollama.show({ model: 'echo' });
    assert.ok(shown.capabilities.includes('completion'));
    assert.ok((await ollama.ps()).models.length === models.length);
    assert.match((await ollama.version()).version, /^\d+\.\d+\.\d+$/);
    for (const text of [JSON.stringify(models), JSON.stringify(shown)]) assert.ok(!text.includes(stack.fake.url) && !text.includes('127.0.0.1'));
    await assert.rejects(ollama.show({ model: 'nope' }), (e) => e.status_code === 404 && e.message.startsWith("model 'nope' not found"));
  });

  test('a key sees its own models only', async () => {
    const key = await stack.createKey('one', 'developer', ['--models', 'echo']);
    const mine = new Ollama({ host: stack.url, headers: { Authorization: `Bearer ${key}` } });
    assert.deepEqual((await mine.list()).models.map((m) => m.name), ['echo']);
    await assert.rejects(mine.show({ model: 'fixed' }), { status_code: 403 });
    await assert.rejects(mine.chat({ model: 'fixed', messages: [] }), { status_code: 403 });
  });

  test('HEAD', async () => {
    for (const path of ['/', '/api/tags', '/api/version']) {
      const answer = await stack.fetch(path, { method: 'HEAD', redirect: 'manual' });
      assert.equal(answer.status, 200, path);
      assert.equal(await answer.text(), '');
    }
  });

  test('a tag that is left out is the latest', async () => {
    assert.equal((await ollama.chat({ model: 'echo:latest', messages: said('x') })).message.content, 'x');
    assert.deepEqual((await ollama.show({ model: 'echo:latest' })).capabilities, ['completion']);
  });
});

describe('what a check learns of models', () => {
  before(async () => {
    await stack.fake.script({ 'big-cloud': 'echo' });
    const { id } = await stack.addProvider({ name: 'house', type: 'ollama', baseUrl: stack.fake.url, models: ['demo', 'echo', 'big-cloud', 'unknown-1'] });
    const operator = await stack.createKey('operator', 'operator');
    const checked = await stack.post(`/api/v1/providers/${id}/test`, {}, { key: operator });
    assert.equal(checked.status, 200, await checked.text());
  });

  test('what the list says, what only a question tells, and what nobody says', async () => {
    const shown = await stack.until('the facts to be known', async () => {
      const all = await Promise.all(['demo', 'echo', 'unknown-1'].map((m) => ollama.show({ model: `house/${m}` })));
      return all[1].model_info['moongate.context_length'] && all;
    });
    assert.deepEqual(shown.map((s) => s.model_info['moongate.context_length']), [131072, 32768, undefined]);
    assert.deepEqual(shown.map((s) => s.capabilities), [['completion', 'vision'], ['completion', 'tools', 'thinking'], ['completion']]);
    const rows = await stack.rows("select m.name, context, can, remote from moongate.models m join moongate.providers p on p.id = m.provider_id"
      + " where p.name = 'house' order by m.name");
    assert.deepEqual(rows.map((r) => [r.name, Number(r.context), r.remote]),
      [['big-cloud', 32768, true], ['demo', 131072, false], ['echo', 32768, false], ['unknown-1', 0, false]]);
  });

  test('a model that runs elsewhere is not local', async () => {
    const ask = (headers) => stack.post('/api/chat', { model: 'house/big-cloud', messages: said('x'), stream: false }, { headers });
    const answer = await ask({});
    assert.equal((await answer.json()).message.content, 'x');
    assert.equal(answer.headers.get('x-moongate-local'), 'false');
    assert.equal((await stack.run(answer.headers.get('x-run-id'))).is_local, false);
    await stack.fake.forget();
    for (const headers of [{ 'x-sovereign-mode': 'true' }, { 'x-policy-profile': 'local-only' }, { 'x-data-class': 'secret' }, { 'x-data-class': 'confidential' }]) {
      const refused = await ask(headers);
      assert.equal(refused.status, 403, JSON.stringify(headers));
      assert.deepEqual(Object.keys(await refused.json()), ['error']);
    }
    assert.deepEqual(await stack.fake.chats((r) => r.path === '/api/chat'), []);
    const inside = await stack.post('/api/chat', { model: 'house/echo', messages: said('x'), stream: false }, { headers: { 'x-data-class': 'secret' } });
    assert.equal((await inside.json()).message.content, 'x');
  });
});

describe('refusals look as Ollama\'s', () => {
  const error = async (path, options, status) => {
    const answer = await stack.fetch(path, options);
    const body = await answer.json();
    assert.equal(answer.status, status, `${path}: ${JSON.stringify(body)}`);
    assert.deepEqual(Object.keys(body), ['error']);
    assert.equal(typeof body.error, 'string');
    return body.error;
  };
  const post = (body) => ({ method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers: { 'content-type': 'application/json' } });

  test('keys, methods, addresses, sizes', async () => {
    await error('/api/tags', { key: null }, 401);
    await error('/api/chat', { key: 'mgk_wrong', ...post({ model: 'echo', messages: [] }) }, 401);
    await error('/api/chat', {}, 405);
    await error('/api/show', post('x'.repeat(100_000)), 413);
    for (const [method, path] of [['POST', '/api/pull'], ['POST', '/api/push'], ['POST', '/api/create'], ['POST', '/api/copy'], ['DELETE', '/api/delete']])
      await error(path, { ...post({ model: 'x' }), method }, 501);
  });

  test('bodies', async () => {
    assert.match(await error('/api/chat', post({ model: 'nope', messages: said('x') }), 404), /^model 'nope' not found/);
    for (const body of ['{', '[]', { messages: said('x') }, { model: 'echo', messages: 7 }, { model: 'echo', messages: [{ role: 'robot', content: 'x' }] },
      { model: 'echo', messages: said('x'), format: 'xml' }, { model: 'echo', messages: said('x'), think: 'hard' },
      { model: 'echo', messages: said('x'), options: { temperature: 'warm' } }, { model: 'echo', messages: said(['x']) },
      { model: 'fake/echo', messages: said('x', { images: ['bm90IGEgcGljdHVyZQ=='] }) }, { model: 'fake/echo', messages: said('x'), logprobs: true },
      { model: 'fake/echo', messages: [{ role: 'tool', content: 'x', tool_name: 'f' }] }])
      await error('/api/chat', post(body), 400);
    for (const more of [{ suffix: 'x' }, { template: 'x' }, { raw: true }, { context: [1] }])
      assert.match(await error('/api/generate', post({ model: 'echo', prompt: 'x', ...more }), 400), new RegExp(Object.keys(more)[0]));
    assert.deepEqual(await stack.fake.chats(), []);
  });

  test('what says nothing more is taken: an empty suffix, raw: false, JSON sent as a form', async () => {
    const answer = await stack.fetch('/api/generate', { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: JSON.stringify({ model: 'echo', prompt: 'x', suffix: '', template: '', raw: false, context: [], stream: false }) });
    assert.equal((await answer.json()).response, 'x');
  });
});

test('no character is cut between two writes', async () => {
  const answer = await stack.post('/api/chat', { model: 'fake/utf8split', messages: said('x') });
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let n = 0;
  for await (const chunk of answer.body) {
    assert.ok(decoder.decode(chunk).endsWith('\n'));       // and so no line either
    n++;
  }
  assert.ok(n > 1);
});
