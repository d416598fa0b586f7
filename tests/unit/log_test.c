/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/metrics.h"
#include "property.h"

static int written = -1;                /* what log writes to */
static char line[PIPE_BUF + 1];         /* what it wrote last */

/* Every line must be one JSON object of at most PIPE_BUF bytes, and one line. */
static struct json last_line(void)
{
    struct json value;
    struct err err;
    ssize_t n = pread(written, line, sizeof(line), 0);
    assert_in_range(n, 3, PIPE_BUF);
    line[n] = '\0';
    assert_int_equal(line[n - 1], '\n');
    assert_ptr_equal(strchr(line, '\n'), line + n - 1);
    for (ssize_t i = 0; i < n - 1; i++)
        assert_true((uint8_t)line[i] >= 0x20 && line[i] != 0x7F);
    if (!json_check((struct bytes){(uint8_t *)line, (size_t)n - 1}, NULL, &value, &err))
        fail_msg("%s: %s", err.text, line);
    assert_int_equal(json_kind(value), JSON_OBJECT);
    assert_int_equal(ftruncate(written, 0), 0);
    assert_int_equal(lseek(written, 0, SEEK_SET), 0);
    return value;
}

static bool wrote_nothing(void)
{
    return lseek(written, 0, SEEK_END) == 0;
}

static void assert_member(struct json object, const char *name, const char *text)
{
    struct json v = json_member(object, name);
    if (!json_equal(v, text))
        fail_msg("%s is not %s in %s", name, text, line);
}

static void assert_number(struct json object, const char *name, const char *text)
{
    struct json v = json_member(object, name);
    if (json_kind(v) != JSON_NUMBER || !bytes_equal_text(json_bytes(v), text))
        fail_msg("%s is not the number %s in %s", name, text, line);
}

static int start(void **state)
{
    (void)state;
    written = memfd_create("log", MFD_CLOEXEC);
    log_open(written, LOG_DEBUG);
    return written < 0;
}

static int end(void **state)
{
    (void)state;
    log_open(STDERR_FILENO, LOG_INFO);
    return close(written);
}

static void test_a_line(void **state)
{
    (void)state;
    struct log log = {.run_id = "018c7f3e-1c2b-7abc-8def-0123456789ab", .request_id = "r-1", .key_id = "k", .user = "ann",
                      .route = "/v1/models"};
    log_warn(&log, "provider answered", "provider=%s status=%d", "openai", 503);
    struct json v = last_line();
    assert_memory_equal(line, "{\"time\":\"20", 11);
    int64_t micros;
    struct arena *a = arena_new();
    assert_true(clock_parse(json_string(json_member(v, "time"), a), &micros));
    assert_true(llabs(clock_wall() - micros) < 60 * INT64_C(1000000));
    arena_free(a);
    assert_string_equal(strstr(line, ",\"level\""),
                        ",\"level\":\"warn\",\"message\":\"provider answered\",\"run_id\":\"018c7f3e-1c2b-7abc-8def-0123456789ab\","
                        "\"request_id\":\"r-1\",\"key_id\":\"k\",\"user\":\"ann\",\"route\":\"/v1/models\",\"provider\":\"openai\","
                        "\"status\":503}\n");
}

static void test_without_scope_or_pairs(void **state)
{
    (void)state;
    log_info(NULL, "hello");
    last_line();
    assert_string_equal(strstr(line, ",\"level\""), ",\"level\":\"info\",\"message\":\"hello\"}\n");
    log_error(&(struct log){.user = ""}, "hello", " ");
    last_line();
    assert_string_equal(strstr(line, ",\"level\""), ",\"level\":\"error\",\"message\":\"hello\"}\n");
    log_say(LOG_DEBUG, NULL, "bye");
    assert_member(last_line(), "level", "debug");
}

static int evaluated;

static int evaluate(void)
{
    return ++evaluated;
}

static void test_levels(void **state)
{
    (void)state;
    log_open(written, LOG_WARN);
    log_debug(NULL, "off", "n=%d", evaluate());
    log_info(NULL, "off", "n=%d", evaluate());
    log_write(LOG_INFO, NULL, "off", "n=%d", 1);
    log_say(LOG_INFO, NULL, "off");
    log_err(NULL, LOG_INFO, "off", &(struct err){.kind = ERR_INPUT});
    assert_true(wrote_nothing());
    assert_int_equal(evaluated, 0);
    assert_int_equal(log_level_now(), LOG_WARN);
    log_warn(NULL, "on", "n=%d", evaluate());
    assert_number(last_line(), "n", "1");
    log_open(written, LOG_DEBUG);
    log_debug(NULL, "on");
    last_line();
}

