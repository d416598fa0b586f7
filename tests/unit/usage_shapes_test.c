/* SPDX-License-Identifier: MIT */
/* Every shape in which providers say what was used, through the real readers: whole and streamed it is the same usage and the same cost, for a caller of
 * the same dialect and of another one. */
#include "db/prices.h"
#include "gate/price.h"
#include "gate/usage.h"
#include "reader_help.h"

struct frame {
    const char *event, *data;
};

struct shape {
    const char *what, *type;
    const char *whole;
    struct frame frames[6];
    struct usage usage;                  /* after settling; known is not looked at */
    int64_t micros;
    bool estimated;
};

#define OPENAI_WHOLE(usage) "{\"id\":\"x\",\"model\":\"m\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"hi there\"}," \
                            "\"finish_reason\":\"stop\"}]" usage "}"
#define OPENAI_TEXT(text, usage) {"", "{\"id\":\"x\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" text "\"}}]" usage "}"}
#define OPENAI_STOP(usage) {"", "{\"id\":\"x\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]" usage "}"}
#define OPENAI_LAST(usage) {"", "{\"id\":\"x\",\"model\":\"m\",\"choices\":[]" usage "}"}
#define DONE {"", "[DONE]"}
#define DETAILS ",\"usage\":{\"prompt_tokens\":1200,\"completion_tokens\":300,\"total_tokens\":1500,\"prompt_tokens_details\":{\"cached_tokens\":800," \
                "\"cache_write_tokens\":100},\"completion_tokens_details\":{\"reasoning_tokens\":256}}"
#define PLAIN ",\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":20,\"total_tokens\":30}"
#define GROWING ",\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}"
#define NULL_USAGE ",\"usage\":null"
#define ZEROS ",\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}"
#define NEGATIVE ",\"usage\":{\"prompt_tokens\":-10,\"completion_tokens\":-20}"
#define ABSURD ",\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":99999999999999999999,\"prompt_tokens_details\":{\"cached_tokens\":50}}"
#define HITS ",\"usage\":{\"prompt_tokens\":1000,\"completion_tokens\":20,\"prompt_cache_hit_tokens\":900,\"prompt_cache_miss_tokens\":100}"

#define CLAUDE_IN "\"input_tokens\":10,\"cache_read_input_tokens\":2000,\"cache_creation_input_tokens\":500,\"cache_creation\":" \
                  "{\"ephemeral_5m_input_tokens\":300,\"ephemeral_1h_input_tokens\":200}"
#define CLAUDE_WHOLE(usage) "{\"id\":\"x\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[{\"type\":\"text\",\"text\":\"hi there\"}]," \
                            "\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{" usage "}}"
#define CLAUDE_START(usage) {"message_start", "{\"type\":\"message_start\",\"message\":{\"id\":\"x\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\"," \
                             "\"content\":[],\"stop_reason\":null,\"usage\":{" usage "}}}"}
#define CLAUDE_BLOCK {"content_block_start", "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}"}
#define CLAUDE_TEXT {"content_block_delta", "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hi there\"}}"}
#define CLAUDE_END {"content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}"}
#define CLAUDE_DELTA(usage) {"message_delta", "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{" usage "}}"}
#define CLAUDE_STOP {"message_stop", "{\"type\":\"message_stop\"}"}

#define GEMINI(text, finish, usage) "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"" text "\"}]}" finish ",\"index\":0}],\"modelVersion\":\"m\"," \
                                    "\"responseId\":\"x\",\"usageMetadata\":{" usage "}}"
#define GEMINI_USAGE "\"promptTokenCount\":1000,\"cachedContentTokenCount\":600,\"toolUsePromptTokenCount\":50,\"candidatesTokenCount\":20,\"thoughtsTokenCount\":80"
#define OLLAMA(text, done) "{\"model\":\"m\",\"created_at\":\"2026-11-20T00:00:00Z\",\"message\":{\"role\":\"assistant\",\"content\":\"" text "\"}," done "}"
#define BEDROCK_USAGE "{\"inputTokens\":10,\"outputTokens\":20,\"totalTokens\":530,\"cacheReadInputTokens\":400,\"cacheWriteInputTokens\":100}"

