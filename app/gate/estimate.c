/* SPDX-License-Identifier: MIT */
#include "gate/estimate.h"

int64_t estimate_tokens(size_t bytes, size_t wide)
{
    size_t ascii = bytes > 3 * wide ? bytes - 3 * wide : 0;

    return (int64_t)((ascii + 3 * wide + 3) / 4);
}
