/* SPDX-License-Identifier: MIT */
#include "gate/throttle.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

enum { NAME_MOST = 320 };                /* bytes: 80 characters, the longest name there is */

void throttle_init(struct throttle *t, const char *name, double per_minute)
{
    memset(t, 0, sizeof(*t));
    lock_init(&t->lock, name);
    t->per_minute = per_minute;
}

static void network_of(const char *address, char out[48])
{
    uint8_t v4[4], v6[16];

    if (strncasecmp(address, "::ffff:", 7) == 0 && strchr(address, '.'))       /* IPv4 as an IPv6 socket sees it */
        address += 7;
    if (inet_pton(AF_INET, address, v4) == 1)
        snprintf(out, 48, "%d.%d.%d", v4[0], v4[1], v4[2]);
    else if (inet_pton(AF_INET6, address, v6) == 1)
        snprintf(out, 48, "%02x%02x%02x%02x%02x%02x%02x", v6[0], v6[1], v6[2], v6[3], v6[4], v6[5], v6[6]);
    else
        snprintf(out, 48, "%.40s", address);
}

static struct throttle_slot *slot_of(struct throttle *t, const char *network, int64_t now)
{
    struct throttle_slot *oldest = &t->slots[0];

    lock_assert_held(&t->lock);
    for (size_t i = 0; i < THROTTLE_SLOTS; i++) {
        if (strcmp(t->slots[i].network, network) == 0)
            return &t->slots[i];
        if (t->slots[i].at < oldest->at)
            oldest = &t->slots[i];
    }
    snprintf(oldest->network, sizeof(oldest->network), "%s", network);
    oldest->left = t->per_minute;
    oldest->at = now;
    return oldest;
}

int64_t throttle_take(struct throttle *t, const char *address)
{
    struct throttle_slot *slot;
    char network[48];
    int64_t now = clock_mono(), wait_s = 0;

    network_of(address, network);
    lock_take(&t->lock);
    slot = slot_of(t, network, now);
    slot->left += (double)(now - slot->at) / 60e6 * t->per_minute;
    if (slot->left > t->per_minute)
        slot->left = t->per_minute;
    slot->at = now;
    if (slot->left >= 1)
        slot->left -= 1;
    else
        wait_s = 1 + (int64_t)((1 - slot->left) * 60 / t->per_minute);
    lock_drop(&t->lock);
    return wait_s;
}

/* Names are compared as the database does, so that a stranger's spellings count together as an account's do. */
static void hash_of(const char *name, uint8_t hash[CRYPTO_HASH])
{
    char lower[NAME_MOST];
    size_t n = 0;

    for (; name[n] && n < sizeof(lower); n++)
        lower[n] = (char)tolower((unsigned char)name[n]);
    crypto_sha256((struct bytes){(const uint8_t *)lower, n}, hash);
}

/* The one called so, or the oldest. */
static struct stranger *stranger_of(struct throttle *t, const uint8_t hash[CRYPTO_HASH])
{
    struct stranger *oldest = &t->strangers[0];

    lock_assert_held(&t->lock);
    for (size_t i = 0; i < THROTTLE_SLOTS; i++) {
        if (memcmp(t->strangers[i].name, hash, CRYPTO_HASH) == 0)
            return &t->strangers[i];
        if (t->strangers[i].at < oldest->at)
            oldest = &t->strangers[i];
    }
    return oldest;
}

int64_t throttle_stranger(struct throttle *t, const char *name)
{
    uint8_t hash[CRYPTO_HASH];
    const struct stranger *s;
    int64_t now = clock_mono(), left = 0;

    hash_of(name, hash);
    lock_take(&t->lock);
    s = stranger_of(t, hash);
    if (memcmp(s->name, hash, sizeof(hash)) == 0 && s->until > now)
        left = s->until - now;
    lock_drop(&t->lock);
    return (left + 999999) / 1000000;
}

void throttle_stranger_failed(struct throttle *t, const char *name, int64_t (*wait_s)(int64_t failures))
{
    uint8_t hash[CRYPTO_HASH];
    struct stranger *s;
    int64_t now = clock_mono();

    hash_of(name, hash);
    lock_take(&t->lock);
    s = stranger_of(t, hash);
    if (memcmp(s->name, hash, sizeof(hash)) != 0)
        *s = (struct stranger){.failures = 0};
    memcpy(s->name, hash, sizeof(hash));
    s->at = now;
    s->until = now + wait_s(++s->failures) * 1000000;
    lock_drop(&t->lock);
}
