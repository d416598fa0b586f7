/* SPDX-License-Identifier: MIT */
#include "gate/health.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "gate/facts.h"
#include "gate/provider.h"
#include "gate/snapshot.h"

enum { HEALTH_MAX = 1024, SLOW_US = 2000000 };

struct known {
    char id[40], state[8], reason[32], detail[160];
    int64_t latency_us, models, http_status, checked_at, since;
};

struct health {
    struct lock lock;
    size_t n;                            /* under lock, with what follows */
    struct known known[HEALTH_MAX];
};

const struct field health_view_fields[] = {
    FIELD(struct health_view, provider_id), FIELD(struct health_view, state), FIELD(struct health_view, reason),
    FIELD(struct health_view, detail), FIELD(struct health_view, latency_us), FIELD(struct health_view, models),
    FIELD(struct health_view, http_status), FIELD_TIME(struct health_view, checked_at), FIELD_TIME(struct health_view, since), FIELD_END,
};

struct health *health_new(void)
{
    struct health *h = calloc(1, sizeof(*h));

    if (!h)
        abort();
    lock_init(&h->lock, "health");
    return h;
}

void health_free(struct health *h)
{
    free(h);
}

/* Status to a word of the catalogue (health.status_401, …); others share a word. */
static const char *status_reason(int status)
{
    switch (status) {
    case 401: return "status_401";
    case 403: return "status_403";
    case 404: return "status_404";
    case 429: return "status_429";
    default: return status >= 500 ? "status_5xx" : "status_other";
    }
}

static void judge(struct check *check, const struct http_result *result, bool listed, const struct err *err)
{
    check->latency_us = result->total_us;
    check->http_status = result->status;
    check->state = "bad";
    if (result->end != HTTP_DONE) {
        check->reason = http_end_name(result->end);
        snprintf(check->detail, sizeof(check->detail), "%s", result->detail);
    } else if (result->status != 200 && !listed) {
        check->reason = status_reason(result->status);
    } else if (!listed) {
        check->reason = err->kind == ERR_UPSTREAM_AUTH ? "status_401" : "malformed";      /* some say so with HTTP 200 */
    } else {
        check->state = result->total_us > SLOW_US ? "warn" : "ok";
        check->reason = result->total_us > SLOW_US ? "slow" : "";
    }
}

/* What the provider says, cut between characters, without the key that it may quote. */
static void note_words(struct check *check, const struct provider *provider, const char *words, struct arena *a)
{
    char *own = arena_text(a, words);
    size_t n;

    secret_hide(provider->secret, own);
    n = utf8_cut(own, sizeof(check->detail) - 1);
    memcpy(check->detail, own, n);
    check->detail[n] = '\0';
}

/* An error answer: what it says, and a reason that its status alone does not give (Gemini answers 400 to a key it does not know). */
static void note_error(struct check *check, const struct provider *provider, struct bytes body, struct arena *a)
{
    struct upstream_error error;

    upstream_error_of(check->http_status, &error);
    provider->type->rules->read_error(provider, check->http_status, body, a, &error);
    if (error.kind == ERR_UPSTREAM_AUTH && check->http_status == 400)
        check->reason = "status_401";
    note_words(check, provider, error.words, a);
}

/* One unpaid question. True: an answer came, with ${result_r}->status 200 or one that says the same. */
static bool ask(const struct provider *provider, int64_t timeout_ms, bool key, struct arena *a, struct http_result *result_r, struct bytes *body_r)
{
    const struct dialect_rules *rules = provider->type->rules;
    struct http_request request = {.egress = &provider->egress, .pool = provider->pool, .connect_ms = timeout_ms, .total_ms = timeout_ms,
                                   .answer_max = 4 << 20};
    struct err said_in_result = {0};

    if (!key)
        rules->prepare_models(provider, a, &request);
    else if (!rules->prepare_key || !rules->prepare_key(provider, a, &request))
        return true;
    return http_ask(a, &request, result_r, body_r, &said_in_result)
        && (result_r->status == 200 || (!key && rules->alive && rules->alive(provider, result_r->status)));
}

