/* SPDX-License-Identifier: MIT */
/* What providers' headers say of their limits. */
#include "gate/provider.h"

#include "gate_help.h"

enum { HEADERS_MAX = 6 };
static const int64_t now = INT64_C(1795185125000000);       /* 2026-11-20T14:32:05Z */

static void test_headers(void **state)
{
    (void)state;
    const struct { struct http_header headers[HEADERS_MAX]; struct rate rate; int64_t after; } cases[] = {
        {{{"content-type", "x"}}, {-1, -1, -1, -1, -1, -1}, 0},
        {{{"x-ratelimit-limit-requests", "60"}, {"x-ratelimit-remaining-requests", "59"}, {"x-ratelimit-reset-requests", "1s"},
          {"x-ratelimit-limit-tokens", "150000"}, {"x-ratelimit-remaining-tokens", "149984"}, {"x-ratelimit-reset-tokens", "6m0s"}},
         {60, 59, 1000, 150000, 149984, 360000}, 0},
        {{{"anthropic-ratelimit-requests-limit", "50"}, {"anthropic-ratelimit-requests-remaining", "0"},
          {"anthropic-ratelimit-requests-reset", "2026-11-20T14:32:15Z"}, {"anthropic-ratelimit-tokens-remaining", "4000"}, {"retry-after", "10"}},
         {50, 0, 10000, -1, 4000, -1}, 10000},
        {{{"x-ratelimit-limit", "20"}, {"x-ratelimit-remaining", "3"}, {"x-ratelimit-reset", "1795185185000"}}, {20, 3, 60000, -1, -1, -1}, 0},
        {{{"x-ratelimit-limit-tokens", "-1"}, {"x-ratelimit-remaining-tokens", "-1"}, {"x-ratelimit-reset-tokens", "0"}}, {-1, -1, -1, -1, -1, 0}, 0},
        {{{"x-ratelimit-limit-requests", "0"}, {"x-ratelimit-remaining-requests", "0"}}, {-1, -1, -1, -1, -1, -1}, 0},
        {{{"x-ratelimit-remaining-requests", "many"}, {"x-ratelimit-reset-requests", "soon"}}, {-1, -1, -1, -1, -1, -1}, 0},
        {{{"x-ratelimit-reset-requests", "2020-01-01T00:00:00Z"}}, {-1, -1, 0, -1, -1, -1}, 0},
        {{{"retry-after-ms", "250"}, {"retry-after", "9"}}, {-1, -1, -1, -1, -1, -1}, 250},
        {{{"retry-after", "9"}, {"retry-after-ms", "rubbish"}}, {-1, -1, -1, -1, -1, -1}, 9000},
        {{{"retry-after", "1.5"}}, {-1, -1, -1, -1, -1, -1}, 1500},
        {{{"retry-after", "Fri, 20 Nov 2026 14:32:35 GMT"}}, {-1, -1, -1, -1, -1, -1}, 30000},
        {{{"retry-after", "Fri, 20 Nov 2026 14:00:00 GMT"}}, {-1, -1, -1, -1, -1, -1}, 0},
        {{{"retry-after", "-5"}}, {-1, -1, -1, -1, -1, -1}, 0},
        {{{"retry-after", "99999999999999999999"}}, {-1, -1, -1, -1, -1, -1}, 86400000},
        {{{"retry-after", ""}}, {-1, -1, -1, -1, -1, -1}, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct rate rate;
        int64_t after;
        size_t n = 0;
        while (n < HEADERS_MAX && cases[i].headers[n].name)
            n++;
        rate_read(cases[i].headers, n, now, &rate, &after);
        if (memcmp(&rate, &cases[i].rate, sizeof(rate)) != 0 || after != cases[i].after)
            fail_msg("case %zu: %lld/%lld/%lld %lld/%lld/%lld, after %lld", i, (long long)rate.limit_requests, (long long)rate.remaining_requests,
                     (long long)rate.reset_requests_ms, (long long)rate.limit_tokens, (long long)rate.remaining_tokens,
                     (long long)rate.reset_tokens_ms, (long long)after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_headers)};
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
