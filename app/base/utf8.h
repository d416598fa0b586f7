/* SPDX-License-Identifier: MIT */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H
/* utf8: RFC 3629, no surrogates, no overlong forms. */
#include "base/base.h"

bool utf8_valid(struct bytes);
/* The first invalid byte's position, or n. */
size_t utf8_check(struct bytes);
/* Characters (code points) in valid text. */
size_t utf8_count(const char *text);
/* How many bytes of valid text are at most ${most} and end between characters. */
size_t utf8_cut(const char *text, size_t most);
/* Decode one code point at p (end given); bytes used, 0 if invalid or cut. */
size_t utf8_decode(const uint8_t *p, const uint8_t *end, uint32_t *code_r);
/* Write one code point; 1–4 bytes. */
size_t utf8_encode(uint32_t code, char out[4]);

#endif
