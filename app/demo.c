/* SPDX-License-Identifier: MIT */
#include "demo.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "gate/chat.h"
#include "gate/gate.h"
#include "gate/installation.h"
#include "gate/provider_change.h"

static const char name[] = "Demo (scripted)";

static bool find(struct change *change, struct provider_row *row, bool *found, struct err *err)
{
    struct list rows;

    *found = false;
    if (!providers_list(change->db, change->arena, &rows, err))
        return false;
    for (size_t i = 0; i < rows.n && !*found; i++) {
        *row = ((struct provider_row *)rows.items)[i];
        *found = row->demo;
    }
    return true;
}

static bool add(struct change *change, const char *url, struct err *err)
{
    struct provider_form form;
    const char *id;

    if (!provider_defaults("openai-compatible", &form, err))
        return false;
    form.name = name;
    form.base_url = url;
    form.demo = true;
    form.position = 1000;
    *(const char **)list_add(change->arena, &form.models, sizeof(const char *)) = "demo";
    return provider_add(change, &form, &id, err);
}

static bool move(struct change *change, const struct provider_row *row, const char *url, struct err *err)
{
    struct provider_form form;

    provider_form_of(row, &form);
    form.base_url = url;
    if (strcmp(row->base_url, url) != 0 && !provider_edit(change, row->id, &form, err))
        return false;
    return row->enabled || provider_enable(change, row->id, true, err);
}

static bool settle(struct change *change, const char *url, struct err *err)
{
    struct provider_row row;
    bool found;

    if (!find(change, &row, &found, err))
        return false;
    if (url)
        return found ? move(change, &row, url, err) : add(change, url, err);
    return !found || !row.enabled || provider_enable(change, row.id, false, err);
}

void demo_settle(struct gate *gate, const struct installation *in)
{
    static const struct actor moongate = {.name = "moongate", .role = "", .remote_addr = "", .request_id = ""};
    struct arena *a = arena_new();
    struct change change = {.db = gate->db, .arena = a, .actor = &moongate, .keyring = gate->keyring, .gate = gate};
    struct err err = {0};

    if (!settle(&change, in->demo_url, &err))
        log_err(NULL, LOG_WARN, "demo provider not settled", &err);
    arena_free(a);
}
