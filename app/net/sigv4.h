/* SPDX-License-Identifier: MIT */
#ifndef NET_SIGV4_H
#define NET_SIGV4_H
/* sigv4: AWS Signature Version 4 of a request whose body is known (docs.aws.amazon.com, "Create a signed AWS API request"). Ours and not libcurl's:
 * libcurl 7.88 signs the path as it is sent, and every service but S3 signs it percent-encoded once more, so that ids with a colon, which is nearly
 * all of Bedrock's, are refused; later versions encode it, so no address would be right for both. */
#include "net/http.h"

struct secret;

struct sigv4 {
    const char *region, *service, *key_id;
    const struct secret *secret;
    int64_t now;                         /* wall µs */
};

/* The headers to be added to ${request}, whose method, URL (without a query) and body are final; Content-Type, if it has one, is signed too.
 * Values live in ${arena}; the secret and what is derived from it does not. */
enum { SIGV4_HEADERS = 2 };
void sigv4_sign(const struct sigv4 *, const struct http_request *request, struct arena *arena, struct http_header headers_r[SIGV4_HEADERS]);

#endif
