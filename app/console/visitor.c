/* SPDX-License-Identifier: MIT */
#include "console/visitor.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/metrics.h"
#include "gate/gate.h"
#include "gate/key.h"
#include "gate/session.h"
#include "gate/who.h"
#include "web/catalogue.h"
#include "web/request.h"

/* "Bearer mgk_…" or x-api-key; NULL if none was sent. */
static const char *key_sent(const struct request *rq)
{
    const char *authorization = request_header(rq, "authorization");

    if (!authorization)
        return request_header(rq, "x-api-key");
    if (strncasecmp(authorization, "bearer ", 7) != 0)
        return authorization;                            /* another scheme is a wrong key, not a missing one */
    authorization += 7;
    return authorization + strspn(authorization, " ");
}

static bool refuse(struct request *rq, const char *why)
{
    metric_add(METRIC_auth_refused_total, 1);
    return fail(&rq->err, ERR_UNAUTHENTICATED, "key refused: %s", why);
}

static enum may level_of(enum role role)
{
    switch (role) {
    case ROLE_VIEWER: return VIEWER;
    case ROLE_DEVELOPER: return DEVELOPER;
    case ROLE_OPERATOR: return OPERATOR;
    case ROLE_ADMIN: return ADMIN;
    case ROLE_AUDITOR: return AUDITOR;
    case ROLE_NONE: return ANYONE;
    }
    return ANYONE;
}

static bool identify_key(struct request *rq, const char *text)
{
    struct snapshot *snapshot;
    struct identity *who;
    const struct key *key;
    char id[KEY_ID + 1];
    uint8_t hash[32];

    if (strchr(text, ',') || !key_parse(text, id))
        return refuse(rq, "malformed");
    snapshot = gate_snapshot(rq->gate);
    arena_defer(rq->arena, drop_snapshot, snapshot);
    key = snapshot_key(snapshot, id);
    key_hash(snapshot->pepper, text, hash);              /* also for unknown ids, so that they cost the same time */
    if (!key || !crypto_equal(hash, key->hash, sizeof(hash)))
        return refuse(rq, "unknown or revoked");
    if (key->expires_at && key->expires_at < clock_wall())
        return refuse(rq, "expired");
    who = NEW(rq->arena, struct identity);
    *who = (struct identity){
        .role = key->role, .key = key, .user_name = key->name, .owner = *key->owner ? key->owner : arena_printf(rq->arena, "mgk_%s", key->id),
        .actor = arena_printf(rq->arena, "%s · mgk_%s", key->name, key->id),
    };
    rq->who = who;
    rq->role = level_of(key->role);
    rq->log.key_id = key->id;
    return true;
}

static bool identify_session(struct request *rq)
{
    const char *token = request_cookie(rq, "mg");

    if (!token)
        return true;
    if (!session_find(rq->gate, rq->db, rq->arena, token, &rq->who, &rq->csrf, &rq->err))
        return false;
    if (rq->who) {
        rq->role = level_of(rq->who->role);
        rq->log.user = rq->who->user_name;
    }
    return true;
}

/* The one-time link of the first start. */
static void identify_setup(struct request *rq)
{
    const char *token = request_query(rq, "token");

    if (token && setup_allows(rq->gate, token))
        rq->role = SETUP;
}

/* Profile, cookie, Accept-Language, English: the first that says one we have. */
static void choose_language(struct request *rq)
{
    const char *said[] = {rq->who ? rq->who->language : NULL, request_cookie(rq, "mg_lang")};
    const char *accept = request_header(rq, "accept-language");

    rq->lang = NULL;
    for (size_t i = 0; i < COUNT(said) && !rq->lang; i++)
        if (said[i] && *said[i])
            rq->lang = language_find(said[i]);
    if (!rq->lang && accept)
        rq->lang = language_accept(accept);
    if (!rq->lang)
        rq->lang = language_find("en-US");
}

static void choose_theme(struct request *rq)
{
    static const char *const themes[] = {"auto", "light", "dark"};
    const char *said = rq->who && rq->who->theme && *rq->who->theme ? rq->who->theme : request_cookie(rq, "mg_theme");

    rq->theme = themes[0];
    for (size_t i = 0; said && i < COUNT(themes); i++)
        if (strcmp(said, themes[i]) == 0)
            rq->theme = themes[i];
}

void visitor_prefer(struct request *rq)
{
    choose_language(rq);
    choose_theme(rq);
}

bool visitor_identify(struct request *rq)
{
    const char *key = key_sent(rq);
    bool ok = key ? identify_key(rq, key) : rq->route->lane != LANE_PAGES || identify_session(rq);

    if (ok && rq->route->may == SETUP)
        identify_setup(rq);
    visitor_prefer(rq);
    return ok;
}

size_t visitor_body_max(const struct request *rq)
{
    struct snapshot *snapshot;
    size_t max = rq->route->body_max;

    if (rq->route->lane != LANE_RUNS || !max)
        return max;
    snapshot = gate_snapshot(rq->gate);
    if ((size_t)snapshot->settings.values.body_max < max)
        max = (size_t)snapshot->settings.values.body_max;
    snapshot_drop(snapshot);
    return max;
}
