/* SPDX-License-Identifier: MIT */
#include "web/router.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "web/request_private.h"
#include "web/urlencoded.h"

enum { PATH_LONGEST = 2048, ADDRESSES = 3 };

/* Segments that lead elsewhere, or nowhere. The last may be empty: "/admin/" is an address of its own. */
static bool segments_plain(const char *path)
{
    for (const char *p = path; *p == '/';) {
        size_t n = strcspn(++p, "/");
        if ((n == 0 && p[0] != '\0') || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
            return false;
        p += n;
    }
    return true;
}

static bool has_control(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f || *text == '\\')
            return true;
    return false;
}

bool path_normalise(const char *raw, struct arena *arena, const char **path_r, struct err *err)
{
    size_t n = strlen(raw);
    if (raw[0] != '/' || n > PATH_LONGEST)
        return fail_field(err, "path", raw, "/…, ≤ 2048 B");
    const char *path = percent_decode(raw, n, false, arena);
    if (path == NULL || strpbrk(raw, "?#") != NULL || has_control(path) || !segments_plain(path))
        return fail_field(err, "path", raw, "/a/b; ≠ //, /., /.., %00, \\");
    if (!utf8_valid(bytes_of(path))) {
        fail_field(err, "path", raw, "UTF-8");
        err->kind = ERR_NOT_UTF8;
        return false;
    }
    *path_r = path;
    return true;
}

/* One of the up to three addresses of a row. */
struct address {
    const char *path;
    enum method method;
    enum face face;
};

static size_t addresses_of(const struct route *route, struct address out[ADDRESSES])
{
    size_t n = 0;
    out[n++] = (struct address){route->path, route->method, route->face};
    if (route->twin != NULL)
        out[n++] = (struct address){route->twin, route->twin_method == GET ? route->method : route->twin_method, FACE_API};
    if (route->twin2 != NULL)
        out[n++] = (struct address){route->twin2, route->twin2_method == GET ? route->method : route->twin2_method, FACE_API};
    return n;
}

/* How much of ${path} the pattern's segment takes: its next segment, or, for a last ":name*", all that is left. */
static size_t taken(const char *pattern, size_t want, const char *path)
{
    return *pattern == ':' && pattern[want - 1] == '*' ? strlen(path) : strcspn(path, "/");
}

/* Whether ${path} fits; ${score_r} has a bit for every segment, the first highest, set where it is literal: of two that fit,
 * the greater is the nearer one ("/keys/new" before "/keys/:id"). */
static bool path_fits(const char *pattern, const char *path, uint32_t *score_r)
{
    uint32_t score = 0, bit = 1u << 31;
    for (; *pattern == '/' && *path == '/'; bit >>= 1) {
        size_t want = strcspn(++pattern, "/"), have = taken(pattern, want, ++path);
        if (*pattern == ':' ? have == 0 : want != have || memcmp(pattern, path, want) != 0)
            return false;
        score |= *pattern == ':' ? 0 : bit;
        pattern += want;
        path += have;
    }
    *score_r = score;
    return *pattern == '\0' && *path == '\0';
}

static void set_params(struct request *rq, const char *pattern)
{
    const char *path = rq->path;
    for (; *pattern == '/'; ) {
        size_t want = strcspn(++pattern, "/"), have = taken(pattern, want, ++path);
        if (*pattern == ':') {
            assert(rq->path_params_n < COUNT(rq->path_params));
            rq->path_params[rq->path_params_n++] = (struct param){arena_copy(rq->arena, pattern + 1, want - 1 - (pattern[want - 1] == '*')),
                                                                 arena_copy(rq->arena, path, have)};
        }
        pattern += want;
        path += have;
    }
}

/* How many bytes a pattern and a path share, up to a slash; ${differ_r}: the pattern is literal where they part, so it cannot fit. */
static size_t shared(const char *pattern, const char *path, bool *differ_r)
{
    size_t slash = 0, i = 0;
    for (; pattern[i] != '\0' && pattern[i] == path[i]; i++)
        if (pattern[i] == '/')
            slash = i;
    *differ_r = pattern[i] != path[i] && pattern[i] != ':' && memchr(pattern, ':', i) == NULL;
    return slash;
}

struct search {
    uint32_t score;
    bool found;                              /* some method of this path exists */
    const struct route *route;
    struct address address;
    enum face face;
    unsigned allowed;                        /* bit per method */
    size_t near;
    enum face near_face;                     /* of the nearest address, for a 404 that looks like its neighbours */
};

static enum face face_asked(const struct request *rq, const struct route *route, enum face face)
{
    return route->face_of != NULL && face == route->face ? route->face_of(rq) : face;
}

static void consider(struct search *s, const struct request *rq, const struct route *route, const struct address *address)
{
    uint32_t score;
    bool differ;
    size_t near = shared(address->path, rq->path, &differ);
    if (near > s->near) {
        s->near = near;
        s->near_face = face_asked(rq, route, address->face);
    }
    if (differ || !path_fits(address->path, rq->path, &score) || (s->found && score < s->score))
        return;
    if (!s->found || score > s->score) {
        s->found = true;
        s->score = score;
        s->route = NULL;
        s->allowed = 0;
        s->address = *address;
        s->face = face_asked(rq, route, address->face);
    }
    s->allowed |= 1u << address->method;
    if (s->route == NULL && address->method == rq->method) {
        s->route = route;
        s->address = *address;
        s->face = face_asked(rq, route, address->face);
    }
}

static bool refuse_method(const struct search *s, struct request *rq)
{
    struct buf allowed = buf_new(rq->arena, 100);
    for (enum method m = GET; m <= DELETE; m++)
        if (s->allowed & (1u << m))
            buf_printf(&allowed, "%s%s%s", allowed.n > 0 ? ", " : "", method_text(m), m == GET ? ", HEAD" : "");
    buf_char(&allowed, '\0');
    response_header(rq, "Allow", allowed.p);
    fail_field(&rq->err, "", method_text(rq->method_called), allowed.p);
    rq->err.kind = ERR_METHOD;
    return false;
}

bool router_find(const struct route *routes, struct request *rq)
{
    struct search s = {.near_face = FACE_HTML};
    rq->method = rq->method_called == HEAD ? GET : rq->method_called;
    for (const struct route *route = routes; route->path != NULL; route++) {
        struct address addresses[ADDRESSES];
        size_t n = addresses_of(route, addresses);
        for (size_t i = 0; i < n; i++)
            consider(&s, rq, route, &addresses[i]);
    }
    rq->face = s.found ? s.face : s.near_face;
    if (!s.found) {
        fail_field(&rq->err, "path", rq->path, "");
        rq->err.kind = ERR_NOT_FOUND;
        return false;
    }
    if (s.route == NULL)
        return refuse_method(&s, rq);
    rq->route = s.route;
    set_params(rq, s.address.path);
    return true;
}

void router_each(const struct route *routes,
                 void (*each)(void *arg, const struct route *, enum method, const char *path, enum face), void *arg)
{
    for (const struct route *route = routes; route->path != NULL; route++) {
        struct address addresses[ADDRESSES];
        size_t n = addresses_of(route, addresses);
        for (size_t i = 0; i < n; i++)
            each(arg, route, addresses[i].method, addresses[i].path, addresses[i].face);
    }
}
