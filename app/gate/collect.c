/* SPDX-License-Identifier: MIT */
#include "gate/collect.h"

#include "base/arena.h"
#include "gate/journey.h"

/* The pieces of one tool call. */
struct call_text {
    const char *id, *name, *opaque;
    struct buf arguments;
};

static struct call_text *call_at(struct run *run, int64_t index)
{
    struct call_text *calls = run->calls.items;

    if (index < 0 || index >= TOOL_CALLS_MAX)                /* dialects see to that */
        return NULL;
    while ((int64_t)run->calls.n <= index) {
        calls = list_add(run->arena, &run->calls, sizeof(*calls));
        calls->arguments = buf_new(run->arena, FRAME_MAX);
    }
    return (struct call_text *)run->calls.items + index;
}

static bool collect_call(struct run *run, const struct chat_event *event)
{
    struct call_text *call = call_at(run, event->index);

    if (!call)
        return false;
    if (event->id)
        call->id = arena_text(run->arena, event->id);
    if (event->name)
        call->name = arena_text(run->arena, event->name);
    if (event->opaque)
        call->opaque = arena_text(run->arena, event->opaque);
    buf_bytes(&call->arguments, event->arguments);
    return !call->arguments.overflow;
}

/* The reasoning since the last signature becomes a thought of its own. */
static void close_thought(struct run *run, const char *opaque, bool redacted)
{
    size_t n = run->reasoning.n - run->thought_from;
    struct chat_thought *thought;

    if (!n && !opaque)
        return;
    thought = list_add(run->arena, &run->answer.thoughts, sizeof(*thought));
    thought->opaque = opaque;
    if (redacted)
        return;
    thought->text = n ? arena_copy(run->arena, run->reasoning.p + run->thought_from, n) : "";
    run->thought_from = run->reasoning.n;
}

static bool keep(struct run *run, const struct chat_event *event)
{
    switch (event->type) {
    case EVENT_RAW:
        run->answer.raw = event->text;
        return true;
    case EVENT_TEXT:
        buf_bytes(&run->text, event->text);
        return !run->text.overflow;
    case EVENT_REASONING:
        buf_bytes(&run->reasoning, event->text);
        return !run->reasoning.overflow;
    case EVENT_OPAQUE:
        close_thought(run, arena_copy(run->arena, event->text.p, event->text.n), event->redacted);
        return true;
    case EVENT_TOOL_CALL:
        return collect_call(run, event);
    case EVENT_FINISH:
        return true;
    }
    return true;
}

bool collect(struct run *run, const struct chat_event *event)
{
    size_t n = event->type == EVENT_RAW ? 0 : event->text.n + event->arguments.n;

    run->kept += n;
    if (run->kept <= run->text.max && keep(run, event))
        return true;
    journey_fail_long(run, run->text.max);
    return false;
}

void collect_answer(struct run *run)
{
    const struct call_text *calls = run->calls.items;
    struct chat_answer *answer = &run->answer;

    for (size_t i = 0; i < run->calls.n; i++)
        *(struct chat_tool_call *)list_add(run->arena, &answer->tool_calls, sizeof(struct chat_tool_call)) = (struct chat_tool_call){
            calls[i].id ? calls[i].id : "", calls[i].name ? calls[i].name : "", calls[i].arguments.n ? calls[i].arguments.p : "{}",
            calls[i].opaque, run->target.provider->type->rules->id};
    close_thought(run, NULL, false);
    answer->text = run->text.n ? run->text.p : "";
    answer->text_n = run->text.n;
    answer->reasoning = run->reasoning.n ? run->reasoning.p : NULL;
    answer->reasoning_n = run->reasoning.n;
    answer->vectors = run->reader.vectors;
}
