/* SPDX-License-Identifier: MIT */
/* hunyuan_lists: the actions of Tencent's address for Hunyuan. */
#include "hunyuan.h"
#include "scan.h"
#include "server.h"
#include "sign.h"

#include <stdio.h>

enum { BATCH_MAX = 50, DIMENSIONS = 1024 };

static struct slice member(struct slice object, const char *name)
{
    return scan_member(object, name, NULL);
}

/* The words of the last message: its Content, or the last text of its Contents. */
static void read_message(struct slice message, struct ask *ask)
{
    struct slice contents = member(message, "Contents");
    ask->said = scan_member(message, "Content", &ask->said_quoted);
    ask->after_tool = slice_is(member(message, "Role"), "tool");
    ask->in_bytes += (int64_t)(ask->said.n + contents.n);
    for (struct scan s = scan_open(contents); scan_next(&s);)
        if (slice_is(member(s.value, "Type"), "text"))
            ask->said = scan_member(s.value, "Text", &ask->said_quoted);
}

static void chat(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct ask ask = {.stream_given = true, .include_usage = true};
    struct scan tools = scan_open(member(h->body, "Tools"));
    char why[300] = "";
    if (!hunyuan_takes(h->body, why, sizeof why)) {
        control_error(c, d, 400, why);
        return;
    }
    for (struct scan s = scan_open(member(h->body, "Messages")); scan_next(&s);)
        read_message(s.value, &ask);
    if (scan_next(&tools))
        ask.tool = member(member(tools.value, "Function"), "Name");
    ask.model = member(h->body, "Model");
    ask.stream = slice_is(member(h->body, "Stream"), "true");
    c->play.raw = h->v10;
    play_begin(c, d, &ask);
}

static void embed(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct text *t = &c->loop->body;
    int64_t n = 0, bytes = 0;
    t->n = 0;
    text_put(t, "{\"Response\":{\"Data\":[");
    for (struct scan s = scan_open(member(h->body, "InputList")); scan_next(&s); n++) {
        text_put(t, n > 0 ? ",{\"Embedding\":" : "{\"Embedding\":");
        control_vector(t, s.value, DIMENSIONS);
        text_put(t, ",\"Index\":");
        text_int(t, n);
        text_put(t, ",\"Object\":\"embedding\"}");
        bytes += (int64_t)s.value.n;
    }
    text_put(t, "],\"Usage\":{\"PromptTokens\":");
    text_int(t, (bytes + 3) / 4);
    text_put(t, ",\"TotalTokens\":");
    text_int(t, (bytes + 3) / 4);
    text_put(t, "},\"RequestId\":\"fake\"}}");
    if (n == 0 || n > BATCH_MAX)
        control_error(c, d, 400, "InputList must hold 1 to 50 texts.");
    else
        control_answer(c, 200, text_all(t));
}

static void count(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct slice prompt = member(h->body, "Prompt");
    char body[120];
    if (prompt.n == 0) {
        control_error(c, d, 400, "The request is missing the parameter Prompt.");
        return;
    }
    snprintf(body, sizeof body, "{\"Response\":{\"TokenCount\":%zu,\"CharacterCount\":%zu,\"RequestId\":\"fake\"}}", (prompt.n + 3) / 4, prompt.n);
    control_answer(c, 200, slice_of(body));
}

/* The code of a refused signature is its own, not one of a status. */
static void refuse(struct conn *c, const char *code, const char *why)
{
    struct text *t = &c->loop->body;
    t->n = 0;
    text_put(t, "{\"Response\":{\"Error\":{\"Code\":\"");
    text_put(t, code);
    text_put(t, "\",\"Message\":\"");
    text_json(t, slice_of(why));
    text_put(t, "\"},\"RequestId\":\"fake\"}}");
    control_answer(c, 200, text_all(t));
}

void hunyuan_post(struct conn *c, const struct http *h, const struct dialect *d)
{
    const char *key = c->loop->shared->key;
    struct slice action = sign_header(h, slice_of("x-tc-action"));
    char why[300] = "";
    const char *code = hunyuan_unsigned(h, key != NULL ? key : HUNYUAN_SECRET, why, sizeof why);
    struct ask ask;
    if (code != NULL)
        refuse(c, code, why);
    else if (!ask_read(h->body, &ask))
        control_error(c, d, 400, "The body is not a JSON object.");
    else if (slice_is(action, "ChatCompletions"))
        chat(c, h, d);
    else if (slice_is(action, "GetEmbedding"))
        embed(c, h, d);
    else if (slice_is(action, "GetTokenCount"))
        count(c, h, d);
    else
        control_error(c, d, 404, "The action does not exist.");
}
