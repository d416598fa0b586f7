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

/* Lines below ${level} are not written. Once, before threads start. */
void log_open(int fd, enum log_level level);
enum log_level log_level_now(void);
/* ${pairs} is a printf format of "name=%s other=%lld"; a value runs to the next " name=" or, if it starts with a
 * quote, to the closing one. ${log} may be NULL. Never blocks on anything but write(2). */
void log_write(enum log_level, const struct log *, const char *message, const char *pairs, ...) printf_like(4, 5);
#define log_debug(log, ...) log_write(LOG_DEBUG, (log), __VA_ARGS__)
#define log_info(log, ...)  log_write(LOG_INFO, (log), __VA_ARGS__)
#define log_warn(log, ...)  log_write(LOG_WARN, (log), __VA_ARGS__)
#define log_error(log, ...) log_write(LOG_ERROR, (log), __VA_ARGS__)
/* Errors are logged where they are handled: message, kind, text, field. */
void log_err(const struct log *, enum log_level, const char *message, const struct err *);
/* Members log_write cannot print: lines written, and lines lost because write failed. */
uint64_t log_lines_lost(void);
/* Cross out everything in ${text} (in place) that looks like a secret; what log_write does to every value. */
void log_redact(char *text);

#endif
