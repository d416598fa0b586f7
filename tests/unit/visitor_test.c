/* SPDX-License-Identifier: MIT */
#include "console/visitor.h"

#include "gate/gate.h"
#include "gate/key.h"
#include "gate/who.h"
#include "snapshot_help.h"
#include "web_request.h"

static struct gate gate;
static struct route route = {.lane = LANE_RUNS, .may = KEY_HOLDER, .body_max = 1 << 20};
static char text[KEY_TEXT + 1], expired[KEY_TEXT + 1], admin[KEY_TEXT + 1];

static struct api_key_row row_of(const char *key, const char *role)
{
    char id[KEY_ID + 1];
    uint8_t hash[32];
    struct api_key_row row;
    assert_true(key_parse(key, id));
    key_hash((const uint8_t *)PEPPER, key, hash);
    row = key_row(arena_text(a, id), "[]");
    row.role = role;
    row.hash = hex_text((struct bytes){hash, 32}, a);
    return row;
}

static int begin(void **state)
{
    static struct settings_made settings;
    if (help_begin(state) != 0 || bare_start(state) != 0)
        return -1;
    struct keyring *ring = keyring_random(1);
    struct snapshot *snapshot;
    struct sealed_key_row sealed = pepper_row(ring);
    key_new(text);
    key_new(expired);
    key_new(admin);
    struct api_key_row keys[] = {row_of(text, "developer"), row_of(expired, "developer"), row_of(admin, "admin")};
    keys[1].expires_at = 1000000;
    struct snapshot_rows rows = {.keys = {keys, 3}, .sealed_keys = {&sealed, 1}};
    const char *path = in_folder("config.snap");
    must(settings_start(NULL, a, &settings, &err));
    must(snapshot_rows_save(&rows, ring, path, &err));
    must(snapshot_restore(path, &(struct snapshot_base){ring, &settings}, &snapshot, &err));
    lock_init(&gate.lock, "gate");
    gate_use(&gate, snapshot);
    return 0;
}

static int end(void **state)
{
    snapshot_drop(gate.snapshot);
    bare_stop(state);
    return help_end(state);
}

static struct request *request(struct param *headers, size_t n)
{
    struct request *rq = bare_request();
    rq->gate = &gate;
    rq->route = &route;
    rq->headers = headers;
    rq->headers_n = n;
    return rq;
}

