/* SPDX-License-Identifier: MIT */
/* json_tree: trees by json-c, which takes much that is not JSON, so never without the check. */
#include "base/json.h"

#include <json-c/json.h>
#include <limits.h>

#include "base/arena.h"
#include "base/err.h"

static void drop(void *tree)
{
    json_object_put(tree);
}

bool json_tree(struct bytes text, struct arena *a, struct json_object **tree_r, struct err *err)
{
    struct json value;
    if (!json_check(text, NULL, &value, err))
        return false;
    if (value.n >= INT_MAX)
        return fail(err, ERR_TOO_LARGE, "a JSON text of %zu bytes", value.n);
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
