// SPDX-License-Identifier: MIT
// dialects: a provider of each wire format, all of them the same scripted model server. ${gaps}: what the format has no words for, with what the
// refusal names. ${drops}: hints it does not take, as the run lists them. ${uncounted}: parts of the token counts it does not tell.
export const PROVIDERS = [
  { name: 'openai', type: 'openai-compatible', add: (url) => ({ type: 'openai-compatible', baseUrl: `${url}/v1` }) },
  { name: 'ollama', type: 'ollama', add: (url) => ({ type: 'ollama', baseUrl: url }), gaps: { any: 'tool_choice' },
    uncounted: ['cached', 'written', 'thought'] },
  { name: 'anthropic', type: 'anthropic', add: (url) => ({ type: 'anthropic', baseUrl: url, secret: 'sk-ant-0123456789' }) },
  { name: 'gemini', type: 'gemini', add: (url) => ({ type: 'gemini', baseUrl: `${url}/v1beta`, secret: 'gm-0123456789' }), uncounted: ['written'] },
  { name: 'hunyuan', type: 'hunyuan-native', add: (url) => ({ type: 'hunyuan-native', baseUrl: url, secret: 'fakeSecretKey0123456789abcdefghi',
    options: { secret_id: 'AKIDfake' } }), gaps: { schema: 'response_format' }, drops: { length: 'max_tokens' }, uncounted: ['cached', 'written', 'thought'] },
  { name: 'bedrock', type: 'bedrock', add: (url) => ({ type: 'bedrock', baseUrl: url, secret: 'fakeSecretAccessKey/0123456789abcdefghijk',
    options: { access_key_id: 'AKIAFAKE' } }), gaps: { schema: 'response_format' }, uncounted: ['thought'] },
];
