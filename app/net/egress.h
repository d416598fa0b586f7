/* SPDX-License-Identifier: MIT */
#ifndef NET_EGRESS_H
#define NET_EGRESS_H
/* egress: which addresses an outgoing connection may reach (threat control C20, C21). Decided on the socket address after name
 * resolution, on every new connection and again on every reuse. Link-local, metadata, multicast, unspecified and documentation
 * addresses are never allowed; private and loopback ones only where the rule opens them. IPv4 inside IPv6 forms is judged as
 * IPv4. Shared address space (100.64/10) and benchmarking nets (198.18/15, the fake addresses of some proxies) count as
 * private, but not in EGRESS_LOCAL_ONLY: what answers there may be anywhere. */
#include <sys/socket.h>

#include "base/base.h"

enum egress_reach {
    EGRESS_PUBLIC,       /* public addresses only */
    EGRESS_PRIVATE,      /* also loopback, RFC 1918, unique local: for local model runtimes, and for cloud providers only by setting */
    EGRESS_LOCAL_ONLY,   /* private and loopback, nothing public: sovereign mode's second lock */
};
struct egress {
    enum egress_reach reach;
};

/* Whether the rule allows ${address}; if not, ${why_r} is a constant such as "link-local". */
bool egress_allows(const struct egress *, const struct sockaddr *address, const char **why_r);
/* The same for an address in text ("10.0.0.1", "::1"); a text that is none is refused. */
bool egress_allows_text(const struct egress *, const char *address, const char **why_r);

enum { EGRESS_URL_MAX = 2048 };     /* bytes */
/* Check a base URL as typed: http or https, a host, no user info, no fragment; a literal address must be allowed by the rule.
 * ERR_INPUT (field "base_url", catalogue keys error.url, .url_scheme, .url_user, .url_fragment, .url_host, .url_address) says
 * which. */
struct err;
must_check bool egress_check_url(const struct egress *, const char *url, struct err *);

#endif
