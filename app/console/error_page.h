/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_ERROR_PAGE_H
#define CONSOLE_ERROR_PAGE_H
/* error_page: a refusal as a page: what happened, what it means for you, what to do next, and the request's id. */
#include "base/field.h"

struct request;

extern const struct field error_page_fields[];

/* For web_options.error_page: renders rq->err. It needs no database. */
void error_page(struct request *);

#endif
