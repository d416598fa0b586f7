/* SPDX-License-Identifier: MIT */
#include "gate/breaker.h"

#include <stdio.h>
#include <string.h>

const char *const breaker_state_words[] = {"closed", "open", "half_open"};
const char *const breaker_force_words[] = {"free", "open", "closed", "bypass", NULL};

void breakers_init(struct breakers *b)
{
    memset(b, 0, sizeof(*b));
    lock_init(&b->lock, "breakers");
}

struct breaker_rules breaker_rules_of(const struct settings *s, const struct model *model)
{
    return (struct breaker_rules){.window_s = s->breaker_window_s, .calls_min = s->breaker_calls_min, .open_percent = s->breaker_open_percent,
                                  .open_s = s->breaker_open_s, .open_max_s = s->breaker_open_max_s, .probe_s = s->breaker_probe_s, .force = model->breaker};
}

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/; names are our own settings, nobody chooses them to collide. */
static uint64_t hash(uint64_t h, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        h = (h ^ *c) * 0x100000001b3U;
    return (h ^ 0xff) * 0x100000001b3U;      /* the end counts: "a", "bc" is not "ab", "c" */
}

static uint64_t provider_hash(const char *provider_id)
{
    return hash(0xcbf29ce484222325U, provider_id);
}

static uint64_t name_hash(const char *provider_id, const char *model)
{
    return hash(provider_hash(provider_id), model) | 1;
}

/* The set that holds a name, if anything does. */
static struct breaker *set_of(struct breakers *b, uint64_t name)
{
    lock_assert_held(&b->lock);
    return &b->all[(name >> 1) % (BREAKERS / BREAKER_WAYS) * BREAKER_WAYS];
}

static struct breaker *find(struct breakers *b, const char *provider_id, const char *model)
{
    uint64_t name = name_hash(provider_id, model);
    struct breaker *set = set_of(b, name);

    for (size_t i = 0; i < BREAKER_WAYS; i++)
        if (set[i].name == name)
            return &set[i];
    return NULL;
}

static struct breaker *find_or_add(struct breakers *b, const char *provider_id, const char *model, int64_t now)
{
    struct breaker *found = find(b, provider_id, model), *set = set_of(b, name_hash(provider_id, model)), *oldest = NULL;

    for (size_t i = 0; !found && i < BREAKER_WAYS; i++)
        if (!oldest || set[i].used < oldest->used)
            oldest = &set[i];
    if (!found)
        *oldest = (struct breaker){.name = name_hash(provider_id, model), .provider = provider_hash(provider_id), .since = now};
    found = found ? found : oldest;
    found->used = now;
    return found;
}

/* ---- the window ---- */

static int64_t slice_us(const struct breaker_rules *rules)
{
    return rules->window_s * 1000000 / BREAKER_SLICES;
}

static struct breaker_slice *slice_at(struct breaker *k, const struct breaker_rules *rules, int64_t now)
{
    int64_t n = now / slice_us(rules);
    struct breaker_slice *slice = &k->slices[n % BREAKER_SLICES];

    if (slice->n != n)
        *slice = (struct breaker_slice){.n = n};
    return slice;
}

static void sum(const struct breaker *k, const struct breaker_rules *rules, int64_t now, int64_t *calls_r, int64_t *failed_r)
{
    int64_t n = now / slice_us(rules);

    *calls_r = *failed_r = 0;
    for (size_t i = 0; i < BREAKER_SLICES; i++)
        if (k->slices[i].n > n - BREAKER_SLICES && k->slices[i].n <= n) {
            *calls_r += k->slices[i].calls;
            *failed_r += k->slices[i].failed;
        }
}

/* ---- transitions ---- */

static void enter(struct breaker *k, enum breaker_state state, int64_t now)
{
    k->state = state;
    k->since = now;
    k->probing_until = 0;
    if (state == BREAKER_CLOSED)
        memset(k->slices, 0, sizeof(k->slices));
}

static void open_again(struct breaker *k, const struct breaker_rules *rules, int64_t now)
{
    int64_t pause_s = rules->open_s;

    for (int64_t i = 0; i < k->opened && pause_s < rules->open_max_s; i++)
        pause_s *= 2;
    if (pause_s > rules->open_max_s)
        pause_s = rules->open_max_s;
    if (k->until < now + pause_s * 1000000)
        k->until = now + pause_s * 1000000;
    k->opened++;
    enter(k, BREAKER_OPEN, now);
}

/* An open one whose pause is over is half-open, whenever somebody looks. */
static void settle(struct breaker *k, int64_t now)
{
    if (k->state == BREAKER_OPEN && now >= k->until)
        enter(k, BREAKER_HALF_OPEN, k->until);
}

