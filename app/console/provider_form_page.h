/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PROVIDER_FORM_PAGE_H
#define CONSOLE_PROVIDER_FORM_PAGE_H
/* provider_form_page: adding, editing and testing a provider. One table says what may be sent, by form or as JSON; a stored secret is never sent
 * back, and an empty one means the one that is stored. */
#include "web/form.h"

struct request;

extern const struct field provider_form_page_fields[], provider_test_fields[];          /* provider_form_view.c */
extern const struct form_field provider_sent_fields[], provider_tried_fields[];         /* provider_sent.c */

bool provider_new_page(struct request *);            /* GET  /admin/providers/new?type= */
bool provider_edit_page(struct request *);           /* GET  /admin/providers/:id/edit */
bool provider_create(struct request *);              /* POST /admin/providers */
bool provider_save(struct request *);                /* POST /admin/providers/:id; PUT or PATCH as JSON: only what is given changes */
bool provider_test_page(struct request *);           /* POST /admin/providers/test and /admin/providers/:id/test: the form as typed, or what is stored */

#endif
