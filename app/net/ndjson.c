/* SPDX-License-Identifier: MIT */
/* ndjson: as sse.c, with a simpler line: it ends at LF, a CR before it is dropped, blank ones mean nothing. */
#include <string.h>

#include "base/err.h"
#include "net/sse.h"

typedef bool each_line(void *arg, struct bytes line);

struct ndjson ndjson_new(struct arena *a, size_t max)
{
    return (struct ndjson){.line = buf_new(a, max)};
}

/* Append; past the maximum the stream is over. */
static bool keep(struct ndjson *s, struct bytes piece, struct err *err)
{
    buf_bytes(&s->line, piece);
    if (!s->line.overflow)
        return true;
    s->stopped = true;
    return fail(err, ERR_UPSTREAM, "stream holds a line of more than %zu bytes", s->line.max);
}

static bool blank(struct bytes line)
{
    for (size_t i = 0; i < line.n; i++)
        if (line.p[i] != ' ' && line.p[i] != '\t')
            return false;
    return true;
}

static void hand_out(struct ndjson *s, struct bytes line, each_line *each, void *arg)
{
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    if (!blank(line))
        s->stopped = !each(arg, line);
}

/* The rest of a line: joined to what was kept of it, if anything was. */
static bool end_line(struct ndjson *s, struct bytes rest, each_line *each, void *arg, struct err *err)
{
    struct bytes line = rest;
    if (s->line.n > 0 || rest.n > s->line.max) {
        if (!keep(s, rest, err))
            return false;
        line = buf_view(&s->line);
        buf_clear(&s->line);
    }
    hand_out(s, line, each, arg);
    return true;
}

bool ndjson_feed(struct ndjson *s, struct bytes in, each_line *each, void *arg, struct err *err)
{
    size_t at = 0;
    while (at < in.n && !s->stopped) {
        const uint8_t *p = in.p + at, *lf = memchr(p, '\n', in.n - at);
        struct bytes piece = {p, lf ? (size_t)(lf - p) : in.n - at};
        if (!(lf ? end_line(s, piece, each, arg, err) : keep(s, piece, err)))
            return false;
        at += piece.n + (lf != NULL);
    }
    return true;
}

bool ndjson_end(struct ndjson *s, each_line *each, void *arg, struct err *err)
{
    bool good = s->stopped || s->line.n == 0 || end_line(s, (struct bytes){(const uint8_t *)"", 0}, each, arg, err);
    s->stopped = true;
    return good;
}
