/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_SPOOL_PRIVATE_H
#define SPOOL_SPOOL_PRIVATE_H
/* What the files of spool share: spool.c opens, closes and counts; spool_append.c writes; spool_sync.c makes durable and
 * repairs; spool_room.c makes segments and grants reservations; spool_adopt.c takes over folders; spool_read.c hands out;
 * spool_keep.c removes and keeps aside. */
#include <stdatomic.h>

#include "base/lock.h"
#include "spool/folder.h"
#include "spool/spool.h"
#include "spool/tail.h"

enum {
    SPARES_MAX = 16,                               /* preallocated segments waiting */
    CLOSING_MAX = 8,                               /* full segments not yet synced */
    TAIL_ROOM = 4 << 20,
    FOLDERS_MAX = 256,                             /* adopted at a time */
    REPAIRS = 3,                                   /* fresh segments tried after an error */
};

/* A segment of this process that the reader has not heard of, or the one being written. */
struct written {
    uint32_t number;
    uint64_t end;
};

struct spool {
    struct spool_options options;
    uint8_t master[CRYPTO_KEY], boot[16];
    int root_fd;                                   /* options.folder */
    char name[FOLDER_NAME];                        /* of the own sub-folder */
    int own_fd;

    struct lock lock;                              /* guards the writing side, down to written_n */
    pthread_cond_t changed;
    struct segment live, spares[SPARES_MAX], closing[CLOSING_MAX];
    size_t spare_n, closing_n;
    uint32_t next_number;
    bool preparing;                                /* a thread creates a segment */
    bool syncing;                                  /* a thread syncs or repairs; only it closes descriptors */
    bool repairing;                                /* nothing is appended meanwhile */
    uint64_t next_seq, synced_seq;
    uint8_t skipped;                               /* seqs given up since the last entry */
    unsigned followers;                            /* appends waiting for another's sync */
    int64_t sync_us;                               /* how long the last one took */
    struct tail tails[2];                          /* [filling], and the one being synced */
    size_t filling, tail_room;
    struct written *written;                       /* the last is the live one */
    size_t written_n, written_room;

    /* The live segment's key, so that sealing needs no lock: words first, then the turn; who finds another turn under the lock
     * than it sealed with seals again. */
    _Atomic uint64_t turn, key_words[CRYPTO_KEY / 8];

    _Atomic int64_t bytes;                         /* on disk, all that is in the folder */
    _Atomic int64_t others;                        /* of it in folders of other processes alive */
    _Atomic int64_t room;                          /* of it preallocated and free: rest of the live segment, and spares */
    _Atomic int64_t reserved;                      /* runs */
    _Atomic uint64_t appended, last_seq, own_done, adopted_waiting, poison, quarantined;
    _Atomic int64_t aside_bytes;                   /* dlq/ and quarantine/ */
    _Atomic int64_t oldest_at;
    _Atomic bool full;                             /* the disk had no room; tried again every second */
    _Atomic bool failed;                           /* nothing can be written; tried again every second */

    /* The reader's; one thread. */
    struct folder *own, **folders;                 /* folders: adopted, oldest first */
    size_t folder_n;
    struct window window;
    bool outstanding;                              /* records were handed out and are not done */
    uint64_t own_synced;                           /* synced_seq when the reader last looked */
    struct {
        struct folder *folder;
        uint32_t number;
        int fd;
        uint8_t key[CRYPTO_KEY];
        bool good;                                 /* the key is known */
    } reading;
    int64_t looked_at;                             /* clock_mono µs of the last look for orphans */
    char refused[8][FOLDER_NAME];                  /* adopted late and not readable: said once */
    size_t refused_n;
};

/* spool_room.c: with the lock held; they may drop and take it again. */
/* One more segment. ${ahead}: only as a spare, within max_bytes. False: no room (err says so). */
must_check bool room_prepare(struct spool *, bool ahead, struct err *);
/* Go on in the next segment; true also if another thread changed something meanwhile: look again. */
must_check bool room_next(struct spool *, struct err *);
/* Make a spare the live segment. */
void room_activate(struct spool *);
/* Create ahead what the reservations and the next second will need. */
void room_ahead(struct spool *);
bool room_refusing(struct spool *);

/* spool_sync.c: with the lock held; they drop and take it again. The caller has seen that !syncing. */
void sync_now(struct spool *, bool linger);
/* Leave the live segment after a write error and write again elsewhere what is not synced; ${failed} tells as well. */
bool sync_repair(struct spool *);
/* Until everything up to ${seq} is durable. */
must_check bool sync_wait(struct spool *, uint64_t seq, struct err *);

/* spool_append.c: seal and write one entry at the live segment's end; false with errno. */
must_check bool append_entry(struct spool *, const struct entry *, uint8_t *sealed);

/* spool_adopt.c: ${strict}: a folder that cannot be read is an error; else it is logged and left alone. */
must_check bool read_adopt(struct spool *, bool strict, struct err *);

/* spool_read.c: let go of the segment that is open. */
void read_close(struct spool *);
/* Figures for spool_status: how much waits, since when. */
void read_publish(struct spool *);

/* spool_keep.c */
/* Remove what is done and old enough, or done and in the way. */
void keep_sweep(struct spool *);
/* A link of a damaged segment to quarantine/. */
void keep_quarantine(struct spool *, struct folder *, struct folder_segment *);
/* Count what quarantine/ and dlq/ hold. */
void keep_count(struct spool *);

static inline struct segment_keys spool_keys(const struct spool *sp)
{
    return (struct segment_keys){sp->master, sp->options.kid, sp->options.find_key, sp->options.keys};
}

#endif
