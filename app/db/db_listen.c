/* SPDX-License-Identifier: MIT */
/* db_listen: a connection of its own that hears NOTIFY. Nothing is lost quietly: after each connect the listener reports that
 * something may have come, since it could not hear before. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "db/db_private.h"

struct db_listener {
    char *url, *channel;
    PGconn *pg;
    int64_t retry_at;            /* after a failure: not before */
};

struct db_listener *db_listen(const struct db_options *options, const char *channel)
{
    struct db_listener *l = calloc(1, sizeof(*l));
    if (!l || !(l->url = strdup(options->url)) || !(l->channel = strdup(channel)))
        abort();
    return l;
}

void db_listen_close(struct db_listener *l)
{
    if (!l)
        return;
    PQfinish(l->pg);
    free(l->url);
    free(l->channel);
    free(l);
}

static bool lose(struct db_listener *l)
{
    PQfinish(l->pg);
    l->pg = NULL;
    l->retry_at = clock_mono() + DB_DOWN_US;
    return false;
}

/* The channel's name cannot be a parameter of LISTEN; libpq quotes it. */
static bool subscribe(struct db_listener *l, struct err *err)
{
    char text[160];
    char *name = PQescapeIdentifier(l->pg, l->channel, strlen(l->channel));
    int n = name ? snprintf(text, sizeof(text), "listen %s", name) : -1;
    PQfreemem(name);
    if (n < 0 || (size_t)n >= sizeof(text))
        return fail(err, ERR_INTERNAL, "the channel's name is too long");
    PGresult *r = PQexec(l->pg, text);
    bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;
    PQclear(r);
    return ok || failure_of_connection("the database does not let us listen", l->pg, err);
}

static bool reach(struct db_listener *l, struct err *err)
{
    int64_t wait = l->retry_at - clock_mono();
    if (wait > 0)
        poll(NULL, 0, (int)(wait / 1000 + 1));
    l->pg = conn_reach(l->url, err);
    return l->pg && subscribe(l, err);
}

/* Take what has arrived. */
static bool heard(struct db_listener *l)
{
    bool any = false;
    for (PGnotify *n = PQnotifies(l->pg); n; n = PQnotifies(l->pg)) {
        any = true;
        PQfreemem(n);
    }
    return any;
}

bool db_wait(struct db_listener *l, int timeout_ms, bool *got_r, struct err *err)
{
    int64_t deadline = clock_mono() + timeout_ms * INT64_C(1000);
    *got_r = false;
    if (!l->pg) {
        if (!reach(l, err))
            return lose(l);
        *got_r = true;
        return true;
    }
    while (!(*got_r = heard(l))) {
        int64_t left = deadline - clock_mono();
        if (left <= 0)
            return true;
        struct pollfd p = {.fd = PQsocket(l->pg), .events = POLLIN};
        if (poll(&p, 1, (int)(left / 1000 + 1)) <= 0)
            continue;
        if (!PQconsumeInput(l->pg) || PQstatus(l->pg) != CONNECTION_OK) {
            failure_of_connection("the connection that listens is lost", l->pg, err);
            return lose(l);
        }
    }
    return true;
}
