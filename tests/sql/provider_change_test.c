/* SPDX-License-Identifier: MIT */
/* The rules of changing providers, held against a model of them kept beside. */
#include "gate/provider_change.h"

#include "base/parse.h"
#include "db/audit.h"
#include "db/models.h"
#include "db/provider_health.h"
#include "gate.h"

static int begin(void **state)
{
    return gate_begin(state, "provider_change");
}

/* ---- the model ---- */

struct known {
    const char *id, *name, *mode, *url, *class_max, *models;
    bool enabled, active, tested, has_secret;
    int64_t rev;
};

enum { KNOWN_MAX = 40 };
static struct known known[KNOWN_MAX];
static size_t known_n;
static struct list planted;              /* const char *: every secret that was ever given */
static struct change change;

static const char *const modes[] = {"local", "cloud"};
static const char *const urls[] = {"http://127.0.0.1:9/v1", "http://10.0.0.1:8000/v1", "http://[::1]:8000/v1", "http://127.0.0.1:9/other"};
static const char *const models[] = {"", "m", "m, n", "模型"};

static struct list names_of(const char *joined)
{
    struct list names = {0};
    char *rest = arena_text(a, joined), *at;
    while (rest && *rest) {
        at = strstr(rest, ", ");
        if (at)
            *at = '\0';
        *(const char **)list_add(a, &names, sizeof(const char *)) = rest;
        rest = at ? at + 2 : NULL;
    }
    return names;
}

static const char *secret_any(struct random *r)
{
    const char *secret = arena_printf(a, "sk-planted-%016llx", (unsigned long long)random_next(r));
    *(const char **)list_add(a, &planted, sizeof(const char *)) = secret;
    return secret;
}

static struct known *active(void)
{
    for (size_t i = 0; i < known_n; i++)
        if (known[i].active)
            return &known[i];
    return NULL;
}

static struct provider_form form_any(struct random *r, const char *name)
{
    struct provider_form form;
    must(provider_defaults(random_below(r, 2) ? "ollama" : "openai", &form, &err));
    form.name = name;
    form.deployment_mode = modes[random_below(r, 2)];
    form.base_url = urls[random_below(r, COUNT(urls))];
    form.data_class_max = class_words[random_below(r, 4)];
    form.note = "a 'note'";
    return form;
}

static size_t host_of(const char *url)
{
    return (size_t)(strstr(url, "://") + 3 - url) + strcspn(strstr(url, "://") + 3, "/");
}

/* What a form of an edit or an addition is refused with, before anything is looked up. */
static enum err_kind spoil(struct random *r, struct provider_form *form)
{
    switch (random_below(r, 15)) {
    case 0: form->type = "no-such"; return ERR_INPUT;
    case 1: form->deployment_mode = "hybrid"; return ERR_INPUT;
    case 2: form->data_class_max = "top"; return ERR_INPUT;
    case 3: form->base_url = "ftp://x"; return ERR_INPUT;
    case 4: form->base_url = "http://169.254.169.254/"; return ERR_INPUT;
    case 5: form->secret = "sk-planted\nX-Evil: 1"; return ERR_INVALID;
    case 6: form->options = "{\"no_such\":\"x\"}"; return ERR_INPUT;
    default: return ERR_NONE;
    }
}

static void assert_done(bool ok, enum err_kind want, const char *what)
{
    if (ok != (want == ERR_NONE) || (!ok && err.kind != want))
        fail_msg("%s: %s, not %s: %s", what, ok ? "done" : err_name(err.kind), want == ERR_NONE ? "done" : err_name(want), err.text);
}

/* ---- the steps: each says whether it was to succeed, and keeps the model ---- */

static bool step_add(struct random *r)
{
    static int count;
    bool taken = known_n && random_below(r, 8) == 0;
    struct provider_form form = form_any(r, taken ? known[random_below(r, known_n)].name : arena_printf(a, "p-%d", count++));
    const char *id, *secret = random_below(r, 2) ? secret_any(r) : NULL, *list = models[random_below(r, COUNT(models))];
    if (known_n == KNOWN_MAX)
        return false;
    form.enabled = random_below(r, 4);
    form.secret = secret;
    form.models = names_of(list);
    enum err_kind want = spoil(r, &form);
    if (want == ERR_NONE && taken)
        want = ERR_CONFLICT;
    bool first = form.enabled && !active(), ok = provider_add(&change, &form, &id, &err);
    assert_done(ok, want, "add");
    if (ok)
        known[known_n++] = (struct known){arena_text(a, id), form.name, form.deployment_mode, form.base_url, form.data_class_max, list, form.enabled,
                                          first, false, secret != NULL, 1};
    return ok;
}

