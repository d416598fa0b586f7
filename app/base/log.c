/* SPDX-License-Identifier: MIT */
/* log: a line is built on the stack in PIPE_BUF bytes and written at once, so that lines of several threads and
 * processes on one pipe stay whole; long values are shortened, and members that find no more room are left out and
 * marked by "cut". Reading the pairs is log_pairs.c, crossing out secrets log_redact.c. */
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log_private.h"
#include "base/metrics.h"
#include "base/utf8.h"

enum {
    LINE = PIPE_BUF,
    SPARE = sizeof(",\"cut\":true}\n"), /* always left for the end of the line */
    SHOWN = 1000,                       /* bytes of a value, escaped */
    NAMES = 40,
    PATIENCE = 100,                     /* ms to wait for a pipe that is full and does not block */
};

struct line {
    char p[LINE];
    size_t n;
    bool full;                          /* something did not fit */
    struct bytes names[NAMES];          /* of the members so far: JSON wants each once */
    size_t named;
};

static _Atomic int out = STDERR_FILENO;
static _Atomic int lowest = LOG_INFO;
static atomic_bool torn;                /* the last line was written in part only */
static _Atomic uint64_t lost;

void log_open(int fd, enum log_level level)
{
    atomic_store(&out, fd);
    atomic_store(&lowest, (int)level);
}

enum log_level log_level_now(void)
{
    return (enum log_level)atomic_load_explicit(&lowest, memory_order_relaxed);
}

uint64_t log_lines_lost(void)
{
    return atomic_load(&lost);
}

static bool line_put(struct line *line, const char *p, size_t n)
{
    if (line->n + n > LINE - SPARE)
        return false;
    memcpy(line->p + line->n, p, n);
    line->n += n;
    return true;
}

/* One character as JSON wants it. What could end a line, move a terminal's cursor, turn the direction of writing
 * or is no character at all, is written as an escape. */
static size_t escape(const uint8_t *p, const uint8_t *end, char to[8], size_t *n_r)
{
    uint32_t code = 0;
    size_t used = utf8_decode(p, end, &code);
    if (used == 0) {
        code = 0xFFFD;
        used = 1;
    }
    if (code == '"' || code == '\\') {
        to[0] = '\\';
        to[1] = (char)code;
        *n_r = 2;
    } else if (code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
               (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
               code == 0xFFFD) {
        *n_r = (size_t)snprintf(to, 8, "\\u%04x", (unsigned)code);
    } else {
        memcpy(to, p, used);
        *n_r = used;
    }
    return used;
}

/* How many bytes at ${p} stand for themselves in JSON; ASCII only. */
static size_t plain_bytes(const uint8_t *p, const uint8_t *end)
{
    const uint8_t *at = p;
    while (at < end && *at >= 0x20 && *at < 0x7F && *at != '"' && *at != '\\')
        at++;
    return (size_t)(at - p);
}

/* ${text} as a JSON string of at most SHOWN bytes, "…" at its end if it is longer. */
static bool line_string(struct line *line, const char *text)
{
    static const char more[] = "…\"";
    const uint8_t *p = (const uint8_t *)text, *end = p + strlen(text);
    size_t most = line->n + SHOWN, room = LINE - SPARE - sizeof(more);
    most = most < room ? most : room;
    if (!line_put(line, "\"", 1))
        return false;
    while (p < end) {
        char piece[8];
        size_t left = most > line->n ? most - line->n : 0;
        size_t n = plain_bytes(p, (size_t)(end - p) < left ? end : p + left), used = n;
        if (n > 0) {
            line_put(line, (const char *)p, n);
        } else {
            used = escape(p, end, piece, &n);
            if (n > left)
                return line_put(line, more, sizeof(more) - 1);
            line_put(line, piece, n);
        }
        p += used;
    }
    return line_put(line, "\"", 1);
}

static bool name_taken(const struct line *line, struct bytes name)
{
    for (size_t i = 0; i < line->named; i++)
        if (bytes_equal(line->names[i], name))
            return true;
    return false;
}

/* ,"name": or, when there is such a member already, ,"name_7": with its place. */
static bool line_name(struct line *line, struct bytes name)
{
    char place[24] = "";
    bool taken = name_taken(line, name);
    if (line->named == NAMES)
        return false;
    line->names[line->named++] = name;
    if (taken)
        snprintf(place, sizeof(place), "_%zu", line->named);
    const char *before = line->n > 1 ? ",\"" : "\"";
    return line_put(line, before, strlen(before)) && line_put(line, (const char *)name.p, name.n) &&
           line_put(line, place, strlen(place)) && line_put(line, "\":", 2);
}

/* A member is on the line as a whole or not at all. ${value} is changed: secrets are crossed out in it. */
static void line_member(struct line *line, struct bytes name, char *value, bool number)
{
    size_t before = line->n;
    bool public_key = bytes_equal_text(name, "key") && strncmp(value, "mgk_", 4) == 0;
    bool secret = !number && !public_key && log_name_of(name) != LOG_NAME_PLAIN;
    if (!number && !secret)
        log_redact(value);
    bool fits = line_name(line, name) && (number ? line_put(line, value, strlen(value))
                                                 : line_string(line, secret && *value ? "[redacted]" : value));
    if (!fits) {
        line->n = before;
        line->full = true;
    }
}

static void line_text(struct line *line, const char *name, const char *value)
{
    char copy[LOG_VALUE];
    if (!value || !*value)
        return;
    size_t n = strnlen(value, sizeof(copy) - 1);
    memcpy(copy, value, n);
    copy[n] = '\0';
    line_member(line, bytes_of(name), copy, false);
}

/* Our own words, which hold no secret. */
static void line_own(struct line *line, const char *name, const char *value)
{
    if (!line_name(line, bytes_of(name)) || !line_string(line, value))
        line->full = true;
}

static bool wait_writable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, PATIENCE) == 1 && (p.revents & POLLOUT);
}

