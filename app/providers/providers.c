/* SPDX-License-Identifier: MIT */
/* providers: the table. Rows stand in the order in which the form offers them: one's own machines first. */
#include "providers/providers.h"

#include "providers/services.h"

static const struct provider_option_row ollama_options[] = {
    {.name = "num_ctx", .initial = "", .example = "32768", .from = 1, .to = 100000000},
    {.name = "keep_alive", .initial = "", .example = "30m", .max = 20},
    {.name = NULL},
};

static const struct provider_type ollama = {
    .name = "ollama", .label = "Ollama", .icon = "OL", .rules = &ollama_rules, .base_url = "http://127.0.0.1:11434", .mode = "local",
    .help = "provider.type.help.ollama", .options = ollama_options, .retention = RETENTION_STAYS, .embed_max = 512,
};

static const struct provider_type gemini = {
    .name = "gemini", .label = "Google Gemini", .icon = "GM", .rules = &gemini_rules, .base_url = "https://generativelanguage.googleapis.com/v1beta",
    .mode = "cloud", .secret_needed = true, .help = "provider.type.help.gemini", .retention = RETENTION_CONTRACT, .embed_max = 100,
    .prices = "gemini",
};

static const char *const anthropic_headers[] = {"x-api-key", "bearer", NULL};
static const struct provider_option_row anthropic_options[] = {
    {.name = "key_header", .initial = "x-api-key", .words = anthropic_headers},
    {.name = "max_tokens", .initial = "", .example = "8192", .from = 1, .to = 1000000},
    {.name = "beta", .initial = "", .example = "context-1m-2025-08-07"},
    {.name = NULL},
};

static const struct provider_type anthropic = {
    .name = "anthropic", .label = "Anthropic", .icon = "AN", .rules = &anthropic_rules, .base_url = "https://api.anthropic.com", .mode = "cloud",
    .secret_needed = true, .options = anthropic_options, .help = "provider.type.help.anthropic", .retention = RETENTION_CONTRACT,
    .prices = "anthropic",
};

static const char *const bedrock_auths[] = {"sigv4", "api-key", NULL};
static const struct provider_option_row bedrock_options[] = {
    {.name = "auth", .initial = "sigv4", .words = bedrock_auths},
    {.name = "access_key_id", .initial = "", .example = "AKIAIOSFODNN7EXAMPLE", .unless = "auth", .word = "api-key", .max = 128},
    {.name = "region", .initial = "", .example = "us-east-1", .max = 40},
    {.name = NULL},
};

#define BEDROCK_REGION(name) {name, "https://bedrock-runtime." name ".amazonaws.com"}
static const struct provider_region bedrock_regions[] = {
    BEDROCK_REGION("us-east-1"), BEDROCK_REGION("us-east-2"), BEDROCK_REGION("us-west-2"), BEDROCK_REGION("ca-central-1"),
    BEDROCK_REGION("sa-east-1"), BEDROCK_REGION("eu-central-1"), BEDROCK_REGION("eu-west-1"), BEDROCK_REGION("eu-west-3"),
    BEDROCK_REGION("ap-northeast-1"), BEDROCK_REGION("ap-northeast-2"), BEDROCK_REGION("ap-southeast-1"), BEDROCK_REGION("ap-southeast-2"),
    BEDROCK_REGION("ap-south-1"), {NULL, NULL},
};

/* No embeddings: its embedding models are asked by InvokeModel, each in a shape of its own. */
static const struct provider_type bedrock = {
    .name = "bedrock", .label = "AWS Bedrock", .icon = "BR", .rules = &bedrock_rules, .base_url = "https://bedrock-runtime.us-east-1.amazonaws.com",
    .regions = bedrock_regions, .mode = "cloud", .secret_needed = true, .options = bedrock_options, .help = "provider.type.help.bedrock",
    .retention = RETENTION_CONTRACT, .prices = "bedrock",
};

static const struct provider_option_row hunyuan_options[] = {
    {.name = "secret_id", .initial = "", .example = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", .required = true, .max = 128},
    {.name = "region", .initial = "", .example = "ap-guangzhou", .max = 40},
    {.name = NULL},
};

static const struct provider_type hunyuan_native = {
    .name = "hunyuan-native", .label = "Tencent Hunyuan (TC3)", .icon = "HY", .rules = &hunyuan_rules, .mode = "cloud", .secret_needed = true,
    .base_url = "https://hunyuan.tencentcloudapi.com", .options = hunyuan_options, .help = "provider.type.help.hunyuan_native",
    .unlisted = true, .retention = RETENTION_CONTRACT, .embed_max = 50, .prices = "hunyuan",
};

const struct provider_type *const all_provider_types[] = {
    /* local */
    &ollama, &vllm_service, &llamacpp_service, &lmstudio_service, &localai_service, &compatible_service,
    /* China */
    &qwen_service, &zhipu_service, &qianfan_service, &hunyuan_service, &hunyuan_native, &deepseek_service, &moonshot_service,
    /* the world */
    &openai_service, &azure_service, &azure_classic_service, &anthropic, &gemini, &bedrock, &mistral_service, &groq_service,
    &openrouter_service, &perplexity_service, NULL,
};
