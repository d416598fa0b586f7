/* SPDX-License-Identifier: MIT */
#include "gate/seal.h"

#include "base/secret.h"
#include "gate_help.h"

#define HEX_A "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define HEX_B "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"

static bool load(const char *text, mode_t mode, struct keyring **ring_r)
{
    const char *path = file_make("keyring", bytes_of(text), mode);
    bool ok = keyring_load(path, a, ring_r, &err);
    unlink(path);
    return ok;
}

static void test_keyrings_that_load(void **state)
{
    (void)state;
    const struct { const char *text; uint32_t kid; } cases[] = {
        {"1 " HEX_A "\n", 1},
        {"1 " HEX_A, 1},
        {"# made by hand\n\n7 " HEX_A "\n", 7},
        {"1 " HEX_A "\n2 " HEX_B "\n", 2},
        {"3 " HEX_A "\n4294967295 " HEX_B "\n", 4294967295U},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct keyring *ring;
        must(load(cases[i].text, i % 2 ? 0400 : 0600, &ring));
        assert_int_equal(keyring_kid(ring), cases[i].kid);
    }
}

static void test_keyrings_that_do_not(void **state)
{
    (void)state;
    const char *many = "";
    for (int i = 1; i <= 17; i++)
        many = arena_printf(a, "%s%d " HEX_A "\n", many, i);
    char *lengthy = arena_alloc(a, 5001);
    memset(lengthy, '#', 5000);
    const struct { const char *text, *words; } cases[] = {
        {"", "holds no key"},
        {"# only a word\n", "holds no key"},
        {HEX_A "\n", "line 1"},
        {"1\n", "line 1"},
        {"1 " HEX_A "\n\n2 0123\n", "line 3"},
        {"1 " HEX_A " \n", "line 1"},
        {"1  " HEX_A "\n", "line 1"},
        {"1 " HEX_A "\r\n", "line 1"},
        {"0 " HEX_A "\n", "line 1"},
        {"-1 " HEX_A "\n", "line 1"},
        {"4294967296 " HEX_A "\n", "line 1"},
        {"x " HEX_A "\n", "line 1"},
        {"1 " HEX_A "0\n", "line 1"},
        {"1 g" HEX_A "\n", "line 1"},
        {"2 " HEX_A "\n1 " HEX_B "\n", "line 2: kids must rise"},
        {"1 " HEX_A "\n1 " HEX_B "\n", "line 2: kids must rise"},
        {many, "more than 16"},
        {lengthy, "longer than"},
        {HEX_A " 1\n", "line 1"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct keyring *ring;
        must_fail(load(cases[i].text, 0400, &ring), ERR_INPUT);
        if (!strstr(err.text, cases[i].words))
            fail_msg("case %zu: \"%s\" says nothing of %s", i, err.text, cases[i].words);
        assert_null(strstr(err.text, "00112233"));
        assert_null(strstr(err.value, "00112233"));
    }
}

static void test_who_may_read_it(void **state)
{
    (void)state;
    struct keyring *ring;
    const mode_t open_to_others[] = {0440, 0404, 0644, 0777, 0410, 0401, 0420};
    for (size_t i = 0; i < COUNT(open_to_others); i++) {
        must_fail(load("1 " HEX_A "\n", open_to_others[i], &ring), ERR_INPUT);
        assert_non_null(strstr(err.text, "chmod 400"));
    }
    must_fail(keyring_load(in_folder("none"), a, &ring, &err), ERR_NOT_FOUND);
    must_fail(keyring_load(folder, a, &ring, &err), ERR_INPUT);
    const char *path = file_make("real", bytes_of("1 " HEX_A "\n"), 0400), *link = in_folder("link");
    assert_int_equal(symlink(path, link), 0);
    must_fail(keyring_load(link, a, &ring, &err), ERR_INPUT);
    unlink(link);
    unlink(path);
}

static void test_create_never_overwrites(void **state)
{
    (void)state;
    const char *path = in_folder("master.key");
    struct keyring *ring;
    struct stat st;
    must(keyring_create(path, &err));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0400);
    struct bytes before = file_content(path);
    must(keyring_load(path, a, &ring, &err));
    assert_int_equal(keyring_kid(ring), 1);
    must_fail(keyring_create(path, &err), ERR_INPUT);
    assert_true(bytes_equal(before, file_content(path)));
    unlink(path);
    must(keyring_create(path, &err));
    assert_false(bytes_equal(before, file_content(path)));
    unlink(path);
    assert_int_equal(symlink(in_folder("elsewhere"), path), 0);
    must_fail(keyring_create(path, &err), ERR_INPUT);
    assert_int_not_equal(access(in_folder("elsewhere"), F_OK), 0);
    unlink(path);
    must_fail(keyring_create(in_folder("no/such/folder"), &err), ERR_INPUT);
}

