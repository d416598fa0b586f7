/* SPDX-License-Identifier: MIT */
/* eventstream_fuzz: any bytes, cut as the first byte says, give the same messages as whole. Since hardly any bytes have the sums they should, the
 * sums are put right first where lengths allow it, unless the first byte says otherwise. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/err.h"
#include "net/eventstream.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { MOST = 4096 };

/* What was handed out, as one number. */
struct seen {
    uint32_t sum;
    size_t n;
};

static bool see(void *arg, const char *event, struct bytes payload)
{
    struct seen *seen = arg;
    if (strlen(event) > EVENTSTREAM_NAME)
        abort();
    seen->sum = crypto_crc32c(seen->sum, event, strlen(event) + 1);
    if (payload.n)
        seen->sum = crypto_crc32c(seen->sum, payload.p, payload.n);
    return ++seen->n < 100;
}

static bool read_all(struct arena *a, struct bytes in, size_t step, struct seen *seen)
{
    struct eventstream s = eventstream_new(a, MOST);
    struct err err = {0};
    bool good = true;
    for (size_t at = 0; good && at < in.n; at += step)
        good = eventstream_feed(&s, (struct bytes){in.p + at, in.n - at < step ? in.n - at : step}, see, seen, &err);
    good = good && eventstream_end(&s, &err);
    if (!good && err.kind != ERR_UPSTREAM)
        abort();
    return good;
}

static void put(uint8_t *p, uint32_t n)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(n >> (24 - 8 * i));
}

/* Lengths are taken modulo what is there. */
static void mend(uint8_t *p, size_t n)
{
    while (n >= 16) {
        size_t most = n - 16 < 1000 ? n - 16 : 1000;
        uint32_t total = 16 + (uint32_t)((p[2] << 8 | p[3]) % (most + 1)), headers = (uint32_t)((p[6] << 8 | p[7]) % (total - 15));
        put(p, total);
        put(p + 4, headers);
        put(p + 8, crypto_crc32(p, 8));
        put(p + total - 4, crypto_crc32(p, total - 4));
        p += total;
        n -= total;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n == 0)
        return 0;
    struct arena *a = arena_new();
    struct seen whole = {0}, cut = {0};
    uint8_t *own = arena_alloc(a, n);
    memcpy(own, p + 1, n - 1);
    if (!(p[0] & 128))
        mend(own, n - 1);
    struct bytes in = {own, n - 1};
    if (read_all(a, in, SIZE_MAX / 2, &whole) != read_all(a, in, 1 + p[0] % 32, &cut) || whole.sum != cut.sum || whole.n != cut.n)
        abort();
    arena_free(a);
    return 0;
}
