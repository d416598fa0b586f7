/* SPDX-License-Identifier: MIT */
/* From the spool into the tables: once, whatever dies in between. */
#include "jobs/replay_job.h"

#include <pthread.h>
#include <sys/wait.h>

#include "base/crypto.h"
#include "base/parse.h"
#include "db/intents.h"
#include "gate.h"
#include "gate/record.h"
#include "jobs/jobs.h"
#include "spool/spool.h"

static struct jobs_options options;
static pthread_t thread;

static void spool_begin(void)
{
    static const uint8_t key[CRYPTO_KEY] = {1};
    struct spool_options spool = {.folder = in_folder("spool"), .segment_bytes = 1 << 20, .max_bytes = 64 << 20, .refuse_percent = 90, .key = key,
                                  .kid = 1};
    must(spool_open(&spool, &gate.spool, &err));
}

static int begin(void **state)
{
    if (gate_begin(state, "replay") != 0)
        return -1;
    options = (struct jobs_options){.gate = &gate, .installation = new_id(), .process = new_id()};
    spool_begin();
    return 0;
}

static int end(void **state)
{
    spool_close(gate.spool);
    return gate_end(state);
}

static int clean(void **state)
{
    (void)state;
    statement("delete from runs; delete from attempts; delete from intents; delete from spend");
    return 0;
}

static void *job_main(void *arg)
{
    (void)arg;
    replay_job(&options);
    return NULL;
}

static void job_start(void)
{
    gate.stopping = false;
    assert_int_equal(pthread_create(&thread, NULL, job_main, NULL), 0);
}

static void job_stop(void)
{
    lock_take(&gate.lock);
    gate.stopping = true;
    pthread_cond_broadcast(&gate.woken);
    lock_drop(&gate.lock);
    pthread_join(thread, NULL);
}

/* Until the statement says ${n}, for at most ten seconds. */
static void wait_for(const char *text, int64_t n)
{
    int64_t found = -1, until = clock_mono() + 10000000;
    while (clock_mono() < until && (found = number(text)) != n)
        usleep(20000);
    if (found != n)
        fail_msg("%s: %lld, not %lld", text, (long long)found, (long long)n);
}

static uint64_t aside(void)
{
    struct spool_status status;
    spool_status(gate.spool, &status);
    return status.poison;
}

static struct run_entry entry_new(void)
{
    struct run_entry entry = {.run = {
        .id = new_id(), .started_at = clock_wall(), .api = "openai.chat", .status = "ok", .http_status = 200, .requested_model = "m",
        .actual_model = "m", .provider_id = "p", .provider_name = "模型", .tokens_in = 3, .tokens_out = 4, .cost_micros = 5, .attempts = 1,
        .key_id = "k", .data_class = "public", .policy_profile = "standard", .decision = "[]"}};
    struct attempt_row *attempt = list_add(a, &entry.attempts, sizeof(*attempt));
    *attempt = (struct attempt_row){.run_id = entry.run.id, .n = 1, .provider_id = "p", .provider_name = "模型", .model = "m", .result = "ok"};
    return entry;
}

static struct run_entry intent_of(const struct run_entry *entry)
{
    struct run_entry intent = *entry;
    intent.run.status = "running";
    intent.attempts = (struct list){0};
    return intent;
}

static void write_intent(const struct run_entry *entry)
{
    struct run_entry intent = intent_of(entry);
    must(record_write(gate.spool, RECORD_INTENT, &intent, a, &err));
}

static void write_final(const struct run_entry *entry)
{
    must(record_write(gate.spool, RECORD_FINAL, entry, a, &err));
}

