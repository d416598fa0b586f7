/* SPDX-License-Identifier: MIT */
/* Embeddings: inputs are split to what a provider takes, and its vectors come together in the order of the inputs, whatever the sizes are. */
#include "gate/embed.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "gate/snapshot.h"
#include "gate_help.h"
#include "providers/emit.h"
#include "providers/providers.h"
#include "serve/openai_embeddings.h"

/* A dialect that asks for "FIRST N" and is answered with [[1,2],[3,4],tokens]. */
static bool own_prepare(struct target *target, const struct chat *chat, size_t first, size_t n, struct arena *arena, struct http_request *r,
                        struct err *failure)
{
    (void)target, (void)chat, (void)failure;
    r->body = bytes_of(arena_printf(arena, "%zu %zu", first, n));
    http_add_header(r, arena, "X-Test", "1");
    return true;
}

static bool own_read(struct reader *r, struct bytes body, struct err *failure)
{
    struct json answer;
    if (!emit_check(body, JSON_OBJECT, &answer, failure))
        return false;
    emit_vector_usage(r, answer, "tokens");
    struct json_walk w = json_walk(json_member(answer, "vectors"));
    while (json_next(&w))
        if (!emit_vector(r, w.value, failure))
            return false;
    return true;
}

static struct dialect_rules own_rules = {.id = DIALECT_GEMINI, .prepare_embed = own_prepare, .read_embed = own_read};
static struct provider_type own_type = {.name = "own", .label = "Own", .rules = &own_rules, .embed_max = 10};
static struct provider own = {.id = "p", .name = "p", .type = &own_type};

static struct json json_of(const char *text)
{
    struct json value;
    must(json_check(bytes_of(text), &(struct json_limits){.allow_nul = true}, &value, &err));
    return value;
}

static struct chat *chat_of(const char *body)
{
    struct chat *chat = chat_new(a);
    must(openai_embeddings_read(json_of(body), chat, a, &err));
    return chat;
}

/* A run as attempt.c has it when the first request is about to leave. */
static struct run *run_of(struct chat *chat, int64_t most)
{
    struct run *run = NEW(a, struct run);
    own_type.embed_max = most;
    run->arena = a;
    run->chat = chat;
    run->target = (struct target){.provider = &own, .model = "m"};
    run->reader = (struct reader){.arena = a, .scratch = a, .chat = chat, .provider = &own, .model = "", .upstream_id = "", .same = embed_whole(run)};
    run->body = buf_new(a, 1 << 20);
    run->embed_began = clock_mono();
    return run;
}

static void say(struct run *run, const char *answer)
{
    buf_clear(&run->body);
    buf_text(&run->body, answer);
}

static const char *inputs_of(size_t n)
{
    struct buf buf = buf_new(a, 1 << 20);
    const char *text;
    buf_text(&buf, "{\"model\":\"m\",\"input\":[");
    for (size_t i = 0; i < n; i++)
        buf_printf(&buf, "%s\"text %zu\"", i ? "," : "", i);
    buf_text(&buf, "]}");
    must(buf_done(&buf, &text, &err));
    return text;
}

/* The provider's answer to "FIRST N": each input's place and its square. */
static void answer(struct run *run)
{
    size_t first, n;
    struct buf buf = buf_new(a, 1 << 20);
    const char *text;
    assert_int_equal(sscanf((const char *)run->request.body.p, "%zu %zu", &first, &n), 2);
    assert_int_equal(run->request.headers_n, 1);
    assert_in_range(n, 1, own_type.embed_max);
    buf_printf(&buf, "{\"tokens\":%zu,\"vectors\":[", n);
    for (size_t i = first; i < first + n; i++)
        buf_printf(&buf, "%s[%zu,%zu.5]", i > first ? "," : "", i, i * i);
    buf_text(&buf, "]}");
    must(buf_done(&buf, &text, &err));
    say(run, text);
}

