/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_READER_HELP_H
#define TESTS_UNIT_READER_HELP_H
/* reader_help: a reader of provider answers that keeps what it is told, as a run does for a caller. */
#include "gate/provider.h"
#include "gate/snapshot.h"
#include "gate_help.h"
#include "net/eventstream.h"
#include "net/sse.h"
#include "providers/providers.h"

struct heard_call {
    const char *id, *name, *opaque;
    struct buf arguments;
};

/* All that was heard. */
struct heard {
    struct buf text, reasoning, opaque, raw;
    struct list calls;                   /* struct heard_call */
    const char *finish;
    size_t events, raws;
    size_t most;                         /* take no more events than these */
    struct reader reader;
    struct chat chat;
    struct arena *scratch;
    const struct dialect_rules *rules;
};

static bool hear(void *arg, const struct chat_event *event)
{
    struct heard *h = arg;
    struct heard_call *call;

    if (h->events++ >= h->most)
        return false;
    switch (event->type) {
    case EVENT_RAW:
        h->raws++;
        buf_bytes(&h->raw, event->text);
        buf_char(&h->raw, '\n');
        break;
    case EVENT_TEXT:
        buf_bytes(&h->text, event->text);
        break;
    case EVENT_REASONING:
        buf_bytes(&h->reasoning, event->text);
        break;
    case EVENT_TOOL_CALL:
        assert_in_range(event->index, 0, TOOL_CALLS_MAX - 1);
        while ((int64_t)h->calls.n <= event->index)
            ((struct heard_call *)list_add(a, &h->calls, sizeof(*call)))->arguments = buf_new(a, 1 << 20);
        call = (struct heard_call *)h->calls.items + event->index;
        if (event->id)
            call->id = arena_text(a, event->id);
        if (event->name)
            call->name = arena_text(a, event->name);
        if (event->opaque)
            call->opaque = arena_text(a, event->opaque);
        buf_bytes(&call->arguments, event->arguments);
        break;
    case EVENT_OPAQUE:
        buf_printf(&h->opaque, event->redacted ? "<%.*s>" : "(%.*s)", (int)event->text.n, (const char *)event->text.p);
        break;
    case EVENT_FINISH:
        assert_null(h->finish);
        h->finish = arena_text(a, event->finish);
        break;
    }
    return true;
}

__attribute__((unused)) static struct heard *heard_new(const struct dialect_rules *rules, bool same)
{
    struct heard *h = NEW(a, struct heard);
    *h = (struct heard){.text = buf_new(a, 1 << 20), .reasoning = buf_new(a, 1 << 20), .opaque = buf_new(a, 1 << 20),
                        .raw = buf_new(a, 8 << 20), .most = SIZE_MAX,
                        .scratch = arena_new(), .rules = rules};
    h->chat.dialect = same ? rules->id : DIALECT_NONE;
    h->reader = (struct reader){.arena = a, .scratch = h->scratch, .chat = &h->chat, .same = same, .emit = hear, .arg = h, .model = "",
                                .upstream_id = ""};
    arena_defer(a, (void (*)(void *))arena_free, h->scratch);
    return h;
}

static bool hear_event(void *arg, const char *event, struct bytes frame)
{
    struct heard *h = arg;
    bool ok = h->rules->read_frame(&h->reader, event, frame, &err);
    arena_reset(h->scratch);
    return ok;
}

static bool hear_line(void *arg, struct bytes line)
{
    return hear_event(arg, "", line);
}

/* Frames as they come over the wire, in the pieces that ${cut} says (NULL = whole). False when a frame was refused. */
__attribute__((unused)) static bool hear_stream(struct heard *h, struct bytes wire, struct random *cut)
{
    struct sse sse = sse_new(a, 1 << 20);
    struct ndjson lines = ndjson_new(a, 1 << 20);
    struct eventstream messages = eventstream_new(a, 1 << 20);
    memset(&err, 0, sizeof(err));
    for (size_t at = 0, n; at < wire.n; at += n) {
        n = cut ? 1 + random_below(cut, 1 + random_below(cut, 200)) : wire.n;
        if (n > wire.n - at)
            n = wire.n - at;
        struct bytes piece = {wire.p + at, n};
        bool fed = h->rules->framing == FRAMES_SSE ? sse_feed(&sse, piece, hear_event, h, &err)
                 : h->rules->framing == FRAMES_NDJSON ? ndjson_feed(&lines, piece, hear_line, h, &err)
                                                      : eventstream_feed(&messages, piece, hear_event, h, &err);
        if (!fed || err.kind)
            return false;
    }
    bool over = h->rules->framing == FRAMES_SSE ? sse_end(&sse, hear_event, h, &err)
              : h->rules->framing == FRAMES_NDJSON ? ndjson_end(&lines, hear_line, h, &err) : eventstream_end(&messages, &err);
    if (!over || err.kind || h->reader.ended || !h->rules->read_end)
        return over && !err.kind;
    return h->rules->read_end(&h->reader, &err);
}

/* The same for events given one by one: hear_frames(h, FRAMES("{…}", "{…}")). */
#define FRAMES(...) sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), (const char *const[]){__VA_ARGS__}
__attribute__((unused)) static bool hear_frames(struct heard *h, size_t n, const char *const frames[])
{
    struct buf wire = buf_new(a, 1 << 20);
    for (size_t i = 0; i < n; i++)
        buf_printf(&wire, "data: %s\r\n\r\n", frames[i]);
    return hear_stream(h, buf_view(&wire), NULL);
}

/* The names that were dropped: "user, seed". */
__attribute__((unused)) static const char *names_text(struct list names)
{
    struct buf buf = buf_new(a, 1 << 12);
    for (size_t i = 0; i < names.n; i++)
        buf_printf(&buf, "%s%s", i ? ", " : "", ((const char *const *)names.items)[i]);
    return buf.n ? buf.p : "";
}

__attribute__((unused)) static bool hear_whole(struct heard *h, const char *body)
{
    memset(&err, 0, sizeof(err));
    return h->rules->read_whole(&h->reader, bytes_of(body), &err);
}

__attribute__((unused)) static const char *heard_text(struct buf *buf)
{
    const char *text = "";
    must(buf_done(buf, &text, &err));
    return text;
}

__attribute__((unused)) static const struct heard_call *heard_call(const struct heard *h, size_t i)
{
    assert_true(i < h->calls.n);
    return (const struct heard_call *)h->calls.items + i;
}

/* What a dialect reads from the body of an error. */
__attribute__((unused)) static const char *error_words(const struct dialect_rules *rules, const char *body)
{
    static const struct provider provider = {.id = "p", .name = "p"};
    struct upstream_error error;
    upstream_error_of(400, &error);
    rules->read_error(&provider, 400, bytes_of(body), a, &error);
    return error.words;
}

#endif
