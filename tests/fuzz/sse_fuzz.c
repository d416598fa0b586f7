/* SPDX-License-Identifier: MIT */
/* sse_fuzz: any bytes, cut as the first byte says, give the same events as whole. The same for lines of ndjson. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/err.h"
#include "net/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* What was handed out, as one number. */
struct seen {
    uint32_t sum;
    size_t n;
};

static bool see_event(void *arg, const char *event, struct bytes data)
{
    struct seen *seen = arg;
    seen->sum = crypto_crc32c(seen->sum, event, strlen(event) + 1);
    seen->sum = crypto_crc32c(seen->sum, data.p, data.n);
    seen->n++;
    return true;
}

static bool see_line(void *arg, struct bytes line)
{
    return see_event(arg, "", line);
}

static bool read_sse(struct arena *a, struct bytes in, size_t step, struct seen *seen)
{
    struct sse s = sse_new(a, 256);
    struct err err = {0};
    bool good = true;
    for (size_t at = 0; good && at < in.n; at += step)
        good = sse_feed(&s, (struct bytes){in.p + at, in.n - at < step ? in.n - at : step}, see_event, seen, &err);
    return good && sse_end(&s, see_event, seen, &err);
}

static bool read_ndjson(struct arena *a, struct bytes in, size_t step, struct seen *seen)
{
    struct ndjson s = ndjson_new(a, 256);
    struct err err = {0};
    bool good = true;
    for (size_t at = 0; good && at < in.n; at += step)
        good = ndjson_feed(&s, (struct bytes){in.p + at, in.n - at < step ? in.n - at : step}, see_line, seen, &err);
    return good && ndjson_end(&s, see_line, seen, &err);
}

static void must_equal(struct seen a, struct seen b)
{
    if (a.sum != b.sum || a.n != b.n)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n == 0)
        return 0;
    size_t step = p[0] % 16 + 1;
    struct bytes in = {p + 1, n - 1};
    struct seen whole = {0}, cut = {0};
    struct arena *a = arena_new();
    if (read_sse(a, in, SIZE_MAX, &whole) != read_sse(a, in, step, &cut))
        abort();
    must_equal(whole, cut);
    whole = cut = (struct seen){0};
    if (read_ndjson(a, in, SIZE_MAX, &whole) != read_ndjson(a, in, step, &cut))
        abort();
    must_equal(whole, cut);
    arena_free(a);
    return 0;
}
