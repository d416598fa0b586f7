/* SPDX-License-Identifier: MIT */
/* gemini_lists: the addresses of Gemini. The model and what is asked of it stand in the path, "models/x:generateContent". */
#include "gemini.h"
#include "server.h"

#include <stdio.h>

#define MODELS "/v1beta/models/"
#define BATCH_MAX 100

static struct slice member(struct slice object, const char *name)
{
    return scan_member(object, name, NULL);
}

/* The last turn's parts are what was said; a turn of functions' answers has no words. */
static void read_contents(struct slice contents, struct ask *ask)
{
    for (struct scan list = scan_open(contents); scan_next(&list);) {
        struct slice parts = member(list.value, "parts");
        ask->said = parts;
        ask->after_tool = false;
        ask->in_bytes += (int64_t)parts.n;
        for (struct scan p = scan_open(parts); scan_next(&p);)
            ask->after_tool = ask->after_tool || member(p.value, "functionResponse").p != NULL;
    }
}

static void read_ask(struct slice body, struct ask *ask)
{
    struct scan tools = scan_open(member(body, "tools")), declared = {0};
    *ask = (struct ask){.stream_given = true, .include_usage = true};
    read_contents(member(body, "contents"), ask);
    if (scan_next(&tools))
        declared = scan_open(member(tools.value, "functionDeclarations"));
    if (declared.p != NULL && scan_next(&declared))
        ask->tool = member(declared.value, "name");
    ask->max_tokens = scan_number(member(member(body, "generationConfig"), "maxOutputTokens"));
}

static void generate(struct conn *c, const struct http *h, const struct dialect *d, struct slice model, bool stream)
{
    struct ask ask;
    char why[300] = "";
    c->play.raw = h->v10;
    if (stream && !slice_is(http_query(h->query, "alt"), "sse")) {
        control_error(c, d, 400, "this server streams with alt=sse only");
        return;
    }
    if (!ask_read(h->body, &ask)) {
        control_error(c, d, 400, "Invalid JSON payload received. Unexpected end of string.");
        return;
    }
    if (!gemini_takes(model, h->body, why, sizeof why)) {
        control_error(c, d, 400, why);
        return;
    }
    read_ask(h->body, &ask);
    ask.model = model;
    ask.stream = stream;
    play_begin(c, d, &ask);
}

/* ---- embeddings ---- */

static bool embed_one(struct text *t, struct slice request, const char *comma)
{
    struct scan parts = scan_open(member(member(request, "content"), "parts"));
    int64_t n = scan_number(member(request, "outputDimensionality"));
    if (!scan_next(&parts) || member(parts.value, "text").p == NULL)
        return false;
    text_put(t, comma);
    text_put(t, "{\"values\":");
    control_vector(t, member(parts.value, "text"), n > 0 ? (size_t)n : 8);
    text_put(t, "}");
    return true;
}

static void embed(struct conn *c, const struct http *h, const struct dialect *d, struct slice model)
{
    struct text *t = &c->loop->body, name = {0};
    const char *comma = "", *why = NULL;
    int64_t n = 0;
    text_put(&name, "models/");
    text_slice(&name, model);
    t->n = 0;
    text_put(t, "{\"embeddings\":[");
    for (struct scan s = scan_open(member(h->body, "requests")); why == NULL && scan_next(&s); comma = ",") {
        struct slice given = member(s.value, "model");
        if (given.n != name.n || memcmp(given.p, name.p, name.n) != 0)
            why = "model: all requests must have the model of the address";
        else if (!embed_one(t, s.value, comma))
            why = "content is required";
        else if (++n > BATCH_MAX)
            why = "at most 100 requests can be in one batch";
    }
    text_put(t, "]}");
    text_free(&name);
    if (why != NULL || n == 0)
        control_error(c, d, 400, why != NULL ? why : "requests: at least one is required");
    else
        control_answer(c, 200, text_all(t));
}

