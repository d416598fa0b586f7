/* SPDX-License-Identifier: MIT */
#include "gate/snapshot.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/secret.h"
#include "gate/breaker.h"
#include "gate/chat.h"
#include "gate/provider.h"
#include "gate/seal.h"
#include "gate/snapshot_rows.h"

#define LATEST ":latest"

/* The public part comes first, so that a pointer to it is a pointer to the whole. */
struct snapshot_whole {
    struct snapshot shown;
    struct arena *arena;
    struct snapshot_rows rows;           /* as read: what the file keeps */
    atomic_int holders;
};

static struct snapshot_whole *whole_of(struct snapshot *snapshot)
{
    return (struct snapshot_whole *)(void *)snapshot;
}

static struct snapshot_whole *snapshot_new(void)
{
    struct arena *a = arena_new();
    struct snapshot_whole *whole = NEW(a, struct snapshot_whole);

    whole->arena = a;
    atomic_init(&whole->holders, 1);
    return whole;
}

struct snapshot *snapshot_hold(struct snapshot *snapshot)
{
    atomic_fetch_add_explicit(&whole_of(snapshot)->holders, 1, memory_order_relaxed);
    return snapshot;
}

void snapshot_drop(struct snapshot *snapshot)
{
    if (snapshot && atomic_fetch_sub_explicit(&whole_of(snapshot)->holders, 1, memory_order_acq_rel) == 1)
        arena_free(whole_of(snapshot)->arena);
}

void drop_snapshot(void *snapshot)
{
    snapshot_drop(snapshot);
}

/* A private address typed as such by an operator opens private ranges for this provider; a name that turns out to resolve to one does
 * not, unless the provider is local. Metadata and link-local stay closed for all. */
static bool names_private_address(const char *url)
{
    const char *host = strstr(url, "://"), *end;
    char text[64];
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    const struct egress public_only = {EGRESS_PUBLIC}, private_too = {EGRESS_PRIVATE};
    const struct sockaddr *address = NULL;
    const char *why;
    bool bracket;

    host = host ? host + 3 : url;
    bracket = *host == '[';
    host += bracket;
    end = host + strcspn(host, bracket ? "]" : ":/?#");
    if ((size_t)(end - host) >= sizeof(text))
        return false;
    memcpy(text, host, (size_t)(end - host));
    text[end - host] = '\0';
    if (strcmp(text, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        address = (const struct sockaddr *)(const void *)&v4;
    else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
        address = (const struct sockaddr *)(const void *)&v6;
    return address && !egress_allows(&public_only, address, &why) && egress_allows(&private_too, address, &why);
}

struct egress provider_egress(bool local, const char *base_url)
{
    return (struct egress){local || names_private_address(base_url) ? EGRESS_PRIVATE : EGRESS_PUBLIC};
}

static bool open_secret(const struct keyring *keyring, struct arena *a, const struct provider_row *row, struct secret **secret_r,
                        struct err *err)
{
    struct sealed sealed = {.kid = row->secret_kid};

    *secret_r = NULL;
    if (!row->secret || !*row->secret)
        return true;
    if (!hex_bytes(row->secret, a, &sealed.text) || !hex_bytes(row->secret_dek ? row->secret_dek : "", a, &sealed.dek))
        return fail(err, ERR_INTERNAL, "provider %s: the sealed secret is malformed", row->id);
    return unseal(keyring, a, (struct seal_place){"providers", row->id, "secret"}, &sealed, secret_r, err);
}

struct list provider_options_of(const char *text, struct arena *a)
{
    struct list options = {0};
    struct err ignored = {0};
    struct json object = {0};
    struct json_walk w;

    if (!text || !json_check(bytes_of(text), NULL, &object, &ignored))
        return options;
    w = json_walk(object);
    while (json_next(&w)) {
        const char *value = json_string(w.value, a);

        if (value)
            *(struct provider_option *)list_add(a, &options, sizeof(struct provider_option)) =
                (struct provider_option){json_string(w.name, a), value};
    }
    return options;
}

static void read_provider(struct provider *p, const struct provider_row *row, const struct keyring *keyring, struct arena *a)
{
    struct err err = {0};

    *p = (struct provider){
        .id = row->id, .name = row->name, .base_url = row->base_url, .type = provider_type_find(row->type),
        .local = strcmp(row->deployment_mode, "local") == 0, .enabled = row->enabled, .active = row->active, .demo = row->demo,
        .connect_ms = row->connect_ms, .first_byte_ms = row->first_byte_ms, .idle_ms = row->idle_ms, .total_ms = row->total_ms,
    };
    p->options = provider_options_of(row->options, a);
    p->egress = provider_egress(p->local, p->base_url);
    p->pool = arena_printf(a, "%s/%" PRId64 "/%" PRId64, row->id, row->rev, row->secret_set_at);
    if (!class_of(row->data_class_max, &p->class_max))
        p->class_max = CLASS_PUBLIC;
    if (!p->type || !open_secret(keyring, a, row, &p->secret, &err)) {
        log_error(NULL, "provider disabled", "id=%s type=%s reason=%s", row->id, row->type, p->type ? err.text : "unknown type");
        p->enabled = p->active = false;
    }
}

/* What the catalogue knows of a model besides its price. */
static void fill_limits(struct model *m)
{
    for (size_t i = 0; i < m->prices.n; i++) {
        m->context = m->context ? m->context : m->prices.rows[i]->context;
        m->max_output = m->max_output ? m->max_output : m->prices.rows[i]->max_output;
    }
}

/* A type without a list of its own has one all the same, by its name, for prices that people enter. */
static const char *price_list_of(const struct provider *p)
{
    return !p->type ? NULL : p->type->prices ? p->type->prices : p->type->name;
}

static enum breaker_force force_of(const char *word)
{
    size_t i = BREAKER_FREE;

    while (word && breaker_force_words[i] && strcmp(breaker_force_words[i], word) != 0)
        i++;
    return word && breaker_force_words[i] ? (enum breaker_force)i : BREAKER_FREE;
}

static void read_models(struct provider *p, const struct snapshot_rows *rows, const struct price_index *prices, struct arena *a)
{
    const struct model_row *row = rows->models.items;

    for (size_t i = 0; i < rows->models.n; i++) {
        struct model *m = strcmp(row[i].provider_id, p->id) == 0 ? list_add(a, &p->models, sizeof(struct model)) : NULL;

        if (!m)
            continue;
        *m = (struct model){
            .name = row[i].name, .enabled = row[i].enabled, .input_micros_per_mtok = row[i].input_micros_per_mtok,
            .output_micros_per_mtok = row[i].output_micros_per_mtok, .cached_micros_per_mtok = row[i].cached_micros_per_mtok,
            .context = row[i].context, .max_output = row[i].max_output, .can = row[i].can, .created_at = row[i].created_at,
            .remote = row[i].remote || (p->type && p->type->rules->remote_name && p->type->rules->remote_name(row[i].name)),
            .prices = price_find(prices, price_list_of(p), row[i].name, a), .breaker = force_of(row[i].breaker),
        };
        fill_limits(m);
    }
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct key *)a)->id, ((const struct key *)b)->id);
}

