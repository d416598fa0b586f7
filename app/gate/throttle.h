/* SPDX-License-Identifier: MIT */
#ifndef GATE_THROTTLE_H
#define GATE_THROTTLE_H
/* throttle: how often one network may try something: a fixed table of token buckets by /24 (IPv4) or /56 (IPv6). When the
 * table is full the oldest entry goes. */
#include "base/lock.h"

enum { THROTTLE_SLOTS = 1024 };

struct throttle {
    struct lock lock;
    double per_minute;
    struct throttle_slot {
        char network[48];
        double left;
        int64_t at;                      /* mono µs */
    } slots[THROTTLE_SLOTS];
};

void throttle_init(struct throttle *, const char *name, double per_minute);
/* Take one try: 0, or the seconds until there is one. */
int64_t throttle_take(struct throttle *, const char *address);

#endif
