/* SPDX-License-Identifier: MIT */
#include "gate/session.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/parse.h"
#include "db/audit.h"
#include "db/sessions.h"
#include "db/users.h"
#include "gate/change.h"
#include "gate/gate.h"
#include "gate/throttle.h"
#include "gate/who.h"

enum { SESSIONS_PER_USER = 5, FAILURES_FREE = 5, BACK_OFF_MAX_S = 300 };

static const char *token_hash(const char *token, struct arena *a)
{
    uint8_t hash[CRYPTO_HASH];

    crypto_sha256(bytes_of(token), hash);
    return hex_text((struct bytes){hash, sizeof(hash)}, a);
}

static void token_new(char out[SESSION_TOKEN], struct arena *a)
{
    uint8_t random[32];

    crypto_random(random, sizeof(random));
    snprintf(out, SESSION_TOKEN, "%s", base64url_write((struct bytes){random, sizeof(random)}, a));
}

static bool audit(struct db *db, struct arena *a, const struct sign_in *in, const struct user_row *user, const char *action, struct err *err)
{
    struct actor actor = {.name = in->name, .role = user ? user->role : "", .remote_addr = in->remote_addr, .request_id = in->request_id};
    struct change change = {.db = db, .arena = a, .actor = &actor};

    return change_begin(&change, err)
        && change_end(&change, change_note(&change, action, "user", user ? user->id : "", NULL, NULL, NULL, err), err);
}

static bool fail_rate(struct err *err, int64_t seconds)
{
    fail(err, ERR_RATE, "too many sign-in tries");
    err->message = "error.login_rate";
    err->retry_after_s = (int)seconds;
    snprintf(err->value, sizeof(err->value), "%d", err->retry_after_s);
    return false;
}

/* 1, 2, 4 … 300 s after the fifth failure in a row. */
static int64_t back_off_s(int64_t failures)
{
    int64_t over = failures - FAILURES_FREE;

    if (over < 0)
        return 0;
    return over > 8 ? BACK_OFF_MAX_S : (int64_t)1 << over;
}