static void test_each_run_once(void **state)
{
    (void)state;
    struct run_entry entries[60];
    for (size_t i = 0; i < COUNT(entries); i++) {
        entries[i] = entry_new();
        write_intent(&entries[i]);
        if (i % 2)
            write_final(&entries[i]);
    }
    for (size_t i = 0; i < COUNT(entries); i += 2)
        write_final(&entries[i]);
    for (size_t i = 0; i < COUNT(entries); i += 7)
        write_final(&entries[i]);                            /* said twice */
    job_start();
    wait_for("select count(*) from runs", COUNT(entries));
    for (size_t i = 0; i < COUNT(entries); i += 3)
        write_final(&entries[i]);                            /* and once more, when it is there already */
    struct run_entry last = entry_new();
    write_final(&last);
    wait_for(arena_printf(a, "select count(*) from runs where id = '%s'", last.run.id), 1);
    job_stop();
    assert_int_equal(number("select count(*) from runs"), COUNT(entries) + 1);
    assert_int_equal(number("select count(*) from attempts"), COUNT(entries) + 1);
    assert_int_equal(number("select sum(runs) from spend"), COUNT(entries) + 1);
    assert_int_equal(number("select sum(cost_micros) from spend"), 5 * (COUNT(entries) + 1));
    assert_int_equal(number("select count(*) from intents"), 0);
    assert_int_equal(number("select count(*) from runs where status <> 'ok'"), 0);
    assert_int_equal(aside(), 0);
}

static void test_an_intent_until_its_final(void **state)
{
    (void)state;
    struct run_entry entry = entry_new();
    job_start();
    write_intent(&entry);
    wait_for("select count(*) from intents", 1);
    assert_int_equal(number("select count(*) from runs"), 0);
    assert_int_equal(number(arena_printf(a, "select count(*) from intents where process = '%s'", options.process)), 1);
    write_final(&entry);
    wait_for("select count(*) from runs", 1);
    wait_for("select count(*) from intents", 0);
    job_stop();
}

/* A stop empties the spool while the database takes it. */
static void test_a_stop_brings_the_rest(void **state)
{
    (void)state;
    for (int i = 0; i < 700; i++) {
        struct run_entry entry = entry_new();
        write_final(&entry);
    }
    job_start();
    job_stop();
    assert_int_equal(number("select count(*) from runs"), 700);
}

static bool count_dlq(void *arg, const struct spool_record *record, const char *why)
{
    assert_true(record->payload.n > 0 && *why);
    ++*(int *)arg;
    return true;
}

/* A record the database refuses is found among the others and kept aside; the others go on. */
static void test_poison(void **state)
{
    (void)state;
    uint64_t before = aside();
    int kept = 0;
    for (int i = 0; i < 40; i++) {
        struct run_entry entry = entry_new();
        if (i == 7)
            entry.run.attempts = (int64_t)1 << 40;           /* the column is an integer */
        if (i == 13)
            entry.run.decision = "not JSON";
        if (i == 29)
            must(spool_append(gate.spool, RECORD_FINAL, entry.run.id, bytes_of("no record"), &err));
        else
            write_final(&entry);
    }
    job_start();
    wait_for("select count(*) from runs", 37);
    struct run_entry after = entry_new();
    write_final(&after);
    wait_for("select count(*) from runs", 38);
    job_stop();
    assert_int_equal(aside(), before + 3);
    must(spool_dlq_each(gate.spool, count_dlq, &kept, &err));
    assert_int_equal(kept, 3);
}

/* A table that is missing, or a right, is no fault of the records. */
static void test_a_sick_database_is_waited_out(void **state)
{
    (void)state;
    uint64_t before = aside();
    statement("alter table spend rename to spend_away");
    for (int i = 0; i < 5; i++) {
        struct run_entry entry = entry_new();
        write_final(&entry);
    }
    job_start();
    usleep(400000);
    assert_int_equal(number("select count(*) from runs"), 0);
    statement("alter table spend_away rename to spend");
    wait_for("select count(*) from runs", 5);
    job_stop();
    assert_int_equal(aside(), before);
}