static bool read_key(struct key *key, const struct api_key_row *row, struct arena *a)
{
    struct err ignored = {0};
    struct json models = {0};
    struct json_walk w;

    *key = (struct key){.id = row->id, .name = row->name, .owner = row->owner, .role = role_of(row->role), .expires_at = row->expires_at};
    if (!row->hash || !row->models || !hex_read(row->hash, key->hash, sizeof(key->hash)) || !class_of(row->data_class, &key->data_class)
        || !json_check(bytes_of(row->models), NULL, &models, &ignored))
        return false;
    w = json_walk(models);
    while (json_next(&w)) {
        const char *model = json_string(w.value, a);

        if (!model)                                          /* rather no key than one that may use all */
            return false;
        *(const char **)list_add(a, &key->models, sizeof(const char *)) = model;
    }
    return json_kind(models) == JSON_ARRAY;
}

static void read_keys(struct snapshot *s, const struct snapshot_rows *rows, struct arena *a)
{
    const struct api_key_row *row = rows->keys.items;
    struct key *keys = NEW_ARRAY(a, struct key, rows->keys.n);

    for (size_t i = 0; i < rows->keys.n; i++) {
        if (read_key(&keys[s->keys.n], &row[i], a))
            s->keys.n++;
        else
            log_error(NULL, "key left out", "id=%s reason=malformed row", row[i].id);
    }
    qsort(keys, s->keys.n, sizeof(*keys), by_id);
    s->keys.items = keys;
}

static bool read_pepper(struct snapshot *s, const struct snapshot_rows *rows, const struct keyring *keyring, struct arena *a, struct err *err)
{
    const struct sealed_key_row *row = rows->sealed_keys.items;

    for (size_t i = 0; i < rows->sealed_keys.n; i++) {
        struct secret *pepper;

        if (strcmp(row[i].name, "pepper") != 0)
            continue;
        if (!sealed_key_open(keyring, a, &row[i], &pepper, err))
            return false;
        if (secret_view(pepper).n != sizeof(s->pepper))
            return fail(err, ERR_INTERNAL, "the pepper has %zu bytes, not 32", secret_view(pepper).n);
        memcpy(s->pepper, secret_view(pepper).p, sizeof(s->pepper));
        return true;
    }
    return fail(err, ERR_INTERNAL, "there is no pepper");
}

/* The setting is "openai/gpt-5-mini": a list, and a model in it that may hold slashes too. */
static void read_compare(struct snapshot *s, struct arena *a)
{
    const char *name = s->settings.values.compare_model, *slash = name ? strchr(name, '/') : NULL;

    if (slash)
        s->compare = (struct model){.name = slash + 1, .prices = price_find(&s->prices, arena_copy(a, name, (size_t)(slash - name)), slash + 1, a)};
}

