/* SPDX-License-Identifier: MIT */
#include "behaviour.h"

#include <stdio.h>

#define MINUTES_10 600000

const char *const behaviour_names[] = {
    "demo", "echo", "fixed", "zh", "tokens=20+delay=50", "reasoning", "tool", "tools2", "utf8split", "slowbytes", "crlf", "nodone",
    "first=300", "hold", "hang", "status=429+retry-after=2", "status=500", "status=503", "errorin200", "badjson", "cut=200", "reset=200",
    "nousage", "usage=10:20", "size=100000", NULL,
};

enum needs { NOTHING, NUMBER, PAIR, WORD };

/* One row per option. ${flag} or ${words} or a member is what it sets. */
static const struct option {
    const char *name;
    enum needs needs;
    unsigned flag;
    int words;                  /* enum words, -1 = none */
    size_t member;              /* offset of an int64_t, 0 = none */
    int64_t min, max;
    const char *help;
} options[] = {
    {"demo", NOTHING, 0, WORDS_DEMO, 0, 0, 0, "a friendly answer that repeats the question, in English or Chinese (also any unknown name)"},
    {"echo", NOTHING, 0, WORDS_ECHO, 0, 0, 0, "the last message, word for word"},
    {"fixed", NOTHING, 0, WORDS_FIXED, 0, 0, 0, "always the same English text"},
    {"zh", NOTHING, 0, WORDS_ZH, 0, 0, 0, "always the same Chinese text"},
    {"text", WORD, 0, WORDS_TEXT, offsetof(struct behaviour, text), 0, 0, "this text (up to the next +)"},
    {"tokens", NUMBER, 0, WORDS_TOKENS, offsetof(struct behaviour, tokens), 0, 1000000, "so many pieces: \"t1 t2 t3 \""},
    {"size", NUMBER, 0, WORDS_SIZE, offsetof(struct behaviour, size), 0, 512 << 20, "a text of so many bytes, in pieces of 256 (over 64 MiB: 16 KiB)"},
    {"stamp", NUMBER, 0, WORDS_STAMP, offsetof(struct behaviour, tokens), 0, 1000000,
     "so many pieces, each the time it was written (monotonic µs, 20 digits)"},
    {"as", WORD, 0, -1, offsetof(struct behaviour, as), 0, 0, "nothing: tells models apart that do the same"},
    {"first", NUMBER, 0, -1, offsetof(struct behaviour, first_ms), 0, MINUTES_10, "ms before the first byte"},
    {"delay", NUMBER, 0, -1, offsetof(struct behaviour, delay_ms), 0, MINUTES_10, "ms between the pieces of a stream"},
    {"jitter", NUMBER, 0, -1, offsetof(struct behaviour, jitter_ms), 0, MINUTES_10, "up to so many ms more, another number each time"},
    {"hold", NOTHING, HOLD, -1, 0, 0, 0, "the first piece (a whole answer: nothing), then wait for POST /_fake/release"},
    {"stall", NUMBER, 0, -1, offsetof(struct behaviour, stall), 0, 1000000, "so many pieces, then nothing more; the connection stays open"},
    {"hang", NOTHING, HANG, -1, 0, 0, 0, "never answer"},
    {"status", NUMBER, 0, -1, offsetof(struct behaviour, status), 400, 599, "an error of this HTTP status in the dialect's shape"},
    {"retry-after", NUMBER, 0, -1, offsetof(struct behaviour, retry_after_s), 1, 86400, "a Retry-After header of so many seconds"},
    {"errorin200", NOTHING, ERRORIN200, -1, 0, 0, 0, "status 200 with an error object (a stream: after the first piece)"},
    {"badjson", NOTHING, BADJSON, -1, 0, 0, 0, "a body (a stream: the second event) that is not JSON"},
    {"cut", NUMBER, 0, -1, offsetof(struct behaviour, cut), 0, 64 << 20, "close the connection after so many bytes of the body"},
    {"reset", NUMBER, 0, -1, offsetof(struct behaviour, reset), 0, 64 << 20, "reset the connection after so many bytes of the body"},
    {"tool", NOTHING, TOOL, -1, 0, 0, 0, "a tool call, its arguments in pieces (text once the tool has answered)"},
    {"tools2", NOTHING, TOOLS2, -1, 0, 0, 0, "two parallel tool calls"},
    {"noargs", NOTHING, NOARGS, -1, 0, 0, 0, "tool calls without arguments"},
    {"saytoo", NOTHING, SAYTOO, -1, 0, 0, 0, "text before the tool calls"},
    {"finish", WORD, 0, -1, offsetof(struct behaviour, finish), 0, 0, "why it stopped, in the dialect's word (Anthropic, Gemini)"},
    {"like", WORD, 0, -1, offsetof(struct behaviour, like), 0, 0, "answer as this service does where it differs from OpenAI (mistral, groq, gemini …)"},
    {"limits", NOTHING, LIMITS, -1, 0, 0, 0, "headers that say what is left of the limits (OpenAI)"},
    {"sealed", NOTHING, SEALED, -1, 0, 0, 0, "thoughts nobody can read, after those that one can (Anthropic, Gemini)"},
    {"oddities", NOTHING, ODDITIES, -1, 0, 0, 0, "what few readers know: blocks of the server's own tools, citations, unknown events (Anthropic, Gemini)"},
    {"reasoning", NOTHING, REASONING, -1, 0, 0, 0, "thoughts before the answer"},
    {"usage", PAIR, 0, -1, offsetof(struct behaviour, usage_in), 0, 1000000000,
     "IN:OUT, the token counts to report, with all that is cached, written and thought"},
    {"cached", NUMBER, 0, -1, offsetof(struct behaviour, cached), 0, 1000000000, "so many of the input tokens were read from a cache"},
    {"written", NUMBER, 0, -1, offsetof(struct behaviour, written), 0, 1000000000, "so many of the input tokens were written to a cache"},
    {"hour", NUMBER, 0, -1, offsetof(struct behaviour, hour), 0, 1000000000, "so many of the written ones for an hour (Anthropic)"},
    {"thought", NUMBER, 0, -1, offsetof(struct behaviour, thought), 0, 1000000000, "so many of the output tokens were thoughts"},
    {"nousage", NOTHING, NOUSAGE, -1, 0, 0, 0, "report no token counts"},
    {"crlf", NOTHING, CRLF, -1, 0, 0, 0, "CR LF line ends in the stream"},
    {"nospace", NOTHING, NOSPACE, -1, 0, 0, 0, "\"data:\" without the space"},
    {"comments", NOTHING, COMMENTS, -1, 0, 0, 0, "a comment line before each event"},
    {"nodone", NOTHING, NODONE, -1, 0, 0, 0, "the stream's end mark is missing (OpenAI: no [DONE]; Ollama: no last line end)"},
    {"slowbytes", NOTHING, SLOWBYTES, -1, 0, 0, 0, "every byte in its own TCP write"},
    {"utf8split", NOTHING, UTF8SPLIT, -1, 0, 0, 0, "Chinese text, each character cut between two TCP writes 2 ms apart"},
};
#define OPTIONS (sizeof options / sizeof options[0])

