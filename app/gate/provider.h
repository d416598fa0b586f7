/* SPDX-License-Identifier: MIT */
#ifndef GATE_PROVIDER_H
#define GATE_PROVIDER_H
/* provider: the shape every upstream has. A service is one const row (struct provider_type), a wire format is one file (struct dialect_rules):
 * services that speak alike share the file and differ by their row. gate/ never asks which provider it has. */
#include "base/err.h"
#include "gate/chat.h"
#include "gate/estimate.h"
#include "gate/who.h"
#include "net/http.h"

struct provider;
struct secret;

enum framing { FRAMES_SSE, FRAMES_NDJSON, FRAMES_EVENTSTREAM };
enum { TOOL_CALLS_MAX = 128 };           /* of one answer */

/* Where one attempt goes, and what it took to write the chat in the provider's words. */
struct target {
    const struct provider *provider;
    const char *model;                   /* the provider's own name for it */
    bool stream;                         /* ask for a stream: as the caller did, or prepare() found that the provider has nothing else */
    struct list dropped;                 /* const char *: hints of the caller that this provider does not take; target_drop adds, once each */
};
void target_drop(struct target *, struct arena *, const char *field);

/* What helps against a provider's error. */
enum remedy {
    REMEDY_CALLER,                       /* only the caller can mend it: it would fail everywhere */
    REMEDY_RETRY,                        /* the same again, later */
    REMEDY_OTHER,                        /* another provider; the same one would refuse again (key, quota, unknown model) */
};

struct upstream_error {
    enum err_kind kind;
    enum remedy remedy;
    const char *words, *code;            /* the provider's own; "" */
    int64_t retry_after_ms;              /* 0 = not said */
    int status;                          /* of HTTP; of an error inside an answer: the one it stands for; 0 = not said */
    struct bytes body;                   /* as it came, for a caller of the same dialect, our secret crossed out; empty = words are all there is */
};
/* By the status alone: the table of providers everywhere. */
void upstream_error_of(int status, struct upstream_error *error_r);
/* What a provider's own code is called by OpenAI, where clients go by it: "context_length_exceeded", "insufficient_quota",
 * "content_policy_violation"; else NULL. */
const char *upstream_error_word(const char *code);
/* An error's body as its caller may see it, in ${arena}; empty if it is no JSON object without our secret. */
struct bytes upstream_error_body(struct bytes body, const struct secret *, struct arena *);

/* What a provider's rate-limit headers say; -1 = not said. Resets are ms from now. */
struct rate {
    int64_t limit_requests, remaining_requests, reset_requests_ms;
    int64_t limit_tokens, remaining_tokens, reset_tokens_ms;
};
/* x-ratelimit-*, anthropic-ratelimit-*, retry-after(-ms) in seconds or as a date; ${now} is wall µs. */
void rate_read(const struct http_header *headers, size_t n, int64_t now, struct rate *rate_r, int64_t *retry_after_ms_r);

/* Reading one answer. The dialect fills the facts and says what arrived through emit. */
struct reader {
    struct arena *arena, *scratch;       /* the run's; scratch is reset after every frame */
    const struct chat *chat;
    const struct provider *provider;
    const struct secret *secret;         /* what the provider was sent and may quote; NULL = none */
    bool same;                           /* the caller speaks this dialect: frames go on as EVENT_RAW */
    bool (*emit)(void *arg, const struct chat_event *);
    void *arg;

    const char *model, *upstream_id;     /* as the provider calls them; "" until known */
    const char *finish;                  /* NULL until the provider said why it stopped; when not same: one of EVENT_FINISH's words */
    const char *stop_sequence;           /* which of the caller's stop texts ended it, where the provider says so; NULL */
    struct usage usage;
    bool ended;                          /* the provider's own end mark came */
    size_t text_bytes;                   /* bytes of answer text, reasoning and arguments */
    struct estimate said;                /* the same in tokens, for when the provider says none */
    int64_t tool_calls;
    struct list vectors;                 /* struct vector: read_embed adds, in order */
    struct list dropped;                 /* const char *: things of the answer that the caller's dialect has no place for */
    struct upstream_error error;         /* set with ERR_UPSTREAM from an error inside an answer */
    void *state;                         /* the dialect's own, in ${arena}; NULL at first */
};

