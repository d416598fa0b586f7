/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H
/* spool: an append-only, checksummed, encrypted record file: what is appended survives the death of the process at once and the
 * loss of power after the next sync. It knows nothing of what a record means. Layout, recovery and bounds: spool.c's head.
 *
 * A folder holds one sub-folder per writing process (<boot id>-<pid>), each with segments of ${segment_bytes} that are
 * preallocated, so an append never fails for lack of room once it was reserved. Segments whose records are all acknowledged
 * (spool_done) are removed after ${keep_s}. */
#include "base/base.h"

struct arena;
struct err;
struct spool;

struct spool_options {
    const char *folder;              /* made if missing, 0700 */
    size_t segment_bytes;            /* 16 MiB */
    uint64_t max_bytes;              /* all segments together; appends that would pass it are refused */
    int refuse_percent;              /* spool_reserve refuses above this share of max_bytes (90); the rest is for runs in flight */
    int keep_s;                      /* how long replayed segments are kept */
    bool sync_each;                  /* durability = power: fdatasync before append returns; else every second by spool_sync */
    const uint8_t *key;              /* CRYPTO_KEY bytes: wraps each segment's own data key */
    uint32_t kid;                    /* which master key that is */
    /* The key of another kid, for what an earlier start left; false if there is none. NULL: there never was another. Any
     * thread. */
    bool (*find_key)(const void *keys, uint32_t kid, uint8_t *key_r);
    const void *keys;                /* lasts as long as the spool */
};

enum {
    SPOOL_PAYLOAD_MAX = 1 << 20,     /* bytes of one record; less where ${segment_bytes} is small: it may fill half a segment */
    SPOOL_RUN_ROOM = 16 << 10        /* bytes spool_reserve keeps for a run */
};

/* Opens and recovers: torn tails are truncated, corruption in the middle is salvaged and the segment copied to quarantine/,
 * folders of dead processes are adopted for reading. ERR_INPUT with path and reason if the folder is not writable, the
 * version is unknown, or the key is wrong. */
must_check bool spool_open(const struct spool_options *, struct spool **spool_r, struct err *);
/* Syncs and closes; unread records stay for the next start. */
void spool_close(struct spool *);

/* Room for one more run (all its records, SPOOL_RUN_ROOM together) below the refuse line, preallocated on disk; else
 * ERR_RECORDING. Costs a few atomics. Each reservation is ended by spool_release, after the run's last record. */
must_check bool spool_reserve(struct spool *, struct err *);
void spool_release(struct spool *);
/* Append one record. On return it survives kill -9 (and power loss with sync_each). Any thread. Payload up to 1 MiB.
 * ERR_RECORDING if it could not be written anywhere. ${type} 1–255 and ${id} (a UUID text) are the caller's. */
must_check bool spool_append(struct spool *, uint8_t type, const char *id, struct bytes payload, struct err *);
/* fdatasync what is not synced yet; a job calls it every second. An error seals the segment and is logged; the descriptor is
 * never synced again. */
void spool_sync(struct spool *);

struct spool_record {
    uint8_t type;
    uint64_t seq;                    /* within its segment */
    char id[37];
    int64_t at;                      /* wall clock µs when it was appended */
    struct bytes payload;            /* decrypted */
    bool adopted;                    /* a process that is dead wrote it */
};
/* The next up to ${max_n} records (or ${max_bytes}) not handed out yet, oldest folder first; n == 0: nothing new. One reader
 * only. */
must_check bool spool_read(struct spool *, struct arena *, size_t max_n, size_t max_bytes, struct list *records_r, struct err *);
/* All records handed out so far are in the database: move the cursor file, remove what may go. */
must_check bool spool_done(struct spool *, struct err *);
/* Hand the same records out again at the next spool_read. */
void spool_again(struct spool *);
/* Keep one record the database refused aside, durable, encrypted, in dlq/, one file per record: readable with spool_dlq_each.
 * ERR_RECORDING if that cannot be done; the record then has to be tried again. */
must_check bool spool_poison(struct spool *, const struct spool_record *, const char *why, struct err *);
/* Call each for every record kept aside, oldest first, until it says false. Any thread. */
must_check bool spool_dlq_each(struct spool *, bool (*each)(void *arg, const struct spool_record *, const char *why), void *arg,
                               struct err *);

struct spool_status {
    uint64_t bytes, max_bytes, waiting, appended, poison, quarantined, reserved;
    int64_t oldest_at;               /* of the records waiting; 0 = none */
    bool refusing, failed;
};
void spool_status(struct spool *, struct spool_status *status_r);

#endif