static const struct option *option_find(struct slice name)
{
    for (size_t i = 0; i < OPTIONS; i++)
        if (name.n > 0 && name.p[0] == options[i].name[0] && slice_is(name, options[i].name))
            return &options[i];
    return NULL;
}

static bool number_read(struct slice s, int64_t min, int64_t max, int64_t *n_r)
{
    int64_t n = 0;
    if (s.n == 0 || s.n > 12)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        n = n * 10 + (s.p[i] - '0');
    }
    *n_r = n;
    return n >= min && n <= max;
}

static void member_set(struct behaviour *b, size_t offset, int64_t value)
{
    memcpy((char *)b + offset, &value, sizeof value);
}

static bool option_apply(const struct option *o, bool has_value, struct slice value, struct behaviour *b)
{
    int64_t first = 0, second = 0;
    const char *colon = value.n > 0 ? memchr(value.p, ':', value.n) : NULL;
    switch (o->needs) {
    case NOTHING:
        if (has_value)
            return false;
        break;
    case WORD:
        if (o->words < 0 && value.n == 0)
            return false;
        memcpy((char *)b + o->member, &value, sizeof value);
        break;
    case NUMBER:
        if (!number_read(value, o->min, o->max, &first))
            return false;
        member_set(b, o->member, first);
        break;
    case PAIR:
        if (colon == NULL || !number_read((struct slice){value.p, (size_t)(colon - value.p)}, o->min, o->max, &first)
            || !number_read((struct slice){colon + 1, value.n - (size_t)(colon - value.p) - 1}, o->min, o->max, &second))
            return false;
        member_set(b, o->member, first);
        member_set(b, o->member + sizeof(int64_t), second);
        break;
    }
    b->flags |= o->flag;
    if (o->words >= 0)
        b->words = (enum words)o->words;
    return true;
}

