/* SPDX-License-Identifier: MIT */
/* egress_url_fuzz: no text makes the URL check crash, leak or let a literal address through that the rule refuses. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "net/egress.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* What was let through has a host that is a name, or an address the rule allows. */
static void must_be_allowed(const struct egress *e, const char *text)
{
    CURLU *url = curl_url();
    char *host = NULL;
    const char *why;
    uint8_t in[4];
    if (curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK || curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        abort();
    if (inet_pton(AF_INET, host, in) == 1 && !egress_allows_text(e, host, &why))
        abort();
    curl_free(host);
    curl_url_cleanup(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    if (n == 0 || n > 4096)
        return 0;
    struct egress e = {(enum egress_reach)(p[0] % 3)};
    char *text = malloc(n);
    if (!text)
        abort();
    memcpy(text, p + 1, n - 1);
    text[n - 1] = '\0';
    struct err err = {0};
    if (egress_check_url(&e, text, &err))
        must_be_allowed(&e, text);
    else if (err.kind != ERR_INPUT)
        abort();
    free(text);
    return 0;
}
