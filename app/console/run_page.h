/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_RUN_PAGE_H
#define CONSOLE_RUN_PAGE_H
/* run_page: one run: what happened in a sentence, its figures, why this provider, how long each part took, and all its metadata. The decision is
 * the one stored with the run, not made again from today's settings. */
#include "base/field.h"

struct request;

extern const struct field run_page_fields[];

bool run_detail_page(struct request *);              /* GET /admin/runs/:id    /api/v1/runs/:id */

#endif
