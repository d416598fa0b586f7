/* SPDX-License-Identifier: MIT */
#include "console/doer.h"

#include <string.h>

#include "base/base.h"
#include "property.h"

static void test_paths_of_ours(void **state)
{
    (void)state;
    static const char *const ours[] = {"/admin/", "/admin/runs?window=7d&status=ok", "/admin/providers/01a1fb80-881c-7001-910e-b9f3e1f9120c/edit"};
    static const char *const others[] = {
        NULL, "", "/", "//evil.example/", "https://evil.example/", "/\\evil.example", "/admin", "/administrator/", "admin/", "/admin/\\evil",
        "/admin/ x", "/admin/\r\nSet-Cookie: a=b", "/admin/\x7f", "/admin/\xc3\xa9", "javascript:alert(1)", "/v1/models",
    };

    for (size_t i = 0; i < COUNT(ours); i++)
        assert_string_equal(safe_path(ours[i], "/admin/"), ours[i]);
    for (size_t i = 0; i < COUNT(others); i++)
        assert_string_equal(safe_path(others[i], "/admin/x"), "/admin/x");
}

/* Whatever comes in, what goes out begins with /admin/ and is printable ASCII without spaces and backslashes. */
static void test_any_path(void **state)
{
    (void)state;
    static const char *const pieces[] = {"/admin/", "//", "\\", "%2f", "..", "http:", "\n", "a", "?", "#", "@", "é", " "};
    struct random r = random_start();

    for (int i = 0; i < 1000; i++) {
        char path[128] = "";
        size_t n = random_below(&r, 8);

        for (size_t k = 0; k < n; k++)
            strncat(path, pieces[random_below(&r, COUNT(pieces))], sizeof(path) - strlen(path) - 1);
        const char *safe = safe_path(path, "/admin/");

        assert_int_equal(strncmp(safe, "/admin/", 7), 0);
        for (const char *p = safe; *p; p++)
            assert_true(*p > ' ' && *p < 0x7f && *p != '\\');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_paths_of_ours), cmocka_unit_test(test_any_path)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
