/* SPDX-License-Identifier: MIT */
/* emit_vector: embeddings as providers write them. */
#include "providers/emit.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/parse.h"

enum { VECTOR_MAX = 65536 };                                 /* numbers of one embedding: more than any model gives */
static const size_t NUMBERS_MAX = 64 << 20;                  /* of all vectors of a run: 256 MiB */

static bool read_numbers(struct json array, float *x, struct err *err)
{
    struct json_walk w = json_walk(array);
    double n;

    while (json_next(&w)) {
        if (!json_real(w.value, &n) || !isfinite((float)n))
            return fail(err, ERR_UPSTREAM, "the provider sent a vector with something in it that is no number");
        x[w.i] = (float)n;
    }
    return true;
}

/* Little-endian, whatever this machine is. */
static bool read_base64(struct reader *r, struct json string, struct vector *vector, struct err *err)
{
    struct bytes raw, text = json_escaped(string);
    float *x;

    if (memchr(text.p, '\\', text.n))                        /* "\/" is how some writers put a slash */
        text.p = (const uint8_t *)json_text(string, r->scratch, &text.n);
    if (text.n > VECTOR_MAX * 6 || !base64_read(text, r->scratch, &raw) || raw.n % 4 || !raw.n)
        return fail(err, ERR_UPSTREAM, "the provider sent a vector that is not base64 of floats");
    x = NEW_ARRAY(r->arena, float, raw.n / 4);
    for (size_t i = 0; i < raw.n / 4; i++) {
        const uint8_t *p = raw.p + 4 * i;
        uint32_t bits = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

        memcpy(&x[i], &bits, sizeof(bits));
        if (!isfinite(x[i]))
            return fail(err, ERR_UPSTREAM, "the provider sent a vector with something in it that is no number");
    }
    *vector = (struct vector){x, raw.n / 4};
    return true;
}

static size_t numbers_of(struct list vectors)
{
    const struct vector *v = vectors.items;
    size_t n = 0;

    for (size_t i = 0; i < vectors.n; i++)
        n += v[i].n;
    return n;
}

static bool fill(struct reader *r, struct json value, struct vector *vector, struct err *err)
{
    size_t n = json_count(value);
    float *x;

    if (json_kind(value) == JSON_STRING)
        return read_base64(r, value, vector, err);
    if (json_kind(value) != JSON_ARRAY || !n || n > VECTOR_MAX)
        return fail(err, ERR_UPSTREAM, "the provider sent a vector that is not a list of 1 to %d numbers", VECTOR_MAX);
    x = NEW_ARRAY(r->arena, float, n);
    *vector = (struct vector){x, n};
    return read_numbers(value, x, err);
}

bool emit_vector(struct reader *r, struct json value, struct err *err)
{
    bool base64 = json_kind(value) == JSON_STRING;
    const struct embed *embed = r->chat->embed;
    struct vector vector = {0};

    if (embed && r->vectors.n >= embed->inputs.n)
        return fail(err, ERR_UPSTREAM, "the provider sent more vectors than it was given inputs (%zu)", embed->inputs.n);
    if (r->same && (!embed || base64 != embed->base64)) {
        if (r->vectors.n)
            return fail(err, ERR_UPSTREAM, "the provider sent vectors of both forms");
        r->same = false;
    }
    if (!r->same && !fill(r, value, &vector, err))
        return false;
    if (numbers_of(r->vectors) + vector.n > NUMBERS_MAX)
        return fail(err, ERR_UPSTREAM, "the provider's vectors have more than %zu numbers", NUMBERS_MAX);
    *(struct vector *)list_add(r->arena, &r->vectors, sizeof(vector)) = vector;
    return true;
}

void emit_vector_usage(struct reader *r, struct json usage, const char *name)
{
    int64_t n = reader_tokens(usage, name);

    if (!n)
        return;
    if (!r->usage.known)                                     /* what stands there is an estimate */
        r->usage = (struct usage){.known = true};
    r->usage.in += n;
}
