/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_OVERVIEW_PAGE_H
#define CONSOLE_OVERVIEW_PAGE_H
/* overview_page: whether something needs a person, in five seconds: what is wrong first, then the figures of the last 24 hours, the providers, the
 * last runs. On a new installation it shows the three steps to the first answer. */
#include "base/field.h"

struct request;

extern const struct field overview_page_fields[];

bool overview_page(struct request *);                /* GET /admin/    /api/v1/overview */
bool front_page(struct request *);                   /* GET / and /admin: on to /admin/ */

#endif