static void test_derive(void **state)
{
    (void)state;
    struct keyring *ring;
    uint8_t one[32], two[32], other[32], third[32];
    must(load("1 " HEX_A "\n2 " HEX_B "\n", 0400, &ring));
    assert_true(keyring_derive(ring, 1, "seal", one));
    assert_true(keyring_derive(ring, 2, "seal", two));
    assert_true(keyring_derive(ring, 1, "spool", other));
    assert_true(keyring_derive(ring, 1, "seal", third));
    assert_memory_equal(one, third, 32);
    assert_memory_not_equal(one, two, 32);
    assert_memory_not_equal(one, other, 32);
    assert_false(keyring_derive(ring, 3, "seal", one));
}

static struct bytes flipped(struct bytes of, size_t bit)
{
    uint8_t *p = (uint8_t *)arena_copy(a, of.p, of.n);
    p[bit / 8] ^= (uint8_t)(1 << bit % 8);
    return (struct bytes){p, of.n};
}

static bool opens(const struct keyring *ring, struct seal_place place, const struct sealed *sealed)
{
    struct secret *secret = NULL;
    memset(&err, 0, sizeof(err));
    if (unseal(ring, a, place, sealed, &secret, &err))
        return true;
    assert_int_equal(err.kind, ERR_INTERNAL);
    assert_null(secret);
    return false;
}

static struct sealed with_bit(const struct sealed *sealed, size_t bit)
{
    struct sealed other = *sealed;
    if (bit < 8 * sealed->text.n)
        other.text = flipped(sealed->text, bit);
    else
        other.dek = flipped(sealed->dek, bit - 8 * sealed->text.n);
    return other;
}

static const char *place_word(struct random *r)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
    char *word = arena_alloc(a, 40);
    size_t n = 1 + random_below(r, 38);
    for (size_t i = 0; i < n; i++)
        word[i] = letters[random_below(r, sizeof(letters) - 1)];
    return word;
}

/* Key encryption round trip: what was sealed opens at its place, with its key, unchanged; and nowhere else, nor with any bit changed. */
static void test_key_encryption_round_trip(void **state)
{
    (void)state;
    struct random r = random_start();
    for (int i = 0; i < 160; i++) {
        struct keyring *ring = keyring_random((uint32_t)(1 + random_below(&r, 1000000))), *wrong = keyring_random(keyring_kid(ring));
        struct seal_place place = {place_word(&r), place_word(&r), place_word(&r)}, elsewhere = place;
        struct bytes text = random_bytes(&r, i == 0 ? 0 : random_below(&r, i % 10 ? 200 : 9000));
        struct sealed sealed, unpacked;
        struct secret *secret;

        seal(ring, a, place, text, &sealed);
        must(unseal(ring, a, place, &sealed, &secret, &err));
        assert_true(bytes_equal(secret_view(secret), text));
        struct bytes packed = sealed_pack(a, &sealed);
        assert_true(sealed_unpack(packed, &unpacked));
        must(unseal(ring, a, place, &unpacked, &secret, &err));
        assert_true(bytes_equal(secret_view(secret), text));

        const char **part = (const char **[]){&elsewhere.table, &elsewhere.row, &elsewhere.column}[i % 3];
        *part = arena_printf(a, "%s%s", *part, "x");
        assert_false(opens(ring, elsewhere, &sealed));
        elsewhere = (struct seal_place){place.row, place.table, place.column};
        assert_true(strcmp(place.row, place.table) == 0 || !opens(ring, elsewhere, &sealed));
        assert_false(opens(wrong, place, &sealed));
        unpacked.kid = sealed.kid + 1;
        assert_false(opens(ring, place, &unpacked));

        size_t bits = 8 * (sealed.text.n + sealed.dek.n), step = i % 20 == 1 ? 1 : 1 + bits / 40;
        for (size_t bit = step == 1 ? 0 : random_below(&r, step); bit < bits; bit += step) {
            struct sealed other = with_bit(&sealed, bit);
            if (opens(ring, place, &other))
                fail_msg("bit %zu of %zu flipped and it opens", bit, bits);
        }
    }
}