static const struct shape shapes[] = {
    {"usage in a chunk of its own", "openai", OPENAI_WHOLE(DETAILS), {OPENAI_TEXT("hi ", ""), OPENAI_TEXT("there", ""), OPENAI_STOP(""), OPENAI_LAST(DETAILS), DONE},
     {.in = 1200, .out = 300, .cached = 800, .written = 100, .reasoning = 256}, 600 + 160 + 250 + 440 + 5120, false},
    {"usage beside choices", "openai", OPENAI_WHOLE(DETAILS), {OPENAI_TEXT("hi there", ""), OPENAI_STOP(DETAILS), DONE},
     {.in = 1200, .out = 300, .cached = 800, .written = 100, .reasoning = 256}, 600 + 160 + 250 + 440 + 5120, false},
    {"usage: null before it", "openai", OPENAI_WHOLE(PLAIN), {OPENAI_TEXT("hi ", NULL_USAGE), OPENAI_TEXT("there", NULL_USAGE), OPENAI_STOP(NULL_USAGE), OPENAI_LAST(PLAIN), DONE},
     {.in = 10, .out = 20}, 20 + 200, false},
    {"usage: null after it", "openai", OPENAI_WHOLE(PLAIN), {OPENAI_TEXT("hi there", ""), OPENAI_STOP(PLAIN), OPENAI_LAST(NULL_USAGE), DONE}, {.in = 10, .out = 20}, 20 + 200, false},
    {"usage that grows", "openai", OPENAI_WHOLE(PLAIN), {OPENAI_TEXT("hi ", GROWING), OPENAI_TEXT("there", GROWING), OPENAI_STOP(PLAIN), DONE}, {.in = 10, .out = 20}, 20 + 200, false},
    {"none", "openai", OPENAI_WHOLE(""), {OPENAI_TEXT("hi ", ""), OPENAI_TEXT("there", ""), OPENAI_STOP(""), DONE}, {.in = 3, .out = 3}, 6 + 30, true},
    {"null only", "openai", OPENAI_WHOLE(NULL_USAGE), {OPENAI_TEXT("hi there", NULL_USAGE), OPENAI_STOP(NULL_USAGE), DONE}, {.in = 3, .out = 3}, 6 + 30, true},
    {"zeros", "openai", OPENAI_WHOLE(ZEROS), {OPENAI_TEXT("hi there", ""), OPENAI_STOP(""), OPENAI_LAST(ZEROS), DONE}, {.in = 3, .out = 3}, 6 + 30, true},
    {"negative", "openai", OPENAI_WHOLE(NEGATIVE), {OPENAI_TEXT("hi there", ""), OPENAI_STOP(""), OPENAI_LAST(NEGATIVE), DONE}, {.in = 3, .out = 3}, 6 + 30, true},
    {"absurd", "openai", OPENAI_WHOLE(ABSURD), {OPENAI_TEXT("hi there", ""), OPENAI_STOP(""), OPENAI_LAST(ABSURD), DONE}, {.in = 10, .out = 3, .cached = 10}, 2 + 30, true},
    {"DeepSeek's hits", "deepseek", OPENAI_WHOLE(HITS), {OPENAI_TEXT("hi there", ""), OPENAI_STOP(HITS), DONE}, {.in = 1000, .out = 20, .cached = 900}, 200 + 180 + 200, false},
    {"Claude's parts beside each other", "anthropic", CLAUDE_WHOLE(CLAUDE_IN ",\"output_tokens\":100"),
     {CLAUDE_START(CLAUDE_IN ",\"output_tokens\":1"), CLAUDE_BLOCK, CLAUDE_TEXT, CLAUDE_END, CLAUDE_DELTA("\"output_tokens\":100"), CLAUDE_STOP},
     {.in = 2510, .out = 100, .cached = 2000, .written = 300, .written_long = 200}, 20 + 400 + 750 + 800 + 1000, false},
    {"Claude's, said again at the end", "anthropic", CLAUDE_WHOLE(CLAUDE_IN ",\"output_tokens\":100"),
     {CLAUDE_START(CLAUDE_IN ",\"output_tokens\":1"), CLAUDE_BLOCK, CLAUDE_TEXT, CLAUDE_END,
      CLAUDE_DELTA("\"input_tokens\":10,\"cache_read_input_tokens\":2000,\"cache_creation_input_tokens\":500,\"output_tokens\":100"), CLAUDE_STOP},
     {.in = 2510, .out = 100, .cached = 2000, .written = 300, .written_long = 200}, 20 + 400 + 750 + 800 + 1000, false},
    {"Claude's, only the output at the end, null before", "anthropic", CLAUDE_WHOLE("\"input_tokens\":10,\"cache_read_input_tokens\":null,\"output_tokens\":100"),
     {CLAUDE_START("\"input_tokens\":10,\"output_tokens\":1"), CLAUDE_BLOCK, CLAUDE_TEXT, CLAUDE_END,
      CLAUDE_DELTA("\"input_tokens\":null,\"cache_read_input_tokens\":null,\"output_tokens\":100"), CLAUDE_STOP}, {.in = 10, .out = 100}, 20 + 1000, false},
    {"Gemini's thoughts are output", "gemini", GEMINI("hi there", ",\"finishReason\":\"STOP\"", GEMINI_USAGE),
     {{"", GEMINI("hi ", "", "\"promptTokenCount\":1000,\"thoughtsTokenCount\":80")}, {"", GEMINI("there", ",\"finishReason\":\"STOP\"", GEMINI_USAGE)}},
     {.in = 1050, .out = 100, .cached = 600, .reasoning = 80}, 900 + 120 + 200 + 1600, false},
    {"Ollama's counts", "ollama", OLLAMA("hi there", "\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":10,\"eval_count\":20"),
     {{"", OLLAMA("hi ", "\"done\":false")}, {"", OLLAMA("there", "\"done\":false")}, {"", OLLAMA("", "\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":10,\"eval_count\":20")}},
     {.in = 10, .out = 20}, 20 + 200, false},
    {"Ollama's, the question from its cache", "ollama", OLLAMA("hi there", "\"done\":true,\"done_reason\":\"stop\",\"eval_count\":20"),
     {{"", OLLAMA("hi there", "\"done\":false")}, {"", OLLAMA("", "\"done\":true,\"done_reason\":\"stop\",\"eval_count\":20")}}, {.in = 3, .out = 20}, 6 + 200, true},
    {"Bedrock's parts beside each other", "bedrock",
     "{\"output\":{\"message\":{\"role\":\"assistant\",\"content\":[{\"text\":\"hi there\"}]}},\"stopReason\":\"end_turn\",\"usage\":" BEDROCK_USAGE "}",
     {{"messageStart", "{\"role\":\"assistant\"}"}, {"contentBlockDelta", "{\"contentBlockIndex\":0,\"delta\":{\"text\":\"hi there\"}}"},
      {"contentBlockStop", "{\"contentBlockIndex\":0}"}, {"messageStop", "{\"stopReason\":\"end_turn\"}"}, {"metadata", "{\"usage\":" BEDROCK_USAGE "}"}},
     {.in = 510, .out = 20, .cached = 400, .written = 100}, 20 + 80 + 250 + 200, false},
};

