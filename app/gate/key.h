/* SPDX-License-Identifier: MIT */
#ifndef GATE_KEY_H
#define GATE_KEY_H
/* key: the Moongate keys programs send. "mgk_" + 12 characters of public id + "_" + 43 random base62 characters (256 bit) + 6 of CRC-32, so a typing
 * error is seen without a lookup. Only HMAC-SHA256(pepper, key) is kept (threat control C7). */
#include "base/base.h"

struct arena;
struct err;

enum { KEY_ID = 12, KEY_SECRET = 43, KEY_CHECK = 6, KEY_TEXT = 4 + KEY_ID + 1 + KEY_SECRET + KEY_CHECK };

/* A new key's text; ${out} needs KEY_TEXT + 1 bytes. */
void key_new(char out[KEY_TEXT + 1]);
/* Whether the form and the check digits are right; the public id goes to ${id}, KEY_ID + 1 bytes. */
must_check bool key_parse(const char *text, char id[KEY_ID + 1]);
void key_hash(const uint8_t pepper[32], const char *text, uint8_t out[32]);

#endif
