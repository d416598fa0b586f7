/* SPDX-License-Identifier: MIT */
/* crypto: passwords by Argon2id (RFC 9106). Each hash takes 64 MiB for a moment, so two at once are the most the
 * process does, a few more wait in turn, and the rest are told that it is busy: a flood of sign-ins costs memory
 * and processor time that are known in advance. */
#include "base/crypto.h"

#include <argon2.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/lock.h"
#include "base/parse.h"

enum {
    MEMORY = 64 << 10,                  /* KiB */
    PASSES = 3,
    LANES = 1,
    SALT = 16, HASH = 32,
    PASSWORD_MAX = 4096,                /* bytes; forms allow less */
    PHC_MAX = 256,
    AT_ONCE = 2, WAITING = 16,
    MEMORY_MAX = 256 << 10, PASSES_MAX = 16, LANES_MAX = 8,     /* of stored hashes: more is a mistake or an attack */
};

static struct {
    struct lock lock;
    pthread_cond_t free;
    int running, waiting;
} kitchen = {.lock = LOCK_INIT("crypto_password"), .free = PTHREAD_COND_INITIALIZER};

static bool kitchen_enter(struct err *err)
{
    lock_take(&kitchen.lock);
    bool full = kitchen.running == AT_ONCE && kitchen.waiting == WAITING;
    if (!full) {
        kitchen.waiting++;
        while (kitchen.running == AT_ONCE)
            lock_wait(&kitchen.lock, &kitchen.free, 0);
        kitchen.waiting--;
        kitchen.running++;
    }
    lock_drop(&kitchen.lock);
    if (full)
        return fail(err, ERR_BUSY, "%d passwords are being checked and %d wait", AT_ONCE, WAITING);
    return true;
}

static void kitchen_leave(void)
{
    lock_take(&kitchen.lock);
    kitchen.running--;
    pthread_cond_signal(&kitchen.free);
    lock_drop(&kitchen.lock);
}

static bool password_fits_in(struct bytes password, struct err *err)
{
    return password.n <= PASSWORD_MAX || fail(err, ERR_INPUT, "password has %zu bytes, at most %d are allowed",
                                              password.n, PASSWORD_MAX);
}

bool crypto_password_hash(struct arena *arena, struct bytes password, const char **phc_r, struct err *err)
{
    uint8_t salt[SALT];
    char phc[PHC_MAX];
    if (!password_fits_in(password, err) || !kitchen_enter(err))
        return false;
    crypto_random(salt, sizeof(salt));
    int status = argon2id_hash_encoded(PASSES, MEMORY, LANES, password.p, password.n, salt, SALT, HASH, phc, sizeof(phc));
    kitchen_leave();
    if (status != ARGON2_OK)
        return fail(err, ERR_INTERNAL, "argon2id failed: %s", argon2_error_message(status));
    *phc_r = arena_text(arena, phc);
    return true;
}

/* The number of "name=number" at ${text}, up to ${end}; moves past that. */
static bool take_number(const char **text, const char *name, char end, int64_t max, int64_t *n_r)
{
    char digits[12];
    size_t named = strlen(name);
    if (strncmp(*text, name, named) != 0)
        return false;
    const char *from = *text + named, *to = strchr(from, end);
    if (!to || (size_t)(to - from) >= sizeof(digits))
        return false;
    memcpy(digits, from, (size_t)(to - from));
    digits[to - from] = '\0';
    *text = to + 1;
    struct err ignored = {.kind = ERR_NONE};
    return parse_int(digits, 1, max, "phc", n_r, &ignored);
}

/* "$argon2id$v=19$m=65536,t=3,p=1$salt$hash", with numbers that this process is ready to spend. */
static bool read_cost(const char *phc, bool *stale_r, struct err *err)
{
    static const char start[] = "$argon2id$";
    const char *p = phc + sizeof(start) - 1;
    int64_t version, memory, passes, lanes;
    if (strlen(phc) >= PHC_MAX || strncmp(phc, start, sizeof(start) - 1) != 0 ||
        !take_number(&p, "v=", '$', 0x13, &version) || !take_number(&p, "m=", ',', MEMORY_MAX, &memory) ||
        !take_number(&p, "t=", ',', PASSES_MAX, &passes) || !take_number(&p, "p=", '$', LANES_MAX, &lanes))
        return fail(err, ERR_INTERNAL, "stored password hash is not an argon2id one of up to %d KiB, %d passes and %d lanes",
                    MEMORY_MAX, PASSES_MAX, LANES_MAX);
    *stale_r = version != 0x13 || memory != MEMORY || passes != PASSES || lanes != LANES;
    return true;
}

static int check_dummy(struct bytes password)
{
    static const uint8_t salt[SALT] = "nobody's salt is";
    uint8_t hash[HASH];
    int status = argon2id_hash_raw(PASSES, MEMORY, LANES, password.p, password.n, salt, SALT, hash, HASH);
    return status == ARGON2_OK ? ARGON2_VERIFY_MISMATCH : status;
}

bool crypto_password_check(const char *phc, struct bytes password, bool *fits_r, bool *stale_r, struct err *err)
{
    bool stale = false;
    if (!password_fits_in(password, err) || (phc && !read_cost(phc, &stale, err)) || !kitchen_enter(err))
        return false;
    int status = phc ? argon2id_verify(phc, password.p, password.n) : check_dummy(password);
    kitchen_leave();
    if (status != ARGON2_OK && status != ARGON2_VERIFY_MISMATCH)
        return fail(err, ERR_INTERNAL, "argon2id failed: %s", argon2_error_message(status));
    *fits_r = status == ARGON2_OK;
    *stale_r = *fits_r && stale;
    return true;
}
