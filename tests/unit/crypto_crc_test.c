/* SPDX-License-Identifier: MIT */
#include "base/crypto.h"

#include <string.h>

#include "property.h"

static void test_known_sums(void **state)
{
    (void)state;
    uint8_t zeros[32] = {0}, ones[32], counting[32];
    memset(ones, 0xff, sizeof(ones));
    for (uint8_t i = 0; i < 32; i++)
        counting[i] = i;
    assert_int_equal(crypto_crc32c(0, zeros, 32), 0x8A9136AA);         /* RFC 3720 appendix B.4 */
    assert_int_equal(crypto_crc32c(0, ones, 32), 0x62A8AB43);
    assert_int_equal(crypto_crc32c(0, counting, 32), 0x46DD794E);
    assert_int_equal(crypto_crc32c(0, "123456789", 9), 0xE3069283);
    assert_int_equal(crypto_crc32("123456789", 9), 0xCBF43926);
    assert_int_equal(crypto_crc32("The quick brown fox jumps over the lazy dog", 43), 0x414FA339);
    assert_int_equal(crypto_crc32c(0, "", 0), 0);
    assert_int_equal(crypto_crc32(NULL, 0), 0);
}

/* Bit by bit, as the definition has it. */
static uint32_t slowly(uint32_t polynomial, uint32_t before, const uint8_t *p, size_t n)
{
    uint32_t crc = ~before;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
    }
    return ~crc;
}

static void test_property_all_ways_agree(void **state)
{
    (void)state;
    struct random r = random_start();
    uint8_t p[700];
    for (int i = 0; i < 500; i++) {
        size_t start = random_below(&r, 16), n = random_below(&r, sizeof(p) - 16), cut = random_below(&r, n + 1);
        for (size_t k = 0; k < sizeof(p); k++)
            p[k] = (uint8_t)random_next(&r);
        uint32_t before = (uint32_t)random_next(&r), sum = slowly(0x82F63B78, before, p + start, n);
        assert_int_equal(crypto_crc32c(before, p + start, n), sum);
        assert_int_equal(crypto_crc32c_by_table(before, p + start, n), sum);
        assert_int_equal(crypto_crc32c(crypto_crc32c(before, p + start, cut), p + start + cut, n - cut), sum);
        assert_int_equal(crypto_crc32(p + start, n), slowly(0xEDB88320, 0, p + start, n));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_sums),
        cmocka_unit_test(test_property_all_ways_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
