/* SPDX-License-Identifier: MIT */
#include "base/percent.h"

#include <ctype.h>
#include <string.h>

void percent_write(struct buf *buf, const char *p, size_t n)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if (isalnum(c) || (c && strchr("-._~", c))) {
            buf_char(buf, (char)c);
        } else {
            buf_char(buf, '%');
            buf_char(buf, hex[c >> 4]);
            buf_char(buf, hex[c & 15]);
        }
    }
}

const char *percent_encode(const char *text, struct arena *arena)
{
    size_t n = strlen(text);
    struct buf out = buf_new(arena, 3 * n + 1);
    percent_write(&out, text, n);
    buf_char(&out, '\0');
    return out.p;
}
