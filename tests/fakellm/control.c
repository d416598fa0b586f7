/* SPDX-License-Identifier: MIT */
/* control: the addresses. Those of the dialects lead to play.c; the small ones and /_fake/ are answered here. */
#include "server.h"

#include <stdio.h>
#include <strings.h>

static const char json[] = "application/json";

void control_send(struct conn *c, int status, const char *type, const char *extra, struct slice body)
{
    struct text *t = &c->out;
    text_put(t, "HTTP/1.1 ");
    text_int(t, status);
    text_put(t, " ");
    text_put(t, http_reason(status));
    text_put(t, "\r\nContent-Type: ");
    text_put(t, type);
    text_put(t, "\r\n");
    text_put(t, extra);
    text_put(t, "Content-Length: ");
    text_int(t, (int64_t)body.n);
    text_put(t, "\r\n\r\n");
    text_slice(t, body);
}

void control_answer(struct conn *c, int status, struct slice body)
{
    control_send(c, status, json, "", body);
    journal_mark(c->loop->shared->journal, c->loop->at, c->request, ENDING_DONE, status, body.n);
}

void control_error(struct conn *c, const struct dialect *d, int status, const char *message)
{
    struct text *t = &c->loop->body;
    t->n = 0;
    d->error(t, status, slice_of(message));
    control_answer(c, d->error_status > 0 ? d->error_status : status, text_all(t));
}

static void chat(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct ask ask;
    c->play.raw = h->v10;
    if (!ask_read(h->body, &ask))
        control_error(c, d, 400, "the body is not a JSON object");
    else if (ask.model.n == 0)
        control_error(c, d, 400, "model is missing");
    else
        play_begin(c, d, &ask);
}

/* --- lists of models --- */

static void openai_name(struct text *t, struct slice name)
{
    text_put(t, t->p[t->n - 1] == '[' ? "{\"id\":\"" : ",{\"id\":\"");
    text_slice(t, name);
    text_put(t, "\",\"object\":\"model\",\"created\":1700000000,\"owned_by\":\"fakellm\"}");
}

void control_list(struct conn *c, const char *before, void (*name)(struct text *, struct slice), const char *after)
{
    struct text *t = &c->loop->body;
    t->n = 0;
    text_put(t, before);
    for (size_t i = 0; behaviour_names[i] != NULL; i++)
        name(t, slice_of(behaviour_names[i]));
    script_names(c->loop->shared->script, name, t);
    text_put(t, after);
    control_answer(c, 200, text_all(t));
}

static void plain_name(struct text *t, struct slice name)
{
    text_slice(t, name);
    text_put(t, "\n");
}

void control_names(struct conn *c, struct text *t)
{
    for (size_t i = 0; behaviour_names[i] != NULL; i++)
        plain_name(t, slice_of(behaviour_names[i]));
    script_names(c->loop->shared->script, plain_name, t);
}

static void openai_models(struct conn *c, const struct http *h, const struct dialect *d)
{
    (void)h, (void)d;
    control_list(c, "{\"object\":\"list\",\"data\":[", openai_name, "]}");
}

/* --- embeddings: eight numbers that depend on the text alone --- */

static void vector_make(struct slice s, float v[8])
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < s.n; i++)
        hash = (hash ^ (unsigned char)s.p[i]) * 16777619u;
    for (int i = 0; i < 8; i++) {
        hash = hash * 1664525u + 1013904223u;
        v[i] = (float)((int)(hash >> 16 & 0xff) - 128) / 128.0f;            /* exact as float, short in decimal */
    }
}

static void vector_numbers(struct text *t, const float v[8], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char number[24];
        snprintf(number, sizeof number, "%c%.7g", i == 0 ? '[' : ',', (double)v[i % 8]);
        text_put(t, number);
    }
    text_put(t, "]");
}

static void vector_write(struct text *t, const float v[8], bool base64)
{
    if (!base64) {
        vector_numbers(t, v, 8);
        return;
    }
    text_put(t, "\"");
    text_base64(t, v, 8 * sizeof *v);
    text_put(t, "\"");
}

void control_vector(struct text *t, struct slice said, size_t n)
{
    float v[8];
    vector_make(said, v);
    vector_numbers(t, v, n < 4096 ? n : 4096);
}

static void embed_one(struct text *t, const struct ask *ask, struct slice s, int64_t index, bool ollama)
{
    float v[8];
    vector_make(s, v);
    text_put(t, index > 0 ? "," : "");
    if (!ollama) {
        text_put(t, "{\"object\":\"embedding\",\"index\":");
        text_int(t, index);
        text_put(t, ",\"embedding\":");
    }
    vector_write(t, v, ask->base64);
    text_put(t, ollama ? "" : "}");
}

