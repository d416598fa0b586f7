/* SPDX-License-Identifier: MIT */
#include "providers/emit.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"

bool emit_check(struct bytes text, enum json_kind kind, struct json *value_r, struct err *err)
{
    if (!json_check(text, &(struct json_limits){.allow_nul = true}, value_r, err))
        return fail(err, ERR_UPSTREAM, "the provider sent malformed JSON: %.150s", err->text);
    return json_kind(*value_r) == kind
        || fail(err, ERR_UPSTREAM, "the provider sent JSON that is no %s", kind == JSON_OBJECT ? "object" : "array");
}

bool emit_text(struct reader *r, enum chat_event_type type, struct json value, struct err *err)
{
    struct chat_event event = {.type = type};

    if (json_kind(value) != JSON_STRING || value.n <= 2)
        return true;
    event.text.p = (const uint8_t *)json_text(value, r->scratch, &event.text.n);
    reader_count(r, event.text);
    return r->same || reader_emit(r, &event, err);
}

const char *emit_call_id(struct arena *a)
{
    char id[ID_TEXT];

    id_new(id);
    return arena_printf(a, "call_%s", id);
}

/* An object, or what is left of one in templates that write it as text. */
static struct bytes arguments_of(struct reader *r, struct json arguments)
{
    const char *text = json_string(arguments, r->scratch);

    if (json_kind(arguments) == JSON_OBJECT)
        return json_bytes(arguments);
    return tool_arguments(text ? text : arena_copy(r->scratch, arguments.p ? arguments.p : "", arguments.n), r->scratch);
}

bool emit_call(struct reader *r, struct json id, struct json name, struct json arguments, const char *opaque, struct err *err)
{
    struct chat_event event = {.type = EVENT_TOOL_CALL, .index = r->tool_calls, .opaque = opaque};

    event.id = json_string(id, r->scratch);
    if (!event.id || !*event.id)
        event.id = emit_call_id(r->scratch);
    event.name = json_string(name, r->scratch);
    if (!event.name || !*event.name)
        return fail(err, ERR_UPSTREAM, "the provider sent a tool call without a name");
    event.arguments = arguments_of(r, arguments);
    if (r->same ? r->tool_calls >= TOOL_CALLS_MAX : !reader_emit(r, &event, err))
        return r->same;
    r->tool_calls++;
    reader_count(r, event.arguments);
    return true;
}

bool emit_finish(struct reader *r, const char *finish, struct err *err)
{
    struct chat_event event = {.type = EVENT_FINISH, .finish = finish};

    if (r->finish)
        return true;
    if (r->tool_calls && strcmp(finish, "stop") == 0)
        event.finish = "tool_calls";
    r->finish = event.finish;
    return r->same || reader_emit(r, &event, err);
}
