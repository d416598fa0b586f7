// SPDX-License-Identifier: MIT
// The scripted model server as Tencent's API 3.0: requests signed here, by the published rules, are taken; what Hunyuan would refuse is refused.
import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Fakellm } from './fakellm.mjs';
import { OUT } from './stack.mjs';

const logs = join(OUT, 'wire', 'fakellm-hunyuan');
mkdirSync(logs, { recursive: true });
let fake;
before(async () => { fake = await Fakellm.start(join(OUT, 'fakellm'), join(logs, 'fakellm.log'), ['--key', 'right-key']); });
after(async () => assert.equal(await fake.stop(), 0));

const hash = (text) => createHash('sha256').update(text).digest('hex');
const hmac = (key, text) => createHmac('sha256', key).update(text).digest();
function signed(action, body, { key = 'right-key', id = 'AKIDtest', now = Math.floor(Date.now() / 1000), version = '2023-09-01' } = {}) {
  const day = new Date(now * 1000).toISOString().slice(0, 10), scope = `${day}/hunyuan/tc3_request`, names = 'content-type;host;x-tc-action';
  const canonical = `POST\n/\n\ncontent-type:application/json\nhost:${new URL(fake.url).host}\nx-tc-action:${action.toLowerCase()}\n\n${names}\n${hash(body)}`;
  const signature = hmac(hmac(hmac(hmac(`TC3${key}`, day), 'hunyuan'), 'tc3_request'), `TC3-HMAC-SHA256\n${now}\n${scope}\n${hash(canonical)}`).toString('hex');
  return { 'content-type': 'application/json', 'x-tc-action': action, 'x-tc-version': version, 'x-tc-timestamp': String(now),
    authorization: `TC3-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${names}, Signature=${signature}` };
}
async function call(action, value, how) {
  const body = JSON.stringify(value), headers = signed(action, body, how);
  const answer = await fetch(fake.url, { method: 'POST', body: how?.body ?? body, headers: { ...headers, ...how?.headers } });
  assert.equal(answer.status, 200);
  return answer;
}
const response = async (...args) => (await (await call(...args)).json()).Response;
const said = [{ Role: 'user', Content: 'x' }];

describe('signatures', () => {
  test('that are right', async () => {
    assert.equal((await response('ChatCompletions', { Model: 'text=hi', Messages: said })).Choices[0].Message.Content, 'hi');
    assert.equal((await response('GetTokenCount', { Prompt: 'abcdefgh' })).TokenCount, 2);
    assert.equal((await response('GetEmbedding', { InputList: ['a', 'b'] })).Data[1].Embedding.length, 1024);
  });
  for (const [what, how, code] of [
    ['by another key', { key: 'wrong' }, 'AuthFailure.SignatureFailure'], ['over another body', { body: '{"Prompt":"b"}' }, 'AuthFailure.SignatureFailure'],
    ['over another action', { headers: { 'x-tc-action': 'GetEmbedding' } }, 'AuthFailure.SignatureFailure'],
    ['by nobody', { id: 'test' }, 'AuthFailure.SecretIdNotFound'], ['of last week', { now: Math.floor(Date.now() / 1000) - 7 * 86400 }, 'AuthFailure.SignatureExpire'],
    ['that are none', { headers: { authorization: 'Bearer right-key' } }, 'AuthFailure.InvalidAuthorization'], ['for another version', { version: '2020-01-01' }, 'NoSuchVersion'],
  ]) {
    test(`${what}: ${code}`, async () => assert.equal((await response('GetTokenCount', { Prompt: 'a' }, how)).Error.Code, code));
  }
});

test('events stand alone, and end', async () => {
  const text = await (await call('ChatCompletions', { Model: 'tools2', Messages: said, Stream: true })).text();
  const frames = text.split('\n\n').filter(Boolean).map((l) => l.slice(6));
  assert.equal(frames.pop(), '[DONE]');
  const choices = frames.map((f) => JSON.parse(f).Choices[0]);
  assert.deepEqual([...new Set(choices.flatMap((c) => (c.Delta.ToolCalls ?? []).map((t) => t.Index)))], [0, 1]);
  assert.deepEqual(choices.map((c) => c.FinishReason).filter(Boolean), ['tool_calls']);
});

describe('refused', () => {
  const calls = (...ids) => ({ Role: 'assistant', Content: '', ToolCalls: ids.map((Id) => ({ Id, Type: 'function', Function: { Name: 'f', Arguments: '{}' } })) });
  const tool = (ToolCallId) => ({ Role: 'tool', Content: '', ToolCallId });
  for (const [what, body] of [
    ['an unknown member', { Model: 'fixed', Messages: said, max_tokens: 5 }], ['no model', { Messages: said }], ['no messages', { Model: 'fixed', Messages: [] }],
    ['too many', { Model: 'fixed', Messages: Array.from({ length: 41 }, (_, i) => ({ Role: i % 2 ? 'assistant' : 'user', Content: 'x' })) }],
    ['the assistant first', { Model: 'fixed', Messages: [{ Role: 'assistant', Content: 'x' }, ...said] }],
    ['the assistant last', { Model: 'fixed', Messages: [...said, { Role: 'assistant', Content: 'x' }] }],
    ['two of one side', { Model: 'fixed', Messages: [...said, ...said] }], ['instructions in the middle', { Model: 'fixed', Messages: [...said, { Role: 'system', Content: 'x' }] }],
    ['an empty content', { Model: 'fixed', Messages: [{ Role: 'user', Content: '' }] }], ['an answer to no call', { Model: 'fixed', Messages: [...said, tool('1')] }],
    ['an answer to another call', { Model: 'fixed', Messages: [...said, calls('1'), tool('2')] }],
    ['a call without an answer', { Model: 'fixed', Messages: [...said, calls('1', '2'), tool('1'), ...said] }],
    ['arguments as an object', { Model: 'fixed', Messages: [...said, { Role: 'assistant', ToolCalls: [{ Id: '1', Function: { Name: 'f', Arguments: {} } }] }, tool('1')] }],
    ['parameters as an object', { Model: 'fixed', Messages: said, Tools: [{ Type: 'function', Function: { Name: 'f', Parameters: {} } }] }],
    ['a choice it does not know', { Model: 'fixed', Messages: said, ToolChoice: 'required' }], ['a forced tool that is not given', { Model: 'fixed', Messages: said, ToolChoice: 'custom' }],
    ['values out of range', { Model: 'fixed', Messages: said, Temperature: 3 }],
  ]) {
    test(what, async () => assert.equal((await response('ChatCompletions', body)).Error?.Code, 'InvalidParameterValue'));
  }
  test('more texts than fit, and other actions', async () => {
    assert.ok((await response('GetEmbedding', { InputList: Array(51).fill('x') })).Error);
    assert.equal((await response('Other', {})).Error.Code, 'InvalidAction');
  });
  test('but not a round of tools', async () => {
    assert.equal((await response('ChatCompletions', { Model: 'fixed', Messages: [{ Role: 'system', Content: 's' }, ...said, calls('1', '2'), tool('1'), tool('2'), ...said] })).Error, undefined);
  });
});