/* 2, 10, 0.2, 2.5, 4 and 20 dollars: every part has a price of its own. */
static const struct price_row price = {
    .owner = "list", .model = "m", .currency = "USD", .origin = "seed", .source = "", .input = 2000000, .output = 10000000, .cached = 200000, .written = 2500000,
    .written_long = 4000000, .reasoning = 20000000, .image = -1,
};

static const struct provider *provider_of(const char *type)
{
    struct provider *p = NEW(a, struct provider);
    *p = (struct provider){.id = "p", .name = "p", .base_url = "http://127.0.0.1", .type = provider_type_find(type)};
    if (!p->type)
        fail_msg("there is no type %s", type);
    return p;
}

static struct heard *hear_shape(const struct shape *s, bool streamed, bool same)
{
    const struct provider *p = provider_of(s->type);
    struct heard *h = heard_new(p->type->rules, same);
    h->reader.provider = p;
    h->chat.stream = streamed;
    h->chat.include_usage = true;
    memset(&err, 0, sizeof(err));
    if (!streamed) {
        if (!hear_whole(h, s->whole))
            fail_msg("%s, whole: %s", s->what, err.text);
        return h;
    }
    for (size_t i = 0; i < COUNT(s->frames) && s->frames[i].data; i++)
        if (!hear_event(h, s->frames[i].event, bytes_of(s->frames[i].data)))
            fail_msg("%s, frame %zu: %s", s->what, i, err.text);
    if (!h->reader.ended && h->rules->read_end && !h->rules->read_end(&h->reader, &err))
        fail_msg("%s, end: %s", s->what, err.text);
    return h;
}

