/* SPDX-License-Identifier: MIT */
/* openai_embeddings: texts to vectors in OpenAI's shape. Vectors of a provider that speaks it too are passed on as they came; all others are written
 * here, as numbers or as base64 of little-endian floats, which the official SDKs ask for unless told otherwise. */
#include "serve/openai_embeddings.h"

#include <string.h>

#include "base/err.h"
#include "base/json_write.h"
#include "base/parse.h"
#include "serve/door.h"
#include "serve/shape.h"

enum { INPUTS_MAX = 2048 };

static const char INPUT_WORDS[] = "string, array of 1–2048 strings, token ids, array of 1–2048 arrays of token ids";

static const struct shape_field fields[] = {
    {"model",           SHAPE_TEXT, .required = true, .min = 1, .max = 200},
    {.name = "input", .type = SHAPE_ANY, .required = true},
    {"dimensions",      SHAPE_INT,  .min = 1, .max = 65536},
    {"encoding_format", SHAPE_TEXT, .min = 1, .max = 40},
    {"user",            SHAPE_TEXT, .min = 0, .max = 1000},
    {.name = NULL},
};

/* ---- the question ---- */

static void add_input(struct embed *embed, struct bytes input, struct arena *a)
{
    *(struct bytes *)list_add(a, &embed->inputs, sizeof(input)) = input;
}

static void add_text(struct embed *embed, struct json text, struct arena *a)
{
    struct bytes input;

    input.p = (const uint8_t *)json_text(text, a, &input.n);
    add_input(embed, input, a);
}

static bool is_tokens(struct json list)
{
    struct json_walk w = json_walk(list);
    int64_t id;

    while (json_next(&w))
        if (!json_int(w.value, 0, INT32_MAX, &id))
            return false;
    return json_count(list) > 0;
}

static bool fail_input(struct json value, size_t i, struct arena *a, struct err *err)
{
    return fail_field(err, arena_printf(a, "input[%zu]", i), shape_excerpt(value, a), INPUT_WORDS);
}

/* All of one kind: texts, or lists of token ids. */
static bool read_list(struct json list, struct embed *embed, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(list);

    embed->tokens = json_kind(json_at(list, "0")) == JSON_ARRAY;
    while (json_next(&w)) {
        if (embed->tokens ? json_kind(w.value) != JSON_ARRAY || !is_tokens(w.value) : json_kind(w.value) != JSON_STRING)
            return fail_input(w.value, w.i, a, err);
        if (embed->tokens)
            add_input(embed, json_bytes(w.value), a);
        else
            add_text(embed, w.value, a);
    }
    return true;
}

static bool read_input(struct json input, struct embed *embed, struct arena *a, struct err *err)
{
    size_t n = json_count(input);

    if (json_kind(input) == JSON_STRING) {
        embed->single = true;
        add_text(embed, input, a);
        return true;
    }
    if (json_kind(input) != JSON_ARRAY || !n)
        return fail_field(err, "input", shape_excerpt(input, a), INPUT_WORDS);
    if (json_kind(json_at(input, "0")) == JSON_NUMBER && is_tokens(input)) {
        embed->single = embed->tokens = true;
        add_input(embed, json_bytes(input), a);
        return true;
    }
    if (n > INPUTS_MAX)
        return fail_field(err, "input", arena_printf(a, "%zu", n), INPUT_WORDS);
    return read_list(input, embed, a, err);
}

static bool read_format(struct json format, struct embed *embed, struct arena *a, struct err *err)
{
    embed->base64 = json_equal(format, "base64");
    return embed->base64 || !format.p || json_kind(format) == JSON_NULL || json_equal(format, "float")
        || fail_field(err, "encoding_format", shape_excerpt(format, a), "float, base64");
}

/* For a provider of another dialect: fields that nobody here knows go no further. */
static bool drop_unknown(struct chat *chat, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(chat->raw);

    (void)err;
    while (json_next(&w))
        if (!shape_find(fields, w.name) && json_kind(w.value) != JSON_NULL)
            chat_drop_name(chat, a, "", w.name);
    chat->parsed = true;
    return true;
}

bool openai_embeddings_read(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    struct embed *embed = NEW(a, struct embed);

    embed->dimensions = INT64_MIN;
    if (!shape_check(body, fields, a, err) || !read_input(json_member(body, "input"), embed, a, err)
        || !read_format(json_member(body, "encoding_format"), embed, a, err))
        return false;
    shape_int(json_member(body, "dimensions"), &embed->dimensions);
    chat->dialect = DIALECT_OPENAI_EMBEDDINGS;
    chat->raw = body;
    chat->parse = drop_unknown;
    chat->embed = embed;
    chat->model = json_string(json_member(body, "model"), a);
    chat->user = json_string(json_member(body, "user"), a);
    return true;
}

/* ---- the answer ---- */

static void put_numbers(struct json_out *out, const struct vector *vector)
{
    json_begin_array(out);
    for (size_t i = 0; i < vector->n; i++)
        json_put_float(out, vector->x[i]);
    json_end_array(out);
}

static void put_base64(struct json_out *out, const struct vector *vector, struct arena *a)
{
    uint8_t *bytes = arena_alloc(a, 4 * vector->n);

    for (size_t i = 0; i < vector->n; i++) {
        uint32_t bits;

        memcpy(&bits, &vector->x[i], sizeof(bits));
        for (int k = 0; k < 4; k++)
            bytes[4 * i + (size_t)k] = (uint8_t)(bits >> 8 * k);
    }
    json_put_text(out, base64_write((struct bytes){bytes, 4 * vector->n}, a));
}

static void put_vectors(struct run *run, struct json_out *out, struct list vectors)
{
    const struct vector *vector = vectors.items;

    json_name(out, "data");
    json_begin_array(out);
    for (size_t i = 0; i < vectors.n; i++) {
        json_begin_object(out);
        json_member_text(out, "object", "embedding");
        json_member_put_int(out, "index", (int64_t)i);
        json_name(out, "embedding");
        if (run->chat->embed->base64)
            put_base64(out, &vector[i], run->arena);
        else
            put_numbers(out, &vector[i]);
        json_end_object(out);
    }
    json_end_array(out);
}

static void embeddings_whole(struct run *run, const struct chat_answer *answer)
{
    struct buf buf = buf_new(run->arena, (size_t)1 << 30);
    struct json_out out = json_out(&buf);

    if (answer->raw.n) {
        door_whole(run, answer->raw);
        return;
    }
    json_begin_object(&out);
    json_member_text(&out, "object", "list");
    put_vectors(run, &out, answer->vectors);
    json_member_text(&out, "model", *run->reader.model ? run->reader.model : run->target.model);
    json_name(&out, "usage");
    json_begin_object(&out);
    json_member_put_int(&out, "prompt_tokens", run->reader.usage.in);
    json_member_put_int(&out, "total_tokens", run->reader.usage.in);
    json_end_object(&out);
    json_end_object(&out);
    door_whole(run, buf_view(&buf));
}

/* There is no stream, so nothing of one. */
static const struct run_client embeddings_client = {
    .attach = door_attach, .left = door_left, .whole = embeddings_whole, .fail = door_fail, .close = door_close,
};

bool openai_embeddings(struct request *rq)
{
    static const struct door door = {.api = "openai.embeddings", .read = openai_embeddings_read, .client = &embeddings_client};

    return door_run(rq, &door);
}

void openai_embeddings_schema(struct json_out *out)
{
    shape_schema(out, fields, false);
}
