/* SPDX-License-Identifier: MIT */
/* http_tls_test: certificates that are good, expired, of another name and of nobody we trust, made here, shown by openssl s_server. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/loop.h"
#include "net/http.h"
#include "web_server.h"

#include <cmocka.h>

enum { DAY = 24 * 3600 };

struct identity {
    EVP_PKEY *key;
    X509 *cert;
};

static char folder[] = "/tmp/moongate_tls_XXXXXX";

static const char *file(const char *name)
{
    static char paths[8][128];
    static int next;
    next = (next + 1) % 8;
    snprintf(paths[next], sizeof(paths[next]), "%s/%s", folder, name);
    return paths[next];
}

static void add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(cert, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* Signed by ${issuer}, or by itself. Valid from ${from} until ${to} seconds from now. */
static struct identity make(const struct identity *issuer, const char *name, const char *names, long from, long to)
{
    static long serial = 1;
    struct identity made = {EVP_EC_gen("P-256"), X509_new()};
    assert_non_null(made.key);
    assert_non_null(made.cert);
    const struct identity *by = issuer ? issuer : &made;
    X509_set_version(made.cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.cert), serial++);
    X509_gmtime_adj(X509_getm_notBefore(made.cert), from);
    X509_gmtime_adj(X509_getm_notAfter(made.cert), to);
    X509_set_pubkey(made.cert, made.key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made.cert), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(made.cert, X509_get_subject_name(by->cert));
    add_extension(made.cert, by->cert, NID_basic_constraints, names ? "CA:FALSE" : "critical,CA:TRUE");
    if (names)
        add_extension(made.cert, by->cert, NID_subject_alt_name, names);
    assert_int_not_equal(X509_sign(made.cert, by->key, EVP_sha256()), 0);
    return made;
}

