/* SPDX-License-Identifier: MIT */
#include "providers/openai_embed.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "gate/snapshot.h"
#include "providers/emit.h"
#include "providers/openai_answer.h"
#include "providers/openai_fit.h"
#include "providers/openai_request.h"
#include "providers/write.h"

static void write_own(const struct openai_fit *f, struct json_out *out, const struct chat *chat)
{
    write_int(out, "dimensions", chat->embed->dimensions);
    json_member_text(out, "encoding_format", f->ways->embed_base64 ? "base64" : "float");
    if (chat->user)
        json_member_text(out, "user", chat->user);
}

bool openai_prepare_embed(struct target *target, const struct chat *chat, size_t first, size_t n, struct arena *a, struct http_request *r,
                          struct err *err)
{
    struct openai_fit f = openai_fit_of(target, a);
    struct buf buf = buf_new(a, (size_t)512 << 20);
    struct json_out out = json_out(&buf);
    const char *text;

    openai_post(target->provider, f.ways->embed_path ? f.ways->embed_path : "/embeddings", target->model, a, r);
    if (chat->embed->tokens && !f.ways->embed_tokens)
        return fail_field_as(err, "error.embed_tokens", "input", target->provider->type->label, "string, array of strings");
    if (chat->dialect == DIALECT_OPENAI_EMBEDDINGS && n == chat->embed->inputs.n)
        return write_renamed(chat, target->model, a, &r->body, err);
    json_begin_object(&out);
    json_member_text(&out, "model", target->model);
    write_inputs(&out, chat->embed, first, n);
    if (chat->dialect == DIALECT_OPENAI_EMBEDDINGS)
        write_beside_inputs(&out, chat);
    else
        write_own(&f, &out, chat);
    json_end_object(&out);
    if (!buf_done(&buf, &text, err))
        return false;
    r->body = buf_view(&buf);
    return true;
}

/* The entries in the order of their index: all from 0 to n - 1, or none has one. */
static struct json *in_order(struct reader *r, struct json data, size_t n, struct err *err)
{
    struct json *entries = NEW_ARRAY(r->scratch, struct json, n);
    struct json_walk w = json_walk(data);

    while (json_next(&w)) {
        int64_t at = json_member_int(w.value, "index", (int64_t)w.i);

        if (at < 0 || at >= (int64_t)n || entries[at].p) {
            fail(err, ERR_UPSTREAM, "the provider sent an embedding with index %lld of %zu", (long long)at, n);
            return NULL;
        }
        entries[at] = w.value;
    }
    return entries;
}

bool openai_read_embed(struct reader *r, struct bytes body, struct err *err)
{
    struct json answer, data, *entries;
    const char *model;
    size_t n;

    if (!emit_check(body, JSON_OBJECT, &answer, err) || !openai_good(r, answer, body, err))
        return false;
    data = json_member(answer, "data");
    if (json_kind(data) != JSON_ARRAY)
        return fail(err, ERR_UPSTREAM, "the provider's answer has no list of embeddings");
    if (!*r->model && (model = reader_word(r, json_member(answer, "model"))))
        r->model = model;
    n = json_count(data);
    entries = in_order(r, data, n, err);
    for (size_t i = 0; entries && i < n; i++)
        if (!emit_vector(r, json_member(entries[i], "embedding"), err))
            return false;
    emit_vector_usage(r, json_member(answer, "usage"), "prompt_tokens");
    return entries;
}
