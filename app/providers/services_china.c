/* SPDX-License-Identifier: MIT */
/* services_china: services of mainland China that speak chat completions. None of them documents a switch per request that keeps it from being
 * stored; keys of one region are unknown in the other. */
#include "providers/openai_ways.h"
#include "providers/providers.h"
#include "providers/services.h"

#define CLOUD(n, l, i, ways, url) .name = n, .label = l, .icon = i, .rules = &openai_rules, .openai = &(ways), .base_url = url, .mode = "cloud", \
                                  .secret_needed = true, .help = "provider.type.help.openai"

/* Open models think unless told not to, and then answer in streams only. */
static const struct openai_model qwen_models[] = {
    {.names = "qwq* qvq* *-thinking* qwen3-*b", .stream_only = true},
    {.names = NULL},
};
static const struct openai_ways qwen_ways = {
    .takes = TAKES_IMAGES | TAKES_AUDIO | TAKES_TOP_K, .models = qwen_models, .top_p = {0, 0.9999}, .effort = EFFORT_ENABLE, .thoughts = THOUGHTS_CONTENT,
    .max = MAX_TOKENS, .list = LIST_PERHAPS, .no_developer = true,
};
static const struct provider_region qwen_regions[] = {
    {"Beijing", "https://dashscope.aliyuncs.com/compatible-mode/v1"}, {"Singapore", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"},
    {"Virginia", "https://dashscope-us.aliyuncs.com/compatible-mode/v1"}, {"Hong Kong", "https://cn-hongkong.dashscope.aliyuncs.com/compatible-mode/v1"},
    {NULL, NULL},
};
const struct provider_type qwen_service = {
    CLOUD("qwen", "Qwen (Alibaba Cloud)", "QW", qwen_ways, "https://dashscope.aliyuncs.com/compatible-mode/v1"), .regions = qwen_regions,
    .retention = RETENTION_CONTRACT, .embed_max = 10, .prices = "dashscope",
};

static const struct openai_model zhipu_models[] = {
    {.names = "glm-5.3*", .effort = EFFORT_FIELD, .efforts = "low high max"},
    {.names = NULL},
};
static const struct openai_rename user_ids[] = {{"user", "user_id"}, {NULL, NULL}};
static const struct openai_ways zhipu_ways = {
    .takes = TAKES_IMAGES, .models = zhipu_models, .temperature = {0.01, 0.99}, .top_p = {0.01, 0.99}, .at_zero = "do_sample", .renames = user_ids,
    .effort = EFFORT_THINKING, .thoughts = THOUGHTS_CONTENT, .schema = SCHEMA_REFUSED, .max = MAX_TOKENS, .list = LIST_PROBE,
    .no_stream_options = true, .auto_tools = true, .raw_images = true, .no_developer = true,
};
static const struct provider_region zhipu_regions[] = {
    {"open.bigmodel.cn", "https://open.bigmodel.cn/api/paas/v4"}, {"z.ai", "https://api.z.ai/api/paas/v4"},
    {"open.bigmodel.cn Coding Plan", "https://open.bigmodel.cn/api/coding/paas/v4"}, {"z.ai Coding Plan", "https://api.z.ai/api/coding/paas/v4"},
    {NULL, NULL},
};
const struct provider_type zhipu_service = {
    CLOUD("zhipu", "Zhipu GLM", "GL", zhipu_ways, "https://open.bigmodel.cn/api/paas/v4"), .unlisted = true, .regions = zhipu_regions,
    .retention = RETENTION_CONTRACT, .embed_max = 64, .prices = "zhipu",
};

static const struct openai_model qianfan_models[] = {
    {.names = "ernie-5.5-flash-preview*", .drop = "temperature"},
    {.names = NULL},
};
static const struct openai_header qianfan_headers[] = {{"appid", "appid"}, {NULL, NULL}};
static const struct provider_option_row qianfan_options[] = {
    {.name = "appid", .initial = "", .example = "app-9Qx0Kz"},
    {.name = NULL},
};
static const struct openai_ways qianfan_ways = {
    .takes = TAKES_IMAGES, .models = qianfan_models, .headers = qianfan_headers, .effort = EFFORT_DROPPED, .thoughts = THOUGHTS_CONTENT,
    .no_developer = true,
};
const struct provider_type qianfan_service = {
    CLOUD("baidu-qianfan", "Baidu Qianfan", "QF", qianfan_ways, "https://qianfan.baidubce.com/v2"), .options = qianfan_options,
    .retention = RETENTION_CONTRACT, .embed_max = 16, .prices = "baidu",
};

static const struct openai_ways hunyuan_ways = {
    .takes = TAKES_IMAGES, .effort = EFFORT_DROPPED, .thoughts = THOUGHTS_CONTENT, .max = MAX_TOKENS, .list = LIST_PROBE, .no_developer = true,
};
const struct provider_type hunyuan_service = {
    CLOUD("tencent-hunyuan", "Tencent Hunyuan", "HY", hunyuan_ways, "https://api.hunyuan.cloud.tencent.com/v1"), .retention = RETENTION_CONTRACT,
    .unlisted = true, .embed_max = 50, .prices = "hunyuan",
};

/* Its terms do not set the API apart from the chat product: treat what is sent as possibly trained on. */
static const struct openai_ways deepseek_ways = {
    .renames = user_ids, .effort = EFFORT_THINKING_FIELD, .efforts = "high max", .thoughts = THOUGHTS_NEEDED, .schema = SCHEMA_REFUSED,
    .max = MAX_TOKENS, .no_developer = true,
};
const struct provider_type deepseek_service = {
    CLOUD("deepseek", "DeepSeek", "DS", deepseek_ways, "https://api.deepseek.com"), .retention = RETENTION_UNKNOWN, .prices = "deepseek",
};

#define KIMI_FIXED "temperature top_p presence_penalty frequency_penalty"
static const struct openai_model moonshot_models[] = {
    {.names = "kimi-k3*", .drop = KIMI_FIXED, .refuse = "n", .effort = EFFORT_FIELD, .efforts = "low high max"},
    {.names = "kimi-k2.5* kimi-k2.6*", .drop = KIMI_FIXED, .refuse = "n", .effort = EFFORT_THINKING},
    {.names = "kimi-*", .drop = KIMI_FIXED, .refuse = "n"},
    {.names = NULL},
};
static const struct openai_ways moonshot_ways = {
    .takes = TAKES_IMAGES, .models = moonshot_models, .temperature = {0, 1}, .effort = EFFORT_DROPPED, .thoughts = THOUGHTS_NEEDED,
    .max = MAX_COMPLETION_TOKENS, .no_strict = true, .no_developer = true,
};
static const struct provider_region moonshot_regions[] = {
    {"platform.moonshot.cn", "https://api.moonshot.cn/v1"}, {"platform.moonshot.ai", "https://api.moonshot.ai/v1"}, {NULL, NULL},
};
const struct provider_type moonshot_service = {
    CLOUD("moonshot", "Moonshot Kimi", "KI", moonshot_ways, "https://api.moonshot.cn/v1"), .regions = moonshot_regions,
    .retention = RETENTION_CONTRACT, .embed_max = 16, .prices = "moonshot",
};
