/* SPDX-License-Identifier: MIT */
#include "base/crypto.h"

#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/parse.h"
#include "property.h"

static void assert_hash(const uint8_t hash[CRYPTO_HASH], const char *hex)
{
    char text[2 * CRYPTO_HASH + 1];
    hex_write((struct bytes){hash, CRYPTO_HASH}, text);
    assert_string_equal(text, hex);
}

static struct bytes repeated(struct arena *a, int byte, size_t n)
{
    uint8_t *p = arena_alloc(a, n);
    memset(p, byte, n);
    return (struct bytes){p, n};
}

/* FIPS 180-4 examples. */
static void test_sha256(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const struct {
        struct bytes text;
        const char *hash;
    } cases[] = {
        {{NULL, 0}, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {bytes_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {bytes_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {repeated(a, 'a', 1000000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t hash[CRYPTO_HASH];
        crypto_sha256(cases[i].text, hash);
        assert_hash(hash, cases[i].hash);
    }
    arena_free(a);
}

/* RFC 4231, test cases 1 to 4, 6 and 7 (5 is about cut hashes). */
static void test_hmac(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    uint8_t *counting = arena_alloc(a, 25);
    for (uint8_t i = 0; i < 25; i++)
        counting[i] = (uint8_t)(i + 1);
    const struct {
        struct bytes key, text;
        const char *hash;
    } cases[] = {
        {repeated(a, 0x0b, 20), bytes_of("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {bytes_of("Jefe"), bytes_of("what do ya want for nothing?"),
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {repeated(a, 0xaa, 20), repeated(a, 0xdd, 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
        {{counting, 25}, repeated(a, 0xcd, 50), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
        {repeated(a, 0xaa, 131), bytes_of("Test Using Larger Than Block-Size Key - Hash Key First"),
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
        {repeated(a, 0xaa, 131),
         bytes_of("This is a test using a larger than block-size key and a larger than block-size data. The key needs to "
                  "be hashed before being used by the HMAC algorithm."),
         "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
        {{NULL, 0}, {NULL, 0}, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t hash[CRYPTO_HASH];
        crypto_hmac(cases[i].key, cases[i].text, hash);
        assert_hash(hash, cases[i].hash);
    }
    arena_free(a);
}

/* A text sealed with this nonce and key elsewhere: test case 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega). */
static void test_opens_the_published_example(void **state)
{
    (void)state;
    static const char key_hex[] = "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";
    static const char sealed_hex[] =
        "cafebabefacedbaddecaf888"
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0a"
        "bcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b";
    static const char text_hex[] =
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657"
        "ba637b39";
    uint8_t key[CRYPTO_KEY], sealed[(sizeof(sealed_hex) - 1) / 2], text[(sizeof(text_hex) - 1) / 2], aad[20];
    struct arena *a = arena_new();
    struct bytes opened;
    struct err err;
    assert_true(hex_read(key_hex, key, sizeof(key)));
    assert_true(hex_read(sealed_hex, sealed, sizeof(sealed)));
    assert_true(hex_read(text_hex, text, sizeof(text)));
    assert_true(hex_read("feedfacedeadbeeffeedfacedeadbeefabaddad2", aad, sizeof(aad)));
    assert_true(crypto_open(a, key, (struct bytes){sealed, sizeof(sealed)}, (struct bytes){aad, sizeof(aad)}, &opened, &err));
    assert_true(bytes_equal(opened, (struct bytes){text, sizeof(text)}));
    arena_free(a);
}

static struct bytes random_bytes(struct random *r, struct arena *a, size_t max)
{
    size_t n = random_below(r, max + 1);
    uint8_t *p = arena_alloc(a, n);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)random_next(r);
    return (struct bytes){p, n};
}

static bool opens(struct arena *a, const uint8_t *key, struct bytes sealed, struct bytes aad)
{
    struct err err = {.kind = ERR_NONE};
    struct bytes text = {NULL, 0};
    bool done = crypto_open(a, key, sealed, aad, &text, &err);
    assert_int_equal(err.kind, done ? ERR_NONE : ERR_INTERNAL);
    assert_true(done || text.p == NULL);
    return done;
}

static void test_property_sealing_there_and_back(void **state)
{
    (void)state;
    struct random r = random_start();
    struct arena *a = arena_new();
    struct err err;
    for (int i = 0; i < 300; i++, arena_reset(a)) {
        uint8_t key[CRYPTO_KEY];
        crypto_random(key, sizeof(key));
        struct bytes text = random_bytes(&r, a, i < 100 ? 64 : 5000), aad = random_bytes(&r, a, 100), opened;
        struct bytes sealed = crypto_seal(a, key, text, aad);
        assert_int_equal(sealed.n, CRYPTO_NONCE + text.n + CRYPTO_TAG);
        assert_true(crypto_open(a, key, sealed, aad, &opened, &err));
        assert_true(bytes_equal(opened, text));
        assert_int_equal(opened.p[opened.n], 0);
        assert_false(bytes_equal(sealed, crypto_seal(a, key, text, aad)));       /* another nonce */
        assert_false(opens(a, key, sealed, random_bytes(&r, a, 8)) && aad.n > 8);
        key[random_below(&r, CRYPTO_KEY)] ^= (uint8_t)(1U << random_below(&r, 8));
        assert_false(opens(a, key, sealed, aad));
    }
    arena_free(a);
}

static void test_every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    uint8_t key[CRYPTO_KEY];
    crypto_random(key, sizeof(key));
    const char *place = "providers.secret.018c7f3e";
    struct bytes sealed = crypto_seal(a, key, bytes_of("sk-0123456789"), bytes_of(place));
    uint8_t *copy = arena_alloc(a, sealed.n);
    for (size_t bit = 0; bit < 8 * sealed.n; bit++) {
        memcpy(copy, sealed.p, sealed.n);
        copy[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_false(opens(a, key, (struct bytes){copy, sealed.n}, bytes_of(place)));
    }
    char *aad = arena_text(a, place);
    for (size_t bit = 0; bit < 8 * strlen(place); bit++) {
        aad[bit / 8] ^= (char)(1U << bit % 8);
        assert_false(opens(a, key, sealed, (struct bytes){(uint8_t *)aad, strlen(place)}));
        aad[bit / 8] ^= (char)(1U << bit % 8);
    }
    assert_true(opens(a, key, sealed, bytes_of(place)));
    for (size_t n = 0; n < sealed.n; n++)
        assert_false(opens(a, key, (struct bytes){sealed.p, n}, bytes_of(place)));
    assert_false(opens(a, key, sealed, bytes_of("")));
    assert_false(opens(a, key, sealed, bytes_of("providers.secret.018c7f3e+")));
    arena_free(a);
}

static void test_random_and_equal(void **state)
{
    (void)state;
    uint8_t a[1000] = {0}, b[1000] = {0};
    crypto_random(a, sizeof(a));
    memcpy(b, a, sizeof(a));
    assert_true(crypto_equal(a, b, sizeof(a)));
    b[999] ^= 1;
    assert_false(crypto_equal(a, b, sizeof(a)));
    assert_true(crypto_equal(a, b, 999));
    assert_true(crypto_equal(a, b, 0));
    crypto_random(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    crypto_random(b, 0);
}

static void test_nonces_differ(void **state)
{
    (void)state;
    static uint8_t drawn[2000][CRYPTO_NONCE];
    uint8_t large[512];
    for (size_t i = 0; i < COUNT(drawn); i++) {
        crypto_nonce(drawn[i], CRYPTO_NONCE);
        if (i % 37 == 0)
            crypto_nonce(large, sizeof(large));
    }
    for (size_t i = 0; i < COUNT(drawn); i++)
        for (size_t k = 0; k < i; k++)
            if (memcmp(drawn[i], drawn[k], CRYPTO_NONCE) == 0)
                fail_msg("nonces %zu and %zu are the same", i, k);
}

static void *work(void *arg)
{
    struct random r = {*(const uint64_t *)arg};
    struct arena *a = arena_new();
    for (int i = 0; i < 100; i++, arena_reset(a)) {
        struct bytes key = random_bytes(&r, a, 100), text = random_bytes(&r, a, 300), opened;
        struct err err;
        uint8_t hash[CRYPTO_HASH], again[CRYPTO_HASH];
        crypto_hmac(key, text, hash);
        crypto_hmac(key, text, again);
        if (!crypto_open(a, hash, crypto_seal(a, again, text, key), key, &opened, &err) || !bytes_equal(text, opened))
            abort();
    }
    arena_free(a);
    return NULL;
}

static void test_many_threads(void **state)
{
    (void)state;
    struct random r = random_start();
    pthread_t threads[4];
    uint64_t seeds[4];
    for (size_t i = 0; i < 4; i++) {
        seeds[i] = random_next(&r);
        assert_int_equal(pthread_create(&threads[i], NULL, work, &seeds[i]), 0);
    }
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_hmac),
        cmocka_unit_test(test_opens_the_published_example),
        cmocka_unit_test(test_property_sealing_there_and_back),
        cmocka_unit_test(test_every_flipped_bit_is_noticed),
        cmocka_unit_test(test_random_and_equal),
        cmocka_unit_test(test_nonces_differ),
        cmocka_unit_test(test_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
