/* SPDX-License-Identifier: MIT */
#include "serve/responses_write.h"

#include <string.h>

#include "base/json_write.h"

enum { ECHO_MAX = 256 << 10 };           /* bytes of a field of the request that the answer repeats; a longer one is left out */

const char *responses_status(const char *finish)
{
    return finish && (strcmp(finish, "length") == 0 || strcmp(finish, "content_filter") == 0) ? "incomplete" : "completed";
}

/* ---- objects ---- */

static void put_texts(struct json_out *out, const char *name, const char *type, struct bytes text, bool present)
{
    json_name(out, name);
    json_begin_array(out);
    if (present) {
        json_begin_object(out);
        json_member_text(out, "type", type);
        json_name(out, "text");
        json_put_bytes(out, text);
        if (strcmp(type, "output_text") == 0) {
            json_name(out, "annotations"), json_put_raw(out, bytes_of("[]"));
            json_name(out, "logprobs"), json_put_raw(out, bytes_of("[]"));
        }
        json_end_object(out);
    }
    json_end_array(out);
}

static void put_item(struct json_out *out, const struct responses_item *item)
{
    static const char *const types[] = {[ITEM_MESSAGE] = "message", [ITEM_CALL] = "function_call",
                                        [ITEM_CUSTOM] = "custom_tool_call", [ITEM_REASONING] = "reasoning"};
    bool begun = strcmp(item->status, "in_progress") == 0;   /* what is said follows in pieces */
    struct bytes text = begun ? (struct bytes){0} : buf_view(&item->text);

    json_begin_object(out);
    json_member_text(out, "id", item->id);
    json_member_text(out, "type", types[item->type]);
    json_member_text(out, "status", item->status);
    switch (item->type) {
    case ITEM_MESSAGE:
        json_member_text(out, "role", "assistant");
        put_texts(out, "content", "output_text", text, !begun);
        break;
    case ITEM_CALL:
    case ITEM_CUSTOM:
        json_member_text(out, "call_id", item->call_id);
        json_member_text(out, "name", item->name);
        if (item->group)
            json_member_text(out, "namespace", item->group);
        json_name(out, item->type == ITEM_CALL ? "arguments" : "input");
        json_put_bytes(out, text);
        break;
    case ITEM_REASONING:
        put_texts(out, "summary", "summary_text", text, !begun && !item->sealed);
        if (item->opaque && !begun)
            json_member_text(out, "encrypted_content", item->opaque);
        break;
    }
    json_end_object(out);
}

static void put_usage(struct json_out *out, const struct usage *usage)
{
    json_name(out, "usage");
    if (!usage) {
        json_put_text(out, NULL);
        return;
    }
    json_begin_object(out);
    json_member_put_int(out, "input_tokens", usage->in);
    json_name(out, "input_tokens_details");
    json_begin_object(out);
    json_member_put_int(out, "cached_tokens", usage->cached);
    json_member_put_int(out, "cache_write_tokens", usage->written + usage->written_long);
    json_end_object(out);
    json_member_put_int(out, "output_tokens", usage->out);
    json_name(out, "output_tokens_details");
    json_begin_object(out);
    json_member_put_int(out, "reasoning_tokens", usage->reasoning);
    json_end_object(out);
    json_member_put_int(out, "total_tokens", usage->in + usage->out);
    json_end_object(out);
}

/* What was asked, as it was asked. */
static void put_asked(struct json_out *out, struct json asked)
{
    enum { ASKED = 14 };
    static const char *const names[ASKED + 1] = {
        "instructions", "max_output_tokens", "max_tool_calls", "metadata", "parallel_tool_calls", "prompt_cache_key", "reasoning", "safety_identifier",
        "temperature", "text", "tool_choice", "tools", "top_p", "user",
    };
    static const char *const otherwise[ASKED] = {
        "null", "null", "null", "{}", "true", "null", "{\"effort\":null,\"summary\":null}", "null", "null", "{\"format\":{\"type\":\"text\"}}",
        "\"auto\"", "[]", "null", "null",
    };
    struct json values[ASKED];

    json_members(asked, names, values);                      /* one walk: a request may be megabytes */
    for (size_t i = 0; i < ASKED; i++) {
        bool repeated = values[i].p && json_kind(values[i]) != JSON_NULL && values[i].n <= ECHO_MAX;

        json_name(out, names[i]);
        json_put_raw(out, repeated ? json_bytes(values[i]) : bytes_of(otherwise[i]));
    }
}

