/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PROVIDER_VERBS_PAGE_H
#define CONSOLE_PROVIDER_VERBS_PAGE_H
/* provider_verbs_page: what can be done with a stored provider besides editing it. The active one cannot be deleted: its page answers 409 and
 * offers the two ways out, making another one active or disabling this one. */
#include "web/form.h"

struct request;

extern const struct field provider_verb_fields[];
extern const struct form_field provider_activate_fields[];
extern const struct form_field provider_breaker_fields[];

bool provider_activate_page(struct request *);       /* GET  /admin/providers/:id/activate */
bool provider_activate_do(struct request *);         /* POST */
bool provider_disable_page(struct request *);        /* GET  /admin/providers/:id/disable */
bool provider_disable_do(struct request *);          /* POST */
bool provider_enable_do(struct request *);           /* POST /admin/providers/:id/enable */
bool provider_delete_page(struct request *);         /* GET  /admin/providers/:id/delete */
bool provider_breaker_do(struct request *);
bool provider_delete_do(struct request *);           /* POST; DELETE as JSON */

#endif
