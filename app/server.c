/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "base/metrics.h"
#include "console/console.h"
#include "console/error_page.h"
#include "console/pages.h"
#include "console/shell.h"
#include "console/visitor.h"
#include "db/db.h"
#include "demo.h"
#include "gate/gate.h"
#include "gate/health.h"
#include "gate/installation.h"
#include "gate/relay.h"
#include "gate/seal.h"
#include "gate/session.h"
#include "jobs/jobs.h"
#include "net/http.h"
#include "routes.h"
#include "spool/spool.h"
#include "web/catalogue.h"
#include "web/web.h"

enum { DRAIN_MS = 20000, PAGES_MS = 5000, BACKLOG = 4096, SIGN_INS_PER_MINUTE = 20 };

/* Everything open, in the order it was opened. What is shared between threads is in struct gate (see its head), the database pool and the metrics. */
struct server {
    const struct installation *in;
    struct gate gate;
    struct templates *templates;
    struct web *web;
    struct jobs *jobs;
    char process[ID_TEXT];
};

/* From the tables; with the database down from the file the last one left. */
static bool open_snapshot(struct server *s, struct err *err)
{
    struct gate *gate = &s->gate;
    struct snapshot *snapshot;
    struct err restoring = {0};

    if (snapshot_load(gate->db, &gate->base, &snapshot, err)) {
        gate_use(gate, snapshot);
        if (!snapshot_save(snapshot, gate->keyring, gate->snapshot_path, err))
            return fail_field_as(err, "start.var_unwritable", "MOONGATE_VAR", gate->snapshot_path, err->text);
        return true;
    }
    if (err->kind != ERR_DATABASE) {
        if (err->kind == ERR_INTERNAL)
            err->message = "start.master_key_wrong";
        return false;
    }
    log_err(NULL, LOG_WARN, "database not reached, starting from the snapshot file", err);
    if (snapshot_restore(gate->snapshot_path, &gate->base, &snapshot, &restoring)) {
        gate_use(gate, snapshot);
        return true;
    }
    if (restoring.kind != ERR_NOT_FOUND) {
        *err = restoring;
        err->message = "start.snapshot_bad";
    } else {
        err->message = "start.no_database";
    }
    return false;
}

static bool find_spool_key(const void *keyring, uint32_t kid, uint8_t *key_r)
{
    return keyring_derive(keyring, kid, "spool", key_r);
}

static bool open_spool(struct server *s, struct arena *a, struct err *err)
{
    const struct settings *settings = &s->gate.snapshot->settings.values;
    uint8_t *key = arena_alloc(a, CRYPTO_KEY);
    struct spool_options options = {
        .folder = s->in->spool_folder, .segment_bytes = 16 << 20, .max_bytes = (uint64_t)settings->spool_mb << 20, .refuse_percent = 90,
        .keep_s = (int)settings->spool_keep_s, .sync_each = settings->durability[0] == 'p', .key = key, .kid = keyring_kid(s->gate.keyring),
        .find_key = find_spool_key, .keys = s->gate.keyring,
    };

    if (!keyring_derive(s->gate.keyring, options.kid, "spool", key))
        return fail(err, ERR_INTERNAL, "no key for the spool");
    if (spool_open(&options, &s->gate.spool, err))
        return true;
    err->message = "start.spool";
    return false;
}

static bool open_web(struct server *s, const struct catalogues *catalogues, struct arena *a, struct err *err)
{
    struct snapshot *snapshot = gate_snapshot(&s->gate);     /* the jobs run already and may put another in its place */
    const struct settings *settings = &snapshot->settings.values;
    struct web_options options = {
        .socket = s->in->socket, .backlog = BACKLOG, .run_workers = (size_t)settings->run_workers,
        .page_workers = (size_t)settings->page_workers, .page_queue = (size_t)settings->page_queue, .routes = routes,
        .catalogues = catalogues, .db = s->gate.db, .gate = &s->gate, .identify = visitor_identify, .body_max = visitor_body_max, .shell = shell_of,
        .error_page = error_page,
    };

    snapshot_drop(snapshot);
    if (!console_open(&(struct console_options){.catalogues = catalogues, .static_folder = arena_printf(a, "%s/static", s->in->home), .version = "0.1",
                                                .demo = getenv("MOONGATE_DEMO_URL") != NULL}, err))
        return false;
    if (!templates_load(arena_printf(a, "%s/templates", s->in->home), console_pages, shell_fields, catalogues, &s->templates, err))
        return false;
    options.templates = s->templates;
    if (mkdir(arena_printf(a, "%s/run", s->in->var), 0750) != 0 && errno != EEXIST)
        return fail_field_as(err, "start.var_unwritable", "MOONGATE_VAR", s->in->var, strerror(errno));
    return web_open(&options, &s->web, err);
}

