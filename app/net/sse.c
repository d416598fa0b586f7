/* SPDX-License-Identifier: MIT */
/* sse: lines are looked for in new bytes only, so any cutting costs linear time. A line that lies whole in the new bytes is
 * read in place; only an unfinished one is copied. Buffers double and are kept, so a stream of any length costs the arena
 * twice its longest line. */
#include "net/sse.h"

#include <string.h>

#include "base/err.h"

typedef bool each_event(void *arg, const char *event, struct bytes data);

struct sse sse_new(struct arena *a, size_t max)
{
    return (struct sse){.line = buf_new(a, max), .data = buf_new(a, max)};
}

/* Append; past the maximum the stream is over. */
static bool append(struct sse *s, struct buf *buf, struct bytes more, struct err *err)
{
    buf_bytes(buf, more);
    if (!buf->overflow)
        return true;
    s->stopped = true;
    return fail(err, ERR_UPSTREAM, "stream holds a line or event of more than %zu bytes", buf->max);
}

static bool add_data(struct sse *s, struct bytes value, struct err *err)
{
    if (s->has_data)
        buf_char(&s->data, '\n');
    s->has_data = true;
    return append(s, &s->data, value, err);
}

static void set_event(struct sse *s, struct bytes value)
{
    size_t n = value.n < sizeof(s->event) - 1 ? value.n : sizeof(s->event) - 1;
    memcpy(s->event, value.p, n);
    s->event[n] = '\0';
}

/* A blank line. Data that is empty is no event: clients would try to read it as JSON. */
static void dispatch(struct sse *s, each_event *each, void *arg)
{
    if (s->data.n > 0)
        s->stopped = !each(arg, s->event, buf_view(&s->data));
    buf_clear(&s->data);
    s->has_data = s->bare = false;
    s->event[0] = '\0';
}

/* "field: value", "field:value" or "field". id and retry mean nothing to us. */
static bool read_field(struct sse *s, struct bytes line, struct err *err)
{
    const uint8_t *colon = memchr(line.p, ':', line.n);
    struct bytes name = {line.p, colon ? (size_t)(colon - line.p) : line.n};
    struct bytes value = {line.p + line.n, 0};
    if (colon) {
        value = (struct bytes){colon + 1, line.n - name.n - 1};
        if (value.n > 0 && value.p[0] == ' ')
            value = (struct bytes){value.p + 1, value.n - 1};
    }
    if (bytes_equal_text(name, "data"))
        return add_data(s, value, err);
    if (bytes_equal_text(name, "event"))
        set_event(s, value);
    return true;
}

static bool read_line(struct sse *s, struct bytes line, each_event *each, void *arg, struct err *err)
{
    if (!s->started) {
        s->started = true;
        if (line.n >= 3 && memcmp(line.p, "\xEF\xBB\xBF", 3) == 0)
            line = (struct bytes){line.p + 3, line.n - 3};
    }
    if (line.n > 0 && (s->bare || (!s->has_data && (line.p[0] == '{' || line.p[0] == '[')))) {
        s->bare = true;                 /* no field begins like that */
        return add_data(s, line, err);
    }
    if (line.n > 0)
        return read_field(s, line, err);
    dispatch(s, each, arg);
    return true;
}

/* The rest of a line: joined to what was kept of it, if anything was. */
static bool end_line(struct sse *s, struct bytes rest, each_event *each, void *arg, struct err *err)
{
    if (s->line.n == 0 && rest.n <= s->line.max)
        return read_line(s, rest, each, arg, err);
    if (!append(s, &s->line, rest, err))
        return false;
    struct bytes line = buf_view(&s->line);
    buf_clear(&s->line);
    return read_line(s, line, each, arg, err);
}

/* Where the line at ${p} ends: at the nearer of ${lf} and the first CR before it. ${end} if it does not. */
static const uint8_t *line_end(const uint8_t *p, const uint8_t *lf)
{
    const uint8_t *cr = memchr(p, '\r', (size_t)(lf - p));
    return cr ? cr : lf;
}

static const uint8_t *find_lf(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *lf = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    return lf ? lf : end;
}

bool sse_feed(struct sse *s, struct bytes in, each_event *each, void *arg, struct err *err)
{
    if (in.n == 0)
        return true;
    const uint8_t *p = in.p, *end = in.p + in.n, *lf = NULL;
    while (p < end && !s->stopped) {
        if (s->after_cr) {              /* CR LF is one line end, also when it was cut in two */
            s->after_cr = false;
            if (*p == '\n') {
                p++;
                continue;
            }
        }
        if (!lf || lf < p)              /* kept over many CRs, or they would cost square time */
            lf = find_lf(p, end);
        const uint8_t *stop = line_end(p, lf);
        struct bytes piece = {p, (size_t)(stop - p)};
        if (stop == end)
            return append(s, &s->line, piece, err);
        s->after_cr = *stop == '\r';
        p = stop + 1;
        if (!end_line(s, piece, each, arg, err))
            return false;
    }
    return true;
}

bool sse_end(struct sse *s, each_event *each, void *arg, struct err *err)
{
    if (s->stopped)
        return true;
    bool good = s->line.n == 0 || end_line(s, (struct bytes){(const uint8_t *)"", 0}, each, arg, err);
    if (good && s->has_data)
        dispatch(s, each, arg);
    s->stopped = true;
    return good;
}
