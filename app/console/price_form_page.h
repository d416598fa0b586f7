/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PRICE_FORM_PAGE_H
#define CONSOLE_PRICE_FORM_PAGE_H
/* price_form_page: adding a price: of a new model, or another one from a moment on for a model that has one. */
#include "base/field.h"
#include "web/form.h"

struct request;

extern const struct field price_form_fields[];
extern const struct form_field price_sent_fields[];
bool price_new_page(struct request *);           /* ?from=<id>: with that price's values */
bool price_create_do(struct request *);

#endif
