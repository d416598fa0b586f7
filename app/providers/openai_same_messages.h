/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OPENAI_SAME_MESSAGES_H
#define PROVIDERS_OPENAI_SAME_MESSAGES_H
/* openai_same_messages: the messages of a caller's own body, with only what the service refuses said otherwise: fields, roles, ids, the form of
 * images. Signatures that another client API has marked are given back to whose they are. */
#include "providers/openai_fit.h"

/* Whether they can go as they came. ${marked}: there is a mark of ours somewhere in the body. */
bool messages_stay(const struct openai_fit *, struct json messages, bool marked);
/* The member "messages". */
void messages_write(const struct openai_fit *, struct json_out *, struct json messages, bool marked);

#endif
