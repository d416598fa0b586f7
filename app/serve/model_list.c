/* SPDX-License-Identifier: MIT */
#include "serve/model_list.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/field.h"
#include "base/parse.h"
#include "gate/decide.h"
#include "gate/gate.h"
#include "gate/snapshot.h"
#include "serve/openai_chat.h"
#include "web/request.h"

enum { PAGE = 20, PAGE_MAX = 1000 };

enum face model_list_face(const struct request *rq)
{
    bool anthropic = request_header(rq, "anthropic-version") || (request_header(rq, "x-api-key") && !request_header(rq, "authorization"));

    return anthropic ? FACE_ANTHROPIC : FACE_OPENAI;
}

struct model_view {
    const char *type, *id, *display_name, *capabilities, *max_input_tokens, *max_tokens;
    int64_t created_at;
};
static const struct field model_view_fields[] = {
    FIELD(struct model_view, type), FIELD(struct model_view, id), FIELD(struct model_view, display_name),
    FIELD_TIME(struct model_view, created_at), FIELD_RAW(struct model_view, max_input_tokens), FIELD_RAW(struct model_view, max_tokens),
    FIELD_RAW(struct model_view, capabilities), FIELD_END,
};

struct models_view {
    struct list data;
    bool has_more;
    const char *first_id, *last_id;
};
static const struct field models_view_fields[] = {
    FIELD_LIST(struct models_view, data, model_view_fields, struct model_view), FIELD(struct models_view, has_more),
    FIELD(struct models_view, first_id), FIELD(struct models_view, last_id), FIELD_END,
};

static const char *number_or_null(int64_t n, struct arena *a)
{
    return n > 0 ? arena_printf(a, "%" PRId64, n) : "null";
}

/* A model whose day nobody told us is of 1970, as Anthropic's API has it. */
static struct model_view view_of(const struct snapshot *s, const char *name, struct arena *a)
{
    const struct model *model = snapshot_model(s, name);

    return (struct model_view){
        .type = "model", .id = name, .display_name = name, .capabilities = "null",
        .created_at = model && model->created_at ? model->created_at : 1,
        .max_input_tokens = number_or_null(model ? model->context : 0, a), .max_tokens = number_or_null(model ? model->max_output : 0, a),
    };
}

static const struct snapshot *settings_of(struct request *rq)
{
    struct snapshot *s = gate_snapshot(rq->gate);

    arena_defer(rq->arena, drop_snapshot, s);
    return s;
}

/* Where the model called ${id} is in the list; n if it is not there. */
static size_t place_of(struct list names, const char *id)
{
    const char *const *name = names.items;
    size_t i = 0;

    while (i < names.n && strcmp(name[i], id) != 0)
        i++;
    return i;
}

/* The page [from, to) that a cursor and a limit mean. A cursor of a model that is gone is a mistake of the caller's to know of. */
static bool read_page(struct request *rq, struct list names, size_t *from_r, size_t *to_r)
{
    const char *limit = request_query(rq, "limit"), *after = request_query(rq, "after_id"), *before = request_query(rq, "before_id");
    const char *cursor = after ? after : before;
    size_t at = cursor ? place_of(names, cursor) : 0;
    int64_t n = PAGE;

    if (limit && !parse_int(limit, 1, PAGE_MAX, "limit", &n, &rq->err))
        return false;
    if (cursor && at == names.n)
        return fail_field(&rq->err, after ? "after_id" : "before_id", cursor, "");
    *from_r = after ? at + 1 : before && at > (size_t)n ? at - (size_t)n : 0;
    *to_r = before && !after ? at : names.n - *from_r > (size_t)n ? *from_r + (size_t)n : names.n;
    return true;
}

static bool list_anthropic(struct request *rq)
{
    const struct snapshot *s = settings_of(rq);
    struct list names = models_usable(s, rq->who->key, rq->arena);
    const char *const *name = names.items;
    struct model_view *views;
    struct models_view view = {0};
    size_t from = 0, to = 0;

    if (!read_page(rq, names, &from, &to))
        return false;
    views = NEW_ARRAY(rq->arena, struct model_view, to - from);
    for (size_t i = from; i < to; i++)
        views[i - from] = view_of(s, name[i], rq->arena);
    view.data = (struct list){views, to - from};
    view.has_more = request_query(rq, "before_id") && !request_query(rq, "after_id") ? from > 0 : to < names.n;
    if (to > from) {
        view.first_id = name[from];
        view.last_id = name[to - 1];
    }
    return response_json(rq, 200, models_view_fields, &view);
}

static bool one_anthropic(struct request *rq)
{
    const struct snapshot *s = settings_of(rq);
    struct list names = models_usable(s, rq->who->key, rq->arena);
    const char *id = request_path_param(rq, "id");
    size_t at = place_of(names, id);
    struct model_view view;

    if (at == names.n) {
        fail_field(&rq->err, "model", id, "GET /v1/models");
        rq->err.kind = ERR_MODEL_NOT_FOUND;
        return false;
    }
    view = view_of(s, ((const char *const *)names.items)[at], rq->arena);
    return response_json(rq, 200, model_view_fields, &view);
}

bool model_list(struct request *rq)
{
    return rq->face == FACE_ANTHROPIC ? list_anthropic(rq) : openai_models(rq);
}

bool model_list_one(struct request *rq)
{
    return rq->face == FACE_ANTHROPIC ? one_anthropic(rq) : openai_model(rq);
}
