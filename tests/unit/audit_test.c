/* SPDX-License-Identifier: MIT */
/* The hash of a record; the chain in a database: tests/sql/audit_test.c. */
#include <string.h>

#include "property.h"
#include "base/arena.h"
#include "base/parse.h"
#include "db/audit.h"

static struct audit_row row(void)
{
    return (struct audit_row){
        .seq = 1, .at = INT64_C(1763649125118042), .actor = "管 \"x\"\n\x01", .actor_role = "admin", .action = "provider.update",
        .object = "provider", .object_id = "", .before = NULL, .after = "{\"a\" : 1}", .remote_addr = "::1", .request_id = "r<>&",
    };
}

static void hash_of(const struct audit_row *r, uint8_t before, char hex[65])
{
    struct arena *a = arena_new();
    struct err *none = NULL;
    uint8_t start[CRYPTO_HASH], hash[CRYPTO_HASH];
    memset(start, before, sizeof(start));
    assert_true(audit_hash(start, r, a, hash, none));
    hex_write((struct bytes){hash, sizeof(hash)}, hex);
    arena_free(a);
}

/* Worked out apart from this program: sha256(32 zero bytes ‖ the JSON text with these members in this order). */
static void test_a_known_record(void **state)
{
    (void)state;
    char hex[65];
    struct audit_row r = row();
    hash_of(&r, 0, hex);
    assert_string_equal(hex, "42b99d043989cfee1b1a594954e7874e9acff7f7cf7ed2cb8ddc44818204cd84");
}

/* Every member counts, and so does what came before. */
static void test_every_member_counts(void **state)
{
    (void)state;
    char first[65], other[65];
    struct audit_row r = row();
    hash_of(&r, 0, first);
    hash_of(&r, 1, other);
    assert_string_not_equal(first, other);
    for (const struct field *f = audit_fields; f->name; f++) {
        if (strcmp(f->name, "hash") == 0)
            continue;
        r = row();
        if (f->type == FIELD_INT || f->type == FIELD_TIME)
            *(int64_t *)(void *)((char *)&r + f->offset) += 1;
        else
            *(const char **)(void *)((char *)&r + f->offset) = "\"other\"";
        hash_of(&r, 0, other);
        if (strcmp(first, other) == 0)
            fail_msg("%s does not count", f->name);
    }
}

/* Text cannot move from one member into the next unseen. */
static void test_members_do_not_run_together(void **state)
{
    (void)state;
    char one[65], two[65];
    struct audit_row r = row(), s = row();
    r.object = "a\",\"object_id\":\"b";
    s.object = "a";
    s.object_id = "b\",\"object_id\":\"";
    hash_of(&r, 0, one);
    hash_of(&s, 0, two);
    assert_string_not_equal(one, two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_known_record),
        cmocka_unit_test(test_every_member_counts),
        cmocka_unit_test(test_members_do_not_run_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