/* Rows to what is used. The rows live in the snapshot's arena already. */
static bool snapshot_build(struct snapshot_whole *whole, const struct snapshot_base *base, struct err *err)
{
    struct snapshot *s = &whole->shown;
    struct arena *a = whole->arena;
    const struct snapshot_rows *rows = &whole->rows;
    const struct provider_row *provider = rows->providers.items;
    const struct setting_row *setting = rows->settings.items;
    struct provider *providers = NEW_ARRAY(a, struct provider, rows->providers.n);

    s->settings = *base->settings;
    for (size_t i = 0; i < rows->settings.n; i++)
        settings_lay(&s->settings, setting[i].name, setting[i].value, a);
    s->prices = price_index_new(rows->prices, a);
    read_compare(s, a);
    for (size_t i = 0; i < rows->providers.n; i++) {
        read_provider(&providers[i], &provider[i], base->keyring, a);
        read_models(&providers[i], rows, &s->prices, a);
    }
    s->providers = (struct list){providers, rows->providers.n};
    read_keys(s, rows, a);
    s->made_at = rows->made_at;
    s->has_admin = rows->has_admin;
    return read_pepper(s, rows, base->keyring, a, err);
}

bool snapshot_load(struct db *db, const struct snapshot_base *base, struct snapshot **snapshot_r, struct err *err)
{
    struct snapshot_whole *whole = snapshot_new();

    if (!snapshot_rows_read(db, base->keyring, whole->arena, &whole->rows, err) || !snapshot_build(whole, base, err)) {
        snapshot_drop(&whole->shown);
        return false;
    }
    *snapshot_r = &whole->shown;
    return true;
}

bool snapshot_save(const struct snapshot *snapshot, const struct keyring *keyring, const char *path, struct err *err)
{
    return snapshot_rows_save(&((const struct snapshot_whole *)(const void *)snapshot)->rows, keyring, path, err);
}

bool snapshot_restore(const char *path, const struct snapshot_base *base, struct snapshot **snapshot_r, struct err *err)
{
    struct snapshot_whole *whole = snapshot_new();

    if (!snapshot_rows_restore(path, base->keyring, whole->arena, &whole->rows, err) || !snapshot_build(whole, base, err)) {
        snapshot_drop(&whole->shown);
        return false;
    }
    whole->shown.from_file = true;
    *snapshot_r = &whole->shown;
    return true;
}

const struct provider *snapshot_provider(const struct snapshot *s, const char *id)
{
    const struct provider *p = s->providers.items;

    for (size_t i = 0; i < s->providers.n; i++)
        if (strcmp(p[i].id, id) == 0)
            return &p[i];
    return NULL;
}

const struct provider *snapshot_active(const struct snapshot *s)
{
    const struct provider *p = s->providers.items;

    for (size_t i = 0; i < s->providers.n; i++)
        if (p[i].active)
            return &p[i];
    return NULL;
}

const struct key *snapshot_key(const struct snapshot *s, const char *id)
{
    return s->keys.n ? bsearch(&(struct key){.id = id}, s->keys.items, s->keys.n, sizeof(struct key), by_id) : NULL;
}

static const struct model *model_named(const struct provider *p, const char *name, size_t n)
{
    const struct model *m = p->models.items;

    for (size_t i = 0; i < p->models.n; i++)
        if (strncmp(m[i].name, name, n) == 0 && !m[i].name[n])
            return &m[i];
    return NULL;
}

/* A name as long as any is, with the tag that Ollama leaves out. */
static const struct model *model_latest(const struct provider *p, const char *name)
{
    char tagged[1024];

    if ((size_t)snprintf(tagged, sizeof(tagged), "%s%s", name, LATEST) >= sizeof(tagged))
        return NULL;
    return model_named(p, tagged, strlen(tagged));
}

const struct model *provider_model(const struct provider *p, const char *name)
{
    size_t n = strlen(name), tag = sizeof(LATEST) - 1;
    const struct model *found = model_named(p, name, n);

    if (found)
        return found;
    if (n > tag && strcmp(name + n - tag, LATEST) == 0)
        return model_named(p, name, n - tag);
    return strchr(name, ':') ? NULL : model_latest(p, name);
}

const struct model *snapshot_model(const struct snapshot *s, const char *name)
{
    const struct provider *p = s->providers.items;

    for (size_t i = 0; i < s->providers.n; i++) {
        const struct model *model = p[i].enabled ? provider_model(&p[i], name) : NULL;

        if (model && model->enabled)
            return model;
    }
    return NULL;
}

bool model_local(const struct provider *p, const struct model *m)
{
    return p->local && !m->remote;
}

/* A provider's ceiling was chosen for its own host: elsewhere it is at most what a cloud provider gets unless somebody says otherwise. */
enum data_class model_class_max(const struct provider *p, const struct model *m)
{
    return p->local && m->remote && p->class_max > CLASS_INTERNAL ? CLASS_INTERNAL : p->class_max;
}

bool key_may_use(const struct key *key, const char *model)
{
    const char *const *names = key ? key->models.items : NULL;

    for (size_t i = 0; key && i < key->models.n; i++)
        if (strcmp(names[i], model) == 0)
            return true;
    return !key || !key->models.n;
}
