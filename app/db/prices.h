/* SPDX-License-Identifier: MIT */
#ifndef DB_PRICES_H
#define DB_PRICES_H
/* prices: the catalogue of what models cost. A change of price is a new row with a later valid_from, never another value in an old one; sql/0003 seeds
 * it, and rows that people made (origin "edited") are left alone by later seeds. */
#include "db/db.h"

#define PRICE_MAX INT64_C(1000000000000)  /* the schema allows no more */
enum { PRICE_NONE = -1 };                /* of a price that has no value of its own: see the defaults in gate/price.h */

struct price_row {
    const char *id;
    const char *owner;                   /* whose list: provider_type->prices, "openai", or the type's name */
    const char *model;
    int64_t above;                       /* applies to requests of more input tokens than this */
    int64_t valid_from, valid_to;        /* micros; 0 = since ever; 0 = until a later row */
    const char *currency;                /* "USD", "CNY" */
    /* Micro-units of the currency per million tokens; PRICE_NONE where allowed. */
    int64_t input, output;
    int64_t cached, written, written_long, reasoning, image;
    int64_t context, max_output;         /* tokens; 0 = not known */
    const char *source, *as_of;          /* where the figures are from; as_of "2026-08-01" or NULL */
    const char *origin;                  /* "seed", "edited" */
    int64_t created_at;
    const char *created_by;
};
extern const struct field price_fields[];
extern const struct sql *const prices_statements[];

/* By owner, model without regard to case, threshold, newest first. NULL ${owner} = all; ${text} = what the model's name holds;
 * ${limit} 0 = all. */
must_check bool prices_list(struct db *, struct arena *, const char *owner, const char *text, int64_t limit, struct list *prices_r, struct err *);
must_check bool prices_get(struct db *, struct arena *, const char *id, struct price_row *price_r, struct err *);
/* All rows of this row's owner and model, in the order of prices_list. */
must_check bool prices_history(struct db *, struct arena *, const char *id, struct list *prices_r, struct err *);
/* All but created_at; origin is "edited". valid_from 0 = since ever. ERR_CONFLICT with field "valid_from" if there is one from that moment. */
must_check bool prices_insert(struct db *, struct arena *, const struct price_row *, struct err *);
/* End a row's validity. */
must_check bool prices_end(struct db *, struct arena *, const char *id, int64_t valid_to, struct err *);
/* Only of a row that was never valid yet; else ERR_NOT_FOUND. */
must_check bool prices_delete_planned(struct db *, struct arena *, const char *id, struct err *);
/* The names in the column owner (struct price_owner). */
struct price_owner {
    const char *owner;
};
must_check bool prices_owners(struct db *, struct arena *, struct list *owners_r, struct err *);

#endif
