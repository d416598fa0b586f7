/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_SETUP_PAGE_H
#define CONSOLE_SETUP_PAGE_H
/* setup_page: the first run: language, administrator, password; by the one-time link that the start prints. It is gone (404) once there is an
 * administrator. */
#include "base/field.h"

struct request;

extern const struct field setup_page_fields[];

bool setup_page(struct request *);                   /* GET  /admin/setup?token= */
bool setup_do(struct request *);                     /* POST /admin/setup?token= */

#endif
