/* SPDX-License-Identifier: MIT */
/* egress_test: every range of the table at its edges, in every form an address can hide in, under every rule. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <time.h>

#include "base/err.h"
#include "net/egress.h"

#include <cmocka.h>

enum { P = 1, L = 2, V = 4 };       /* allowed for EGRESS_PUBLIC, EGRESS_LOCAL_ONLY, EGRESS_PRIVATE */

static const struct {
    const char *address;
    int allowed;
} addresses[] = {
    {"8.8.8.8", P | V}, {"1.1.1.1", P | V}, {"223.5.5.5", P | V}, {"9.255.255.255", P | V}, {"11.0.0.0", P | V},
    {"0.0.0.0", 0}, {"0.255.255.255", 0}, {"1.0.0.0", P | V},
    {"10.0.0.0", L | V}, {"10.255.255.255", L | V},
    {"100.63.255.255", P | V}, {"100.64.0.0", V}, {"100.127.255.255", V}, {"100.128.0.0", P | V}, {"100.100.100.200", 0},
    {"126.255.255.255", P | V}, {"127.0.0.1", L | V}, {"127.1.2.3", L | V}, {"127.255.255.255", L | V}, {"128.0.0.0", P | V},
    {"169.253.255.255", P | V}, {"169.254.0.0", 0}, {"169.254.169.254", 0}, {"169.254.255.255", 0}, {"169.255.0.0", P | V},
    {"172.15.255.255", P | V}, {"172.16.0.0", L | V}, {"172.31.255.255", L | V}, {"172.32.0.0", P | V},
    {"191.255.255.255", P | V}, {"192.0.0.0", 0}, {"192.0.0.192", 0}, {"192.0.1.0", P | V}, {"192.0.2.1", 0}, {"192.0.3.0", P | V},
    {"192.88.99.1", 0}, {"192.167.255.255", P | V}, {"192.168.0.0", L | V}, {"192.168.255.255", L | V}, {"192.169.0.0", P | V},
    {"198.17.255.255", P | V}, {"198.18.0.0", V}, {"198.19.255.255", V}, {"198.20.0.0", P | V}, {"198.51.100.7", 0},
    {"203.0.112.255", P | V}, {"203.0.113.0", 0}, {"203.0.114.0", P | V}, {"168.63.129.16", 0}, {"168.63.129.17", P | V},
    {"223.255.255.255", P | V}, {"224.0.0.1", 0}, {"239.255.255.255", 0}, {"240.0.0.0", 0}, {"255.255.255.255", 0},

    {"2606:4700::1111", P | V}, {"2400:3200::1", P | V}, {"2000::", P | V},
    {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", P | V}, {"3fff::1", 0}, {"3fff:fff:ffff::1", 0}, {"3fff:1000::1", P | V},
    {"::", 0}, {"::1", L | V}, {"::2", 0},
    {"fc00::1", L | V}, {"fdff:ffff::1", L | V}, {"fd00:ec2::254", 0}, {"fd00:ec2::23", 0}, {"fd00:ec2:0:1::1", L | V}, {"fd20:ce::254", 0},
    {"fe80::1", 0}, {"febf::1", 0}, {"fec0::1", 0}, {"ff02::1", 0}, {"2001:db8::1", 0}, {"2001:db8:ffff::1", 0}, {"2001:db9::1", P | V},
    {"2001:2::1", V}, {"2001:10::1", 0}, {"2001:2f::1", 0}, {"2001:30::1", P | V}, {"100::1", 0}, {"5f00::1", 0}, {"4000::1", 0},
    /* mapped, translated, compatible */
    {"::ffff:8.8.8.8", P | V}, {"::ffff:127.0.0.1", L | V}, {"::ffff:169.254.169.254", 0}, {"::ffff:10.1.2.3", L | V},
    {"::ffff:0:192.168.1.1", L | V}, {"::ffff:0:169.254.1.1", 0}, {"::127.0.0.1", L | V}, {"::169.254.169.254", 0},
    {"::ffff:100.100.100.200", 0}, {"::ffff:0.0.0.0", 0},
    /* NAT64 */
    {"64:ff9b::8.8.8.8", P | V}, {"64:ff9b::10.0.0.1", L | V}, {"64:ff9b::169.254.169.254", 0}, {"64:ff9b::168.63.129.16", 0},
    {"64:ff9b:1::8.8.8.8", P | V}, {"64:ff9b:1::127.0.0.1", L | V}, {"64:ff9b:1::169.254.169.254", 0}, {"64:ff9b:1:a9fe:a9:fe00::", 0},
    {"64:ff9b:1:0:a9:fea9:fe00::", 0}, {"64:ff9b:2::1", 0},
    /* 6to4 and Teredo (192.0.2.1 and the like inside, client bits turned over) */
    {"2002:808:808::1", P | V}, {"2002:7f00:1::1", L | V}, {"2002:a9fe:a9fe::1", 0}, {"2002:a00:1:ffff::1", L | V},
    {"2001:0:808:808::f7f7:f7f7", P | V}, {"2001:0:808:808::80ff:fffe", V}, {"2001:0:a9fe:a9fe::f7f7:f7f7", 0},
    {"2001:0:808:808::5601:5601", 0}, {"2001:0:7f00:1::80ff:fffe", L | V},
};

static const enum egress_reach reaches[] = {EGRESS_PUBLIC, EGRESS_LOCAL_ONLY, EGRESS_PRIVATE};

static bool read_address(const char *text, struct sockaddr_storage *address_r)
{
    struct sockaddr_in *in = (struct sockaddr_in *)address_r;
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)address_r;
    memset(address_r, 0, sizeof(*address_r));
    address_r->ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
    return address_r->ss_family == AF_INET ? inet_pton(AF_INET, text, &in->sin_addr) == 1
                                           : inet_pton(AF_INET6, text, &in6->sin6_addr) == 1;
}