/* A model as the provider lists it. */
enum { CAN_CHAT = 1, CAN_EMBED = 2, CAN_SEE = 4, CAN_CALL_TOOLS = 8, CAN_THINK = 16 };
struct listed_model {
    const char *name;
    int64_t context, max_output;         /* tokens; 0 = not said */
    int64_t can;                         /* CAN_…; 0 = not said */
    bool remote;                         /* a local runtime says that this one runs elsewhere: not to be called local */
    bool asked;                          /* it was asked of this one alone, and answered: only then is "not remote" a fact */
};

struct dialect_rules {
    enum dialect id;
    enum framing framing;
    /* Fill method, url, headers, body for a chat. ERR_INPUT naming what cannot be translated: what changes the meaning or form of the answer
     * (tools, images, a schema, n) is refused, hints (sampling, seed, user) are dropped with target_drop. */
    bool (*prepare)(struct target *, const struct chat *, struct arena *, struct http_request *request_r, struct err *);
    /* One frame of a stream, with its event name ("" = none). ERR_UPSTREAM if it is malformed or says that something failed. */
    bool (*read_frame)(struct reader *, const char *event, struct bytes frame, struct err *);
    /* The stream is over though no end mark came: ERR_UPSTREAM if something is missing. NULL = a finish is enough. */
    bool (*read_end)(struct reader *, struct err *);
    /* A whole 2xx answer. */
    bool (*read_whole)(struct reader *, struct bytes body, struct err *);
    /* A provider's error answer: words and code, and a better remedy than its status alone says. ${error} comes filled by upstream_error_of
     * and headers; texts in ${arena}. */
    void (*read_error)(const struct provider *, int status, struct bytes body, struct arena *, struct upstream_error *error);
    /* The unpaid check: list the models. And what its answer says (struct listed_model). */
    void (*prepare_models)(const struct provider *, struct arena *, struct http_request *request_r);
    bool (*read_models)(struct bytes body, struct arena *, struct list *models_r, struct err *);
    /* What one model is, where the list leaves it out (unpaid, asked at most a few times a check). NULL = there is no such question. */
    void (*prepare_model)(const struct provider *, const char *model, struct arena *, struct http_request *request_r);
    bool (*read_model)(struct bytes body, struct arena *, struct listed_model *model_r, struct err *);
    /* Whether a name alone says that a local runtime passes this model on to another host; NULL = none does. */
    bool (*remote_name)(const char *model);
    /* Where the list says nothing of the key: another unpaid question that does, asked first. False = none is needed. NULL = never. */
    bool (*prepare_key)(const struct provider *, struct arena *, struct http_request *request_r);
    /* Whether that status of prepare_models' answer, which then is no list to be read, says that the service is there and the key good. NULL = no. */
    bool (*alive)(const struct provider *, int status);
    /* Inputs [first, first + n) of chat->embed; and the answer, one vector for each (providers/emit.h). A caller of the same dialect
     * (chat->dialect) whose inputs are asked all at once gets its body passed on, with the model exchanged. NULL = the dialect has none. */
    bool (*prepare_embed)(struct target *, const struct chat *, size_t first, size_t n, struct arena *, struct http_request *request_r,
                          struct err *);
    bool (*read_embed)(struct reader *, struct bytes body, struct err *);
};

/* What a service promises about keeping requests, and what is done about it. */
enum retention { RETENTION_STAYS /* nothing leaves the host */, RETENTION_ENFORCED, RETENTION_CONTRACT, RETENTION_UNKNOWN };

/* One more field of the form: what the type needs beyond address and secret. Catalogue: provider.option.<name> and ….<name>.help. */
struct provider_option_row {
    const char *name;                    /* stored, promised: "api_version" */
    const char *initial;                 /* proposed, and used when none is stored; "" */
    const char *example;                 /* placeholder; NULL */
    bool required;
    const char *unless, *word;           /* required unless that option, which has an initial value, is this word; NULL = no such */
    const char *const *words;            /* one of these; NULL = text */
    int64_t max;                         /* characters of a text; 0 = 200 */
    int64_t from, to;                    /* a whole number between these; ${to} 0 = text */
};

