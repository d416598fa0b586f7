/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_RUNS_PAGE_H
#define CONSOLE_RUNS_PAGE_H
/* runs_page: the list of runs by keyset pages. Every filter is a query parameter, the same for page and JSON; one that is not known is refused, and
 * each that applies is shown as a chip that removes it. */
#include "base/field.h"

struct request;

extern const struct field runs_page_fields[];

bool runs_list_page(struct request *);               /* GET /admin/runs    /api/v1/runs */
/* Whatever was typed into the search box: a run, a key, a provider, else a model. */
bool search_page(struct request *);                  /* GET /admin/search?q= */

#endif
