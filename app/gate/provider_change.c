/* SPDX-License-Identifier: MIT */
#include "gate/provider_change.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/parse.h"
#include "base/secret.h"
#include "db/models.h"
#include "db/provider_health.h"
#include "gate/facts.h"
#include "gate/gate.h"
#include "gate/health.h"
#include "gate/provider.h"
#include "gate/provider_options.h"
#include "gate/seal.h"

enum { NAMES_MAX = 32 << 10 };            /* bytes of the list of models in an audit row */

static const char *const modes[] = {"local", "cloud", NULL};

static bool has_text(const char *text)
{
    return text && *text;
}

static bool fail_type(const char *type, struct err *err)
{
    char allowed[sizeof(err->allowed)] = "";
    size_t used = 0;

    for (size_t i = 0; provider_types[i] && used < sizeof(allowed); i++)
        used += (size_t)snprintf(allowed + used, sizeof(allowed) - used, "%s%s", i ? ", " : "", provider_types[i]->name);
    return fail_field(err, "type", type, allowed);
}

const char *provider_class_default(const char *mode)
{
    return strcmp(mode, "local") == 0 ? "secret" : "internal";
}

bool provider_defaults(const char *type_name, struct provider_form *form_r, struct err *err)
{
    const struct provider_type *type = provider_type_find(type_name);

    if (!type)
        return fail_type(type_name, err);
    *form_r = (struct provider_form){
        .type = type->name, .base_url = type->base_url, .deployment_mode = type->mode, .note = "",
        .data_class_max = provider_class_default(type->mode), .position = 100, .connect_ms = 5000,
        .first_byte_ms = 60000, .idle_ms = 60000, .total_ms = 600000, .enabled = true,
    };
    return true;
}

void provider_form_of(const struct provider_row *row, struct provider_form *form_r)
{
    *form_r = (struct provider_form){
        .name = row->name, .type = row->type, .base_url = row->base_url, .deployment_mode = row->deployment_mode,
        .data_class_max = row->data_class_max, .note = row->note, .options = row->options, .position = row->position, .connect_ms = row->connect_ms,
        .first_byte_ms = row->first_byte_ms, .idle_ms = row->idle_ms, .total_ms = row->total_ms, .rev = row->rev,
        .enabled = row->enabled, .demo = row->demo,
    };
}

/* A secret goes into a header: a line break in it would begin another one, and usually was pasted by mistake. */
static bool check_secret(const char *secret, struct err *err)
{
    for (const char *c = secret; c && *c; c++)
        if (*c <= 0x20 || *c >= 0x7f)
            return fail_field_as(err, "error.secret_form", "secret", "", "") || (err->kind = ERR_INVALID, false);
    return true;
}

static bool check_form(const struct provider_form *form, struct arena *a, struct err *err)
{
    struct egress egress = provider_egress(strcmp(form->deployment_mode, "local") == 0, form->base_url);
    size_t ignored;

    if (!provider_type_find(form->type))
        return fail_type(form->type, err);
    return parse_word(form->deployment_mode, modes, "deployment_mode", &ignored, err)
        && parse_word(form->data_class_max, class_words, "data_class_max", &ignored, err)
        && egress_check_url(&egress, form->base_url, err) && check_secret(form->secret, err)
        && provider_options_check(provider_type_find(form->type), form->options, a, err);
}

/* Scheme, host and port. */
static size_t origin_length(const char *url)
{
    const char *host = strstr(url, "://");

    host = host ? host + 3 : url;
    return (size_t)(host - url) + strcspn(host, "/?#");
}

static bool same_origin(const char *a, const char *b)
{
    return origin_length(a) == origin_length(b) && strncasecmp(a, b, origin_length(a)) == 0;
}

/* A stored secret is sent only where it was entered for: else who may edit a provider could read it at an address of his own. */
static bool check_kept_secret(const struct provider_row *stored, const struct provider_form *form, struct err *err)
{
    if (!stored->has_secret || form->secret_remove || has_text(form->secret) || same_origin(stored->base_url, form->base_url))
        return true;
    return fail_field_as(err, "error.secret_again", "secret", "", "") || (err->kind = ERR_INVALID, false);
}

static void fill_row(struct provider_row *row, const struct provider_form *form)
{
    row->name = form->name;
    row->type = form->type;
    row->base_url = form->base_url;
    row->deployment_mode = form->deployment_mode;
    row->data_class_max = form->data_class_max;
    row->note = form->note ? form->note : "";
    row->options = form->options;
    row->position = form->position;
    row->connect_ms = form->connect_ms;
    row->first_byte_ms = form->first_byte_ms;
    row->idle_ms = form->idle_ms;
    row->total_ms = form->total_ms;
}

