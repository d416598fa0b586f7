/* SPDX-License-Identifier: MIT */
/* Anthropic's answers, whole and in frames: texts, thoughts and what is to be given back of them, calls, counts of tokens, reasons to stop, errors. */
#include "base/json_write.h"
#include "base/secret.h"
#include "gate/thought.h"
#include "providers/providers.h"
#include "reader_help.h"

#define START(usage) "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"model\":\"m\",\"content\":[],\"usage\":" usage "}}\n\n"
#define BLOCK(i, block) "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":" #i ",\"content_block\":" block "}\n\n"
#define DELTA(i, delta) "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":" #i ",\"delta\":" delta "}\n\n"
#define CLOSE(i) "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":" #i "}\n\n"
#define REASON(r, usage) "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"" r "\",\"stop_sequence\":null},\"usage\":" usage "}\n\n"
#define STOP "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
#define PING "event: ping\ndata: {\"type\":\"ping\"}\n\n"
#define TEXT(i, t) BLOCK(i, "{\"type\":\"text\",\"text\":\"\"}") DELTA(i, "{\"type\":\"text_delta\",\"text\":\"" t "\"}") CLOSE(i)
#define USE(i, id) BLOCK(i, "{\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"f\",\"input\":{}}")
#define JSON_OF(i, t) DELTA(i, "{\"type\":\"input_json_delta\",\"partial_json\":\"" t "\"}")
#define ZERO "{\"input_tokens\":1,\"output_tokens\":1}"

static struct heard *stream(const char *wire, bool same)
{
    struct heard *h = heard_new(&anthropic_rules, same);
    must(hear_stream(h, bytes_of(wire), NULL));
    return h;
}

static void test_a_stream(void **state)
{
    (void)state;
    struct heard *h = stream(START("{\"input_tokens\":25,\"output_tokens\":1}") PING
        BLOCK(0, "{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}") DELTA(0, "{\"type\":\"thinking_delta\",\"thinking\":\"h\"}")
        DELTA(0, "{\"type\":\"thinking_delta\",\"thinking\":\"m\"}") DELTA(0, "{\"type\":\"signature_delta\",\"signature\":\"sig\"}") CLOSE(0)
        BLOCK(1, "{\"type\":\"redacted_thinking\",\"data\":\"seal\"}") CLOSE(1) TEXT(2, "a") TEXT(3, "b")
        USE(4, "t1") JSON_OF(4, "{\\\"x\\\"") JSON_OF(4, "") JSON_OF(4, ":1}") CLOSE(4) USE(5, "t2") CLOSE(5) USE(6, "t3") JSON_OF(6, "{}") CLOSE(6)
        REASON("tool_use", "{\"output_tokens\":15}") STOP "data: rubbish\n\n", false);
    assert_string_equal(heard_text(&h->text), "ab");
    assert_string_equal(heard_text(&h->reasoning), "hm");
    assert_string_equal(heard_text(&h->opaque), "(mg1.anthropic.sig)<mg1.anthropic.seal>");
    assert_int_equal(h->calls.n, 3);
    static const char *const arguments[] = {"{\"x\":1}", "{}", "{}"};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(heard_call(h, i)->id, arena_printf(a, "t%zu", i + 1));
        assert_string_equal(heard_call(h, i)->name, "f");
        assert_string_equal(heard_text(&((struct heard_call *)h->calls.items)[i].arguments), arguments[i]);
    }
    assert_string_equal(h->finish, "tool_calls");
    assert_string_equal(h->reader.model, "m");
    assert_string_equal(h->reader.upstream_id, "msg_1");
    assert_int_equal(h->reader.usage.in, 25);
    assert_int_equal(h->reader.usage.out, 15);
    assert_true(h->reader.ended && h->reader.text_bytes > 0);
    assert_int_equal(h->reader.dropped.n, 0);
}

