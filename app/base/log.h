/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_H
#define BASE_LOG_H
/* log: one JSON object per line to standard error (or a file descriptor set at the start): time, level, message, then
 * name=value pairs as members, and the run, request, key and route ids of the scope. The message is a constant
 * phrase to grep. Values are escaped, so a line is always one line. Anything that looks like a secret (mgk_…, mgs_…,
 * sk-…, Bearer …, a password member) is replaced by "[redacted]" whatever path it came on. */
#include "base/base.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct err;

/* Who a line is about; empty members are left out. Texts must outlive the scope. */
struct log {
    const char *run_id, *request_id, *key_id, *user, *route;
};

/* Lines below ${level} are not written. Once, before threads start; until then INFO and up goes to standard error. */
void log_open(int fd, enum log_level level);
enum log_level log_level_now(void);

/* log_info(log, "message") or log_info(log, "message", "name=%s other=%lld", …); the same for debug, warn and error.
 * ${log} may be NULL. The message is a constant phrase; the second text is a printf format of pairs. What a pair is,
 * is read from the format, never from the values, so no value can forge one: its value runs to the next " name=" of
 * the format or, if it starts with a quote, to the closing one. A pair that is one plain integer conversion becomes a
 * number, all others strings; a name used twice gets a number. Arguments are not evaluated when the level is off. */
#define log_debug(...) LOG_AT(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  LOG_AT(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  LOG_AT(LOG_WARN, __VA_ARGS__)
#define log_error(...) LOG_AT(LOG_ERROR, __VA_ARGS__)
/* Errors are logged where they are handled: message, kind, text, field. */
void log_err(const struct log *, enum log_level, const char *message, const struct err *);

/* What the macros above call, and for levels found out at run time. Never blocks on anything but write(2). */
void log_write(enum log_level, const struct log *, const char *message, const char *pairs, ...) printf_like(4, 5);
void log_say(enum log_level, const struct log *, const char *message);
/* Lines that could not be written, also counted in log_lines_lost_total. */
uint64_t log_lines_lost(void);
/* Cross out everything in ${text} (in place, never longer) that looks like a secret, as log_write does to every
 * value. A text over 2,000 bytes is cut there. */
void log_redact(char *text);

/* Two arguments (log, message) are log_say, three and more log_write; up to 24. */
#define LOG_AT(level, ...) ((level) < log_level_now() ? (void)0 : LOG_FORM(__VA_ARGS__)(level, __VA_ARGS__))
#define LOG_FORM(...) LOG_NTH(__VA_ARGS__, log_write, log_write, log_write, log_write, log_write, log_write, log_write, \
    log_write, log_write, log_write, log_write, log_write, log_write, log_write, log_write, log_write, log_write,      \
    log_write, log_write, log_write, log_write, log_write, log_say, log_say, log_say)
#define LOG_NTH(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, form, ...) form

#endif
