/* SPDX-License-Identifier: MIT */
/* metrics: relaxed atomics, each on a cache line of its own so that threads that count do not disturb each other. */
#include "base/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdalign.h>
#include <stdatomic.h>

#include "base/buf.h"

enum metric_type { COUNTER, GAUGE };

static const struct {
    const char *name, *help;
    enum metric_type type;
} kinds[METRICS] = {
#define METRIC(metric, metric_type, words) {.name = "moongate_" #metric, .help = words, .type = metric_type},
#include "base/metrics.def"
#undef METRIC
};

static struct {
    alignas(64) _Atomic int64_t value;
} values[METRICS];

void metric_add(enum metric m, int64_t by)
{
    assert((size_t)m < METRICS && (by >= 0 || kinds[m].type == GAUGE));
    atomic_fetch_add_explicit(&values[m].value, by, memory_order_relaxed);
}

void metric_set(enum metric m, int64_t value)
{
    assert((size_t)m < METRICS);
    atomic_store_explicit(&values[m].value, value, memory_order_relaxed);
}

int64_t metric_get(enum metric m)
{
    assert((size_t)m < METRICS);
    return atomic_load_explicit(&values[m].value, memory_order_relaxed);
}

void metrics_write(struct buf *buf)
{
    for (size_t m = 0; m < METRICS; m++) {
        const char *name = kinds[m].name, *type = kinds[m].type == COUNTER ? "counter" : "gauge";
        buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", name, kinds[m].help, name, type);
        buf_printf(buf, "%s %" PRId64 "\n", name, metric_get((enum metric)m));
    }
}
