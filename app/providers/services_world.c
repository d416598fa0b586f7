/* SPDX-License-Identifier: MIT */
/* services_world: services of the rest of the world that speak chat completions. */
#include "providers/openai_ways.h"
#include "providers/providers.h"
#include "providers/services.h"

#define CLOUD(n, l, i, ways, url) .name = n, .label = l, .icon = i, .rules = &openai_rules, .openai = &(ways), .base_url = url, .mode = "cloud", \
                                  .secret_needed = true

enum { TAKES_ALL = TAKES_IMAGES | TAKES_AUDIO | TAKES_FILES };

/* Models that reason refuse what steers the choice of words; the others refuse to be told to reason. */
#define REASONING .drop = "temperature top_p presence_penalty frequency_penalty logit_bias", .refuse = "logprobs top_logprobs", \
                  .max = MAX_COMPLETION_TOKENS
static const struct openai_model openai_models[] = {
    {.names = "gpt-5*-chat* gpt-4* gpt-3.5* chatgpt-*", .effort = EFFORT_DROPPED},
    {.names = "o1* o3* o4*", REASONING, .efforts = "low medium high"},
    {.names = "gpt-5 gpt-5-*", REASONING, .efforts = "minimal low medium high"},
    {.names = "gpt-5*", REASONING},
    {.names = NULL},
};
static const struct openai_member store_false[] = {{"store", "false"}, {NULL, NULL}};
static const struct openai_header openai_headers[] = {{"organization", "OpenAI-Organization"}, {"project", "OpenAI-Project"}, {NULL, NULL}};
static const struct provider_option_row openai_options[] = {
    {.name = "organization", .initial = "", .example = "org-…"},
    {.name = "project", .initial = "", .example = "proj_…"},
    {.name = NULL},
};
static const struct openai_ways openai_ways = {
    .takes = TAKES_ALL, .models = openai_models, .members = store_false, .headers = openai_headers, .max = MAX_COMPLETION_TOKENS,
    .embed_base64 = true, .embed_tokens = true,
};
static const struct provider_region openai_regions[] = {
    {"Global", "https://api.openai.com/v1"}, {"US", "https://us.api.openai.com/v1"}, {"EU", "https://eu.api.openai.com/v1"},
    {"UAE", "https://ae.api.openai.com/v1"}, {NULL, NULL},
};
const struct provider_type openai_service = {
    CLOUD("openai", "OpenAI", "OA", openai_ways, "https://api.openai.com/v1"), .help = "provider.type.help.openai", .regions = openai_regions,
    .options = openai_options, .retention = RETENTION_ENFORCED, .switches = "store=false", .embed_max = 2048, .prices = "openai",
};

/* Models are deployments with names of the customer's own; rules of models fit those that are named after their model. */
static const struct openai_ways azure_ways = {
    .takes = TAKES_ALL, .auth = AUTH_API_KEY, .models = openai_models, .members = store_false, .max = MAX_COMPLETION_TOKENS, .list = LIST_UNUSABLE,
    .embed_base64 = true, .embed_tokens = true,
};
const struct provider_type azure_service = {
    CLOUD("azure-openai", "Azure OpenAI", "AZ", azure_ways, "https://your-resource.openai.azure.com/openai/v1"), .help = "provider.type.help.azure",
    .unlisted = true,
    .retention = RETENTION_ENFORCED, .switches = "store=false", .embed_max = 2048, .prices = "azure",
};

static const struct provider_option_row azure_options[] = {
    {.name = "api_version", .initial = "2025-04-01-preview", .example = "2025-04-01-preview", .required = true},
    {.name = NULL},
};
static const struct openai_ways azure_classic_ways = {
    .chat_path = "/deployments/${model}/chat/completions", .embed_path = "/deployments/${model}/embeddings", .query = "api_version",
    .takes = TAKES_ALL, .auth = AUTH_API_KEY, .models = openai_models, .members = store_false, .list = LIST_UNUSABLE,
    .embed_base64 = true, .embed_tokens = true,
};
const struct provider_type azure_classic_service = {
    CLOUD("azure-openai-classic", "Azure OpenAI (api-version)", "AZ", azure_classic_ways, "https://your-resource.openai.azure.com/openai"),
    .help = "provider.type.help.azure_classic", .unlisted = true, .options = azure_options, .retention = RETENTION_ENFORCED, .switches = "store=false",
    .embed_max = 2048, .prices = "azure",
};

