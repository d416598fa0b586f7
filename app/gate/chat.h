/* SPDX-License-Identifier: MIT */
#ifndef GATE_CHAT_H
#define GATE_CHAT_H
/* chat: the one model of a conversation. Every client API enters the gate as a struct chat and every provider answers as
 * chat_events; a new API or dialect is one file that knows its own shape and this one. */
#include "base/json.h"

struct arena;
struct err;
struct http_header;

/* Wire formats. Providers speak the first group; the others are only spoken by clients. */
enum dialect {
    DIALECT_NONE, DIALECT_OPENAI_CHAT, DIALECT_OLLAMA_CHAT, DIALECT_ANTHROPIC, DIALECT_GEMINI, DIALECT_BEDROCK, DIALECT_HUNYUAN,
    DIALECT_OPENAI_RESPONSES, DIALECT_OPENAI_COMPLETIONS, DIALECT_OPENAI_EMBEDDINGS, DIALECT_OLLAMA_GENERATE, DIALECT_OLLAMA_EMBED
};

enum chat_role { CHAT_SYSTEM, CHAT_USER, CHAT_ASSISTANT, CHAT_TOOL };
enum chat_part_type { PART_TEXT, PART_IMAGE, PART_AUDIO, PART_FILE };

struct chat_part {
    enum chat_part_type type;
    const char *text;               /* PART_TEXT */
    size_t text_n;
    const char *media_type;         /* the others: "image/png", "audio/wav", "application/pdf"; NULL if ${url} is remote */
    struct bytes data;              /* base64 as it came, without the data: prefix */
    const char *url;                /* PART_IMAGE, PART_FILE by address */
    const char *name;               /* PART_FILE; NULL */
    const char *detail;             /* PART_IMAGE: "auto", "low", "high"; NULL */
};

/* A piece of reasoning in the conversation so far. What a provider signed goes back only to one of the same dialect: see thought.h. */
struct chat_thought {
    const char *text;               /* NULL: only the opaque half was ever shown ("redacted") */
    const char *opaque;             /* the provider's signature or sealed reasoning; NULL */
    enum dialect by;                /* who made ${opaque} */
};

struct chat_tool_call {
    const char *id, *name;
    const char *arguments;          /* JSON text; "{}" when empty */
    const char *opaque;             /* what the provider wants back with the call (Gemini's thoughtSignature); NULL */
    enum dialect by;
};

struct chat_message {
    enum chat_role role;
    const char *name;
    struct list parts;              /* struct chat_part */
    struct list thoughts;           /* struct chat_thought, of an assistant, before its parts */
    struct list tool_calls;         /* struct chat_tool_call, of an assistant, after its parts */
    const char *tool_call_id;       /* of a tool's answer */
    bool tool_failed;               /* the tool's answer is an error */
};

struct chat_tool {
    const char *name, *description;
    struct json parameters;         /* JSON Schema slice; may be absent */
    bool strict;
};

/* Texts to be embedded. Requests of more inputs than the provider takes are split and put together in order. */
struct embed {
    struct list inputs;             /* struct bytes: texts, as UTF-8; of token ids each is its JSON array, "[1,2]" */
    bool tokens;                    /* the inputs are token ids: only a provider of the same dialect can take them */
    bool single;                    /* the caller gave one text, not a list */
    int64_t dimensions;             /* INT64_MIN = the model's own */
    bool base64;                    /* the caller wants base64 of little-endian floats */
};