static void intent_row(const char *run_id, const char *installation, const char *process, const char *payload_hex)
{
    struct intent_owner owner = {installation, process};
    must(intents_insert(db, a, &owner, &run_id, &payload_hex, 1, &err));
}

static const char *packed_hex(const struct run_entry *entry)
{
    struct list records;
    struct spool *kept = gate.spool;
    static const uint8_t key[CRYPTO_KEY] = {2};
    struct spool_options spool = {.folder = in_folder("other"), .segment_bytes = 1 << 20, .max_bytes = 64 << 20, .refuse_percent = 90, .key = key,
                                  .kid = 1};
    must(spool_open(&spool, &gate.spool, &err));
    write_intent(entry);
    must(spool_read(gate.spool, a, 1, 1 << 20, &records, &err));
    const char *hex = hex_text(((const struct spool_record *)records.items)->payload, a);
    must(spool_done(gate.spool, &err));
    spool_close(gate.spool);
    gate.spool = kept;
    return hex;
}

/* What an earlier process of this installation began and did not end was interrupted; another installation's is its own. */
static void test_interrupted(void **state)
{
    (void)state;
    uint64_t before = aside();
    struct run_entry mine = entry_new(), others = entry_new(), now = entry_new(), spoiled = entry_new(), refused = entry_new();
    const char *dead = new_id();
    refused.run.attempts = (int64_t)1 << 40;
    intent_row(spoiled.run.id, options.installation, dead, "00ff");
    intent_row(refused.run.id, options.installation, dead, packed_hex(&refused));
    intent_row(mine.run.id, options.installation, dead, packed_hex(&mine));
    intent_row(others.run.id, new_id(), dead, packed_hex(&others));
    intent_row(now.run.id, options.installation, options.process, packed_hex(&now));
    job_start();
    wait_for("select count(*) from runs where status = 'interrupted'", 1);
    wait_for("select count(*) from intents", 2);
    job_stop();
    assert_int_equal(number(arena_printf(a, "select count(*) from runs where id = '%s' and error_code = 'interrupted' and provider_name = '模型'",
                                         mine.run.id)), 1);
    assert_int_equal(number("select count(*) from runs"), 1);
    assert_int_equal(number(arena_printf(a, "select count(*) from intents where run_id in ('%s', '%s')", others.run.id, now.run.id)), 2);
    assert_int_equal(aside(), before + 2);
}

/* A process dies with its spool: what it ended is there as it ended, what it began is interrupted. */
static void test_a_dead_process(void **state)
{
    (void)state;
    struct run_entry ended = entry_new(), begun = entry_new(), later = entry_new();
    int status;
    spool_close(gate.spool);
    pid_t pid = fork();
    if (pid == 0) {
        spool_begin();
        write_intent(&ended);
        write_intent(&begun);
        write_final(&ended);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    spool_begin();
    options.process = new_id();
    write_intent(&later);
    job_start();
    wait_for("select count(*) from runs where status = 'interrupted'", 1);
    wait_for("select count(*) from intents", 1);
    job_stop();
    assert_int_equal(number("select count(*) from runs"), 2);
    assert_int_equal(number(arena_printf(a, "select count(*) from runs where id = '%s' and status = 'ok'", ended.run.id)), 1);
    assert_int_equal(number(arena_printf(a, "select count(*) from runs where id = '%s' and status = 'interrupted'", begun.run.id)), 1);
    assert_int_equal(number(arena_printf(a, "select count(*) from intents where run_id = '%s'", later.run.id)), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_each_run_once, clean),
        cmocka_unit_test_setup(test_an_intent_until_its_final, clean),
        cmocka_unit_test_setup(test_a_stop_brings_the_rest, clean),
        cmocka_unit_test_setup(test_poison, clean),
        cmocka_unit_test_setup(test_a_sick_database_is_waited_out, clean),
        cmocka_unit_test_setup(test_interrupted, clean),
        cmocka_unit_test_setup(test_a_dead_process, clean),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
