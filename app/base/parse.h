/* SPDX-License-Identifier: MIT */
#ifndef BASE_PARSE_H
#define BASE_PARSE_H
/* parse: the only ways a number or word comes in from outside. */
#include "base/base.h"

struct arena;
struct err;

/* A whole decimal number in [min, max], nothing around it. ERR_INPUT with ${field}, value and range. */
must_check bool parse_int(const char *text, int64_t min, int64_t max, const char *field, int64_t *n_r, struct err *);
/* A decimal number with up to ${digits} (at most 9) digits after its point, as a whole number of its last digit: "7.1" with 4 is 71000. ${min} and
 * ${max} are such numbers too. And back, without zeros at the end. */
must_check bool parse_decimal(const char *text, int digits, int64_t min, int64_t max, const char *field, int64_t *n_r, struct err *err);
const char *decimal_text(int64_t n, int digits, struct arena *);
/* The position of ${text} in a NULL-terminated list of words. ERR_INPUT listing the words. */
must_check bool parse_word(const char *text, const char *const words[], const char *field, size_t *i_r, struct err *);
/* "true", "1", "on", "yes" or "false", "0", "off", "no". */
must_check bool parse_bool(const char *text, const char *field, bool *b_r, struct err *);
/* Bytes as lower-case hexadecimal; ${out} needs 2n+1. And back: false unless exactly ${n} bytes. */
void hex_write(struct bytes, char *out);
must_check bool hex_read(const char *text, uint8_t *out, size_t n);
char *hex_text(struct bytes, struct arena *);
/* Any even number of digits. */
must_check bool hex_bytes(const char *text, struct arena *, struct bytes *bytes_r);
/* base64 (RFC 4648 section 4) and its URL alphabet without padding (section 5). */
char *base64_write(struct bytes, struct arena *);
/* Padding may be missing. */
must_check bool base64_read(struct bytes text, struct arena *, struct bytes *bytes_r);
char *base64url_write(struct bytes, struct arena *);
must_check bool base64url_read(const char *text, struct arena *, struct bytes *bytes_r);

#endif
