/* SPDX-License-Identifier: MIT */
/* http: why a call ended, from libcurl's codes and the system's. */
#include <errno.h>
#include <string.h>

#include "net/http_private.h"

static const char *const names[HTTP_ENDS] = {
    [HTTP_DONE] = "done",
    [HTTP_NOT_RESOLVED] = "not_resolved",
    [HTTP_REFUSED] = "refused",
    [HTTP_UNREACHABLE] = "unreachable",
    [HTTP_TLS] = "tls",
    [HTTP_CONNECT_TIMEOUT] = "connect_timeout",
    [HTTP_FIRST_BYTE_TIMEOUT] = "first_byte_timeout",
    [HTTP_IDLE_TIMEOUT] = "idle_timeout",
    [HTTP_TOTAL_TIMEOUT] = "total_timeout",
    [HTTP_CUT] = "cut",
    [HTTP_PROTOCOL] = "protocol",
    [HTTP_TOO_LARGE] = "too_large",
    [HTTP_EGRESS] = "egress",
    [HTTP_CANCELLED] = "cancelled",
    [HTTP_OTHER] = "other",
};

static const struct {
    CURLcode code;
    enum http_end end;
} ends[] = {
    {CURLE_OK, HTTP_DONE},
    {CURLE_COULDNT_RESOLVE_HOST, HTTP_NOT_RESOLVED},
    {CURLE_COULDNT_RESOLVE_PROXY, HTTP_NOT_RESOLVED},
    {CURLE_OPERATION_TIMEDOUT, HTTP_CONNECT_TIMEOUT},      /* the only time limit that libcurl is told */
    {CURLE_GOT_NOTHING, HTTP_CUT},
    {CURLE_RECV_ERROR, HTTP_CUT},
    {CURLE_SEND_ERROR, HTTP_CUT},
    {CURLE_PARTIAL_FILE, HTTP_CUT},
    {CURLE_HTTP2_STREAM, HTTP_CUT},
    {CURLE_HTTP2, HTTP_PROTOCOL},
    {CURLE_WEIRD_SERVER_REPLY, HTTP_PROTOCOL},
    {CURLE_BAD_CONTENT_ENCODING, HTTP_PROTOCOL},
    {CURLE_FILESIZE_EXCEEDED, HTTP_TOO_LARGE},
    {CURLE_SSL_CONNECT_ERROR, HTTP_TLS},
    {CURLE_PEER_FAILED_VERIFICATION, HTTP_TLS},
    {CURLE_SSL_CERTPROBLEM, HTTP_TLS},
    {CURLE_SSL_CIPHER, HTTP_TLS},
    {CURLE_SSL_CACERT_BADFILE, HTTP_TLS},
    {CURLE_SSL_CRL_BADFILE, HTTP_TLS},
    {CURLE_SSL_ISSUER_ERROR, HTTP_TLS},
    {CURLE_SSL_PINNEDPUBKEYNOTMATCH, HTTP_TLS},
    {CURLE_SSL_INVALIDCERTSTATUS, HTTP_TLS},
    {CURLE_SSL_CLIENTCERT, HTTP_TLS},
    {CURLE_SSL_ENGINE_NOTFOUND, HTTP_TLS},
    {CURLE_SSL_ENGINE_SETFAILED, HTTP_TLS},
    {CURLE_SSL_ENGINE_INITFAILED, HTTP_TLS},
    {CURLE_USE_SSL_FAILED, HTTP_TLS},
};

const char *http_end_name(enum http_end end)
{
    return (size_t)end < HTTP_ENDS ? names[end] : names[HTTP_OTHER];
}

static enum http_end end_of_connect(long os_errno)
{
    switch (os_errno) {
    case ECONNREFUSED:
        return HTTP_REFUSED;
    case ETIMEDOUT:
        return HTTP_CONNECT_TIMEOUT;
    default:
        return HTTP_UNREACHABLE;
    }
}

enum http_end end_of(CURLcode code, long os_errno, bool sent, const char *error)
{
    if (code == CURLE_COULDNT_CONNECT)
        return end_of_connect(os_errno);
    /* libcurl has one code for a lost connection and for nonsense where the length of a chunk should be. */
    if (code == CURLE_RECV_ERROR && strstr(error, "chunk"))
        return HTTP_PROTOCOL;
    /* And one for schemes that are not spoken and for answers that are not HTTP. */
    if (code == CURLE_UNSUPPORTED_PROTOCOL)
        return sent ? HTTP_PROTOCOL : HTTP_EGRESS;
    /* A header line of more than 100 KiB does not fit what libcurl sets aside for it; memory itself ends the process. */
    if (code == CURLE_OUT_OF_MEMORY)
        return sent ? HTTP_TOO_LARGE : HTTP_OTHER;
    for (size_t i = 0; i < COUNT(ends); i++)
        if (ends[i].code == code)
            return ends[i].end;
    return HTTP_OTHER;
}
