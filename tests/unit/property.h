/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_PROPERTY_H
#define TESTS_UNIT_PROPERTY_H
/* property: what every unit test includes: cmocka, and for properties a random source whose seed is printed;
 * MOONGATE_SEED=<seed> runs the same cases again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/* cmocka's macro fail() hides ours, and its fail_msg() needs it. */
#undef fail
#undef fail_msg
#define fail_msg(...) (print_error(__VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

struct random {
    uint64_t state;
};

/* splitmix64, https://prng.di.unimi.it/splitmix64.c */
__attribute__((unused)) static uint64_t random_next(struct random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

/* A number from 0 to ${n} - 1. */
__attribute__((unused)) static size_t random_below(struct random *r, size_t n)
{
    return (size_t)(random_next(r) % n);
}

__attribute__((unused)) static struct random random_start(void)
{
    const char *given = getenv("MOONGATE_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec << 20;
    print_message("MOONGATE_SEED=%llu\n", (unsigned long long)seed);
    return (struct random){seed};
}

#endif