static bool step_edit(struct random *r, struct known *k)
{
    struct provider_form form = form_any(r, random_below(r, 3) ? k->name : arena_printf(a, "%s+", k->name));
    const char *list = random_below(r, 3) ? NULL : models[random_below(r, COUNT(models))];
    bool stale = random_below(r, 8) == 0;
    if (strlen(form.name) > 60)
        form.name = k->name;
    if (random_below(r, 2))
        form.base_url = k->url;
    form.rev = stale ? k->rev + 1 : random_below(r, 2) ? k->rev : 0;
    form.secret = random_below(r, 4) ? NULL : random_below(r, 3) ? secret_any(r) : "";
    form.secret_remove = random_below(r, 6) == 0;
    form.models_given = list != NULL;
    if (list)
        form.models = names_of(list);
    enum err_kind want = spoil(r, &form);
    bool brings = form.secret && *form.secret;
    bool moved = host_of(form.base_url) != host_of(k->url) || strncmp(form.base_url, k->url, host_of(k->url)) != 0;
    if (want == ERR_NONE && k->has_secret && !form.secret_remove && !brings && moved)
        want = ERR_INVALID;
    else if (want == ERR_NONE && stale)
        want = ERR_STALE;
    bool ok = provider_edit(&change, k->id, &form, &err);
    assert_done(ok, want, "edit");
    if (!ok)
        return false;
    k->name = form.name;
    k->mode = form.deployment_mode;
    k->url = form.base_url;
    k->class_max = form.data_class_max;
    k->has_secret = !form.secret_remove && (brings || k->has_secret);
    k->models = list ? list : k->models;
    k->rev++;
    return true;
}

static bool step_remove(struct known *k)
{
    bool ok = provider_remove(&change, k->id, &err);
    assert_done(ok, k->active ? ERR_PROVIDER_ACTIVE : ERR_NONE, "remove");
    if (ok)
        *k = known[--known_n];
    return ok;
}

static bool step_enable(struct random *r, struct known *k)
{
    bool on = random_below(r, 2);
    bool ok = provider_enable(&change, k->id, on, &err);
    assert_done(ok, ERR_NONE, "enable");
    k->active = on && (k->active || !active());
    k->enabled = on;
    k->rev++;
    return ok;
}

static bool step_activate(struct random *r, struct known *k)
{
    bool untested = random_below(r, 2);
    if (random_below(r, 2)) {
        struct check_row check = {.provider_id = k->id, .kind = "manual", .state = random_below(r, 2) ? "ok" : "bad", .reason = "", .detail = ""};
        must(provider_health_record(db, a, &check, NULL, &err));
        k->tested = strcmp(check.state, "ok") == 0;
    }
    bool ok = provider_activate(&change, k->id, untested, &err);
    assert_done(ok, !untested && !k->tested ? ERR_CONFLICT : !k->enabled ? ERR_INVALID : ERR_NONE, "activate");
    if (!ok)
        return false;
    if (active())
        active()->active = false;
    k->active = true;
    return true;
}

static bool step_models(struct random *r, struct known *k, bool *changed_r)
{
    const char *list = models[random_below(r, COUNT(models))];
    bool learned = true, ok;
    if (random_below(r, 2)) {
        ok = provider_learn(&change, k->id, names_of(list), &learned, &err);
        assert_true(!ok || learned == (!*k->models && *list));
    } else {
        ok = provider_set_models(&change, k->id, names_of(list), &err);
    }
    assert_done(ok, ERR_NONE, "models");
    if (learned)
        k->models = list;
    *changed_r = learned;
    return ok;
}

static bool step_gone(void)
{
    struct provider_form form;
    const char *id = new_id();
    must(provider_defaults("ollama", &form, &err));
    form.name = "gone";
    must_fail(provider_edit(&change, id, &form, &err), ERR_NOT_FOUND);
    must_fail(provider_remove(&change, id, &err), ERR_NOT_FOUND);
    must_fail(provider_enable(&change, id, true, &err), ERR_NOT_FOUND);
    must_fail(provider_activate(&change, id, true, &err), ERR_NOT_FOUND);
    must_fail(provider_set_models(&change, id, names_of("m"), &err), ERR_NOT_FOUND);
    must_fail(provider_edit(&change, "1'; drop table providers", &form, &err), ERR_NOT_FOUND);
    return false;
}

/* ---- what always holds ---- */