static void embed(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct ask ask;
    struct text *t = &c->loop->body;
    bool ollama = d != &openai_chat;
    if (!ask_read(h->body, &ask) || ask.model.n == 0 || ask.said.p == NULL) {
        control_error(c, d, 400, "model and input are required");
        return;
    }
    t->n = 0;
    text_put(t, ollama ? "{\"model\":\"" : "{\"object\":\"list\",\"model\":\"");
    text_slice(t, ask.model);
    text_put(t, ollama ? "\",\"embeddings\":[" : "\",\"data\":[");
    int64_t n = 0;
    if (ask.said_quoted)
        embed_one(t, &ask, ask.said, n++, ollama);
    else
        for (struct scan s = scan_open(ask.said); scan_next(&s);)
            embed_one(t, &ask, s.value, n++, ollama);
    text_put(t, ollama ? "],\"total_duration\":1000000,\"load_duration\":1000,\"prompt_eval_count\":" : "],\"usage\":{\"prompt_tokens\":");
    text_int(t, (ask.in_bytes + 3) / 4);
    if (!ollama) {
        text_put(t, ",\"total_tokens\":");
        text_int(t, (ask.in_bytes + 3) / 4);
        text_put(t, "}");
    }
    text_put(t, "}");
    control_answer(c, 200, text_all(t));
}

/* --- /as/SERVICE/… --- */

static void as_service(struct conn *c, const struct http *h, const struct dialect *d)
{
    char why[200];
    switch (openai_place(h->path)) {
    case OPENAI_CHAT:
        if (openai_check(h->path, h->body, why, sizeof why))
            chat(c, h, d);
        else
            control_error(c, d, 400, why);
        return;
    case OPENAI_EMBEDDINGS:
        embed(c, h, d);
        return;
    case OPENAI_MODELS:
        openai_models(c, h, d);
        return;
    case OPENAI_KEY:
        control_answer(c, 200, slice_of("{\"data\":{\"label\":\"fake\",\"usage\":0,\"limit\":null}}"));
        return;
    case OPENAI_NOWHERE:
        break;
    }
    control_error(c, d, 404, "no such address of a service");
}

/* --- /_fake/ --- */

static void fake_log(struct conn *c, const struct http *h)
{
    struct text *t = &c->loop->body;
    t->n = 0;
    if (slice_is(h->method, "DELETE"))
        journal_clear(c->loop->shared->journal);
    journal_write(c->loop->shared->journal, t);
    control_send(c, 200, json, "", text_all(t));
}

static void fake_script(struct conn *c, const struct http *h)
{
    struct text *t = &c->loop->body;
    char why[200];
    struct slice source = slice_is(h->method, "DELETE") ? slice_of("{}") : h->body;
    t->n = 0;
    if (!slice_is(h->method, "GET") && !script_set(c->loop->shared->script, source, why, sizeof why)) {
        openai_chat.error(t, 400, slice_of(why));
        control_send(c, 400, json, "", text_all(t));
        return;
    }
    script_write(c->loop->shared->script, t);
    control_send(c, 200, json, "", text_all(t));
}

static void fake_release(struct conn *c, const struct http *h)
{
    (void)h;
    server_release(c->loop->server);
    control_send(c, 200, json, "", slice_of("{}"));
}

static void hello(struct conn *c, const struct http *h)
{
    (void)h;
    control_send(c, 200, "text/plain; charset=utf-8", "",
                 slice_of("fakellm: a scripted model server for tests and demonstrations. No model is behind it.\n"
                          "Anthropic: /v1/messages /v1/messages/count_tokens /v1/models\n"
                          "Hunyuan: POST / with X-TC-Action ChatCompletions, GetEmbedding, GetTokenCount\n"
                          "Gemini: /v1beta/models /v1beta/models/…:generateContent :streamGenerateContent?alt=sse :batchEmbedContents :countTokens\n"
                          "Bedrock: /model/ID/converse /model/ID/converse-stream /foundation-models\n"
                          "OpenAI: /v1/chat/completions /v1/models /v1/embeddings\n"
                          "Ollama: /api/chat /api/generate /api/embed /api/tags /api/ps /api/show /api/version\n"
                          "Tests:  /_fake/log /_fake/script /_fake/release\n"));
}

/* --- the table --- */