void provider_check(const struct provider *provider, int64_t timeout_ms, struct arena *a, struct check *check_r)
{
    const struct dialect_rules *rules = provider->type->rules;
    struct http_result result = {0};
    struct bytes body = {0};
    struct err err = {0};
    bool listed = false;

    *check_r = (struct check){.reason = ""};
    if (ask(provider, timeout_ms, true, a, &result, &body) && ask(provider, timeout_ms, false, a, &result, &body))
        listed = (rules->alive && rules->alive(provider, result.status))
              || rules->read_models(secret_clean(provider->secret, body, a), a, &check_r->models, &err);      /* names are shown and stored */
    if (listed)
        facts_ask(provider, timeout_ms, a, check_r->models);
    for (size_t i = 0; i < check_r->models.n; i++)
        *(const char **)list_add(a, &check_r->names, sizeof(const char *)) = ((const struct listed_model *)check_r->models.items)[i].name;
    judge(check_r, &result, listed, &err);
    if (result.end == HTTP_DONE && result.status != 200 && !listed)
        note_error(check_r, provider, body, a);
    else if (result.end == HTTP_DONE && !listed)
        note_words(check_r, provider, err.text, a);
    log_redact(check_r->detail);
    metric_add(METRIC_health_checks_total, 1);
}

static struct known *find(struct health *h, const char *id)
{
    lock_assert_held(&h->lock);
    for (size_t i = 0; i < h->n; i++)
        if (strcmp(h->known[i].id, id) == 0)
            return &h->known[i];
    return NULL;
}

static struct known *find_or_add(struct health *h, const char *id)
{
    struct known *k = find(h, id);

    if (k || h->n == HEALTH_MAX)
        return k;
    k = &h->known[h->n++];
    memset(k, 0, sizeof(*k));
    snprintf(k->id, sizeof(k->id), "%s", id);
    snprintf(k->state, sizeof(k->state), "unknown");
    return k;
}

/* States are few constants, so that what is handed out needs no copy. */
static const char *state_word(const char *state)
{
    static const char *const words[] = {"ok", "warn", "bad", "off"};

    for (size_t i = 0; i < COUNT(words); i++)
        if (strcmp(words[i], state) == 0)
            return words[i];
    return "unknown";
}

static void count_healthy(const struct health *h)
{
    int64_t healthy = 0;

    for (size_t i = 0; i < h->n; i++)
        healthy += strcmp(h->known[i].state, "ok") == 0;
    metric_set(METRIC_providers_healthy, healthy);
}

bool health_note(struct health *h, const char *id, const struct check *check, const char **before_r)
{
    struct known *k;
    bool changed = false;
    int64_t now = clock_wall();

    *before_r = "unknown";
    lock_take(&h->lock);
    k = find_or_add(h, id);
    if (k) {
        *before_r = state_word(k->state);
        changed = strcmp(*before_r, check->state) != 0;
        if (changed)
            k->since = now;
        snprintf(k->state, sizeof(k->state), "%s", check->state);
        snprintf(k->reason, sizeof(k->reason), "%s", check->reason);
        snprintf(k->detail, sizeof(k->detail), "%s", check->detail);
        k->latency_us = check->latency_us;
        k->models = (int64_t)check->names.n;
        k->http_status = check->http_status;
        k->checked_at = now;
        count_healthy(h);
    }
    lock_drop(&h->lock);
    return changed;
}

struct health_view health_of(struct health *h, const struct provider *provider, struct arena *a)
{
    struct health_view view = {.provider_id = provider->id, .state = "unknown", .reason = "", .detail = ""};
    struct known copy;
    bool found;

    lock_take(&h->lock);
    found = find(h, provider->id) != NULL;
    if (found)
        copy = *find(h, provider->id);
    lock_drop(&h->lock);
    if (found) {
        view = (struct health_view){provider->id, state_word(copy.state), arena_text(a, copy.reason), arena_text(a, copy.detail),
                                    copy.latency_us, copy.models, copy.http_status, copy.checked_at, copy.since};
    }
    if (!provider->enabled)
        view.state = "off";
    return view;
}

void health_forget(struct health *h, const char *id)
{
    struct known *k;

    lock_take(&h->lock);
    k = find(h, id);
    if (k)
        *k = h->known[--h->n];
    count_healthy(h);
    lock_drop(&h->lock);
}