static void test_keys(void **state)
{
    (void)state;
    char unknown[KEY_TEXT + 1];
    key_new(unknown);
    const char *wrong = arena_text(a, text);
    ((char *)(uintptr_t)wrong)[30] ^= 1;
    const struct { const char *name, *value; bool ok, who; } cases[] = {
        {"authorization", arena_printf(a, "Bearer %s", text), true, true},
        {"authorization", arena_printf(a, "bearer   %s", text), true, true},
        {"authorization", arena_printf(a, "BEARER %s", text), true, true},
        {"x-api-key", text, true, true},
        {"x-other", text, true, false},
        {"authorization", "", false, false},
        {"authorization", "Bearer ", false, false},
        {"authorization", "Bearer", false, false},
        {"authorization", text, true, true},
        {"authorization", arena_printf(a, "Basic %s", text), false, false},
        {"authorization", arena_printf(a, "Bearer %s, Bearer %s", text, text), false, false},
        {"authorization", arena_printf(a, "Bearer %s ", text), false, false},
        {"authorization", arena_printf(a, "Bearer %s", unknown), false, false},
        {"authorization", arena_printf(a, "Bearer %s", wrong), false, false},
        {"authorization", arena_printf(a, "Bearer %s", expired), false, false},
        {"x-api-key", "", false, false},
        {"x-api-key", "sk-0123456789", false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct param header = {cases[i].name, cases[i].value};
        struct request *rq = request(&header, 1);
        bool ok = visitor_identify(rq);
        if (ok != cases[i].ok || (rq->who != NULL) != cases[i].who)
            fail_msg("case %zu, %s: %s", i, cases[i].value, ok ? "let in" : rq->err.text);
        if (!ok) {
            assert_int_equal(rq->err.kind, ERR_UNAUTHENTICATED);
            assert_null(strstr(rq->err.text, "mgk_"));
            assert_null(strstr(rq->err.value, "mgk_"));
        } else if (rq->who) {
            assert_int_equal(rq->role, DEVELOPER);
            assert_int_equal(rq->who->role, ROLE_DEVELOPER);
            assert_non_null(rq->who->key);
            assert_string_equal(rq->who->user_name, "n");
        }
        assert_non_null(rq->lang);
        bare_drop(rq);
    }
    struct param both[] = {{"authorization", arena_printf(a, "Bearer %s", unknown)}, {"x-api-key", text}};
    struct request *rq = request(both, 2);
    assert_false(visitor_identify(rq));                      /* the first that is there counts */
    bare_drop(rq);
    struct param header = {"x-api-key", admin};
    rq = request(&header, 1);
    assert_true(visitor_identify(rq));
    assert_int_equal(rq->role, ADMIN);
    bare_drop(rq);
}

/* Cookies of sessions are not looked at where programs call: their doors never ask the database. */
static void test_no_sessions_at_the_doors(void **state)
{
    (void)state;
    struct param cookie = {"mg", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"};
    struct request *rq = request(NULL, 0);
    rq->cookies = &cookie;
    rq->cookies_n = 1;
    assert_true(visitor_identify(rq));
    assert_null(rq->who);
    bare_drop(rq);
}

static void test_language_and_theme(void **state)
{
    (void)state;
    const struct { const char *cookie, *accept, *theme_cookie, *lang, *theme; } cases[] = {
        {NULL, NULL, NULL, "en-US", "auto"},
        {NULL, "zh-CN,en;q=0.5", NULL, "zh-CN", "auto"},
        {NULL, "fr", "dark", "en-US", "dark"},
        {"zh-CN", "en-US", "light", "zh-CN", "light"},
        {"", "zh", "pink", "zh-CN", "auto"},
        {"xx", "zh", NULL, "zh-CN", "auto"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct param accept = {"accept-language", cases[i].accept};
        struct param cookies[2];
        struct request *rq = request(&accept, cases[i].accept ? 1 : 0);
        rq->cookies = cookies;
        if (cases[i].cookie)
            cookies[rq->cookies_n++] = (struct param){"mg_lang", cases[i].cookie};
        if (cases[i].theme_cookie)
            cookies[rq->cookies_n++] = (struct param){"mg_theme", cases[i].theme_cookie};
        assert_true(visitor_identify(rq));
        assert_string_equal(rq->lang->tag, cases[i].lang);
        assert_string_equal(rq->theme, cases[i].theme);
        rq->cookies_n = 0;
        bare_drop(rq);
    }
}

static void test_body_max(void **state)
{
    (void)state;
    const struct { enum lane lane; size_t of_route, of_setting, want; } cases[] = {
        {LANE_RUNS, 1 << 20, 4096, 4096}, {LANE_RUNS, 1024, 4096, 1024}, {LANE_RUNS, 0, 4096, 0}, {LANE_PAGES, 1 << 20, 4096, 1 << 20},
    };
    int64_t kept = gate.snapshot->settings.values.body_max;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct route one = {.lane = cases[i].lane, .body_max = cases[i].of_route};
        struct request *rq = request(NULL, 0);
        rq->route = &one;
        gate.snapshot->settings.values.body_max = (int64_t)cases[i].of_setting;
        assert_int_equal(visitor_body_max(rq), cases[i].want);
        bare_drop(rq);
    }
    gate.snapshot->settings.values.body_max = kept;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_no_sessions_at_the_doors),
        cmocka_unit_test(test_language_and_theme),
        cmocka_unit_test(test_body_max),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
