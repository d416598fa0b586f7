/* SPDX-License-Identifier: MIT */
/* anthropic_frame_fuzz: see frames.h. */
#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_frames(&anthropic_rules, p, n);
    return 0;
}
