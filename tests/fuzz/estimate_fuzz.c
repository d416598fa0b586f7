/* SPDX-License-Identifier: MIT */
/* estimate_fuzz: any text, whole and cut; and as a body of any dialect. No count is negative or beyond the heaviest character each byte could be. */
#include <stdlib.h>

#include "base/err.h"
#include "gate/chat.h"
#include "gate/estimate.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct estimate whole = {.family = n ? (enum estimate_family)(p[0] % 3) : ESTIMATE_GPT}, cut = whole;
    struct chat chat = {0};
    struct err err = {0};

    estimate_add(&whole, (struct bytes){p, n});
    for (size_t i = 0; i < n; i++)
        estimate_add(&cut, (struct bytes){p + i, 1});
    if (whole.hundredths != cut.hundredths || whole.hundredths < 0 || whole.hundredths > 452 * (int64_t)n)
        abort();
    if (json_check((struct bytes){p, n}, NULL, &chat.raw, &err)) {
        int64_t tokens = estimate_chat(&chat, "claude");

        if (tokens < 0 || tokens > 1500 * (int64_t)(n + 1))
            abort();
    }
    return 0;
}
