/* SPDX-License-Identifier: MIT */
#include "providers/providers.h"

#define OPENAI_SHAPED(id, n, l, url, m, needed) \
    static const struct provider_type id = {.name = n, .label = l, .rules = &openai_rules, .base_url = url, .mode = m, \
                                            .secret_needed = needed, .help = "provider.type.help.openai"}

OPENAI_SHAPED(openai_compatible, "openai-compatible", "OpenAI-compatible", "http://127.0.0.1:8000/v1", "local", false);
OPENAI_SHAPED(openai, "openai", "OpenAI", "https://api.openai.com/v1", "cloud", true);
OPENAI_SHAPED(deepseek, "deepseek", "DeepSeek", "https://api.deepseek.com", "cloud", true);
OPENAI_SHAPED(vllm, "vllm", "vLLM", "http://127.0.0.1:8000/v1", "local", false);
OPENAI_SHAPED(localai, "localai", "LocalAI", "http://127.0.0.1:8080/v1", "local", false);
OPENAI_SHAPED(lmstudio, "lmstudio", "LM Studio", "http://127.0.0.1:1234/v1", "local", false);

static const struct provider_type ollama = {
    .name = "ollama", .label = "Ollama", .rules = &ollama_rules, .base_url = "http://127.0.0.1:11434", .mode = "local",
    .help = "provider.type.help.ollama", .embed_max = 512,
};

const struct provider_type *const all_provider_types[] = {
    &ollama, &openai_compatible, &openai, &deepseek, &vllm, &localai, &lmstudio, NULL,
};
