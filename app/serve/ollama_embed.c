/* SPDX-License-Identifier: MIT */
/* ollama_embed: vectors of a provider that speaks Ollama are passed on as they came; all others are written here. */
#include "serve/ollama_embed.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json_write.h"
#include "serve/door.h"
#include "serve/part.h"
#include "serve/shape.h"

enum { INPUTS_MAX = 2048 };

static const char INPUT_WORDS[] = "string, array of 1–2048 strings";

static const struct shape_field embed_fields[] = {
    {"model",      SHAPE_TEXT, .required = true, .min = 1, .max = 200},
    {.name = "input", .type = SHAPE_ANY, .required = true},
    {"dimensions", SHAPE_INT,  .min = 1, .max = 65536},
    {.name = NULL},
};
static const struct shape_field embeddings_fields[] = {
    {"model",  SHAPE_TEXT, .required = true, .min = 1, .max = 200},
    {.name = "prompt", .type = SHAPE_ANY, .required = true},
    {.name = NULL},
};

/* ---- the question ---- */

static void add_input(struct embed *embed, struct json text, struct arena *a)
{
    struct bytes *input = list_add(a, &embed->inputs, sizeof(*input));

    input->p = (const uint8_t *)json_text(text, a, &input->n);
}

static bool read_input(struct json input, struct embed *embed, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(input);
    size_t n = json_count(input);

    if (json_kind(input) == JSON_STRING) {
        embed->single = true;
        add_input(embed, input, a);
        return true;
    }
    if (json_kind(input) != JSON_ARRAY || !n || n > INPUTS_MAX)
        return fail_field(err, "input", shape_excerpt(input, a), INPUT_WORDS);
    while (json_next(&w)) {
        if (json_kind(w.value) != JSON_STRING)
            return fail_field(err, arena_printf(a, "input[%zu]", w.i), shape_excerpt(w.value, a), INPUT_WORDS);
        add_input(embed, w.value, a);
    }
    return true;
}

/* options, keep_alive and truncate are the runtime's own. */
static bool drop_others(struct chat *chat, struct arena *a, struct err *err)
{
    struct json_walk w = json_walk(chat->raw);

    (void)err;
    while (json_next(&w))
        if (!shape_find(embed_fields, w.name) && json_kind(w.value) != JSON_NULL)
            chat_drop_name(chat, a, "", w.name);
    chat->parsed = true;
    return true;
}

static void begin_embed(struct json body, struct chat *chat, struct arena *a)
{
    chat->embed = NEW(a, struct embed);
    chat->embed->dimensions = INT64_MIN;
    chat->model = json_string(json_member(body, "model"), a);
}

bool ollama_embed_read(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    begin_embed(body, chat, a);
    if (!shape_check(body, embed_fields, a, err) || !read_input(json_member(body, "input"), chat->embed, a, err))
        return false;
    shape_int(json_member(body, "dimensions"), &chat->embed->dimensions);
    chat->dialect = DIALECT_OLLAMA_EMBED;
    chat->raw = body;
    chat->parse = drop_others;
    return true;
}

/* No provider is asked in this older form. */
bool ollama_embeddings_read(struct json body, struct chat *chat, struct arena *a, struct err *err)
{
    struct json prompt = json_member(body, "prompt");
    struct json_walk w = json_walk(body);

    begin_embed(body, chat, a);
    if (!shape_check(body, embeddings_fields, a, err))
        return false;
    if (json_kind(prompt) != JSON_STRING || json_equal(prompt, ""))
        return fail_field(err, "prompt", shape_excerpt(prompt, a), "string");
    chat->embed->single = true;
    chat->parsed = true;
    add_input(chat->embed, prompt, a);
    while (json_next(&w))
        if (!shape_find(embeddings_fields, w.name) && json_kind(w.value) != JSON_NULL)
            chat_drop_name(chat, a, "", w.name);
    return true;
}

/* ---- the answer ---- */

static void put_vector(struct json_out *out, const struct vector *vector)
{
    json_begin_array(out);
    for (size_t i = 0; i < vector->n; i++)
        json_put_float(out, vector->x[i]);
    json_end_array(out);
}

static void embed_whole(struct run *run, const struct chat_answer *answer)
{
    struct buf buf = buf_new(run->arena, (size_t)1 << 30);
    struct json_out out = json_out(&buf);
    const struct vector *vector = answer->vectors.items;

    if (answer->raw.n) {
        door_whole(run, answer->raw);
        return;
    }
    json_begin_object(&out);
    json_member_text(&out, "model", *run->reader.model ? run->reader.model : run->target.model);
    json_name(&out, "embeddings");
    json_begin_array(&out);
    for (size_t i = 0; i < answer->vectors.n; i++)
        put_vector(&out, &vector[i]);
    json_end_array(&out);
    json_member_put_int(&out, "total_duration", run->entry.run.latency_us * 1000);
    json_member_put_int(&out, "load_duration", 0);
    json_member_put_int(&out, "prompt_eval_count", run->reader.usage.in);
    json_end_object(&out);
    door_whole(run, buf_view(&buf));
}

static void embeddings_whole(struct run *run, const struct chat_answer *answer)
{
    struct buf buf = buf_new(run->arena, (size_t)1 << 30);
    struct json_out out = json_out(&buf);

    json_begin_object(&out);
    json_name(&out, "embedding");
    put_vector(&out, answer->vectors.items);
    json_end_object(&out);
    door_whole(run, buf_view(&buf));
}

static const struct run_client embed_client = {
    .attach = door_attach, .left = door_left, .whole = embed_whole, .fail = door_fail, .close = door_close,
};
static const struct run_client embeddings_client = {
    .attach = door_attach, .left = door_left, .whole = embeddings_whole, .fail = door_fail, .close = door_close,
};

bool ollama_embed(struct request *rq)
{
    static const struct door door = {.api = "ollama.embed", .read = ollama_embed_read, .client = &embed_client, .any_type = true};

    return door_run(rq, &door);
}

bool ollama_embeddings(struct request *rq)
{
    static const struct door door = {.api = "ollama.embeddings", .read = ollama_embeddings_read, .client = &embeddings_client, .any_type = true};

    return door_run(rq, &door);
}

void ollama_embed_schema(struct json_out *out)
{
    shape_schema(out, embed_fields, false);
}

void ollama_embeddings_schema(struct json_out *out)
{
    shape_schema(out, embeddings_fields, false);
}
