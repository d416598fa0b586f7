/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_SIGN_H
#define FAKELLM_SIGN_H
/* sign: what the receivers of the clouds' signatures have in common. */
#include "http.h"
#include "text.h"

/* A header's value; n == 0: there is none. */
struct slice sign_header(const struct http *, struct slice name);
/* What follows "Name=" in the Authorization header. */
struct slice sign_field(struct slice authorization, const char *name);
/* The next word up to ${stop}. */
struct slice sign_word(struct slice *rest, char stop);
/* Hexadecimal; and that of a SHA-256. */
void sign_hex(struct text *, const unsigned char *p, size_t n);
void sign_hash(struct text *, struct slice);
/* The next key: HMAC-SHA256 of ${with} by the one before. */
void sign_next(unsigned char key[32], struct slice with);
/* Whether a list "a;b;c" has ${wanted}. */
bool sign_covers(struct slice names, const char *wanted);

#endif