struct ending {
    const char *status, *finish, *code, *message;
    const struct usage *usage;
};

static void put_ending(struct json_out *out, const struct ending *end)
{
    json_member_text(out, "status", end->status);
    json_name(out, "error");
    if (end->code) {
        json_begin_object(out);
        json_member_text(out, "code", end->code);
        json_member_text(out, "message", end->message);
        json_end_object(out);
    } else {
        json_put_text(out, NULL);
    }
    json_name(out, "incomplete_details");
    if (strcmp(end->status, "incomplete") == 0) {
        json_begin_object(out);
        json_member_text(out, "reason", strcmp(end->finish, "length") == 0 ? "max_output_tokens" : end->finish);
        json_end_object(out);
    } else {
        json_put_text(out, NULL);
    }
}

static void put_response(const struct responses_answer *answer, const struct ending *end, struct json_out *out)
{
    const struct responses_item *item = answer->items.items;

    json_begin_object(out);
    json_member_text(out, "id", answer->id);
    json_member_text(out, "object", "response");
    json_member_put_int(out, "created_at", answer->created);
    put_ending(out, end);
    json_member_text(out, "model", answer->model);
    json_name(out, "output");
    json_begin_array(out);
    for (size_t i = 0; i < answer->items.n; i++)
        put_item(out, &item[i]);
    json_end_array(out);
    put_asked(out, answer->asked);
    json_member_put_bool(out, "background", false);
    json_member_text(out, "previous_response_id", NULL);
    json_member_put_bool(out, "store", false);
    json_member_put_int(out, "top_logprobs", 0);
    json_member_text(out, "truncation", "disabled");
    put_usage(out, end->usage);
    json_end_object(out);
}

void responses_answer_put(const struct responses_answer *answer, const char *finish, const struct usage *usage, struct json_out *out)
{
    put_response(answer, &(struct ending){.status = responses_status(finish), .finish = finish, .usage = usage}, out);
}

/* ---- events ---- */

static struct json_out event_begin(struct responses_answer *answer, const char *type)
{
    struct json_out out = json_out(answer->out);

    buf_text(answer->out, "event: ");
    buf_text(answer->out, type);
    buf_text(answer->out, "\ndata: ");
    json_begin_object(&out);
    json_member_text(&out, "type", type);
    json_member_put_int(&out, "sequence_number", answer->sequence++);
    return out;
}

static void event_end(struct json_out *out)
{
    json_end_object(out);
    buf_add(out->buf, "\n\n", 2);
}

/* Of a piece of an item; which of its contents or summaries is always the first. */
static struct json_out item_event(struct responses_answer *answer, size_t i, const char *type, const char *position)
{
    const struct responses_item *item = (const struct responses_item *)answer->items.items + i;
    struct json_out out = event_begin(answer, type);

    json_member_text(&out, "item_id", item->id);
    json_member_put_int(&out, "output_index", (int64_t)i);
    if (position)
        json_member_put_int(&out, position, 0);
    return out;
}

static void whole_item_event(struct responses_answer *answer, size_t i, const char *type)
{
    struct json_out out = event_begin(answer, type);

    json_member_put_int(&out, "output_index", (int64_t)i);
    json_name(&out, "item");
    put_item(&out, (const struct responses_item *)answer->items.items + i);
    event_end(&out);
}

static void part_event(struct responses_answer *answer, size_t i, const char *type, bool message, struct bytes text)
{
    struct json_out out = item_event(answer, i, type, message ? "content_index" : "summary_index");

    json_name(&out, "part");
    json_begin_object(&out);
    json_member_text(&out, "type", message ? "output_text" : "summary_text");
    json_name(&out, "text");
    json_put_bytes(&out, text);
    if (message) {
        json_name(&out, "annotations"), json_put_raw(&out, bytes_of("[]"));
        json_name(&out, "logprobs"), json_put_raw(&out, bytes_of("[]"));
    }
    json_end_object(&out);
    event_end(&out);
}