static void seal_secret(const struct change *change, const struct keyring *keyring, const char *text, struct provider_row *row)
{
    struct sealed sealed;
    struct secret *secret = secret_text(change->arena, text);

    seal(keyring, change->arena, (struct seal_place){"providers", row->id, "secret"}, secret_view(secret), &sealed);
    row->secret = hex_text(sealed.text, change->arena);
    row->secret_dek = hex_text(sealed.dek, change->arena);
    row->secret_kid = sealed.kid;
    row->secret_tail = secret_tail(secret, change->arena);
}

static bool store_secret(struct change *change, const char *text, const char *id, struct err *err)
{
    struct provider_row row = {.id = id};

    seal_secret(change, change->keyring, text, &row);
    return providers_set_secret(change->tx, change->arena, id, row.secret, row.secret_dek, row.secret_kid, row.secret_tail, err);
}

static bool store_models(struct change *change, const char *id, struct list names, struct err *err)
{
    return models_replace(change->tx, change->arena, id, names.items, names.n, err);
}

/* The first provider that may answer is the active one, so that a fresh installation works after one form. */
static bool settle_active(struct change *change, const char *id, struct err *err)
{
    struct list rows;
    const struct provider_row *row;

    if (!providers_list(change->tx, change->arena, &rows, err))
        return false;
    row = rows.items;
    for (size_t i = 0; i < rows.n; i++)
        if (row[i].active)
            return true;
    return providers_activate(change->tx, change->arena, id, err);
}

/* A provider as the audit shows it: its row, and its models as "a, b, c". The row comes first, so that its fields fit. */
struct noted {
    struct provider_row provider;
    const char *models;
};

static const struct field *noted_fields(struct arena *a)
{
    static const struct field models[] = {FIELD(struct noted, models), FIELD_END};
    struct field *fields;
    size_t n = 0;

    while (provider_fields[n].name)
        n++;
    fields = NEW_ARRAY(a, struct field, n + COUNT(models));
    memcpy(fields, provider_fields, n * sizeof(*fields));
    memcpy(fields + n, models, sizeof(models));
    return fields;
}

static const char *join(struct arena *a, const struct model_row *model, size_t n)
{
    struct buf buf = buf_new(a, NAMES_MAX);
    const char *text;
    struct err ignored = {0};

    for (size_t i = 0; i < n; i++) {
        if (buf.n + strlen(model[i].name) + sizeof(", , …") > NAMES_MAX) {
            buf_text(&buf, ", …");
            break;
        }
        buf_printf(&buf, "%s%s", i ? ", " : "", model[i].name);
    }
    return buf_done(&buf, &text, &ignored) ? text : "";
}

static bool read_noted(struct change *change, const char *id, struct noted *noted_r, struct err *err)
{
    struct list models;

    if (!providers_get(change->tx, change->arena, id, &noted_r->provider, err)
        || !models_list(change->tx, change->arena, id, &models, err))
        return false;
    noted_r->models = join(change->arena, models.items, models.n);
    return true;
}

static bool note(struct change *change, const char *action, const char *id, const struct noted *before, struct err *err)
{
    struct noted after;

    return read_noted(change, id, &after, err)
        && change_note(change, action, "provider", id, noted_fields(change->arena), before, &after, err);
}

static bool add_inside(struct change *change, const struct provider_form *form, struct provider_row *row, struct err *err)
{
    if (!providers_insert(change->tx, change->arena, row, err))
        return false;
    if (form->models.n && !store_models(change, row->id, form->models, err))
        return false;
    return (!form->enabled || settle_active(change, row->id, err)) && note(change, "provider.create", row->id, NULL, err);
}

bool provider_add(struct change *change, const struct provider_form *form, const char **id_r, struct err *err)
{
    char *id = arena_alloc(change->arena, ID_TEXT);
    struct provider_row row = {.id = id, .enabled = form->enabled, .demo = form->demo};

    id_new(id);
    *id_r = id;
    if (!check_form(form, change->arena, err))
        return false;
    fill_row(&row, form);
    if (has_text(form->secret))
        seal_secret(change, change->keyring, form->secret, &row);
    if (!change_begin(change, err))
        return false;
    return change_end(change, add_inside(change, form, &row, err), err);
}

static bool edit_inside(struct change *change, const char *id, const struct provider_form *form, struct err *err)
{
    struct provider_row row = {.id = id};
    struct noted before;
    int64_t rev;

    if (!read_noted(change, id, &before, err) || !check_kept_secret(&before.provider, form, err))
        return false;
    fill_row(&row, form);
    row.rev = form->rev ? form->rev : before.provider.rev;
    if (!providers_update(change->tx, change->arena, &row, &rev, err))
        return false;
    if (form->secret_remove && !providers_set_secret(change->tx, change->arena, id, NULL, NULL, 0, "", err))
        return false;
    if (!form->secret_remove && has_text(form->secret) && !store_secret(change, form->secret, id, err))
        return false;
    if (form->models_given && !store_models(change, id, form->models, err))
        return false;
    return note(change, "provider.update", id, &before, err);
}

