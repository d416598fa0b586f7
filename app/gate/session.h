/* SPDX-License-Identifier: MIT */
#ifndef GATE_SESSION_H
#define GATE_SESSION_H
/* session: signing in to the console. The cookie holds 256 random bits, the table only their SHA-256. Idle and absolute limits are settings; five at most for a
 * user. Guessing is slowed before a password is hashed: by account (1, 2, 4 … 300 s after five failures, never locked out) and by network. A browser
 * that has signed in to the account before is slowed by itself, so that others' guesses do not keep its owner out. */
#include "base/base.h"

struct arena;
struct db;
struct err;
struct gate;
struct identity;

enum { SESSION_TOKEN = 44 };                 /* base64url of 32 bytes, and a NUL */

struct sign_in {
    const char *name, *password, *remote_addr, *user_agent, *request_id;
    const char *known;                       /* session_known of an earlier sign-in, as the browser kept it; NULL = none */
};

/* A new session; the old one of this browser is the caller's to end. ERR_UNAUTHENTICATED says the same for a wrong name and a wrong password; ERR_RATE with
 * seconds when there were too many tries. Successes and failures are audited. */
must_check bool session_begin(struct gate *, struct db *, struct arena *, const struct sign_in *, char token_r[SESSION_TOKEN], struct err *);
/* What a browser that signed in as ${name} keeps, to be told from those that only guess. It opens nothing. */
const char *session_known(struct gate *, struct arena *a, const char *name);
/* Who a token belongs to and its CSRF token; *who_r is NULL if the session is unknown, idle too long or over. */
must_check bool session_find(struct gate *, struct db *, struct arena *, const char *token, const struct identity **who_r, const char **csrf_r,
                             struct err *);
must_check bool session_end(struct db *, struct arena *, const char *token, struct err *);

/* The one-time link of the first start: made when there is no administrator, valid for setup_min minutes, gone once used. NULL if there is one already. */
const char *setup_begin(struct gate *, struct arena *);
bool setup_allows(struct gate *, const char *token);
void setup_done(struct gate *);

#endif
