/* SPDX-License-Identifier: MIT */
/* loop: the heap of timers. */
#include "base/loop_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

enum { FIRST_ROOM = 64, PATIENCE_MAX = 60 * 1000 };

static void place(struct loop_timers *ts, size_t slot, struct loop_timer *t)
{
    ts->heap[slot] = t;
    t->slot = slot;
}

static void move_up(struct loop_timers *ts, struct loop_timer *t)
{
    size_t slot = t->slot;
    for (; slot > 1 && t->at < ts->heap[slot / 2]->at; slot /= 2)
        place(ts, slot, ts->heap[slot / 2]);
    place(ts, slot, t);
}

static void move_down(struct loop_timers *ts, struct loop_timer *t)
{
    size_t slot = t->slot;
    for (;;) {
        size_t child = 2 * slot;
        if (child + 1 <= ts->n && ts->heap[child + 1]->at < ts->heap[child]->at)
            child++;
        if (child > ts->n || ts->heap[child]->at >= t->at)
            break;
        place(ts, slot, ts->heap[child]);
        slot = child;
    }
    place(ts, slot, t);
}

static void make_room(struct loop_timers *ts)
{
    if (ts->n + 1 < ts->room)
        return;
    size_t room = ts->room ? 2 * ts->room : FIRST_ROOM;
    struct loop_timer **heap = realloc(ts->heap, room * sizeof(struct loop_timer *));
    if (!heap) {
        fprintf(stderr, "out of memory: could not keep %zu timers\n", room);
        abort();
    }
    ts->heap = heap;
    ts->room = room;
}

void loop_timers_set(struct loop_timers *ts, struct loop_timer *t, int64_t at)
{
    if (t->slot == 0) {
        make_room(ts);
        place(ts, ++ts->n, t);
    }
    assert(t->slot <= ts->n && ts->heap[t->slot] == t);
    t->at = ts->running && at <= ts->now ? ts->now + 1 : at;
    move_up(ts, t);
    move_down(ts, t);
}

void loop_timers_clear(struct loop_timers *ts, struct loop_timer *t)
{
    if (t->slot == 0)
        return;
    assert(t->slot <= ts->n && ts->heap[t->slot] == t);
    size_t slot = t->slot;
    struct loop_timer *last = ts->heap[ts->n--];
    t->slot = 0;
    if (last == t)
        return;
    place(ts, slot, last);
    move_up(ts, last);
    move_down(ts, last);
}

int loop_timers_patience(const struct loop_timers *ts)
{
    if (ts->n == 0)
        return -1;
    int64_t wait = ts->heap[1]->at - clock_mono();
    if (wait <= 0)
        return 0;
    return wait >= PATIENCE_MAX * INT64_C(1000) ? PATIENCE_MAX : (int)((wait + 999) / 1000);
}

void loop_timers_run(struct loop_timers *ts)
{
    if (ts->n == 0)
        return;
    ts->now = clock_mono();
    ts->running = true;
    while (ts->n > 0 && ts->heap[1]->at <= ts->now) {
        struct loop_timer *t = ts->heap[1];
        loop_timers_clear(ts, t);
        t->run(t->arg);
    }
    ts->running = false;
}

void loop_timers_free(struct loop_timers *ts)
{
    free(ts->heap);
    *ts = (struct loop_timers){.n = 0};
}
