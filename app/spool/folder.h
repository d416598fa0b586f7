/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_FOLDER_H
#define SPOOL_FOLDER_H
/* folder: the sub-folder of one writing process as its reader sees it: which segments there are, how far they are read, how far
 * they are done, and when they may go. The process that reads it holds its flock. One thread. */
#include "base/base.h"
#include "spool/segment.h"

struct err;

enum { FOLDER_NAME = 64, FOLDER_GAPS = 16 };

/* Seqs [from, to) that were missing where they belonged. They may follow in a later segment: after a write error what was not
 * yet synced is written again. */
struct gap {
    uint64_t from, to;
};

/* Everything before this is read (or done). */
struct position {
    uint32_t number;                               /* segment */
    uint64_t offset;
    uint64_t next_seq;                             /* expected; 0 = not known */
    size_t gap_n;
    bool gap_forgotten;                            /* there were too many: an old seq may be new */
    struct gap gaps[FOLDER_GAPS];
};

struct folder_segment {
    uint32_t number;
    uint64_t size;                                 /* bytes on disk */
    uint64_t limit;                                /* entries end here at the latest */
    uint64_t reported;                             /* damage before this offset is known */
    int64_t expires;                               /* clock_mono µs; 0 = not done yet */
    bool kept;                                     /* a link is in quarantine/ */
};

struct folder {
    char name[FOLDER_NAME];
    int fd;
    bool own;                                      /* this process writes it */
    bool ended;                                    /* of an adopted one: everything was read */
    int64_t born;                                  /* wall µs; oldest first */
    int64_t done_at;                               /* wall µs of the cursor found, 0 = none */
    uint64_t last_seq;                             /* 0 = none known */
    struct position read, done;
    size_t segment_n, segment_room;
    struct folder_segment *segments;               /* by number */
};

/* "<boot id>-<pid>" or "<boot id>-<pid>-<n>" */
bool folder_name_valid(const char *name);
/* An open, locked folder with room for ${room} segments. The descriptor belongs to it. */
struct folder *folder_new(const char *name, int fd, size_t room);
void folder_free(struct folder *);
/* Make ${base}, or ${base}-1, … under ${root_fd}, and lock it; name and descriptor. ERR_INPUT with the reason. */
must_check bool folder_make(int root_fd, const char *base, char name_r[FOLDER_NAME], int *fd_r, struct err *);
/* Open and lock a folder of a dead process. False without an error if it is gone or its process lives. */
bool folder_lock(int root_fd, const char *name, int *fd_r);

/* List the segments, check that each is of our version and opens with our key (else ERR_INPUT), remove those that were never
 * used, make the rest durable, read the cursor. ${window} is working room. */
must_check bool folder_load(struct folder *, const struct segment_keys *, struct window *, struct err *);
/* The first segment from ${number} on, or NULL. */
struct folder_segment *folder_segment_from(const struct folder *, uint32_t number);
/* Add or update a segment of the own folder. */
void folder_segment_set(struct folder *, uint32_t number, uint64_t size, uint64_t limit);
/* Open a segment for reading and get its data key. False: *missing_r if the file is gone; ERR_INPUT as folder_load. */
must_check bool folder_open_segment(struct folder *, uint32_t number, const struct segment_keys *, int *fd_r,
                                    uint8_t key_r[CRYPTO_KEY], enum segment_found *found_r, struct err *);
/* Cut a segment off after its last entry: what follows was preallocated and never used. */
void folder_segment_trim(struct folder *, struct folder_segment *, uint64_t end);
/* Take a segment off the list. */
void folder_segment_forget(struct folder *, struct folder_segment *);
/* Remember ${done} in the file "cursor". Only an optimisation: what it does not say is read again. */
bool folder_cursor_write(struct folder *, struct err *);
/* Entries between done and the end, as far as known. */
uint64_t folder_waiting(const struct folder *);
/* Bytes of all files in the folder ${name}; 0 if it is gone. */
uint64_t folder_bytes(int root_fd, const char *name, bool links_too);

/* Whether ${seq} was not read before; moves the position. ${missed_r}: how many before it are missing. */
bool position_take(struct position *, uint64_t seq, uint8_t skipped, uint64_t *missed_r);
/* Give up on gaps up to seq ${last}; how many seqs that were. */
uint64_t position_give_up(struct position *, uint64_t last);

#endif
