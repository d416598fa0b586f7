/* SPDX-License-Identifier: MIT */
#ifndef NET_TC3_H
#define NET_TC3_H
/* tc3: Tencent Cloud's signature v3 (TC3-HMAC-SHA256, cloud.tencent.com/document/api/1729/101842) of a POST to / whose body is known. */
#include "net/http.h"

struct secret;

struct tc3 {
    const char *service;                 /* "hunyuan": the first part of the host's name */
    const char *action, *version;
    const char *region;                  /* "" = the action needs none */
    const char *key_id;
    const struct secret *secret;
    int64_t now;                         /* wall µs */
};

/* The headers to be added to ${request}, whose URL and body are final; it must have Content-Type application/json and no other. Values live in
 * ${arena}; the secret and what is derived from it does not. Returns how many there are. */
enum { TC3_HEADERS = 5 };
size_t tc3_sign(const struct tc3 *, const struct http_request *request, struct arena *arena, struct http_header headers_r[TC3_HEADERS]);

#endif
