/* SPDX-License-Identifier: MIT */
/* log: which names say that their value is a secret. */
#include "base/log_private.h"

#include <string.h>

/* Names whose end says it all, and words that do only as a part of their own ("x-goog-api-key", not "monkey"). */
static const char *const secret_ends[] = {"password", "passwd", "passphrase", "secret", "token", "apikey", "_key",
                                          "credential", "credentials", "accesskey", "secretkey", "privatekey",
                                          "signature", NULL};
static const char *const long_ends[] = {"authorization", "cookie", "cookies", NULL};
static const char *const short_parts[] = {"pwd", "pass", "pw", "key", "sig", "jwt", "auth", "session", "sessionid", "sid",
                                          "csrf", "otp", "cred", "creds", NULL};

static char folded(uint8_t c)
{
    return c == '-' || c == '.' ? '_' : c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : (char)c;
}

static bool ends_with(struct bytes name, const char *end)
{
    size_t m = strlen(end);
    if (m > name.n)
        return false;
    for (size_t i = m; i > 0; i--)
        if (folded(name.p[name.n - m + i - 1]) != end[i - 1])
            return false;
    return true;
}

static bool ends_with_any(struct bytes name, const char *const ends[])
{
    for (size_t i = 0; ends[i]; i++)
        if (ends_with(name, ends[i]))
            return true;
    return false;
}

static struct bytes last_part(struct bytes name)
{
    size_t n = 0;
    while (n < name.n && folded(name.p[name.n - 1 - n]) != '_')
        n++;
    return (struct bytes){name.p + name.n - n, n};
}

enum log_name log_name_of(struct bytes name)
{
    if (name.n == 0)
        return LOG_NAME_PLAIN;
    if (ends_with_any(name, long_ends))
        return LOG_NAME_LONG;
    if (ends_with_any(name, secret_ends))
        return LOG_NAME_SECRET;
    struct bytes part = last_part(name);
    for (size_t i = 0; short_parts[i]; i++)
        if (strlen(short_parts[i]) == part.n && ends_with(part, short_parts[i]))
            return LOG_NAME_SHORT;
    return LOG_NAME_PLAIN;
}
