/* SPDX-License-Identifier: MIT */
#ifndef GATE_EMBED_H
#define GATE_EMBED_H
/* embed: a run that turns texts into vectors (chat->embed). Its inputs are split to what the provider takes at once; the requests go out one after
 * the other within one attempt, and the vectors come together in the order of the inputs. A provider that speaks the caller's dialect and takes
 * all at once gets the body as it came, and so does the caller. */
#include "gate/run.h"

/* Whether the type has embeddings at all. */
bool embed_can(const struct provider_type *);
/* Whether the caller's request is in these rules' own shape. */
bool embed_same(const struct chat *, const struct dialect_rules *);
/* Whether the answer of run->target can go on as it is. */
bool embed_whole(const struct run *);
/* Fill run->request for the first inputs; also for another attempt. ERR_INPUT for token ids that another dialect cannot take. */
must_check bool embed_prepare(struct run *, struct err *);
/* The answer in run->body is read; ${more_r}: run->request is filled again, for the next inputs. ERR_UPSTREAM if the answer does not hold exactly
 * one vector for each input; ERR_TIMEOUT when the provider's time for a whole answer is over. */
must_check bool embed_next(struct run *, bool *more_r, struct err *);

#endif
