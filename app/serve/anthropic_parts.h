/* SPDX-License-Identifier: MIT */
#ifndef SERVE_ANTHROPIC_PARTS_H
#define SERVE_ANTHROPIC_PARTS_H
/* anthropic_parts: the blocks of a request, into the parts, thoughts and calls of a message. */
#include "gate/chat.h"

/* Where a block may stand. */
enum anthropic_place { IN_USER = 1, IN_ASSISTANT = 2, IN_RESULT = 4, IN_SYSTEM = 8 };

/* One message being read. */
struct anthropic_reading {
    struct chat *chat;
    struct arena *arena;
    struct chat_message *message;        /* of a tool's result: a new one of the chat */
    enum anthropic_place place;
    const char *call_mark;               /* what must come back with the next call; NULL */
};

/* ERR_INPUT naming the type of a block that may not stand there or means nothing elsewhere. */
must_check bool anthropic_block_read(struct anthropic_reading *, struct json block, const char *field, enum anthropic_place, struct err *);
must_check bool anthropic_blocks_read(struct anthropic_reading *, struct json list, const char *field, enum anthropic_place, struct err *);
/* List the members of ${object} that are not in ${known} as dropped, "tools.cache_control", each once. */
void anthropic_drop_others(struct json object, const char *const known[], const char *place, struct chat *, struct arena *);

#endif