static const struct address {
    const char *method, *path;          /* a path that ends in * fits all that begin like it */
    void (*run)(struct conn *, const struct http *, const struct dialect *);
    const struct dialect *dialect;
    const char *header;                 /* only if the request has it; NULL = any */
} addresses[] = {
    {"POST", "/v1/messages", anthropic_messages, &anthropic, NULL},
    {"POST", "/v1/messages/count_tokens", anthropic_count, &anthropic, NULL},
    {"GET", "/v1/models", anthropic_models, &anthropic, "anthropic-version"},
    {"POST", "/v1beta/models/*", gemini_post, &gemini, NULL},
    {"GET", "/v1beta/models/*", gemini_model, &gemini, NULL},
    {"GET", "/v1beta/models", gemini_models, &gemini, NULL},
    {"POST", "/", hunyuan_post, &hunyuan, "x-tc-action"},
    {"POST", "/model/*", bedrock_post, &bedrock, NULL},
    {"GET", "/foundation-models", bedrock_models, &bedrock, NULL},
    {"POST", "/as/*", as_service, &openai_chat, NULL},
    {"GET", "/as/*", as_service, &openai_chat, NULL},
    {"POST", "/v1/chat/completions", chat, &openai_chat, NULL},
    {"GET", "/v1/models", openai_models, &openai_chat, NULL},
    {"POST", "/v1/embeddings", embed, &openai_chat, NULL},
    {"POST", "/api/chat", ollama_post, &ollama_chat, NULL},
    {"POST", "/api/generate", ollama_post, &ollama_generate, NULL},
    {"POST", "/api/embed", embed, &ollama_chat, NULL},
    {"GET", "/api/tags", ollama_tags, &ollama_chat, NULL},
    {"GET", "/api/ps", ollama_ps, &ollama_chat, NULL},
    {"POST", "/api/show", ollama_show, &ollama_chat, NULL},
    {"GET", "/api/version", ollama_version, &ollama_chat, NULL},
};

/* Not in the journal and without a key. */
static const struct {
    const char *methods, *path;
    void (*run)(struct conn *, const struct http *);
} own[] = {
    {"GET DELETE", "/_fake/log", fake_log},
    {"GET PUT DELETE", "/_fake/script", fake_script},
    {"POST", "/_fake/release", fake_release},
    {"GET", "/", hello},
};

static bool word_in(const char *words, struct slice word)
{
    const char *hit = word.n > 0 ? memmem(words, strlen(words), word.p, word.n) : NULL;
    return hit != NULL && (hit == words || hit[-1] == ' ') && (hit[word.n] == ' ' || hit[word.n] == '\0');
}

static bool own_handle(struct conn *c, const struct http *h)
{
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (slice_is(h->path, own[i].path) && word_in(own[i].methods, h->method)) {
            own[i].run(c, h);
            return true;
        }
    return false;
}

static bool path_begins(const struct http *h, const char *with)
{
    return h->path.n >= strlen(with) && memcmp(h->path.p, with, strlen(with)) == 0;
}

static bool key_fits(const struct conn *c, const struct http *h)
{
    const char *key = c->loop->shared->key;
    return key == NULL || slice_is(h->key, key) || path_begins(h, "/model/") || path_begins(h, "/foundation-models") || slice_is(h->path, "/");
                                                            /* these look themselves */
}

static bool has_header(const struct http *h, const char *wanted)
{
    struct slice rest = h->head, name, value;
    while (http_header(&rest, &name, &value))
        if (name.n == strlen(wanted) && strncasecmp(name.p, wanted, name.n) == 0)
            return true;
    return false;
}

static bool path_fits(const struct http *h, const char *path)
{
    size_t n = strlen(path);
    return path[n - 1] == '*' ? h->path.n >= n && memcmp(h->path.p, path, n - 1) == 0 : slice_is(h->path, path);
}

/* Whose shape an error has that comes before the address is known. */
static const struct dialect *dialect_asked(const struct http *h)
{
    if (path_begins(h, "/v1/messages") || has_header(h, "anthropic-version"))
        return &anthropic;
    if (path_begins(h, "/v1beta/"))
        return &gemini;
    return path_begins(h, "/api/") ? &ollama_chat : &openai_chat;
}

void control_handle(struct conn *c, const struct http *h)
{
    const struct address *same_path = NULL;
    if (h->path.n < 8 && own_handle(c, h))
        return;
    if (path_begins(h, "/_fake/") && own_handle(c, h))
        return;
    c->request = journal_begin(c->loop->shared->journal, c->loop->at, h);
    if (!key_fits(c, h)) {
        control_error(c, dialect_asked(h), 401, dialect_asked(h) == &openai_chat ? "Incorrect API key provided." : "unauthorized");
        return;
    }
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        const struct address *a = &addresses[i];
        if (!path_fits(h, a->path) || (a->header != NULL && !has_header(h, a->header)))
            continue;
        same_path = a;
        if (slice_is(h->method, a->method)) {
            a->run(c, h, a->dialect);
            return;
        }
    }
    control_error(c, dialect_asked(h), same_path != NULL ? 405 : 404,
                  same_path != NULL ? "this address knows another method" : "no such address: see GET / for what there is");
}
