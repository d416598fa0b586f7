/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "property.h"

#define OWN_SECRET "0123456789abcdefghijABCDEFGHIJ0123456789abcdefghi"

static void test_cases(void **state)
{
    (void)state;
    static const struct {
        const char *text, *redacted;
    } cases[] = {
        /* our own keys keep their public part */
        {"key mgk_AbCdEf123456_" OWN_SECRET " end", "key mgk_AbCdEf123456_[redacted] end"},
        {"mgk_AbCdEf123456", "mgk_AbCdEf123456"},
        {"mgk_AbCdEf123456, and more", "mgk_AbCdEf123456, and more"},
        {"mgk_AbCdEf_123", "mgk_[redacted]"},
        {"mgk_AbCdEf1234567890123", "mgk_[redacted]"},
        {"xmgk_AbCdEf123456_" OWN_SECRET, "xmgk_AbCdEf123456_[redacted]"},
        {"mgs_abcdefghijkl", "[redacted]"},
        /* others' */
        {"sk-proj-abcdef", "[redacted]"},
        {"task-force disk-usage sk-abcdefghij", "task-force disk-usage [redacted]"},
        {"密钥sk-abcdefghij，请检查", "密钥[redacted]，请检查"},
        {"Incorrect API key provided: abcdefgh. You can", "Incorrect API key provided: *** You can"},
        {"hf_abcdefghijkl eyJhbGciOiJI.eyJzdWIi.x AKIAIOSFODNN7", "[redacted] [redacted] [redacted]"},
        {"-----BEGIN RSA PRIVATE KEY-----\nMIIE", "[redacted]"},
        {"a run of ABCDEFGHabcdefgh12345678ABCDEFGH", "a run of [redacted]"},
        /* headers */
        {"Authorization: Bearer abc def", "Authorization: [redacted]"},
        {"got Bearer abcdefghijk and", "got Bearer [redacted] and"},
        {"\x1b[31mpass\x1b[0mword=\x1b[1mabcdefghijk\x1b[0m", "\x1b[31mpass\x1b[0mword=[redacted]"},
        {"bearer\tabcdefghijk and", "bearer[redacted] and"},
        {"Bearer%20abcdefghijk and", "Bearer%20[redacted] and"},
        {"Basic dXNlcjpwYXNz and", "Basic [redacted] and"},
        {"Basic auth failed", "Basic auth failed"},
        {"x-api-key: abcdefghijk and", "x-api-key: [redacted] and"},
        {"X-Goog-Api-Key:abcdefghijk", "X-Goog-Api-Key:[redacted]"},
        {"Cookie: a=b; c=d; e=f", "Cookie: [redacted]"},
        {"set-cookie: sid=abc; Path=/", "set-cookie: [redacted]"},
        /* queries, forms, conninfo, JSON, shells */
        {"GET /v1?key=abcdefghijk&x=1 HTTP", "GET /v1?key=[redacted]&x=1 HTTP"},
        {"?api_key=ab%20cdefghi&model=m", "?api_key=[redacted]&model=m"},
        {"?q=token%3Dabcdefghijk x", "?q=token%3D[redacted] x"},
        {"password=hunter2hunter2 user=bob", "password=[redacted] user=bob"},
        {"password='hunter two two' user=bob", "password='[redacted]' user=bob"},
        {"{\"password\":\"a\\\"b, cdefghi\",\"user\":\"bob\"}", "{\"password\":\"[redacted]\",\"user\":\"bob\"}"},
        {"{\\\"token\\\": \\\"abcdefghijk\\\", \\\"n\\\":1}", "{\\\"token\\\": \\\"[redacted]\", \\\"n\\\":1}"},
        {"apiKey: 'abcdefghijk'", "apiKey: '[redacted]'"},
        {"{\"auth\": \"abcdefghijk\"}", "{\"auth\": \"[redacted]\"}"},
        {"headers['x-api-key'] = abcdefghijk", "headers['x-api-key'] = [redacted]"},
        {"client_secret=abcdefghijk&id=1", "client_secret=[redacted]&id=1"},
        {"PGPASSWORD=abcdefghijk psql", "PGPASSWORD=[redacted] psql"},
        {"password=密码abc密码 next", "password=[redacted] next"},
        {"pwd=short", "pwd=***"},
        {"pwd=ab", "pwd=**"},
        {"pwd=", "pwd="},
        {"password=&user=bob", "password=&user=bob"},
        /* user information in addresses */
        {"postgres://user:password@h:5432/db", "postgres://[redacted]@h:5432/db"},
        {"postgres://user:pa/ss:wo@rd@h/db x", "postgres://[redacted]@h/db x"},
        {"postgres://user:passwo", "postgres://[redacted]"},
        {"redis://:passwordpass@h", "redis://[redacted]@h"},
        {"https://username12@host/x@y", "https://[redacted]@host/x@y"},
        {"http://127.0.0.1:8080/v1?a=b refused", "http://127.0.0.1:8080/v1?a=b refused"},
        {"http://user:1234/5678@h/ refused", "http://[redacted]@h/ refused"},
        {"(http://127.0.0.1:8080), http://h:80.", "(http://127.0.0.1:8080), http://h:80."},
        {"http://localhost:11434: refused", "http://localhost:11434: refused"},
        {"\"http://localhost:11434\", \"x@y\"", "\"http://localhost:11434\", \"x@y\""},
        {"http://[::1]:8080/ refused", "http://[::1]:8080/ refused"},
        /* what is to stay */
        {"", ""},
        {"prompt_tokens=12 max_tokens: 5 monkey=1", "prompt_tokens=12 max_tokens: 5 monkey=1"},
        {"duplicate key value: Key (name)=(foo)", "duplicate key value: Key (name)=(foo)"},
        {"018c7f3e-1c2b-7abc-8def-0123456789ab", "018c7f3e-1c2b-7abc-8def-0123456789ab"},
        {"Qwen2.5-72B-Instruct-GPTQ-Int4-and-longer-still", "Qwen2.5-72B-Instruct-GPTQ-Int4-and-longer-still"},
        {"无法连接：127.0.0.1:11434，请稍后", "无法连接：127.0.0.1:11434，请稍后"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[200];
        snprintf(text, sizeof(text), "%s", cases[i].text);
        log_redact(text);
        if (strcmp(text, cases[i].redacted) != 0)
            fail_msg("%s\nbecame %s\nnot    %s", cases[i].text, text, cases[i].redacted);
        log_redact(text);
        if (strcmp(text, cases[i].redacted) != 0)
            fail_msg("%s\nbecame %s the second time", cases[i].redacted, text);
    }
}

static void test_long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    char text[5000];
    for (size_t first = 0; first < 4; first++) {
        memset(text, 'x', first);
        for (size_t i = first; i < sizeof(text) - 1; i++)
            text[i] = "月"[(i - first) % 3];
        text[sizeof(text) - 1] = '\0';
        log_redact(text);
        size_t n = strlen(text);
        assert_in_range(n, 1990, 2000);
        assert_int_equal((n - first) % 3, 0);
    }
}

