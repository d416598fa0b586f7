/* SPDX-License-Identifier: MIT */
/* responses_read_fuzz: bodies of the Responses API. */
#include "bodies.h"
#include "serve/responses_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    bodies_try((struct bytes){p, n}, responses_read);
    return 0;
}