static bool open_gate(struct server *s, struct arena *a, struct err *err)
{
    struct gate *gate = &s->gate;
    const struct installation *in = s->in;

    lock_init(&gate->lock, "gate");
    lock_cond_init(&gate->woken);
    throttle_init(&gate->sign_ins, "sign_ins", SIGN_INS_PER_MINUTE);
    gate->snapshot_path = in->snapshot_file;
    gate->db = installation_db(in);
    breakers_init(&gate->breakers);
    gate->health = health_new();
    if (!installation_keyring(in, gate->db, true, a, &gate->keyring, err))
        return false;
    gate->base = (struct snapshot_base){gate->keyring, &in->settings};
    return open_snapshot(s, err) && open_spool(s, a, err);
}

static void start_threads(struct server *s)
{
    relays_start(&s->gate, (size_t)s->gate.snapshot->settings.values.relay_loops);
    id_new(s->process);
    s->jobs = jobs_start(&(struct jobs_options){.gate = &s->gate, .database_url = s->in->database_url, .installation = s->in->id,
                                                .process = s->process});
}

/* What a person at the terminal needs: where to go, and on the first start how to get in. */
static void say_ready(struct server *s, const struct catalogues *catalogues, const struct language *lang, struct arena *a)
{
    const char *token = setup_begin(&s->gate, a);
    struct message_arg args[] = {{"address", s->in->address, 0}, {"token", token, 0}, {NULL, NULL, 0}};

    if (token)
        puts(message(catalogues, lang, "start.setup_link", args, a));
    fflush(stdout);
    log_info(NULL, "ready", "address=%s socket=%s home=%s", s->in->address, s->in->socket, s->in->home);
}

/* SIGTERM, SIGINT, SIGQUIT end; SIGHUP reads the settings again. */
static void wait_for_end(struct server *s, const sigset_t *signals)
{
    int got = 0;

    while (got != SIGTERM && got != SIGINT && got != SIGQUIT) {
        if (sigwait(signals, &got) == 0 && got == SIGHUP)
            gate_wake_reload(&s->gate);
    }
    log_info(NULL, "stopping", "signal=%d runs_in_flight=%lld", got, (long long)metric_get(METRIC_runs_in_flight));
}

static void close_all(struct server *s)
{
    if (s->web)
        web_stop(s->web, PAGES_MS);
    if (s->gate.relays)
        relays_stop(&s->gate, DRAIN_MS);
    if (s->jobs)
        jobs_stop(s->jobs);
    if (s->web)
        web_close(s->web);
    templates_free(s->templates);
    if (s->gate.spool)
        spool_close(s->gate.spool);
    snapshot_drop(s->gate.snapshot);
    health_free(s->gate.health);
    db_close(s->gate.db);
}

/* Signals are blocked in every thread and taken by this one. A broken pipe is an error code, never a signal. */
static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGQUIT);
    sigaddset(signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

bool server_run(const struct installation *in, const struct catalogues *catalogues, const struct language *lang, struct arena *a, struct err *err)
{
    struct server server = {.in = in};
    sigset_t signals;
    bool ok;

    if (!installation_lock(in, a, err))
        return false;
    prctl(PR_SET_DUMPABLE, 0);               /* no core image, no ptrace by others: secrets are in memory */
    block_signals(&signals);
    http_global_open();
    ok = open_gate(&server, a, err);
    if (ok) {
        start_threads(&server);
        if (metric_get(METRIC_database_up))
            demo_settle(&server.gate, in);
        ok = open_web(&server, catalogues, a, err);
    }
    if (ok) {
        say_ready(&server, catalogues, lang, a);
        wait_for_end(&server, &signals);
    }
    close_all(&server);
    http_global_close();
    return ok;
}
