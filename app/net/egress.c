/* SPDX-License-Identifier: MIT */
/* egress: two tables of networks (IANA special-purpose registries and the metadata services of clouds), read from the top,
 * first match wins, so that exceptions stand above what they are excepted from. What no line names is never reachable in IPv6
 * and public in IPv4. */
#include "net/egress.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"

enum kind {
    PUBLIC,
    PRIVATE,        /* ours: opened by EGRESS_PRIVATE and EGRESS_LOCAL_ONLY */
    SHARED,         /* not public, but perhaps not ours either: opened by EGRESS_PRIVATE only */
    NEVER,
    INSIDE,         /* the IPv4 address in the last 32 bits decides */
    SIX_TO_FOUR,    /* the one after the first 16 bits */
    TEREDO,         /* two of them, the second with its bits turned over */
};

struct network {
    uint8_t p[16];
    int bits;
    enum kind kind;
    const char *why;
};

static const struct network v4[] = {
    {{169, 254}, 16, NEVER, "link-local or metadata"},
    {{100, 100, 100, 200}, 32, NEVER, "metadata"},
    {{168, 63, 129, 16}, 32, NEVER, "metadata"},
    {{0}, 8, NEVER, "unspecified"},
    {{10}, 8, PRIVATE, "private"},
    {{127}, 8, PRIVATE, "loopback"},
    {{172, 16}, 12, PRIVATE, "private"},
    {{192, 168}, 16, PRIVATE, "private"},
    {{100, 64}, 10, SHARED, "shared address space"},
    {{198, 18}, 15, SHARED, "benchmarking"},
    {{192, 0, 0}, 24, NEVER, "protocol assignments"},
    {{192, 0, 2}, 24, NEVER, "documentation"},
    {{198, 51, 100}, 24, NEVER, "documentation"},
    {{203, 0, 113}, 24, NEVER, "documentation"},
    {{192, 88, 99}, 24, NEVER, "6to4 relay"},
    {{224}, 4, NEVER, "multicast"},
    {{240}, 4, NEVER, "reserved"},
};

static const struct network v6[] = {
    {{0}, 128, NEVER, "unspecified"},
    {{[15] = 1}, 128, PRIVATE, "loopback"},
    {{[10] = 0xff, 0xff}, 96, INSIDE, NULL},                           /* ::ffff:0:0/96, IPv4-mapped */
    {{[8] = 0xff, 0xff}, 96, INSIDE, NULL},                            /* ::ffff:0:0:0/96, IPv4-translated */
    {{0}, 96, INSIDE, NULL},                                           /* ::/96, IPv4-compatible */
    {{0, 0x64, 0xff, 0x9b}, 96, INSIDE, NULL},                         /* 64:ff9b::/96, NAT64 */
    {{0, 0x64, 0xff, 0x9b, 0, 1}, 96, INSIDE, NULL},                   /* 64:ff9b:1::/96, the usual form of local NAT64 */
    {{0, 0x64, 0xff, 0x9b, 0, 1}, 48, NEVER, "local NAT64"},           /* other forms hide the address elsewhere */
    {{0x20, 0x02}, 16, SIX_TO_FOUR, NULL},                              /* 2002::/16, 6to4 */
    {{0x20, 0x01}, 32, TEREDO, NULL},                                  /* 2001::/32 */
    {{0xfd, 0, 0x0e, 0xc2}, 64, NEVER, "metadata"},                    /* fd00:ec2::254 and its neighbours (Amazon) */
    {{0xfd, 0x20, 0, 0xce, [14] = 0x02, 0x54}, 128, NEVER, "metadata"},/* fd20:ce::254 (Google) */
    {{0xfc}, 7, PRIVATE, "unique local"},
    {{0xfe, 0x80}, 10, NEVER, "link-local or metadata"},
    {{0xff}, 8, NEVER, "multicast"},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, NEVER, "documentation"},
    {{0x3f, 0xff}, 20, NEVER, "documentation"},
    {{0x20, 0x01, 0, 2}, 48, SHARED, "benchmarking"},
    {{0x20, 0x01, 0, 0x10}, 28, NEVER, "overlay identifier"},
    {{0x20, 0x01, 0, 0x20}, 28, NEVER, "overlay identifier"},
    {{0x20}, 3, PUBLIC, NULL},                                         /* 2000::/3, global unicast */
    {{0}, 0, NEVER, "not a global address"},
};