static const char *models_joined(const char *id)
{
    struct list rows;
    const char *text = "";
    must(models_list(db, a, id, &rows, &err));
    for (size_t i = 0; i < rows.n; i++)
        text = arena_printf(a, "%s%s%s", text, i ? ", " : "", ((const struct model_row *)rows.items)[i].name);
    return text;
}

static void assert_as_known(void)
{
    struct list rows;
    size_t actives = 0, enabled = 0;
    must(providers_list(db, a, &rows, &err));
    assert_int_equal(rows.n, known_n);
    for (size_t i = 0; i < known_n; i++) {
        const struct known *k = &known[i];
        struct provider_row row;
        must(providers_get(db, a, k->id, &row, &err));
        assert_string_equal(row.name, k->name);
        assert_string_equal(row.deployment_mode, k->mode);
        assert_string_equal(row.base_url, k->url);
        assert_string_equal(row.data_class_max, k->class_max);
        assert_string_equal(models_joined(k->id), k->models);
        if (row.enabled != k->enabled || row.active != k->active || row.has_secret != k->has_secret)
            fail_msg("%s: enabled %d, active %d, secret %d, not %d, %d, %d", k->name, row.enabled, row.active, row.has_secret, k->enabled, k->active,
                     k->has_secret);
        assert_int_equal(row.rev, k->rev);
        const struct provider *p = snapshot_provider(gate.snapshot, k->id);
        assert_true(p && p->local == (strcmp(k->mode, "local") == 0) && p->active == k->active && !p->secret == !k->has_secret);
        actives += row.active;
        enabled += row.enabled;
    }
    assert_true(actives <= 1 && actives <= enabled);
}

/* The newest audit row tells of this step, and none of the secrets. */
static void assert_audited(int64_t before, bool changed)
{
    struct list rows;
    int64_t n = number("select count(*) from audit");
    assert_int_equal(n, before + changed);
    must(audit_list(db, a, &(struct audit_filter){.limit = 1}, &rows, &err));
    if (!rows.n)
        return;
    const struct audit_row *row = rows.items;
    assert_string_equal(row->object, "provider");
    assert_string_equal(row->actor, "tester");
    assert_true(row->before || row->after);
    for (size_t i = 0; i < planted.n; i++) {
        const char *secret = ((const char **)planted.items)[i];
        assert_false((row->before && strstr(row->before, secret)) || (row->after && strstr(row->after, secret)));
    }
}

static void test_any_sequence(void **state)
{
    (void)state;
    struct random r = random_start();
    size_t done = 0, refused = 0;
    for (int sequence = 0; sequence < 130; sequence++) {
        struct arena *own = arena_new();
        size_t steps = 4 + random_below(&r, 8);
        for (size_t i = 0; i < steps; i++) {
            int64_t before = number("select count(*) from audit");
            struct known *k = known_n ? &known[random_below(&r, known_n)] : NULL;
            bool changed = true, ok;
            change = change_new(own);
            memset(&err, 0, sizeof(err));
            switch (k ? random_below(&r, 8) : 0) {
            case 0: ok = step_add(&r); break;
            case 1: case 2: ok = step_edit(&r, k); break;
            case 3: ok = step_remove(k); break;
            case 4: ok = step_enable(&r, k); break;
            case 5: ok = step_activate(&r, k); break;
            case 6: ok = step_models(&r, k, &changed); break;
            default: ok = step_gone(); break;
            }
            assert_audited(before, ok && changed);
            done += ok;
            refused += !ok;
        }
        assert_as_known();
        arena_free(own);
    }
    print_message("%zu changes, %zu refusals, %zu secrets\n", done, refused, planted.n);
    assert_true(done > 200 && refused > 100 && planted.n > 50);
    struct audit_verdict verdict;
    struct arena *scratch = arena_new();
    must(audit_verify(db, scratch, &verdict, &err));
    arena_free(scratch);
    assert_int_equal(verdict.broken_seq, 0);
}

/* No table holds any of them, in plain or as bytes; and those that are kept open with the master key only. */
static void test_secrets_are_nowhere(void **state)
{
    (void)state;
    const char *all = everything();
    assert_true(strlen(all) > 10000);
    assert_non_null(strcasestr(all, "secret_dek"));
    for (size_t i = 0; i < planted.n; i++) {
        const char *secret = ((const char **)planted.items)[i];
        assert_null(strstr(all, secret));
        assert_null(strcasestr(all, hex_text(bytes_of(secret), a)));
        assert_null(strstr(all, base64_write(bytes_of(secret), a)));
    }
    struct bytes file = {0};
    FILE *f = fopen(gate.snapshot_path, "r");
    uint8_t *p = arena_alloc(a, 1 << 20);
    file = (struct bytes){p, fread(p, 1, 1 << 20, f)};
    fclose(f);
    assert_true(file.n > 100);
    for (size_t i = 0; i < planted.n; i++)
        assert_null(memmem(file.p, file.n, "sk-planted", 10));
    struct keyring *wrong = keyring_new("other.key");
    struct snapshot *snapshot;
    must_fail(snapshot_load(db, &(struct snapshot_base){wrong, &settings}, &snapshot, &err), ERR_INTERNAL);
}

