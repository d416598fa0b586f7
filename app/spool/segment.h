/* SPDX-License-Identifier: MIT */
#ifndef SPOOL_SEGMENT_H
#define SPOOL_SEGMENT_H
/* segment: one preallocated file of entries. It begins with SEGMENT_HEAD bytes that hold the same header twice, so that a damaged
 * sector does not cost the key of everything behind it:
 *
 *    0 magic "MOONSPL\n"     12 u32 number     24 i64 created, wall µs    40 boot id, 16 B
 *    8 u32 version, 1        16 u32 kid        32 u64 bytes of the file   56 the data key, sealed by the master key: 60 B
 *                            20 u32 zero                                 116 u32 CRC-32C of bytes 0–115
 *
 * The sealed data key is bound to folder name and number, so a segment that was renamed or moved does not open.
 * Magic and version stay where they are in every version to come. */
#include "base/base.h"
#include "base/crypto.h"
#include "spool/entry.h"

struct err;

enum { SEGMENT_HEAD = 4096, SEGMENT_VERSION = 1, SEGMENT_NAME = 24 };

struct segment {
    uint32_t number;                               /* 0 = none */
    int fd;                                        /* -1 = none */
    uint64_t size, end;                            /* bytes of the file; where the next entry goes */
    uint8_t key[CRYPTO_KEY];
};

struct segment_head {
    uint32_t version, number, kid;
    int64_t created;
    uint64_t size;
    uint8_t boot[16], sealed_key[CRYPTO_KEY + ENTRY_MORE];
};

/* The master keys: today's, and how to find that of another kid. */
struct segment_keys {
    const uint8_t *master;
    uint32_t kid;
    bool (*find)(const void *keys, uint32_t kid, uint8_t *key_r);
    const void *keys;
};

enum segment_found { SEGMENT_GOOD, SEGMENT_EMPTY, SEGMENT_DAMAGED, SEGMENT_OF_OTHER_VERSION };

/* "00000007.seg" */
void segment_name(uint32_t number, char out[SEGMENT_NAME]);
/* Create, preallocate, write the header with a new data key, and make file and folder entry durable. On failure nothing is left
 * behind; errno says why besides ${err} (ERR_RECORDING). ${folder} is the name the key is bound to. */
must_check bool segment_create(int folder_fd, const char *folder, const struct segment_head *, const uint8_t master[CRYPTO_KEY],
                               struct segment *segment_r, struct err *);
/* The SEGMENT_HEAD bytes of a new segment, for segment_create and for files made in one go. */
void segment_head_write(const struct segment_head *, const char *folder, const uint8_t master[CRYPTO_KEY],
                        uint8_t key_r[CRYPTO_KEY], uint8_t out[SEGMENT_HEAD]);
/* What the first ${n} bytes of a file say; the second copy is used if the first is damaged. */
enum segment_found segment_head_read(const uint8_t *p, size_t n, struct segment_head *head_r);
/* The data key. ERR_INPUT naming the kids if the master key is not the one. */
must_check bool segment_key(const struct segment_head *, const char *folder, const struct segment_keys *,
                            uint8_t key_r[CRYPTO_KEY], struct err *);

/* All ${n} bytes at ${at}, whatever the kernel takes at a time; false with errno. */
must_check bool write_all(int fd, const uint8_t *p, size_t n, uint64_t at);
/* fdatasync, again after a signal; false with errno. */
must_check bool sync_file(int fd);

/* A part of a file in memory, moved as it is read. Unreadable blocks read as zeros and are counted. */
struct window {
    uint8_t *p;
    size_t room, n;
    int fd;
    uint64_t from;
    uint64_t unreadable;                           /* bytes */
};
void window_open(struct window *, int fd);
/* ${n} bytes (at most ENTRY_MAX) at ${at}; the caller has checked that they are before ${limit}, and nothing from ${limit} on is
 * kept, for another thread may still write there. NULL if the file ends earlier. */
const uint8_t *window_at(struct window *, uint64_t at, size_t n, uint64_t limit);

enum found { FOUND_ENTRY, FOUND_END, FOUND_TORN };
/* The next entry at or after ${*at}, before ${limit}. An entry that is not where it should be is looked for further on
 * (${*at} then moves and ${skipped_r} tells by how much). FOUND_END: only zeros follow; FOUND_TORN: something, but no entry. */
enum found segment_next(struct window *, uint64_t *at, uint64_t limit, struct entry *entry_r, const uint8_t **sealed_r,
                        uint64_t *skipped_r);

#endif
