/* SPDX-License-Identifier: MIT */
/* id: 48 bits of milliseconds and 12 bits of counter are one number that only grows, shared by all threads; the
 * other 62 bits are random. More than 4,096 ids in a millisecond borrow from the next
 * ones (RFC 9562 section 6.2). */
#include "base/id.h"

#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"

static _Atomic uint64_t last;           /* milliseconds << 12 | counter */

static uint64_t next_stamp(void)
{
    uint64_t now = (uint64_t)(clock_wall() / 1000) << 12;
    uint64_t before = atomic_load_explicit(&last, memory_order_relaxed), next;
    do
        next = now > before ? now : before + 1;
    while (!atomic_compare_exchange_weak_explicit(&last, &before, next, memory_order_relaxed, memory_order_relaxed));
    return next;
}

void id_new(char out[ID_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t b[16];
    uint64_t stamp = next_stamp();
    crypto_nonce(b + 8, 8);
    for (int i = 0; i < 6; i++)
        b[i] = (uint8_t)(stamp >> (52 - 8 * i));
    b[6] = (uint8_t)(0x70 | ((stamp >> 8) & 0x0F));     /* version 7 */
    b[7] = (uint8_t)stamp;
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3F));             /* variant of RFC 9562 */
    char *p = out;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *p++ = '-';
        *p++ = digits[b[i] >> 4];
        *p++ = digits[b[i] & 15];
    }
    *p = '\0';
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool id_valid(const char *text)
{
    if (!text)
        return false;
    for (int i = 0; i < ID_TEXT - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : digit_of(text[i]) < 0)
            return false;
    }
    return text[ID_TEXT - 1] == '\0';
}

int64_t id_millis(const char *text)
{
    if (!id_valid(text) || text[14] != '7' || !strchr("89ab", text[19]))
        return 0;
    int64_t millis = 0;
    for (int i = 0; i < 13; i++)
        if (i != 8)
            millis = millis << 4 | digit_of(text[i]);
    return millis;
}
