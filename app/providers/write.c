/* SPDX-License-Identifier: MIT */
#include "providers/write.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/secret.h"
#include "gate/snapshot.h"

enum { TEXT_MAX = 256 << 20, LOOK_BACK_MAX = 10000 };

void write_request(const struct provider *provider, const char *method, const char *path, struct arena *a, struct http_request *r)
{
    r->method = method;
    r->url = provider_url(provider, path, a);
    if (provider->secret)
        http_add_header(r, a, "Authorization", arena_printf(a, "Bearer %s", secret_reveal(provider->secret)));
}

bool write_renamed(const struct chat *chat, const char *model, struct arena *a, struct bytes *body_r, struct err *err)
{
    struct buf buf = buf_new(a, (size_t)512 << 20);
    struct json_out out = json_out(&buf);
    struct json_walk w = json_walk(chat->raw);
    const char *text;

    *body_r = json_bytes(chat->raw);
    if (json_equal(json_member(chat->raw, "model"), model))
        return true;
    json_begin_object(&out);
    json_member_text(&out, "model", model);
    while (json_next(&w))
        if (!json_equal(w.name, "model"))
            json_put_pair(&out, w.name, w.value);
    json_end_object(&out);
    *body_r = buf_view(&buf);
    return buf_done(&buf, &text, err);
}

const char *write_tool_name(const struct chat *chat, const struct chat_message *result)
{
    const struct chat_message *first = chat->messages.items;
    size_t looked = 0;

    for (const struct chat_message *m = result; result->tool_call_id && m > first && looked++ < LOOK_BACK_MAX;) {
        const struct chat_tool_call *call = (--m)->tool_calls.items;

        for (size_t k = 0; k < m->tool_calls.n && looked++ < LOOK_BACK_MAX; k++)
            if (call[k].id && strcmp(call[k].id, result->tool_call_id) == 0)
                return call[k].name;
    }
    return NULL;
}

bool write_arguments(const struct chat_tool_call *call, struct json *object_r, struct err *err)
{
    const char *text = call->arguments && *call->arguments && strcmp(call->arguments, "null") != 0 ? call->arguments : "{}";

    if (json_check(bytes_of(text), NULL, object_r, err) && json_kind(*object_r) == JSON_OBJECT)
        return true;
    return fail_field(err, "tool_calls.function.arguments", text, "a JSON object as text");
}

struct bytes write_text(const struct chat_message *message, const char *between, struct arena *a)
{
    const struct chat_part *part = message->parts.items;
    struct buf text = buf_new(a, TEXT_MAX);

    if (message->parts.n == 1 && part->type == PART_TEXT)
        return (struct bytes){(const uint8_t *)part->text, part->text_n};
    for (size_t i = 0; i < message->parts.n; i++) {
        if (part[i].type != PART_TEXT || !part[i].text_n)
            continue;
        buf_text(&text, text.n ? between : "");
        buf_add(&text, part[i].text, part[i].text_n);
    }
    return buf_view(&text);
}

void write_data_url(struct json_out *out, const struct chat_part *part)
{
    const struct bytes pieces[] = {bytes_of("data:"), bytes_of(part->media_type ? part->media_type : "application/octet-stream"),
                                   bytes_of(";base64,"), part->data};

    json_put_pieces(out, pieces, COUNT(pieces));
}

void write_inputs(struct json_out *out, const struct embed *embed, size_t first, size_t n)
{
    const struct bytes *input = embed->inputs.items;

    json_name(out, "input");
    json_begin_array(out);
    for (size_t i = first; i < first + n; i++)
        if (embed->tokens)
            json_put_raw(out, input[i]);
        else
            json_put_bytes(out, input[i]);
    json_end_array(out);
}

void write_beside_inputs(struct json_out *out, const struct chat *chat)
{
    struct json_walk w = json_walk(chat->raw);

    while (json_next(&w))
        if (!json_equal(w.name, "model") && !json_equal(w.name, "input"))
            json_put_pair(out, w.name, w.value);
}

void write_int(struct json_out *out, const char *name, int64_t value)
{
    if (value != INT64_MIN)
        json_member_put_int(out, name, value);
}

void write_real(struct json_out *out, const char *name, double value)
{
    if (isnan(value))
        return;
    json_name(out, name);
    json_put_real(out, value);
}

void write_texts(struct json_out *out, const char *name, struct list texts)
{
    const char *const *text = texts.items;

    if (!texts.n)
        return;
    json_name(out, name);
    json_begin_array(out);
    for (size_t i = 0; i < texts.n; i++)
        json_put_text(out, text[i]);
    json_end_array(out);
}

bool write_one_plain(const struct chat *chat, struct arena *a, struct err *err)
{
    if (chat->n != INT64_MIN && chat->n > 1)
        return fail_field(err, "n", arena_printf(a, "%" PRId64, chat->n), "1");
    if (chat->top_logprobs != INT64_MIN)
        return fail_field(err, "logprobs", "true", "false");
    return true;
}
