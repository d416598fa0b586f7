/* SPDX-License-Identifier: MIT */
/* play: when an answer is written, and where it breaks. A play is called again and again (play_step) by the clock, by a release, or by
 * nobody at all, until all of it is in the connection's output. */
#include "server.h"

#define SMALL 65536
#define RESET_US 20000                  /* what was sent has left the socket before the reset */

static void put_length(struct text *t, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    char digits[16];
    size_t at = sizeof digits;
    do {
        digits[--at] = hex[n & 15];
        n >>= 4;
    } while (n > 0);
    text_add(t, digits + at, sizeof digits - at);
    text_add(t, "\r\n", 2);
}

/* Body bytes, as a chunk if it is a stream. False: the cut is reached, nothing more may follow. */
static bool play_put(struct conn *c, struct slice s)
{
    struct play *p = &c->play;
    bool chunked = p->stream && !p->raw;
    bool cut = p->limit >= 0 && (int64_t)s.n > p->limit;
    if (cut)
        s.n = (size_t)p->limit;
    if (chunked && s.n > 0)
        put_length(&c->out, s.n);
    text_slice(&c->out, s);
    if (chunked && s.n > 0)
        text_add(&c->out, "\r\n", 2);
    p->body_bytes += s.n;
    if (p->limit >= 0)
        p->limit -= (int64_t)s.n;
    if (!cut)
        return true;
    p->stage = STAGE_SHUT;
    c->wait_us = RESET_US;
    return false;
}

static void put_head(struct conn *c, int status, const char *type, size_t length)
{
    struct play *p = &c->play;
    struct text *t = &c->out;
    p->status = status;
    text_put(t, "HTTP/1.1 ");
    text_int(t, status);
    text_put(t, " ");
    text_put(t, http_reason(status));
    text_put(t, "\r\nContent-Type: ");
    text_put(t, type);
    text_put(t, "\r\nX-Request-Id: fake-");
    text_int(t, (int64_t)c->request);
    if (status >= 400 && p->answer.b.retry_after_s > 0) {
        text_put(t, "\r\nRetry-After: ");
        text_int(t, p->answer.b.retry_after_s);
    }
    if (p->answer.dialect->head != NULL)
        p->answer.dialect->head(t, &p->answer, status);
    if (!p->stream) {
        text_put(t, "\r\nContent-Length: ");
        text_int(t, (int64_t)length);
        text_put(t, "\r\n\r\n");
    } else {
        text_put(t, p->raw ? "\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n"
                           : "\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n");
    }
}

static void play_over(struct conn *c)
{
    c->over = true;
    c->wait_us = -1;
    if (c->play.raw && c->play.stream)
        c->shut = SHUT_CLOSE;
}

static void whole(struct conn *c, int status, struct slice body)
{
    c->play.stream = false;
    put_head(c, status, "application/json", body.n);
    if (play_put(c, body))
        play_over(c);
}

static void play_error(struct conn *c, int status, struct slice message)
{
    struct text *body = &c->loop->body;
    body->n = 0;
    c->play.answer.dialect->error(body, status, message);
    whole(c, c->play.answer.dialect->error_status > 0 ? c->play.answer.dialect->error_status : status, text_all(body));
}

static void play_whole(struct conn *c)
{
    struct answer *a = &c->play.answer;
    struct text *body = &c->loop->body;
    body->n = 0;
    if (a->b.flags & ERRORIN200)
        a->dialect->error(body, 500, slice_of("the model stopped in the middle (as its name asked)"));
    else
        a->dialect->whole(body, a);
    if (a->b.flags & BADJSON)
        body->n = body->n / 2;
    whole(c, 200, text_all(body));
}

static void stream_end(struct conn *c)
{
    if (!c->play.raw)
        text_put(&c->out, "0\r\n\r\n");
    play_over(c);
}

static void play_hold(struct conn *c)
{
    c->holding = true;
    c->wait_us = -1;
    journal_mark(c->loop->shared->journal, c->loop->at, c->request, ENDING_HELD, c->play.status, c->play.body_bytes);
    if (atomic_load(&c->loop->shared->releases) != c->play.holds)
        c->wait_us = 0;                                     /* released while it was on its way here */
}

/* The second event of a stream whose name asks for trouble there. True: that was all. */
static bool stream_trouble(struct conn *c)
{
    struct play *p = &c->play;
    struct answer *a = &p->answer;
    struct text *body = &c->loop->body;
    if (p->pieces != 1 || !(a->b.flags & (BADJSON | ERRORIN200)))
        return false;
    body->n = 0;
    if (a->b.flags & BADJSON)
        a->dialect->bad(body, a);
    else
        a->dialect->error_event(body, a, slice_of("the model stopped in the middle (as its name asked)"));
    if (play_put(c, text_all(body)))
        stream_end(c);
    return true;
}

