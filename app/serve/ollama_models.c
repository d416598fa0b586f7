/* SPDX-License-Identifier: MIT */
#include "serve/ollama_models.h"

#include <string.h>

#include "base/crypto.h"
#include "base/err.h"
#include "base/json_write.h"
#include "base/parse.h"
#include "gate/decide.h"
#include "gate/gate.h"
#include "gate/who.h"
#include "serve/shape.h"
#include "web/request.h"

enum { LIST_MAX = 64 << 20 };

/* The release whose API is spoken: clients compare it to know what they may ask for. */
static const char VERSION[] = "0.12.0";
/* In memory until then: nothing is ever loaded or put away here. */
static const int64_t ALWAYS = INT64_C(4102444800000000);                 /* 2100-01-01 */

static const struct shape_field show_fields[] = {
    {"model", SHAPE_TEXT, .min = 1, .max = 200},
    {"name",  SHAPE_TEXT, .min = 1, .max = 200},             /* its older name */
    {.name = NULL},
};

static void put_texts(struct json_out *out, const char *name, const char *const texts[])
{
    json_name(out, name);
    json_begin_array(out);
    for (size_t i = 0; texts[i]; i++)
        json_put_text(out, texts[i]);
    json_end_array(out);
}

static void put_can(struct json_out *out, const struct model *model)
{
    static const struct { int64_t can; const char *word; } words[] = {
        {CAN_CHAT, "completion"}, {CAN_CALL_TOOLS, "tools"}, {CAN_SEE, "vision"}, {CAN_THINK, "thinking"}, {CAN_EMBED, "embedding"},
    };
    const char *texts[COUNT(words) + 1] = {0};
    size_t n = 0;

    for (size_t i = 0; i < COUNT(words); i++)
        if (model->can & words[i].can)
            texts[n++] = words[i].word;
    if (!model->can)                                         /* not known: what most can */
        texts[0] = "completion";
    put_texts(out, "capabilities", texts);
}

static void put_details(struct json_out *out, const struct model *model)
{
    static const char *const empty[] = {"parent_model", "format", "family"};
    static const char *const none[] = {NULL};

    json_name(out, "details");
    json_begin_object(out);
    for (size_t i = 0; i < COUNT(empty); i++)
        json_member_text(out, empty[i], "");
    put_texts(out, "families", none);
    json_member_text(out, "parameter_size", "");
    json_member_text(out, "quantization_level", "");
    if (model->context)
        json_member_put_int(out, "context_length", model->context);
    json_end_object(out);
}

/* Clients cut it to twelve letters without looking: it stands for the name, there is no file. */
static const char *digest_of(const char *name, struct arena *a)
{
    uint8_t hash[CRYPTO_HASH];

    crypto_sha256(bytes_of(name), hash);
    return hex_text((struct bytes){hash, sizeof(hash)}, a);
}

static void put_modified(struct json_out *out, const struct model *model)
{
    json_name(out, "modified_at");
    json_put_time(out, model->created_at ? model->created_at : 1000000);
}

static void put_entry(struct json_out *out, const char *name, const struct model *model, bool loaded)
{
    json_begin_object(out);
    json_member_text(out, "name", name);
    json_member_text(out, "model", name);
    if (!loaded)
        put_modified(out, model);
    json_member_put_int(out, "size", 0);
    json_member_text(out, "digest", digest_of(name, out->buf->arena));
    put_details(out, model);
    if (loaded) {
        json_name(out, "expires_at");
        json_put_time(out, ALWAYS);
        json_member_put_int(out, "size_vram", 0);
        json_member_put_int(out, "context_length", model->context);
    } else {
        put_can(out, model);
    }
    json_end_object(out);
}

static bool answer_list(struct request *rq, bool loaded)
{
    struct snapshot *s = gate_snapshot(rq->gate);
    struct list names = models_usable(s, rq->who->key, rq->arena);
    const char *const *name = names.items;
    struct buf buf = buf_new(rq->arena, LIST_MAX);
    struct json_out out = json_out(&buf);
    const char *text;

    arena_defer(rq->arena, drop_snapshot, s);
    json_begin_object(&out);
    json_name(&out, "models");
    json_begin_array(&out);
    for (size_t i = 0; i < names.n; i++)
        put_entry(&out, name[i], snapshot_model(s, name[i]), loaded);
    json_end_array(&out);
    json_end_object(&out);
    return buf_done(&buf, &text, &rq->err) && response_text(rq, 200, "application/json", buf_view(&buf));
}

bool ollama_tags(struct request *rq)
{
    return answer_list(rq, false);
}

bool ollama_ps(struct request *rq)
{
    return answer_list(rq, true);
}

/* Clients look for the one member that ends in .context_length. */
static void put_model_info(struct json_out *out, const struct model *model)
{
    json_name(out, "model_info");
    json_begin_object(out);
    json_member_text(out, "general.architecture", "moongate");
    json_member_text(out, "general.basename", model->name);
    if (model->context)
        json_member_put_int(out, "moongate.context_length", model->context);
    json_end_object(out);
}

static bool read_show(struct request *rq, const char **name_r)
{
    struct json body, name;

    if (!json_check(rq->body, NULL, &body, &rq->err))
        return false;
    if (json_kind(body) != JSON_OBJECT)
        return fail(&rq->err, ERR_NOT_JSON, "the body is not a JSON object");
    if (!shape_check(body, show_fields, rq->arena, &rq->err))
        return false;
    name = json_member(body, "model");
    *name_r = json_string(name.p ? name : json_member(body, "name"), rq->arena);
    return *name_r || fail_field_as(&rq->err, "error.missing_field", "model", "", "string, 1–200");
}

bool ollama_show(struct request *rq)
{
    struct snapshot *s = gate_snapshot(rq->gate);
    struct buf buf = buf_new(rq->arena, 64 << 10);
    struct json_out out = json_out(&buf);
    struct wish wish = {.key = rq->who->key};
    struct decision decision;

    arena_defer(rq->arena, drop_snapshot, s);
    if (!read_show(rq, &wish.model) || !decide(s, &wish, rq->arena, &decision, &rq->err))
        return false;
    json_begin_object(&out);
    json_member_text(&out, "modelfile", "");
    json_member_text(&out, "parameters", "");
    json_member_text(&out, "template", "");
    put_details(&out, decision.chosen->model);
    put_model_info(&out, decision.chosen->model);
    put_can(&out, decision.chosen->model);
    put_modified(&out, decision.chosen->model);
    json_end_object(&out);
    return response_text(rq, 200, "application/json", buf_view(&buf));
}

bool ollama_version(struct request *rq)
{
    struct buf buf = buf_new(rq->arena, 100);
    struct json_out out = json_out(&buf);

    json_begin_object(&out);
    json_member_text(&out, "version", VERSION);
    json_end_object(&out);
    return response_text(rq, 200, "application/json", buf_view(&buf));
}

bool ollama_manage(struct request *rq)
{
    fail_field_as(&rq->err, "error.ollama_manage", "path", rq->path, "");
    rq->err.kind = ERR_UNSUPPORTED;
    return false;
}

void ollama_show_schema(struct json_out *out)
{
    shape_schema(out, show_fields, false);
}
