/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PROVIDERS_PAGE_H
#define CONSOLE_PROVIDERS_PAGE_H
/* providers_page: the list of providers, and one provider with its models and checks. */
#include "base/field.h"

struct request;

extern const struct field providers_page_fields[];

bool providers_list_page(struct request *);          /* GET  /admin/providers       /api/v1/providers       /admin/config/llm */
bool provider_detail_page(struct request *);         /* GET  /admin/providers/:id   /api/v1/providers/:id   /admin/config/llm/:id */

#endif
