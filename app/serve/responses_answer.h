/* SPDX-License-Identifier: MIT */
#ifndef SERVE_RESPONSES_ANSWER_H
#define SERVE_RESPONSES_ANSWER_H
/* responses_answer: an answer in the shape of the Responses API: output items in the order in which a provider began them, and the events that say so.
 * Whole and streamed answers are made by the same steps, so they are equal. Reasoning is a reasoning item's summary, what a provider signed of it
 * its encrypted_content (thought_tag()'s text). What belongs to a call goes before it, as a reasoning item without text and
 * "call:<call_id>:<tag>": clients keep such items and give them back, and nothing else that is not OpenAI's. Calls of the request's custom tools,
 * which providers know as functions of one text (responses_tools.h), are custom again. */
#include "base/buf.h"
#include "gate/provider.h"

struct json_out;

enum responses_item_type { ITEM_MESSAGE, ITEM_CALL, ITEM_CUSTOM, ITEM_REASONING };
struct responses_item {
    enum responses_item_type type;
    const char *id;
    const char *call_id, *name, *group;  /* of calls; ${group} is the tool's namespace, NULL = none */
    const char *opaque;                  /* ITEM_REASONING: encrypted_content; NULL */
    bool sealed;                         /* ITEM_REASONING: there is no text, only what is opaque */
    const char *status;                  /* "in_progress", "completed", "incomplete" */
    struct buf text;                     /* what is said, the arguments, the reasoning; of a closed ITEM_CUSTOM its input */
};

struct responses_answer {
    struct arena *arena;
    const char *id, *run, *model;        /* "resp_<run>"; items have the run in theirs */
    int64_t created;
    struct json asked;                   /* the request, which the answer repeats in part */
    size_t room;                         /* bytes of text that may still be kept */
    struct list items;                   /* struct responses_item */
    int64_t open;                        /* the item that text or reasoning goes on in; -1 = none. Calls are open until the end */
    int64_t call_items[TOOL_CALLS_MAX];  /* position + 1 of each call's item */
    int64_t sequence;                    /* of the next event */
    struct buf *out;                     /* where events go; NULL = a whole answer, nothing is said */
};

struct responses_answer *responses_answer_new(const char *run, const char *model, int64_t created, struct json asked, size_t room, struct arena *);
/* What follows appends events to ${out}, or none if it is NULL. */
void responses_answer_begin(struct responses_answer *, struct buf *out);
/* False if there is more than may be kept. Not for EVENT_RAW. */
must_check bool responses_answer_event(struct responses_answer *, const struct chat_event *, struct buf *out);
/* All is said: the items end, and so does the stream: completed, or incomplete when ${finish} says so. */
void responses_answer_end(struct responses_answer *, const char *finish, const struct usage *, struct buf *out);
void responses_answer_fail(struct responses_answer *, const char *code, const char *message, struct buf *out);
/* The response as an object; after responses_answer_end. */
void responses_answer_put(const struct responses_answer *, const char *finish, const struct usage *, struct json_out *);

#endif