static void embed_single(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct text *t = &c->loop->body;
    t->n = 0;
    text_put(t, "{\"embedding\":");
    if (!embed_one(t, h->body, "")) {
        control_error(c, d, 400, "content is required");
        return;
    }
    text_put(t, "}");
    control_answer(c, 200, text_all(t));
}

static void count(struct conn *c, const struct http *h)
{
    struct ask ask;
    char body[60];
    read_ask(h->body, &ask);
    snprintf(body, sizeof body, "{\"totalTokens\":%lld}", (long long)(ask.in_bytes + 3) / 4);
    control_answer(c, 200, slice_of(body));
}

/* ---- models ---- */

static void add_model(struct text *t, struct slice name)
{
    bool embeds = memmem(name.p, name.n, "embed", 5) != NULL;
    text_put(t, "{\"name\":\"models/");
    text_slice(t, name);
    text_put(t, "\",\"version\":\"1\",\"displayName\":\"");
    text_slice(t, name);
    text_put(t, "\",\"inputTokenLimit\":1048576,\"outputTokenLimit\":65536,\"supportedGenerationMethods\":");
    text_put(t, embeds ? "[\"embedContent\"]}" : "[\"generateContent\",\"countTokens\"],\"thinking\":true}");
}

/* Pages of 50 unless pageSize says more, at most 1000; a page is named by how many models stand before it. */
void gemini_models(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct text *t = &c->loop->body, names = {0};
    int64_t size = scan_number(http_query(h->query, "pageSize")), from = scan_number(http_query(h->query, "pageToken")), at = 0;
    (void)d;
    size = size <= 0 ? 50 : size > 1000 ? 1000 : size;
    control_names(c, &names);
    t->n = 0;
    text_put(t, "{\"models\":[");
    for (const char *p = names.p, *end = names.p + names.n, *line; p < end; p = line + 1, at++) {
        line = memchr(p, '\n', (size_t)(end - p));
        if (at < from || at >= from + size)
            continue;
        text_put(t, at > from ? "," : "");
        add_model(t, (struct slice){p, (size_t)(line - p)});
    }
    text_put(t, "]");
    if (at > from + size) {
        text_put(t, ",\"nextPageToken\":\"");
        text_int(t, from + size);
        text_put(t, "\"");
    }
    text_put(t, "}");
    control_answer(c, 200, text_all(t));
    text_free(&names);
}

void gemini_model(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct text *t = &c->loop->body, name = {0};
    (void)d;
    text_unpercent(&name, (struct slice){h->path.p + sizeof MODELS - 1, h->path.n - (sizeof MODELS - 1)});
    t->n = 0;
    add_model(t, text_all(&name));
    control_answer(c, 200, text_all(t));
    text_free(&name);
}

/* A key in the address would end up in logs: here it is refused, unlike there. */
void gemini_post(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct slice rest = {h->path.p + sizeof MODELS - 1, h->path.n - (sizeof MODELS - 1)};
    const char *colon = memrchr(rest.p, ':', rest.n);
    struct slice verb = colon == NULL ? (struct slice){0} : (struct slice){colon + 1, (size_t)(rest.p + rest.n - colon - 1)};
    struct text model = {0};
    if (colon != NULL)
        text_unpercent(&model, (struct slice){rest.p, (size_t)(colon - rest.p)});
    if (http_query(h->query, "key").n > 0)
        control_error(c, d, 400, "the key belongs into x-goog-api-key");
    else if (slice_is(verb, "generateContent") || slice_is(verb, "streamGenerateContent"))
        generate(c, h, d, text_all(&model), slice_is(verb, "streamGenerateContent"));
    else if (slice_is(verb, "batchEmbedContents"))
        embed(c, h, d, text_all(&model));
    else if (slice_is(verb, "embedContent"))
        embed_single(c, h, d);
    else if (slice_is(verb, "countTokens"))
        count(c, h);
    else
        control_error(c, d, 404, "Method not found.");
    text_free(&model);
}
