/* SPDX-License-Identifier: MIT */
/* log: which names say that their value is a secret. */
#include "base/log_private.h"

/* Names whose end says it all, and words that do only as a part of their own ("x-goog-api-key", not "monkey"). */
struct word {
    const char *p;
    size_t n;
};
#define WORD(text) {text, sizeof(text) - 1}

static const struct word secret_ends[] = {
    WORD("password"), WORD("passwd"), WORD("passphrase"), WORD("secret"), WORD("token"), WORD("apikey"), WORD("_key"), WORD("credential"),
    WORD("credentials"), WORD("accesskey"), WORD("secretkey"), WORD("privatekey"), WORD("signature"), {NULL, 0},
};
static const struct word long_ends[] = {WORD("authorization"), WORD("cookie"), WORD("cookies"), {NULL, 0}};
static const struct word short_parts[] = {
    WORD("pwd"), WORD("pass"), WORD("pw"), WORD("key"), WORD("sig"), WORD("jwt"), WORD("auth"), WORD("session"), WORD("sessionid"),
    WORD("sid"), WORD("csrf"), WORD("otp"), WORD("cred"), WORD("creds"), {NULL, 0},
};

static char folded(uint8_t c)
{
    return c == '-' || c == '.' ? '_' : c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : (char)c;
}

static bool ends_with(struct bytes name, const struct word *end)
{
    if (end->n > name.n)
        return false;
    for (size_t i = end->n; i > 0; i--)
        if (folded(name.p[name.n - end->n + i - 1]) != end->p[i - 1])
            return false;
    return true;
}

static bool ends_with_any(struct bytes name, const struct word ends[])
{
    for (; ends->n; ends++)
        if (ends_with(name, ends))
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
    for (const struct word *word = short_parts; word->n; word++)
        if (word->n == part.n && ends_with(part, word))
            return LOG_NAME_SHORT;
    return LOG_NAME_PLAIN;
}
