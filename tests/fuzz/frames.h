/* SPDX-License-Identifier: MIT */
#ifndef TESTS_FUZZ_FRAMES_H
#define TESTS_FUZZ_FRAMES_H
/* frames: what a provider may send, to a reader of a dialect. The first byte says how it is cut and who listens. Cut or not, the same is
 * heard, and the facts stay in their bounds. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/err.h"
#include "gate/provider.h"
#include "gate/snapshot.h"
#include "net/eventstream.h"
#include "net/sse.h"
#include "providers/providers.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

struct ear {
    const struct dialect_rules *rules;
    struct reader reader;
    struct chat chat;
    struct arena *scratch;
    uint32_t sum;
    size_t events;
    int64_t calls;
    bool refused;
};

static void add(struct ear *e, const void *p, size_t n)
{
    e->sum = crypto_crc32c(e->sum, &n, sizeof(n));
    if (n)
        e->sum = crypto_crc32c(e->sum, p, n);
}

/* Numbered from 0 without gaps; id and name in the first event only. */
static void hear_call(struct ear *e, const struct chat_event *event)
{
    bool first = event->index == e->calls;
    if (event->index < 0 || event->index > e->calls || event->index >= TOOL_CALLS_MAX)
        abort();
    if (first ? !event->id || !*event->id || !event->name || !*event->name : event->id || event->name)
        abort();
    e->calls += first;
}

static bool hear(void *arg, const struct chat_event *event)
{
    struct ear *e = arg;
    e->events++;
    add(e, &event->type, sizeof(event->type));
    add(e, event->text.p, event->text.n);
    add(e, event->arguments.p, event->arguments.n);
    add(e, event->name, event->name ? strlen(event->name) : 0);
    add(e, event->finish, event->finish ? strlen(event->finish) : 0);
    if (event->type == EVENT_TOOL_CALL)
        hear_call(e, event);
    if ((event->type == EVENT_FINISH) != (event->finish != NULL) || (event->type == EVENT_RAW && !e->reader.same))
        abort();
    return e->events < 1000;
}

static bool take_event(void *arg, const char *event, struct bytes frame)
{
    struct ear *e = arg;
    struct err err = {0};
    e->refused = !e->rules->read_frame(&e->reader, event, frame, &err);
    if (e->refused != (err.kind != ERR_NONE) && e->refused)
        abort();
    arena_reset(e->scratch);
    return !e->refused;
}

static bool take_line(void *arg, struct bytes line)
{
    return take_event(arg, "", line);
}

static void within(int64_t n, int64_t most)
{
    if (n < 0 || n > most)
        abort();
}

static void check(const struct reader *r)
{
    within(r->usage.in, 1000000000);
    within(r->usage.out, 1000000000);
    within(r->usage.cached, 1000000000);
    within(r->usage.reasoning, 1000000000);
    within(r->tool_calls, TOOL_CALLS_MAX + 1);
    within((int64_t)strlen(r->model), 200);
    within((int64_t)strlen(r->upstream_id), 200);
    within(r->finish ? (int64_t)strlen(r->finish) : 1, 200);
    if (r->said.hundredths > 452 * (int64_t)r->text_bytes + 452)     /* the heaviest character */
        abort();
}

static void begin(struct ear *e, const struct dialect_rules *rules, struct arena *a, uint8_t how)
{
    *e = (struct ear){.rules = rules, .scratch = arena_new()};
    e->chat.include_usage = how & 64;
    e->reader = (struct reader){.arena = a, .scratch = e->scratch, .chat = &e->chat, .same = how & 128, .emit = hear, .arg = e, .model = "",
                                .upstream_id = ""};
}

static void stream(struct ear *e, struct arena *a, struct bytes in, size_t step)
{
    struct sse sse = sse_new(a, 64 << 10);
    struct ndjson lines = ndjson_new(a, 64 << 10);
    struct eventstream messages = eventstream_new(a, 64 << 10);
    struct err err = {0};
    bool ok = true;
    for (size_t at = 0; ok && at < in.n; at += step) {
        struct bytes piece = {in.p + at, in.n - at < step ? in.n - at : step};
        ok = (e->rules->framing == FRAMES_SSE ? sse_feed(&sse, piece, take_event, e, &err)
              : e->rules->framing == FRAMES_NDJSON ? ndjson_feed(&lines, piece, take_line, e, &err)
                                                   : eventstream_feed(&messages, piece, take_event, e, &err))
          && !e->refused;
    }
    if (ok)
        ok = e->rules->framing == FRAMES_SSE ? sse_end(&sse, take_event, e, &err)
           : e->rules->framing == FRAMES_NDJSON ? ndjson_end(&lines, take_line, e, &err) : eventstream_end(&messages, &err);
    if (ok && !e->refused && !e->reader.ended && e->rules->read_end)
        e->refused = !e->rules->read_end(&e->reader, &err);
    check(&e->reader);
    arena_free(e->scratch);
}

static void fuzz_frames(const struct dialect_rules *rules, const uint8_t *p, size_t n)
{
    if (n == 0)
        return;
    struct arena *a = arena_new();
    struct bytes in = {p + 1, n - 1};
    struct ear one, two;
    struct err err = {0};
    struct list models = {0};
    struct upstream_error error;
    const struct provider provider = {.id = "p", .name = "p"};
    begin(&one, rules, a, p[0]);
    stream(&one, a, in, SIZE_MAX / 2);
    begin(&two, rules, a, p[0]);
    stream(&two, a, in, 1 + p[0] % 32);
    if (one.sum != two.sum || one.events != two.events || one.refused != two.refused)
        abort();
    begin(&one, rules, a, p[0]);
    if (!rules->read_whole(&one.reader, in, &err) && err.kind == ERR_NONE)
        abort();
    check(&one.reader);
    arena_free(one.scratch);
    upstream_error_of(400, &error);
    rules->read_error(&provider, 400, in, a, &error);
    (void)(strlen(error.words) + strlen(error.code));
    if (rules->read_embed) {
        struct embed embed = {.inputs.n = 8, .base64 = p[0] & 1};
        begin(&one, rules, a, p[0]);
        one.chat.embed = &embed;
        err = (struct err){0};
        if (!rules->read_embed(&one.reader, in, &err) && err.kind == ERR_NONE)
            abort();
        within((int64_t)one.reader.vectors.n, 8);
        arena_free(one.scratch);
    }
    if (rules->read_models(in, a, &models, &err))
        for (size_t i = 0; i < models.n; i++)
            within((int64_t)strlen(((const struct listed_model *)models.items)[i].name), 800);
    arena_free(a);
}

#endif
