/* SPDX-License-Identifier: MIT */
/* crypto: CRC-32C (Castagnoli) and CRC-32 (IEEE 802.3), by the processor's own instruction where it has one, else
 * eight bytes at a time through tables ("slicing by eight"). Both polynomials are written with the low bit first. */
#include "base/crypto.h"

#include <pthread.h>
#include <string.h>

#ifdef __x86_64__
#include <nmmintrin.h>
#endif

struct table {
    uint32_t of[8][256];                /* of[k][b]: what byte b does when k zero bytes follow */
};

static struct table castagnoli, ieee;

static void fill(struct table *t, uint32_t polynomial)
{
    for (uint32_t b = 0; b < 256; b++) {
        uint32_t crc = b;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
        t->of[0][b] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t b = 0; b < 256; b++)
            t->of[k][b] = t->of[k - 1][b] >> 8 ^ t->of[0][t->of[k - 1][b] & 255];
}

static void fill_both(void)
{
    fill(&castagnoli, 0x82F63B78);
    fill(&ieee, 0xEDB88320);
}

static uint32_t slice(const struct table *t, uint32_t crc, const uint8_t *p, size_t n)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, fill_both);
    for (crc = ~crc; n >= 8; p += 8, n -= 8) {
        uint32_t low = crc ^ ((uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24);
        crc = t->of[7][low & 255] ^ t->of[6][low >> 8 & 255] ^ t->of[5][low >> 16 & 255] ^ t->of[4][low >> 24] ^
              t->of[3][p[4]] ^ t->of[2][p[5]] ^ t->of[1][p[6]] ^ t->of[0][p[7]];
    }
    for (; n > 0; p++, n--)
        crc = crc >> 8 ^ t->of[0][(crc ^ *p) & 255];
    return ~crc;
}

uint32_t crypto_crc32c_by_table(uint32_t before, const void *p, size_t n)
{
    return slice(&castagnoli, before, p, n);
}

uint32_t crypto_crc32(const void *p, size_t n)
{
    return slice(&ieee, 0, p, n);
}

#ifdef __x86_64__

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t before, const uint8_t *p, size_t n)
{
    uint64_t crc = (uint32_t)~before;
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t eight;
        memcpy(&eight, p, 8);
        crc = _mm_crc32_u64(crc, eight);
    }
    for (; n > 0; p++, n--)
        crc = _mm_crc32_u8((uint32_t)crc, *p);
    return (uint32_t)~crc;
}

uint32_t crypto_crc32c(uint32_t before, const void *p, size_t n)
{
    return __builtin_cpu_supports("sse4.2") ? by_instruction(before, p, n) : crypto_crc32c_by_table(before, p, n);
}

#else

uint32_t crypto_crc32c(uint32_t before, const void *p, size_t n)
{
    return crypto_crc32c_by_table(before, p, n);
}

#endif
