/* SPDX-License-Identifier: MIT */
/* services_local: runtimes on one's own machines that speak chat completions, and whatever else does. */
#include "providers/openai_ways.h"
#include "providers/providers.h"
#include "providers/services.h"

static const struct openai_ways compatible_ways = {
    .takes = TAKES_IMAGES | TAKES_AUDIO | TAKES_FILES, .thoughts = THOUGHTS_CONTENT, .signatures = true, .embed_tokens = true,
};
const struct provider_type compatible_service = {
    .name = "openai-compatible", .label = "OpenAI-compatible", .icon = "OC", .rules = &openai_rules, .openai = &compatible_ways,
    .base_url = "http://127.0.0.1:8000/v1", .mode = "local", .help = "provider.type.help.openai", .retention = RETENTION_UNKNOWN,
    .embed_max = 256,
};

static const struct openai_ways vllm_ways = {
    .takes = TAKES_IMAGES | TAKES_AUDIO | TAKES_TOP_K, .effort = EFFORT_TEMPLATE, .thoughts = THOUGHTS_CONTENT, .embed_base64 = true, .embed_tokens = true,
};
const struct provider_type vllm_service = {
    .name = "vllm", .label = "vLLM", .icon = "VL", .rules = &openai_rules, .openai = &vllm_ways, .base_url = "http://127.0.0.1:8000/v1",
    .mode = "local", .help = "provider.type.help.openai", .retention = RETENTION_STAYS, .embed_max = 256,
};

/* The first request for a model may wait for its download. */
static const struct openai_ways localai_ways = {.takes = TAKES_IMAGES | TAKES_AUDIO | TAKES_TOP_K, .max = MAX_BOTH, .thoughts = THOUGHTS_CONTENT};
const struct provider_type localai_service = {
    .name = "localai", .label = "LocalAI", .icon = "LA", .rules = &openai_rules, .openai = &localai_ways, .base_url = "http://127.0.0.1:8080/v1",
    .mode = "local", .help = "provider.type.help.openai", .retention = RETENTION_STAYS, .embed_max = 64,
};

static const struct openai_ways lmstudio_ways = {.takes = TAKES_IMAGES | TAKES_TOP_K, .max = MAX_BOTH, .thoughts = THOUGHTS_CONTENT};
const struct provider_type lmstudio_service = {
    .name = "lmstudio", .label = "LM Studio", .icon = "LM", .rules = &openai_rules, .openai = &lmstudio_ways, .base_url = "http://127.0.0.1:1234/v1",
    .mode = "local", .help = "provider.type.help.openai", .retention = RETENTION_STAYS, .embed_max = 64,
};

static const struct openai_ways llamacpp_ways = {
    .takes = TAKES_IMAGES | TAKES_AUDIO | TAKES_TOP_K, .max = MAX_BOTH, .effort = EFFORT_TEMPLATE, .thoughts = THOUGHTS_CONTENT,
};
const struct provider_type llamacpp_service = {
    .name = "llamacpp", .label = "llama.cpp", .icon = "LC", .rules = &openai_rules, .openai = &llamacpp_ways, .base_url = "http://127.0.0.1:8080/v1",
    .mode = "local", .help = "provider.type.help.openai", .retention = RETENTION_STAYS, .embed_max = 64,
};