/* A request. Numbers that were not given are NAN or INT64_MIN (chat_new sets them). */
struct chat {
    enum dialect dialect;           /* which one ${raw} speaks, so that a provider of the same dialect gets unknown fields unchanged */
    struct json raw;                /* the caller's body as checked; absent if it has no dialect of a provider */
    struct list forward;            /* struct http_header: the caller's headers that a provider of the same dialect gets (anthropic-beta) */
    const char *model;              /* as asked; NULL = any */
    struct embed *embed;            /* the run is an embedding, nothing below but model, raw and dropped counts; NULL = a conversation */
    struct list messages;           /* struct chat_message; filled by chat_messages() of the dialect only when translation is needed */
    bool parsed;                    /* messages, tools … are filled; else parse() does it, when a provider of another dialect needs them */
    bool (*parse)(struct chat *, struct arena *, struct err *);
    struct list tools;              /* struct chat_tool */
    const char *tool_choice;        /* "auto", "none", "required" or "=name"; NULL */
    bool one_call;                  /* at most one tool call an answer (parallel_tool_calls: false) */
    double temperature, top_p, frequency_penalty, presence_penalty;
    int64_t max_tokens, seed, top_k, n;
    int64_t top_logprobs;           /* INT64_MIN = no logprobs asked; 0 = those of the chosen tokens only */
    struct list stop;               /* const char * */
    const char *format;             /* NULL, "json" or "schema" */
    struct json schema;
    const char *schema_name;        /* NULL = none was given */
    bool schema_strict;
    const char *effort;             /* reasoning: "none", "minimal", "low", "medium", "high", "xhigh", "max"; NULL = not said */
    int64_t thinking_max;           /* tokens for reasoning, where a client says that instead */
    const char *user;               /* the caller's own id of its end user; NULL */
    bool stream, include_usage;
    struct list dropped;            /* const char *: fields of the caller's dialect that have no place here; chat_drop adds */
};
struct chat *chat_new(struct arena *);
void chat_drop(struct chat *, struct arena *, const char *field);
/* A member of the caller's called ${name}, inside ${place} ("" or "options."), as it is listed: a name that no text can hold (with a NUL) as it is written. */
const char *chat_field(const char *place, struct json name, struct arena *);
void chat_drop_name(struct chat *, struct arena *, const char *place, struct json name);
/* The texts of a message's thoughts, joined by blank lines; NULL if there are none. */
const char *thoughts_text(const struct chat_message *, struct arena *);
/* The arguments of a call where a shape wants an object: themselves; {} for none ("", null); anything else a model may have said stays readable
 * as {"arguments": "…"}. */
struct bytes tool_arguments(const char *arguments, struct arena *);
/* Grow a list by one zeroed item of ${size} bytes and return it. Doubles as needed; earlier items may move. */
void *list_add(struct arena *, struct list *, size_t size);

/* Tokens. The parts are contained in the sums, as OpenAI counts: Anthropic's input_tokens leaves cached and written out, so its dialect adds. */
struct usage {
    int64_t in, out;
    int64_t cached;                 /* of in: read from a prompt cache */
    int64_t written, written_long;  /* of in: written to one, for minutes or for an hour (Anthropic's 1h) */
    int64_t image;                  /* of in: of pictures, where a provider says so */
    int64_t reasoning;              /* of out */
    bool known;                     /* the provider said so; else estimated */
};

enum chat_event_type {
    EVENT_TEXT, EVENT_REASONING, EVENT_TOOL_CALL, EVENT_FINISH,
    EVENT_OPAQUE,                   /* the signature of the reasoning before it; or, ${redacted}, sealed reasoning of its own */
    EVENT_RAW,                      /* a frame of the caller's own dialect, to be passed on as it is */
};
/* One thing a provider said. Texts live until the next event. Dialects send no empty TEXT or REASONING. */
struct chat_event {
    enum chat_event_type type;
    struct bytes text;              /* TEXT, REASONING: the piece; RAW: the frame; OPAQUE: as the client is to give it back (thought_tag) */
    bool redacted;
    int64_t index;                  /* TOOL_CALL: which of the parallel calls, counted from 0 without gaps */
    const char *id, *name;          /* TOOL_CALL: only in its first event (never empty there), else NULL; RAW: name = the event's, "" = none */
    const char *opaque;             /* TOOL_CALL, in its first event: thought_tag of what must come back with it; NULL */
    struct bytes arguments;         /* TOOL_CALL: a piece of JSON text; all pieces of a call are "" when it has none */
    const char *finish;             /* FINISH: "stop", "length", "tool_calls", "content_filter" */
};

/* A whole answer, for clients that did not ask for a stream. */
struct chat_answer {
    struct bytes raw;               /* the provider's body when it speaks the caller's dialect; then nothing else is filled */
    const char *text, *reasoning;
    size_t text_n, reasoning_n;
    struct list thoughts;           /* struct chat_thought: the same reasoning piece by piece with what is to be given back (opaque is tagged) */
    struct list tool_calls;         /* struct chat_tool_call; opaque is tagged */
    struct list vectors;            /* struct vector, one for each input, in order */
};

struct vector {
    const float *x;
    size_t n;
};

#endif
