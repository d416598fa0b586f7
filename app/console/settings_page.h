/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_SETTINGS_PAGE_H
#define CONSOLE_SETTINGS_PAGE_H
/* settings_page: every setting of gate/settings.h: its value, where it comes from, what it may be, and whether a change works at once. */
#include "web/form.h"

struct request;

extern const struct field settings_page_fields[], setting_view_fields[];
extern const struct form_field setting_sent_fields[];

bool settings_list_page(struct request *);           /* GET  /admin/settings              /api/v1/settings */
bool setting_save(struct request *);                 /* POST /admin/settings/:name        PUT /api/v1/settings/:name {"value": …} */
bool setting_reset(struct request *);                /* POST /admin/settings/:name/reset  DELETE /api/v1/settings/:name */

#endif
