/* SPDX-License-Identifier: MIT */
#ifndef SERVE_OPENAI_ANSWER_H
#define SERVE_OPENAI_ANSWER_H
/* openai_answer: events and whole answers in the shapes of chat completions and completions, for providers that speak otherwise. A chat's stream is
 * in the order that satisfies the official SDKs: role, pieces, finish, usage if asked for. What a provider signed of its reasoning goes into
 * fields beside OpenAI's, as others do, and comes back with the message (openai_message.c):
 *     reasoning_content                                     the reasoning itself
 *     reasoning_details[{type: "reasoning.text", text, signature, index} | {type: "reasoning.encrypted", data, index}]
 *     tool_calls[].extra_content.google.thought_signature   what belongs to a call
 * All of it is thought_tag()'s text. A detail comes as soon as its signature does, and holds its thought whole. */
#include "base/buf.h"
#include "gate/provider.h"

struct json_out;

struct openai_answer {
    const char *id, *model;              /* the same in every event */
    int64_t created;
    bool include_usage;                  /* events before the last carry "usage": null */
    bool chosen;                         /* the role was said */
    int64_t calls;                       /* how many were begun */
    uint64_t argued[TOOL_CALLS_MAX / 64];        /* which of them had arguments */
    struct buf thought;                  /* the reasoning since the last signature, to be signed */
    int64_t details;
};

/* ${id} begins with what the shape wants ("chatcmpl-"). */
struct openai_answer openai_answer_new(const char *id, const char *model, int64_t created, bool include_usage, struct arena *);
/* Append what an event of a provider is in a chat's stream: "data: …" once or several times, or nothing. Not for EVENT_RAW. */
void openai_answer_event(struct openai_answer *, const struct chat_event *, struct buf *);
/* Append the event of usage, for ${object}. */
void openai_answer_usage(const struct openai_answer *, const char *object, const struct usage *, struct buf *);
/* Append the whole answer to a chat. */
void openai_answer_whole(const struct openai_answer *, const struct chat_answer *, const char *finish, const struct usage *, struct buf *);

/* What both shapes are made of: one event's frame, the members every object begins with, usage. */
void openai_event_begin(struct buf *);
void openai_event_end(struct buf *);
void openai_put_head(const struct openai_answer *, const char *object, struct json_out *);
void openai_put_usage(const struct usage *, struct json_out *);

#endif
