/* SPDX-License-Identifier: MIT */
/* hunyuan_frame_fuzz: see frames.h. */
#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    fuzz_frames(&hunyuan_rules, p, n);
    return 0;
}
