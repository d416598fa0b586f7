/* SPDX-License-Identifier: MIT */
/* json_tree: trees by json-c, which takes much that is not JSON, so never without the check. */
#include "base/json.h"

#include <json-c/json.h>
#include <limits.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/json_private.h"

static void drop(void *tree)
{
    json_object_put(tree);
}

static bool is_pair(const char *p)
{
    return p[0] == '\\' && p[1] == 'u' && (p[2] | 0x20) == 'd' && p[3] >= '8';
}

/* The same text with pairs of surrogates written as the characters they mean. json-c 0.16 takes a pair for half of
 * another one if bits 10 to 15 of its character are those of a surrogate (U+1DA00, rare Chinese ones from U+2D800). */
static struct json without_pairs(struct json value, struct arena *a)
{
    if (!memmem(value.p, value.n, "\\u", 2))
        return value;
    char *text = arena_alloc(a, value.n), *out = text;
    for (const char *p = value.p, *end = p + value.n; p < end;) {
        size_t n = *p == '\\' ? 2 : 1, got = n;
        if (n == 2 && is_pair(p))
            n = json_unescape(p, out, &got);
        else
            memcpy(out, p, n);
        p += n;
        out += got;
    }
    return (struct json){text, (size_t)(out - text)};
}

bool json_tree(struct bytes text, struct arena *a, struct json_object **tree_r, struct err *err)
{
    struct json value;
    if (!json_check(text, NULL, &value, err))
        return false;
    if (value.n >= INT_MAX)
        return fail(err, ERR_TOO_LARGE, "a JSON text of %zu bytes", value.n);
    value = without_pairs(value, a);
    struct json_tokener *tokener = json_tokener_new_ex(128);
    if (!tokener)
        return fail(err, ERR_INTERNAL, "json-c got no memory");
    struct json_object *tree = json_tokener_parse_ex(tokener, value.p, (int)value.n);
    if (json_tokener_get_error(tokener) == json_tokener_continue)   /* a bare number might go on: say that it ends */
        tree = json_tokener_parse_ex(tokener, "", 1);
    enum json_tokener_error error = json_tokener_get_error(tokener);
    json_tokener_free(tokener);
    if (error != json_tokener_success)
        return fail(err, ERR_NOT_JSON, "json-c: %s", json_tokener_error_desc(error));
    arena_defer(a, drop, tree);
    *tree_r = tree;
    return true;
}
