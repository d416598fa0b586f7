/* SPDX-License-Identifier: MIT */
#ifndef WEB_ROUTER_H
#define WEB_ROUTER_H
/* router: from method and path to a row of the route table. Only the normalised path decides (an encoded slash is a slash: SDKs send
 * model names so); dot segments, empty segments and NUL are refused before (path_normalise), so no two spellings reach different
 * checks. */
#include "web/route.h"

struct request;
struct err;
struct arena;

/* Decode and check a raw request path. ERR_INPUT if it could be read two ways. */
must_check bool path_normalise(const char *raw, struct arena *, const char **path_r, struct err *);
/* Set rq->route, face, path params. ERR_NOT_FOUND, or ERR_METHOD with the allowed methods (and an Allow header). */
must_check bool router_find(const struct route *routes, struct request *);
/* Walk every address of the table, twins included: for OpenAPI and the authorization matrix test. */
void router_each(const struct route *routes,
                 void (*each)(void *arg, const struct route *, enum method, const char *path, enum face), void *arg);

#endif