static void test_any_size_comes_together_in_order(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int turn = 0; turn < 200; turn++) {
        size_t n = 1 + random_below(&r, 40), most = 1 + random_below(&r, 50), requests = 1;
        struct run *run = run_of(chat_of(inputs_of(n)), (int64_t)most);
        bool more;
        must(embed_prepare(run, &err));
        for (answer(run); ; answer(run), requests++) {
            must(embed_next(run, &more, &err));
            if (!more)
                break;
        }
        const struct vector *v = run->reader.vectors.items;
        assert_int_equal(requests, (n + most - 1) / most);
        assert_int_equal(run->reader.vectors.n, n);
        assert_int_equal(run->reader.usage.in, n);
        assert_true(run->reader.usage.known);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(v[i].n, 2);
            assert_true(v[i].x[0] == (float)i && v[i].x[1] == (float)(i * i) + 0.5f);
        }
    }
}

static void test_wrong_answers(void **state)
{
    (void)state;
    static const struct { const char *answer, *words; } cases[] = {
        {"{\"vectors\":[[1]]}", "1 vectors for 2 inputs"},
        {"{\"vectors\":[]}", "0 vectors for 2 inputs"},
        {"{}", "0 vectors for 2 inputs"},
        {"{\"vectors\":[[1],[2],[3]]}", "more vectors than it was given inputs"},
        {"{\"vectors\":[[1],[]]}", "not a list of 1 to"},
        {"{\"vectors\":[[1],[\"x\"]]}", "no number"},
        {"{\"vectors\":[[1],[1e99]]}", "no number"},
        {"{\"vectors\":[[1],{}]}", "not a list"},
        {"{\"vectors\":[[1],null]}", "not a list"},
        {"{\"vectors\":[[1],\"AAAA\"]}", "not base64 of floats"},
        {"{\"vectors\":[[1],\"AACAfw==\"]}", "no number"},
        {"{\"vectors\":[[1],\"\"]}", "not base64 of floats"},
        {"[[1],[2]]", "no object"},
        {"{", "malformed"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct run *run = run_of(chat_of(inputs_of(2)), 10);
        bool more;
        must(embed_prepare(run, &err));
        say(run, cases[i].answer);
        must_fail(embed_next(run, &more, &err), ERR_UPSTREAM);
        if (!strstr(err.text, cases[i].words))
            fail_msg("%s: %s", cases[i].answer, err.text);
        assert_false(more);
    }
}

/* Too many in the first of several requests is not taken for the answer to the second. */
static void test_too_many_in_the_first_of_two(void **state)
{
    (void)state;
    struct run *run = run_of(chat_of(inputs_of(4)), 2);
    bool more;
    must(embed_prepare(run, &err));
    say(run, "{\"vectors\":[[1],[2],[3]]}");
    must_fail(embed_next(run, &more, &err), ERR_UPSTREAM);
}

/* What the provider sends in the caller's own dialect goes on as it is, unless it is not what was asked for. */
static void test_the_same_dialect(void **state)
{
    (void)state;
    static const struct { const char *format, *answer; bool raw, fits; } cases[] = {
        {"float", "{\"vectors\":[[1,2],[3]]}", true, true},
        {"base64", "{\"vectors\":[\"AACAPw==\",\"AACAPw==\"]}", true, true},
        {"base64", "{\"vectors\":[[1],[1]]}", false, true},
        {"float", "{\"vectors\":[\"AACAPw==\",\"AACAPw==\"]}", false, true},
        {"float", "{\"vectors\":[[1],\"AACAPw==\"]}", false, false},
        {"float", "{\"vectors\":[[1]]}", false, false},
    };
    own_rules.id = DIALECT_OPENAI_CHAT;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct chat *chat = chat_of(arena_printf(a, "{\"model\":\"m\",\"input\":[\"a\",\"b\"],\"encoding_format\":\"%s\"}", cases[i].format));
        struct run *run = run_of(chat, 10);
        bool more;
        assert_true(run->reader.same);
        must(embed_prepare(run, &err));
        say(run, cases[i].answer);
        assert_int_equal(embed_next(run, &more, &err), cases[i].fits);
        if (!cases[i].fits)
            continue;
        assert_int_equal(run->reader.vectors.n, 2);
        assert_int_equal(run->reader.same, cases[i].raw);
        assert_int_equal(run->answer.raw.n, cases[i].raw ? strlen(cases[i].answer) : 0);
        if (!cases[i].raw)
            assert_true(*((const struct vector *)run->reader.vectors.items)[1].x == 1);
    }
    assert_false(run_of(chat_of(inputs_of(3)), 2)->reader.same);
    own_rules.id = DIALECT_GEMINI;
}

