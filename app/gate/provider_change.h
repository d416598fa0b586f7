/* SPDX-License-Identifier: MIT */
#ifndef GATE_PROVIDER_CHANGE_H
#define GATE_PROVIDER_CHANGE_H
/* provider_change: the rules of adding, editing and removing providers, for pages, JSON and commands alike. */
#include "db/providers.h"
#include "gate/change.h"

struct provider_form {                   /* what a person or program may set */
    const char *name, *type, *base_url, *deployment_mode, *data_class_max, *note;
    const char *options;                 /* JSON object of the type's own fields; NULL = none */
    const char *secret;                  /* NULL keeps what is stored; "" is the same */
    bool secret_remove;                  /* destroy the stored one */
    int64_t position, connect_ms, first_byte_ms, idle_ms, total_ms;
    int64_t rev;                         /* edit: what the editor had read; 0 = whatever is there */
    bool enabled, demo;                  /* add only; a new provider is enabled unless said otherwise */
    struct list models;                  /* const char *; empty on add: learned at the first good check */
    bool models_given;                   /* edit: replace the models by the list */
};

/* Defaults of a type: base URL, mode, class ceiling, timeouts, enabled. ERR_INPUT if there is no such type. */
must_check bool provider_defaults(const char *type, struct provider_form *form_r, struct err *);
/* The class ceiling of a provider whose mode this is, where none was chosen: what stays inside may see all, a cloud what is internal. */
const char *provider_class_default(const char *mode);
/* A form filled with what is stored. */
void provider_form_of(const struct provider_row *, struct provider_form *form_r);

/* Each is one change with its audit row; ${id_r} and ${row_r} live in change->arena. The first enabled provider becomes the active one. */
must_check bool provider_add(struct change *, const struct provider_form *, const char **id_r, struct err *);
/* ERR_STALE if somebody else changed it since. The deployment mode is stored exactly as given. A secret is kept only for the scheme, host
 * and port it was entered for: another address is ERR_INVALID with field "secret", unless the form brings or removes one. */
must_check bool provider_edit(struct change *, const char *id, const struct provider_form *, struct err *);
/* ERR_PROVIDER_ACTIVE for the active one. The two ways out: make another one active first, or disable this one. */
must_check bool provider_remove(struct change *, const char *id, struct err *);
/* Disabling the active one leaves the gate without an active provider, in the same change: requests then go to the others by position. */
/* Disabled, the active one is active no more; the first that is enabled afterwards is. */
must_check bool provider_enable(struct change *, const char *id, bool enabled, struct err *);
/* Make it the active one: it must be enabled and its last check good, or ${untested} says that is known. */
must_check bool provider_activate(struct change *, const char *id, bool untested, struct err *);
/* Store the models a check found, if the provider has none yet. True if something changed is in ${learned_r}. */
must_check bool provider_learn(struct change *, const char *id, struct list names, bool *learned_r, struct err *);
/* Make these the provider's models. */
must_check bool provider_set_models(struct change *, const char *id, struct list names, struct err *);

struct check;
struct provider;
/* Check an unsaved form (secret empty: the one stored for ${id}, if any) or a stored provider, now. ${provider_r} as it was asked. */
must_check bool provider_try(struct change *, const char *id, const struct provider_form *, int64_t timeout_ms, struct check *check_r, struct err *);

#endif
