/* SPDX-License-Identifier: MIT */
#include "gate/run.h"

#include "gate/gate.h"
#include "gate_help.h"
#include "net/http.h"
#include "spool/spool.h"

static struct gate gate;

static struct run *run_made(const struct key *key)
{
    struct identity who = {.key = key, .user_name = "someone"};
    struct run_start start = {.api = "openai.chat", .request_id = "r-1", .remote_addr = "192.0.2.1", .who = &who, .data_class = CLASS_CONFIDENTIAL,
                              .policy_profile = "strict", .sovereign = true, .started = 1, .started_wall = 2};
    return run_new(&gate, a, NULL, &start);
}

static const char *header(const struct http_header *headers, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(headers[i].name, name) == 0)
            return headers[i].value;
    return NULL;
}

static void test_headers(void **state)
{
    (void)state;
    struct http_header headers[RUN_HEADERS];
    struct key key = {.id = "abc", .name = "k"};
    struct run *run = run_made(&key);
    size_t n = run_headers(run, headers);
    assert_string_equal(headers[0].name, "X-Run-Id");
    assert_string_equal(headers[0].value, run->entry.run.id);
    assert_string_equal(header(headers, n, "X-Data-Class"), "confidential");
    assert_string_equal(header(headers, n, "X-Policy-Profile"), "strict");
    assert_string_equal(header(headers, n, "X-Sovereign-Mode"), "true");
    assert_null(header(headers, n, "X-Moongate-Provider"));
    assert_string_equal(run->entry.run.key_id, "abc");

    run->entry.run.provider_name = "本地\r\nX-Evil: 1";
    run->entry.run.actual_model = "模型";
    run->entry.run.model_tier = "general";
    run->entry.run.is_local = true;
    n = run_headers(run, headers);
    assert_true(n <= RUN_HEADERS);
    assert_string_equal(header(headers, n, "X-Moongate-Provider"), "%E6%9C%AC%E5%9C%B0%0D%0AX-Evil:%201");
    assert_string_equal(header(headers, n, "X-Moongate-Model"), "%E6%A8%A1%E5%9E%8B");
    assert_string_equal(header(headers, n, "X-Moongate-Local"), "true");
    assert_string_equal(header(headers, n, "X-Moongate-Tier"), "general");
    assert_string_equal(header(headers, n, "X-Moongate-Attempts"), "1");
}

/* A refused run leaves one record and no reservation, also when the record cannot be written. */
static void test_refused(void **state)
{
    (void)state;
    static const uint8_t key[CRYPTO_KEY] = {1};
    struct spool_options options = {.folder = in_folder("spool"), .segment_bytes = 4 << 20, .max_bytes = 64 << 20, .refuse_percent = 90, .key = key,
                                    .kid = 1};
    struct spool_status status;
    must(spool_open(&options, &gate.spool, &err));
    spool_status(gate.spool, &status);
    uint64_t reserved = status.reserved;

    struct run *run = run_made(NULL);
    fail(&err, ERR_FORBIDDEN, "no");
    run_refuse(run, &err);
    spool_status(gate.spool, &status);
    assert_int_equal(status.reserved, reserved);
    assert_int_equal(status.waiting, 1);
    assert_string_equal(run->entry.run.status, "refused");
    assert_int_equal(run->entry.run.http_status, 403);
    assert_string_equal(run->entry.run.error_code, "forbidden");

    run = run_made(NULL);
    char *lengthy = arena_alloc(a, (2 << 20) + 1);
    memset(lengthy, 'x', 2 << 20);
    run->entry.run.dropped = lengthy;
    run_refuse(run, &err);
    spool_status(gate.spool, &status);
    assert_int_equal(status.reserved, reserved);
    assert_int_equal(status.waiting, 1);
    spool_close(gate.spool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