/* The same from run to run: it depends on the number of the request and of the piece alone. */
static int64_t play_jitter(const struct conn *c)
{
    uint64_t mixed = (c->request * 1000003 + (uint64_t)c->play.pieces) * 0x9e3779b97f4a7c15u;
    int64_t most = c->play.answer.b.jitter_ms * 1000;
    return most > 0 ? (int64_t)(mixed >> 33) % most : 0;
}

/* The next piece, or the end. False: wait now. */
static bool stream_piece(struct conn *c)
{
    struct play *p = &c->play;
    struct answer *a = &p->answer;
    struct text *body = &c->loop->body;
    struct piece piece;
    if (p->pieces == a->b.stall) {
        c->wait_us = -1;
        return false;
    }
    if (stream_trouble(c))
        return false;
    body->n = 0;
    if (!answer_next(a, &piece)) {
        a->dialect->end(body, a);
        if (play_put(c, text_all(body)))
            stream_end(c);
        return false;
    }
    p->pieces++;
    a->dialect->piece(body, a, &piece);
    if (body->n > 0 && !play_put(c, text_all(body)))
        return false;
    if (p->pieces == 1 && (a->b.flags & HOLD)) {
        play_hold(c);
        return false;
    }
    c->wait_us = a->b.delay_ms * 1000 + play_jitter(c);
    return c->wait_us == 0;
}

static void stream_begin(struct conn *c)
{
    struct answer *a = &c->play.answer;
    struct text *body = &c->loop->body;
    put_head(c, 200, a->dialect->stream_type, 0);
    c->play.stage = STAGE_PIECES;
    body->n = 0;
    if (a->dialect->begin != NULL)
        a->dialect->begin(body, a);
    if (body->n > 0)
        (void)play_put(c, text_all(body));
}

void play_step(struct conn *c)
{
    struct play *p = &c->play;
    struct behaviour *b = &p->answer.b;
    c->holding = false;
    if (c->over)
        return;
    if (p->stage == STAGE_SHUT) {
        c->shut = p->limit_shut;
        play_over(c);
        return;
    }
    if (p->stage == STAGE_FIRST) {
        if (b->status > 0) {
            play_error(c, (int)b->status, slice_of("this model answers with an error, as its name asked"));
            return;
        }
        if (!p->stream && (b->flags & HOLD)) {
            b->flags &= ~(unsigned)HOLD;
            play_hold(c);
            return;
        }
        if (!p->stream) {
            play_whole(c);
            return;
        }
        stream_begin(c);
    }
    while (p->stage == STAGE_PIECES && stream_piece(c))
        ;
}

/* The behaviour: the script's if it knows the name, else the name itself. */
static bool read_behaviour(struct conn *c, const struct ask *ask, struct behaviour *b, char *why, size_t why_size)
{
    struct text *name = &c->play.name;
    name->n = 0;
    if (!script_take(c->loop->shared->script, ask->model, name))
        text_slice(name, ask->model);
    return behaviour_read(text_all(name), b, why, why_size);
}

void play_begin(struct conn *c, const struct dialect *d, const struct ask *ask)
{
    struct play *p = &c->play;
    struct behaviour b;
    char why[200] = "";
    bool good = read_behaviour(c, ask, &b, why, sizeof why);
    bool raw = p->raw;
    struct answer answer = p->answer;
    *p = (struct play){.answer = answer, .name = p->name, .raw = raw, .limit = -1, .stream = ask->stream_given ? ask->stream : d->streams,
                       .holds = atomic_load(&c->loop->shared->releases)};
    answer_begin(&p->answer, d, &b, ask, (int64_t)c->request, (c->loop->now + c->loop->wall) / 1000000);
    c->busy = true;
    c->wait_us = -1;
    atomic_fetch_add_explicit(&journal_counts(c->loop->shared->journal)->answers, 1, memory_order_relaxed);
    if (!good) {
        play_error(c, 400, slice_of(why));
        return;
    }
    c->drips = b.flags & (SLOWBYTES | UTF8SPLIT);
    p->limit = b.reset >= 0 ? b.reset : b.cut;
    p->limit_shut = b.reset >= 0 ? SHUT_RESET : SHUT_CLOSE;
    if (b.flags & HANG)
        return;
    if (b.first_ms > 0)
        c->wait_us = b.first_ms * 1000;
    else
        play_step(c);
    if (c->over && !c->drips && p->stage != STAGE_SHUT && c->out.n < SMALL)
        play_end(c, ENDING_DONE);                           /* nothing to wait for: the next request of the same read may follow */
}

void play_end(struct conn *c, enum ending ending)
{
    struct loop *l = c->loop;
    c->busy = c->over = c->holding = c->drips = false;
    atomic_fetch_sub_explicit(&journal_counts(l->shared->journal)->answers, 1, memory_order_relaxed);
    journal_mark(l->shared->journal, l->at, c->request, ending, c->play.status, c->play.body_bytes);
}
