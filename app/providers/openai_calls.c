/* SPDX-License-Identifier: MIT */
#include "providers/openai_calls.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "gate/collect.h"
#include "gate/thought.h"
#include "providers/emit.h"

static const int64_t NO_INDEX = INT64_MIN;

/* A call being told. */
struct telling {
    int64_t index;                       /* the provider's */
    const char *id, *name;               /* NULL until it is said */
    const char *opaque;
    struct buf held;                     /* arguments that came before the name */
    int64_t at;                          /* the caller's index, once its first event went out; -1 until then */
};

/* One entry of tool_calls. */
struct piece {
    int64_t index;
    const char *id, *name;               /* NULL if empty */
    struct json arguments, extra;
};

static struct list *calls_of(struct reader *r)
{
    if (!r->state)
        r->state = NEW(r->arena, struct list);
    return r->state;
}

static const char *text_of(struct reader *r, struct json value)
{
    const char *text = json_string(value, r->scratch);

    return text && *text ? text : NULL;
}

static struct telling *call_with(const struct list *calls, int64_t index, const char *id)
{
    struct telling *call = calls->items;

    for (size_t i = calls->n; i-- > 0;)
        if (id ? call[i].id && strcmp(call[i].id, id) == 0 : call[i].index == index)
            return &call[i];
    return NULL;
}

/* The call that a piece continues; NULL = it begins one. */
static struct telling *continued(const struct list *calls, const struct piece *p)
{
    struct telling *call;

    if (p->index == NO_INDEX) {
        if (p->id)
            return call_with(calls, 0, p->id);
        return p->name || !calls->n ? NULL : (struct telling *)calls->items + calls->n - 1;
    }
    call = call_with(calls, p->index, NULL);
    if (call && p->id && p->name && call->id && strcmp(call->id, p->id) != 0)        /* every call has the same index */
        return call_with(calls, 0, p->id);
    return call;
}

static struct telling *call_new(struct reader *r, struct list *calls, const struct piece *p, struct err *err)
{
    struct telling *call;

    if (calls->n >= TOOL_CALLS_MAX) {
        fail(err, ERR_UPSTREAM, "the provider sent more than %d tool calls", TOOL_CALLS_MAX);
        return NULL;
    }
    call = list_add(r->arena, calls, sizeof(*call));
    call->index = p->index;
    call->at = -1;
    call->held = buf_new(r->arena, FRAME_MAX);
    return call;
}

/* What Gemini's compatible door wants back with the call. */
static const char *opaque_of(struct reader *r, struct json extra)
{
    struct json signature = json_at(extra, "google.thought_signature");
    const char *text = text_of(r, signature);

    return text ? thought_tag(DIALECT_GEMINI, bytes_of(text), r->arena) : NULL;
}

static bool tell(struct reader *r, struct telling *call, struct bytes arguments, struct err *err)
{
    struct chat_event event = {.type = EVENT_TOOL_CALL, .index = call->at, .arguments = arguments};

    if (!call->name) {
        buf_bytes(&call->held, arguments);
        return !call->held.overflow || fail(err, ERR_UPSTREAM, "the provider sent too many arguments before the name of a tool call");
    }
    if (call->at >= 0)
        return !arguments.n || reader_emit(r, &event, err);
    event.index = call->at = r->tool_calls++;
    event.id = call->id = call->id ? call->id : emit_call_id(r->arena);
    event.name = call->name;
    event.opaque = call->opaque;
    if (call->held.n) {
        buf_bytes(&call->held, arguments);
        event.arguments = buf_view(&call->held);
    }
    return reader_emit(r, &event, err);
}

static struct bytes arguments_of(struct reader *r, struct json arguments)
{
    struct bytes text = {0};

    if (json_kind(arguments) == JSON_STRING)
        text.p = (const uint8_t *)json_text(arguments, r->scratch, &text.n);
    else if (json_kind(arguments) == JSON_OBJECT)            /* some local servers send the object itself */
        text = json_bytes(arguments);
    return text;
}

static bool piece_read(struct reader *r, const struct piece *p, bool whole, struct err *err)
{
    struct list *calls = calls_of(r);
    struct telling *call = whole ? NULL : continued(calls, p);

    if (!call && !(call = call_new(r, calls, p, err)))
        return false;
    if (!call->id && p->id)
        call->id = arena_text(r->arena, p->id);
    if (!call->name && p->name) {
        call->name = arena_text(r->arena, p->name);
        call->opaque = opaque_of(r, p->extra);
    } else if (p->extra.p && !call->opaque) {
        reader_drop(r, "extra_content");
    }
    return tell(r, call, arguments_of(r, p->arguments), err);
}

bool openai_calls(struct reader *r, struct json list, bool whole, struct err *err)
{
    static const struct openai_call_words words = {"index", "id", "function", "name", "arguments"};

    return openai_calls_as(r, list, whole, &words, err);
}

bool openai_calls_as(struct reader *r, struct json list, bool whole, const struct openai_call_words *words, struct err *err)
{
    struct json_walk w = json_walk(list);

    while (json_kind(list) == JSON_ARRAY && json_next(&w)) {
        struct json function = json_member(w.value, words->function);
        struct piece p = {.index = json_member_int(w.value, words->index, NO_INDEX), .arguments = json_member(function, words->arguments),
                          .extra = json_member(w.value, "extra_content")};

        reader_count_json(r, p.arguments);
        if (r->same) {                                       /* only how many there are matters; the frame goes on as it is */
            if ((p.index == NO_INDEX || p.index >= r->tool_calls) && r->tool_calls < TOOL_CALLS_MAX)
                r->tool_calls = p.index > r->tool_calls && p.index < TOOL_CALLS_MAX ? p.index + 1 : r->tool_calls + 1;
            continue;
        }
        if (json_kind(w.value) != JSON_OBJECT)
            continue;
        if (p.index != NO_INDEX && (p.index < 0 || p.index >= TOOL_CALLS_MAX))
            return fail(err, ERR_UPSTREAM, "the provider sent tool call %lld, more than %d", (long long)p.index, TOOL_CALLS_MAX);
        p.id = text_of(r, json_member(w.value, words->id));
        p.name = text_of(r, json_member(function, words->name));
        if (!piece_read(r, &p, whole, err))
            return false;
    }
    return true;
}

bool openai_function_call(struct reader *r, struct json function, struct err *err)
{
    struct piece p = {.index = 0, .arguments = json_member(function, "arguments")};

    if (json_kind(function) != JSON_OBJECT)
        return true;
    reader_count_json(r, p.arguments);
    if (r->same) {
        r->tool_calls = r->tool_calls ? r->tool_calls : 1;
        return true;
    }
    p.name = text_of(r, json_member(function, "name"));
    return piece_read(r, &p, false, err);
}

bool openai_calls_end(struct reader *r, struct err *err)
{
    const struct list *calls = r->state;
    const struct telling *call = calls ? calls->items : NULL;

    for (size_t i = 0; calls && i < calls->n; i++)
        if (call[i].at < 0)
            return fail(err, ERR_UPSTREAM, "the provider sent a tool call without a name");
    return true;
}