static const struct openai_rename mistral_renames[] = {{"seed", "random_seed"}, {NULL, NULL}};
static const struct openai_ways mistral_ways = {
    .takes = TAKES_IMAGES | TAKES_AUDIO, .temperature = {0, 1}, .renames = mistral_renames, .refuse = "logprobs top_logprobs",
    .drop = "logit_bias user store metadata service_tier verbosity prompt_cache_key prompt_cache_retention safety_identifier",
    .message_drop = "name reasoning_content reasoning reasoning_details", .max = MAX_TOKENS, .effort = EFFORT_DROPPED, .no_stream_options = true,
    .short_ids = true, .no_developer = true,
};
const struct provider_type mistral_service = {
    CLOUD("mistral", "Mistral", "MI", mistral_ways, "https://api.mistral.ai/v1"), .help = "provider.type.help.openai",
    .retention = RETENTION_CONTRACT, .embed_max = 64, .prices = "mistral",
};

static const struct openai_model groq_models[] = {
    {.names = "*gpt-oss*", .efforts = "low medium high"},
    {.names = "*qwen3*", .efforts = "none default"},
    {.names = "*", .effort = EFFORT_DROPPED},
    {.names = NULL},
};
static const struct openai_ways groq_ways = {
    .takes = TAKES_IMAGES, .models = groq_models, .drop = "logit_bias", .refuse = "n logprobs top_logprobs",
    .message_drop = "name reasoning_content reasoning_details",
};
const struct provider_type groq_service = {
    CLOUD("groq", "Groq", "GQ", groq_ways, "https://api.groq.com/openai/v1"), .help = "provider.type.help.openai",
    .retention = RETENTION_CONTRACT, .prices = "groq",
};

/* Only providers that neither store nor train are asked. */
static const struct openai_member openrouter_members[] = {{"provider", "{\"data_collection\":\"deny\",\"zdr\":true}"}, {NULL, NULL}};
static const struct openai_header openrouter_headers[] = {{"referer", "HTTP-Referer"}, {"title", "X-Title"}, {NULL, NULL}};
static const struct provider_option_row openrouter_options[] = {
    {.name = "referer", .initial = "", .example = "https://example.org"},
    {.name = "title", .initial = "", .example = "Moongate"},
    {.name = NULL},
};
/* models, route and preset choose other models than the one that was allowed. */
static const struct openai_ways openrouter_ways = {
    .takes = TAKES_ALL | TAKES_TOP_K, .refuse = "models route preset", .members = openrouter_members, .headers = openrouter_headers,
    .effort = EFFORT_OBJECT, .thoughts = THOUGHTS_DETAILS,
    .key_path = "/key", .signatures = true,
};
const struct provider_type openrouter_service = {
    CLOUD("openrouter", "OpenRouter", "OR", openrouter_ways, "https://openrouter.ai/api/v1"), .help = "provider.type.help.openai",
    .options = openrouter_options, .retention = RETENTION_ENFORCED, .switches = "provider.data_collection=deny, provider.zdr=true",
    .prices = "openrouter",              /* no embeddings: the switches are not documented for them */
};

static const struct openai_ways perplexity_ways = {
    .takes = TAKES_IMAGES | TAKES_TOP_K, .drop = "logit_bias parallel_tool_calls", .refuse = "n tools logprobs top_logprobs", .max = MAX_TOKENS,
    .effort = EFFORT_DROPPED, .list = LIST_PROBE, .no_stream_options = true, .no_developer = true,
};
const struct provider_type perplexity_service = {
    CLOUD("perplexity", "Perplexity", "PX", perplexity_ways, "https://api.perplexity.ai"), .help = "provider.type.help.openai", .unlisted = true,
    .retention = RETENTION_CONTRACT, .prices = "perplexity",
};
