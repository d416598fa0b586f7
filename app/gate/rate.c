/* SPDX-License-Identifier: MIT */
/* rate: what a provider's headers say of its limits. Resets are Go-like durations (OpenAI, Groq), RFC 3339 (Anthropic) or a moment in ms since 1970
 * (OpenRouter). Azure says -1 for a limit that it does not have. */
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/err.h"
#include "base/parse.h"
#include "gate/provider.h"

enum what { LIMIT, REMAINING, RESET };
static const int64_t COUNT_MAX = INT64_C(1000000000000), WAIT_MAX_MS = 86400000, EPOCH_MS = INT64_C(1000000000000);

static const struct row { const char *name; size_t offset; enum what what; } rows[] = {
    {"x-ratelimit-limit-requests", offsetof(struct rate, limit_requests), LIMIT},
    {"x-ratelimit-remaining-requests", offsetof(struct rate, remaining_requests), REMAINING},
    {"x-ratelimit-reset-requests", offsetof(struct rate, reset_requests_ms), RESET},
    {"x-ratelimit-limit-tokens", offsetof(struct rate, limit_tokens), LIMIT},
    {"x-ratelimit-remaining-tokens", offsetof(struct rate, remaining_tokens), REMAINING},
    {"x-ratelimit-reset-tokens", offsetof(struct rate, reset_tokens_ms), RESET},
    {"anthropic-ratelimit-requests-limit", offsetof(struct rate, limit_requests), LIMIT},
    {"anthropic-ratelimit-requests-remaining", offsetof(struct rate, remaining_requests), REMAINING},
    {"anthropic-ratelimit-requests-reset", offsetof(struct rate, reset_requests_ms), RESET},
    {"anthropic-ratelimit-tokens-limit", offsetof(struct rate, limit_tokens), LIMIT},
    {"anthropic-ratelimit-tokens-remaining", offsetof(struct rate, remaining_tokens), REMAINING},
    {"anthropic-ratelimit-tokens-reset", offsetof(struct rate, reset_tokens_ms), RESET},
    {"x-ratelimit-limit", offsetof(struct rate, limit_requests), LIMIT},
    {"x-ratelimit-remaining", offsetof(struct rate, remaining_requests), REMAINING},
    {"x-ratelimit-reset", offsetof(struct rate, reset_requests_ms), RESET},
};

/* The time from ${now} until a moment that is written as one, or as what is left. */
static bool read_reset(const char *text, int64_t now, int64_t *ms_r)
{
    struct err ignored = {0};
    int64_t at;

    if (clock_parse(text, &at) || clock_parse_http(text, &at))
        *ms_r = (at - now) / 1000;
    else if (parse_int(text, EPOCH_MS, 4 * EPOCH_MS, "", &at, &ignored))
        *ms_r = at - now / 1000;
    else if (!duration_read(text, 1000, ms_r))
        return false;
    *ms_r = *ms_r < 0 ? 0 : *ms_r;
    return true;
}

static int64_t read_value(const struct row *row, const char *text, int64_t now)
{
    struct err ignored = {0};
    int64_t n;

    if (row->what == RESET)
        return read_reset(text, now, &n) ? n : -1;
    return parse_int(text, 0, COUNT_MAX, "", &n, &ignored) ? n : -1;
}

static int64_t at_most(int64_t ms)
{
    return ms > WAIT_MAX_MS ? WAIT_MAX_MS : ms;
}

void rate_read(const struct http_header *headers, size_t n, int64_t now, struct rate *rate_r, int64_t *retry_after_ms_r)
{
    int64_t ms, exact = 0, rough = 0;

    *rate_r = (struct rate){-1, -1, -1, -1, -1, -1};
    for (size_t i = 0; i < n; i++) {
        const char *value = headers[i].value;

        for (size_t k = 0; k < COUNT(rows); k++)
            if (strcmp(headers[i].name, rows[k].name) == 0)
                *(int64_t *)(void *)((char *)rate_r + rows[k].offset) = read_value(&rows[k], value, now);
        if (strcmp(headers[i].name, "retry-after-ms") == 0 && duration_read(value, 1, &ms))
            exact = at_most(ms);
        else if (strcmp(headers[i].name, "retry-after") == 0 && read_reset(value, now, &ms))
            rough = at_most(ms);
    }
    if (!rate_r->limit_requests)                             /* no limit, not one of none */
        rate_r->limit_requests = rate_r->remaining_requests = -1;
    if (!rate_r->limit_tokens)
        rate_r->limit_tokens = rate_r->remaining_tokens = -1;
    *retry_after_ms_r = exact ? exact : rough;
}