/* Cut the next "name" or "name=value" off ${rest}. */
static struct slice option_cut(struct slice *rest, bool *has_value_r, struct slice *value_r)
{
    const char *plus = memchr(rest->p, '+', rest->n);
    struct slice one = {rest->p, plus == NULL ? rest->n : (size_t)(plus - rest->p)};
    size_t used = plus == NULL ? rest->n : one.n + 1;
    rest->p += used;
    rest->n -= used;
    const char *equals = memchr(one.p, '=', one.n);
    *has_value_r = equals != NULL;
    *value_r = equals == NULL ? (struct slice){0} : (struct slice){equals + 1, one.n - (size_t)(equals - one.p) - 1};
    return equals == NULL ? one : (struct slice){one.p, (size_t)(equals - one.p)};
}

bool behaviour_read(struct slice name, struct behaviour *b, char *why, size_t why_size)
{
    *b = (struct behaviour){.reset = -1, .cut = -1, .stall = -1, .usage_in = -1, .usage_out = -1};
    if (name.n > 7 && memcmp(name.p + name.n - 7, ":latest", 7) == 0)
        name.n -= 7;                                            /* Ollama clients add it */
    bool any_known = false;
    struct slice unknown = {0}, rest = name;
    while (rest.n > 0) {
        bool has_value;
        struct slice value, word = option_cut(&rest, &has_value, &value);
        const struct option *o = option_find(word);
        if (o == NULL) {
            unknown = word;
            continue;
        }
        any_known = true;
        if (!option_apply(o, has_value, value, b)) {
            snprintf(why, why_size, "option %s of the model name has the value '%.*s': see fakellm --help", o->name,
                     (int)(value.n < 40 ? value.n : 40), value.n > 0 ? value.p : "");
            return false;
        }
    }
    if (any_known && unknown.n > 0) {
        snprintf(why, why_size, "the model name has an unknown option '%.*s': see fakellm --help",
                 (int)(unknown.n < 40 ? unknown.n : 40), unknown.p);
        return false;
    }
    if ((b->flags & UTF8SPLIT) && b->words == WORDS_DEMO)
        b->words = WORDS_ZH;
    return true;
}

void behaviour_help(void)
{
    static const char *const value[] = {[NOTHING] = "", [NUMBER] = "=N", [PAIR] = "=IN:OUT", [WORD] = "=WORD"};
    for (size_t i = 0; i < OPTIONS; i++) {
        char name[40];
        snprintf(name, sizeof name, "%s%s", options[i].name, value[options[i].needs]);
        printf("  %-16s %s\n", name, options[i].help);
    }
}