/* ---- the property: whatever shape a secret comes in, no six of its characters in a row reach the line ---- */

enum { PLANTED = 600, PIECE = 6 };

static const char base62[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
static const char written_in_passwords[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%^*()_+-/:;<>,.?~|[]{}=@";

static const struct {
    const char *format;                 /* %s is the secret */
    const char *alphabet;
    size_t n;                           /* of the secret; 0 = any length from 8 */
    bool split_name;                    /* odd characters may also stand in what comes before it */
} shapes[] = {
    {"mgk_AbCdEf123456_%s", base62, 49, true},
    {"the key mgk_AbCdEf123456_%s is revoked", base62, 49, true},
    {"mgs_%s", base62, 43, true},
    {"using sk-%s", base62, 48, true},
    {"(sk-proj-%s)", base62, 0, true},
    {"Authorization: Bearer %s", base62, 0, true},
    {"> authorization: Basic %s\n> accept: */*", base62, 0, true},
    {"upstream got Bearer %s and refused", base62, 0, true},
    {"Basic dXNl%s", base62, 0, true},
    {"x-api-key: %s", written_in_passwords, 0, true},
    {"X-API-KEY : %s, host: example.org", base62, 0, true},
    {"api-key=%s", written_in_passwords, 0, true},
    {"GET https://example.org/v1?key=%s&alt=sse", base62, 0, false},
    {"https://example.org/v1?alt=sse&api_key=%s", base62, 0, true},
    {"\"https://example.org/v1?api_key=%s\", line 3", base62, 0, true},
    {"host=/run/db password=%s user=moongate", written_in_passwords, 0, true},
    {"password='%s' user=moongate", written_in_passwords, 0, true},
    {"{\"user\":\"ann\",\"password\":\"%s\",\"a\":1}", written_in_passwords, 0, true},
    {"{\\\"client_secret\\\":\\\"%s\\\"}", base62, 0, true},
    {"secret=%s", written_in_passwords, 0, true},
    {"Token: %s", base62, 0, true},
    {"csrf_token=%s&name=x", base62, 0, true},
    {"Cookie: theme=dark; mg_session=%s; lang=zh-CN", written_in_passwords, 0, true},
    {"Set-Cookie: mg_session=%s; HttpOnly", base62, 0, true},
    {"postgresql://moongate:%s@db.example.org:5432/moongate", written_in_passwords, 0, false},
    {"proxy http://%s@proxy:3128/ refused", base62, 0, false},
    {"cannot connect to amqp://u:%s@mq: timeout", written_in_passwords, 0, false},
};

static const char *const odd[] = {"\x01", "\x1b", "\r", "\n", "\t", "\x7f", "\xff", "\xc3", "\xe2\x80\x8b", "\xc2\xad",
                                  "\xef\xbb\xbf", "中", "\xe2\x80\xae", "\x1b[0m"};

/* ${text} with an odd piece put in at a random place; no second one, which might take an escape apart. */
static void split(struct random *r, char *text, size_t room)
{
    if (strchr(text, '\x1b'))
        return;
    const char *piece = odd[random_below(r, COUNT(odd))];
    size_t n = strlen(text), m = strlen(piece), at = random_below(r, n + 1);
    assert_true(n + m < room);
    memmove(text + at + m, text + at, n - at + 1);
    memcpy(text + at, piece, m);
}

static void draw_secret(struct random *r, const char *alphabet, size_t n, char *out)
{
    n = n ? n : 8 + random_below(r, 40);
    for (size_t i = 0; i < n; i++)
        out[i] = alphabet[random_below(r, strlen(alphabet))];
    out[0] = base62[random_below(r, 62)];
    out[n] = '\0';
}

/* The shape with the secret in it, in two cases of three with odd pieces in its name, in itself, or in both. */
static void plant(struct random *r, size_t shape, const char *secret, char *text, size_t room)
{
    const char *format = shapes[shape].format, *hole = strstr(format, "%s");
    char name[200], broken[200];
    assert_non_null(hole);
    snprintf(name, sizeof(name), "%.*s", (int)(hole - format), format);
    snprintf(broken, sizeof(broken), "%s", secret);
    if (random_below(r, 3) == 0 && shapes[shape].split_name)
        split(r, name, sizeof(name));
    for (size_t i = random_below(r, 3); i > 0; i--)
        split(r, broken, sizeof(broken));
    snprintf(text, room, "%s%s%s", name, broken, hole + 2);
}

static void write_somewhere(struct random *r, const char *text)
{
    struct err err = {.kind = ERR_NONE};
    struct log log = {.request_id = text, .user = "ann"};
    switch (random_below(r, 6)) {
    case 0:
        log_info(NULL, "request failed", "reason=%s status=%d", text, 500);
        break;
    case 1:
        log_info(NULL, "request failed", "reason=\"provider said: %s\" status=%d", text, 500);
        break;
    case 2:
        fail(&err, ERR_UPSTREAM, "provider said: %.150s", text);
        log_err(NULL, LOG_ERROR, "request failed", &err);
        break;
    case 3:
        fail_field(&err, "base_url", text, "a URL");
        log_err(&(struct log){.route = "/admin/config/llm"}, LOG_WARN, "request failed", &err);
        break;
    case 4:
        log_warn(&log, "request failed");
        break;
    default:
        log_say(LOG_ERROR, NULL, text);
    }
}

static const char *leaked(const char *line, const char *secret)
{
    for (size_t i = 0; i + PIECE <= strlen(secret); i++) {
        char piece[PIECE + 1];
        memcpy(piece, secret + i, PIECE);
        piece[PIECE] = '\0';
        if (strstr(line, piece))
            return secret + i;
    }
    return NULL;
}

static void test_property_no_planted_secret_is_printed(void **state)
{
    (void)state;
    struct random r = random_start();
    int written = memfd_create("log", MFD_CLOEXEC);
    assert_true(written >= 0);
    log_open(written, LOG_INFO);
    for (size_t i = 0; i < PLANTED; i++) {
        size_t shape = i % COUNT(shapes);
        char secret[64], text[512], line[PIPE_BUF + 1];
        draw_secret(&r, shapes[shape].alphabet, shapes[shape].n, secret);
        plant(&r, shape, secret, text, sizeof(text));
        write_somewhere(&r, text);
        ssize_t n = pread(written, line, sizeof(line) - 1, 0);
        assert_true(n > 0);
        line[n] = '\0';
        struct json v;
        struct err err;
        if (!json_check((struct bytes){(uint8_t *)line, (size_t)n}, NULL, &v, &err))
            fail_msg("case %zu: %s: %s", i, err.text, line);
        const char *piece = leaked(line, secret);
        if (piece)
            fail_msg("case %zu: %s\nof %s\nin %s", i, piece, text, line);
        assert_int_equal(ftruncate(written, 0), 0);
        assert_int_equal(lseek(written, 0, SEEK_SET), 0);
    }
    log_open(STDERR_FILENO, LOG_INFO);
    close(written);
}

static void test_property_a_second_time_changes_nothing(void **state)
{
    (void)state;
    struct random r = random_start();
    for (size_t i = 0; i < PLANTED; i++) {
        size_t shape = i % COUNT(shapes);
        char secret[64], text[512], once[512];
        draw_secret(&r, base62, shapes[shape].n, secret);     /* which has no "pw=" of its own at its end */
        plant(&r, shape, secret, text, sizeof(text));
        size_t before = strlen(text);
        log_redact(text);
        assert_true(strlen(text) <= before);
        snprintf(once, sizeof(once), "%s", text);
        log_redact(text);
        assert_string_equal(text, once);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_long_texts_are_cut_between_characters),
        cmocka_unit_test(test_property_no_planted_secret_is_printed),
        cmocka_unit_test(test_property_a_second_time_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
