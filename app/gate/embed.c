/* SPDX-License-Identifier: MIT */
#include "gate/embed.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

bool embed_can(const struct provider_type *type)
{
    return type && type->embed_max > 0 && type->rules->prepare_embed && type->rules->read_embed;
}

bool embed_same(const struct chat *chat, const struct dialect_rules *rules)
{
    return (chat->dialect == DIALECT_OPENAI_EMBEDDINGS && rules->id == DIALECT_OPENAI_CHAT)
        || (chat->dialect == DIALECT_OLLAMA_EMBED && rules->id == DIALECT_OLLAMA_CHAT);
}

static const struct provider_type *type_of(const struct run *run)
{
    return run->target.provider->type;
}

bool embed_whole(const struct run *run)
{
    return embed_same(run->chat, type_of(run)->rules) && (int64_t)run->chat->embed->inputs.n <= type_of(run)->embed_max;
}

/* The next inputs, after those that have their vectors. */
static bool prepare(struct run *run, struct err *err)
{
    size_t first = run->reader.vectors.n, left = run->chat->embed->inputs.n - first, most = (size_t)type_of(run)->embed_max;

    run->embed_asked = left < most ? left : most;
    run->request.headers = NULL;
    run->request.headers_n = 0;
    return type_of(run)->rules->prepare_embed(&run->target, run->chat, first, run->embed_asked, run->arena, &run->request, err);
}

bool embed_prepare(struct run *run, struct err *err)
{
    struct chat *chat = run->chat;
    bool same = embed_same(chat, type_of(run)->rules);

    if (chat->embed->tokens && !same)
        return fail_field_as(err, "error.embed_tokens", "input", type_of(run)->label, "string, array of strings");
    if (!same && !chat->parsed && !chat->parse(chat, run->arena, err))
        return false;
    run->reader.vectors = (struct list){0};                  /* what an attempt before this one got does not count */
    return prepare(run, err);
}

/* Requests share the time that the provider has for a whole answer. */
static bool has_time(struct run *run, struct err *err)
{
    int64_t total_ms = run->target.provider->total_ms, left_ms;

    if (!total_ms)
        return true;
    left_ms = total_ms - (clock_mono() - run->embed_began) / 1000;
    run->request.total_ms = left_ms;
    return left_ms > 0 || fail(err, ERR_TIMEOUT, "provider %s: total_timeout: %zu of %zu inputs were done in time", run->target.provider->name,
                               run->reader.vectors.n, run->chat->embed->inputs.n);
}

bool embed_next(struct run *run, bool *more_r, struct err *err)
{
    size_t before = run->reader.vectors.n, inputs = run->chat->embed->inputs.n, got;

    *more_r = false;
    if (!type_of(run)->rules->read_embed(&run->reader, buf_view(&run->body), err))
        return false;
    got = run->reader.vectors.n - before;
    if (got != run->embed_asked)
        return fail(err, ERR_UPSTREAM, "the provider sent %zu vectors for %zu inputs", got, run->embed_asked);
    if (run->reader.same)
        run->answer.raw = reader_clean(&run->reader, buf_view(&run->body));
    *more_r = run->reader.vectors.n < inputs;
    return !*more_r || (has_time(run, err) && prepare(run, err));
}
