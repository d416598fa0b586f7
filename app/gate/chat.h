/* SPDX-License-Identifier: MIT */
#ifndef GATE_CHAT_H
#define GATE_CHAT_H
/* chat: the one model of a conversation. Every client API enters the gate as a struct chat and every provider answers as
 * chat_events; a new API or dialect is one file that knows its own shape and this one. */
#include "base/json.h"

struct arena;
struct err;

enum chat_role { CHAT_SYSTEM, CHAT_USER, CHAT_ASSISTANT, CHAT_TOOL };
enum chat_part_type { PART_TEXT, PART_IMAGE };

struct chat_part {
    enum chat_part_type type;
    const char *text;               /* PART_TEXT */
    size_t text_n;
    const char *media_type;         /* PART_IMAGE: "image/png"; NULL if ${url} is remote */
    struct bytes data;              /* PART_IMAGE: base64 as it came, without the data: prefix */
    const char *url;                /* PART_IMAGE by address */
};

struct chat_tool_call {
    const char *id, *name;
    const char *arguments;          /* JSON text; "{}" when empty */
};

struct chat_message {
    enum chat_role role;
    const char *name;
    struct list parts;              /* struct chat_part */
    struct list tool_calls;         /* struct chat_tool_call, of an assistant */
    const char *tool_call_id;       /* of a tool's answer */
    const char *reasoning;          /* an assistant's, sent back by some clients; NULL */
};

struct chat_tool {
    const char *name, *description;
    struct json parameters;         /* JSON Schema slice; may be absent */
};

enum dialect { DIALECT_NONE, DIALECT_OPENAI_CHAT, DIALECT_OLLAMA_CHAT };

/* A request. Numbers that were not given are NAN or INT64_MIN (chat_new sets them). */
struct chat {
    enum dialect dialect;           /* which one ${raw} speaks, so that a provider of the same dialect gets unknown fields unchanged */
    struct json raw;                /* the caller's body as checked; absent if it has no dialect of a provider */
    const char *model;              /* as asked; NULL = any */
    struct list messages;           /* struct chat_message; filled by chat_messages() of the dialect only when translation is needed */
    bool parsed;                    /* messages, tools … are filled; else parse() does it, when a provider of another dialect needs them */
    bool (*parse)(struct chat *, struct arena *, struct err *);
    struct list tools;              /* struct chat_tool */
    const char *tool_choice;        /* "auto", "none", "required" or "=name"; NULL */
    double temperature, top_p, frequency_penalty, presence_penalty;
    int64_t max_tokens, seed, top_k, n;
    struct list stop;               /* const char * */
    const char *format;             /* NULL, "json" or "schema" */
    struct json schema;
    bool stream, include_usage;
    struct list dropped;            /* const char *: fields that could not be translated; chat_drop adds */
};
struct chat *chat_new(struct arena *);
void chat_drop(struct chat *, struct arena *, const char *field);
/* Grow a list by one zeroed item of ${size} bytes and return it. Doubles as needed; earlier items may move. */
void *list_add(struct arena *, struct list *, size_t size);

struct usage {
    int64_t in, out, cached, reasoning;   /* tokens; cached is part of in, reasoning part of out */
    bool known;
};

enum chat_event_type {
    EVENT_TEXT, EVENT_REASONING, EVENT_TOOL_CALL, EVENT_FINISH,
    EVENT_RAW,                      /* a frame of the caller's own dialect, to be passed on as it is */
};
/* One thing a provider said. Texts live until the next event. */
struct chat_event {
    enum chat_event_type type;
    struct bytes text;              /* TEXT, REASONING: the piece; RAW: the frame */
    int64_t index;                  /* TOOL_CALL: which of the parallel calls */
    const char *id, *name;          /* TOOL_CALL: only in its first event, else NULL */
    struct bytes arguments;         /* TOOL_CALL: a piece of JSON text */
    const char *finish;             /* FINISH: "stop", "length", "tool_calls", "content_filter" */
};

/* A whole answer, for clients that did not ask for a stream. */
struct chat_answer {
    struct bytes raw;               /* the provider's body when it speaks the caller's dialect; then nothing else is filled */
    const char *text, *reasoning;
    size_t text_n, reasoning_n;
    struct list tool_calls;         /* struct chat_tool_call */
};

#endif
