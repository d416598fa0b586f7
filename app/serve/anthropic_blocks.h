/* SPDX-License-Identifier: MIT */
#ifndef SERVE_ANTHROPIC_BLOCKS_H
#define SERVE_ANTHROPIC_BLOCKS_H
/* anthropic_blocks: the content of an Anthropic answer. A whole answer is a list of blocks; a stream says the same blocks one after another, each
 * between its start and its stop. Providers may say text and several calls all at once: what does not belong to the open block waits. */
#include "base/json_write.h"
#include "gate/chat.h"

enum block_type { BLOCK_NONE, BLOCK_THINKING, BLOCK_TEXT, BLOCK_TOOL };

struct anthropic_blocks {
    struct arena *arena, *scratch;
    bool (*send)(void *arg, struct bytes event);         /* one event as it goes over the wire */
    void *arg;
    bool begun;                                          /* message_start was said; its sender's own */
    enum block_type open;
    bool is_signed;                                      /* the open thinking */
    int64_t index;                                       /* of the open block; else of the next one */
    struct list calls;                                   /* struct block_call, by the index of events */
    size_t call;                                         /* the open one */
    struct list late;                                    /* struct block_late: what came while a call was open that is not yet whole */
    size_t late_n;                                       /* bytes of them */
};

/* Say what an event means. False if send() says so, or if a provider goes beyond any bounds. EVENT_RAW is not for here. */
must_check bool blocks_event(struct anthropic_blocks *, const struct chat_event *);
/* Nothing more comes: say what waits, and close. Twice is once. */
must_check bool blocks_end(struct anthropic_blocks *);
/* An event being written: "event: …, data: …"; the caller puts one JSON object into it and hands it to blocks_send. */
struct buf blocks_new_event(struct arena *, const char *name);
must_check bool blocks_send(struct anthropic_blocks *, struct buf *);

#endif
