/* SPDX-License-Identifier: MIT */
#ifndef GATE_PROVIDER_H
#define GATE_PROVIDER_H
/* provider: the shape every upstream has. A service is one const row (struct provider_type), a wire format is one file (struct dialect_rules):
 * services that speak alike share the file and differ by their row. gate/ never asks which provider it has. */
#include "gate/chat.h"
#include "gate/who.h"
#include "net/http.h"

struct provider;
struct secret;

enum framing { FRAMES_SSE, FRAMES_NDJSON };
enum { TOOL_CALLS_MAX = 128 };           /* of one answer */

/* Where one attempt goes. */
struct target {
    const struct provider *provider;
    const char *model;                   /* the provider's own name for it */
};

/* Reading one answer. The dialect fills the facts and says what arrived through emit. */
struct reader {
    struct arena *arena, *scratch;       /* the run's; scratch is reset after every frame */
    const struct chat *chat;
    const struct secret *secret;         /* what the provider was sent and may quote; NULL = none */
    bool same;                           /* the caller speaks this dialect: frames go on as EVENT_RAW */
    bool (*emit)(void *arg, const struct chat_event *);
    void *arg;

    const char *model, *upstream_id;     /* as the provider calls them; "" until known */
    const char *finish;                  /* NULL until the provider said why it stopped */
    struct usage usage;
    bool ended;                          /* the provider's own end mark came */
    size_t text_bytes, text_wide;        /* bytes of answer text, and how many code points of it are not ASCII: for estimates */
    int64_t tool_calls;
};

struct dialect_rules {
    enum dialect id;
    enum framing framing;
    /* Fill method, url, headers, body for a chat. ERR_INPUT naming what cannot be translated. */
    bool (*prepare)(const struct target *, const struct chat *, struct arena *, struct http_request *request_r, struct err *);
    /* One frame of a stream. ERR_UPSTREAM if it is malformed or says that something failed. */
    bool (*read_frame)(struct reader *, struct bytes frame, struct err *);
    /* A whole 2xx answer. */
    bool (*read_whole)(struct reader *, struct bytes body, struct err *);
    /* The words of a provider's error body, in ${arena}; "" if it has none. */
    const char *(*read_error)(struct bytes body, struct arena *);
    /* The unpaid check: list the models. And the names in its answer (const char *). */
    void (*prepare_models)(const struct provider *, struct arena *, struct http_request *request_r);
    bool (*read_models)(struct bytes body, struct arena *, struct list *names_r, struct err *);
};

struct provider_type {
    const char *name;                    /* stored, promised: "openai-compatible" */
    const char *label;                   /* its proper name, the same in every language: "Ollama" */
    const struct dialect_rules *rules;
    const char *base_url;                /* what the form proposes */
    const char *mode;                    /* "local" or "cloud": what the form proposes */
    bool secret_needed;                  /* the form marks the secret as needed; a local runtime may still want one */
    const char *help;                    /* catalogue key: one sentence for the form */
};

/* All of them, ends with NULL: main hands providers/providers.c's table to the gate. */
extern const struct provider_type *const *provider_types;
const struct provider_type *provider_type_find(const char *name);

/* The base URL joined with a path, one slash between. */
const char *provider_url(const struct provider *, const char *path, struct arena *);
/* Add a header to ${request}, whose headers live in ${arena}. */
void http_add_header(struct http_request *, struct arena *, const char *name, const char *value);
/* The names in a list of models: body.${list}[].${name}, without those longer than 200 characters and beyond the
 * first 2000. ERR_UPSTREAM if there is no such list. */
must_check bool models_read(struct bytes body, const char *list, const char *name, struct arena *, struct list *names_r, struct err *);
/* A text as a header's value: what is not printable ASCII is percent-encoded. */
const char *header_text(const char *text, struct arena *);
/* Count the text of a piece of answer into the reader's estimate. */
void reader_count(struct reader *, struct bytes text);
/* A word a provider says of itself (model, id, reason) that is recorded: in the run's arena, cut where it is longer than any is;
 * NULL if it is none or empty. Our secret is crossed out in it. */
const char *reader_word(const struct reader *, struct json);
/* What a provider says went wrong, as text, or as the JSON it is: in the scratch, our secret crossed out. */
const char *reader_said(const struct reader *, struct json);
/* A count of tokens; what is none, negative or beyond any is 0. */
int64_t reader_tokens(struct json usage, const char *name);
/* Hand an event on. ERR_CANCELLED if the caller takes no more; ERR_UPSTREAM for a tool call with an index beyond any. */
must_check bool reader_emit(struct reader *, const struct chat_event *, struct err *);

#endif