static bool passes(const struct breaker *k, const struct breaker_rules *rules, int64_t now, bool *probe_r)
{
    *probe_r = false;
    if (rules->force != BREAKER_FREE)
        return rules->force != BREAKER_FORCED_OPEN;
    *probe_r = k->state == BREAKER_HALF_OPEN && now >= k->probing_until;
    return k->state == BREAKER_CLOSED || *probe_r;
}

static void view(const struct breaker *k, const struct breaker_rules *rules, int64_t now, struct breaker_view *view_r)
{
    *view_r = (struct breaker_view){.state = k->state, .force = rules->force, .since = k->since};
    view_r->passes = passes(k, rules, now, &view_r->probe);
    view_r->next_probe = k->state == BREAKER_OPEN ? k->until : k->state == BREAKER_HALF_OPEN ? k->probing_until : 0;
    sum(k, rules, now, &view_r->calls, &view_r->failed);
    snprintf(view_r->reason, sizeof(view_r->reason), "%s", k->reason);
}

/* ---- from outside ---- */

void breaker_see(struct breakers *b, const char *provider_id, const char *model, const struct breaker_rules *rules, int64_t now,
                 struct breaker_view *view_r)
{
    struct breaker *k;

    *view_r = (struct breaker_view){.passes = rules->force != BREAKER_FORCED_OPEN, .force = rules->force};
    lock_take(&b->lock);
    k = find(b, provider_id, model);
    if (k) {
        settle(k, now);
        view(k, rules, now, view_r);
    }
    lock_drop(&b->lock);
}

bool breaker_pass(struct breakers *b, const char *provider_id, const char *model, const struct breaker_rules *rules, int64_t now, bool *probe_r)
{
    struct breaker *k;
    bool pass;

    *probe_r = false;
    lock_take(&b->lock);
    k = find_or_add(b, provider_id, model, now);
    settle(k, now);
    pass = passes(k, rules, now, probe_r);
    if (pass && *probe_r)
        k->probing_until = now + rules->probe_s * 1000000;
    lock_drop(&b->lock);
    return pass;
}

void breaker_unpass(struct breakers *b, const char *provider_id, const char *model, bool probe)
{
    struct breaker *k;

    if (!probe)
        return;
    lock_take(&b->lock);
    k = find(b, provider_id, model);
    if (k && k->state == BREAKER_HALF_OPEN)
        k->probing_until = 0;
    lock_drop(&b->lock);
}

static void tell_closed(struct breaker *k, const struct breaker_rules *rules, int64_t now, enum breaker_told told)
{
    struct breaker_slice *slice = slice_at(k, rules, now);
    int64_t calls, failed;

    slice->calls++;
    slice->failed += told == BREAKER_FAILED;
    sum(k, rules, now, &calls, &failed);
    if (told == BREAKER_OK)
        k->opened = 0;
    else if (failed > 1 && calls >= rules->calls_min && failed * 100 >= calls * rules->open_percent)
        open_again(k, rules, now);
}

bool breaker_tell(struct breakers *b, const char *provider_id, const char *model, const struct breaker_rules *rules, int64_t now, bool probe,
                  enum breaker_told told, const char *reason, struct breaker_view *view_r)
{
    enum breaker_state before;
    struct breaker *k;
    bool changed;

    lock_take(&b->lock);
    k = find_or_add(b, provider_id, model, now);
    settle(k, now);
    before = k->state;
    if (told == BREAKER_FAILED)
        snprintf(k->reason, sizeof(k->reason), "%s", reason);
    if (rules->force != BREAKER_FREE)
        told = BREAKER_UNKNOWN;              /* what an operator decided is not learned from */
    if (told != BREAKER_UNKNOWN && k->state == BREAKER_CLOSED)
        tell_closed(k, rules, now, told);
    else if (probe && k->state == BREAKER_HALF_OPEN && told == BREAKER_OK)
        enter(k, BREAKER_CLOSED, now);
    else if (probe && k->state == BREAKER_HALF_OPEN && told == BREAKER_FAILED)
        open_again(k, rules, now);
    else if (probe && k->state == BREAKER_HALF_OPEN)
        k->probing_until = 0;                /* it said nothing: the next one may try */
    changed = k->state != before;
    view(k, rules, now, view_r);
    lock_drop(&b->lock);
    return changed;
}

void breaker_forget(struct breakers *b, const char *provider_id)
{
    uint64_t provider = provider_hash(provider_id);

    lock_take(&b->lock);
    for (size_t i = 0; i < BREAKERS; i++)
        if (b->all[i].name && b->all[i].provider == provider)
            b->all[i] = (struct breaker){0};
    lock_drop(&b->lock);
}
