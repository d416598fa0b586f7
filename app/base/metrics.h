/* SPDX-License-Identifier: MIT */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H
/* metrics: process-wide numbers, one line each in metrics.def, C11 atomics, shown at /metrics (Prometheus text). */
#include "base/base.h"

struct buf;

enum metric {
#define METRIC(name, type, help) METRIC_##name,
#include "base/metrics.def"
#undef METRIC
    METRICS
};

void metric_add(enum metric, int64_t by);
void metric_set(enum metric, int64_t value);
int64_t metric_get(enum metric);
/* All of them in the Prometheus text format, names prefixed moongate_. */
void metrics_write(struct buf *);

#endif
