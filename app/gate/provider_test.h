/* SPDX-License-Identifier: MIT */
#ifndef GATE_PROVIDER_TEST_H
#define GATE_PROVIDER_TEST_H
/* provider_test: a stored provider checked now because somebody asked: the result counts like that of the health job. */
#include "gate/health.h"
#include "gate/provider_change.h"

/* Check provider ${id} as it is stored, keep the result (memory and tables) and learn its models if it has none. A result that cannot be
 * stored because the database is away is still a result. */
must_check bool provider_test(struct change *, const char *id, int64_t timeout_ms, struct check *check_r, struct err *);

#endif
