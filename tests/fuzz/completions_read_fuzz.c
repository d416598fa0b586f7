/* SPDX-License-Identifier: MIT */
/* completions_read_fuzz: bodies of the legacy completions. */
#include "bodies.h"
#include "serve/completions_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    bodies_try((struct bytes){p, n}, completions_read);
    return 0;
}