/* The last count that says something wins, event for event; the cache's tokens belong to the input. */
static void test_usage(void **state)
{
    (void)state;
    const struct { const char *start, *end; struct usage want; } cases[] = {
        {"{\"input_tokens\":10,\"output_tokens\":1}", "{\"output_tokens\":7}", {.in = 10, .out = 7}},
        {"{\"input_tokens\":10,\"cache_read_input_tokens\":5,\"cache_creation_input_tokens\":3,\"output_tokens\":1}",
         "{\"input_tokens\":null,\"cache_read_input_tokens\":null,\"output_tokens\":7}", {.in = 18, .cached = 5, .written = 3, .out = 7}},
        {"{\"input_tokens\":0,\"output_tokens\":0}", "{\"input_tokens\":12,\"cache_read_input_tokens\":4,\"output_tokens\":7}",
         {.in = 16, .cached = 4, .out = 7}},
        {"{\"input_tokens\":1,\"cache_creation_input_tokens\":9,\"cache_creation\":{\"ephemeral_5m_input_tokens\":5,\"ephemeral_1h_input_tokens\":4},"
         "\"output_tokens\":1}", "{\"output_tokens\":9,\"output_tokens_details\":{\"thinking_tokens\":6}}",
         {.in = 10, .written = 5, .written_long = 4, .out = 9, .reasoning = 6}},
        {"{\"input_tokens\":3,\"cache_creation\":{\"ephemeral_1h_input_tokens\":99}}", "{\"output_tokens\":2,\"output_tokens_details\":"
         "{\"thinking_tokens\":50}}", {.in = 3, .out = 2, .reasoning = 2}},
        {"null", "null", {0}},
        {"{\"input_tokens\":-5}", "{\"output_tokens\":1e99}", {.in = 0, .out = 0}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct heard *h = heard_new(&anthropic_rules, false);
        const char *wire = arena_printf(a, "data: {\"type\":\"message_start\",\"message\":{\"usage\":%s}}\n\n" TEXT(0, "a")
                                        "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":%s}\n\n",
                                        cases[i].start, cases[i].end);
        struct usage *u = &h->reader.usage, want = cases[i].want;
        must(hear_stream(h, bytes_of(wire), NULL));
        if (u->in != want.in || u->out != want.out || u->cached != want.cached || u->written != want.written || u->written_long != want.written_long
            || u->reasoning != want.reasoning || u->known != (strcmp(cases[i].start, "null") != 0))
            fail_msg("case %zu: in %d out %d cached %d written %d + %d reasoning %d", i, (int)u->in, (int)u->out, (int)u->cached, (int)u->written,
                     (int)u->written_long, (int)u->reasoning);
        assert_string_equal(h->finish, "stop");
        assert_false(h->reader.ended);                       /* no message_stop: a finish is enough */
    }
}