static void save(const struct identity *made, const char *name)
{
    FILE *f = fopen(file(name), "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_PrivateKey(f, made->key, NULL, NULL, 0, NULL, NULL), 1);
    assert_int_equal(PEM_write_X509(f, made->cert), 1);
    fclose(f);
}

static void drop(struct identity *made)
{
    EVP_PKEY_free(made->key);
    X509_free(made->cert);
}

/* ---- the server ---- */

static bool answers(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return good;
}

static pid_t serve(const char *identity, const char *extra, int *port_r)
{
    char accept_at[32];
    close(web_listen(port_r));
    snprintf(accept_at, sizeof(accept_at), "127.0.0.1:%d", *port_r);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!freopen("/dev/null", "r", stdin) || !freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(1);
        execlp("openssl", "openssl", "s_server", "-quiet", "-www", "-accept", accept_at, "-cert", identity, "-key", identity, extra, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 10000 && !answers(*port_r); i += 10)
        web_wait(10);
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static const struct egress rule = {EGRESS_PRIVATE};

static bool get(struct arena *a, int port, const char *host, const char *ca_file, struct http_result *result, struct err *err)
{
    struct bytes body;
    struct http_request r = {.method = "GET", .url = arena_printf(a, "https://%s:%d/", host, port), .egress = &rule, .pool = "a",
                             .ca_file = ca_file, .connect_ms = 20000, .total_ms = 30000};
    return http_ask(a, &r, result, &body, err);
}

static void test_certificates(void **state)
{
    (void)state;
    static const struct {
        const char *identity, *host, *ca_file, *detail;     /* detail NULL = good */
    } cases[] = {
        {"good", "localhost", "ca", NULL},
        {"good", "127.0.0.1", "ca", NULL},
        {"good", "localhost", "other_ca", "unable to get local issuer certificate"},
        {"good", "localhost", NULL, "unable to get local issuer certificate"},
        {"good", "localhost", "missing", "error setting certificate"},
        {"expired", "localhost", "ca", "certificate has expired"},
        {"future", "localhost", "ca", "certificate is not yet valid"},
        {"wrong_name", "localhost", "ca", "no alternative certificate subject name matches"},
        {"self_signed", "localhost", NULL, "self-signed certificate"},
        {"self_signed", "localhost", "ca", "self-signed certificate"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena *a = arena_new();
        struct http_result result;
        struct err err = {0};
        int port;
        pid_t pid = serve(file(cases[i].identity), NULL, &port);
        bool good = get(a, port, cases[i].host, cases[i].ca_file ? file(cases[i].ca_file) : NULL, &result, &err);
        end(pid);
        if (good != (cases[i].detail == NULL) || result.end != (good ? HTTP_DONE : HTTP_TLS) || (!good && !strstr(result.detail, cases[i].detail)))
            fail_msg("%s at %s, trusting %s: %s (%s)", cases[i].identity, cases[i].host, cases[i].ca_file ? cases[i].ca_file : "the system",
                     http_end_name(result.end), result.detail);
        if (!good) {
            assert_int_equal(err.kind, ERR_UPSTREAM_DOWN);
            assert_non_null(strstr(err.text, cases[i].detail));
            assert_int_equal(result.tries, 0);              /* nothing was sent to whoever that was */
        } else {
            assert_int_equal(result.status, 200);
            assert_true(result.tls_us > 0);
        }
        arena_free(a);
    }
}

static void test_old_protocol(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct http_result result;
    struct err err = {0};
    int port;
    pid_t pid = serve(file("good"), "-tls1_1", &port);
    assert_false(get(a, port, "localhost", file("ca"), &result, &err));
    end(pid);
    assert_int_equal(result.end, HTTP_TLS);
    arena_free(a);
}

/* TLS is spoken to a server that speaks plain HTTP. */
static void test_no_tls(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct web_server *server = web_server_new();
    struct http_result result;
    struct err err = {0};
    assert_false(get(a, server->port, "localhost", NULL, &result, &err));
    assert_int_equal(result.end, HTTP_TLS);
    assert_non_null(strstr(result.detail, "wrong version number"));
    web_server_free(server);
    arena_free(a);
}

/* A handle that has trusted one CA for a call trusts the system again for the next, and does not use the first one's connection. */
static struct http_result last;

static bool on_body(void *arg, struct bytes piece)
{
    (void)arg;
    (void)piece;
    return true;
}

static void on_done(void *arg, const struct http_result *result)
{
    (void)arg;
    last = *result;
}

static enum http_end send_with(struct http *http, struct loop *loop, const char *url, const char *ca_file)
{
    struct http_request r = {.method = "GET", .url = url, .egress = &rule, .pool = "a", .ca_file = ca_file, .connect_ms = 20000};
    http_send(http, &r, &(struct http_events){.body = on_body, .done = on_done}, NULL);
    loop_run(loop);
    return last.end;
}

static void test_trust_changes(void **state)
{
    (void)state;
    int port;
    pid_t pid = serve(file("good"), NULL, &port);
    struct loop *loop = loop_new();
    struct http *http = http_new(loop);
    char url[64], ca[128];
    snprintf(url, sizeof(url), "https://localhost:%d/", port);
    snprintf(ca, sizeof(ca), "%s", file("ca"));
    loop_stop(loop);
    assert_int_equal(send_with(http, loop, url, ca), HTTP_DONE);
    assert_int_equal(send_with(http, loop, url, NULL), HTTP_TLS);
    assert_int_equal(send_with(http, loop, url, ca), HTTP_DONE);
    assert_int_equal(send_with(http, loop, url, file("other_ca")), HTTP_TLS);
    http_free(http);
    loop_free(loop);
    end(pid);
}

/* ---- set up ---- */

static void save_root(const struct identity *root, const char *name)
{
    FILE *f = fopen(file(name), "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_X509(f, root->cert), 1);
    fclose(f);
}

static int open_all(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    struct identity ca = make(NULL, "Test CA", NULL, -DAY, DAY), other = make(NULL, "Other CA", NULL, -DAY, DAY);
    struct identity good = make(&ca, "good", "DNS:localhost,IP:127.0.0.1", -DAY, DAY);
    struct identity expired = make(&ca, "expired", "DNS:localhost", -2 * DAY, -DAY);
    struct identity future = make(&ca, "future", "DNS:localhost", DAY, 2 * DAY);
    struct identity wrong = make(&ca, "localhost", "DNS:other.test", -DAY, DAY);
    struct identity self = make(NULL, "localhost", "DNS:localhost", -DAY, DAY);
    struct identity *all[] = {&ca, &other, &good, &expired, &future, &wrong, &self};
    save_root(&ca, "ca");
    save_root(&other, "other_ca");
    save(&good, "good");
    save(&expired, "expired");
    save(&future, "future");
    save(&wrong, "wrong_name");
    save(&self, "self_signed");
    for (size_t i = 0; i < COUNT(all); i++)
        drop(all[i]);
    http_global_open();
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    static const char *const names[] = {"ca", "other_ca", "good", "expired", "future", "wrong_name", "self_signed"};
    for (size_t i = 0; i < COUNT(names); i++)
        unlink(file(names[i]));
    rmdir(folder);
    http_global_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_certificates), cmocka_unit_test(test_old_protocol), cmocka_unit_test(test_no_tls),
        cmocka_unit_test(test_trust_changes),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
