/* SPDX-License-Identifier: MIT */
#ifndef GATE_PRICE_CHANGE_H
#define GATE_PRICE_CHANGE_H
/* price_change: the catalogue of prices by people and programs, with audit rows. A price is never overwritten: a new one is added from a moment on,
 * and what was valid once stays. */
#include "db/prices.h"
#include "gate/change.h"

/* Add a price: all of the row but id, origin and who made it. ERR_INPUT or ERR_CONFLICT with the field. */
must_check bool price_add(struct change *, const struct price_row *, const char **id_r, struct err *);
/* A price that is valid ends now; one that is not valid yet is taken away. ERR_CONFLICT if it ended before. */
must_check bool price_end(struct change *, const char *id, bool *deleted_r, struct err *);

#endif
