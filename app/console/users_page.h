/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_USERS_PAGE_H
#define CONSOLE_USERS_PAGE_H
/* users_page: the people of the console, for administrators. */
#include "web/form.h"

struct request;

extern const struct field users_page_fields[], user_view_fields[], user_form_fields[];
extern const struct form_field user_sent_fields[];

bool users_list_page(struct request *);              /* GET  /admin/users        /api/v1/users */
bool user_new_page(struct request *);                /* GET  /admin/users/new */
bool user_create_do(struct request *);               /* POST /admin/users        /api/v1/users */

#endif
