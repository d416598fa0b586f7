/* SPDX-License-Identifier: MIT */
/* json_fuzz: any bytes into the strict reader. Nothing may crash; what is taken is taken by json-c too, and written
 * again from a walk over it is taken again, and then comes out the same. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/json_write.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static void put_again(struct json_out *out, struct json value, struct arena *a)
{
    size_t n;
    int64_t whole;
    double real;
    const char *text;
    switch (json_kind(value)) {
    case JSON_NONE:
        abort();
    case JSON_NULL: case JSON_TRUE: case JSON_FALSE:
        json_put_raw(out, json_bytes(value));
        break;
    case JSON_NUMBER:
        if (json_real(value, &real))
            json_put_real(out, real);
        else
            json_put_raw(out, json_bytes(value));
        if (json_int(value, INT64_MIN, INT64_MAX, &whole) && json_real(value, &real))
            must((double)whole == real);
        break;
    case JSON_STRING:
        text = json_text(value, a, &n);
        must(n < 1 || text[n] == '\0');
        json_put_bytes(out, (struct bytes){(const uint8_t *)text, n});
        break;
    case JSON_ARRAY:
        json_begin_array(out);
        for (struct json_walk w = json_walk(value); json_next(&w);)
            put_again(out, w.value, a);
        json_end_array(out);
        break;
    case JSON_OBJECT:
        json_begin_object(out);
        for (struct json_walk w = json_walk(value); json_next(&w);) {
            const char *name = json_string(w.name, a);
            must(name != NULL && json_member(value, name).p == w.value.p);
            json_name(out, name);
            put_again(out, w.value, a);
        }
        json_end_object(out);
        break;
    }
}

static struct buf rewrite(struct json value, struct arena *a)
{
    struct buf b = buf_new(a, 64 << 20);
    struct json_out out = json_out(&b);
    put_again(&out, value, a);
    must(!b.overflow);
    return b;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct arena *a = arena_new();
    struct json value, again;
    struct json_object *tree;
    struct err err;
    if (json_check((struct bytes){p, n}, NULL, &value, &err)) {
        must(json_tree((struct bytes){p, n}, a, &tree, &err));
        struct buf once = rewrite(value, a);
        must(json_check(buf_view(&once), NULL, &again, &err));
        struct buf twice = rewrite(again, a);
        must(bytes_equal(buf_view(&once), buf_view(&twice)));
    }
    arena_free(a);
    return 0;
}
