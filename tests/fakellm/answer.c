/* SPDX-License-Identifier: MIT */
#include "answer.h"

#include <stdio.h>
#include <time.h>

#define SIZE_PIECE 256
#define LONG (64 << 20)
#define LONG_PIECE (16 << 10)

static const char fixed[] =
    "A moon gate is a round opening in a garden wall. Whoever walks through it sees the garden as a picture first and as a place only "
    "afterwards. The circle has no corner to catch a sleeve, and no lintel that could be too low. Gardeners set it where the path turns, "
    "so that the view behind it is never the view expected.";
static const char zh[] = "月门是园墙上的一个圆洞。走过去之前,园子是一幅画;走过去之后,它才是一个地方。🌙 墙的两边,风景各不相同。";
static const char thought[] = "The question is short. I will answer it in one sentence.";

struct slice answer_arguments(const struct answer *a, int i)
{
    static const char *const arguments[] = {"{\"city\":\"苏州\",\"days\":3}", "{\"city\":\"Paris\",\"unit\":\"celsius\"}"};
    return slice_of(a->b.flags & NOARGS ? "{}" : arguments[i % 2]);
}

static bool has_chinese(struct slice s)
{
    for (size_t i = 0; i + 2 < s.n; i++)
        if ((unsigned char)s.p[i] >= 0xe4 && (unsigned char)s.p[i] <= 0xe9)
            return true;
    return false;
}

static void make_demo(struct text *t, const struct ask *ask)
{
    struct text said = {0};
    ask_said(ask, &said);
    bool chinese = has_chinese(text_all(&said));
    text_put(t, chinese ? "您好!我是演示模型:按脚本作答,并不是真正的语言模型。您说的是:“"
                        : "Hello! I am a demo model: a script, not a real language model. You said: \"");
    text_slice(t, text_all(&said));
    text_put(t, chinese ? "”。接上真正的模型之后,这里就会是它的回答。"
                        : "\". Connect a real model, and its answer will stand here.");
    text_free(&said);
}

static void make_size(struct text *t, int64_t size)
{
    static const char filler[] = "0123456789abcdef";
    text_room(t, (size_t)size);
    for (int64_t left = size; left > 0; left -= 16)
        text_add(t, filler, left < 16 ? (size_t)left : 16);
}

/* The text to say. Texts that are always the same are not copied. */
static struct slice make_text(struct answer *a, const struct ask *ask)
{
    a->made.n = 0;
    switch (a->b.words) {
    case WORDS_FIXED:
        return (struct slice){fixed, sizeof fixed - 1};
    case WORDS_ZH:
        return (struct slice){zh, sizeof zh - 1};
    case WORDS_ECHO:
        ask_said(ask, &a->made);
        break;
    case WORDS_TOKENS:
        for (int64_t i = 1; i <= a->b.tokens; i++) {
            text_put(&a->made, "t");
            text_int(&a->made, i);
            text_put(&a->made, " ");
        }
        break;
    case WORDS_SIZE:
        make_size(&a->made, a->b.size);
        break;
    case WORDS_TEXT:
        text_slice(&a->made, a->b.text);
        break;
    case WORDS_STAMP:
        break;
    case WORDS_DEMO:
        make_demo(&a->made, ask);
        break;
    }
    return text_all(&a->made);
}

/* Bytes of the next piece: a word with the space behind it, or one character that is not ASCII. */
static size_t word_length(struct slice s)
{
    unsigned char c = (unsigned char)s.p[0];
    if (c >= 0x80) {
        size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
        return n < s.n ? n : s.n;
    }
    size_t i = 0;
    while (i < s.n && s.p[i] != ' ' && (unsigned char)s.p[i] < 0x80)
        i++;
    return i < s.n && s.p[i] == ' ' ? i + 1 : i;
}

static size_t piece_length(const struct answer *a, struct slice s)
{
    if (a->b.words == WORDS_SIZE)
        return s.n < SIZE_PIECE || (s.n < LONG_PIECE && a->b.size > LONG) ? s.n : a->b.size > LONG ? LONG_PIECE : SIZE_PIECE;
    return word_length(s);
}

static int64_t pieces_count(const struct answer *a, struct slice s)
{
    int64_t n = 0;
    if (a->b.words == WORDS_TOKENS)
        return a->b.tokens;
    while (s.n > 0) {
        size_t used = piece_length(a, s);
        s.p += used;
        s.n -= used;
        n++;
    }
    return n;
}