/* Two seals of the same text share nothing, and parts of two do not fit together. */
static void test_every_seal_is_its_own(void **state)
{
    (void)state;
    struct keyring *ring = keyring_random(1);
    struct seal_place place = {"providers", "a", "secret"}, other = {"providers", "b", "secret"};
    struct sealed one, two, mixed;
    seal(ring, a, place, bytes_of("sk-0123456789"), &one);
    seal(ring, a, place, bytes_of("sk-0123456789"), &two);
    assert_memory_not_equal(one.text.p, two.text.p, one.text.n);
    assert_memory_not_equal(one.dek.p, two.dek.p, one.dek.n);
    mixed = (struct sealed){one.text, two.dek, one.kid};
    assert_false(opens(ring, place, &mixed));
    seal(ring, a, other, bytes_of("sk-0123456789"), &two);
    assert_false(opens(ring, place, &two));
    mixed = (struct sealed){two.text, one.dek, one.kid};
    assert_false(opens(ring, place, &mixed));
    mixed = one;
    const int64_t kids[] = {0, -1, 2, 4294967297, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < COUNT(kids); i++) {
        mixed.kid = kids[i];
        assert_false(opens(ring, place, &mixed));
    }
    mixed = (struct sealed){{one.text.p, 0}, {one.dek.p, 0}, 1};
    assert_false(opens(ring, place, &mixed));
    for (size_t n = 0; n < one.text.n; n++) {
        mixed = (struct sealed){{one.text.p, n}, one.dek, 1};
        assert_false(opens(ring, place, &mixed));
    }
}

static void test_unpack_needs_its_head(void **state)
{
    (void)state;
    struct keyring *ring = keyring_random(0x01020304);
    struct sealed sealed, unpacked;
    seal(ring, a, (struct seal_place){"sealed_keys", "pepper", "sealed"}, bytes_of("x"), &sealed);
    struct bytes packed = sealed_pack(a, &sealed);
    assert_memory_equal(packed.p, "\1\2\3\4", 4);
    for (size_t n = 0; n < 64; n++)
        assert_false(sealed_unpack((struct bytes){packed.p, n}, &unpacked));
    assert_true(sealed_unpack(packed, &unpacked));
    assert_int_equal(unpacked.kid, 0x01020304);
    assert_true(bytes_equal(unpacked.text, sealed.text) && bytes_equal(unpacked.dek, sealed.dek));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keyrings_that_load),
        cmocka_unit_test(test_keyrings_that_do_not),
        cmocka_unit_test(test_who_may_read_it),
        cmocka_unit_test(test_create_never_overwrites),
        cmocka_unit_test(test_derive),
        cmocka_unit_test(test_key_encryption_round_trip),
        cmocka_unit_test(test_every_seal_is_its_own),
        cmocka_unit_test(test_unpack_needs_its_head),
    };
    return cmocka_run_group_tests(tests, help_begin, help_end);
}
