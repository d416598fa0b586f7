/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_SESSION_PAGE_H
#define CONSOLE_SESSION_PAGE_H
/* session_page: signing in and out, and the choices that also work signed out: language and theme. */
#include "base/field.h"

struct request;

extern const struct field login_page_fields[];

bool login_page(struct request *);                   /* GET  /admin/login?next= */
bool login_do(struct request *);                     /* POST /admin/login */
bool logout_do(struct request *);                    /* POST /admin/logout */
bool language_do(struct request *);                  /* POST /admin/language */
bool theme_do(struct request *);                     /* POST /admin/theme */

/* Begin a session for a name and password that are right, and set its cookie. */
must_check bool sign_in(struct request *, const char *name, const char *password);
/* Remember a language or theme in its cookie for a year. */
void remember_choice(struct request *, const char *cookie, const char *value);

#endif
