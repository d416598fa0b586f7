/* SPDX-License-Identifier: MIT */
/* providers: the table. Rows stand in the order in which the form offers them: one's own machines first. */
#include "providers/providers.h"

#include "providers/services.h"

static const struct provider_option_row ollama_options[] = {
    {.name = "num_ctx", .initial = "", .example = "32768", .max = 9},
    {.name = "keep_alive", .initial = "", .example = "30m", .max = 20},
    {.name = NULL},
};

static const struct provider_type ollama = {
    .name = "ollama", .label = "Ollama", .rules = &ollama_rules, .base_url = "http://127.0.0.1:11434", .mode = "local",
    .help = "provider.type.help.ollama", .options = ollama_options, .retention = RETENTION_STAYS, .embed_max = 512,
};

static const struct provider_type gemini = {
    .name = "gemini", .label = "Google Gemini", .rules = &gemini_rules, .base_url = "https://generativelanguage.googleapis.com/v1beta",
    .mode = "cloud", .secret_needed = true, .help = "provider.type.help.gemini", .retention = RETENTION_CONTRACT, .embed_max = 100,
    .prices = "gemini",
};

const struct provider_type *const all_provider_types[] = {
    /* local */
    &ollama, &vllm_service, &llamacpp_service, &lmstudio_service, &localai_service, &compatible_service,
    /* China */
    &qwen_service, &zhipu_service, &qianfan_service, &hunyuan_service, &deepseek_service, &moonshot_service,
    /* the world */
    &openai_service, &azure_service, &azure_classic_service, &gemini, &mistral_service, &groq_service, &openrouter_service,
    &perplexity_service, NULL,
};
