/* SPDX-License-Identifier: MIT */
#ifndef GATE_THROTTLE_H
#define GATE_THROTTLE_H
/* throttle: how often one network may try something: a fixed table of token buckets by /24 (IPv4) or /56 (IPv6). And how often a
 * name was tried that nobody has, so that it is answered as one that somebody has. When a table is full the oldest entry goes. */
#include "base/crypto.h"
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
    struct stranger {
        uint8_t name[CRYPTO_HASH];       /* SHA-256, in lower case */
        int64_t failures, until, at;     /* mono µs */
    } strangers[THROTTLE_SLOTS];
};

void throttle_init(struct throttle *, const char *name, double per_minute);
/* Take one try: 0, or the seconds until there is one. */
int64_t throttle_take(struct throttle *, const char *address);
/* The seconds until a name that nobody has may be tried again; 0 = now. */
int64_t throttle_stranger(struct throttle *, const char *name);
/* It was tried; ${wait_s} says how long it rests after so many failures. */
void throttle_stranger_failed(struct throttle *, const char *name, int64_t (*wait_s)(int64_t failures));

#endif
