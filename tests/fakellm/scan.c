/* SPDX-License-Identifier: MIT */
#include "scan.h"

static const char *skip_space(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

/* ${p} is behind the opening quote; the answer is behind the closing one. */
static const char *skip_string(const char *p, const char *end)
{
    for (;;) {
        const char *quote = memchr(p, '"', (size_t)(end - p));
        if (quote == NULL)
            return NULL;
        size_t slashes = 0;
        while (quote - slashes > p && quote[-1 - (ptrdiff_t)slashes] == '\\')
            slashes++;
        p = quote + 1;
        if (slashes % 2 == 0)
            return p;
    }
}

static const char *skip_nest(const char *p, const char *end)
{
    char closers[256];
    size_t depth = 0;
    while (p < end) {
        char c = *p++;
        if (c == '"') {
            if ((p = skip_string(p, end)) == NULL)
                return NULL;
        } else if (c == '{' || c == '[') {
            if (depth == sizeof closers)
                return NULL;
            closers[depth++] = c == '{' ? '}' : ']';
        } else if (c == '}' || c == ']') {
            if (depth == 0 || closers[--depth] != c)
                return NULL;
            if (depth == 0)
                return p;
        }
    }
    return NULL;
}

const char *scan_value(const char *p, const char *end)
{
    p = skip_space(p, end);
    if (p == end)
        return NULL;
    if (*p == '"')
        return skip_string(p + 1, end);
    if (*p == '{' || *p == '[')
        return skip_nest(p, end);
    const char *start = p;
    while (p < end && (*p == '-' || *p == '+' || *p == '.' || (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || *p == 'E'))
        p++;
    return p > start ? p : NULL;
}

struct scan scan_open(struct slice value)
{
    struct scan s = {.p = skip_space(value.p, value.p + value.n), .end = value.p + value.n};
    if (s.p < s.end && (*s.p == '{' || *s.p == '[')) {
        s.object = *s.p == '{';
        s.p++;
    } else {
        s.p = s.end;
    }
    return s;
}

static struct slice unquote(const char *p, const char *after, bool *quoted_r)
{
    *quoted_r = *p == '"';
    return *quoted_r ? (struct slice){p + 1, (size_t)(after - p) - 2} : (struct slice){p, (size_t)(after - p)};
}

bool scan_next(struct scan *s)
{
    s->p = skip_space(s->p, s->end);
    if (s->p < s->end && *s->p == ',')
        s->p = skip_space(s->p + 1, s->end);
    if (s->p >= s->end || *s->p == '}' || *s->p == ']')
        return false;
    if (s->object) {
        const char *after = *s->p == '"' ? skip_string(s->p + 1, s->end) : NULL;
        if (after == NULL)
            return false;
        s->key = unquote(s->p, after, &s->quoted);
        s->p = skip_space(after, s->end);
        if (s->p >= s->end || *s->p != ':')
            return false;
        s->p = skip_space(s->p + 1, s->end);
    }
    const char *after = scan_value(s->p, s->end);
    if (after == NULL)
        return false;
    s->value = unquote(s->p, after, &s->quoted);
    s->p = after;
    return true;
}

struct slice scan_member(struct slice object, const char *name, bool *quoted_r)
{
    for (struct scan s = scan_open(object); scan_next(&s);)
        if (slice_is(s.key, name)) {
            if (quoted_r != NULL)
                *quoted_r = s.quoted;
            return s.value;
        }
    return (struct slice){0};
}

struct slice scan_unknown(struct slice object, const char *const known[])
{
    for (struct scan s = scan_open(object); scan_next(&s);) {
        size_t i = 0;
        while (known[i] != NULL && !slice_is(s.key, known[i]))
            i++;
        if (known[i] == NULL)
            return s.key;
    }
    return (struct slice){0};
}

int64_t scan_number(struct slice s)
{
    int64_t n = 0;
    for (size_t i = 0; i < s.n && i < 12 && s.p[i] >= '0' && s.p[i] <= '9'; i++)
        n = n * 10 + (s.p[i] - '0');
    return n;
}

/* A block of Anthropic's: the answer of a tool. */
static bool holds_result(struct slice content)
{
    for (struct scan list = scan_open(content); scan_next(&list);)
        for (struct scan block = scan_open(list.value); scan_next(&block);)
            if (slice_is(block.key, "type") && slice_is(block.value, "tool_result"))
                return true;
    return false;
}

static void read_messages(struct slice messages, struct ask *a)
{
    for (struct scan list = scan_open(messages); scan_next(&list);) {
        a->after_tool = false;
        for (struct scan m = scan_open(list.value); scan_next(&m);) {
            if (slice_is(m.key, "content")) {
                a->said = m.value;
                a->said_quoted = m.quoted;
                a->in_bytes += (int64_t)m.value.n;
                a->after_tool = a->after_tool || (!m.quoted && holds_result(m.value));
            } else if (slice_is(m.key, "role")) {
                a->after_tool = a->after_tool || slice_is(m.value, "tool");
            }
        }
    }
}

static void read_tools(struct slice tools, struct ask *a)
{
    struct scan list = scan_open(tools);
    if (!scan_next(&list))
        return;
    for (struct scan t = scan_open(list.value); scan_next(&t);)
        if (slice_is(t.key, "name") && t.quoted)             /* Anthropic */
            a->tool = t.value;
        else if (slice_is(t.key, "function"))
            for (struct scan f = scan_open(t.value); scan_next(&f);)
                if (slice_is(f.key, "name") && f.quoted)
                    a->tool = f.value;
}

static void read_inner(struct slice object, struct ask *a)
{
    for (struct scan s = scan_open(object); scan_next(&s);) {
        if (slice_is(s.key, "include_usage"))
            a->include_usage = slice_is(s.value, "true");
        else if (slice_is(s.key, "num_predict"))
            a->max_tokens = scan_number(s.value);
    }
}

static void read_member(const struct scan *s, struct ask *a)
{
    struct slice k = s->key;
    if (slice_is(k, "model")) {
        a->model = s->value;
    } else if (slice_is(k, "messages")) {
        read_messages(s->value, a);
    } else if (slice_is(k, "prompt") || slice_is(k, "input")) {
        a->said = s->value;
        a->said_quoted = s->quoted;
        a->in_bytes += (int64_t)s->value.n;
    } else if (slice_is(k, "stream")) {
        a->stream_given = true;
        a->stream = slice_is(s->value, "true");
    } else if (slice_is(k, "stream_options") || slice_is(k, "options")) {
        read_inner(s->value, a);
    } else if (slice_is(k, "tools")) {
        read_tools(s->value, a);
    } else if (slice_is(k, "max_tokens") || slice_is(k, "max_completion_tokens")) {
        a->max_tokens = scan_number(s->value);
    } else if (slice_is(k, "encoding_format")) {
        a->base64 = slice_is(s->value, "base64");
    }
}

bool ask_read(struct slice body, struct ask *a)
{
    *a = (struct ask){0};
    const char *end = body.p + body.n, *start = skip_space(body.p, end);
    const char *after = start < end && *start == '{' ? skip_nest(start, end) : NULL;
    if (after == NULL || skip_space(after, end) != end)
        return false;
    for (struct scan s = scan_open(body); scan_next(&s);)
        read_member(&s, a);
    return true;
}

void ask_said(const struct ask *a, struct text *t)
{
    if (a->said_quoted) {
        text_unjson(t, a->said);
        return;
    }
    bool first = true;
    for (struct scan parts = scan_open(a->said); scan_next(&parts);) {
        struct slice said = parts.quoted ? parts.value : (struct slice){0};
        for (struct scan part = scan_open(parts.quoted ? said : parts.value); !parts.quoted && scan_next(&part);)
            if (slice_is(part.key, "text") && part.quoted)
                said = part.value;
        if (said.n > 0 && !first)
            text_put(t, "\n");
        text_unjson(t, said);
        first = first && said.n == 0;
    }
}
