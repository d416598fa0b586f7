/* SPDX-License-Identifier: MIT */
/* bedrock_frame_fuzz: see frames.h. Lines of "EVENT PAYLOAD" become messages with their sums, which bytes made by chance never have. */
#include "../unit/eventstream_make.h"
#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct buf wire = buf_new(a, 1 << 20);
    const uint8_t *end = p + n, *at = p + 1, *line;
    fuzz_frames(&bedrock_rules, p, n);                       /* whole answers, errors, lists of models */
    if (n)
        buf_add(&wire, p, 1);
    for (; at < end; at = line + 1) {
        const uint8_t *lf = memchr(at, '\n', (size_t)(end - at)), *space;
        char event[80] = "";
        line = lf ? lf : end;
        space = memchr(at, ' ', (size_t)(line - at));
        if (!space || space - at > 70)
            continue;
        memcpy(event, at, (size_t)(space - at));
        put_event(&wire, event, (struct bytes){space + 1, (size_t)(line - space - 1)});
    }
    if (n && !wire.overflow)
        fuzz_frames(&bedrock_rules, (const uint8_t *)wire.p, wire.n);
    arena_free(a);
    return 0;
}
