/* SPDX-License-Identifier: MIT */
#include "gate/voice.h"

#include "base/clock.h"
#include "base/err.h"
#include "gate/collect.h"
#include "gate/journey.h"
#include "gate/outcome.h"
#include "gate/relay.h"

static void keepalive_at(struct run *run, int64_t since)
{
    int64_t s = run->snapshot->settings.values.keepalive_s;

    if (s && run->client->comment)
        loop_timer_set(run->relay->loop, &run->keepalive, since + s * 1000000);
}

void voice_begin(struct run *run)
{
    if (run->begun)
        return;
    run->begun = true;
    run->client->begin(run);
}

/* One timer for all of a stream: events only note when they passed, and a timer that comes too early is set again. */
static void keepalive_due(void *arg)
{
    struct run *run = arg;
    int64_t now = clock_mono();

    if (run->gone || (run->failed && !run->waiting))         /* an attempt that failed is not the end: the caller waits for the next */
        return;
    if (run->said_at + run->snapshot->settings.values.keepalive_s * 1000000 > now) {
        keepalive_at(run, run->said_at);
        return;
    }
    voice_begin(run);
    if (run->client->comment(run))
        keepalive_at(run, now);
    else
        run_gone(run);
}

/* Clients that want calls whole keep their arguments until each is complete: all of them together are bounded like a whole answer. */
static bool argues_on(struct run *run, const struct chat_event *event)
{
    struct err err = {0};
    size_t most = (size_t)run->snapshot->settings.values.answer_max;

    if (event->type != EVENT_TOOL_CALL)
        return true;
    run->argued += event->arguments.n;
    if (run->argued <= most)
        return true;
    fail(&err, ERR_UPSTREAM, "provider %s: the arguments of its tool calls are longer than %zu bytes", run->target.provider->name, most);
    journey_fail(run, &err);
    return false;
}

bool voice_event(void *arg, const struct chat_event *event)
{
    struct run *run = arg;

    if (run->gone || !argues_on(run, event))
        return false;
    if (!run->first_token_us && (run->reader.text_bytes || run->reader.tool_calls))
        run->first_token_us = run_age_us(run);
    if (event->type == EVENT_OPAQUE && run->client->no_opaque) {
        reader_drop(&run->reader, "signature");
        return true;
    }
    if (!run->chat->stream && !run->client->pieces)
        return collect(run, event);
    run->said = true;
    if (run->chat->stream) {
        voice_begin(run);
        run->said_at = clock_mono();
    }
    if (run->client->event(run, event))
        return true;
    /* A write that breaks may come before the word that the caller hung up. */
    run->gone = run->gone || (run->client->left && run->client->left(run));
    return false;
}

void voice_open(struct run *run)
{
    run->client->attach(run, run->relay->loop);
    if (!run->chat->stream)
        return;
    run->keepalive = (struct loop_timer){.run = keepalive_due, .arg = run};
    keepalive_at(run, run->said_at = clock_mono());
}

void voice_end(struct run *run)
{
    if (run->gone)
        return;
    if (run->failed) {
        run->client->fail(run, &run->err);
    } else if (!run->chat->stream) {
        collect_answer(run);
        run->client->whole(run, &run->answer);
    } else {
        voice_begin(run);
        run->client->end(run);
    }
}
