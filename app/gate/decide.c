/* SPDX-License-Identifier: MIT */
#include "gate/decide.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json_write.h"
#include "gate/embed.h"

static bool is_auto(const char *model)
{
    return !model || !*model || strcmp(model, "auto") == 0;
}

static const struct model *first_model(const struct provider *p, const struct key *key)
{
    const struct model *m = p->models.items;

    for (size_t i = 0; i < p->models.n; i++)
        if (m[i].enabled && key_may_use(key, m[i].name))
            return &m[i];
    return NULL;
}

/* The provider's model a wish means: its name, or "provider/name" to choose the provider too. The name as listed comes first: brokers have models
 * called "deepseek/chat", and may themselves be called deepseek. */
static const struct model *model_meant(const struct provider *p, const struct wish *wish)
{
    const struct model *named = is_auto(wish->model) ? first_model(p, wish->key) : provider_model(p, wish->model);
    size_t n = strlen(p->name);

    if (!named && !is_auto(wish->model) && strncmp(wish->model, p->name, n) == 0 && wish->model[n] == '/')
        named = provider_model(p, wish->model + n + 1);
    return named;
}

static void judge(struct candidate *c, const struct wish *wish, struct arena *a)
{
    c->detail = "";
    if (!key_may_use(wish->key, c->model->name)) {
        c->verdict = "key";
    } else if (!c->provider->enabled) {
        c->verdict = "disabled";
    } else if (!c->model->enabled) {
        c->verdict = "model_off";
    } else if (wish->embed && !embed_can(c->provider->type)) {
        c->verdict = "embed";
    } else if (wish->local_only && !model_local(c->provider, c->model)) {
        c->verdict = "sovereign";
    } else if (wish->data_class > model_class_max(c->provider, c->model)) {
        c->verdict = "class";
        c->detail = arena_printf(a, "%s > %s", class_words[wish->data_class], class_words[model_class_max(c->provider, c->model)]);
    } else {
        c->verdict = "standby";
    }
}

void decision_write(struct decision *d, struct arena *a)
{
    struct buf buf = buf_new(a, 64 << 10);
    struct json_out out = json_out(&buf);
    const struct candidate *c = d->candidates.items;
    struct err ignored = {0};

    json_begin_array(&out);
    for (size_t i = 0; i < d->candidates.n; i++) {
        json_begin_object(&out);
        json_member_text(&out, "provider_id", c[i].provider->id);
        json_member_text(&out, "provider_name", c[i].provider->name);
        json_member_text(&out, "model", c[i].model->name);
        json_member_put_bool(&out, "is_local", model_local(c[i].provider, c[i].model));
        json_member_text(&out, "verdict", c[i].verdict);
        json_member_text(&out, "detail", c[i].detail);
        json_end_object(&out);
    }
    json_end_array(&out);
    if (!buf_done(&buf, &d->json, &ignored))
        d->json = "[]";
}

struct list models_usable(const struct snapshot *s, const struct key *key, struct arena *a)
{
    const struct provider *p = s->providers.items;
    struct list names = {0};

    for (size_t i = 0; i < s->providers.n; i++) {
        const struct model *m = p[i].models.items;

        for (size_t k = 0; p[i].enabled && k < p[i].models.n; k++) {
            const char *const *seen = names.items;
            size_t j = 0;

            if (!m[k].enabled || !key_may_use(key, m[k].name))
                continue;
            while (j < names.n && strcmp(seen[j], m[k].name) != 0)
                j++;
            if (j == names.n)
                *(const char **)list_add(a, &names, sizeof(const char *)) = m[k].name;
        }
    }
    return names;
}

