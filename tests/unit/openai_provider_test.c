/* SPDX-License-Identifier: MIT */
/* What OpenAI-shaped providers say, tidy and untidy. */
#include "providers/providers.h"

#include "base/secret.h"
#include "reader_help.h"

#define CHUNK(delta) "{\"choices\":[{\"index\":0,\"delta\":{" delta "}}]}"

static struct heard *heard;

static bool frame(const char *text)
{
    memset(&err, 0, sizeof(err));
    return openai_rules.read_frame(&heard->reader, "", bytes_of(text), &err);
}

static bool whole(const char *text)
{
    return hear_whole(heard, text);
}

static void start(bool same)
{
    heard = heard_new(&openai_rules, same);
}

static void test_stream(void **state)
{
    (void)state;
    start(false);
    must(frame("{\"id\":\"cmpl-1\",\"model\":\"gpt-x\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}"));
    must(frame(CHUNK("\"reasoning_content\":\"hm\"")));
    must(frame(CHUNK("\"reasoning\":\" so\"")));
    must(frame("{\"id\":\"cmpl-2\",\"model\":\"gpt-y\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\\u0000\\u6708\\ud83d\\ude42\"}}]}"));
    must(frame(CHUNK("\"content\":null")));
    must(frame("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"\"}]}"));
    must(frame("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}"));
    must(frame("{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}"));
    must(frame("{\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"prompt_tokens_details\":{\"cached_tokens\":2},"
               "\"completion_tokens_details\":{\"reasoning_tokens\":1}}}"));
    must(frame("[DONE]"));
    assert_string_equal(heard_text(&heard->reasoning), "hm so");
    assert_int_equal(heard->text.n, 9);
    assert_memory_equal(heard->text.p, "a\0月🙂", 9);
    assert_string_equal(heard->finish, "stop");
    assert_string_equal(heard->reader.model, "gpt-x");
    assert_string_equal(heard->reader.upstream_id, "cmpl-1");
    assert_true(heard->reader.ended && heard->reader.usage.known);
    assert_int_equal(heard->reader.usage.in, 7);
    assert_int_equal(heard->reader.usage.out, 3);
    assert_int_equal(heard->reader.usage.cached, 2);
    assert_int_equal(heard->reader.usage.reasoning, 1);
    assert_int_equal(heard->reader.said.hundredths, 102 + 42 + 102 + 40 + 85 + 212);   /* "hm so", whose word goes on in "a", "\0月🙂" */
}

/* What follows the end mark means nothing, whatever it is. */
static void test_after_the_end(void **state)
{
    (void)state;
    for (int same = 0; same < 2; same++) {
        start(same);
        must(frame(CHUNK("\"content\":\"a\"")));
        must(frame("[DONE]"));
        size_t events = heard->events;
        must(frame("rubbish"));
        must(frame(CHUNK("\"content\":\"b\"")));
        must(frame("{\"error\":\"late\"}"));
        assert_int_equal(heard->events, events);
    }
}

