/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_ANSWER_H
#define FAKELLM_ANSWER_H
/* answer: what is said, and in which pieces. How it is written is the dialect's matter, when it is written play.c's. */
#include "behaviour.h"
#include "scan.h"

struct dialect;

struct answer {
    const struct dialect *dialect;
    struct behaviour b;
    struct text model, made, tool;      /* own copies, kept from answer to answer */
    struct slice said, thoughts;
    size_t said_at, thoughts_at, arguments_at;
    int calls, call_at;                 /* tool calls, the one being said */
    int64_t n, created;                 /* number of the request, seconds of the day it came */
    int64_t in, out;                    /* tokens */
    int64_t pieces, pieces_max;         /* said so far; at most (0 = all) */
    bool include_usage, cut_short;
    int blocks;                         /* of dialects whose answer is a list of blocks: begun so far */
    int open;                           /* enum piece_kind of the one that is open, -1 = none */
};

enum piece_kind { PIECE_THOUGHT, PIECE_TEXT, PIECE_CALL, PIECE_ARGUMENTS };
struct piece {
    enum piece_kind kind;
    struct slice text;                  /* the piece; CALL: the whole arguments */
    int index;                          /* of the call */
};

/* Prepare the answer to ${ask}; ${a}'s texts are reused. */
void answer_begin(struct answer *a, const struct dialect *, const struct behaviour *, const struct ask *, int64_t n, int64_t created);
void answer_free(struct answer *);
/* The next piece; false: all was said. */
bool answer_next(struct answer *, struct piece *piece_r);
/* All the text at once, escaped for JSON. */
void answer_text(struct answer *, struct text *t);
const char *answer_finish(const struct answer *);
/* The arguments of tool call ${i}, JSON text; "{}" when there are none. In a stream such a call has no PIECE_ARGUMENTS. */
struct slice answer_arguments(const struct answer *, int i);

/* One file per dialect. All write into ${t}; framing (events, lines) is theirs, chunks are play.c's. */
struct dialect {
    const char *stream_type;                                        /* content type */
    bool streams;                                                   /* when the request does not say */
    int error_status;                                               /* of all its errors; 0 = each has its own */
    void (*whole)(struct text *t, struct answer *);
    void (*begin)(struct text *t, struct answer *);                 /* before the first piece; may be NULL */
    void (*piece)(struct text *t, struct answer *, const struct piece *);
    void (*end)(struct text *t, struct answer *);
    void (*error)(struct text *t, int status, struct slice message);            /* an error body */
    void (*error_event)(struct text *t, struct answer *, struct slice message); /* an error inside a stream */
    void (*bad)(struct text *t, struct answer *);                               /* an event that is not JSON */
    void (*head)(struct text *t, const struct answer *, int status);            /* header lines of its own, each begun by CR LF; may be NULL */
};
extern const struct dialect anthropic, bedrock, gemini, hunyuan, openai_chat, ollama_chat, ollama_generate;

#endif
