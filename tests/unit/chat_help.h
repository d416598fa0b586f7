/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_CHAT_HELP_H
#define TESTS_UNIT_CHAT_HELP_H
/* chat_help: looking at the chat that a client API's body was read into. */
#include "gate/chat.h"
#include "gate_help.h"

static struct chat *chat;

__attribute__((unused)) static const struct chat_message *message(size_t i)
{
    assert_true(i < chat->messages.n);
    return (const struct chat_message *)chat->messages.items + i;
}

__attribute__((unused)) static const struct chat_part *part(size_t i, size_t k)
{
    assert_true(k < message(i)->parts.n);
    return (const struct chat_part *)message(i)->parts.items + k;
}

#endif