static void test_numbers(void **state)
{
    (void)state;
    log_info(NULL, "n", "a=%d b=%" PRId64 " c=%" PRIu64 " d=%zu e=%ld f=%hhd g=%hu h=%zd i=%jd", -1, INT64_MIN, UINT64_MAX,
             (size_t)7, 8L, (signed char)-9, (unsigned short)10, (ssize_t)-11, (intmax_t)12);
    struct json v = last_line();
    static const char *const numbers[] = {"-1", "-9223372036854775808", "18446744073709551615", "7", "8", "-9", "10", "-11",
                                          "12"};
    for (size_t i = 0; i < COUNT(numbers); i++)
        assert_number(v, (char[]){(char)('a' + i), '\0'}, numbers[i]);
    log_info(NULL, "n", "a=%.2f b=%f c=%.0f d=%.1f e=%g x=%x y=%04d z=%d%%", 1.5, 0.1, 2.0, 1e300, -0.25, 255U, 7, 12);
    v = last_line();
    assert_number(v, "a", "1.50");
    assert_number(v, "b", "0.100000");
    assert_number(v, "c", "2");
    assert_number(v, "d", "1e+300");
    assert_number(v, "e", "-0.25");
    assert_member(v, "x", "ff");
    assert_member(v, "y", "0007");
    assert_member(v, "z", "12%");
    log_info(NULL, "n", "a=%f b=%f c=%s d=%c e=%i%s f=%+d g=%*d h=%Lg i=%o", (double)NAN, (double)-INFINITY, "12", 'q', 5, "ms",
             3, 4, 6, 2.5L, 8U);
    v = last_line();
    assert_member(v, "a", "nan");
    assert_member(v, "b", "-inf");
    assert_member(v, "c", "12");                        /* a text stays a text, whatever is in it */
    assert_member(v, "d", "q");
    assert_member(v, "e", "5ms");
    assert_member(v, "f", "+3");
    assert_member(v, "g", "   6");
    assert_number(v, "h", "2.5");
    assert_member(v, "i", "10");
}

static void test_pairs_are_read_from_the_format(void **state)
{
    (void)state;
    const char *forged = "x level=error user=root \" status=200";
    log_info(NULL, "m", "reason=%s text=\"%s and so on\" url=%s more=%.*s cut=%.2s", forged, forged, "http://h/?a=b c=d", 3,
             "abcdef", "xyz");
    struct json v = last_line();
    assert_member(v, "level", "info");
    assert_member(v, "reason", forged);
    assert_member(v, "text", "x level=error user=root \" status=200 and so on");
    assert_member(v, "url", "http://h/?a=b c=d");
    assert_member(v, "more", "abc");
    assert_member(v, "cut", "xy");
    assert_int_equal(json_count(v), 8);
    const char *volatile nothing = NULL;
    log_info(NULL, "m", "a=%s b=two words c=%s d= e=1", nothing, "");
    v = last_line();
    assert_member(v, "a", "(null)");
    assert_member(v, "b", "two words");
    assert_member(v, "c", "");
    assert_member(v, "d", "");
    assert_member(v, "e", "1");
    log_info(NULL, "m", "%d things a=%d", 3, 4);
    v = last_line();
    assert_member(v, "detail", "3 things");
    assert_number(v, "a", "4");
}

static void test_names_twice(void **state)
{
    (void)state;
    log_info(&(struct log){.user = "ann"}, "m", "time=%d user=%s a=%d a=%d", 1, "bob", 2, 3);
    struct json v = last_line();
    assert_int_equal(json_count(v), 8);
    assert_member(v, "user", "ann");
    assert_member(v, "user_6", "bob");
    assert_number(v, "a_8", "3");
}

static void test_one_line_whatever_is_in_it(void **state)
{
    (void)state;
    log_info(&(struct log){.request_id = "a\r\nb\x1b[2Jc\x7f"}, "m", "v=%s",
             "\xff\xc0\x80 \xe2\x80\xa8 \xe2\x80\xae \xc2\x9b 中文 \"\\");
    struct json v = last_line();
    assert_member(v, "request_id", "a\r\nb\x1b[2Jc\x7f");
    assert_non_null(strstr(line, "\"v\":\"\\ufffd\\ufffd\\ufffd \\u2028 \\u202e \\u009b 中文 \\\"\\\\\""));
}