static bool fail_unknown(const struct snapshot *s, const struct wish *wish, struct arena *a, struct err *err)
{
    struct list names = models_usable(s, wish->key, a);
    const char *const *name = names.items;
    size_t used = 0;

    if (is_auto(wish->model))
        return fail(err, ERR_NO_PROVIDER, "no provider with a model is enabled");
    fail_field_as(err, NULL, "model", wish->model, "");
    err->kind = ERR_MODEL_NOT_FOUND;
    for (size_t i = 0; i < names.n; i++) {
        size_t n = strlen(name[i]);

        if (used + n + 8 > sizeof(err->allowed)) {
            snprintf(err->allowed + used, sizeof(err->allowed) - used, ", …");
            break;
        }
        used += (size_t)snprintf(err->allowed + used, sizeof(err->allowed) - used, "%s%s", used ? ", " : "", name[i]);
    }
    return false;
}

static void find_candidates(const struct snapshot *s, const struct wish *wish, struct arena *a, struct list *found)
{
    const struct provider *p = s->providers.items;

    for (size_t i = 0; i < s->providers.n; i++) {
        const struct model *m = model_meant(&p[i], wish);
        struct candidate *c;

        if (!m)
            continue;
        c = list_add(a, found, sizeof(*c));
        *c = (struct candidate){.provider = &p[i], .model = m};
        judge(c, wish, a);
    }
}

static size_t count(const struct decision *d, const char *verdict)
{
    const struct candidate *c = d->candidates.items;
    size_t n = 0;

    for (size_t i = 0; i < d->candidates.n; i++)
        n += strcmp(c[i].verdict, verdict) == 0;
    return n;
}

/* What the best of those who have the model may be given. */
static const char *class_most(const struct decision *d)
{
    const struct candidate *c = d->candidates.items;
    enum data_class most = CLASS_PUBLIC;

    for (size_t i = 0; i < d->candidates.n; i++)
        if (strcmp(c[i].verdict, "class") == 0 && model_class_max(c[i].provider, c[i].model) > most)
            most = model_class_max(c[i].provider, c[i].model);
    return class_words[most];
}

/* ERR_POLICY with a sentence of its own; the log and the run's page hear of the first candidate that was refused for it. */
static bool fail_policy(const struct decision *d, const char *verdict, const char *message, const char *field, const char *value, const char *allowed,
                        struct err *err)
{
    const struct candidate *c = d->candidates.items;
    struct err fact;

    while (strcmp(c->verdict, verdict) != 0)
        c++;
    fail(&fact, ERR_POLICY, "%s %s: %s/%s", c->verdict, c->detail, c->provider->name, c->model->name);
    fail_field_as(err, message, field, value, allowed);
    err->kind = ERR_POLICY;
    snprintf(err->text, sizeof(err->text), "%s", fact.text);
    return false;
}

/* Why nothing was chosen: what the caller may not have says more than what is switched off. */
static bool fail_refused(const struct decision *d, const struct wish *wish, struct err *err)
{
    const struct candidate *c = d->candidates.items;
    const char *model = wish->model ? wish->model : "auto";

    if (count(d, "key") == d->candidates.n)
        return fail_field_as(err, "error.model_forbidden", "model", model, "") || (err->kind = ERR_FORBIDDEN, false);
    if (count(d, "class"))
        return fail_policy(d, "class", "error.class", "X-Data-Class", class_words[wish->data_class], class_most(d), err);
    if (count(d, "sovereign"))
        return fail_policy(d, "sovereign", "error.local_only", "model", model, "", err);
    if (count(d, "embed"))
        return fail_field_as(err, "error.no_embeddings", "model", model, "");
    return fail(err, ERR_NO_PROVIDER, "no candidate for model %s is allowed: %s %s", model, c->verdict, c->detail);
}

bool decide(const struct snapshot *s, const struct wish *wish, struct arena *a, struct decision *d, struct err *err)
{
    struct candidate *c;

    *d = (struct decision){.json = "[]"};
    find_candidates(s, wish, a, &d->candidates);
    if (!d->candidates.n)
        return fail_unknown(s, wish, a, err);
    c = d->candidates.items;
    for (size_t i = 0; i < d->candidates.n && !d->chosen; i++)
        if (strcmp(c[i].verdict, "standby") == 0) {
            c[i].verdict = "chosen";
            d->chosen = &c[i];
        }
    decision_write(d, a);
    return d->chosen || fail_refused(d, wish, err);
}
