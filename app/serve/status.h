/* SPDX-License-Identifier: MIT */
#ifndef SERVE_STATUS_H
#define SERVE_STATUS_H
/* status: what machines ask about us: alive, ready, metrics. None of it touches the database. */
#include "base/base.h"

struct request;

bool status_live(struct request *);              /* GET /livez: 200 as long as we answer at all */
bool status_ready(struct request *);             /* GET /readyz: 503 when runs would be refused: spool full, settings too old; the database may be down */
bool status_metrics(struct request *);           /* GET /metrics */

#endif
