/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_MEANT_H
#define TESTS_UNIT_MEANT_H
/* meant: generated answers, to be written in a dialect's words and heard again. */
#include "reader_help.h"

/* An answer as a provider has it in mind. */
struct meant {
    const char *text, *reasoning, *finish;
    size_t calls;
    const char *call_name[3], *call_arguments[3];
    int64_t in, out;
    bool usage;
};

__attribute__((unused)) static struct meant meant_any(struct random *r)
{
    static const char *const arguments[] = {"{}", "{\"city\":\"北京\"}", "{\"a\":[1,2,{\"b\":\"\\\"\"}]}"};
    struct meant m = {.text = random_below(r, 6) ? random_text(r, 60) : "", .reasoning = random_below(r, 2) ? random_text(r, 30) : "",
                      .in = 1 + (int64_t)random_below(r, 1000), .out = 1 + (int64_t)random_below(r, 1000), .usage = random_below(r, 4)};
    m.calls = random_below(r, 3) ? 0 : 1 + random_below(r, 3);
    for (size_t i = 0; i < m.calls; i++) {
        m.call_name[i] = arena_printf(a, "tool_%zu", random_below(r, 9));
        m.call_arguments[i] = arguments[random_below(r, COUNT(arguments))];
    }
    m.finish = random_below(r, 5) == 0 ? "length" : m.calls ? "tool_calls" : "stop";
    return m;
}

/* A piece of ${text} from ${at} on, cut between characters. */
__attribute__((unused)) static const char *piece(struct random *r, const char *text, size_t *at)
{
    size_t left = strlen(text + *at), n = left ? 1 + random_below(r, left) : 0;
    while (n && n < left && ((unsigned char)text[*at + n] & 0xc0) == 0x80)
        n++;
    *at += n;
    return arena_copy(a, text + *at - n, n);
}

__attribute__((unused)) static void assert_heard(struct heard *h, const struct meant *m)
{
    assert_string_equal(heard_text(&h->text), m->text);
    assert_string_equal(heard_text(&h->reasoning), m->reasoning);
    assert_int_equal(h->calls.n, m->calls);
    assert_int_equal(h->reader.tool_calls, m->calls);
    for (size_t i = 0; i < m->calls; i++) {
        assert_string_equal(heard_call(h, i)->id, arena_printf(a, "c%zu", i));
        assert_string_equal(heard_call(h, i)->name, m->call_name[i]);
        assert_string_equal(heard_text(&((struct heard_call *)h->calls.items)[i].arguments), m->call_arguments[i]);
    }
    assert_string_equal(h->finish, m->finish);
    assert_string_equal(h->reader.finish, m->finish);
    assert_string_equal(h->reader.model, "m");
    assert_true(h->reader.usage.known == m->usage);
    assert_int_equal(h->reader.usage.in, m->usage ? m->in : 0);
    assert_int_equal(h->reader.usage.out, m->usage ? m->out : 0);
}

#endif
