/* SPDX-License-Identifier: MIT */
#ifndef GATE_USAGE_H
#define GATE_USAGE_H
/* usage: the counts a run is charged by, settled once when it ends. What the provider said is taken if it is possible; what it left out is
 * estimated and said to be. Never more than was seen: a provider that failed before its answer began is charged nothing. */
#include "gate/chat.h"

struct reader;

enum { TOKENS_MAX = 1000000000 };        /* of one run; more is nobody's */

/* How the reading ended. */
struct usage_end {
    bool answered;                       /* the provider's answer began: its status was 2xx */
    bool failed;                         /* it said or did something wrong */
    bool gone;                           /* the caller hung up */
};
/* Complete reader->usage. True: some of it is an estimate. The counts of a stream that was cut are at least those of the text that came. */
bool usage_settle(struct reader *, const char *model, const struct usage_end *);
/* Make counts possible: none negative or beyond TOKENS_MAX, no part larger than what is left of its whole. */
void usage_bound(struct usage *);

#endif
