/* SPDX-License-Identifier: MIT */
/* ollama_lists: the addresses of Ollama besides its embeddings. */
#include "ollama.h"
#include "server.h"

#include <stdio.h>

static bool runs_elsewhere(struct slice name)
{
    return name.n > 6 && memcmp(name.p + name.n - 6, "-cloud", 6) == 0;
}

/* Only "demo" is listed with what it can; of the others /api/show tells. Names in "-cloud" run elsewhere. */
static void ollama_name(struct text *t, struct slice name)
{
    text_put(t, t->p[t->n - 1] == '[' ? "{\"name\":\"" : ",{\"name\":\"");
    text_slice(t, name);
    text_put(t, "\",\"model\":\"");
    text_slice(t, name);
    text_put(t, "\",\"modified_at\":\"2024-01-01T00:00:00Z\",\"size\":1000000,\"digest\":\"fa4e\",\"details\":{\"parent_model\":\"\","
                "\"format\":\"gguf\",\"family\":\"fake\",\"families\":[\"fake\"],\"parameter_size\":\"1B\","
                "\"quantization_level\":\"Q4_0\"");
    if (slice_is(name, "demo"))
        text_put(t, ",\"context_length\":131072},\"capabilities\":[\"completion\",\"vision\"]}");
    else
        text_put(t, runs_elsewhere(name) ? "},\"remote_model\":\"big\",\"remote_host\":\"https://ollama.example:443\"}" : "}}");
}

/* "unknown…" is a model that nobody has pulled. */
static bool knows(struct slice name)
{
    return name.n < 7 || memcmp(name.p, "unknown", 7) != 0;
}

void ollama_post(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct ask ask;
    char why[300] = "";
    c->play.raw = h->v10;
    if (!ask_read(h->body, &ask))
        control_error(c, d, 400, "invalid character in the body");
    else if (ask.model.n == 0)
        control_error(c, d, 400, "model is required");
    else if (!ollama_takes(h->body, why, sizeof why))
        control_error(c, d, 400, why);
    else
        play_begin(c, d, &ask);
}

void ollama_tags(struct conn *c, const struct http *h, const struct dialect *d)
{
    (void)h, (void)d;
    control_list(c, "{\"models\":[", ollama_name, "]}");
}

void ollama_ps(struct conn *c, const struct http *h, const struct dialect *d)
{
    (void)h, (void)d;
    control_answer(c, 200, slice_of("{\"models\":[{\"name\":\"demo\",\"model\":\"demo\",\"size\":1000000,\"digest\":\"fa4e\","
                                 "\"expires_at\":\"2099-01-01T00:00:00Z\",\"size_vram\":1000000,\"context_length\":32768}]}"));
}

void ollama_show(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct ask ask;
    if (!ask_read(h->body, &ask) || ask.model.n == 0) {
        control_error(c, d, 400, "model is required");
        return;
    }
    if (!knows(ask.model)) {
        char why[300];
        snprintf(why, sizeof why, "model '%.*s' not found", (int)(ask.model.n < 200 ? ask.model.n : 200), ask.model.p);
        control_error(c, d, 404, why);
        return;
    }
    control_answer(c, 200, slice_of("{\"license\":\"MIT\",\"template\":\"{{ .Prompt }}\",\"parameters\":\"\","
                                 "\"details\":{\"parent_model\":\"\",\"format\":\"gguf\",\"family\":\"fake\",\"families\":[\"fake\"],"
                                 "\"parameter_size\":\"1B\",\"quantization_level\":\"Q4_0\"},"
                                 "\"model_info\":{\"general.architecture\":\"fake\",\"fake.context_length\":32768},"
                                 "\"capabilities\":[\"completion\",\"tools\",\"thinking\"],\"modified_at\":\"2024-01-01T00:00:00Z\"}"));
}

void ollama_version(struct conn *c, const struct http *h, const struct dialect *d)
{
    (void)h, (void)d;
    control_answer(c, 200, slice_of("{\"version\":\"0.99.0-fake\"}"));
}
