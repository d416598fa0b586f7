/* SPDX-License-Identifier: MIT */
#include "gate/decide.h"

#include "base/json.h"
#include "gate_help.h"

static struct provider *provider_add(struct snapshot *s, const char *name, bool local, enum data_class most)
{
    struct provider *p = list_add(a, &s->providers, sizeof(*p));
    *p = (struct provider){.id = arena_printf(a, "id-%s", name), .name = name, .local = local, .class_max = most, .enabled = true};
    return p;
}

static struct model *model_add(struct provider *p, const char *name)
{
    struct model *m = list_add(a, &p->models, sizeof(*m));
    *m = (struct model){.name = name, .enabled = true};
    return m;
}

static struct key *key_of(const char *one, const char *two)
{
    struct key *key = NEW(a, struct key);
    if (one)
        *(const char **)list_add(a, &key->models, sizeof(const char *)) = one;
    if (two)
        *(const char **)list_add(a, &key->models, sizeof(const char *)) = two;
    return key;
}

static const struct candidate *at(const struct decision *d, size_t i)
{
    assert_true(i < d->candidates.n);
    return (const struct candidate *)d->candidates.items + i;
}

static void assert_chosen(const struct decision *d, const char *provider, const char *model)
{
    assert_non_null(d->chosen);
    assert_string_equal(d->chosen->provider->name, provider);
    assert_string_equal(d->chosen->model->name, model);
}

/* Two providers that share a model, a cloud first. */
static struct snapshot *two(void)
{
    struct snapshot *s = NEW(a, struct snapshot);
    struct provider *cloud = provider_add(s, "cloud", false, CLASS_INTERNAL);
    model_add(cloud, "m");
    model_add(cloud, "big");
    struct provider *house = provider_add(s, "house", true, CLASS_SECRET);
    model_add(house, "m");
    model_add(house, "small");
    return s;
}