static void test_reasons(void **state)
{
    (void)state;
    const struct { const char *reason, *finish; } cases[] = {
        {"end_turn", "stop"}, {"stop_sequence", "stop"}, {"pause_turn", "stop"}, {"max_tokens", "length"},
        {"model_context_window_exceeded", "length"}, {"refusal", "content_filter"}, {"tool_use", "stop"}, {"of tomorrow", "stop"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct heard *h = heard_new(&anthropic_rules, false), *w = heard_new(&anthropic_rules, false), *same = heard_new(&anthropic_rules, true);
        const char *reason = arena_printf(a, "\"stop_reason\":\"%s\",\"stop_sequence\":\"S\"", cases[i].reason);
        const char *wire = arena_printf(a, TEXT(0, "a") "data: {\"type\":\"message_delta\",\"delta\":{%s}}\n\n" STOP, reason);
        must(hear_stream(h, bytes_of(wire), NULL));
        assert_string_equal(h->finish, cases[i].finish);
        assert_string_equal(h->reader.stop_sequence, "S");
        must(hear_whole(w, arena_printf(a, "{\"content\":[],%s}", reason)));
        assert_string_equal(w->finish, cases[i].finish);
        must(hear_stream(same, bytes_of(wire), NULL));
        assert_string_equal(same->reader.finish, cases[i].reason);
    }
    /* calls make it tool_calls, whatever else is said; a message without a reason has stopped */
    assert_string_equal(stream(USE(0, "t") CLOSE(0) REASON("end_turn", "null") STOP, false)->finish, "tool_calls");
    assert_string_equal(stream(TEXT(0, "a") STOP, false)->finish, "stop");
}

static void test_whole(void **state)
{
    (void)state;
    const char *body = "{\"id\":\"msg_1\",\"type\":\"message\",\"model\":\"m\",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"sig\"},"
                       "{\"type\":\"redacted_thinking\",\"data\":\"seal\"},{\"type\":\"text\",\"text\":\"a\\u0000b\",\"citations\":null},"
                       "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{\"x\": 1}},{\"type\":\"tool_use\",\"id\":\"\",\"name\":\"g\"}],"
                       "\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":5,\"cache_read_input_tokens\":2,\"output_tokens\":3}}";
    struct heard *h = heard_new(&anthropic_rules, false), *same = heard_new(&anthropic_rules, true);
    must(hear_whole(h, body));
    assert_memory_equal(h->text.p, "a\0b", 3);
    assert_string_equal(heard_text(&h->reasoning), "hm");
    assert_string_equal(heard_text(&h->opaque), "(mg1.anthropic.sig)<mg1.anthropic.seal>");
    assert_string_equal(heard_text(&((struct heard_call *)h->calls.items)[0].arguments), "{\"x\": 1}");
    assert_string_equal(heard_text(&((struct heard_call *)h->calls.items)[1].arguments), "{}");
    assert_true(*heard_call(h, 1)->id);
    assert_string_equal(h->finish, "tool_calls");
    assert_int_equal(h->reader.usage.in, 7);
    must(hear_whole(same, body));
    assert_string_equal(heard_text(&same->raw), arena_printf(a, "%s\n", body));
    assert_int_equal(same->events, 1);
    assert_int_equal(same->reader.tool_calls, 2);
    assert_int_equal(same->reader.usage.in, 7);
    assert_string_equal(same->reader.finish, "tool_use");
    assert_true(same->reader.text_bytes > 0);
    const char *const bad[] = {"", "[]", "{}", "{\"content\":{}}", "{\"content\":[", "{\"content\":[{\"type\":\"tool_use\",\"id\":\"t\"}]}"};
    for (size_t i = 0; i < COUNT(bad); i++)
        must_fail(hear_whole(heard_new(&anthropic_rules, false), bad[i]), ERR_UPSTREAM);
}

/* What really comes: no names of events, arguments in the start, no ends of blocks, calls between each other, text in the start. */
static void test_tolerance(void **state)
{
    (void)state;
    struct heard *h = stream("data: {\"type\":\"message_start\",\"message\":{}}\n\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
        "{\"type\":\"text\",\"text\":\"a\"}}\n\n" BLOCK(1, "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{\"x\":1}}") CLOSE(1)
        BLOCK(2, "{\"type\":\"tool_use\",\"name\":\"g\"}") BLOCK(3, "{\"type\":\"tool_use\",\"id\":\"t3\",\"name\":\"h\"}")
        JSON_OF(2, "{\\\"a\\\":") JSON_OF(3, "{\\\"b\\\":") JSON_OF(2, "1}") JSON_OF(3, "2}")
        BLOCK(4, "{\"type\":\"tool_use\",\"id\":\"t4\",\"name\":\"i\",\"input\":{\"y\":2}}") REASON("tool_use", "null"), false);
    static const char *const arguments[] = {"{\"x\":1}", "{\"a\":1}", "{\"b\":2}", "{\"y\":2}"};
    assert_string_equal(heard_text(&h->text), "a");
    assert_int_equal(h->calls.n, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(heard_text(&((struct heard_call *)h->calls.items)[i].arguments), arguments[i]);
    assert_true(*heard_call(h, 1)->id);
    h = stream(BLOCK(0, "{\"type\":\"thinking\",\"thinking\":\"x\",\"signature\":\"s\"}") TEXT(1, "a") REASON("end_turn", ZERO) STOP, false);
    assert_string_equal(heard_text(&h->opaque), "(mg1.anthropic.s)");
    assert_string_equal(heard_text(&h->reasoning), "x");
}

/* Blocks that only this dialect knows are named, not lost; their input is none of a call of ours. */
static void test_what_is_left_out(void **state)
{
    (void)state;
    const char *wire = TEXT(0, "a") DELTA(0, "{\"type\":\"citations_delta\",\"citation\":{}}")
        BLOCK(1, "{\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":\"web_search\",\"input\":{}}") JSON_OF(1, "{}") CLOSE(1)
        BLOCK(2, "{\"type\":\"web_search_tool_result\",\"content\":[]}") CLOSE(2) "event: of_tomorrow\ndata: {\"type\":\"of_tomorrow\"}\n\n"
        DELTA(2, "{\"type\":\"x_delta\"}") "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"refusal\",\"stop_details\":{}}}\n\n" STOP;
    static const char *const names[] = {"citations", "server_tool_use", "web_search_tool_result", "of_tomorrow", "x_delta", "stop_details"};
    struct heard *h = stream(wire, false);
    assert_int_equal(h->calls.n, 0);
    assert_string_equal(h->finish, "content_filter");
    assert_int_equal(h->reader.dropped.n, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++)
        assert_string_equal(((const char *const *)h->reader.dropped.items)[i], names[i]);
    h = heard_new(&anthropic_rules, false);
    must(hear_whole(h, "{\"content\":[{\"type\":\"text\",\"text\":\"a\",\"citations\":[{}]},{\"type\":\"web_search_tool_result\"}],\"stop_reason\":\"end_turn\"}"));
    assert_int_equal(h->reader.dropped.n, 2);
    assert_int_equal(stream(wire, true)->reader.dropped.n, 0);
}

/* To a caller of the same dialect every frame goes on as it came, pings too, with the event's name. */
static struct list names;
static bool note_name(void *arg, const struct chat_event *event)
{
    (void)arg;
    assert_int_equal(event->type, EVENT_RAW);
    *(const char **)list_add(a, &names, sizeof(const char *)) = arena_text(a, event->name);
    return true;
}

static void test_same(void **state)
{
    (void)state;
    struct heard *h = heard_new(&anthropic_rules, true);
    static const char *const want[] = {"message_start", "ping", "content_block_start", "content_block_delta", "content_block_stop",
                                       "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "message_stop"};
    names = (struct list){0};
    h->reader.emit = note_name;
    must(hear_stream(h, bytes_of(START(ZERO) PING TEXT(0, "ab") USE(1, "t") JSON_OF(1, "{}") CLOSE(1) REASON("tool_use", "{\"output_tokens\":4}")
                                 "data: {\"type\":\"message_stop\"}\n\n"), NULL));
    assert_int_equal(names.n, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(((const char *const *)names.items)[i], want[i]);
    assert_int_equal(h->reader.tool_calls, 1);
    assert_int_equal(h->reader.usage.out, 4);
    assert_int_equal(h->reader.text_bytes, 4);
    assert_true(h->reader.ended);
}

static void test_errors_inside(void **state)
{
    (void)state;
    const struct { const char *type; enum err_kind kind; int status; } cases[] = {
        {"overloaded_error", ERR_UPSTREAM_DOWN, 529}, {"rate_limit_error", ERR_RATE, 429}, {"api_error", ERR_UPSTREAM, 500},
        {"authentication_error", ERR_UPSTREAM_AUTH, 401}, {"invalid_request_error", ERR_UPSTREAM_INPUT, 400}, {"of_tomorrow", ERR_UPSTREAM, 0},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        for (int same = 0; same < 2; same++) {
            struct heard *h = heard_new(&anthropic_rules, same);
            const char *error = arena_printf(a, "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"wait, sk-secret\"}}", cases[i].type);
            h->reader.secret = secret_text(a, "sk-secret");
            assert_false(hear_stream(h, bytes_of(arena_printf(a, START(ZERO) "event: error\ndata: %s\n\n" TEXT(0, "never"), error)), NULL));
            assert_int_equal(err.kind, cases[i].kind);
            assert_int_equal(h->reader.error.status, cases[i].status);
            assert_string_equal(h->reader.error.words, "wait, *********");
            assert_string_equal(h->reader.error.code, cases[i].type);
            assert_int_equal(h->reader.error.body.n, same ? strlen(error) : 0);
            assert_int_equal(h->text.n, 0);
            must_fail(hear_whole(heard_new(&anthropic_rules, same), error), cases[i].kind);
        }
    const char *const bad[] = {"data: {\n\n", "data: []\n\n", "data: 1\n\n", BLOCK(0, "{\"type\":\"tool_use\",\"id\":\"t\"}")};
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(hear_stream(heard_new(&anthropic_rules, false), bytes_of(bad[i]), NULL));
        assert_int_equal(err.kind, ERR_UPSTREAM);
    }
}

/* More calls than any answer has, more signature, more names of blocks than are worth keeping. */
static void test_bounds(void **state)
{
    (void)state;
    for (int same = 0; same < 2; same++) {
        struct heard *h = heard_new(&anthropic_rules, same);
        struct buf wire = buf_new(a, 8 << 20);
        for (int i = 0; i < 200; i++)
            buf_text(&wire, USE(7, "t"));
        assert_false(hear_stream(h, buf_view(&wire), NULL));
        assert_int_equal(err.kind, ERR_UPSTREAM);
        assert_int_equal(h->reader.tool_calls, TOOL_CALLS_MAX);
    }
    struct buf wire = buf_new(a, 8 << 20);
    char *piece = arena_alloc(a, 200001);
    memset(piece, 'x', 200000);
    for (int i = 0; i < 6; i++)
        buf_printf(&wire, DELTA(0, "{\"type\":\"signature_delta\",\"signature\":\"%s\"}"), piece);
    buf_text(&wire, CLOSE(0));
    assert_false(hear_stream(heard_new(&anthropic_rules, false), buf_view(&wire), NULL));
    buf_clear(&wire);
    for (int i = 0; i < 1000; i++)
        buf_printf(&wire, "data: {\"type\":\"%d-%.500s\"}\n\n", i, piece);
    struct heard *h = heard_new(&anthropic_rules, false);
    must(hear_stream(h, buf_view(&wire), NULL));
    assert_int_equal(h->reader.dropped.n, 64);
    assert_int_equal(strlen(((const char *const *)h->reader.dropped.items)[0]), 60);
}

static void test_error_answers(void **state)
{
    (void)state;
    static const struct provider provider = {.id = "p", .name = "p"};
    const struct { int status; const char *body, *words, *code; enum err_kind kind; enum remedy remedy; } cases[] = {
        {400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"bad\"},\"request_id\":\"r\"}", "bad", "invalid_request_error",
         ERR_UPSTREAM_INPUT, REMEDY_CALLER},
        {400, "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"Your credit balance is too low\"}}",
         "Your credit balance is too low", "invalid_request_error", ERR_UPSTREAM, REMEDY_OTHER},
        {529, "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}", "Overloaded", "overloaded_error",
         ERR_UPSTREAM_DOWN, REMEDY_RETRY},
        {500, "{\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"slow\"}}", "slow", "rate_limit_error", ERR_RATE, REMEDY_RETRY},
        {404, "{\"type\":\"error\",\"error\":{\"type\":\"not_found_error\",\"message\":\"model: x\"}}", "model: x", "not_found_error", ERR_UPSTREAM,
         REMEDY_OTHER},
        {502, "<html>", "", "", ERR_UPSTREAM, REMEDY_RETRY},
        {401, "{\"error\":\"unauthorized\"}", "unauthorized", "", ERR_UPSTREAM_AUTH, REMEDY_OTHER},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct upstream_error error;
        upstream_error_of(cases[i].status, &error);
        anthropic_rules.read_error(&provider, cases[i].status, bytes_of(cases[i].body), a, &error);
        assert_string_equal(error.words, cases[i].words);
        assert_string_equal(error.code, cases[i].code);
        assert_int_equal(error.kind, cases[i].kind);
        assert_int_equal(error.remedy, cases[i].remedy);
    }
}

static void test_models(void **state)
{
    (void)state;
    struct list models = {0};
    must(anthropic_rules.read_models(bytes_of("{\"data\":[{\"type\":\"model\",\"id\":\"claude-x\",\"max_input_tokens\":200000,\"max_tokens\":64000,"
        "\"capabilities\":{\"image_input\":{\"supported\":true},\"thinking\":{\"supported\":true}}},{\"id\":\"y\",\"capabilities\":null}],\"has_more\":false}"),
        a, &models, &err));
    const struct listed_model *model = models.items;
    assert_int_equal(models.n, 2);
    assert_string_equal(model[0].name, "claude-x");
    assert_int_equal(model[0].context, 200000);
    assert_int_equal(model[0].max_output, 64000);
    assert_int_equal(model[0].can, CAN_CHAT | CAN_CALL_TOOLS | CAN_SEE | CAN_THINK);
    assert_int_equal(model[1].can, 0);
    must_fail(anthropic_rules.read_models(bytes_of("{\"models\":[]}"), a, &models, &err), ERR_UPSTREAM);
}

/* ---- any answer ---- */

struct block {
    int kind;                            /* 0 text, 1 thinking, 2 redacted, 3 a call */
    const char *text, *more;             /* text, signature; of a call: its arguments */
};

static void put_pair(struct json_out *out, const char *name, const char *text)
{
    json_name(out, name);
    json_put_text(out, text);
}

/* The block as a whole answer has it, or as a stream begins it. */
static void put_block(struct json_out *out, const struct block *b, size_t i, bool whole)
{
    static const char *const types[] = {"text", "thinking", "redacted_thinking", "tool_use"};
    json_begin_object(out);
    put_pair(out, "type", types[b->kind]);
    if (b->kind < 2)
        put_pair(out, types[b->kind], whole ? b->text : "");
    if (b->kind == 1)
        put_pair(out, "signature", whole ? b->more : "");
    if (b->kind == 2)
        put_pair(out, "data", b->more);
    if (b->kind == 3) {
        put_pair(out, "id", arena_printf(a, "t%zu", i));
        put_pair(out, "name", "f");
        json_name(out, "input");
        json_put_raw(out, bytes_of(whole ? b->text : "{}"));
    }
    json_end_object(out);
}

static void put_event(struct buf *wire, const char *name, size_t at, const char *member, const struct block *start, const char *delta, const char *text)
{
    struct json_out out = json_out(wire);
    static const char *const members[][2] = {{"text_delta", "text"}, {"thinking_delta", "thinking"}, {"signature_delta", "signature"},
                                             {"input_json_delta", "partial_json"}};
    buf_printf(wire, "event: %s\r\ndata: ", name);
    json_begin_object(&out);
    put_pair(&out, "type", name);
    json_member_put_int(&out, "index", (int64_t)at);
    if (start) {
        json_name(&out, member);
        put_block(&out, start, at, false);
    }
    for (size_t i = 0; delta && i < COUNT(members); i++)
        if (strcmp(members[i][0], delta) == 0) {
            json_name(&out, "delta");
            json_begin_object(&out);
            put_pair(&out, "type", delta);
            put_pair(&out, members[i][1], text);
            json_end_object(&out);
        }
    json_end_object(&out);
    buf_text(wire, "\r\n\r\n");
}

/* ${text} in pieces of whole characters. */
static void put_pieces(struct random *r, struct buf *wire, size_t at, const char *delta, const char *text)
{
    for (size_t from = 0, to; text[from]; from = to) {
        to = from + 1 + random_below(r, 12);
        to = to > strlen(text) ? strlen(text) : to;
        while (text[to] && ((unsigned char)text[to] & 0xc0) == 0x80)
            to++;
        put_event(wire, "content_block_delta", at, NULL, NULL, delta, arena_copy(a, text + from, to - from));
        if (random_below(r, 6) == 0)
            buf_text(wire, PING);
    }
}

static void put_stream(struct random *r, struct buf *wire, const struct block *blocks, size_t n)
{
    static const char *const deltas[] = {"text_delta", "thinking_delta", NULL, "input_json_delta"};
    for (size_t i = 0; i < n; i++) {
        put_event(wire, "content_block_start", i, "content_block", &blocks[i], NULL, NULL);
        if (deltas[blocks[i].kind] && strcmp(blocks[i].text, "{}") != 0)
            put_pieces(r, wire, i, deltas[blocks[i].kind], blocks[i].text);
        if (blocks[i].kind == 1)
            put_pieces(r, wire, i, "signature_delta", blocks[i].more);
        put_event(wire, "content_block_stop", i, NULL, NULL, NULL, NULL);
    }
    buf_text(wire, REASON("end_turn", "{\"input_tokens\":3,\"output_tokens\":4}"));
    if (random_below(r, 2))
        buf_text(wire, STOP);
}

static const char *summary(struct heard *h)
{
    const char *text = arena_printf(a, "%s|%s|%s|%s|%d %d", heard_text(&h->text), heard_text(&h->reasoning), heard_text(&h->opaque), h->finish,
                                    (int)h->reader.usage.in, (int)h->reader.usage.out);
    for (size_t i = 0; i < h->calls.n; i++)
        text = arena_printf(a, "%s|%s %s %s", text, heard_call(h, i)->id, heard_call(h, i)->name,
                            heard_text(&((struct heard_call *)h->calls.items)[i].arguments));
    return text;
}

/* The same answer says the same whole and in events cut anywhere. */
static void test_whole_and_cut_are_equal(void **state)
{
    (void)state;
    static const char *const inputs[] = {"{}", "{\"city\":\"北京\"}", "{\"a\":[1,2,{\"b\":\"\\\"\"}]}"};
    struct random r = random_start();
    for (int i = 0; i < 200; i++) {
        struct block blocks[6];
        size_t n = 1 + random_below(&r, COUNT(blocks));
        struct buf wire = buf_new(a, 1 << 20), whole = buf_new(a, 1 << 20);
        struct json_out out = json_out(&whole);
        json_begin_object(&out);
        json_name(&out, "content");
        json_begin_array(&out);
        for (size_t k = 0; k < n; k++) {
            int kind = (int)random_below(&r, 4);
            const char *text = kind == 3 ? inputs[random_below(&r, 3)] : random_text(&r, 40);
            blocks[k] = (struct block){kind, text, arena_printf(a, "sig+/%zu==", k)};
            put_block(&out, &blocks[k], k, true);
        }
        json_end_array(&out);
        buf_text(&whole, ",\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":3,\"output_tokens\":4}}");
        put_stream(&r, &wire, blocks, n);
        struct heard *one = heard_new(&anthropic_rules, false), *two = heard_new(&anthropic_rules, false), *cut = heard_new(&anthropic_rules, false);
        must(hear_whole(one, heard_text(&whole)));
        must(hear_stream(two, buf_view(&wire), NULL));
        must(hear_stream(cut, buf_view(&wire), &r));
        assert_string_equal(summary(two), summary(one));
        assert_string_equal(summary(cut), summary(one));
        assert_int_equal(cut->reader.text_bytes, one->reader.text_bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_stream),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_tolerance),
        cmocka_unit_test(test_what_is_left_out),
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_errors_inside),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_error_answers),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_whole_and_cut_are_equal),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