static void line_send(const char *p, size_t n)
{
    int fd = atomic_load_explicit(&out, memory_order_relaxed);
    bool begun = false;
    if (atomic_exchange_explicit(&torn, false, memory_order_relaxed))
        (void)!write(fd, "\n", 1);
    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done >= 0) {
            begun = begun || done > 0;
            p += done;
            n -= (size_t)done;
        } else if (errno != EINTR && !(errno == EAGAIN && wait_writable(fd))) {
            atomic_fetch_add(&lost, 1);
            metric_add(METRIC_log_lines_lost_total, 1);
            if (begun)
                atomic_store_explicit(&torn, true, memory_order_relaxed);
            return;
        }
    }
}

static void line_begin(struct line *line, enum log_level level, const struct log *log, const char *message)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    char now[CLOCK_TEXT];
    clock_rfc3339(clock_wall(), now);
    line->n = line->named = 0;
    line->full = false;
    line_put(line, "{", 1);
    line_own(line, "time", now);
    line_own(line, "level", levels[(unsigned)level < COUNT(levels) ? level : LOG_ERROR]);
    line_text(line, "message", message);
    if (!log)
        return;
    line_text(line, "run_id", log->run_id);
    line_text(line, "request_id", log->request_id);
    line_text(line, "key_id", log->key_id);
    line_text(line, "user", log->user);
    line_text(line, "route", log->route);
}

static void line_end(struct line *line)
{
    static const char cut[] = ",\"cut\":true";
    if (line->full && !name_taken(line, bytes_of("cut"))) {
        memcpy(line->p + line->n, cut, sizeof(cut) - 1);
        line->n += sizeof(cut) - 1;
    }
    line->p[line->n++] = '}';
    line->p[line->n++] = '\n';
    line_send(line->p, line->n);
}

void log_write(enum log_level level, const struct log *log, const char *message, const char *pairs, ...)
{
    int saved = errno;
    struct line line;
    struct log_arguments a;
    struct log_pair pair;
    if (level < log_level_now())
        return;
    line_begin(&line, level, log, message);
    va_start(a.list, pairs);
    while (pairs && log_pair_next(&pairs, &a, &pair))
        line_member(&line, pair.name, pair.value, pair.number);
    va_end(a.list);
    line_end(&line);
    errno = saved;
}

void log_say(enum log_level level, const struct log *log, const char *message)
{
    int saved = errno;
    struct line line;
    if (level < log_level_now())
        return;
    line_begin(&line, level, log, message);
    line_end(&line);
    errno = saved;
}

void log_err(const struct log *log, enum log_level level, const char *message, const struct err *err)
{
    if (err->field[0])
        log_write(level, log, message, "error=%s text=\"%s\" field=%s value=\"%s\"", err_name(err->kind), err->text,
                  err->field, err->value);
    else
        log_write(level, log, message, "error=%s text=\"%s\"", err_name(err->kind), err->text);
}
