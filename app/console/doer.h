/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_DOER_H
#define CONSOLE_DOER_H
/* doer: what the handlers of changes share: who does it, and how a refusal by gate becomes a problem at its field. */
#include "gate/change.h"
#include "web/form.h"
#include "web/request.h"

/* A change in the name of the caller. */
struct change change_of(struct request *);
/* form_read, but a program may also send no body at all, whatever content type it names: then nothing is given. For verbs and other requests
 * that need no value. */
must_check bool form_read_any(struct request *, const struct form_field fields[], void *values, struct form *form_r);
/* form_read_any of nothing: the address says all, a body must be empty (but for the csrf token). */
must_check bool form_read_nothing(struct request *);
/* What gate refused because of one field becomes that field's problem (rq->err is taken). False, and rq->err as it was, if it was refused for
 * another reason: then the handler passes it on. */
bool form_takes_err(struct request *, struct form *);
/* A path of our own to go back to: ${path} if it is one, else ${otherwise}. */
const char *safe_path(const char *path, const char *otherwise);
/* ${seconds} ago and now, microseconds. */
struct span { int64_t from, to; };
struct span span_of(int64_t seconds);

#endif
