/* SPDX-License-Identifier: MIT */
#include "providers/gemini_error.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/real.h"

/* "34s", "34.5s". */
static int64_t read_delay(struct json delay, struct arena *a)
{
    const char *text = json_string(delay, a);
    size_t n = text ? strlen(text) : 0;
    double s;

    if (n < 2 || text[n - 1] != 's' || !real_read((struct bytes){(const uint8_t *)text, n - 1}, &s))
        return 0;
    return s > 0 && s < 86400 ? (int64_t)(s * 1000) : 0;
}

/* A quota of the day is no help to wait for. */
static bool is_daily(struct json violations, struct arena *a)
{
    struct json_walk w = json_walk(violations);

    while (json_next(&w)) {
        const char *quota = json_string(json_member(w.value, "quotaId"), a);

        if (quota && strstr(quota, "PerDay"))
            return true;
    }
    return false;
}

static void read_details(struct json details, struct arena *a, struct upstream_error *error)
{
    struct json_walk w = json_walk(details);

    while (json_next(&w)) {
        int64_t delay = read_delay(json_member(w.value, "retryDelay"), a);

        if (delay)
            error->retry_after_ms = delay;
        if (is_daily(json_member(w.value, "violations"), a))
            error->remedy = REMEDY_OTHER;
        if (json_equal(json_member(w.value, "reason"), "API_KEY_INVALID")) {       /* comes as 400 */
            error->kind = ERR_UPSTREAM_AUTH;
            error->remedy = REMEDY_OTHER;
        }
    }
}

void gemini_refine(struct json said, struct arena *a, struct upstream_error *error)
{
    if (json_equal(json_member(said, "status"), "FAILED_PRECONDITION")) {      /* no billing, or not in this country: 400, but not the caller's */
        error->kind = ERR_UPSTREAM;
        error->remedy = REMEDY_OTHER;
    }
    read_details(json_member(said, "details"), a, error);
}

void gemini_read_error(const struct provider *provider, int status, struct bytes body, struct arena *a, struct upstream_error *error)
{
    struct err ignored = {0};
    struct json answer, said;
    const char *words, *code;

    (void)provider, (void)status;
    if (!json_check(body, NULL, &answer, &ignored))
        return;
    said = json_member(json_kind(answer) == JSON_ARRAY ? json_at(answer, "0") : answer, "error");
    words = json_string(json_kind(said) == JSON_OBJECT ? json_member(said, "message") : said, a);
    code = json_string(json_member(said, "status"), a);
    error->words = words ? words : "";
    error->code = code ? code : "";
    gemini_refine(said, a, error);
}
