/* SPDX-License-Identifier: MIT */
#include "gate/price.h"

#include "base/json.h"
#include "db/prices.h"
#include "gate/usage.h"
#include "gate_help.h"

#define NO_PARTS .cached = -1, .written = -1, .written_long = -1, .reasoning = -1, .image = -1
#define USD .owner = "list", .currency = "USD", .origin = "seed", .source = ""

static struct snapshot snapshot = {.settings.values.cny_per_usd = 71000};
static const struct provider cloud = {.name = "c"}, local = {.name = "l", .local = true};

/* A model whose catalogue rows are these, given as price_index_new sorts them. */
static struct model model_of(const struct price_row *rows, size_t n, int64_t percent)
{
    const struct price_row **pointers = NEW_ARRAY(a, const struct price_row *, n);
    for (size_t i = 0; i < n; i++)
        pointers[i] = &rows[i];
    return (struct model){.name = "m", .prices = {pointers, n, percent}};
}

static struct cost cost(const struct price_row *row, struct usage usage)
{
    struct model m = model_of(row, 1, 100);
    usage_bound(&usage);
    return cost_of(&snapshot, &cloud, &m, &usage, 1000, a);
}

/* One table of all parts: what a thousand of each costs. */
static void test_parts(void **state)
{
    (void)state;
    const struct price_row plain = {USD, .model = "m", .input = 2000000, .output = 10000000, NO_PARTS};
    const struct price_row cached = {USD, .model = "m", .input = 2000000, .output = 10000000, .cached = 200000, .written = 2500000, .written_long = 4000000,
                                     .reasoning = 20000000, .image = 1000000};
    const struct price_row short_writes = {USD, .model = "m", .input = 2000000, .output = 0, .cached = -1, .written = 2500000, .written_long = -1, .reasoning = -1, .image = -1};
    const struct price_row nothing = {USD, .model = "m", NO_PARTS};
    const struct { const struct price_row *row; struct usage usage; int64_t micros; } cases[] = {
        {&plain, {.in = 1000}, 2000}, {&plain, {.out = 1000}, 10000}, {&plain, {.in = 1000, .out = 1000}, 12000},
        {&plain, {.in = 1000, .cached = 1000}, 2000}, {&plain, {.in = 1000, .written = 500, .written_long = 500}, 2000}, {&plain, {.in = 1000, .image = 1000}, 2000},
        {&plain, {.out = 1000, .reasoning = 1000}, 10000}, {&plain, {.in = 1}, 2}, {&plain, {.out = 1}, 10},
        {&cached, {.in = 1000}, 2000}, {&cached, {.in = 1000, .cached = 1000}, 200}, {&cached, {.in = 1000, .cached = 600}, 800 + 120},
        {&cached, {.in = 1000, .written = 1000}, 2500}, {&cached, {.in = 1000, .written_long = 1000}, 4000},
        {&cached, {.in = 1000, .cached = 500, .written = 200, .written_long = 100}, 400 + 100 + 500 + 400},
        {&cached, {.in = 1000, .image = 400}, 1200 + 400}, {&cached, {.out = 1000, .reasoning = 400}, 6000 + 8000},
        {&short_writes, {.in = 1000, .written_long = 1000}, 2500},
        /* Parts beyond their whole: never negative, never counted twice. */
        {&cached, {.in = 1000, .cached = 5000}, 200}, {&cached, {.in = 1000, .cached = 600, .written = 600}, 120 + 1000},
        {&cached, {.in = -5, .out = -5, .cached = -5}, 0}, {&cached, {.out = 100, .reasoning = 5000}, 2000}, {&cached, {.in = 0, .cached = 100}, 0},
        /* Rounded up once. */
        {&cached, {.in = 1, .cached = 1}, 1}, {&cached, {.in = 5, .cached = 5}, 1}, {&cached, {.in = 6, .cached = 6}, 2}, {&cached, {.in = 2, .cached = 1}, 3},
        {&nothing, {.in = 1000, .out = 1000}, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cost c = cost(cases[i].row, cases[i].usage);
        if (c.micros != cases[i].micros || !c.priced || c.avoided_micros)
            fail_msg("case %zu: %lld", i, (long long)c.micros);
    }
}

/* The shapes of usage of each dialect after its reader: Anthropic's three inputs added up, OpenAI's details inside the sum, DeepSeek's hits, Gemini's
 * thoughts in the output; prices of the seed. */
static void test_shapes(void **state)
{
    (void)state;
    const struct price_row sonnet = {USD, .model = "claude-sonnet-5", .input = 2000000, .output = 10000000, .cached = 200000, .written = 2500000,
                                     .written_long = 4000000, .reasoning = -1, .image = -1};
    const struct price_row deepseek = {USD, .model = "deepseek-v4-pro", .input = 435000, .output = 870000, .cached = 3625, .written = -1, .written_long = -1,
                                       .reasoning = -1, .image = -1};
    const struct price_row gpt = {USD, .model = "gpt-5.6", .input = 5000000, .output = 30000000, .cached = 500000, .written = 6250000, .written_long = -1,
                                  .reasoning = -1, .image = -1};
    const struct { const struct price_row *row; struct usage usage; int64_t micros; } cases[] = {
        {&sonnet, {.in = 10 + 2000 + 500, .cached = 2000, .written = 500, .out = 100}, 20 + 400 + 1250 + 1000},
        {&sonnet, {.in = 10 + 2000 + 500, .cached = 2000, .written = 300, .written_long = 200, .out = 100}, 20 + 400 + 750 + 800 + 1000},
        {&deepseek, {.in = 100000, .cached = 99000, .out = 10}, 435 + 359 + 9},      /* 435 + 358.875 + 8.7, rounded once: 803 */
        {&gpt, {.in = 1200, .cached = 1024, .out = 300, .reasoning = 256}, 880 + 512 + 9000},
        {&gpt, {.in = 1200, .written = 1024, .out = 1}, 880 + 6400 + 30},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (cost(cases[i].row, cases[i].usage).micros != cases[i].micros)
            fail_msg("case %zu: %lld", i, (long long)cost(cases[i].row, cases[i].usage).micros);
}

static void test_tiers_and_times(void **state)
{
    (void)state;
    const struct price_row rows[] = {
        {USD, .id = "top", .model = "m", .above = 256000, .input = 6000000, NO_PARTS}, {USD, .id = "middle", .model = "m", .above = 128000, .input = 3000000, NO_PARTS},
        {USD, .id = "next", .model = "m", .valid_from = 2000, .input = 9000000, NO_PARTS},
        {USD, .id = "base", .model = "m", .input = 1000000, .valid_to = 0, NO_PARTS},
    };
    struct model m = model_of(rows, COUNT(rows), 100);
    const struct { int64_t at, in; const char *id; } cases[] = {
        {1000, 0, "base"}, {1000, 128000, "base"}, {1000, 128001, "middle"}, {1000, 256000, "middle"}, {1000, 256001, "top"}, {1999, 1, "base"}, {2000, 1, "next"},
        {5000, 1, "next"}, {5000, 200000, "middle"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(price_at(&m, cases[i].at, cases[i].in)->id, cases[i].id);
    struct price_row ended[] = {{USD, .id = "e", .model = "m", .valid_from = 100, .valid_to = 200, .input = 1, NO_PARTS}};
    m = model_of(ended, 1, 100);
    assert_null(price_at(&m, 99, 1));
    assert_non_null(price_at(&m, 100, 1));
    assert_non_null(price_at(&m, 199, 1));
    assert_null(price_at(&m, 200, 1));
    /* An end is not undone by what was before; the prices below a threshold go on without it. */
    const struct price_row after[] = {
        {USD, .id = "tier", .model = "m", .above = 50, .valid_to = 200, NO_PARTS}, {USD, .id = "new", .model = "m", .valid_from = 100, .valid_to = 300, NO_PARTS},
        {USD, .id = "old", .model = "m", NO_PARTS}};
    m = model_of(after, COUNT(after), 100);
    assert_string_equal(price_at(&m, 99, 1)->id, "old");
    assert_string_equal(price_at(&m, 150, 60)->id, "tier");
    assert_string_equal(price_at(&m, 250, 60)->id, "new");
    assert_null(price_at(&m, 300, 1));
}

/* Before the catalogue come the model's own prices; of a model in neither the cost is not known, which is not 0. */
static void test_precedence(void **state)
{
    (void)state;
    const struct price_row row = {USD, .model = "m", .input = 2000000, .output = 2000000, NO_PARTS};
    struct model m = model_of(&row, 1, 100), unknown = {.name = "?"};
    const struct usage usage = {.in = 1000, .out = 1000}, none = {0};
    assert_int_equal(cost_of(&snapshot, &cloud, &m, &usage, 1000, a).micros, 4000);
    m.input_micros_per_mtok = 1000000;
    struct cost c = cost_of(&snapshot, &cloud, &m, &usage, 1000, a);
    assert_int_equal(c.micros, 1000);
    assert_non_null(strstr(c.json, "\"origin\":\"model\""));
    m.cached_micros_per_mtok = 100000;
    assert_int_equal(cost_of(&snapshot, &cloud, &m, &(struct usage){.in = 1000, .cached = 1000}, 1000, a).micros, 100);
    c = cost_of(&snapshot, &cloud, &unknown, &usage, 1000, a);
    assert_false(c.priced);
    assert_int_equal(c.micros, 0);
    assert_null(c.json);
    assert_true(cost_of(&snapshot, &cloud, &unknown, &none, 1000, a).priced);      /* nothing was used, so it cost nothing */
}

static void test_local(void **state)
{
    (void)state;
    const struct price_row row = {USD, .model = "m", .input = 250000, .output = 2000000, NO_PARTS};
    struct snapshot with = {.compare = model_of(&row, 1, 100)};
    struct model own = {.name = "l", .input_micros_per_mtok = 5};
    const struct usage usage = {.in = 1000, .out = 1000};
    struct cost c = cost_of(&with, &local, &own, &usage, 1000, a);
    assert_true(c.priced);
    assert_int_equal(c.micros, 0);
    assert_int_equal(c.avoided_micros, 2250);
    c = cost_of(&snapshot, &local, &own, &usage, 1000, a);   /* nothing to compare with */
    assert_true(c.priced && !c.micros && !c.avoided_micros && !c.json);
}

static void test_currency_and_region(void **state)
{
    (void)state;
    const struct price_row yuan = {.owner = "baidu", .model = "ernie", .currency = "CNY", .origin = "seed", .source = "", .input = 800000, .output = 3200000, NO_PARTS};
    struct model m = model_of(&yuan, 1, 100);
    const struct usage usage = {.in = 1000000, .out = 0};
    struct cost c = cost_of(&snapshot, &cloud, &m, &usage, 1000, a);
    assert_int_equal(c.micros, 112677);                      /* 0.8 ÷ 7.1 = 0.11267605… */
    assert_non_null(strstr(c.json, "\"currency\":\"CNY\",\"cny_per_usd\":\"7.1\""));
    struct snapshot dear = {.settings.values.cny_per_usd = 80000};
    assert_int_equal(cost_of(&dear, &cloud, &m, &usage, 1000, a).micros, 100000);
    const struct price_row row = {USD, .model = "m", .input = 2000000, .output = 10000000, .cached = 200001, .written = -1, .written_long = -1, .reasoning = -1, .image = -1};
    m = model_of(&row, 1, 110);
    assert_int_equal(cost_of(&snapshot, &cloud, &m, &(struct usage){.in = 1000, .out = 1000}, 1000, a).micros, 2200 + 11000);
}

/* What is kept says all of it: the parts' tokens are the whole, and times their prices they are the cost. */
static void test_kept(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 200; i++) {
        struct price_row row = {USD, .model = "m", .as_of = "2026-08-01", .input = (int64_t)random_below(&r, 20000000), .output = (int64_t)random_below(&r, 90000000)};
        int64_t *parts[] = {&row.cached, &row.written, &row.written_long, &row.reasoning, &row.image};
        for (size_t k = 0; k < COUNT(parts); k++)
            *parts[k] = random_below(&r, 2) ? -1 : (int64_t)random_below(&r, 20000000);
        struct usage u = {.in = (int64_t)random_below(&r, 100000), .out = (int64_t)random_below(&r, 100000)};
        u.cached = (int64_t)random_below(&r, (size_t)u.in + 1);
        u.written = (int64_t)random_below(&r, 50000);
        u.written_long = (int64_t)random_below(&r, 50000);
        u.image = (int64_t)random_below(&r, 50000);
        u.reasoning = (int64_t)random_below(&r, 100000);
        usage_bound(&u);
        struct cost c = cost(&row, u);
        struct json kept;
        int64_t tokens = 0, sum = 0;
        if (!u.in && !u.out)
            continue;
        must(json_check(bytes_of(c.json), NULL, &kept, &err));
        for (struct json_walk w = json_walk(json_member(kept, "parts")); json_next(&w);) {
            tokens += json_member_int(w.value, "tokens", -1);
            sum += json_member_int(w.value, "tokens", -1) * json_member_int(w.value, "micros_per_mtok", -1);
        }
        assert_int_equal(tokens, u.in + u.out);
        assert_int_equal(c.micros, (sum + 999999) / 1000000);
    }
}

/* Whatever counts and prices say: never negative, never wrapped, never less for more. */
static void test_any_cost(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 500; i++) {
        struct price_row row = {.owner = "o", .model = "m", .origin = "seed", .source = "", .currency = random_below(&r, 2) ? "CNY" : "USD",
                                .input = (int64_t)random_below(&r, PRICE_MAX + 1), .output = (int64_t)random_below(&r, PRICE_MAX + 1),
                                .cached = (int64_t)(random_next(&r) % (PRICE_MAX + 2)) - 1, .written = -1, .written_long = -1, .reasoning = -1, .image = -1};
        struct model m = model_of(&row, 1, random_below(&r, 2) ? 100 : 110);
        struct usage u = {.in = (int64_t)random_next(&r) >> random_below(&r, 64), .out = (int64_t)random_next(&r) >> random_below(&r, 64),
                          .cached = (int64_t)random_next(&r) >> random_below(&r, 64)};
        usage_bound(&u);
        int64_t before = cost_of(&snapshot, &cloud, &m, &u, 1, a).micros;
        assert_true(before >= 0);
        u.out += 1000;
        assert_true(cost_of(&snapshot, &cloud, &m, &u, 1, a).micros >= before);
        u.in += 1000;
        assert_true(cost_of(&snapshot, &cloud, &m, &u, 1, a).micros >= before);
        m = (struct model){.input_micros_per_mtok = (int64_t)random_next(&r) >> random_below(&r, 64), .output_micros_per_mtok = (int64_t)random_next(&r),
                           .cached_micros_per_mtok = (int64_t)random_next(&r)};
        assert_true(cost_of(&snapshot, &cloud, &m, &u, 1, a).micros >= 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts), cmocka_unit_test(test_shapes), cmocka_unit_test(test_tiers_and_times), cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_local), cmocka_unit_test(test_currency_and_region), cmocka_unit_test(test_kept), cmocka_unit_test(test_any_cost),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
