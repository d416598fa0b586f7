/* SPDX-License-Identifier: MIT */
#include "providers/openai_list.h"

#include "base/err.h"
#include "providers/openai_request.h"

static const int64_t TOKENS_MOST = 1000000000;

static int64_t first_of(struct json entry, const char *const paths[])
{
    int64_t n;

    for (size_t i = 0; paths[i]; i++)
        if (json_int(json_at(entry, paths[i]), 1, TOKENS_MOST, &n))
            return n;
    return 0;
}

static bool lists(struct json list, const char *word)
{
    struct json_walk w = json_walk(list);

    while (json_kind(list) == JSON_ARRAY && json_next(&w))
        if (json_equal(w.value, word))
            return true;
    return false;
}

static int64_t can_of(struct json entry)
{
    struct json has = json_member(entry, "capabilities"), inputs = json_at(entry, "architecture.input_modalities");
    struct json takes = json_member(entry, "supported_parameters");
    int64_t can = 0;

    if (json_is_true(json_member(has, "completion_chat")))
        can |= CAN_CHAT;
    if (json_is_true(json_member(has, "vision")) || json_is_true(json_member(entry, "supports_image_in")) || lists(inputs, "image"))
        can |= CAN_SEE;
    if (json_is_true(json_member(has, "function_calling")) || lists(takes, "tools"))
        can |= CAN_CALL_TOOLS;
    if (json_is_true(json_member(has, "reasoning")) || json_is_true(json_member(entry, "supports_reasoning")) || lists(takes, "reasoning"))
        can |= CAN_THINK;
    return can && !(can & CAN_CHAT) ? can | CAN_CHAT : can;
}

/* vLLM, OpenRouter and Kimi, Groq, Mistral, llama.cpp. */
static void read_facts(struct json entry, struct listed_model *model)
{
    static const char *const context[] = {"max_model_len", "context_length", "context_window", "max_context_length", "meta.n_ctx", "meta.n_ctx_train",
                                          NULL};
    static const char *const output[] = {"max_completion_tokens", "top_provider.max_completion_tokens", "max_output_tokens", NULL};

    model->context = first_of(entry, context);
    model->max_output = first_of(entry, output);
    model->can = can_of(entry);
}

void openai_prepare_models(const struct provider *provider, struct arena *a, struct http_request *r)
{
    const struct openai_ways *ways = openai_ways_of(provider);

    if (ways->list == LIST_PROBE) {
        openai_post(provider, ways->chat_path ? ways->chat_path : "/chat/completions", "", a, r);
        r->body = bytes_of("{}");
    } else {
        openai_request(provider, "GET", ways->models_path ? ways->models_path : "/models", NULL, a, r);
    }
}

bool openai_prepare_key(const struct provider *provider, struct arena *a, struct http_request *r)
{
    const char *path = openai_ways_of(provider)->key_path;

    if (path)
        openai_request(provider, "GET", path, NULL, a, r);
    return path;
}

bool openai_alive(const struct provider *provider, int status)
{
    switch (openai_ways_of(provider)->list) {
    case LIST_MODELS:
        return false;
    case LIST_PERHAPS:
        return status == 404 || status == 405;
    case LIST_PROBE:
        return status == 400 || status == 422;
    case LIST_UNUSABLE:
        return status == 200;
    }
    return false;
}

bool openai_read_models(struct bytes body, struct arena *a, struct list *models_r, struct err *err)
{
    return models_read(body, "data", "id", read_facts, a, models_r, err);
}