/* "…delta" with a piece, or "…done" with all of it. */
static void text_event(struct responses_answer *answer, size_t i, const char *type, const char *name, struct bytes text)
{
    const struct responses_item *item = (const struct responses_item *)answer->items.items + i;
    static const char *const positions[] = {[ITEM_MESSAGE] = "content_index", [ITEM_REASONING] = "summary_index"};
    struct json_out out = item_event(answer, i, type, positions[item->type]);

    if (item->type == ITEM_CALL && strcmp(name, "arguments") == 0)
        json_member_text(&out, "name", item->name);
    json_name(&out, name);
    json_put_bytes(&out, text);
    if (item->type == ITEM_MESSAGE)
        json_name(&out, "logprobs"), json_put_raw(&out, bytes_of("[]"));
    event_end(&out);
}

void responses_write_open(struct responses_answer *answer, size_t i)
{
    const struct responses_item *item = (const struct responses_item *)answer->items.items + i;

    if (!answer->out)
        return;
    whole_item_event(answer, i, "response.output_item.added");
    if (item->type == ITEM_MESSAGE)
        part_event(answer, i, "response.content_part.added", true, (struct bytes){0});
    else if (item->type == ITEM_REASONING && !item->sealed)
        part_event(answer, i, "response.reasoning_summary_part.added", false, (struct bytes){0});
}

void responses_write_piece(struct responses_answer *answer, size_t i, struct bytes text)
{
    static const char *const types[] = {
        [ITEM_MESSAGE] = "response.output_text.delta", [ITEM_CALL] = "response.function_call_arguments.delta",
        [ITEM_CUSTOM] = "response.custom_tool_call_input.delta", [ITEM_REASONING] = "response.reasoning_summary_text.delta",
    };

    if (answer->out)
        text_event(answer, i, types[((const struct responses_item *)answer->items.items)[i].type], "delta", text);
}

void responses_write_close(struct responses_answer *answer, size_t i)
{
    const struct responses_item *item = (const struct responses_item *)answer->items.items + i;
    struct bytes text = buf_view(&item->text);

    if (!answer->out)
        return;
    if (item->type == ITEM_MESSAGE) {
        text_event(answer, i, "response.output_text.done", "text", text);
        part_event(answer, i, "response.content_part.done", true, text);
    } else if (item->type == ITEM_CALL) {
        text_event(answer, i, "response.function_call_arguments.done", "arguments", text);
    } else if (item->type == ITEM_CUSTOM) {
        text_event(answer, i, "response.custom_tool_call_input.done", "input", text);
    } else if (!item->sealed) {
        text_event(answer, i, "response.reasoning_summary_text.done", "text", text);
        part_event(answer, i, "response.reasoning_summary_part.done", false, text);
    }
    whole_item_event(answer, i, "response.output_item.done");
}

/* What the request said may hold line ends between its tokens, which would end ours: they are white space to JSON. */
static void response_event(struct responses_answer *answer, const char *type, const struct ending *end)
{
    struct json_out out;
    size_t start;

    if (!answer->out)
        return;
    out = event_begin(answer, type);
    start = answer->out->n;
    json_name(&out, "response");
    put_response(answer, end, &out);
    for (size_t i = start; i < answer->out->n; i++)
        if (answer->out->p[i] == '\n' || answer->out->p[i] == '\r')
            answer->out->p[i] = ' ';
    event_end(&out);
}

void responses_write_response(struct responses_answer *answer, const char *type, const char *status)
{
    response_event(answer, type, &(struct ending){.status = status});
}

void responses_write_end(struct responses_answer *answer, const char *finish, const struct usage *usage)
{
    struct ending end = {.status = responses_status(finish), .finish = finish, .usage = usage};

    response_event(answer, strcmp(end.status, "completed") == 0 ? "response.completed" : "response.incomplete", &end);
}

void responses_write_failed(struct responses_answer *answer, const char *code, const char *message)
{
    response_event(answer, "response.failed", &(struct ending){.status = "failed", .code = code, .message = message});
}
