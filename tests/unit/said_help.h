/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_SAID_HELP_H
#define TESTS_UNIT_SAID_HELP_H
/* said_help: answers as providers say them: generated events, and what the gate collects of them for a caller that wants them whole. */
#include "gate/collect.h"
#include "gate/snapshot.h"
#include "gate/thought.h"
#include "gate_help.h"

static struct chat_event *said_add(struct list *events, enum chat_event_type type)
{
    struct chat_event *event = list_add(a, events, sizeof(*event));
    event->type = type;
    return event;
}

static void said_texts(struct random *r, struct list *events, enum chat_event_type type)
{
    for (size_t n = 1 + random_below(r, 4); n; n--)
        said_add(events, type)->text = bytes_of(random_text(r, 9));
}

static void said_opaque(struct random *r, struct list *events, bool redacted)
{
    struct chat_event *event = said_add(events, EVENT_OPAQUE);
    event->redacted = redacted;
    event->text = bytes_of(thought_tag(random_below(r, 2) ? DIALECT_ANTHROPIC : DIALECT_GEMINI, bytes_of(random_text(r, 9)), a));
}

/* Calls one after the other, or their pieces mixed. */
static void said_calls(struct random *r, struct list *events, int64_t *calls)
{
    int64_t from = *calls, n = 1 + (int64_t)random_below(r, 3);
    bool mixed = random_below(r, 2);
    for (int64_t i = from; i < from + n; i++) {
        struct chat_event *event = said_add(events, EVENT_TOOL_CALL);
        event->index = i;
        event->id = arena_printf(a, "call_%d", (int)i);
        event->name = random_below(r, 2) ? "look" : "月";
        event->opaque = random_below(r, 3) ? NULL : "mg1.gemini.sig";
        event->arguments = bytes_of(random_below(r, 2) ? "" : "{\"");
        for (size_t k = mixed ? 0 : random_below(r, 4); k; k--) {
            event = said_add(events, EVENT_TOOL_CALL);
            event->index = i;
            event->arguments = bytes_of(random_text(r, 5));
        }
    }
    for (size_t k = mixed ? random_below(r, 8) : 0; k; k--) {
        struct chat_event *event = said_add(events, EVENT_TOOL_CALL);
        event->index = from + (int64_t)random_below(r, (size_t)n);
        event->arguments = bytes_of(random_text(r, 5));
    }
    *calls += n;
}

/* The events (struct chat_event) of one answer, its finish last. */
static struct list said_any(struct random *r)
{
    static const char *const ends[] = {"stop", "length", "content_filter"};
    struct list events = {0};
    int64_t calls = 0;
    for (size_t blocks = random_below(r, 7); blocks; blocks--) {
        switch (random_below(r, 5)) {
        case 0:
            said_texts(r, &events, EVENT_REASONING);
            if (random_below(r, 2))
                said_opaque(r, &events, false);
            break;
        case 1:
            said_opaque(r, &events, random_below(r, 2));
            break;
        case 2:
            said_calls(r, &events, &calls);
            break;
        default:
            said_texts(r, &events, EVENT_TEXT);
        }
    }
    said_add(&events, EVENT_FINISH)->finish = calls ? "tool_calls" : ends[random_below(r, COUNT(ends))];
    return events;
}

/* What the gate makes of them. */
__attribute__((unused)) static const struct chat_answer *said_whole(struct list events)
{
    static const struct dialect_rules rules = {.id = DIALECT_GEMINI};
    static const struct provider_type type = {.name = "t", .rules = &rules};
    static const struct provider provider = {.id = "p", .name = "p", .type = &type};
    struct run *run = NEW(a, struct run);
    run->arena = a;
    run->target.provider = &provider;
    run->text = run->reasoning = buf_new(a, 1 << 20);
    for (size_t i = 0; i < events.n; i++)
        assert_true(collect(run, (const struct chat_event *)events.items + i));
    collect_answer(run);
    return &run->answer;
}

__attribute__((unused)) static struct json said_json(struct bytes text)
{
    struct json value = {0};
    must(json_check(text, &(struct json_limits){.allow_nul = true}, &value, &err));
    return value;
}

__attribute__((unused)) static const char *said_member(struct json object, const char *path)
{
    const char *text = json_string(json_at(object, path), a);
    return text ? text : "";
}

#endif
