/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_SERVER_H
#define FAKELLM_SERVER_H
/* server: threads with epoll, and their connections. Thread 0 accepts and gives new connections to the threads in turn, so that few
 * connections spread evenly (SO_REUSEPORT does not promise that). A connection belongs to one thread for all its life; its requests are
 * answered one after the other, whatever arrives in one read is answered in one write. */
#include "answer.h"
#include "http.h"
#include "journal.h"
#include "script.h"

#include <stdatomic.h>

struct server;
struct loop;

struct server_options {
    const char *bind;
    int port;                           /* 0 = the system chooses */
    size_t threads, keep;
    const char *key, *log_file;         /* NULL = none */
};

enum shut { SHUT_NOT, SHUT_CLOSE, SHUT_RESET };
enum stage { STAGE_FIRST, STAGE_PIECES, STAGE_SHUT };

/* One answer under way: play.c's part of a connection. */
struct play {
    struct answer answer;
    struct text name;                   /* the behaviour as written: answer.b.text points into it */
    enum stage stage;
    bool stream, raw;                   /* raw: no chunks, the end of the connection is the end */
    int64_t limit;                      /* body bytes to send before the cut; -1 = all */
    enum shut limit_shut;
    int64_t pieces;                     /* said in this stream */
    unsigned long long holds;           /* the count of releases when it began */
    int status;
    uint64_t body_bytes;
};

struct conn {
    struct loop *loop;
    struct conn *prev, *next;
    int fd;
    bool linked, eof, dead;
    struct text in, out;
    size_t in_at, out_at;
    bool drips;                         /* out leaves in small writes */
    bool continued;                     /* 100 Continue was sent for the request that is arriving */
    bool closes;                        /* the client wants the connection closed after this answer */
    bool busy, over, holding;           /* an answer is under way; all of it is in out; it waits for a release */
    int64_t wait_us;                    /* before play_step comes again; -1 = until something else happens */
    enum shut shut;                     /* what to do once out is written */
    size_t heap_at;                     /* place in the timer heap, SIZE_MAX = none */
    int64_t due;
    uint64_t request;                   /* the journal's number */
    struct play play;
};

struct server_shared {
    struct journal *journal;
    struct script *script;
    const char *key;
    atomic_ullong releases;
};

struct loop {
    struct server *server;
    struct server_shared *shared;
    size_t at;                          /* which thread */
    int epoll, wake;                    /* wake: an eventfd: a release, or stop */
    int64_t now, wall;                  /* monotonic µs; what to add for the time of day */
    struct conn *conns;
    struct conn **heap;
    size_t heap_n, heap_size;
    struct text body;                   /* scratch */
    atomic_bool stop;
};

/* NULL with a message on stderr. ${port_r}: the port in use. */
struct server *server_open(const struct server_options *, int *port_r);
struct script *server_script(struct server *);
/* Start the threads; server_close stops and joins them. */
void server_start(struct server *);
void server_close(struct server *);
/* Wake every thread: let held answers go on. */
void server_release(struct server *);

/* control.c: one whole request. Either everything is in c->out when it returns, or c->busy. */
void control_handle(struct conn *, const struct http *);
/* A whole answer into c->out. ${extra}: header lines or "". */
void control_send(struct conn *, int status, const char *type, const char *extra, struct slice body);
/* A small answer of a dialect, and an error: into the journal too. */
void control_answer(struct conn *, int status, struct slice body);
void control_error(struct conn *, const struct dialect *, int status, const char *message);
/* The names of models there are, one a line, into ${t}. */
void control_names(struct conn *, struct text *t);
/* All names, each as name() writes it, between two texts. */
void control_list(struct conn *, const char *before, void (*name)(struct text *, struct slice), const char *after);

/* The vector of a text: ${n} numbers, eight that depend on the text alone, again and again. */
void control_vector(struct text *t, struct slice said, size_t n);

/* openai_check.c: whether the service named in ${path} ("/as/mistral/v1/…") takes ${body}; and which of the dialect's addresses it is. */
bool openai_check(struct slice path, struct slice body, char *why, size_t why_size);
enum openai_place { OPENAI_NOWHERE, OPENAI_CHAT, OPENAI_EMBEDDINGS, OPENAI_MODELS, OPENAI_KEY };
enum openai_place openai_place(struct slice path);
/* ollama_lists.c */
void ollama_post(struct conn *, const struct http *, const struct dialect *);
void ollama_tags(struct conn *, const struct http *, const struct dialect *);
void ollama_ps(struct conn *, const struct http *, const struct dialect *);
void ollama_show(struct conn *, const struct http *, const struct dialect *);
void ollama_version(struct conn *, const struct http *, const struct dialect *);
/* gemini_lists.c */
void gemini_post(struct conn *, const struct http *, const struct dialect *);
void gemini_models(struct conn *, const struct http *, const struct dialect *);
void gemini_model(struct conn *, const struct http *, const struct dialect *);

/* anthropic_lists.c */
void anthropic_messages(struct conn *, const struct http *, const struct dialect *);
void anthropic_models(struct conn *, const struct http *, const struct dialect *);
void anthropic_count(struct conn *, const struct http *, const struct dialect *);

/* hunyuan_lists.c */
void hunyuan_post(struct conn *, const struct http *, const struct dialect *);

/* bedrock_lists.c */
void bedrock_post(struct conn *, const struct http *, const struct dialect *);
void bedrock_models(struct conn *, const struct http *, const struct dialect *);

/* play.c */
void play_begin(struct conn *, const struct dialect *, const struct ask *);
void play_step(struct conn *);
void play_end(struct conn *, enum ending);

#endif
