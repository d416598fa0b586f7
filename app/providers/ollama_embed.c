/* SPDX-License-Identifier: MIT */
/* ollama_embed: embeddings of a list of texts in one request; numbers only, and no field for the end user. */
#include "providers/ollama_embed.h"

#include "base/err.h"
#include "providers/emit.h"
#include "providers/write.h"

bool ollama_prepare_embed(struct target *target, const struct chat *chat, size_t first, size_t n, struct arena *a, struct http_request *r,
                          struct err *err)
{
    struct buf buf = buf_new(a, (size_t)512 << 20);
    struct json_out out = json_out(&buf);
    const char *text;

    write_request(target->provider, "POST", "/api/embed", a, r);
    http_add_header(r, a, "Content-Type", "application/json");
    if (chat->dialect == DIALECT_OLLAMA_EMBED && n == chat->embed->inputs.n)
        return write_renamed(chat, target->model, a, &r->body, err);
    json_begin_object(&out);
    json_member_text(&out, "model", target->model);
    write_inputs(&out, chat->embed, first, n);
    if (chat->dialect == DIALECT_OLLAMA_EMBED)
        write_beside_inputs(&out, chat);
    else
        write_int(&out, "dimensions", chat->embed->dimensions);
    json_end_object(&out);
    if (chat->user && !first)
        target_drop(target, a, "user");
    r->body = buf_view(&buf);
    return buf_done(&buf, &text, err);
}

bool ollama_read_embed(struct reader *r, struct bytes body, struct err *err)
{
    struct json answer, error, list;
    struct json_walk w;
    const char *model;

    if (!emit_check(body, JSON_OBJECT, &answer, err))
        return false;
    error = json_member(answer, "error");
    if (error.p && json_kind(error) != JSON_NULL)
        return fail(err, ERR_UPSTREAM, "the provider reported an error in its answer: %s", reader_said(r, error));
    if (!*r->model && (model = reader_word(r, json_member(answer, "model"))))
        r->model = model;
    emit_vector_usage(r, answer, "prompt_eval_count");
    list = json_member(answer, "embeddings");
    if (json_kind(list) != JSON_ARRAY)
        return fail(err, ERR_UPSTREAM, "the provider's answer has no list of embeddings");
    w = json_walk(list);
    while (json_next(&w))
        if (!emit_vector(r, w.value, err))
            return false;
    return true;
}
