/* SPDX-License-Identifier: MIT */
#include "serve/anthropic_blocks.h"

#include "base/arena.h"
#include "base/err.h"
#include "gate/collect.h"
#include "serve/anthropic_shape.h"

enum { EVENT_MAX = 32 << 20, TRIES_MAX = 16, LATE_MAX = 4096 };

struct block_call {
    const char *id, *name, *opaque;      /* id NULL = not heard of yet */
    struct buf arguments;                /* all so far */
    size_t sent;                         /* of them */
    int tries;                           /* how often it was looked at for being whole */
    bool opened, closed;
};

struct block_late {
    struct chat_event event;
    struct buf text;
};

struct buf blocks_new_event(struct arena *a, const char *name)
{
    struct buf buf = buf_new(a, EVENT_MAX);

    buf_printf(&buf, "event: %s\ndata: ", name);
    return buf;
}

bool blocks_send(struct anthropic_blocks *b, struct buf *buf)
{
    buf_add(buf, "\n\n", 2);
    return !buf->overflow && b->send(b->arg, buf_view(buf));
}

static void put_index(const struct anthropic_blocks *b, struct json_out *out, const char *type)
{
    anthropic_begin(out, type);
    json_member_put_int(out, "index", b->index);
}

/* Start a block with what put() writes of ${what}. */
static bool start_block(struct anthropic_blocks *b, enum block_type type, void (*put)(struct json_out *, const void *what),
                        const void *what)
{
    struct buf buf = blocks_new_event(b->scratch, "content_block_start");
    struct json_out out = json_out(&buf);

    put_index(b, &out, "content_block_start");
    json_plain_name(&out, "content_block");
    put(&out, what);
    json_end_object(&out);
    b->open = type;
    b->is_signed = false;
    return blocks_send(b, &buf);
}

static bool send_delta(struct anthropic_blocks *b, const char *type, const char *member, struct bytes piece)
{
    struct buf buf = blocks_new_event(b->scratch, "content_block_delta");
    struct json_out out = json_out(&buf);

    put_index(b, &out, "content_block_delta");
    json_plain_name(&out, "delta");
    anthropic_begin(&out, type);
    json_plain_name(&out, member);
    json_put_bytes(&out, piece);
    json_end_object(&out);
    json_end_object(&out);
    return blocks_send(b, &buf);
}

static bool send_signature(struct anthropic_blocks *b, const char *signature)
{
    b->is_signed = true;
    return send_delta(b, "signature_delta", "signature", bytes_of(signature));
}

static bool stop_block(struct anthropic_blocks *b)
{
    struct buf buf = blocks_new_event(b->scratch, "content_block_stop");
    struct json_out out = json_out(&buf);

    put_index(b, &out, "content_block_stop");
    json_end_object(&out);
    b->open = BLOCK_NONE;
    b->index++;
    return blocks_send(b, &buf);
}

/* Close what is open, unless it is a call: those are closed by close_call. */
static bool close_block(struct anthropic_blocks *b)
{
    if (b->open == BLOCK_THINKING && !b->is_signed && !send_signature(b, anthropic_signature(NULL, b->scratch)))
        return false;
    return b->open == BLOCK_NONE || stop_block(b);
}

static void put_empty_text(struct json_out *out, const void *what)
{
    (void)what;
    anthropic_put_text(out, bytes_of(""));
}

static void put_empty_thinking(struct json_out *out, const void *what)
{
    (void)what;
    anthropic_put_thinking(out, "", "");
}

static void put_redacted_data(struct json_out *out, const void *what)
{
    anthropic_put_redacted(out, what);
}

static void put_empty_call(struct json_out *out, const void *what)
{
    const struct block_call *call = what;

    anthropic_put_tool_use(out, call->id, call->name, bytes_of("{}"));
}

static bool say_redacted(struct anthropic_blocks *b, const char *data)
{
    return start_block(b, BLOCK_NONE, put_redacted_data, data) && stop_block(b);
}

static bool open_block(struct anthropic_blocks *b, enum block_type type)
{
    if (b->open == type)
        return true;
    return close_block(b) && start_block(b, type, type == BLOCK_TEXT ? put_empty_text : put_empty_thinking, NULL);
}

/* Text, reasoning or its signature, when no call is open. */
static bool say(struct anthropic_blocks *b, const struct chat_event *event)
{
    if (event->type == EVENT_TEXT)
        return !event->text.n || (open_block(b, BLOCK_TEXT) && send_delta(b, "text_delta", "text", event->text));
    if (event->type == EVENT_REASONING)
        return !event->text.n || (open_block(b, BLOCK_THINKING) && send_delta(b, "thinking_delta", "thinking", event->text));
    if (event->redacted)
        return close_block(b) && say_redacted(b, arena_copy(b->scratch, event->text.p, event->text.n));
    return open_block(b, BLOCK_THINKING) && send_signature(b, arena_copy(b->scratch, event->text.p, event->text.n))
        && stop_block(b);
}

/* ---- calls ---- */

static struct block_call *call_at(struct anthropic_blocks *b, int64_t index)
{
    if (index < 0 || index >= TOOL_CALLS_MAX)
        return NULL;
    while ((int64_t)b->calls.n <= index)
        ((struct block_call *)list_add(b->arena, &b->calls, sizeof(struct block_call)))->arguments = buf_new(b->arena, FRAME_MAX);
    return (struct block_call *)b->calls.items + index;
}

