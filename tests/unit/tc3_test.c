/* SPDX-License-Identifier: MIT */
/* Signatures against values that Python's hashlib and hmac gave for the published rules; and against the rules themselves, step by step. */
#include "net/tc3.h"

#include "base/secret.h"
#include "gate_help.h"

static const struct {
    const char *url, *action, *key, *region, *body, *day, *signature;
    int64_t seconds;
} cases[] = {
    {"https://hunyuan.tencentcloudapi.com/", "ChatCompletions", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", "",
     "{\"Model\":\"hunyuan-lite\",\"Messages\":[{\"Role\":\"user\",\"Content\":\"月\"}]}", "2023-11-14",
     "9d3d0688c47f849b60252d104540201a5a7144265efad483cace3a63e4623f81", 1700000000},
    {"http://127.0.0.1:9100/", "GetTokenCount", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", "ap-guangzhou", "{}", "2024-02-29",
     "09f027c0d0c065258a2de696dca7ccbb23e33ef5a117b076f07a365b41481c7c", 1709251199},
    {"https://HUNYUAN.tencentcloudapi.com:443/", "GetEmbedding", "k", "", "", "2024-03-01",
     "2a05a3052a6d3968ab9148cb3104e7f9d25025b312501ac5bfa9e4721a8897be", 1709251200},
};

static size_t sign(size_t i, struct http_header headers[TC3_HEADERS])
{
    struct http_request request = {.url = cases[i].url, .body = bytes_of(cases[i].body)};
    struct tc3 tc3 = {.service = "hunyuan", .action = cases[i].action, .version = "2023-09-01", .region = cases[i].region, .key_id = "AKID",
                      .secret = secret_text(a, cases[i].key), .now = cases[i].seconds * 1000000 + 999999};
    return tc3_sign(&tc3, &request, a, headers);
}

static void test_known_signatures(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_header h[TC3_HEADERS];
        size_t n = sign(i, h);
        assert_int_equal(n, *cases[i].region ? 5 : 4);
        const char *const names[] = {"X-TC-Action", cases[i].action, "X-TC-Version", "2023-09-01", "X-TC-Timestamp", arena_printf(a, "%lld", (long long)cases[i].seconds)};
        for (size_t k = 0; k < 3; k++) {
            assert_string_equal(h[k].name, names[2 * k]);
            assert_string_equal(h[k].value, names[2 * k + 1]);
        }
        if (n == 5)
            assert_string_equal(h[3].value, cases[i].region);
        assert_string_equal(h[n - 1].name, "Authorization");
        assert_string_equal(h[n - 1].value, arena_printf(a, "TC3-HMAC-SHA256 Credential=AKID/%s/hunyuan/tc3_request, SignedHeaders=content-type;host;x-tc-action, "
                                                         "Signature=%s", cases[i].day, cases[i].signature));
    }
}

/* Whatever of the request changes, the signature does; and it never holds the key. */
static void test_what_is_signed(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int round = 0; round < 100; round++) {
        const char *key = arena_printf(a, "key%llu", (unsigned long long)random_next(&r)), *body = random_text(&r, 40), *seen[6];
        struct http_request request = {.url = "https://h/", .body = bytes_of(body)}, other = {.url = "https://i/", .body = bytes_of(body)};
        struct http_request longer = {.url = "https://h/", .body = bytes_of(arena_printf(a, "%s.", body))};
        struct tc3 tc3 = {.service = "hunyuan", .action = "A", .version = "v", .region = "", .key_id = "id", .secret = secret_text(a, key),
                          .now = (int64_t)random_below(&r, 2000000000) * 1000000};
        struct tc3 later = tc3, action = tc3, secret = tc3;
        struct http_header h[TC3_HEADERS];
        later.now += 1000000;
        action.action = "B";
        secret.secret = secret_text(a, arena_printf(a, "%s.", key));
        const struct { const struct tc3 *tc3; const struct http_request *request; } ways[] = {
            {&tc3, &request}, {&tc3, &other}, {&tc3, &longer}, {&later, &request}, {&action, &request}, {&secret, &request}};
        for (size_t i = 0; i < COUNT(ways); i++) {
            size_t n = tc3_sign(ways[i].tc3, ways[i].request, a, h);
            seen[i] = strstr(h[n - 1].value, "Signature=");
            assert_non_null(seen[i]);
            assert_null(strstr(h[n - 1].value, key));
            for (size_t k = 0; k < i; k++)
                assert_string_not_equal(seen[i], seen[k]);
        }
        assert_int_equal(tc3_sign(&tc3, &request, a, h), 4);
        assert_string_equal(strstr(h[3].value, "Signature="), seen[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known_signatures), cmocka_unit_test(test_what_is_signed)};
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