static bool in_network(const struct network *net, const uint8_t *address)
{
    int whole = net->bits / 8, rest = net->bits % 8;
    if (memcmp(net->p, address, (size_t)whole) != 0)
        return false;
    return rest == 0 || ((net->p[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

static const struct network *find(const struct network *nets, size_t n, const uint8_t *address)
{
    for (size_t i = 0; i < n; i++)
        if (in_network(&nets[i], address))
            return &nets[i];
    return NULL;
}

static bool judge(enum egress_reach reach, enum kind kind)
{
    switch (reach) {
    case EGRESS_PUBLIC:
        return kind == PUBLIC;
    case EGRESS_PRIVATE:
        return kind == PUBLIC || kind == PRIVATE || kind == SHARED;
    case EGRESS_LOCAL_ONLY:
        return kind == PRIVATE;
    }
    return false;
}

static bool allows_kind(const struct egress *e, enum kind kind, const char *why, const char **why_r)
{
    bool allowed = judge(e->reach, kind);
    *why_r = allowed ? NULL : why ? why : "public";
    return allowed;
}

static bool allows_v4(const struct egress *e, const uint8_t address[4], const char **why_r)
{
    const struct network *net = find(v4, COUNT(v4), address);
    return net ? allows_kind(e, net->kind, net->why, why_r) : allows_kind(e, PUBLIC, NULL, why_r);
}

/* A Teredo address names its server and, turned over, its client: both must be allowed. */
static bool allows_teredo(const struct egress *e, const uint8_t address[16], const char **why_r)
{
    uint8_t client[4];
    for (int i = 0; i < 4; i++)
        client[i] = (uint8_t)~address[12 + i];
    return allows_v4(e, address + 4, why_r) && allows_v4(e, client, why_r);
}

static bool allows_v6(const struct egress *e, const uint8_t address[16], const char **why_r)
{
    const struct network *net = find(v6, COUNT(v6), address);
    if (net->kind == INSIDE)
        return allows_v4(e, address + 12, why_r);
    if (net->kind == SIX_TO_FOUR)
        return allows_v4(e, address + 2, why_r);
    if (net->kind == TEREDO)
        return allows_teredo(e, address, why_r);
    return allows_kind(e, net->kind, net->why, why_r);
}

bool egress_allows(const struct egress *e, const struct sockaddr *address, const char **why_r)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return allows_v4(e, (const uint8_t *)&in.sin_addr, why_r);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return allows_v6(e, in6.sin6_addr.s6_addr, why_r);
    }
    *why_r = "not an internet address";
    return false;
}

bool egress_allows_text(const struct egress *e, const char *address, const char **why_r)
{
    uint8_t in[16];
    if (inet_pton(AF_INET, address, in) == 1)
        return allows_v4(e, in, why_r);
    if (inet_pton(AF_INET6, address, in) == 1)
        return allows_v6(e, in, why_r);
    *why_r = "not an internet address";
    return false;
}

/* One part of the URL, "" if it has none; freed by curl_free. */
static char *part(CURLU *url, CURLUPart what)
{
    char *text = NULL;
    return curl_url_get(url, what, &text, 0) == CURLUE_OK ? text : NULL;
}

static bool has(CURLU *url, CURLUPart what)
{
    char *text = part(url, what);
    curl_free(text);
    return text != NULL;
}

/* libcurl has turned 0x7f.1, 017700000001 and the like into dotted decimals already, as it will when it connects. */
static bool check_host(const struct egress *e, CURLU *url, const char *text, struct err *err)
{
    char *host = part(url, CURLUPART_HOST);
    if (!host || !*host || has(url, CURLUPART_ZONEID)) {
        curl_free(host);
        return fail_field_as(err, "error.url_host", "base_url", text, "http://host:8000/path, https://host/path");
    }
    size_t n = strlen(host);
    const char *literal = host;
    if (host[0] == '[' && host[n - 1] == ']') {
        host[n - 1] = '\0';
        literal++;
    }
    uint8_t in[16];
    const char *why = NULL;
    bool is_literal = inet_pton(AF_INET, literal, in) == 1 || inet_pton(AF_INET6, literal, in) == 1;
    bool allowed = !is_literal || egress_allows_text(e, literal, &why);
    curl_free(host);
    return allowed || fail_field_as(err, "error.url_address", "base_url", text, why);
}

static bool check_parts(const struct egress *e, CURLU *url, const char *text, struct err *err)
{
    char *scheme = part(url, CURLUPART_SCHEME);
    bool web = scheme && (strcasecmp(scheme, "http") == 0 || strcasecmp(scheme, "https") == 0);
    curl_free(scheme);
    if (!web)
        return fail_field_as(err, "error.url_scheme", "base_url", text, "http://, https://");
    if (has(url, CURLUPART_USER) || has(url, CURLUPART_PASSWORD) || has(url, CURLUPART_OPTIONS))
        return fail_field_as(err, "error.url_user", "base_url", "", "https://host/path");      /* the value holds a secret */
    if (has(url, CURLUPART_FRAGMENT))
        return fail_field_as(err, "error.url_fragment", "base_url", text, "https://host/path");
    return check_host(e, url, text, err);
}

bool egress_check_url(const struct egress *e, const char *text, struct err *err)
{
    if (strlen(text) > EGRESS_URL_MAX)
        return fail_field_as(err, "error.url", "base_url", text, "http://host:8000/path, https://host/path");
    CURLU *url = curl_url();
    /* Unknown schemes are let through the parser so that they can be refused with their own message. */
    CURLUcode code = url ? curl_url_set(url, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) : CURLUE_OUT_OF_MEMORY;
    bool good = code == CURLUE_OK ? check_parts(e, url, text, err)
                                  : fail_field_as(err, "error.url", "base_url", strchr(text, '@') ? "" : text,
                                                  "http://host:8000/path, https://host/path");
    curl_url_cleanup(url);
    return good;
}
