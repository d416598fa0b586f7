/* SPDX-License-Identifier: MIT */
#include "gate/throttle.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

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