bool provider_edit(struct change *change, const char *id, const struct provider_form *form, struct err *err)
{
    if (!check_form(form, change->arena, err) || !change_begin(change, err))
        return false;
    return change_end(change, edit_inside(change, id, form, err), err);
}

static bool remove_inside(struct change *change, const char *id, struct err *err)
{
    struct noted before;

    return read_noted(change, id, &before, err) && providers_delete(change->tx, change->arena, id, err)
        && change_note(change, "provider.delete", "provider", id, noted_fields(change->arena), &before, NULL, err);
}

bool provider_remove(struct change *change, const char *id, struct err *err)
{
    if (!change_begin(change, err) || !change_end(change, remove_inside(change, id, err), err))
        return false;
    if (change->gate) {
        health_forget(change->gate->health, id);
        breaker_forget(&change->gate->breakers, id);
    }
    return true;
}

static bool enable_inside(struct change *change, const char *id, bool enabled, struct err *err)
{
    struct noted before;

    if (!read_noted(change, id, &before, err))
        return false;
    if (!enabled && before.provider.active && !providers_deactivate(change->tx, change->arena, err))
        return false;
    return providers_set_enabled(change->tx, change->arena, id, enabled, err) && (!enabled || settle_active(change, id, err))
        && note(change, enabled ? "provider.enable" : "provider.disable", id, &before, err);
}

bool provider_enable(struct change *change, const char *id, bool enabled, struct err *err)
{
    return change_begin(change, err) && change_end(change, enable_inside(change, id, enabled, err), err);
}

static bool activate_inside(struct change *change, const char *id, bool untested, struct err *err)
{
    struct noted before;
    struct health_row health;
    bool found;

    if (!read_noted(change, id, &before, err))
        return false;
    if (!untested && (!provider_health_find(change->tx, change->arena, id, &health, &found, err)))
        return false;
    if (!untested && (!found || strcmp(health.state, "bad") == 0))
        return fail_field_as(err, "error.provider_untested", "untested", "false", "true") || (err->kind = ERR_CONFLICT, false);
    return providers_activate(change->tx, change->arena, id, err) && note(change, "provider.activate", id, &before, err);
}

bool provider_activate(struct change *change, const char *id, bool untested, struct err *err)
{
    return change_begin(change, err) && change_end(change, activate_inside(change, id, untested, err), err);
}

static bool models_inside(struct change *change, const char *id, struct list names, bool only_if_none, bool *changed_r, struct err *err)
{
    struct noted before;

    if (!read_noted(change, id, &before, err))
        return false;
    *changed_r = !only_if_none || (!*before.models && names.n);
    return !*changed_r || (store_models(change, id, names, err) && note(change, "provider.models", id, &before, err));
}

bool provider_learn(struct change *change, const char *id, struct list names, bool *learned_r, struct err *err)
{
    return change_begin(change, err) && change_end(change, models_inside(change, id, names, true, learned_r, err), err);
}

bool provider_set_models(struct change *change, const char *id, struct list names, struct err *err)
{
    bool changed;

    return change_begin(change, err) && change_end(change, models_inside(change, id, names, false, &changed, err), err);
}

/* The secret to test with: the one typed, else the stored one. */
static bool try_secret(struct change *change, const char *id, const struct provider_form *form, struct provider *p, struct err *err)
{
    struct provider_row row;
    struct sealed sealed = {0};

    if (form && has_text(form->secret)) {
        p->secret = secret_text(change->arena, form->secret);
        return true;
    }
    if (!id || (form && form->secret_remove))
        return true;
    if (!providers_get_sealed(change->db, change->arena, id, &row, err) || (form && !check_kept_secret(&row, form, err)))
        return false;
    if (!has_text(row.secret))
        return true;
    sealed.kid = row.secret_kid;
    return hex_bytes(row.secret, change->arena, &sealed.text) && hex_bytes(row.secret_dek, change->arena, &sealed.dek)
        && unseal(change->keyring, change->arena, (struct seal_place){"providers", id, "secret"}, &sealed, &p->secret, err);
}

bool provider_try(struct change *change, const char *id, const struct provider_form *form, int64_t timeout_ms, struct check *check_r,
                  struct err *err)
{
    struct provider_form stored;
    struct provider_row row;
    struct provider p = {.id = id ? id : "", .name = "", .enabled = true, .pool = "try"};

    if (!form) {
        if (!providers_get(change->db, change->arena, id, &row, err))
            return false;
        provider_form_of(&row, &stored);
    }
    if (!check_form(form ? form : &stored, change->arena, err) || !try_secret(change, id, form, &p, err))
        return false;
    form = form ? form : &stored;
    p.type = provider_type_find(form->type);
    p.base_url = form->base_url;
    p.local = strcmp(form->deployment_mode, "local") == 0;
    p.options = provider_options_of(form->options, change->arena);
    p.egress = provider_egress(p.local, p.base_url);
    p.models = facts_known(change->gate, id, change->arena);
    provider_check(&p, timeout_ms, change->arena, check_r);
    return true;
}
