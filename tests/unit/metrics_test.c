/* SPDX-License-Identifier: MIT */
#include "base/metrics.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "property.h"

enum { THREADS = 4, TIMES = 5000 };

static void *count_up(void *arg)
{
    (void)arg;
    for (int i = 0; i < TIMES; i++) {
        metric_add(METRIC_runs_total, 2);
        metric_add(METRIC_runs_in_flight, i % 2 ? -1 : 1);
    }
    return NULL;
}

static void test_counts_from_many_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, NULL), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(metric_get(METRIC_runs_total), 2 * THREADS * TIMES);
    assert_int_equal(metric_get(METRIC_runs_in_flight), 0);
    metric_set(METRIC_database_up, 1);
    assert_int_equal(metric_get(METRIC_database_up), 1);
    metric_set(METRIC_snapshot_age_seconds, -5);
}

/* Prometheus text format 0.0.4: HELP, TYPE and one sample for each, names of [a-z_], counters end in _total. */
static void test_prometheus_text(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct buf b = buf_new(a, 64 << 10);
    const char *text;
    struct err err;
    size_t lines = 0;
    metrics_write(&b);
    assert_true(buf_done(&b, &text, &err));
    assert_non_null(strstr(text, "# HELP moongate_runs_total Runs finished, whatever the result\n"
                                 "# TYPE moongate_runs_total counter\nmoongate_runs_total "));
    assert_non_null(strstr(text, "# TYPE moongate_database_up gauge\nmoongate_database_up "));
    assert_non_null(strstr(text, "\nmoongate_snapshot_age_seconds -5\n"));
    for (const char *p = text; *p; lines++) {
        char name[80], type[16] = "";
        int n = 0;
        assert_int_equal(sscanf(p, "# HELP moongate_%79[a-z_] %*[^\n]\n%n", name, &n), 1);
        p += n;
        char again[80];
        assert_int_equal(sscanf(p, "# TYPE moongate_%79[a-z_] %15[a-z]\n%n", again, type, &n), 2);
        assert_string_equal(name, again);
        size_t end = strlen(name);
        bool total = end > 6 && strcmp(name + end - 6, "_total") == 0;
        assert_string_equal(type, total ? "counter" : "gauge");
        p += n;
        assert_int_equal(sscanf(p, "moongate_%79[a-z_] %*d\n%n", again, &n), 1);
        assert_string_equal(name, again);
        p += n;
    }
    assert_int_equal(lines, METRICS);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_from_many_threads),
        cmocka_unit_test(test_prometheus_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