static void test_the_first_that_may(void **state)
{
    (void)state;
    const struct { struct wish wish; const char *provider, *model; } cases[] = {
        {{.model = "m"}, "cloud", "m"},
        {{.model = NULL}, "cloud", "m"},
        {{.model = ""}, "cloud", "m"},
        {{.model = "auto"}, "cloud", "m"},
        {{.model = "small"}, "house", "small"},
        {{.model = "house/m"}, "house", "m"},
        {{.model = "m", .data_class = CLASS_INTERNAL}, "cloud", "m"},
        {{.model = "m", .data_class = CLASS_CONFIDENTIAL}, "house", "m"},
        {{.model = "m", .data_class = CLASS_SECRET}, "house", "m"},
        {{.model = "auto", .data_class = CLASS_SECRET}, "house", "m"},
        {{.model = "m", .local_only = true}, "house", "m"},
        {{.model = "auto", .local_only = true}, "house", "m"},
        {{.model = "m", .key = key_of("m", NULL)}, "cloud", "m"},
        {{.model = "auto", .key = key_of("big", NULL)}, "cloud", "big"},
        {{.model = "auto", .key = key_of("small", NULL)}, "house", "small"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decision d;
        must(decide(two(), &cases[i].wish, a, &d, &err));
        assert_chosen(&d, cases[i].provider, cases[i].model);
        assert_string_equal(d.chosen->verdict, "chosen");
    }
}

static void test_what_is_refused(void **state)
{
    (void)state;
    const struct { struct wish wish; enum err_kind kind; const char *allowed; } cases[] = {
        {{.model = "none"}, ERR_MODEL_NOT_FOUND, "m, big, small"},
        {{.model = "M"}, ERR_MODEL_NOT_FOUND, "m, big, small"},
        {{.model = "house/big"}, ERR_MODEL_NOT_FOUND, "m, big, small"},
        {{.model = "house/"}, ERR_MODEL_NOT_FOUND, "m, big, small"},
        {{.model = "none", .key = key_of("small", "gone")}, ERR_MODEL_NOT_FOUND, "small"},
        {{.model = "none", .key = key_of("gone", NULL)}, ERR_MODEL_NOT_FOUND, ""},
        {{.model = "big", .key = key_of("small", NULL)}, ERR_FORBIDDEN, ""},
        {{.model = "auto", .key = key_of("gone", NULL)}, ERR_NO_PROVIDER, ""},
        {{.model = "big", .data_class = CLASS_SECRET}, ERR_POLICY, "internal"},
        {{.model = "big", .local_only = true}, ERR_POLICY, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decision d;
        must_fail(decide(two(), &cases[i].wish, a, &d, &err), cases[i].kind);
        assert_null(d.chosen);
        assert_string_equal(err.allowed, cases[i].allowed);
        if (cases[i].kind == ERR_MODEL_NOT_FOUND || cases[i].kind == ERR_FORBIDDEN) {
            assert_string_equal(err.field, "model");
            assert_string_equal(err.value, cases[i].wish.model);
        }
    }
    struct snapshot empty = {0};
    struct decision d;
    must_fail(decide(&empty, &(struct wish){0}, a, &d, &err), ERR_NO_PROVIDER);
    must_fail(decide(&empty, &(struct wish){.model = "m"}, a, &d, &err), ERR_MODEL_NOT_FOUND);
}

static bool no_prepare(struct target *t, const struct chat *c, size_t first, size_t n, struct arena *arena, struct http_request *r, struct err *e)
{
    (void)t, (void)c, (void)first, (void)n, (void)arena, (void)r, (void)e;
    return true;
}

static bool no_read(struct reader *r, struct bytes body, struct err *e)
{
    (void)r, (void)body, (void)e;
    return true;
}

/* Who has no embeddings is no candidate for them, whatever else allows it. */
static void test_embeddings(void **state)
{
    (void)state;
    static const struct dialect_rules rules = {.prepare_embed = no_prepare, .read_embed = no_read};
    static const struct provider_type can = {.name = "can", .rules = &rules, .embed_max = 1}, cannot = {.name = "cannot", .rules = &rules};
    const struct wish wish = {.model = "m", .embed = true}, secret = {.model = "m", .embed = true, .data_class = CLASS_SECRET};
    struct snapshot *s = two();
    struct provider *p = s->providers.items;
    struct decision d;
    p[0].type = p[1].type = &cannot;
    must_fail(decide(s, &wish, a, &d, &err), ERR_INPUT);
    assert_string_equal(err.message, "error.no_embeddings");
    assert_string_equal(at(&d, 0)->verdict, "embed");
    p[1].type = &can;
    must(decide(s, &wish, a, &d, &err));
    assert_chosen(&d, "house", "m");
    assert_string_equal(at(&d, 0)->verdict, "embed");
    p[0].type = &can, p[1].type = &cannot;
    must_fail(decide(s, &secret, a, &d, &err), ERR_POLICY);
    assert_string_equal(at(&d, 1)->verdict, "embed");
    must(decide(s, &(struct wish){.model = "m"}, a, &d, &err));
    assert_chosen(&d, "cloud", "m");
}

/* A policy that refused one says more than another one being switched off, in whichever order they stand. */
static void test_the_reason_that_counts(void **state)
{
    (void)state;
    struct decision d;
    for (int off = 0; off < 2; off++) {
        struct snapshot *s = NEW(a, struct snapshot);
        struct provider *p = provider_add(s, "one", false, CLASS_PUBLIC);
        model_add(p, "m");
        p = provider_add(s, "two", false, CLASS_PUBLIC);
        model_add(p, "m");
        ((struct provider *)s->providers.items)[off].enabled = false;
        must_fail(decide(s, &(struct wish){.model = "m", .data_class = CLASS_SECRET}, a, &d, &err), ERR_POLICY);
        assert_string_equal(err.value, "secret");
        assert_string_equal(err.message, "error.class");
        assert_non_null(strstr(err.text, "secret > public"));
        assert_string_equal(err.allowed, "public");
        must_fail(decide(s, &(struct wish){.model = "m", .local_only = true}, a, &d, &err), ERR_POLICY);
        assert_string_equal(err.message, "error.local_only");
        must(decide(s, &(struct wish){.model = "m"}, a, &d, &err));
        ((struct provider *)s->providers.items)[!off].enabled = false;
        must_fail(decide(s, &(struct wish){.model = "m"}, a, &d, &err), ERR_NO_PROVIDER);
    }
}

/* "deepseek/chat" is the model chat of the provider deepseek, and the model of that name at a broker. The key allows one of them. */
static void test_a_name_with_two_meanings(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        struct snapshot *s = NEW(a, struct snapshot);
        struct decision d;
        for (int i = 0; i < 2; i++) {
            struct provider *p = provider_add(s, i == order ? "deepseek" : "broker", false, CLASS_PUBLIC);
            model_add(p, i == order ? "chat" : "deepseek/chat");
        }
        struct provider *deepseek = (struct provider *)s->providers.items + order, *broker = (struct provider *)s->providers.items + !order;
        struct wish wish = {.model = "deepseek/chat", .key = key_of("chat", NULL)};
        must(decide(s, &wish, a, &d, &err));
        assert_chosen(&d, "deepseek", "chat");
        deepseek->enabled = false;
        must_fail(decide(s, &wish, a, &d, &err), ERR_NO_PROVIDER);
        wish.key = key_of("deepseek/chat", NULL);
        deepseek->enabled = true;
        must(decide(s, &wish, a, &d, &err));
        assert_chosen(&d, "broker", "deepseek/chat");
        broker->enabled = false;
        must_fail(decide(s, &wish, a, &d, &err), ERR_NO_PROVIDER);
        wish.key = key_of("other", NULL);
        must_fail(decide(s, &wish, a, &d, &err), ERR_FORBIDDEN);
        assert_int_equal(d.candidates.n, 2);
    }
}

static void assert_json(const struct decision *d)
{
    struct json all;
    must(json_check(bytes_of(d->json), NULL, &all, &err));
    assert_int_equal(json_count(all), d->candidates.n);
    for (size_t i = 0; i < d->candidates.n; i++) {
        struct json one = json_at(all, arena_printf(a, "%zu", i));
        assert_true(json_equal(json_member(one, "verdict"), at(d, i)->verdict));
        assert_true(json_equal(json_member(one, "detail"), at(d, i)->detail));
        assert_true(json_equal(json_member(one, "provider_id"), at(d, i)->provider->id));
        assert_true(json_equal(json_member(one, "provider_name"), at(d, i)->provider->name));
        assert_true(json_equal(json_member(one, "model"), at(d, i)->model->name));
        assert_true(json_is_true(json_member(one, "is_local")) == at(d, i)->provider->local);
    }
}

/* ---- generated configurations ---- */

static const char *const names[] = {"m0", "m1", "m2", "m3", "p0/m1", "p1/m2"};

static struct snapshot *snapshot_any(struct random *r)
{
    struct snapshot *s = NEW(a, struct snapshot);
    size_t n = random_below(r, 6);
    for (size_t i = 0; i < n; i++) {
        struct provider *p = provider_add(s, arena_printf(a, "p%zu", i), random_below(r, 2), (enum data_class)random_below(r, CLASSES));
        p->enabled = random_below(r, 4);
        for (size_t k = 0; k < COUNT(names); k++)
            if (random_below(r, 2))
                model_add(p, names[k])->enabled = random_below(r, 4);
    }
    return s;
}

static struct wish wish_any(struct random *r)
{
    static const char *const models[] = {NULL, "auto", "m0", "m1", "m2", "p0/m1", "p1/m2", "p2/m0", "p9/m0", "other"};
    struct wish wish = {.model = models[random_below(r, COUNT(models))], .data_class = (enum data_class)random_below(r, CLASSES),
                        .local_only = random_below(r, 3) == 0};
    if (random_below(r, 2))
        wish.key = key_of(random_below(r, 4) ? names[random_below(r, COUNT(names))] : NULL, names[random_below(r, COUNT(names))]);
    return wish;
}

static bool is_auto(const char *model)
{
    return !model || strcmp(model, "auto") == 0;
}

static bool means(const struct wish *wish, const struct provider *p, const char *model)
{
    return is_auto(wish->model) || strcmp(wish->model, model) == 0 || strcmp(wish->model, arena_printf(a, "%s/%s", p->name, model)) == 0;
}

static bool may(const struct wish *wish, const struct provider *p, const struct model *m)
{
    return p->enabled && m->enabled && key_may_use(wish->key, m->name) && wish->data_class <= p->class_max && (p->local || !wish->local_only);
}

/* The model at this provider that would have been right, by the words of the contract. */
static bool could_serve(const struct wish *wish, const struct provider *p)
{
    const struct model *m = p->models.items;
    if (!is_auto(wish->model) && provider_model(p, wish->model))
        return may(wish, p, provider_model(p, wish->model));
    for (size_t i = 0; i < p->models.n; i++)
        if (means(wish, p, m[i].name) && may(wish, p, &m[i]))
            return true;
    return false;
}

static const char *joined(struct list usable)
{
    const char *const *name = usable.items, *text = "";
    for (size_t i = 0; i < usable.n; i++)
        text = arena_printf(a, "%s%s%s", text, i ? ", " : "", name[i]);
    return text;
}

/* The chosen candidate is always one that may serve, and the first such; every candidate has a verdict; if there is none, nobody could. */
static void test_any_configuration(void **state)
{
    (void)state;
    static const char *const verdicts[] = {"chosen", "standby", "key", "disabled", "model_off", "sovereign", "class"};
    struct random r = random_start();
    size_t chosen = 0;
    for (int i = 0; i < 600; i++) {
        struct snapshot *s = snapshot_any(&r);
        struct wish wish = wish_any(&r);
        struct decision d;
        const struct provider *p = s->providers.items;
        memset(&err, 0, sizeof(err));
        bool ok = decide(s, &wish, a, &d, &err);
        assert_true(ok == (d.chosen != NULL));
        assert_json(&d);
        for (size_t k = 0; k < d.candidates.n; k++) {
            const struct candidate *c = at(&d, k);
            size_t v = 0;
            while (v < COUNT(verdicts) && strcmp(verdicts[v], c->verdict) != 0)
                v++;
            assert_true(v < COUNT(verdicts) && means(&wish, c->provider, c->model->name));
            assert_true(may(&wish, c->provider, c->model) == (v < 2));
            assert_true((v == 0) == (c == d.chosen));
            assert_true(strcmp(c->verdict, "class") != 0 || *c->detail);
        }
        if (ok) {
            chosen++;
            assert_true(may(&wish, d.chosen->provider, d.chosen->model));
            for (const struct candidate *c = d.candidates.items; c < d.chosen; c++)
                assert_false(may(&wish, c->provider, c->model));
        }
        for (size_t k = 0; k < s->providers.n && !ok; k++)
            assert_false(could_serve(&wish, &p[k]));
        const struct list usable = models_usable(s, wish.key, a);
        if (err.kind == ERR_MODEL_NOT_FOUND)
            assert_string_equal(err.allowed, joined(usable));
        for (size_t k = 0; k < usable.n; k++) {
            const char *const *name = usable.items;
            assert_true(key_may_use(wish.key, name[k]));
            for (size_t j = 0; j < k; j++)
                assert_string_not_equal(name[k], name[j]);
            struct decision again;
            must(decide(s, &(struct wish){.model = name[k], .key = wish.key}, a, &again, &err));
        }
    }
    assert_true(chosen > 50);
}

/* However many models there are, the error names the first ones and says that there are more. */
static void test_many_models_in_an_error(void **state)
{
    (void)state;
    struct snapshot *s = NEW(a, struct snapshot);
    struct provider *p = provider_add(s, "one", true, CLASS_SECRET);
    struct decision d;
    for (int i = 0; i < 300; i++)
        model_add(p, arena_printf(a, "模型-%d", i));
    must_fail(decide(s, &(struct wish){.model = "none"}, a, &d, &err), ERR_MODEL_NOT_FOUND);
    assert_memory_equal(err.allowed, "模型-0, 模型-1, ", strlen("模型-0, 模型-1, "));
    assert_string_equal(err.allowed + strlen(err.allowed) - strlen(", …"), ", …");
}

/* A model that a local provider passes on is not inside: neither for runs that stay there, nor for data that may not leave. */
static void test_a_model_that_runs_elsewhere(void **state)
{
    (void)state;
    struct snapshot *s = NEW(a, struct snapshot);
    struct provider *house = provider_add(s, "house", true, CLASS_SECRET);
    model_add(house, "big-cloud")->remote = true;
    model_add(house, "small");
    model_add(provider_add(s, "shy", true, CLASS_PUBLIC), "other")->remote = true;
    const struct { struct wish wish; const char *verdict, *detail; } cases[] = {
        {{.model = "big-cloud"}, "chosen", ""},
        {{.model = "big-cloud", .data_class = CLASS_INTERNAL}, "chosen", ""},
        {{.model = "big-cloud", .data_class = CLASS_CONFIDENTIAL}, "class", "confidential > internal"},
        {{.model = "big-cloud", .data_class = CLASS_SECRET}, "class", "secret > internal"},
        {{.model = "big-cloud", .local_only = true}, "sovereign", ""},
        {{.model = "small", .data_class = CLASS_SECRET, .local_only = true}, "chosen", ""},
        {{.model = "other", .data_class = CLASS_INTERNAL}, "class", "internal > public"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct decision d;
        memset(&err, 0, sizeof(err));
        bool ok = decide(s, &cases[i].wish, a, &d, &err);
        if (ok != (strcmp(cases[i].verdict, "chosen") == 0)) fail_msg("case %zu: %s", i, d.json);
        assert_string_equal(at(&d, 0)->verdict, cases[i].verdict);
        assert_string_equal(at(&d, 0)->detail, cases[i].detail);
        assert_non_null(strstr(d.json, strcmp(cases[i].wish.model, "small") == 0 ? "\"is_local\":true" : "\"is_local\":false"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_that_may),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_the_reason_that_counts), cmocka_unit_test(test_embeddings),
        cmocka_unit_test(test_a_name_with_two_meanings),
        cmocka_unit_test(test_any_configuration),
        cmocka_unit_test(test_a_model_that_runs_elsewhere),
        cmocka_unit_test(test_many_models_in_an_error),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
