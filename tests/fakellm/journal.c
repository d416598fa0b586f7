/* SPDX-License-Identifier: MIT */
#include "journal.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define BODY_KEPT (1u << 20)

struct entry {
    uint64_t n;                                 /* 0 = free */
    enum ending ending;
    int status;
    int64_t at_us, ended_us;                    /* wall clock */
    uint64_t body_bytes;
    struct text held;                           /* method, path, head, body, one behind the other */
    size_t method_n, path_n, head_n, body_n;
    bool truncated;
};

struct ring {
    pthread_mutex_t lock;
    struct entry *entries;
    size_t at;
    char apart[64];                             /* rings of two threads never share a cache line */
};

struct journal {
    struct ring *rings;
    size_t rings_n, keep;
    int file;
    atomic_ullong next;
    struct journal_counts counts;
};

static int64_t wall_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct journal *journal_new(size_t rings, size_t keep, const char *file)
{
    struct journal *j = calloc(1, sizeof *j);
    struct ring *r = calloc(rings, sizeof *r);
    if (j == NULL || r == NULL)
        abort();
    *j = (struct journal){.rings = r, .rings_n = rings, .keep = keep > 0 ? keep : 1, .file = -1};
    for (size_t i = 0; i < rings; i++) {
        pthread_mutex_init(&r[i].lock, NULL);
        r[i].entries = calloc(j->keep, sizeof *r[i].entries);
        if (r[i].entries == NULL)
            abort();
    }
    if (file != NULL && (j->file = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0)
        perror(file);
    return j;
}

void journal_free(struct journal *j)
{
    for (size_t i = 0; i < j->rings_n; i++) {
        for (size_t k = 0; k < j->keep; k++)
            text_free(&j->rings[i].entries[k].held);
        free(j->rings[i].entries);
        pthread_mutex_destroy(&j->rings[i].lock);
    }
    if (j->file >= 0)
        close(j->file);
    free(j->rings);
    free(j);
}

struct journal_counts *journal_counts(struct journal *j)
{
    return &j->counts;
}

uint64_t journal_begin(struct journal *j, size_t ring, const struct http *h)
{
    struct ring *r = &j->rings[ring];
    uint64_t n = atomic_fetch_add_explicit(&j->next, 1, memory_order_relaxed) + 1;
    pthread_mutex_lock(&r->lock);
    struct entry *e = &r->entries[r->at++ % j->keep];
    struct text held = e->held;
    held.n = 0;
    *e = (struct entry){.n = n, .at_us = wall_us(), .method_n = h->method.n, .path_n = h->path.n, .head_n = h->head.n,
                        .body_n = h->body.n < BODY_KEPT ? h->body.n : BODY_KEPT, .truncated = h->body.n > BODY_KEPT};
    text_slice(&held, h->method);
    text_slice(&held, h->path);
    text_slice(&held, h->head);
    text_add(&held, h->body.p, e->body_n);
    e->held = held;
    pthread_mutex_unlock(&r->lock);
    return n;
}

static void add_digest(struct text *t, struct slice key)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int digest_n = 0;
    EVP_Digest(key.p, key.n, digest, &digest_n, EVP_sha256(), NULL);
    text_put(t, "{\"sha256\":\"");
    for (unsigned int i = 0; i < digest_n; i++) {
        char two[3];
        snprintf(two, sizeof two, "%02x", digest[i]);
        text_add(t, two, 2);
    }
    size_t tail = key.n >= 16 ? 4 : 0;                      /* four characters of a short key would tell too much */
    text_put(t, "\",\"last4\":\"");
    text_json(t, (struct slice){key.p + key.n - tail, tail});
    text_put(t, "\"}");
}

static bool is_secret(struct slice name)
{
    static const char *const secret[] = {"authorization", "x-api-key", "x-goog-api-key", "api-key", "cookie", "proxy-authorization"};
    for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++)
        if (name.n == strlen(secret[i]) && strncasecmp(name.p, secret[i], name.n) == 0)
            return true;
    return false;
}

/* Names in lower case. Of secrets, the word before the first space ("Bearer") is no part of the secret. */
static void add_headers(struct text *t, struct slice head)
{
    struct slice name, value;
    const char *comma = "";
    text_put(t, "\"headers\":{");
    while (http_header(&head, &name, &value)) {
        text_put(t, comma);
        comma = ",";
        text_put(t, "\"");
        for (size_t i = 0; i < name.n; i++) {
            char c = name.p[i] >= 'A' && name.p[i] <= 'Z' ? (char)(name.p[i] | 0x20) : name.p[i];
            text_json(t, (struct slice){&c, 1});
        }
        text_put(t, "\":");
        if (is_secret(name)) {
            const char *space = value.n > 0 ? memchr(value.p, ' ', value.n) : NULL;
            size_t skip = space == NULL ? 0 : (size_t)(space + 1 - value.p);
            add_digest(t, (struct slice){value.p + skip, value.n - skip});
        } else {
            text_put(t, "\"");
            text_json(t, value);
            text_put(t, "\"");
        }
    }
    text_put(t, "}");
}

