/* SPDX-License-Identifier: MIT */
#ifndef GATE_SNAPSHOT_H
#define GATE_SNAPSHOT_H
/* snapshot: all settings the request path needs, read once and never changed: settings, providers with their secrets open, models, keys. Built from
 * the tables, or, when the database is down at the start, from the encrypted file the last one left. Shared by reference count; a new one replaces
 * it whole. Everything in it lives until the last snapshot_drop. */
#include "gate/price_match.h"
#include "gate/settings.h"
#include "gate/who.h"
#include "net/egress.h"

struct arena;
struct db;
struct err;
struct keyring;
struct provider_type;
struct secret;
struct snapshot;

enum breaker_force { BREAKER_FREE, BREAKER_FORCED_OPEN, BREAKER_FORCED_CLOSED, BREAKER_BYPASS };

struct model {
    const char *name;
    bool enabled;
    int64_t input_micros_per_mtok, output_micros_per_mtok, cached_micros_per_mtok;      /* its own prices, before the catalogue's; 0 = none */
    struct price_found prices;           /* of the catalogue */
    int64_t context, max_output;         /* tokens; 0 = not known */
    int64_t can;                         /* CAN_…; 0 = not known */
    bool remote;                         /* a local runtime sends it elsewhere: see model_local() */
    int64_t created_at;
    enum breaker_force breaker;          /* an operator's hand: breaker.h */
};

struct provider {
    const char *id, *name;
    const struct provider_type *type;
    const char *base_url;
    bool local;                          /* deployment_mode */
    enum data_class class_max;           /* runs above it never go there */
    struct secret *secret;               /* NULL = none */
    bool enabled, active, demo;
    int64_t connect_ms, first_byte_ms, idle_ms, total_ms;
    struct egress egress;
    const char *pool;                    /* connections are shared under this name: changes with the secret and the address */
    struct list options;                 /* struct provider_option: see provider_option() */
    struct list models;                  /* struct model */
};

struct provider_option {
    const char *name, *value;
};

struct key {
    const char *id, *name;
    uint8_t hash[32];
    enum role role;
    enum data_class data_class;          /* its runs are at least of this class */
    struct list models;                  /* const char *; empty = all */
    const char *owner;
    int64_t expires_at;                  /* µs; 0 = never */
};

struct snapshot {
    struct settings_made settings;
    struct list providers;               /* struct provider, the active one first, then by position and name */
    struct list keys;                    /* struct key, sorted by id */
    struct price_index prices;
    struct model compare;                /* whose price local answers save; nothing in it = none */
    uint8_t pepper[32];
    int64_t made_at;                     /* wall µs: when the database said this */
    bool from_file;
    bool has_admin;                      /* the first-run page is done */
};

/* What the start settled (environment and file), over which console values are laid. */
struct snapshot_base {
    const struct keyring *keyring;
    const struct settings_made *settings;
};

/* Read everything from the database. The pepper is made on the first start. ERR_INTERNAL if something sealed does not open with this keyring: the
 * master key is wrong. A single provider whose secret does not open is kept without it and disabled, with an error in the log. */
must_check bool snapshot_load(struct db *, const struct snapshot_base *, struct snapshot **snapshot_r, struct err *);
/* The last snapshot as an encrypted, authenticated file, written beside and renamed, so that half a file is never seen. */
must_check bool snapshot_save(const struct snapshot *, const struct keyring *, const char *path, struct err *);
/* ERR_NOT_FOUND if there is none; ERR_INPUT if it is damaged or sealed with another master key. */
must_check bool snapshot_restore(const char *path, const struct snapshot_base *, struct snapshot **snapshot_r, struct err *);

struct snapshot *snapshot_hold(struct snapshot *);
void snapshot_drop(struct snapshot *);
void drop_snapshot(void *snapshot);                                        /* the same, for arena_defer */

/* The values in a provider's options (struct provider_option), a JSON object of texts; NULL and what is no text count as none. */
struct list provider_options_of(const char *json, struct arena *);
/* Which addresses a provider may reach: see snapshot.c. */
struct egress provider_egress(bool local, const char *base_url);
const struct provider *snapshot_provider(const struct snapshot *, const char *id);
const struct provider *snapshot_active(const struct snapshot *);          /* NULL if none */
const struct key *snapshot_key(const struct snapshot *, const char *id);
const struct model *snapshot_model(const struct snapshot *, const char *name);      /* of the first provider that has it enabled; NULL */
/* "name:latest" and "name" mean each other where only one of them is listed, as in Ollama. */
const struct model *provider_model(const struct provider *, const char *name);
/* Whether what is sent to it stays on hosts of our own: a local provider may pass some of its models on (Ollama's cloud models). */
bool model_local(const struct provider *, const struct model *);
/* The highest class of data it may be given. */
enum data_class model_class_max(const struct provider *, const struct model *);
bool key_may_use(const struct key *, const char *model);                  /* NULL key (a person) may use all */

#endif
