/* SPDX-License-Identifier: MIT */
/* http_end_test: libcurl's codes and the system's become reasons. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include "net/http_private.h"

#include <cmocka.h>

static const struct {
    CURLcode code;
    long os_errno;
    bool sent;
    const char *error;
    enum http_end end;
} cases[] = {
    {CURLE_OK, 0, true, "", HTTP_DONE},
    {CURLE_COULDNT_RESOLVE_HOST, 0, false, "", HTTP_NOT_RESOLVED},
    {CURLE_COULDNT_CONNECT, ECONNREFUSED, false, "", HTTP_REFUSED},
    {CURLE_COULDNT_CONNECT, ETIMEDOUT, false, "", HTTP_CONNECT_TIMEOUT},
    {CURLE_COULDNT_CONNECT, ENETUNREACH, false, "", HTTP_UNREACHABLE},
    {CURLE_COULDNT_CONNECT, EHOSTUNREACH, false, "", HTTP_UNREACHABLE},
    {CURLE_COULDNT_CONNECT, 0, false, "", HTTP_UNREACHABLE},
    {CURLE_OPERATION_TIMEDOUT, 0, false, "", HTTP_CONNECT_TIMEOUT},
    {CURLE_PEER_FAILED_VERIFICATION, 0, false, "", HTTP_TLS},
    {CURLE_SSL_CONNECT_ERROR, 0, false, "", HTTP_TLS},
    {CURLE_SSL_CACERT_BADFILE, 0, false, "", HTTP_TLS},
    {CURLE_GOT_NOTHING, 0, true, "Empty reply from server", HTTP_CUT},
    {CURLE_PARTIAL_FILE, 0, true, "", HTTP_CUT},
    {CURLE_SEND_ERROR, 0, true, "", HTTP_CUT},
    {CURLE_RECV_ERROR, 0, true, "Recv failure: Connection reset by peer", HTTP_CUT},
    {CURLE_RECV_ERROR, 0, true, "Illegal or missing hexadecimal sequence in chunked-encoding", HTTP_PROTOCOL},
    {CURLE_HTTP2_STREAM, 0, true, "", HTTP_CUT},
    {CURLE_HTTP2, 0, true, "", HTTP_PROTOCOL},
    {CURLE_WEIRD_SERVER_REPLY, 0, true, "", HTTP_PROTOCOL},
    {CURLE_UNSUPPORTED_PROTOCOL, 0, true, "Received HTTP/0.9 when not allowed", HTTP_PROTOCOL},
    {CURLE_UNSUPPORTED_PROTOCOL, 0, false, "Protocol \"file\" not supported or disabled in libcurl", HTTP_EGRESS},
    {CURLE_OUT_OF_MEMORY, 0, true, "", HTTP_TOO_LARGE},
    {CURLE_OUT_OF_MEMORY, 0, false, "", HTTP_OTHER},
    {CURLE_URL_MALFORMAT, 0, false, "", HTTP_OTHER},
    {CURLE_FTP_PORT_FAILED, 0, false, "", HTTP_OTHER},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (end_of(cases[i].code, cases[i].os_errno, cases[i].sent, cases[i].error) != cases[i].end)
            fail_msg("case %zu (%s)", i, curl_easy_strerror(cases[i].code));
}

/* Every code libcurl has is some end, and only one of them is HTTP_DONE. */
static void test_every_code(void **state)
{
    (void)state;
    for (int code = 1; code < CURL_LAST; code++) {
        assert_int_not_equal(end_of((CURLcode)code, 0, true, ""), HTTP_DONE);
        assert_int_not_equal(end_of((CURLcode)code, 0, false, ""), HTTP_DONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_every_code)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
