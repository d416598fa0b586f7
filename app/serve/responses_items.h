/* SPDX-License-Identifier: MIT */
#ifndef SERVE_RESPONSES_ITEMS_H
#define SERVE_RESPONSES_ITEMS_H
/* responses_items: the items of a Responses conversation as messages. What an assistant thought, said and called are items of their own there, and
 * one message here. */
#include "gate/chat.h"

must_check bool responses_items(struct json input, struct chat *, struct arena *, struct err *);

#endif
