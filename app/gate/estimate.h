/* SPDX-License-Identifier: MIT */
#ifndef GATE_ESTIMATE_H
#define GATE_ESTIMATE_H
/* estimate: tokens when the provider says none. Rule of thumb, both languages: 4 bytes of ASCII are one token, a character beyond ASCII is 0.75
 * (o200k counts Chinese at 0.7–0.9 per character). Runs counted this way are marked estimated. */
#include "base/base.h"

/* ${wide} = characters beyond ASCII among ${bytes} bytes of UTF-8 (3 bytes each, as Han characters are). At least 1 if there is any text. */
int64_t estimate_tokens(size_t bytes, size_t wide);

#endif
