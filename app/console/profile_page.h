/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PROFILE_PAGE_H
#define CONSOLE_PROFILE_PAGE_H
/* profile_page: what a person sets for themselves, and where they are signed in. And the navigation as a page, for small screens. */
#include "base/field.h"

struct request;

extern const struct field profile_page_fields[], nav_page_fields[];

bool profile_page(struct request *);                 /* GET  /admin/profile */
bool profile_save(struct request *);                 /* POST /admin/profile */
bool nav_page(struct request *);                     /* GET  /admin/nav */

#endif
