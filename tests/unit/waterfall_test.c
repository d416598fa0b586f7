/* SPDX-License-Identifier: MIT */
#include "console/waterfall.h"

#include "console_help.h"

static const struct track *tracks_of(struct waterfall w)
{
    return w.tracks.items;
}

static const struct track_bar *bars_of(const struct track *track)
{
    return track->bars.items;
}

static void test_one_attempt(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct show s = show_for(a, "en-US");
    struct run_row run = {.latency_us = 1000000};
    struct attempt_row attempt = {.n = 1, .provider_name = "fake", .model = "demo", .result = "ok", .offset_us = 100000, .connect_us = 50000,
                                  .first_byte_us = 300000, .latency_us = 800000};
    struct waterfall w = waterfall_of(&s, &run, (struct list){&attempt, 1});
    const struct track *tracks = tracks_of(w);

    assert_int_equal(w.tracks.n, 3);                      /* the gate, the attempt, the end */
    assert_string_equal(tracks[1].label, "Attempt 1 · fake");
    assert_int_equal(tracks[1].bars.n, 3);
    assert_int_equal(bars_of(&tracks[1])[0].x, 100);
    assert_int_equal(bars_of(&tracks[1])[0].width, 50);
    assert_string_equal(bars_of(&tracks[1])[2].css, "strm");
    assert_int_equal(bars_of(&tracks[1])[2].x, 400);
    assert_int_equal(bars_of(&tracks[2])[0].x, 900);
    arena_free(a);
}

static void test_nothing_was_sent(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct show s = show_for(a, "zh-CN");
    struct run_row run = {.latency_us = 0};
    struct waterfall w = waterfall_of(&s, &run, (struct list){NULL, 0});

    assert_int_equal(w.tracks.n, 1);
    assert_int_equal(tracks_of(w)[0].bars.n, 0);
    assert_int_equal(w.ticks.n, WATERFALL_TICKS + 1);
    arena_free(a);
}

/* Whatever stands in the record, every bar is inside the drawing and can be seen. */
static void test_bars_stay_inside(void **state)
{
    (void)state;
    struct random r = random_start();

    for (int i = 0; i < 300; i++) {
        struct arena *a = arena_new();
        struct show s = show_for(a, i % 2 ? "zh-CN" : "en-US");
        struct run_row run = {.latency_us = (int64_t)(random_next(&r) % 5000000) - 100};
        struct attempt_row attempts[3];
        static const char *const results[] = {"ok", "refused", "status_500", "cancelled"};
        size_t n = random_below(&r, 4);

        for (size_t k = 0; k < n; k++)
            attempts[k] = (struct attempt_row){
                .n = (int64_t)k + 1, .provider_name = "p", .model = "m", .result = results[random_below(&r, COUNT(results))],
                .offset_us = (int64_t)(random_next(&r) % 6000000) - 1000, .connect_us = (int64_t)(random_next(&r) % 6000000) - 1000,
                .first_byte_us = (int64_t)(random_next(&r) % 6000000) - 1000, .latency_us = (int64_t)(random_next(&r) % 6000000) - 1000,
                .reused = random_below(&r, 2) == 1,
            };
        struct waterfall w = waterfall_of(&s, &run, (struct list){attempts, n});

        for (size_t k = 0; k < w.tracks.n; k++)
            for (size_t j = 0; j < tracks_of(w)[k].bars.n; j++) {
                const struct track_bar *bar = &bars_of(&tracks_of(w)[k])[j];

                assert_true(bar->x >= 0 && bar->width >= 1 && bar->x + bar->width <= WATERFALL_WIDTH);
            }
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_attempt), cmocka_unit_test(test_nothing_was_sent), cmocka_unit_test(test_bars_stay_inside),
    };
    return cmocka_run_group_tests(tests, console_begin, console_end);
}
