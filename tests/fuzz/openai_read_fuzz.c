/* SPDX-License-Identifier: MIT */
/* openai_read_fuzz: bodies of chat completions: to a service of the same dialect, and translated. */
#include "bodies.h"
#include "serve/openai_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    bodies_try((struct bytes){p, n}, openai_read);
    return 0;
}
