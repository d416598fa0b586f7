/* SPDX-License-Identifier: MIT */
/* anthropic_provider: the Messages dialect of Anthropic, and of others who offer a door for its clients. What is written is anthropic_write.c's and
 * anthropic_turns.c's, or anthropic_same.c's for a caller that speaks it too; what is read anthropic_answer.c's. */
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/secret.h"
#include "gate/snapshot.h"
#include "providers/anthropic_answer.h"
#include "providers/anthropic_write.h"
#include "providers/providers.h"
#include "providers/write.h"

#define VERSION "2023-06-01"

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

/* The base URL is without /v1, as the service's own SDK has it; people write it all the same. */
static const char *path_of(const struct provider *provider, const char *path)
{
    return ends_with(provider->base_url, "/v1") || ends_with(provider->base_url, "/v1/") ? path + sizeof("/v1") - 1 : path;
}

static void prepare_common(const struct provider *provider, const char *method, const char *path, struct arena *a, struct http_request *r)
{
    if (strcmp(provider_option(provider, "key_header"), "bearer") == 0) {
        write_request(provider, method, path_of(provider, path), a, r);
        return;
    }
    r->method = method;
    r->url = provider_url(provider, path_of(provider, path), a);
    if (provider->secret)
        http_add_header(r, a, "x-api-key", secret_reveal(provider->secret));
}

/* The caller's own headers if it speaks this dialect, joined with what the provider is set to ask for. */
static void add_headers(const struct provider *provider, const struct chat *chat, struct arena *a, struct http_request *r)
{
    const struct http_header *own = chat->forward.items;
    const char *beta = provider_option(provider, "beta"), *version = VERSION;

    for (size_t i = 0; chat->dialect == DIALECT_ANTHROPIC && i < chat->forward.n; i++) {
        if (strcasecmp(own[i].name, "anthropic-version") == 0)
            version = own[i].value;
        else if (strcasecmp(own[i].name, "anthropic-beta") == 0)
            beta = *beta ? arena_printf(a, "%s,%s", own[i].value, beta) : own[i].value;
        else
            http_add_header(r, a, own[i].name, own[i].value);
    }
    http_add_header(r, a, "anthropic-version", version);
    if (*beta)
        http_add_header(r, a, "anthropic-beta", beta);
    http_add_header(r, a, "Content-Type", "application/json");
}

static bool anthropic_prepare(struct target *target, const struct chat *chat, struct arena *a, struct http_request *r, struct err *err)
{
    prepare_common(target->provider, "POST", "/v1/messages", a, r);
    add_headers(target->provider, chat, a, r);
    return chat->dialect == DIALECT_ANTHROPIC ? anthropic_write_same(target, chat, a, &r->body, err)
                                              : anthropic_write(target, chat, a, &r->body, err);
}

static void anthropic_prepare_models(const struct provider *provider, struct arena *a, struct http_request *r)
{
    prepare_common(provider, "GET", "/v1/models?limit=1000", a, r);
    http_add_header(r, a, "anthropic-version", VERSION);
}

static bool can(struct json capabilities, const char *path)
{
    return json_is_true(json_at(capabilities, path));
}

static void read_model(struct json entry, struct listed_model *model)
{
    struct json capabilities = json_member(entry, "capabilities");

    model->context = reader_tokens(entry, "max_input_tokens");
    model->max_output = reader_tokens(entry, "max_tokens");
    if (json_kind(capabilities) != JSON_OBJECT)
        return;
    model->can = CAN_CHAT | CAN_CALL_TOOLS;
    if (can(capabilities, "image_input.supported"))
        model->can |= CAN_SEE;
    if (can(capabilities, "thinking.supported"))
        model->can |= CAN_THINK;
}

static bool anthropic_read_models(struct bytes body, struct arena *a, struct list *models_r, struct err *err)
{
    return models_read(body, "data", "id", read_model, a, models_r, err);
}

const struct dialect_rules anthropic_rules = {
    .id = DIALECT_ANTHROPIC,
    .framing = FRAMES_SSE,
    .prepare = anthropic_prepare,
    .read_frame = anthropic_read_frame,
    .read_whole = anthropic_read_whole,
    .read_error = anthropic_read_error,
    .prepare_models = anthropic_prepare_models,
    .read_models = anthropic_read_models,
};
