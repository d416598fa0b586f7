/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_AUDIT_PAGE_H
#define CONSOLE_AUDIT_PAGE_H
/* audit_page: who changed what and when, newest first, with each changed value before and after. Nothing can be changed here. */
#include "base/field.h"

struct request;

extern const struct field audit_page_fields[];

bool audit_list_page(struct request *);              /* GET /admin/audit    /api/v1/audit */

#endif
