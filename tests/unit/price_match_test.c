/* SPDX-License-Identifier: MIT */
#include "gate/price_match.h"

#include "db/prices.h"
#include "gate_help.h"

static const struct price_row rows[] = {
    {.id = "1", .owner = "openai", .model = "gpt-5.6"}, {.id = "2", .owner = "openai", .model = "gpt-5.6", .above = 272000},
    {.id = "3", .owner = "openai", .model = "gpt-5.6", .valid_from = 1000}, {.id = "4", .owner = "openai", .model = "gpt-5.6-luna"},
    {.id = "5", .owner = "anthropic", .model = "claude-haiku-4-5"}, {.id = "6", .owner = "gemini", .model = "gemini-3.6-flash"},
    {.id = "7", .owner = "bedrock", .model = "anthropic.claude-sonnet-5"}, {.id = "8", .owner = "bedrock", .model = "us.anthropic.claude-sonnet-5"},
    {.id = "9", .owner = "bedrock", .model = "anthropic.claude-haiku-4-5-20251001-v1:0"}, {.id = "a", .owner = "mistral", .model = "mistral-large-latest"},
    {.id = "b", .owner = "openrouter", .model = "moonshotai/kimi-k3"}, {.id = "c", .owner = "dashscope", .model = "qwen-plus"},
    {.id = "d", .owner = "azure", .model = "gpt-5.6"},
};

/* Which row is first: "" = none. */
static void test_names(void **state)
{
    (void)state;
    struct price_index index = price_index_new((struct list){(void *)(uintptr_t)rows, COUNT(rows)}, a);
    const struct { const char *owner, *model, *id; size_t n; int64_t percent; } cases[] = {
        {"openai", "gpt-5.6", "2", 3, 100}, {"openai", "GPT-5.6", "2", 3, 100}, {"openai", "gpt-5.6-2026-03-05", "2", 3, 100},
        {"openai", "gpt-5.6-luna", "4", 1, 100}, {"openai", "gpt-5.6-terra", "", 0, 100}, {"openai", "gpt-5", "", 0, 100}, {"openai", "", "", 0, 100},
        {"openai", "gpt-5.6-", "", 0, 100}, {"openai", "xgpt-5.6", "", 0, 100}, {"azure", "gpt-5.6", "d", 1, 100}, {NULL, "gpt-5.6", "", 0, 100},
        {"nobody", "gpt-5.6", "", 0, 100}, {"openai", NULL, "", 0, 100},
        {"anthropic", "claude-haiku-4-5-20251001", "5", 1, 100}, {"anthropic", "claude-haiku-4-5@20251001", "5", 1, 100},
        {"anthropic", "claude-haiku-4-5-2025100", "", 0, 100}, {"anthropic", "us.claude-haiku-4-5", "", 0, 100},
        {"gemini", "models/gemini-3.6-flash", "6", 1, 100}, {"gemini", "Models/Gemini-3.6-flash", "6", 1, 100}, {"gemini", "gemini-3.6-flash-preview", "", 0, 100},
        {"bedrock", "us.anthropic.claude-sonnet-5", "8", 1, 100}, {"bedrock", "eu.anthropic.claude-sonnet-5", "7", 1, 110},
        {"bedrock", "global.anthropic.claude-sonnet-5", "7", 1, 100}, {"bedrock", "eu.anthropic.claude-sonnet-5-20260301-v1:0", "7", 1, 110},
        {"bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0", "9", 1, 110},
        {"bedrock", "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-5", "7", 1, 100},
        {"bedrock", "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-sonnet-5", "7", 1, 110},
        {"mistral", "mistral-large-2512", "", 0, 100}, {"mistral", "mistral-large-latest", "a", 1, 100},
        {"openrouter", "moonshotai/kimi-k3", "b", 1, 100}, {"openrouter", "moonshotai/kimi-k3:free", "", 0, 100}, {"openrouter", "kimi-k3", "", 0, 100},
        {"dashscope", "qwen-plus-2025-04-28", "c", 1, 100}, {"dashscope", "qwen-plus-0428", "c", 1, 100}, {"dashscope", "qwen-plus-latest", "", 0, 100},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct price_found found = price_find(&index, cases[i].owner, cases[i].model, a);
        const char *id = found.n ? found.rows[0]->id : "";
        if (strcmp(id, cases[i].id) != 0 || found.n != cases[i].n || found.percent != cases[i].percent)
            fail_msg("%s %s: \"%s\" ×%zu %lld%%", cases[i].owner, cases[i].model, id, found.n, (long long)found.percent);
    }
    struct price_found found = price_find(&index, "openai", "gpt-5.6", a);
    assert_string_equal(found.rows[1]->id, "3");             /* highest threshold first, then newest */
    assert_string_equal(found.rows[2]->id, "1");
    index = price_index_new((struct list){NULL, 0}, a);
    assert_int_equal(price_find(&index, "openai", "gpt-5.6", a).n, 0);
}

/* Every row of a long list is found by its own name, and nothing beside it. */
static void test_many(void **state)
{
    (void)state;
    struct random r = random_start();
    enum { N = 2000 };
    struct price_row *many = NEW_ARRAY(a, struct price_row, N);
    for (size_t i = 0; i < N; i++)
        many[i] = (struct price_row){.owner = random_below(&r, 2) ? "x" : "y", .model = arena_printf(a, "m%zu", random_below(&r, 700)), .above = (int64_t)random_below(&r, 3)};
    struct price_index index = price_index_new((struct list){many, N}, a);
    for (size_t i = 0; i < N; i++) {
        struct price_found found = price_find(&index, many[i].owner, many[i].model, a);
        size_t wanted = 0;
        for (size_t k = 0; k < N; k++)
            wanted += strcmp(many[k].owner, many[i].owner) == 0 && strcmp(many[k].model, many[i].model) == 0;
        assert_int_equal(found.n, wanted);
        for (size_t k = 0; k < found.n; k++) {
            assert_string_equal(found.rows[k]->model, many[i].model);
            assert_true(k == 0 || found.rows[k - 1]->above >= found.rows[k]->above);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_many)};
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
