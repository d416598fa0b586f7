/* SPDX-License-Identifier: MIT */
#include "net/sigv4.h"

#include "base/secret.h"
#include "gate_help.h"

/* The example of AWS's documentation: its secret, its day, an empty GET. */
#define EXAMPLE_SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
static const int64_t EXAMPLE_TIME = 1440938160000000;        /* 2015-08-30T12:36:00Z */

static const char *signature(const char *method, const char *url, const char *body, const char *type, const char *service)
{
    struct http_header headers[SIGV4_HEADERS], sent[] = {{"Content-Type", type}, {"X-Other", "never signed"}};
    struct http_request r = {.method = method, .url = url, .body = bytes_of(body), .headers = type ? sent : sent + 1, .headers_n = type ? 2 : 1};
    struct sigv4 s = {.region = "us-east-1", .service = service, .key_id = "AKIDEXAMPLE", .secret = secret_text(a, EXAMPLE_SECRET), .now = EXAMPLE_TIME};
    sigv4_sign(&s, &r, a, headers);
    assert_string_equal(headers[0].name, "X-Amz-Date");
    assert_string_equal(headers[0].value, "20150830T123600Z");
    assert_string_equal(headers[1].name, "Authorization");
    const char *start = arena_printf(a, "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/%s/aws4_request, SignedHeaders=%shost;x-amz-date, Signature=",
                                     service, type ? "content-type;" : "");
    assert_int_equal(strncmp(headers[1].value, start, strlen(start)), 0);
    assert_int_equal(strlen(headers[1].value), strlen(start) + 64);
    assert_null(strstr(headers[1].value, EXAMPLE_SECRET));
    return headers[1].value + strlen(start);
}

static void test_the_documented_one(void **state)
{
    (void)state;
    assert_string_equal(signature("GET", "https://example.amazonaws.com/", "", NULL, "service"),
                        "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

/* What does not change the request does not change the signature, and what does, does. */
static void test_what_is_signed(void **state)
{
    (void)state;
    const char *url = "https://h.example/model/a%3Ab/converse", *same = signature("POST", url, "{}", "application/json", "bedrock");
    assert_string_equal(signature("POST", "https://h.example:443/model/a%3Ab/converse", "{}", "application/json", "bedrock"), same);
    const struct { const char *method, *url, *body, *type, *service; } others[] = {
        {"GET", url, "{}", "application/json", "bedrock"}, {"POST", url, "{} ", "application/json", "bedrock"},
        {"POST", url, "{}", "text/plain", "bedrock"}, {"POST", url, "{}", NULL, "bedrock"}, {"POST", url, "{}", "application/json", "other"},
        {"POST", "https://h.example/model/a:b/converse", "{}", "application/json", "bedrock"},
        {"POST", "https://h.example/model/a%3Ac/converse", "{}", "application/json", "bedrock"},
        {"POST", "https://h.example:8443/model/a%3Ab/converse", "{}", "application/json", "bedrock"},
        {"POST", "https://i.example/model/a%3Ab/converse", "{}", "application/json", "bedrock"},
        {"POST", "http://h.example:443/model/a%3Ab/converse", "{}", "application/json", "bedrock"},
    };
    for (size_t i = 0; i < COUNT(others); i++)
        if (strcmp(signature(others[i].method, others[i].url, others[i].body, others[i].type, others[i].service), same) == 0)
            fail_msg("case %zu has the same signature", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_documented_one), cmocka_unit_test(test_what_is_signed)};
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
