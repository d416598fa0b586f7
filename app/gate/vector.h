/* SPDX-License-Identifier: MIT */
#ifndef GATE_VECTOR_H
#define GATE_VECTOR_H
/* vector: embeddings as providers write them, into reader->vectors. For the read_embed of every dialect. */
#include "gate/provider.h"

enum { VECTOR_MAX = 65536 };             /* numbers of one vector */

/* One more vector: an array of numbers, or base64 of little-endian floats. ERR_UPSTREAM if it is neither, or no numbers, or the vectors take more
 * than 256 MiB. When the answer goes on as it is (r->same) the vector stays empty: it is only counted. If what the provider sent is not the form
 * the caller asked for, the first one ends r->same and the answer is written anew. */
must_check bool vector_add(struct reader *, struct json value, struct err *);
/* Input tokens of an answer, added to those of the answers before. */
void vector_spent(struct reader *, struct json usage, const char *name);

#endif