static void test_long_values_are_shortened(void **state)
{
    (void)state;
    char text[10000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    log_info(NULL, "m", "a=%s z=%d", text, 1);
    struct json v = last_line();
    assert_in_range(json_member(v, "a").n, 900, 1010);
    assert_memory_equal(json_member(v, "a").p + json_member(v, "a").n - 4, "…\"", 4);
    assert_number(v, "z", "1");
    log_info(NULL, "m", "a=%s b=%s c=%s d=%s e=%s f=%s z=%d", text, text, text, text, text, text, 1);
    v = last_line();
    assert_true(json_is_true(json_member(v, "cut")));
    for (size_t n = 960; n < 1010; n++) {               /* never in the middle of a character */
        for (size_t i = 0; i < n; i++)
            text[i] = "中"[i % 3];
        text[n - n % 3] = '\0';
        log_info(NULL, "m", "a=%s", text);
        last_line();
    }
    for (size_t n = 0; n < 1100; n += 7) {              /* nor of an escape */
        memset(text, '\x01', n);
        text[n] = '\0';
        log_info(NULL, "m", "a=%s b=%s c=%s d=%s e=%s f=%s", text, text, text, text, text, text);
        last_line();
    }
}

static void test_errors(void **state)
{
    (void)state;
    struct err err;
    fail_field(&err, "port", "70000", "1–65535");
    log_err(&(struct log){.user = "ann"}, LOG_WARN, "setting refused", &err);
    struct json v = last_line();
    assert_member(v, "level", "warn");
    assert_member(v, "error", "input");
    assert_member(v, "field", "port");
    assert_member(v, "value", "70000");
    assert_member(v, "text", err.text);
    fail(&err, ERR_DATABASE, "cannot connect to %s", "postgres://app:hunter2@db/moongate");
    log_err(NULL, LOG_ERROR, "no database", &err);
    assert_member(last_line(), "text", "cannot connect to postgres://[redacted]@db/moongate");
}

static void test_secret_members(void **state)
{
    (void)state;
    log_info(NULL, "m", "password=%s api_key=%s key=%s token=%d tokens=%d first_token_us=%d auth=\"%s\"", "hunter two",
             "three four", "mgk_AbCdEf123456_0123456789abcdefghijABCDEFGHIJ", 5, 6, 7, "Basic x");
    struct json v = last_line();
    assert_member(v, "password", "[redacted]");
    assert_member(v, "api_key", "[redacted]");
    assert_member(v, "key", "mgk_AbCdEf123456_[redacted]");
    assert_number(v, "token", "5");
    assert_number(v, "tokens", "6");
    assert_member(v, "auth", "[redacted]");
}

static void test_errno_is_kept(void **state)
{
    (void)state;
    errno = ENOENT;
    log_info(NULL, "m", "a=%s", "b");
    assert_int_equal(errno, ENOENT);
    last_line();
}

static void test_lost_lines_are_counted(void **state)
{
    (void)state;
    int64_t metric = metric_get(METRIC_log_lines_lost_total);
    uint64_t lost = log_lines_lost();
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0)
        skip();
    log_open(full, LOG_INFO);
    log_info(NULL, "nobody reads this");
    log_info(NULL, "nor", "this=%d", 1);
    log_open(written, LOG_DEBUG);
    close(full);
    assert_int_equal(log_lines_lost() - lost, 2);
    assert_int_equal(metric_get(METRIC_log_lines_lost_total) - metric, 2);
    assert_true(wrote_nothing());
}

/* A pipe that is full and does not block is waited for, a little. */
static void test_a_full_pipe(void **state)
{
    (void)state;
    int ends[2];
    char drain[4096];
    uint64_t lost = log_lines_lost();
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    log_open(ends[1], LOG_INFO);
    for (int i = 0; i < 10000 && log_lines_lost() == lost; i++)
        log_info(NULL, "filling the pipe", "i=%d", i);
    assert_int_equal(log_lines_lost(), lost + 1);
    while (read(ends[0], drain, sizeof(drain)) > 0)
        ;
    log_info(NULL, "room again");
    assert_true(read(ends[0], drain, sizeof(drain)) > 0);
    log_open(written, LOG_DEBUG);
    close(ends[0]);
    close(ends[1]);
}

enum { THREADS = 4, LINES = 200 };

static void *talk(void *arg)
{
    for (int i = 0; i < LINES; i++)
        log_info(&(struct log){.user = arg}, "talking", "i=%d text=%0400d", i, 0);
    return NULL;
}

static void test_lines_of_threads_stay_whole(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fcntl(fileno(file), F_SETFL, O_APPEND), 0);
    log_open(fileno(file), LOG_INFO);
    pthread_t threads[THREADS];
    char names[THREADS][2] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, talk, names[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    log_open(written, LOG_DEBUG);
    rewind(file);
    char text[PIPE_BUF];
    int lines = 0;
    while (fgets(text, sizeof(text), file)) {
        struct json v;
        struct err err;
        lines++;
        assert_true(json_check((struct bytes){(uint8_t *)text, strlen(text)}, NULL, &v, &err));
    }
    assert_int_equal(lines, THREADS * LINES);
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line),
        cmocka_unit_test(test_without_scope_or_pairs),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_pairs_are_read_from_the_format),
        cmocka_unit_test(test_names_twice),
        cmocka_unit_test(test_one_line_whatever_is_in_it),
        cmocka_unit_test(test_long_values_are_shortened),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_secret_members),
        cmocka_unit_test(test_errno_is_kept),
        cmocka_unit_test(test_lost_lines_are_counted),
        cmocka_unit_test(test_a_full_pipe),
        cmocka_unit_test(test_lines_of_threads_stay_whole),
    };
    return cmocka_run_group_tests(tests, start, end);
}