const char *session_known(struct gate *gate, struct arena *a, const char *name)
{
    struct snapshot *snapshot = gate_snapshot(gate);
    char *text = arena_printf(a, "known browser of %s", name);
    uint8_t mark[CRYPTO_HASH];

    for (char *c = text; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    crypto_hmac((struct bytes){snapshot->pepper, sizeof(snapshot->pepper)}, bytes_of(text), mark);
    snapshot_drop(snapshot);
    return base64url_write((struct bytes){mark, sizeof(mark)}, a);
}

static bool is_known(struct gate *gate, struct arena *a, const struct sign_in *in)
{
    const char *mark = session_known(gate, a, in->name);

    return in->known && strlen(in->known) == strlen(mark) && crypto_equal(in->known, mark, strlen(mark));
}

/* What rests after wrong passwords. An account, for browsers that never signed in to it; the one that did rests by itself, or else
 * guesses from anywhere would keep its owner out. A name that nobody has rests too, or else the others could be told from it. */
static const char *resting_name(struct arena *a, const struct sign_in *in, bool known)
{
    return known ? arena_printf(a, "\n%s", in->name) : in->name;
}

static int64_t rest_s(struct gate *gate, struct arena *a, const struct sign_in *in, const struct user_row *user, bool known)
{
    int64_t left;

    if (!user || known)
        return throttle_stranger(&gate->sign_ins, resting_name(a, in, known));
    left = user->locked_until - clock_wall();
    return left > 0 ? (left + 999999) / 1000000 : 0;
}

static bool begin_rest(struct gate *gate, struct db *db, struct arena *a, const struct sign_in *in, const struct user_row *user, bool known,
                       struct err *err)
{
    int64_t failures = 0, wait_s;

    if (!user || known) {
        throttle_stranger_failed(&gate->sign_ins, resting_name(a, in, known), back_off_s);
        return true;
    }
    if (!users_count_failure(db, a, user->id, &failures, err))
        return false;
    wait_s = back_off_s(failures);
    return !wait_s || users_lock_until(db, a, user->id, clock_wall() + wait_s * 1000000, err);
}

static bool refuse(struct gate *gate, struct db *db, struct arena *a, const struct sign_in *in, const struct user_row *user, bool known,
                   struct err *err)
{
    metric_add(METRIC_logins_failed_total, 1);
    if (!begin_rest(gate, db, a, in, user, known, err) || !audit(db, a, in, user, "session.refuse", err))
        return false;
    fail(err, ERR_UNAUTHENTICATED, "wrong name or password");
    err->message = "error.login";
    return false;
}

static bool insert_session(struct gate *gate, struct db *db, struct arena *a, const struct sign_in *in, const struct user_row *user,
                           const char *token, struct err *err)
{
    struct snapshot *snapshot = gate_snapshot(gate);
    uint8_t key[32];
    struct session_row row = {
        .token_hash = token_hash(token, a), .user_id = user->id, .remote_addr = in->remote_addr,
        .user_agent = in->user_agent ? in->user_agent : "",
        .expires_at = clock_wall() + snapshot->settings.values.session_max_h * 3600000000,
    };

    snapshot_drop(snapshot);
    crypto_random(key, sizeof(key));
    row.csrf_key = hex_text((struct bytes){key, sizeof(key)}, a);
    return sessions_insert(db, a, &row, err) && sessions_prune_user(db, a, user->id, SESSIONS_PER_USER, err)
        && users_signed_in(db, a, user->id, err);
}

bool session_begin(struct gate *gate, struct db *db, struct arena *a, const struct sign_in *in, char token_r[SESSION_TOKEN], struct err *err)
{
    struct user_row user;
    bool found, fits, stale, known = is_known(gate, a, in);
    int64_t wait_s = throttle_take(&gate->sign_ins, in->remote_addr);

    if (wait_s)
        return fail_rate(err, wait_s);
    if (!users_find_by_name(db, a, in->name, &user, &found, err))
        return false;
    wait_s = rest_s(gate, a, in, found ? &user : NULL, known);
    if (wait_s)
        return fail_rate(err, wait_s);
    if (!crypto_password_check(found ? user.password_phc : NULL, bytes_of(in->password), &fits, &stale, err))
        return false;
    if (!found || !fits || user.disabled)
        return refuse(gate, db, a, in, found ? &user : NULL, known, err);
    token_new(token_r, a);
    return audit(db, a, in, &user, "session.begin", err) && insert_session(gate, db, a, in, &user, token_r, err);
}

static const char *csrf_of(const char *key_hex, struct arena *a)
{
    uint8_t key[32], token[CRYPTO_HASH];

    if (!hex_read(key_hex, key, sizeof(key)))
        return "";
    crypto_hmac((struct bytes){key, sizeof(key)}, bytes_of("csrf"), token);
    return base64url_write((struct bytes){token, sizeof(token)}, a);
}

bool session_find(struct gate *gate, struct db *db, struct arena *a, const char *token, const struct identity **who_r, const char **csrf_r,
                  struct err *err)
{
    struct snapshot *snapshot = gate_snapshot(gate);
    int64_t idle = snapshot->settings.values.session_idle_min * 60000000;
    struct session_row row;
    struct identity *who = NEW(a, struct identity);
    struct err touching = {0};
    bool found;

    snapshot_drop(snapshot);
    *who_r = NULL;
    *csrf_r = "";
    if (strlen(token) != SESSION_TOKEN - 1)
        return true;
    if (!sessions_find(db, a, token_hash(token, a), &row, &found, err))
        return false;
    if (!found || clock_wall() - row.seen_at > idle)
        return true;
    if (!sessions_touch(db, a, row.token_hash, &touching))
        log_err(NULL, LOG_WARN, "session not touched", &touching);
    *who = (struct identity){.role = role_of(row.role), .user_id = row.user_id, .user_name = row.user_name, .owner = row.user_name,
                             .actor = row.user_name, .session_hash = row.token_hash,
                             .language = row.language, .theme = row.theme, .time_zone = row.time_zone, .currency = row.currency};
    *who_r = who;
    *csrf_r = csrf_of(row.csrf_key, a);
    return true;
}

bool session_end(struct db *db, struct arena *a, const char *token, struct err *err)
{
    return sessions_delete(db, a, token_hash(token, a), err);
}

const char *setup_begin(struct gate *gate, struct arena *a)
{
    struct snapshot *snapshot = gate_snapshot(gate);
    bool needed = !snapshot->has_admin;
    char *token = arena_alloc(a, SESSION_TOKEN);
    int64_t minutes = snapshot->settings.values.setup_min;

    snapshot_drop(snapshot);
    if (!needed)
        return NULL;
    token_new(token, a);
    lock_take(&gate->lock);
    crypto_sha256(bytes_of(token), gate->setup_hash);
    gate->setup_until = clock_mono() + minutes * 60000000;
    lock_drop(&gate->lock);
    return token;
}

bool setup_allows(struct gate *gate, const char *token)
{
    uint8_t hash[CRYPTO_HASH];
    bool fits;

    crypto_sha256(bytes_of(token), hash);
    lock_take(&gate->lock);
    fits = gate->setup_until > clock_mono() && crypto_equal(hash, gate->setup_hash, sizeof(hash));
    lock_drop(&gate->lock);
    return fits;
}

void setup_done(struct gate *gate)
{
    lock_take(&gate->lock);
    gate->setup_until = 0;
    lock_drop(&gate->lock);
}