static void check(const struct shape *s, bool streamed, bool same)
{
    const struct usage_end end = {.answered = true};
    const struct price_row *rows[] = {&price};
    const struct model model = {.name = "m", .prices = {rows, 1, 100}};
    const struct snapshot snapshot = {.settings.values.cny_per_usd = 71000};
    struct heard *h = hear_shape(s, streamed, same);
    bool estimated = usage_settle(&h->reader, "m", &end);
    const struct usage *u = &h->reader.usage, *w = &s->usage;
    struct cost cost = cost_of(&snapshot, h->reader.provider, &model, u, 1000, a);
    if (u->in != w->in || u->out != w->out || u->cached != w->cached || u->written != w->written || u->written_long != w->written_long
        || u->reasoning != w->reasoning || estimated != s->estimated || cost.micros != s->micros)
        fail_msg("%s (%s, %s): in %lld out %lld cached %lld written %lld+%lld reasoning %lld, estimated %d, cost %lld", s->what, streamed ? "streamed" : "whole",
                 same ? "same" : "other", (long long)u->in, (long long)u->out, (long long)u->cached, (long long)u->written, (long long)u->written_long,
                 (long long)u->reasoning, estimated, (long long)cost.micros);
}

static void test_every_shape(void **state)
{
    (void)state;
    provider_types = all_provider_types;
    for (size_t i = 0; i < COUNT(shapes); i++)
        for (int how = 0; how < 4; how++)
            check(&shapes[i], how & 1, how & 2);
}

/* Cut after the text, before the end: what was said so far counts, at least what was seen. */
static void test_cut_streams(void **state)
{
    (void)state;
    const struct usage_end gone = {.answered = true, .gone = true};
    provider_types = all_provider_types;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct shape cut = shapes[i];
        struct heard *h;
        for (size_t k = 3; k < COUNT(cut.frames); k++)
            cut.frames[k].data = NULL;
        h = heard_new(provider_of(cut.type)->type->rules, false);
        h->reader.provider = provider_of(cut.type);
        h->chat.stream = true;
        for (size_t k = 0; k < COUNT(cut.frames) && cut.frames[k].data; k++)
            must(hear_event(h, cut.frames[k].event, bytes_of(cut.frames[k].data)));
        (void)usage_settle(&h->reader, "m", &gone);
        if (h->reader.usage.in <= 0 || h->reader.usage.out < estimate_tokens(&h->reader.said) || h->reader.usage.in > 2510)
            fail_msg("%s: in %lld out %lld", cut.what, (long long)h->reader.usage.in, (long long)h->reader.usage.out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_shape), cmocka_unit_test(test_cut_streams)};
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