static void count_tokens(struct answer *a, const struct ask *ask)
{
    int64_t out = a->calls > 0 ? 8 * a->calls + pieces_count(a, a->said) : a->b.words == WORDS_STAMP ? a->b.tokens : pieces_count(a, a->said);
    if (a->pieces_max > 0 && a->calls == 0 && out > a->pieces_max) {
        out = a->pieces_max;
        a->cut_short = true;
    }
    if (a->thoughts.n > 0)
        out += pieces_count(a, a->thoughts);
    a->in = a->b.usage_in >= 0 ? a->b.usage_in : (ask->in_bytes + 3) / 4;
    a->out = a->b.usage_out >= 0 ? a->b.usage_out : out;
}

void answer_begin(struct answer *a, const struct dialect *d, const struct behaviour *b, const struct ask *ask, int64_t n, int64_t created)
{
    struct text model = a->model, made = a->made, tool = a->tool;
    *a = (struct answer){.dialect = d, .b = *b, .model = model, .made = made, .tool = tool, .n = n, .created = created,
                         .pieces_max = ask->max_tokens, .open = -1, .include_usage = ask->include_usage};
    a->model.n = a->tool.n = 0;
    text_slice(&a->model, ask->model);
    if ((b->flags & (TOOL | TOOLS2)) && !ask->after_tool) {
        a->calls = b->flags & TOOLS2 ? 2 : 1;
        text_slice(&a->tool, ask->tool.n > 0 ? ask->tool : slice_of("get_weather"));
    }
    if (a->calls == 0 || (b->flags & SAYTOO))
        a->said = make_text(a, ask);
    if (b->flags & REASONING)
        a->thoughts = (struct slice){thought, sizeof thought - 1};
    count_tokens(a, ask);
}

void answer_free(struct answer *a)
{
    text_free(&a->model);
    text_free(&a->made);
    text_free(&a->tool);
}

/* A call is said as its name first, then its arguments in pieces of five bytes, never cutting a character. */
static bool next_call(struct answer *a, struct piece *p)
{
    if (a->call_at == a->calls)
        return false;
    struct slice all = answer_arguments(a, a->call_at);
    if (a->arguments_at == 0) {
        *p = (struct piece){PIECE_CALL, all, a->call_at};
        if (a->b.flags & NOARGS)
            a->call_at++;
        else
            a->arguments_at = 1;
        return true;
    }
    size_t from = a->arguments_at - 1, to = from + 5 < all.n ? from + 5 : all.n;
    while (to < all.n && ((unsigned char)all.p[to] & 0xc0) == 0x80)
        to++;
    *p = (struct piece){PIECE_ARGUMENTS, {all.p + from, to - from}, a->call_at};
    a->arguments_at = to + 1;
    if (to == all.n) {
        a->call_at++;
        a->arguments_at = 0;
    }
    return true;
}

static bool next_stamp(struct answer *a, struct piece *p)
{
    if (a->pieces == a->b.tokens)
        return false;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%020lld", (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    a->made.n = 0;
    text_add(&a->made, digits, (size_t)n);
    *p = (struct piece){PIECE_TEXT, text_all(&a->made), 0};
    a->pieces++;
    return true;
}

bool answer_next(struct answer *a, struct piece *p)
{
    if (a->thoughts_at < a->thoughts.n) {
        struct slice rest = {a->thoughts.p + a->thoughts_at, a->thoughts.n - a->thoughts_at};
        *p = (struct piece){PIECE_THOUGHT, {rest.p, word_length(rest)}, 0};
        a->thoughts_at += p->text.n;
        return true;
    }
    if (a->calls > 0 && a->said_at == a->said.n)
        return next_call(a, p);
    if (a->b.words == WORDS_STAMP)
        return next_stamp(a, p);
    if (a->said_at == a->said.n || (a->pieces_max > 0 && a->pieces == a->pieces_max))
        return false;
    struct slice rest = {a->said.p + a->said_at, a->said.n - a->said_at};
    *p = (struct piece){PIECE_TEXT, {rest.p, piece_length(a, rest)}, 0};
    a->said_at += p->text.n;
    a->pieces++;
    return true;
}

void answer_text(struct answer *a, struct text *t)
{
    if (!a->cut_short && a->b.words != WORDS_STAMP) {
        text_json(t, a->said);
        return;
    }
    a->thoughts_at = a->thoughts.n;
    for (struct piece p; answer_next(a, &p);)
        text_json(t, p.text);
}

const char *answer_finish(const struct answer *a)
{
    return a->calls > 0 ? "tool_calls" : a->cut_short ? "length" : "stop";
}
