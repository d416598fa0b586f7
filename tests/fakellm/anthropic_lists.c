/* SPDX-License-Identifier: MIT */
/* anthropic_lists: what Anthropic answers at once: POST /v1/messages if the service would refuse it, its count of tokens, its models in pages. */
#include "anthropic.h"
#include "server.h"

#include <stdio.h>

static bool asked(struct conn *c, const struct http *h, const struct dialect *d, struct ask *ask)
{
    char why[300] = "";
    if (!ask_read(h->body, ask))
        control_error(c, d, 400, "The body is not a JSON object");
    else if (ask->model.n == 0)
        control_error(c, d, 400, "model: Field required");
    else if (!anthropic_takes(h, why, sizeof why))
        control_error(c, d, 400, why);
    else
        return true;
    return false;
}

void anthropic_messages(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct ask ask;
    c->play.raw = h->v10;
    if (asked(c, h, d, &ask))
        play_begin(c, d, &ask);
}

void anthropic_count(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct ask ask;
    char body[60];
    if (!ask_read(h->body, &ask) || ask.model.n == 0) {
        control_error(c, d, 400, "model: Field required");
        return;
    }
    snprintf(body, sizeof body, "{\"input_tokens\":%lld}", (long long)(ask.in_bytes + 3) / 4);
    control_answer(c, 200, slice_of(body));
}

static int64_t limit_of(struct slice query)
{
    struct slice s = http_query(query, "limit");
    int64_t n = 0;
    for (size_t i = 0; i < s.n && i < 6; i++)
        n = s.p[i] >= '0' && s.p[i] <= '9' ? n * 10 + (s.p[i] - '0') : 1001;
    return s.n == 0 ? 20 : n;
}

static void add_model(struct text *t, struct slice name, bool first)
{
    text_put(t, first ? "{\"type\":\"model\",\"id\":\"" : ",{\"type\":\"model\",\"id\":\"");
    text_slice(t, name);
    text_put(t, "\",\"display_name\":\"");
    text_slice(t, name);
    text_put(t, "\",\"created_at\":\"2024-01-01T00:00:00Z\",\"max_input_tokens\":200000,\"max_tokens\":64000,"
                "\"capabilities\":{\"image_input\":{\"supported\":true},\"thinking\":{\"supported\":true,\"types\":{\"enabled\":{\"supported\":true},"
                "\"adaptive\":{\"supported\":true}}},\"structured_outputs\":{\"supported\":true}}}");
}

/* Pages as the service gives them: 20 names unless asked for more (at most 1000), those after after_id. */
void anthropic_models(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct text *t = &c->loop->body, names = {0}, from = {0};
    struct slice first = {0}, last = {0};
    int64_t limit = limit_of(h->query), n = 0;
    bool passed, more = false;
    if (limit < 1 || limit > 1000) {
        control_error(c, d, 400, "limit: Input should be between 1 and 1000");
        return;
    }
    text_unpercent(&from, http_query(h->query, "after_id"));
    passed = from.n == 0;
    control_names(c, &names);
    t->n = 0;
    text_put(t, "{\"data\":[");
    for (const char *p = names.p, *end = names.p + names.n; p < end;) {
        const char *line = memchr(p, '\n', (size_t)(end - p));
        struct slice name = {p, (size_t)(line - p)};
        p = line + 1;
        if (passed && n == limit)
            more = true;
        if (passed && n < limit) {
            add_model(t, name, n == 0);
            first = n == 0 ? name : first;
            last = name;
            n++;
        }
        passed = passed || (name.n == from.n && memcmp(name.p, from.p, name.n) == 0);
    }
    text_put(t, more ? "],\"has_more\":true,\"first_id\":\"" : "],\"has_more\":false,\"first_id\":\"");
    text_slice(t, first);
    text_put(t, "\",\"last_id\":\"");
    text_slice(t, last);
    text_put(t, "\"}");
    control_answer(c, 200, text_all(t));
    text_free(&names);
    text_free(&from);
}
