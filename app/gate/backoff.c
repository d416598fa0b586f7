/* SPDX-License-Identifier: MIT */
#include "gate/backoff.h"

int64_t backoff_ms(const struct backoff_rules *rules, int64_t n, int64_t retry_after_ms, uint64_t random)
{
    int64_t most = rules->base_ms;

    for (int64_t i = 1; i < n && most < rules->max_ms; i++)
        most *= 2;
    if (most > rules->max_ms)
        most = rules->max_ms;
    if (retry_after_ms > 0)
        return retry_after_ms + (int64_t)(random % (uint64_t)(retry_after_ms / 10 + 1));
    return most > 0 ? (int64_t)(random % (uint64_t)(most + 1)) : 0;
}