/* ---- single cases ---- */

static const char *added(const char *name, const char *secret)
{
    struct provider_form form;
    const char *id;
    change = change_new(a);
    must(provider_defaults("openai-compatible", &form, &err));
    form.name = name;
    form.secret = secret;
    must(provider_add(&change, &form, &id, &err));
    return id;
}

static struct provider_form form_of(const char *id)
{
    struct provider_row row;
    struct provider_form form;
    must(providers_get(db, a, id, &row, &err));
    provider_form_of(&row, &form);
    return form;
}

/* A form filled with what is stored changes nothing but rev. */
static void test_an_edit_of_nothing(void **state)
{
    (void)state;
    const char *id = added("kept", "sk-kept-0123456789");
    struct provider_row before, after;
    must(providers_get(db, a, id, &before, &err));
    struct provider_form form = form_of(id);
    must(provider_edit(&change, id, &form, &err));
    must(providers_get(db, a, id, &after, &err));
    assert_int_equal(after.rev, before.rev + 1);
    assert_true(after.has_secret && after.secret_set_at == before.secret_set_at && after.enabled == before.enabled);
    assert_string_equal(after.secret_tail, before.secret_tail);
    assert_string_equal(after.deployment_mode, before.deployment_mode);
    must_fail(provider_edit(&change, id, &form, &err), ERR_STALE);
    form.rev = 0;
    must(provider_edit(&change, id, &form, &err));
}

