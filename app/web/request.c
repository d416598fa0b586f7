/* SPDX-License-Identifier: MIT */
#include "web/request.h"

#include <string.h>

#include "web/request_private.h"
#include "web/urlencoded.h"

static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};

const char *method_text(enum method method)
{
    return (size_t)method < COUNT(methods) ? methods[method] : "?";
}

enum method method_of(const char *word)
{
    for (size_t i = 0; word != NULL && i < COUNT(methods); i++)
        if (strcmp(methods[i], word) == 0)
            return (enum method)i;
    return METHOD_OTHER;
}

const char *request_path_param(const struct request *rq, const char *name)
{
    return pairs_find(rq->path_params, rq->path_params_n, name);
}

const char *request_query(const struct request *rq, const char *name)
{
    return pairs_find(rq->query_params, rq->query_params_n, name);
}

const char *request_header(const struct request *rq, const char *name)
{
    return pairs_find(rq->headers, rq->headers_n, name);
}

/* A person with a session, not a program with a key. */
static bool has_session(const struct request *rq)
{
    return rq->who != NULL && rq->csrf != NULL && rq->csrf[0] != '\0';
}

static bool role_from(const struct request *rq, enum may least)
{
    return rq->who != NULL && rq->role >= (int)least && rq->role <= ADMIN;
}

bool request_may(const struct request *rq, enum may level)
{
    switch (level) {
    case ANYONE:
        return true;
    case SETUP:
        return rq->role == SETUP;
    case KEY_HOLDER:
        return rq->who != NULL && (!has_session(rq) || role_from(rq, DEVELOPER));
    case VIEWER:
        return role_from(rq, VIEWER) || (rq->who != NULL && rq->role == AUDITOR);
    case DEVELOPER:
    case OPERATOR:
    case ADMIN:
        return role_from(rq, level);
    case AUDITOR:
        return rq->who != NULL && (rq->role == AUDITOR || rq->role == ADMIN);
    case SIGNED_IN:
        return has_session(rq);
    }
    return false;
}

static bool is_in(const char *const names[], const char *name)
{
    for (; *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

bool request_allow_query(struct request *rq, const char *const names[])
{
    for (size_t i = 0; i < rq->query_params_n; i++) {
        if (is_in(names, rq->query_params[i].name))
            continue;
        struct buf known = buf_new(rq->arena, 4096);
        for (const char *const *name = names; *name != NULL; name++)
            buf_printf(&known, "%s%s", name == names ? "" : ", ", *name);
        buf_char(&known, '\0');
        fail_field(&rq->err, rq->query_params[i].name, rq->query_params[i].value, known.p);
        rq->err.kind = ERR_UNKNOWN_FIELD;
        return false;
    }
    return true;
}

bool request_is_api(const struct request *rq)
{
    return rq->face != FACE_HTML && rq->face != FACE_PLAIN;
}
