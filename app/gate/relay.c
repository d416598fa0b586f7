/* SPDX-License-Identifier: MIT */
#include "gate/relay.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "gate/gate.h"
#include "gate/run.h"
#include "net/http.h"

struct relay_thread {
    struct relay relay;
    pthread_t thread;
    struct loop_task drain;
};

static void *relay_main(void *arg)
{
    struct relay_thread *t = arg;

    loop_run(t->relay.loop);
    return NULL;
}

void relays_start(struct gate *gate, size_t n)
{
    gate->relays = calloc(n, sizeof(*gate->relays));
    if (!gate->relays)
        abort();
    for (size_t i = 0; i < n; i++) {
        struct relay_thread *t = calloc(1, sizeof(*t));

        if (!t)
            abort();
        t->relay.loop = loop_new();
        t->relay.http = http_new(t->relay.loop);
        t->relay.scratch = arena_new();
        gate->relays[i] = &t->relay;
        gate->relays_n = i + 1;
        if (pthread_create(&t->thread, NULL, relay_main, t) != 0)
            abort();
    }
}

struct relay *relay_pick(struct gate *gate)
{
    size_t i = gate->relays_n == 1 ? 0 : atomic_fetch_add_explicit(&gate->next_relay, 1, memory_order_relaxed);

    return gate->relays[i % gate->relays_n];
}

/* Runs that outlive the drain time are cut, each with an error its caller sees. */
static void cut_all(void *arg)
{
    struct relay *relay = arg;

    for (struct run *run = relay->runs, *next; run; run = next) {
        next = run->next;
        run_cut(run);
    }
}

static void begin_drain(void *arg)
{
    struct relay *relay = arg;

    relay->drained = (struct loop_timer){.run = cut_all, .arg = relay};
    if (relay->runs)
        loop_timer_set(relay->loop, &relay->drained, clock_mono() + (int64_t)relay->drain_ms * 1000);
}

void relays_stop(struct gate *gate, int drain_ms)
{
    for (size_t i = 0; i < gate->relays_n; i++) {
        struct relay_thread *t = (struct relay_thread *)(void *)gate->relays[i];

        t->relay.drain_ms = drain_ms;
        t->drain = (struct loop_task){.run = begin_drain, .arg = &t->relay};
        loop_post(t->relay.loop, &t->drain);
        loop_stop(t->relay.loop);
    }
    for (size_t i = 0; i < gate->relays_n; i++) {
        struct relay_thread *t = (struct relay_thread *)(void *)gate->relays[i];

        pthread_join(t->thread, NULL);
        http_free(t->relay.http);
        loop_free(t->relay.loop);
        arena_free(t->relay.scratch);
        free(t);
    }
    free(gate->relays);
    gate->relays = NULL;
    gate->relays_n = 0;
}