static void test_token_ids_need_the_same_dialect(void **state)
{
    (void)state;
    struct chat *chat = chat_of("{\"model\":\"m\",\"input\":[[1,2],[3]]}");
    must_fail(embed_prepare(run_of(chat, 10), &err), ERR_INPUT);
    assert_string_equal(err.field, "input");
    assert_string_equal(err.value, "Own");
    own_rules.id = DIALECT_OPENAI_CHAT;
    must(embed_prepare(run_of(chat, 10), &err));
    own_rules.id = DIALECT_GEMINI;
}

/* Another attempt, perhaps at another provider, begins with the first input. */
static void test_another_attempt_begins_anew(void **state)
{
    (void)state;
    struct run *run = run_of(chat_of(inputs_of(5)), 2);
    bool more;
    must(embed_prepare(run, &err));
    answer(run);
    must(embed_next(run, &more, &err));
    assert_true(bytes_equal_text(run->request.body, "2 2"));
    own_type.embed_max = 4;
    must(embed_prepare(run, &err));
    assert_true(bytes_equal_text(run->request.body, "0 4"));
    assert_int_equal(run->reader.vectors.n, 0);
}

static void test_the_time_is_shared(void **state)
{
    (void)state;
    struct run *run = run_of(chat_of(inputs_of(2)), 1);
    bool more;
    own.total_ms = 50;
    must(embed_prepare(run, &err));
    run->embed_began = clock_mono() - 60000;
    answer(run);
    must_fail(embed_next(run, &more, &err), ERR_TIMEOUT);
    run = run_of(chat_of(inputs_of(2)), 1);
    own.total_ms = 5000;
    must(embed_prepare(run, &err));
    answer(run);
    must(embed_next(run, &more, &err));
    assert_true(more);
    assert_in_range(run->request.total_ms, 1, 5000);
    own.total_ms = 0;
}

static void test_who_can(void **state)
{
    (void)state;
    assert_false(embed_can(NULL));
    assert_false(embed_can(&(struct provider_type){.rules = &own_rules}));
    assert_false(embed_can(&(struct provider_type){.rules = &(struct dialect_rules){.id = DIALECT_GEMINI}, .embed_max = 5}));
    assert_true(embed_can(&(struct provider_type){.rules = &own_rules, .embed_max = 1}));
    for (size_t i = 0; all_provider_types[i]; i++)
        if (all_provider_types[i]->embed_max && !embed_can(all_provider_types[i]))
            fail_msg("%s says it embeds, but its dialect has no way to", all_provider_types[i]->name);
}

/* ---- Ollama ---- */

