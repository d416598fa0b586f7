/* SPDX-License-Identifier: MIT */
#ifndef GATE_RECORD_H
#define GATE_RECORD_H
/* record: a run as the spool keeps it and the replay reads it: packed by the FIELD rows of the tables it ends in, whose
 * rows are therefore only added at the end. Bodies are not in it. */
#include "db/runs.h"

struct spool;

enum record_type {
    RECORD_INTENT = 1,                   /* a provider is about to be called */
    RECORD_FINAL = 2,                    /* how it ended */
};

/* Append an intent or a final. ERR_RECORDING if it cannot be kept. */
must_check bool record_write(struct spool *, enum record_type, const struct run_entry *, struct arena *scratch, struct err *);
/* Read a payload back; texts live in ${a}. */
must_check bool record_read(struct bytes payload, struct arena *a, struct run_entry *entry_r, struct err *);

#endif