/* The arguments that were not sent yet. Until they begin as an object does, they may be null or worse, and wait for their end. */
static bool send_rest(struct anthropic_blocks *b, struct block_call *call)
{
    struct bytes all = anthropic_trim(buf_view(&call->arguments));
    struct bytes rest = {(const uint8_t *)call->arguments.p + call->sent, call->arguments.n - call->sent};

    if (!rest.n || (!call->sent && (!all.n || *all.p != '{')))
        return true;
    call->sent = call->arguments.n;
    return send_delta(b, "input_json_delta", "partial_json", rest);
}

/* The next call that waits, with what there is of it. */
static bool open_call(struct anthropic_blocks *b)
{
    struct block_call *call = b->calls.items;

    for (size_t i = 0; i < b->calls.n; i++) {
        if (call[i].opened || !call[i].id)
            continue;
        b->call = i;
        call[i].opened = true;
        return close_block(b) && (!call[i].opaque || say_redacted(b, anthropic_call_mark(call[i].opaque, b->scratch)))
            && start_block(b, BLOCK_TOOL, put_empty_call, &call[i]) && send_rest(b, &call[i]);
    }
    return true;
}

static bool close_call(struct anthropic_blocks *b)
{
    struct block_call *call = (struct block_call *)b->calls.items + b->call;
    struct bytes input = {0};

    call->closed = true;
    if (!call->sent) {
        input = anthropic_input(buf_view(&call->arguments), b->scratch);
        if (input.n > 2 && !send_delta(b, "input_json_delta", "partial_json", input))
            return false;
    }
    return stop_block(b);
}

/* Whether the open call has all its arguments: nobody says so before the answer's end, but a whole object has no more to come. */
static bool call_whole(struct anthropic_blocks *b)
{
    struct block_call *call = (struct block_call *)b->calls.items + b->call;
    struct bytes all = anthropic_trim(buf_view(&call->arguments));
    struct err ignored = {0};
    struct json input;

    return all.n && all.p[all.n - 1] == '}' && call->tries++ < TRIES_MAX
        && json_check(all, &(struct json_limits){.allow_nul = true}, &input, &ignored);
}

/* Say what waited for a call's end. */
static bool say_late(struct anthropic_blocks *b)
{
    struct block_late *late = b->late.items;
    size_t n = b->late.n;

    b->late = (struct list){0};
    b->late_n = 0;
    for (size_t i = 0; i < n; i++) {
        late[i].event.text = buf_view(&late[i].text);
        if (!say(b, &late[i].event))
            return false;
    }
    return true;
}

/* Close the open call if it is whole, or ${all} of them whatever they have, each followed by the next one that waits. */
static bool settle(struct anthropic_blocks *b, bool all)
{
    while (b->open == BLOCK_TOOL && (all || call_whole(b)))
        if (!close_call(b) || !open_call(b))
            return false;
    return b->open == BLOCK_TOOL || say_late(b);
}

static bool keep_late(struct anthropic_blocks *b, const struct chat_event *event)
{
    struct block_late *late = b->late.n ? (struct block_late *)b->late.items + b->late.n - 1 : NULL;

    if (!late || event->type == EVENT_OPAQUE || late->event.type != event->type) {
        late = list_add(b->arena, &b->late, sizeof(*late));
        *late = (struct block_late){.event = *event, .text = buf_new(b->arena, FRAME_MAX)};
    }
    buf_bytes(&late->text, event->text);
    b->late_n += event->text.n;
    return b->late_n <= FRAME_MAX && b->late.n <= LATE_MAX;
}

static bool take_call(struct anthropic_blocks *b, const struct chat_event *event)
{
    struct block_call *call = call_at(b, event->index);

    if (!call)
        return false;
    if (!call->id) {
        call->id = event->id ? arena_text(b->arena, event->id) : arena_printf(b->arena, "call_%zu", b->calls.n);
        call->name = arena_text(b->arena, event->name ? event->name : "");
        call->opaque = event->opaque ? arena_text(b->arena, event->opaque) : NULL;
    }
    buf_bytes(&call->arguments, event->arguments);
    if (call->arguments.overflow)
        return false;
    if (call->opened)                                    /* closed: nothing but white space can follow a whole object */
        return call->closed || send_rest(b, call);
    if (b->open == BLOCK_TOOL)
        return settle(b, false);
    return open_call(b);
}

bool blocks_event(struct anthropic_blocks *b, const struct chat_event *event)
{
    switch (event->type) {
    case EVENT_TOOL_CALL:
        return take_call(b, event);
    case EVENT_FINISH:
    case EVENT_RAW:
        return true;
    case EVENT_TEXT:
    case EVENT_REASONING:
    case EVENT_OPAQUE:
        break;
    }
    if (b->open == BLOCK_TOOL && !settle(b, false))
        return false;
    return b->open == BLOCK_TOOL ? keep_late(b, event) : say(b, event);
}

bool blocks_end(struct anthropic_blocks *b)
{
    return settle(b, true) && close_block(b);
}