static void test_ollama(void **state)
{
    (void)state;
    struct provider p = {.name = "o", .base_url = "http://h/", .type = provider_type_find("ollama")};
    struct target target = {.provider = &p, .model = "nomic"};
    struct http_request r = {0};
    struct chat *chat = chat_of("{\"model\":\"x\",\"input\":[\"a\",\"b\\u0000\\n\",\"c\"],\"dimensions\":3,\"user\":\"u\"}");
    must(ollama_rules.prepare_embed(&target, chat, 0, 2, a, &r, &err));
    assert_string_equal(r.url, "http://h/api/embed");
    assert_true(bytes_equal_text(r.body, "{\"model\":\"nomic\",\"input\":[\"a\",\"b\\u0000\\n\"],\"dimensions\":3}"));
    assert_int_equal(target.dropped.n, 1);
    r = (struct http_request){0};
    must(ollama_rules.prepare_embed(&target, chat, 2, 1, a, &r, &err));
    assert_true(bytes_equal_text(r.body, "{\"model\":\"nomic\",\"input\":[\"c\"],\"dimensions\":3}"));
    assert_int_equal(target.dropped.n, 1);
    /* Its own callers keep what nobody here knows, in one request or in several. */
    const char *own_body = "{\"model\":\"x\",\"input\":[\"a\",\"b\"],\"truncate\":false,\"new\":[1.50]}";
    struct embed embed = {.inputs = {(struct bytes[]){bytes_of("a"), bytes_of("b")}, 2}, .dimensions = INT64_MIN};
    struct chat *same = chat_new(a);
    same->dialect = DIALECT_OLLAMA_EMBED;
    same->raw = json_of(own_body);
    same->embed = &embed;
    const struct { const char *model; size_t n; const char *body; } bodies[] = {
        {"x", 2, own_body},
        {"y", 2, "{\"model\":\"y\",\"input\":[\"a\",\"b\"],\"truncate\":false,\"new\":[1.50]}"},
        {"y", 1, "{\"model\":\"y\",\"input\":[\"a\"],\"truncate\":false,\"new\":[1.50]}"},
    };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        target.model = bodies[i].model;
        must(ollama_rules.prepare_embed(&target, same, 0, bodies[i].n, a, &r, &err));
        if (!bytes_equal_text(r.body, bodies[i].body))
            fail_msg("%.*s", (int)r.body.n, (const char *)r.body.p);
    }
}

static void test_ollama_answers(void **state)
{
    (void)state;
    static const struct { const char *body, *words; } wrong[] = {
        {"{\"error\":\"model not found\"}", "model not found"}, {"{}", "no list"}, {"{\"embeddings\":{}}", "no list"}, {"[]", "no object"},
        {"{\"embeddings\":[[]]}", "not a list"}, {"", "malformed"},
    };
    struct chat *chat = chat_of("{\"model\":\"x\",\"input\":[\"a\",\"b\"]}");
    struct reader r = {.arena = a, .scratch = a, .chat = chat, .model = "", .upstream_id = "", .usage = {.in = 99}};
    must(ollama_rules.read_embed(&r, bytes_of("{\"model\":\"m:latest\",\"embeddings\":[[0.25,-1],[1e-3]],\"prompt_eval_count\":7}"), &err));
    assert_string_equal(r.model, "m:latest");
    assert_int_equal(r.vectors.n, 2);
    assert_int_equal(r.usage.in, 7);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        r.vectors.n = 0;
        must_fail(ollama_rules.read_embed(&r, bytes_of(wrong[i].body), &err), ERR_UPSTREAM);
        if (!strstr(err.text, wrong[i].words))
            fail_msg("%s: %s", wrong[i].body, err.text);
    }
}

static int begin(void **state)
{
    provider_types = all_provider_types;
    return help_begin(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_size_comes_together_in_order), cmocka_unit_test(test_wrong_answers),
        cmocka_unit_test(test_too_many_in_the_first_of_two), cmocka_unit_test(test_the_same_dialect),
        cmocka_unit_test(test_token_ids_need_the_same_dialect), cmocka_unit_test(test_the_time_is_shared),
        cmocka_unit_test(test_another_attempt_begins_anew), cmocka_unit_test(test_who_can),
        cmocka_unit_test(test_ollama), cmocka_unit_test(test_ollama_answers),
    };
    return cmocka_run_group_tests(tests, begin, help_end);
}
