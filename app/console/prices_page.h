/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PRICES_PAGE_H
#define CONSOLE_PRICES_PAGE_H
/* prices_page: the price catalogue: the list, one price with its model's history, ending one. Adding one is price_form_page. */
#include "base/field.h"

struct request;

extern const struct field prices_page_fields[];
extern const struct field price_page_fields[];
bool prices_list_page(struct request *);         /* ?owner= &model= &state=current|all */
bool price_detail_page(struct request *);
/* The price with its history, as page or JSON. */
bool price_answer(struct request *, const char *id, int status);
bool price_end_do(struct request *);

#endif
