/* SPDX-License-Identifier: MIT */
#include "gate/provider.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "gate/snapshot.h"
#include "gate/usage.h"

enum { MODELS_MAX = 2000, MODEL_NAME_MAX = 200, WORD_MAX = 200, DROPPED_NAMES_MAX = 64 };

const struct provider_type *const *provider_types;

const struct provider_type *provider_type_find(const char *name)
{
    for (size_t i = 0; provider_types && provider_types[i]; i++)
        if (strcmp(provider_types[i]->name, name) == 0)
            return provider_types[i];
    return NULL;
}

const char *provider_url(const struct provider *provider, const char *path, struct arena *a)
{
    size_t n = strlen(provider->base_url);

    while (n && provider->base_url[n - 1] == '/')
        n--;
    return arena_printf(a, "%.*s%s", (int)n, provider->base_url, path);
}

void http_add_header(struct http_request *request, struct arena *a, const char *name, const char *value)
{
    struct list headers = {.items = (void *)(uintptr_t)request->headers, .n = request->headers_n};
    struct http_header *header = list_add(a, &headers, sizeof(*header));

    *header = (struct http_header){name, value};
    request->headers = headers.items;
    request->headers_n = headers.n;
}

const char *provider_option(const struct provider *provider, const char *name)
{
    const struct provider_option *stored = provider->options.items;

    for (size_t i = 0; i < provider->options.n; i++)
        if (strcmp(stored[i].name, name) == 0 && *stored[i].value)
            return stored[i].value;
    for (const struct provider_option_row *row = provider->type ? provider->type->options : NULL; row && row->name; row++)
        if (strcmp(row->name, name) == 0)
            return row->initial;
    return "";
}

/* Each name is kept once. */
static void drop(struct list *dropped, struct arena *a, const char *field)
{
    const char *const *known = dropped->items;

    for (size_t i = 0; i < dropped->n; i++)
        if (strcmp(known[i], field) == 0)
            return;
    *(const char **)list_add(a, dropped, sizeof(const char *)) = arena_text(a, field);
}

void target_drop(struct target *target, struct arena *a, const char *field)
{
    drop(&target->dropped, a, field);
}

void reader_drop(struct reader *r, const char *field)
{
    if (r->dropped.n < DROPPED_NAMES_MAX)                    /* names may be the provider's */
        drop(&r->dropped, r->arena, field);
}

bool models_read(struct bytes body, const char *list, const char *name, void (*each)(struct json entry, struct listed_model *),
                 struct arena *a, struct list *models_r, struct err *err)
{
    struct json answer;
    struct json_walk w;

    if (!json_check(body, NULL, &answer, err) || json_kind(json_member(answer, list)) != JSON_ARRAY)
        return fail(err, ERR_UPSTREAM, "the answer is not a list of models");
    w = json_walk(json_member(answer, list));
    while (models_r->n < MODELS_MAX && json_next(&w)) {
        const char *found = json_string(json_member(w.value, name), a);
        struct listed_model *model;

        if (!found || !*found || utf8_count(found) > MODEL_NAME_MAX)
            continue;
        model = list_add(a, models_r, sizeof(*model));
        model->name = found;
        if (each)
            each(w.value, model);
    }
    return true;
}

const char *header_text(const char *text, struct arena *a)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = arena_alloc(a, 3 * strlen(text) + 1), *o = out;

    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c > 0x20 && *c < 0x7f && *c != '%') {
            *o++ = (char)*c;
        } else {
            *o++ = '%';
            *o++ = digits[*c >> 4];
            *o++ = digits[*c & 15];
        }
    }
    return out;
}

void reader_count(struct reader *r, struct bytes text)
{
    r->text_bytes += text.n;
    estimate_add(&r->said, text);
}

void reader_count_json(struct reader *r, struct json value)
{
    r->text_bytes += json_kind(value) == JSON_STRING ? value.n - 2 : value.n;
    estimate_add_json(&r->said, value);
}

const char *reader_said(const struct reader *r, struct json said)
{
    const char *text = json_string(said, r->scratch);
    char *own = text ? arena_text(r->scratch, text) : arena_copy(r->scratch, said.p ? said.p : "", said.n);

    secret_hide(r->secret, own);
    return own;
}

const char *reader_word(const struct reader *r, struct json said)
{
    const char *word = json_string(said, r->scratch) ? reader_said(r, said) : NULL;
    size_t n = word ? utf8_cut(word, WORD_MAX) : 0;

    return n ? arena_copy(r->arena, word, n) : NULL;
}

int64_t reader_tokens(struct json usage, const char *name)
{
    int64_t n;

    return json_int(json_member(usage, name), 0, TOKENS_MAX, &n) ? n : 0;
}

/* A whole answer is kept until it is sent, events of a stream are not. */
struct bytes reader_clean(const struct reader *r, struct bytes text)
{
    return secret_clean(r->secret, text, r->chat && r->chat->stream ? r->scratch : r->arena);
}

static const char *clean_word(const struct reader *r, const char *word)
{
    return word ? (const char *)reader_clean(r, bytes_of(word)).p : NULL;
}

bool reader_emit(struct reader *r, const struct chat_event *said, struct err *err)
{
    struct chat_event clean = *said, *event = &clean;

    clean.text = reader_clean(r, said->text);
    clean.arguments = reader_clean(r, said->arguments);
    clean.id = clean_word(r, said->id);
    clean.name = clean_word(r, said->name);
    if (event->type == EVENT_TOOL_CALL && (event->index < 0 || event->index >= TOOL_CALLS_MAX))
        return fail(err, ERR_UPSTREAM, "the provider sent tool call %lld, more than %d", (long long)event->index, TOOL_CALLS_MAX);
    return r->emit(r->arg, event) || fail(err, ERR_CANCELLED, "the caller took no more of the answer");
}
