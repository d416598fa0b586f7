/* SPDX-License-Identifier: MIT */
#include "gate/key.h"

#include <string.h>

#include "base/crypto.h"
#include "base/secret.h"

static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* Random base62 characters without bias: bytes of 248 and more are thrown away (248 = 4 × 62). */
static void random_text(char *out, size_t n)
{
    uint8_t pool[64];
    size_t used = sizeof(pool);

    for (size_t i = 0; i < n;) {
        if (used == sizeof(pool)) {
            crypto_random(pool, sizeof(pool));
            used = 0;
        }
        if (pool[used++] < 248)
            out[i++] = base62[pool[used - 1] % 62];
    }
    secret_wipe(pool, sizeof(pool));
}

static void check_digits(const char *text, size_t n, char out[KEY_CHECK])
{
    uint32_t crc = crypto_crc32(text, n);

    for (int i = KEY_CHECK - 1; i >= 0; i--) {
        out[i] = base62[crc % 62];
        crc /= 62;
    }
}

void key_new(char out[KEY_TEXT + 1])
{
    memcpy(out, "mgk_", 4);
    random_text(out + 4, KEY_ID);
    out[4 + KEY_ID] = '_';
    random_text(out + 5 + KEY_ID, KEY_SECRET);
    check_digits(out, KEY_TEXT - KEY_CHECK, out + KEY_TEXT - KEY_CHECK);
    out[KEY_TEXT] = '\0';
}

bool key_parse(const char *text, char id[KEY_ID + 1])
{
    char check[KEY_CHECK];

    if (strlen(text) != KEY_TEXT || memcmp(text, "mgk_", 4) != 0 || text[4 + KEY_ID] != '_')
        return false;
    check_digits(text, KEY_TEXT - KEY_CHECK, check);
    if (memcmp(check, text + KEY_TEXT - KEY_CHECK, KEY_CHECK) != 0)
        return false;
    memcpy(id, text + 4, KEY_ID);
    id[KEY_ID] = '\0';
    return true;
}

void key_hash(const uint8_t pepper[32], const char *text, uint8_t out[32])
{
    crypto_hmac((struct bytes){pepper, 32}, bytes_of(text), out);
}
