/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_SERVICES_H
#define PROVIDERS_SERVICES_H
/* services: the rows of those who speak chat completions, for the table in providers.c. */
#include "gate/provider.h"

/* services_world.c */
extern const struct provider_type openai_service, azure_service, azure_classic_service, mistral_service, groq_service, openrouter_service,
    perplexity_service;
/* services_china.c */
extern const struct provider_type qwen_service, zhipu_service, qianfan_service, hunyuan_service, deepseek_service, moonshot_service;
/* services_local.c */
extern const struct provider_type vllm_service, localai_service, lmstudio_service, llamacpp_service, compatible_service;

#endif