static void add_number(struct text *t, const char *name, int64_t value)
{
    text_put(t, "\"");
    text_put(t, name);
    text_put(t, "\":");
    text_int(t, value);
    text_put(t, ",");
}

static void add_entry(struct text *t, const struct entry *e)
{
    static const char *const words[] = {[ENDING_OPEN] = "open", [ENDING_HELD] = "held", [ENDING_DONE] = "done", [ENDING_CUT] = "cut",
                                        [ENDING_CLOSED_EARLY] = "closed_early"};
    struct slice method = {e->held.p, e->method_n}, path = {method.p + method.n, e->path_n};
    struct slice head = {path.p + path.n, e->head_n}, body = {head.p + head.n, e->body_n};
    text_put(t, "{");
    add_number(t, "n", (int64_t)e->n);
    add_number(t, "at_ms", e->at_us / 1000);
    text_put(t, "\"method\":\"");
    text_json(t, method);
    text_put(t, "\",\"path\":\"");
    text_json(t, path);
    text_put(t, "\",");
    add_headers(t, head);
    text_put(t, ",\"body\":\"");
    text_json(t, body);
    text_put(t, e->truncated ? "\",\"body_truncated\":true,\"state\":\"" : "\",\"state\":\"");
    text_put(t, words[e->ending]);
    text_put(t, e->ending == ENDING_CLOSED_EARLY ? "\",\"closed_early\":true," : "\",\"closed_early\":false,");
    add_number(t, "status", e->status);
    add_number(t, "body_bytes_sent", (int64_t)e->body_bytes);
    add_number(t, "ended_ms", e->ended_us / 1000);
    t->n--;                                                  /* the last comma */
    text_put(t, "}");
}

static void file_line(struct journal *j, const struct entry *e)
{
    struct text t = {0};
    add_entry(&t, e);
    text_put(&t, "\n");
    if (write(j->file, t.p, t.n) < 0)
        perror("fakellm: log file");
    text_free(&t);
}

void journal_mark(struct journal *j, size_t ring, uint64_t n, enum ending ending, int status, uint64_t body_bytes)
{
    struct ring *r = &j->rings[ring];
    pthread_mutex_lock(&r->lock);
    for (size_t back = 1; back <= j->keep; back++) {         /* nearly always the first looked at */
        struct entry *e = &r->entries[(r->at + j->keep * 2 - back) % j->keep];
        if (e->n == 0 || e->n < n)
            break;
        if (e->n != n)
            continue;
        e->ending = ending;
        e->status = status;
        e->body_bytes = body_bytes;
        if (ending >= ENDING_DONE) {
            e->ended_us = wall_us();
            if (j->file >= 0)
                file_line(j, e);
        }
        break;
    }
    pthread_mutex_unlock(&r->lock);
}

static int by_number(const void *a, const void *b)
{
    const struct entry *const *x = a, *const *y = b;
    return (*x)->n < (*y)->n ? -1 : (*x)->n > (*y)->n;
}

void journal_write(struct journal *j, struct text *t)
{
    const struct entry **all = calloc(j->rings_n * j->keep, sizeof *all);
    size_t n = 0;
    if (all == NULL)
        abort();
    for (size_t i = 0; i < j->rings_n; i++) {
        pthread_mutex_lock(&j->rings[i].lock);
        for (size_t k = 0; k < j->keep; k++)
            if (j->rings[i].entries[k].n > 0)
                all[n++] = &j->rings[i].entries[k];
    }
    qsort(all, n, sizeof *all, by_number);
    text_put(t, "{");
    add_number(t, "open_connections", (int64_t)atomic_load(&j->counts.connections));
    add_number(t, "open_answers", (int64_t)atomic_load(&j->counts.answers));
    text_put(t, "\"requests\":[");
    for (size_t i = 0; i < n; i++) {
        text_put(t, i > 0 ? "," : "");
        add_entry(t, all[i]);
    }
    text_put(t, "]}");
    for (size_t i = j->rings_n; i-- > 0;)
        pthread_mutex_unlock(&j->rings[i].lock);
    free(all);
}

void journal_clear(struct journal *j)
{
    for (size_t i = 0; i < j->rings_n; i++) {
        pthread_mutex_lock(&j->rings[i].lock);
        for (size_t k = 0; k < j->keep; k++)
            j->rings[i].entries[k].n = 0;
        pthread_mutex_unlock(&j->rings[i].lock);
    }
}