struct provider_region {                 /* the form offers these */
    const char *name, *base_url;
};

struct openai_ways;                      /* providers/openai_ways.h: how an OpenAI-shaped service differs */

struct provider_type {
    const char *name;                    /* stored, promised: "openai-compatible" */
    const char *label;                   /* its proper name, the same in every language: "Ollama" */
    const char *icon;                    /* two letters or a sign for lists */
    const struct dialect_rules *rules;
    const struct openai_ways *openai;    /* of the chat completions dialect only; NULL = none */
    const char *base_url;                /* what the form proposes */
    const struct provider_region *regions;      /* ends with {NULL}; NULL = none */
    const char *mode;                    /* "local" or "cloud": what the form proposes */
    bool unlisted;                      /* the service lists no models that could be used: they are written by hand */
    bool secret_needed;                  /* the form marks the secret as needed; a local runtime may still want one */
    const struct provider_option_row *options;  /* ends with {NULL}; NULL = none */
    const char *help;                    /* catalogue key: one sentence for the form */
    enum retention retention;
    const char *switches;                /* what every request carries so that it is not kept, as the run records it: "store=false"; NULL = none */
    int64_t embed_max;                   /* inputs of one embedding request; 0 = no embeddings */
    const char *prices;                  /* whose rows of the price catalogue apply: "openai"; NULL = those entered under the type's name */
};

/* All of them, ends with NULL: main hands providers/providers.c's table to the gate. */
extern const struct provider_type *const *provider_types;
const struct provider_type *provider_type_find(const char *name);
/* The provider's value of an option of its type; the type's initial one if none is stored; "" if there is no such option. */
const char *provider_option(const struct provider *, const char *name);

/* The base URL joined with a path, one slash between. */
const char *provider_url(const struct provider *, const char *path, struct arena *);
/* Add a header to ${request}, whose headers live in ${arena}. */
void http_add_header(struct http_request *, struct arena *, const char *name, const char *value);
/* A list of models (struct listed_model): body.${list}[].${name}, without those longer than 200 characters and beyond the first 2000.
 * each(), if not NULL, fills what else an entry says. ERR_UPSTREAM if there is no such list. */
must_check bool models_read(struct bytes body, const char *list, const char *name, void (*each)(struct json entry, struct listed_model *),
                            struct arena *, struct list *models_r, struct err *);
/* A text as a header's value: what is not printable ASCII is percent-encoded. */
const char *header_text(const char *text, struct arena *);
/* Count a piece of answer (text, reasoning, arguments of a call) into the reader's estimate: decoded, each once, in the order it came.
 * The second one takes a JSON string undecoded, and of any other value its JSON. */
void reader_count(struct reader *, struct bytes text);
void reader_count_json(struct reader *, struct json);
/* A word a provider says of itself (model, id, reason) that is recorded: in the run's arena, cut where it is longer than any is;
 * NULL if it is none or empty. Our secret is crossed out in it. */
const char *reader_word(const struct reader *, struct json);
/* What a provider says went wrong, as text, or as the JSON it is: in the scratch, our secret crossed out. */
const char *reader_said(const struct reader *, struct json);
/* An error inside an answer: fills r->error as the HTTP status it stands for would (0 = unknown), with words, code and, for a caller of the same
 * dialect, the ${frame} that said it. False, with ${err} of that kind, for the dialect to return. */
bool reader_fail(struct reader *, int status, struct json words, struct json code, struct bytes frame, struct err *);
/* A count of tokens; what is none, negative or beyond any is 0. */
int64_t reader_tokens(struct json usage, const char *name);
/* Something of the answer that has no place in the caller's dialect; each name is kept once. */
void reader_drop(struct reader *, const char *field);
/* Bytes of an answer, our secret crossed out: themselves if it is not in them. */
struct bytes reader_clean(const struct reader *, struct bytes text);
/* Hand an event on, our secret crossed out. ERR_CANCELLED if the caller takes no more; ERR_UPSTREAM for a tool call with an index beyond any. */
must_check bool reader_emit(struct reader *, const struct chat_event *, struct err *);

#endif