static void test_tool_calls(void **state)
{
    (void)state;
    start(false);
    must(frame(CHUNK("\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]")));
    must(frame(CHUNK("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"x\\\"\"}},{\"index\":1,\"id\":\"c2\",\"function\":"
                     "{\"name\":\"g\",\"arguments\":\"{}\"}}]")));
    must(frame(CHUNK("\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]")));
    must(frame(CHUNK("\"tool_calls\":[]")));
    must(frame(CHUNK("\"tool_calls\":null")));
    must(frame("{\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}"));
    assert_int_equal(heard->calls.n, 2);
    assert_string_equal(heard_call(heard, 0)->id, "c1");
    assert_string_equal(heard_call(heard, 0)->name, "f");
    assert_string_equal(heard_text(&((struct heard_call *)heard->calls.items)[0].arguments), "{\"x\":1}");
    assert_string_equal(heard_call(heard, 1)->name, "g");
    assert_int_equal(heard->reader.tool_calls, 2);
    /* without an index, and with an object for arguments */
    start(false);
    must(whole("{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":{\"y\":2}}},"
               "{\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]},\"finish_reason\":\"tool_calls\"}]}"));
    assert_string_equal(heard_text(&((struct heard_call *)heard->calls.items)[0].arguments), "{\"y\":2}");
    assert_string_equal(heard_call(heard, 1)->id, "b");
}

/* An index of any size neither overflows nor allocates: to another dialect it is refused, to the same one it passes. */
static void test_tool_call_indexes(void **state)
{
    (void)state;
    const char *const indexes[] = {"128", "-1", "9223372036854775807", "-9223372036854775807"};
    for (size_t i = 0; i < COUNT(indexes); i++) {
        const char *text = arena_printf(a, CHUNK("\"tool_calls\":[{\"index\":%s,\"function\":{\"name\":\"f\"}}]"), indexes[i]);
        start(false);
        must_fail(frame(text), ERR_UPSTREAM);
        start(true);
        must(frame(text));
        assert_in_range(heard->reader.tool_calls, 0, TOOL_CALLS_MAX);
    }
}

/* To a caller of the same dialect every frame passes byte for byte, but for the usage it did not ask for. */
static void test_same_dialect(void **state)
{
    (void)state;
    const char *const frames[] = {
        CHUNK("\"content\":\"a\",\"unknown\":[1,2 ]"), "{\"choices\" : [ ] , \"x\":1}", CHUNK("\"tool_calls\":[{\"index\":0}]"),
        "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"second\"}}]}",
    };
    const char *usage = "{\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}", *want = "";
    for (int asked = 0; asked < 2; asked++, want = "") {
        start(true);
        heard->chat.include_usage = asked;
        for (size_t i = 0; i < COUNT(frames); i++) {
            must(frame(frames[i]));
            want = arena_printf(a, "%s%s\n", want, frames[i]);
        }
        must(frame(usage));
        if (asked)
            want = arena_printf(a, "%s%s\n", want, usage);
        must(frame("[DONE]"));
        assert_string_equal(heard_text(&heard->raw), want);
        assert_int_equal(heard->events, heard->raws);
        assert_int_equal(heard->reader.usage.out, 2);
        assert_true(heard->reader.text_bytes > 0);
    }
    const char *body = "{ \"choices\":[{\"message\":{\"content\":\"a\"},\"x\":1}], \"y\": {} }";
    start(true);
    must(whole(body));
    assert_string_equal(heard_text(&heard->raw), arena_printf(a, "%s\n", body));
}

static void test_errors_inside(void **state)
{
    (void)state;
    const char *const said[] = {
        "{\"error\":{\"message\":\"overloaded\",\"type\":\"x\"}}", "{\"error\":\"overloaded\"}", "{\"choices\":[],\"error\":{\"message\":\"overloaded\"}}",
    };
    for (size_t i = 0; i < COUNT(said); i++) {
        start(i % 2);
        must_fail(frame(said[i]), ERR_UPSTREAM);
        assert_non_null(strstr(err.text, "overloaded"));
        must_fail(whole(said[i]), ERR_UPSTREAM);
        assert_int_equal(heard->events, 0);
    }
    start(false);
    must(frame("{\"error\":null,\"choices\":[]}"));
    must_fail(whole("{\"error\":{}}"), ERR_UPSTREAM);
}

static void test_malformed(void **state)
{
    (void)state;
    const char *const bad[] = {"", "{", "{}{}", "<html>", "[", "\"x\"", "7", "null", "[]", "{\"choices\":[{}}", "\xff", "{\"a\":1,\"a\":2}",
                               "{\"a\":\"\\ud800\"}", "[DONE] "};
    for (size_t i = 0; i < COUNT(bad); i++)
        for (int same = 0; same < 2; same++) {
            start(same);
            must_fail(frame(bad[i]), ERR_UPSTREAM);
            must_fail(whole(bad[i]), ERR_UPSTREAM);
            assert_int_equal(heard->events, 0);
        }
    const char *const no_choices[] = {"{}", "{\"choices\":[]}", "{\"choices\":{}}", "{\"choices\":null}"};
    for (size_t i = 0; i < COUNT(no_choices); i++) {
        start(false);
        must(frame(no_choices[i]));
        must_fail(whole(no_choices[i]), ERR_UPSTREAM);
    }
    /* odd but harmless: nothing is said */
    const char *const odd[] = {"{\"choices\":[7]}", "{\"choices\":[{\"delta\":7}]}", CHUNK("\"content\":7"), CHUNK("\"content\":[\"x\"]"),
                               CHUNK("\"tool_calls\":7"), CHUNK("\"tool_calls\":{\"a\":1}"), "{\"choices\":[{\"finish_reason\":7}]}",
                               "{\"usage\":7}", "{\"usage\":[]}", "{\"model\":7,\"id\":[]}", "{\"choices\":[{\"finish_reason\":\"null\"}]}"};
    start(false);
    for (size_t i = 0; i < COUNT(odd); i++)
        must(frame(odd[i]));
    assert_int_equal(heard->text.n, 0);
    assert_null(heard->finish);
    assert_string_equal(heard->reader.model, "");
}

static void test_usage(void **state)
{
    (void)state;
    const struct { const char *usage; int64_t in, out, cached, reasoning; } cases[] = {
        {"{}", 0, 0, 0, 0},
        {"{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}", 1, 2, 0, 0},
        {"{\"prompt_tokens\":5,\"completion_tokens\":2,\"prompt_cache_hit_tokens\":4}", 5, 2, 4, 0},
        {"{\"prompt_tokens\":5,\"prompt_tokens_details\":null,\"completion_tokens_details\":null}", 5, 0, 0, 0},
        {"{\"prompt_tokens\":-5,\"completion_tokens\":9223372036854775807}", 0, 0, 0, 0},
        {"{\"prompt_tokens\":\"5\",\"completion_tokens\":1.5}", 0, 0, 0, 0},
        {"{\"prompt_tokens\":1e3,\"completion_tokens\":1000000000}", 1000, 1000000000, 0, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        start(false);
        must(whole(arena_printf(a, "{\"choices\":[{\"message\":{}}],\"usage\":%s}", cases[i].usage)));
        const struct usage *u = &heard->reader.usage;
        assert_true(u->known);
        assert_int_equal(u->in, cases[i].in);
        assert_int_equal(u->out, cases[i].out);
        assert_int_equal(u->cached, cases[i].cached);
        assert_int_equal(u->reasoning, cases[i].reasoning);
    }
    start(false);
    must(whole("{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"usage\":null}"));
    assert_false(heard->reader.usage.known);
}

/* A model's name as long as a book would make the run too large to be recorded. */
static void test_long_names(void **state)
{
    (void)state;
    start(false);
    must(frame(arena_printf(a, "{\"model\":\"%0100000d\",\"id\":\"%0100000d\",\"choices\":[{\"finish_reason\":\"%0100000d\"}]}", 1, 2, 3)));
    assert_int_equal(strlen(heard->reader.model), 200);
    assert_int_equal(strlen(heard->reader.upstream_id), 200);
    assert_string_equal(heard->reader.finish, "stop");
}

static void test_a_caller_who_goes(void **state)
{
    (void)state;
    const char *const frames[] = {CHUNK("\"content\":\"a\""), CHUNK("\"reasoning\":\"a\""), CHUNK("\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"f\"}}]"),
                                  "{\"choices\":[{\"finish_reason\":\"stop\"}]}"};
    for (size_t i = 0; i < COUNT(frames); i++)
        for (int same = 0; same < 2; same++) {
            start(same);
            heard->most = 0;
            must_fail(frame(frames[i]), ERR_CANCELLED);
        }
}

static void test_error_bodies(void **state)
{
    (void)state;
    const struct { const char *body, *words; } cases[] = {
        {"{\"error\":{\"message\":\"no such \\\"model\\\"\"}}", "no such \"model\""}, {"{\"error\":\"bad\"}", "bad"}, {"{\"message\":\"bad\"}", "bad"},
        {"[{\"error\":{\"message\":\"bad\"}}]", "bad"}, {"{\"detail\":\"x\"}", "x"},
        {"{\"detail\":[{\"msg\":\"x\"}]}", "[{\"msg\":\"x\"}]"}, {"<html>", ""}, {"", ""}, {"{\"error\":{\"message\":7}}", ""},
        {"{\"error\":null}", ""}, {"[]", ""}, {"7", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(error_words(&openai_rules, cases[i].body), cases[i].words);
}

static void test_requests(void **state)
{
    (void)state;
    struct provider p = {.base_url = "http://h/v1/"};
    struct http_request r = {0};
    openai_rules.prepare_models(&p, a, &r);
    assert_string_equal(r.method, "GET");
    assert_string_equal(r.url, "http://h/v1/models");
    assert_int_equal(r.headers_n, 0);
    p.secret = secret_text(a, "sk-1");
    openai_rules.prepare_models(&p, a, &r);
    assert_int_equal(r.headers_n, 1);
    assert_string_equal(r.headers[0].name, "Authorization");
    assert_string_equal(r.headers[0].value, "Bearer sk-1");
    struct chat *chat = chat_new(a);
    r = (struct http_request){0};
    must(openai_rules.prepare(&(struct target){.provider = &p, .model = "m"}, chat, a, &r, &err));
    assert_string_equal(r.method, "POST");
    assert_string_equal(r.url, "http://h/v1/chat/completions");
    assert_int_equal(r.headers_n, 2);
}

/* An end mark is not an answer; an answer without a reason has one all the same. */
static void test_ends(void **state)
{
    (void)state;
    for (int same = 0; same < 2; same++) {
        start(same);
        must_fail(frame("[DONE]"), ERR_UPSTREAM);
        start(same);
        must(frame("{\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}"));
        must_fail(frame("[DONE]"), ERR_UPSTREAM);
        start(same);
        must(frame(CHUNK("\"content\":\"a\"")));
        must(frame("[DONE]"));
        assert_string_equal(heard->finish ? heard->finish : "", same ? "" : "stop");
    }
    start(false);
    must(whole("{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\"}}]}}]}"));
    assert_string_equal(heard->finish, "tool_calls");
    assert_null(heard->reader.stop_sequence);
    start(false);
    must(frame("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\",\"stop_reason\":\"END\"}]}"));
    assert_string_equal(heard->reader.stop_sequence, "END");
}

/* ---- what services say that is not as it should be ---- */

static void test_pieces_of_content(void **state)
{
    (void)state;
    const char *const frames[] = {
        CHUNK("\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"h\"},{\"type\":\"text\",\"text\":\"m\"}]}]"),
        CHUNK("\"content\":[{\"type\":\"thinking\",\"thinking\":\"!\"},{\"type\":\"text\",\"text\":\"a\"}]"),
        CHUNK("\"content\":[{\"type\":\"reference\",\"reference_ids\":[1]},{\"type\":\"text\",\"text\":\"b\"}]"),
        CHUNK("\"refusal\":\"no\""), "{\"choices\":[{\"delta\":{\"content\":\"c\"},\"message\":{\"content\":\"abc\"}}],\"citations\":[\"u\"]}",
        "{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"second\"}}]}", CHUNK("\"audio\":{\"id\":\"x\"},\"annotations\":[{}],\"images\":[]"),
    };
    start(false);
    for (size_t i = 0; i < COUNT(frames); i++)
        must(frame(frames[i]));
    assert_string_equal(heard_text(&heard->text), "abnoc");
    assert_string_equal(heard_text(&heard->reasoning), "hm!");
    const char *const *name = heard->reader.dropped.items, *const want[] = {"content", "citations", "choices", "audio", "annotations"};
    assert_int_equal(heard->reader.dropped.n, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(name[i], want[i]);
}

/* However a provider numbers its calls: they stay apart, from 0 on, with id and name. */
static void test_numbering(void **state)
{
    (void)state;
#define PIECE(members, function) "{" members "\"function\":{" function "}}"
#define CALLS(list) CHUNK("\"tool_calls\":[" list "]")
    const struct { const char *frames[5]; const char *heard; } cases[] = {
        /* no index at all */
        {{CALLS(PIECE("\"id\":\"a\",", "\"name\":\"f\",\"arguments\":\"{\\\"x\\\"\"")), CALLS(PIECE("", "\"arguments\":\":1}\"")),
          CALLS(PIECE("\"id\":\"b\",", "\"name\":\"g\",\"arguments\":\"{}\""))}, "a f {\"x\":1}; b g {};"},
        /* no index, the id in every piece */
        {{CALLS(PIECE("\"id\":\"a\",", "\"name\":\"f\"") "," PIECE("\"id\":\"b\",", "\"name\":\"g\"")),
          CALLS(PIECE("\"id\":\"b\",", "\"arguments\":\"2\"")), CALLS(PIECE("\"id\":\"a\",", "\"arguments\":\"1\""))}, "a f 1; b g 2;"},
        /* every call has index 0 */
        {{CALLS(PIECE("\"index\":0,\"id\":\"a\",", "\"name\":\"f\",\"arguments\":\"1\"") "," PIECE("\"index\":0,\"id\":\"b\",",
          "\"name\":\"g\",\"arguments\":\"2\""))}, "a f 1; b g 2;"},
        /* id and name in every piece */
        {{CALLS(PIECE("\"index\":0,\"id\":\"a\",", "\"name\":\"f\",\"arguments\":\"1\"")), CALLS(PIECE("\"index\":0,\"id\":\"a\",",
          "\"name\":\"f\",\"arguments\":\"2\""))}, "a f 12;"},
        /* another id in every piece, without a name */
        {{CALLS(PIECE("\"index\":0,\"id\":\"a\",", "\"name\":\"f\",\"arguments\":\"1\"")), CALLS(PIECE("\"index\":0,\"id\":\"b\",",
          "\"name\":\"\",\"arguments\":\"2\""))}, "a f 12;"},
        /* a gap */
        {{CALLS(PIECE("\"index\":3,\"id\":\"a\",", "\"name\":\"f\"")), CALLS(PIECE("\"index\":7,\"id\":\"b\",", "\"name\":\"g\"")),
          CALLS(PIECE("\"index\":3,", "\"arguments\":\"1\""))}, "a f 1; b g ;"},
        /* the name after the id, arguments before both */
        {{CALLS(PIECE("\"index\":0,", "\"arguments\":\"1\"")), CALLS(PIECE("\"index\":0,\"id\":\"a\",", "\"arguments\":\"2\"")),
          CALLS(PIECE("\"index\":0,", "\"name\":\"f\",\"arguments\":\"3\""))}, "a f 123;"},
        /* the second has its name first */
        {{CALLS(PIECE("\"index\":0,\"id\":\"a\",", "\"arguments\":\"1\"") "," PIECE("\"index\":1,\"id\":\"b\",", "\"name\":\"g\"")),
          CALLS(PIECE("\"index\":0,", "\"name\":\"f\""))}, "b g ; a f 1;"},
        /* null and objects for arguments */
        {{CALLS(PIECE("\"index\":0,\"id\":\"a\",", "\"name\":\"f\",\"arguments\":null") "," PIECE("\"index\":1,\"id\":\"b\",",
          "\"name\":\"g\",\"arguments\":{\"y\":2}"))}, "a f ; b g {\"y\":2};"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *said = "";
        start(false);
        for (size_t k = 0; k < COUNT(cases[i].frames) && cases[i].frames[k]; k++)
            must(frame(cases[i].frames[k]));
        must(frame("{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}"));
        for (size_t k = 0; k < heard->calls.n; k++)
            said = arena_printf(a, "%s%s%s %s %s;", said, k ? " " : "", heard_call(heard, k)->id, heard_call(heard, k)->name,
                                heard_text(&((struct heard_call *)heard->calls.items)[k].arguments));
        if (strcmp(said, cases[i].heard) != 0)
            fail_msg("case %zu: %s, not %s", i, said, cases[i].heard);
        assert_string_equal(heard->finish, "tool_calls");
    }
    /* ids are made where there are none, each its own */
    start(false);
    must(whole("{\"choices\":[{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\"}},{\"id\":\"\",\"function\":{\"name\":\"f\"}},"
               "{\"id\":\"x\",\"function\":{\"name\":\"f\"}},{\"id\":\"x\",\"function\":{\"name\":\"f\"}}]},\"finish_reason\":\"stop\"}]}"));
    assert_int_equal(heard->calls.n, 4);
    assert_int_equal(strncmp(heard_call(heard, 0)->id, "call_", 5), 0);
    assert_string_not_equal(heard_call(heard, 0)->id, heard_call(heard, 1)->id);
    assert_string_equal(heard->finish, "tool_calls");
    start(false);
    must(whole("{\"choices\":[{\"message\":{\"function_call\":{\"name\":\"f\",\"arguments\":\"{}\"}},\"finish_reason\":\"function_call\"}]}"));
    assert_string_equal(heard_call(heard, 0)->name, "f");
    assert_string_equal(heard->finish, "tool_calls");
}

static void test_calls_that_fail(void **state)
{
    (void)state;
    start(false);
    must(frame(CALLS(PIECE("\"index\":0,\"id\":\"a\",", "\"arguments\":\"1\""))));
    must_fail(frame("{\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}"), ERR_UPSTREAM);
    start(false);
    must_fail(whole("{\"choices\":[{\"message\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{}}]}}]}"), ERR_UPSTREAM);
    start(false);
    for (int i = 0; i < TOOL_CALLS_MAX; i++)
        must(frame(arena_printf(a, CALLS(PIECE("\"id\":\"c%d\",", "\"name\":\"f\"")), i)));
    must_fail(frame(CALLS(PIECE("\"id\":\"last\",", "\"name\":\"f\""))), ERR_UPSTREAM);
}

static void test_finishes(void **state)
{
    (void)state;
    const struct { const char *word, *finish; } cases[] = {
        {"stop", "stop"}, {"length", "length"}, {"model_length", "length"}, {"content_filter", "content_filter"}, {"sensitive", "content_filter"},
        {"eos", "stop"}, {"insufficient_system_resource", NULL}, {"network_error", NULL}, {"error", NULL}, {"abort", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int same = 0; same < 2; same++) {
            const char *text = arena_printf(a, "{\"choices\":[{\"delta\":{},\"message\":{},\"finish_reason\":\"%s\"}]}", cases[i].word);
            for (int w = 0; w < 2; w++) {
                start(same);
                if (cases[i].finish) {
                    must(w ? whole(text) : frame(text));
                    assert_string_equal(heard->reader.finish, same ? cases[i].word : cases[i].finish);
                } else {
                    assert_false(w ? whole(text) : frame(text));
                    assert_int_equal(err.kind, ERR_UPSTREAM_DOWN);
                    assert_int_equal(heard->reader.error.remedy, REMEDY_RETRY);
                    assert_int_equal(heard->events, 0);
                }
            }
        }
}

/* Marks of what must be given back: Gemini's signatures through its compatible door, OpenRouter's details. */
static void test_signatures(void **state)
{
    (void)state;
    start(false);
    must(frame(CHUNK("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"hm\",\"index\":0}]")));
    must(frame(CHUNK("\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"\",\"signature\":\"S\",\"index\":0}]")));
    must(frame(CHUNK("\"reasoning_details\":[{\"type\":\"reasoning.encrypted\",\"data\":\"D\"}]")));
    must(frame(CHUNK("\"extra_content\":{\"google\":{\"thought_signature\":\"G\"}}")));
    assert_string_equal(heard_text(&heard->reasoning), "hm");
    assert_string_equal(heard_text(&heard->opaque), "(mg1.openai.{\"type\":\"reasoning.text\",\"signature\":\"S\",\"index\":0})"
                                                    "<mg1.openai.{\"type\":\"reasoning.encrypted\",\"data\":\"D\"}>(mg1.gemini.G)");
    start(false);                                            /* the text stands there twice */
    must(frame(CHUNK("\"reasoning\":\"hm\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"hm\"}]")));
    assert_string_equal(heard_text(&heard->reasoning), "hm");
    start(false);
    must(frame(CALLS("{\"id\":\"a\",\"function\":{\"name\":\"f\"},\"extra_content\":{\"google\":{\"thought_signature\":\"G\"}}}")));
    assert_int_equal(heard->calls.n, 1);
    assert_int_equal(heard->reader.dropped.n, 0);
}

/* Every shape of usage: whole and streamed, in any place, the last one counts. */
static void test_usage_places(void **state)
{
    (void)state;
    const struct { const char *usage; struct usage want; } cases[] = {
        {"{\"prompt_tokens\":10,\"completion_tokens\":4,\"prompt_tokens_details\":{\"cached_tokens\":6,\"cache_write_tokens\":3,\"image_tokens\":2},"
         "\"completion_tokens_details\":{\"reasoning_tokens\":3}}", {10, 4, 6, 3, 0, 2, 3, true}},
        {"{\"prompt_tokens\":10,\"completion_tokens\":4,\"prompt_cache_hit_tokens\":8,\"prompt_cache_miss_tokens\":2}", {10, 4, 8, 0, 0, 0, 0, true}},
        {"{\"prompt_tokens\":10,\"completion_tokens\":4,\"cached_tokens\":7}", {10, 4, 7, 0, 0, 0, 0, true}},
        {"{\"prompt_tokens\":10,\"completion_tokens\":4,\"prompt_tokens_details\":{\"cached_tokens\":99,\"cache_write_tokens\":9},"
         "\"completion_tokens_details\":{\"reasoning_tokens\":99}}", {10, 4, 10, 0, 0, 0, 4, true}},
        {"{\"prompt_tokens\":10,\"total_tokens\":15}", {10, 5, 0, 0, 0, 0, 0, true}},
        {"{\"prompt_tokens\":-10,\"completion_tokens\":-4}", {0, 0, 0, 0, 0, 0, 0, true}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *const places[] = {
            "{\"choices\":[],\"usage\":%s}", "{\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":%s}", "{\"choices\":[{\"delta\":{},\"usage\":%s}]}",
            "{\"choices\":[],\"x_groq\":{\"id\":\"r\",\"usage\":%s}}",
        };
        start(false);
        must(whole(arena_printf(a, "{\"choices\":[{\"message\":{}}],\"usage\":%s}", cases[i].usage)));
        assert_memory_equal(&heard->reader.usage, &cases[i].want, sizeof(cases[i].want));
        for (size_t k = 0; k < COUNT(places); k++) {
            const char *text = places[k], *at = strstr(text, "%s");
            start(false);
            must(frame("{\"choices\":[{\"delta\":{}}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}"));
            must(frame(arena_printf(a, "%.*s%s%s", (int)(at - text), text, cases[i].usage, at + 2)));
            must(frame("{\"choices\":[{\"delta\":{}}],\"usage\":null}"));
            assert_memory_equal(&heard->reader.usage, &cases[i].want, sizeof(cases[i].want));
        }
    }
}

static void test_errors_by_service(void **state)
{
    (void)state;
    enum err_kind up = ERR_UPSTREAM, in = ERR_UPSTREAM_INPUT, key = ERR_UPSTREAM_AUTH, slow = ERR_RATE;
    const struct { int status; const char *body; enum err_kind kind; enum remedy remedy; const char *code; int64_t after; } cases[] = {
        {429, "{\"error\":{\"message\":\"m\",\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}", up, REMEDY_OTHER, "insufficient_quota", 0},
        {429, "{\"error\":{\"message\":\"Please try again in 5.289s. More\",\"type\":\"tokens\",\"code\":\"rate_limit_exceeded\"}}", slow, REMEDY_RETRY,
         "rate_limit_exceeded", 5289},
        {429, "{\"error\":{\"message\":\"Try again in 1m30s\"}}", slow, REMEDY_RETRY, "", 90000},
        {400, "{\"error\":{\"message\":\"m\",\"code\":\"context_length_exceeded\"}}", in, REMEDY_CALLER, "context_length_exceeded", 0},
        {401, "{\"error\":{\"message\":\"m\",\"code\":\"invalid_api_key\"}}", key, REMEDY_OTHER, "invalid_api_key", 0},
        {404, "{\"error\":{\"message\":\"m\",\"code\":\"model_not_found\"}}", up, REMEDY_OTHER, "model_not_found", 0},
        {400, "{\"error\":{\"code\":\"content_filter\",\"message\":\"m\",\"innererror\":{\"code\":\"ResponsibleAIPolicyViolation\"}}}", in, REMEDY_CALLER,
         "content_filter", 0},
        {401, "{\"statusCode\":401,\"message\":\"m\"}", key, REMEDY_OTHER, "401", 0},
        {400, "{\"error\":{\"code\":\"Arrearage\",\"message\":\"m\"},\"request_id\":\"r\"}", up, REMEDY_OTHER, "Arrearage", 0},
        {400, "{\"code\":\"DataInspectionFailed\",\"message\":\"m\",\"request_id\":\"r\"}", in, REMEDY_CALLER, "DataInspectionFailed", 0},
        {429, "{\"error\":{\"code\":\"Throttling.RateQuota\",\"message\":\"m\"}}", slow, REMEDY_RETRY, "Throttling.RateQuota", 0},
        {429, "{\"error\":{\"code\":\"1302\",\"message\":\"m\"}}", slow, REMEDY_RETRY, "1302", 0},
        {429, "{\"error\":{\"code\":\"1113\",\"message\":\"m\"}}", up, REMEDY_OTHER, "1113", 0},
        {429, "{\"error\":{\"code\":\"1308\",\"message\":\"m\"}}", up, REMEDY_OTHER, "1308", 0},
        {400, "{\"error\":{\"code\":\"1211\",\"message\":\"m\"}}", up, REMEDY_OTHER, "1211", 0},
        {400, "{\"error\":{\"code\":\"1214\",\"message\":\"m\"}}", in, REMEDY_CALLER, "1214", 0},
        {400, "{\"error\":{\"code\":\"1301\",\"message\":\"m\"}}", in, REMEDY_CALLER, "1301", 0},
        {500, "{\"error\":{\"code\":\"1234\",\"message\":\"m\"}}", up, REMEDY_RETRY, "1234", 0},
        {403, "{\"error\":{\"code\":\"unsafe_request\",\"message\":\"m\",\"type\":\"invalid_request_error\"},\"id\":\"x\"}", in, REMEDY_CALLER,
         "unsafe_request", 0},
        {400, "{\"error\":{\"code\":\"invalid_model\",\"message\":\"m\"}}", up, REMEDY_OTHER, "invalid_model", 0},
        {429, "{\"error\":{\"type\":\"engine_overloaded_error\",\"message\":\"m\"}}", ERR_UPSTREAM_DOWN, REMEDY_RETRY, "engine_overloaded_error", 0},
        {429, "{\"error\":{\"type\":\"exceeded_current_quota_error\",\"message\":\"m\"}}", up, REMEDY_OTHER, "exceeded_current_quota_error", 0},
        {402, "{\"error\":{\"message\":\"m\"}}", up, REMEDY_OTHER, "", 0},
        {429, "{\"object\":\"error\",\"message\":\"m\",\"type\":\"rate_limit_error\",\"param\":null,\"code\":null}", slow, REMEDY_RETRY, "rate_limit_error", 0},
        {422, "{\"detail\":[{\"loc\":[\"body\"],\"msg\":\"m\",\"type\":\"extra_forbidden\"}]}", in, REMEDY_CALLER, "", 0},
        {498, "{\"error\":{\"message\":\"m\",\"type\":\"capacity_exceeded\"}}", slow, REMEDY_RETRY, "capacity_exceeded", 0},
        {403, "{\"error\":{\"code\":403,\"message\":\"m\",\"metadata\":{\"reasons\":[\"violence\"],\"flagged_input\":\"x\"}}}", in, REMEDY_CALLER, "403", 0},
        {403, "{\"error\":{\"code\":403,\"message\":\"m\",\"metadata\":{}}}", key, REMEDY_OTHER, "403", 0},
        {429, "[{\"error\":{\"code\":429,\"message\":\"m\",\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":\"x\"},{\"retryDelay\":\"34s\"}]}}]", slow,
         REMEDY_RETRY, "429", 34000},
        {503, "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}", ERR_UPSTREAM_DOWN, REMEDY_RETRY, "503", 0},
        {500, "<html>", up, REMEDY_RETRY, "", 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct upstream_error error;
        upstream_error_of(cases[i].status, &error);
        openai_rules.read_error(&(struct provider){.name = "p"}, cases[i].status, bytes_of(cases[i].body), a, &error);
        if (error.kind != cases[i].kind || error.remedy != cases[i].remedy || strcmp(error.code, cases[i].code) != 0
            || error.retry_after_ms != cases[i].after)
            fail_msg("%s: %s, remedy %d, code %s, after %lld", cases[i].body, err_name(error.kind), (int)error.remedy, error.code,
                     (long long)error.retry_after_ms);
    }
}

/* The same inside HTTP 200: the reader knows what it stands for. */
static void test_errors_inside_by_service(void **state)
{
    (void)state;
    const struct { const char *body; enum err_kind kind; enum remedy remedy; int status; } cases[] = {
        {"{\"error\":{\"code\":502,\"message\":\"Provider returned error\"},\"choices\":[{\"finish_reason\":\"error\",\"delta\":{}}]}", ERR_UPSTREAM, REMEDY_RETRY, 502},
        {"{\"error\":{\"code\":\"insufficient_quota\",\"message\":\"m\"}}", ERR_UPSTREAM, REMEDY_OTHER, 0},
        {"{\"error\":{\"code\":429,\"message\":\"try again in 2s\"}}", ERR_RATE, REMEDY_RETRY, 429},
        {"{\"object\":\"error\",\"message\":\"m\",\"code\":400}", ERR_UPSTREAM_INPUT, REMEDY_CALLER, 400},
        {"{\"error_code\":110,\"error_msg\":\"m\"}", ERR_UPSTREAM, REMEDY_OTHER, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int k = 0; k < 4; k++) {
            start(k & 1);
            must_fail(k & 2 ? whole(cases[i].body) : frame(cases[i].body), cases[i].kind);
            assert_int_equal(heard->reader.error.kind, cases[i].kind);
            assert_int_equal(heard->reader.error.remedy, cases[i].remedy);
            assert_int_equal(heard->reader.error.status, cases[i].status);
            assert_int_equal(heard->reader.error.body.n > 0, k & 1);
            assert_int_equal(heard->events, 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_after_the_end),
        cmocka_unit_test(test_tool_calls),
        cmocka_unit_test(test_tool_call_indexes),
        cmocka_unit_test(test_same_dialect),
        cmocka_unit_test(test_errors_inside),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_long_names),
        cmocka_unit_test(test_a_caller_who_goes),
        cmocka_unit_test(test_error_bodies),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_pieces_of_content),
        cmocka_unit_test(test_numbering),
        cmocka_unit_test(test_calls_that_fail),
        cmocka_unit_test(test_finishes),
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_usage_places),
        cmocka_unit_test(test_errors_by_service),
        cmocka_unit_test(test_errors_inside_by_service),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
