/* SPDX-License-Identifier: MIT */
/* base: the few functions on bytes that everybody needs. */
#include "base/base.h"

#include <string.h>

struct bytes bytes_of(const char *text)
{
    return (struct bytes){(const uint8_t *)text, text ? strlen(text) : 0};
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool bytes_equal_text(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_of(text));
}