static bool allows(enum egress_reach reach, const char *text)
{
    struct sockaddr_storage address;
    const char *why = NULL, *why_text = NULL;
    assert_true(read_address(text, &address));
    bool allowed = egress_allows(&(struct egress){reach}, (const struct sockaddr *)&address, &why);
    assert_int_equal(allowed, egress_allows_text(&(struct egress){reach}, text, &why_text));
    assert_true(allowed == (why == NULL));
    assert_ptr_equal(why, why_text);
    return allowed;
}

static void test_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(addresses); i++)
        for (int r = 0; r < 3; r++) {
            bool wanted = addresses[i].allowed & (1 << r);
            if (allows(reaches[r], addresses[i].address) != wanted)
                fail_msg("%s under rule %d: wanted %d", addresses[i].address, r, wanted);
        }
}

/* Whatever IPv4 address: its mapped, NAT64 and 6to4 forms are judged as it is; and nothing is allowed by LOCAL_ONLY and PUBLIC at once. */
static void test_forms(void **state)
{
    (void)state;
    const char *seed_text = getenv("MOONGATE_SEED");
    unsigned seed = seed_text ? (unsigned)strtoul(seed_text, NULL, 10) : (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    for (int i = 0; i < 2000; i++) {
        uint8_t a[4];
        char v4[16], form[64];
        for (int k = 0; k < 4; k++)
            a[k] = (uint8_t)(rand_r(&seed) >> 7);
        if (i % 4 == 0)
            a[0] = (const uint8_t[]){10, 127, 169, 172, 192, 198, 100, 0}[rand_r(&seed) % 8];
        snprintf(v4, sizeof(v4), "%d.%d.%d.%d", a[0], a[1], a[2], a[3]);
        for (int r = 0; r < 3; r++) {
            bool wanted = allows(reaches[r], v4);
            static const char *const prefixes[] = {"::ffff:", "::ffff:0:", "64:ff9b::", "64:ff9b:1::"};
            for (size_t k = 0; k < COUNT(prefixes); k++) {
                snprintf(form, sizeof(form), "%s%s", prefixes[k], v4);
                assert_int_equal(allows(reaches[r], form), wanted);
            }
            snprintf(form, sizeof(form), "2002:%02x%02x:%02x%02x::1", a[0], a[1], a[2], a[3]);
            assert_int_equal(allows(reaches[r], form), wanted);
        }
        assert_false(allows(EGRESS_PUBLIC, v4) && allows(EGRESS_LOCAL_ONLY, v4));
    }
}

static void test_other_families(void **state)
{
    (void)state;
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/run/docker.sock"};
    const char *why = NULL;
    for (int r = 0; r < 3; r++) {
        assert_false(egress_allows(&(struct egress){reaches[r]}, (const struct sockaddr *)&un, &why));
        assert_non_null(why);
        assert_false(egress_allows_text(&(struct egress){reaches[r]}, "localhost", &why));
        assert_false(egress_allows_text(&(struct egress){reaches[r]}, "", &why));
    }
}

static const struct {
    const char *url;
    enum egress_reach reach;
    const char *message;            /* NULL = good */
} urls[] = {
    {"https://api.openai.com/v1", EGRESS_PUBLIC, NULL},
    {"HTTPS://api.openai.com", EGRESS_PUBLIC, NULL},
    {"http://localhost:11434", EGRESS_PUBLIC, NULL},        /* a name: decided when it is resolved */
    {"http://127.0.0.1:11434/", EGRESS_PRIVATE, NULL},
    {"http://[::1]:11434/", EGRESS_LOCAL_ONLY, NULL},
    {"https://8.8.8.8/", EGRESS_PUBLIC, NULL},
    {"https://x.test/openai?api-version=2024-10-21", EGRESS_PUBLIC, NULL},
    {"http://127.0.0.1:11434/", EGRESS_PUBLIC, "error.url_address"},
    {"http://2130706433/", EGRESS_PUBLIC, "error.url_address"},
    {"http://0x7f.1/", EGRESS_PUBLIC, "error.url_address"},
    {"http://0177.0.0.1/", EGRESS_PUBLIC, "error.url_address"},
    {"http://127.1/", EGRESS_PUBLIC, "error.url_address"},
    {"http://0/", EGRESS_PRIVATE, "error.url_address"},
    {"http://[::]/", EGRESS_PRIVATE, "error.url_address"},
    {"http://[::ffff:169.254.169.254]/", EGRESS_PRIVATE, "error.url_address"},
    {"http://[fd00:ec2::254]/latest", EGRESS_PRIVATE, "error.url_address"},
    {"http://169.254.169.254/latest/meta-data", EGRESS_PRIVATE, "error.url_address"},
    {"https://8.8.8.8/", EGRESS_LOCAL_ONLY, "error.url_address"},
    {"http://[fe80::1%25eth0]/", EGRESS_PRIVATE, "error.url_host"},
    {"file:///etc/passwd", EGRESS_PRIVATE, "error.url_scheme"},
    {"ftp://x.test/", EGRESS_PRIVATE, "error.url_scheme"},
    {"gopher://x.test/", EGRESS_PRIVATE, "error.url_scheme"},
    {"unix:///run/x.sock", EGRESS_PRIVATE, "error.url_scheme"},
    {"javascript://x/%0a", EGRESS_PRIVATE, "error.url_scheme"},
    {"https://user:secret@x.test/", EGRESS_PUBLIC, "error.url_user"},
    {"https://user@x.test/", EGRESS_PUBLIC, "error.url_user"},
    {"https://x.test/#part", EGRESS_PUBLIC, "error.url_fragment"},
    {"", EGRESS_PUBLIC, "error.url"},
    {"x.test/v1", EGRESS_PUBLIC, "error.url"},
    {"https://", EGRESS_PUBLIC, "error.url"},
    {"https://x.test:99999/", EGRESS_PUBLIC, "error.url"},
    {"https://x .test/", EGRESS_PUBLIC, "error.url"},
    {"https://x.test/\r\nHost: y", EGRESS_PUBLIC, "error.url"},
    {"https://a:secret@[x/", EGRESS_PUBLIC, "error.url"},
};

static void test_urls(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++) {
        struct err err = {0};
        bool good = egress_check_url(&(struct egress){urls[i].reach}, urls[i].url, &err);
        if (good != (urls[i].message == NULL))
            fail_msg("%s: %s", urls[i].url, good ? "allowed" : err.text);
        if (!good) {
            assert_string_equal(err.message, urls[i].message);
            assert_int_equal(err.kind, ERR_INPUT);
            assert_string_equal(err.field, "base_url");
            assert_null(strstr(err.value, "secret"));
            assert_null(strstr(err.text, "secret"));
        }
    }
}

static void test_long_url(void **state)
{
    (void)state;
    char url[EGRESS_URL_MAX + 2];
    struct err err = {0};
    memset(url, 'a', sizeof(url));
    memcpy(url, "https://x.test/", 15);
    url[EGRESS_URL_MAX] = '\0';
    assert_true(egress_check_url(&(struct egress){EGRESS_PUBLIC}, url, &err));
    url[EGRESS_URL_MAX] = 'a';
    url[EGRESS_URL_MAX + 1] = '\0';
    assert_false(egress_check_url(&(struct egress){EGRESS_PUBLIC}, url, &err));
    assert_string_equal(err.message, "error.url");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_forms), cmocka_unit_test(test_other_families),
        cmocka_unit_test(test_urls), cmocka_unit_test(test_long_url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