/* The address of a stored secret: the same host goes on, another one asks for it again, and so does a test. */
static void test_a_secret_stays_at_its_address(void **state)
{
    (void)state;
    const char *id = added("bound", "sk-bound-0123456789");
    const struct { const char *url; bool same; } cases[] = {
        {"http://127.0.0.1:8000/v2", true}, {"HTTP://127.0.0.1:8000", true}, {"http://127.0.0.1:8000/", true},
        {"http://127.0.0.1:8001/v1", false}, {"https://127.0.0.1:8000/v1", false}, {"http://127.0.0.2:8000/v1", false},
        {"http://127.0.0.1/v1", false}, {"http://localhost:8000/v1", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct provider_form form = form_of(id);
        struct check check;
        form.base_url = cases[i].url;
        if (cases[i].same) {
            must(provider_try(&change, id, &form, 200, &check, &err));
            must(provider_edit(&change, id, &form, &err));
            continue;
        }
        must_fail(provider_try(&change, id, &form, 200, &check, &err), ERR_INVALID);
        assert_string_equal(err.field, "secret");
        must_fail(provider_edit(&change, id, &form, &err), ERR_INVALID);
        assert_string_equal(err.field, "secret");
        assert_string_equal(err.message, "error.secret_again");
        form.secret = "sk-again-0123456789";
        must(provider_try(&change, id, &form, 200, &check, &err));
    }
    struct provider_form form = form_of(id);
    form.base_url = "http://127.0.0.9:1/";
    form.secret_remove = true;
    must(provider_edit(&change, id, &form, &err));
    form = form_of(id);
    form.base_url = "http://127.0.0.8:1/";
    must(provider_edit(&change, id, &form, &err));
}

static void test_trying(void **state)
{
    (void)state;
    const char *id = added("tried", "sk-tried-0123456789");
    struct provider_form form = form_of(id);
    struct check check;
    int64_t before = number("select count(*) from audit");
    must(provider_try(&change, id, NULL, 200, &check, &err));
    assert_string_equal(check.state, "bad");
    assert_true(*check.reason);
    must(provider_try(&change, NULL, &form, 200, &check, &err));
    form.base_url = "nonsense";
    must_fail(provider_try(&change, NULL, &form, 200, &check, &err), ERR_INPUT);
    must_fail(provider_try(&change, new_id(), NULL, 200, &check, &err), ERR_NOT_FOUND);
    assert_int_equal(number("select count(*) from audit"), before);
}

/* The first that may answer is the active one, also when it was added disabled and enabled later. */
static void test_the_first_enabled_is_active(void **state)
{
    (void)state;
    statement("update providers set active = false; delete from providers");
    change = change_new(a);
    struct provider_form form;
    struct provider_row row;
    const char *id;
    must(provider_defaults("ollama", &form, &err));
    form.name = "later";
    form.enabled = false;
    must(provider_add(&change, &form, &id, &err));
    must(providers_get(db, a, id, &row, &err));
    assert_false(row.active || row.enabled);
    must(provider_enable(&change, id, true, &err));
    must(providers_get(db, a, id, &row, &err));
    assert_true(row.active && row.enabled);
    assert_string_equal(snapshot_active(gate.snapshot)->id, id);
    must_fail(provider_remove(&change, id, &err), ERR_PROVIDER_ACTIVE);
    must(provider_enable(&change, id, false, &err));          /* then none is active, and it may go */
    assert_null(snapshot_active(gate.snapshot));
    must(provider_remove(&change, id, &err));
}

static void test_the_audit_shows_models(void **state)
{
    (void)state;
    struct list rows;
    const char *id = added("with models", NULL);
    struct provider_form form = form_of(id);
    form.models = names_of("m, n");
    form.models_given = true;
    must(provider_edit(&change, id, &form, &err));
    must(audit_list(db, a, &(struct audit_filter){.object_id = id, .limit = 1}, &rows, &err));
    const struct audit_row *row = rows.items;
    assert_string_equal(row->action, "provider.update");
    assert_non_null(strstr(row->before, "\"models\":\"\""));
    assert_non_null(strstr(row->after, "\"models\":\"m, n\""));
    /* thousands of long names still fit a row */
    struct list many = {0};
    for (int i = 0; i < 2000; i++)
        *(const char **)list_add(a, &many, sizeof(const char *)) = arena_printf(a, "%0190d-%d", 0, i);
    must(provider_set_models(&change, id, many, &err));
    assert_int_equal(number(arena_printf(a, "select count(*) from models where provider_id = '%s'", id)), 2000);
    must(audit_list(db, a, &(struct audit_filter){.object_id = id, .limit = 1}, &rows, &err));
    assert_non_null(strstr(((const struct audit_row *)rows.items)->after, "…"));
    must(provider_set_models(&change, id, (struct list){0}, &err));
    assert_int_equal(number(arena_printf(a, "select count(*) from models where provider_id = '%s'", id)), 0);
}

/* The type's own fields are checked whoever sends them, kept by every other edit, used at once, and shown before and after. */
static void test_options(void **state)
{
    (void)state;
    struct provider_form form;
    struct list rows;
    const char *id;
    must(provider_defaults("anthropic", &form, &err));
    form.name = "with options";
    static const char *const bad[] = {"{\"no_such\":\"x\"}", "{\"max_tokens\":\"many\"}", "{\"key_header\":\"cookie\"}"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        form.options = bad[i];
        must_fail(provider_add(&change, &form, &id, &err), ERR_INPUT);
        assert_int_equal(strncmp(err.field, "options.", 8), 0);
        assert_true(*err.allowed);
    }
    form.options = "{\"beta\":\"b-1\",\"max_tokens\":\"500\"}";
    must(provider_add(&change, &form, &id, &err));
    assert_string_equal(provider_option(snapshot_provider(gate.snapshot, id), "max_tokens"), "500");
    assert_string_equal(provider_option(snapshot_provider(gate.snapshot, id), "key_header"), "x-api-key");
    form = form_of(id);
    form.name = "renamed";
    must(provider_edit(&change, id, &form, &err));
    assert_string_equal(provider_option(snapshot_provider(gate.snapshot, id), "beta"), "b-1");
    form = form_of(id);
    form.options = "{\"max_tokens\":\"600\"}";
    must(provider_edit(&change, id, &form, &err));
    must(audit_list(db, a, &(struct audit_filter){.object_id = id, .limit = 1}, &rows, &err));
    const struct audit_row *row = rows.items;
    assert_non_null(strstr(row->before, "\"max_tokens\": \"500\""));
    assert_non_null(strstr(row->after, "\"max_tokens\": \"600\""));
    assert_null(strstr(row->after, "b-1"));
    form.options = bad[0];
    must_fail(provider_edit(&change, id, &form, &err), ERR_INPUT);
    assert_string_equal(provider_option(snapshot_provider(gate.snapshot, id), "max_tokens"), "600");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_sequence),
        cmocka_unit_test(test_secrets_are_nowhere),
        cmocka_unit_test(test_an_edit_of_nothing),
        cmocka_unit_test(test_a_secret_stays_at_its_address),
        cmocka_unit_test(test_trying),
        cmocka_unit_test(test_the_first_enabled_is_active),
        cmocka_unit_test(test_the_audit_shows_models),
        cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, begin, gate_end);
}
