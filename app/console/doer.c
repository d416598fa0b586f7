/* SPDX-License-Identifier: MIT */
#include "console/doer.h"

#include <string.h>

#include "base/clock.h"
#include "gate/gate.h"
#include "gate/snapshot.h"

struct change change_of(struct request *rq)
{
    struct actor *actor = NEW(rq->arena, struct actor);

    *actor = (struct actor){
        .name = rq->who ? rq->who->actor : "setup", .role = rq->who ? role_word(rq->who->role) : "",
        .remote_addr = rq->remote_addr, .request_id = rq->request_id,
    };
    return (struct change){.db = rq->db, .arena = rq->arena, .actor = actor, .keyring = rq->gate->keyring, .gate = rq->gate};
}

bool form_read_any(struct request *rq, const struct form_field fields[], void *values, struct form *form_r)
{
    *form_r = (struct form){0};
    return (request_is_api(rq) && rq->body.n == 0) || form_read(rq, fields, values, form_r);
}

bool form_read_nothing(struct request *rq)
{
    static const struct form_field nothing[] = {FORM_END};
    struct form form;
    char none;

    return form_read_any(rq, nothing, &none, &form);
}

bool form_takes_err(struct request *rq, struct form *form)
{
    struct err err = rq->err;
    bool about_field = err.field[0] && (err.kind == ERR_INPUT || err.kind == ERR_INVALID || err.kind == ERR_CONFLICT);

    if (!about_field || (err.kind == ERR_CONFLICT && request_is_api(rq)))
        return false;
    if (err.kind == ERR_CONFLICT && !err.message)
        err.message = "form.taken";
    form_problem(rq, form, arena_text(rq->arena, err.field), err.message ? err.message : "form.not_possible",
                 arena_text(rq->arena, err.value), arena_text(rq->arena, err.allowed));
    rq->err = (struct err){.kind = ERR_NONE};
    return true;
}

const char *safe_path(const char *path, const char *otherwise)
{
    if (!path || strncmp(path, "/admin/", 7) != 0 || strlen(path) > 1000)
        return otherwise;
    for (const char *p = path; *p; p++)
        if ((unsigned char)*p <= ' ' || *p == '\\' || (unsigned char)*p >= 0x7f)
            return otherwise;
    return path;
}

struct span span_of(int64_t seconds)
{
    int64_t now = clock_wall();

    return (struct span){now - seconds * 1000000, now + 1000000};
}
