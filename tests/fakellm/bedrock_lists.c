/* SPDX-License-Identifier: MIT */
/* bedrock_lists: the addresses of Bedrock, /model/ID/converse and what is beside it, and what Converse refuses. */
#include "bedrock.h"
#include "server.h"

#include <stdio.h>

#define MODEL "/model/"

static struct slice member(struct slice object, const char *name)
{
    return scan_member(object, name, NULL);
}

/* ---- what is refused ---- */

static bool refuse(char *why, size_t why_size, const char *sentence, struct slice word)
{
    snprintf(why, why_size, "%s%s%.*s", sentence, word.n > 0 ? ": " : "", (int)(word.n < 60 ? word.n : 60), word.n > 0 ? word.p : "");
    return false;
}

static bool is_blank(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ')
            return false;
    return true;
}

/* One of the members, and that a full one. */
static bool takes_block(struct slice block, bool user, char *why, size_t n)
{
    struct slice text = member(block, "text"), use = member(block, "toolUse"), result = member(block, "toolResult"), image = member(block, "image");
    struct slice thought = member(block, "reasoningContent"), document = member(block, "document"), media = image.p != NULL ? image : document;
    bool quoted = false;
    if ((text.p != NULL) + (use.p != NULL) + (result.p != NULL) + (media.p != NULL) + (thought.p != NULL) != 1)
        return refuse(why, n, "The content block must have exactly one member set", (struct slice){0});
    if (text.p != NULL && is_blank(text))
        return refuse(why, n, "The text field in the ContentBlock object is blank", (struct slice){0});
    if (use.p != NULL && (user || member(use, "toolUseId").n == 0 || member(use, "name").n == 0))
        return refuse(why, n, "toolUse must be the assistant's and have a toolUseId and a name", (struct slice){0});
    if (use.p != NULL && (scan_member(use, "input", &quoted).n == 0 || quoted || *member(use, "input").p != '{'))
        return refuse(why, n, "The format of the value at toolUse.input is invalid. Provide a json object", (struct slice){0});
    if (result.p != NULL && (!user || member(result, "toolUseId").n == 0 || member(result, "content").p == NULL))
        return refuse(why, n, "toolResult must be the user's and have a toolUseId and content", (struct slice){0});
    if (media.p != NULL && (member(media, "format").n == 0 || member(member(media, "source"), "bytes").n == 0))
        return refuse(why, n, "A picture or document must have a format and bytes", (struct slice){0});
    if (document.p != NULL && member(document, "name").n == 0)
        return refuse(why, n, "A document must have a name", (struct slice){0});
    if (thought.p != NULL && !slice_is(member(member(thought, "reasoningText"), "signature"), BEDROCK_SIGNATURE)
        && !slice_is(member(thought, "redactedContent"), BEDROCK_SEALED))
        return refuse(why, n, "Invalid signature in thinking block", thought);
    return true;
}

static bool takes_messages(struct slice messages, char *why, size_t n, bool *tools_r)
{
    int at = 0;
    for (struct scan m = scan_open(messages); scan_next(&m); at++) {
        bool user = at % 2 == 0, any = false;
        if (!slice_is(member(m.value, "role"), user ? "user" : "assistant"))
            return refuse(why, n, at == 0 ? "A conversation must start with a user message" : "roles must alternate between \"user\" and \"assistant\"",
                          member(m.value, "role"));
        for (struct scan block = scan_open(member(m.value, "content")); scan_next(&block); any = true) {
            *tools_r = *tools_r || member(block.value, "toolUse").p != NULL || member(block.value, "toolResult").p != NULL;
            if (!takes_block(block.value, user, why, n))
                return false;
        }
        if (!any)
            return refuse(why, n, "The content field in the Message object is empty", (struct slice){0});
    }
    return at > 0 || refuse(why, n, "messages must not be empty", (struct slice){0});
}

static bool takes_tools(struct slice config, char *why, size_t n)
{
    struct slice choice = member(config, "toolChoice");
    for (struct scan t = scan_open(member(config, "tools")); scan_next(&t);) {
        struct slice spec = member(t.value, "toolSpec"), description = member(spec, "description");
        if (member(spec, "name").n == 0 || member(member(spec, "inputSchema"), "json").n == 0)
            return refuse(why, n, "A tool must have a name and an inputSchema", (struct slice){0});
        if (description.p != NULL && description.n == 0)
            return refuse(why, n, "Invalid length for parameter toolSpec.description, value: 0, valid min length: 1", (struct slice){0});
    }
    if (choice.p != NULL && member(choice, "auto").p == NULL && member(choice, "any").p == NULL && member(member(choice, "tool"), "name").n == 0)
        return refuse(why, n, "toolChoice must be auto, any or tool", choice);
    return true;
}

bool bedrock_takes(struct slice body, char *why, size_t n)
{
    static const char known[] = " messages system inferenceConfig toolConfig guardrailConfig additionalModelRequestFields promptVariables "
                                "additionalModelResponseFieldPaths requestMetadata performanceConfig ";
    struct slice tools = member(body, "toolConfig"), temperature = member(member(body, "inferenceConfig"), "temperature");
    bool needs_tools = false;
    for (struct scan s = scan_open(body); scan_next(&s);) {
        const char *at = memmem(known, sizeof known - 1, s.key.p, s.key.n);
        if (at == NULL || at[-1] != ' ' || at[s.key.n] != ' ')
            return refuse(why, n, "Malformed input request: extraneous key is not permitted", s.key);
    }
    if (!takes_messages(member(body, "messages"), why, n, &needs_tools) || !takes_tools(tools, why, n))
        return false;
    if (needs_tools && tools.p == NULL)
        return refuse(why, n, "The toolConfig field must be defined when using toolUse and toolResult content blocks.", (struct slice){0});
    if (temperature.n > 1 && *temperature.p != '0' && temperature.p[1] == '.' && temperature.p[2] != '0')
        return refuse(why, n, "Value at inferenceConfig.temperature must be at most 1", temperature);
    return true;
}

/* ---- what is answered ---- */

static void refused(struct conn *c, int status, const char *type, const char *why)
{
    struct text *t = &c->loop->body;
    char extra[200];
    t->n = 0;
    bedrock.error(t, status, slice_of(why));
    snprintf(extra, sizeof extra, "x-amzn-RequestId: fake-refused\r\nx-amzn-ErrorType: %s:http://internal.amazon.com/coral/\r\n", type);
    control_send(c, status, "application/json", extra, text_all(t));
    journal_mark(c->loop->shared->journal, c->loop->at, c->request, ENDING_DONE, status, t->n);
}

static bool is_signed(struct conn *c, const struct http *h)
{
    const char *key = c->loop->shared->key;
    char why[300];
    const char *type = bedrock_unsigned(h, key != NULL ? key : BEDROCK_SECRET, why, sizeof why);
    if (type != NULL)
        refused(c, 403, type, why);
    return type == NULL;
}

static void read_ask(struct slice body, struct ask *ask)
{
    struct scan tools = scan_open(member(member(body, "toolConfig"), "tools"));
    *ask = (struct ask){.stream_given = true, .include_usage = true};
    for (struct scan m = scan_open(member(body, "messages")); scan_next(&m);) {
        ask->said = member(m.value, "content");
        ask->in_bytes += (int64_t)ask->said.n;
        ask->after_tool = false;
        for (struct scan block = scan_open(ask->said); scan_next(&block);)
            ask->after_tool = ask->after_tool || member(block.value, "toolResult").p != NULL;
    }
    if (scan_next(&tools))
        ask->tool = member(member(tools.value, "toolSpec"), "name");
    ask->max_tokens = scan_number(member(member(body, "inferenceConfig"), "maxTokens"));
}

static void converse(struct conn *c, const struct http *h, const struct dialect *d, struct slice model, bool stream)
{
    struct ask ask;
    char why[300] = "";
    c->play.raw = h->v10;
    if (!ask_read(h->body, &ask)) {
        refused(c, 400, "SerializationException", "the body is not a JSON object");
        return;
    }
    if (!bedrock_takes(h->body, why, sizeof why)) {
        refused(c, 400, "ValidationException", why);
        return;
    }
    read_ask(h->body, &ask);
    ask.model = model;
    ask.stream = stream;
    play_begin(c, d, &ask);
}

void bedrock_post(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct slice rest = {h->path.p + sizeof MODEL - 1, h->path.n - (sizeof MODEL - 1)};
    const char *slash = memrchr(rest.p, '/', rest.n);
    struct slice verb = slash == NULL ? (struct slice){0} : (struct slice){slash + 1, (size_t)(rest.p + rest.n - slash - 1)};
    struct text model = {0};
    if (!is_signed(c, h))
        return;
    if (slash != NULL)
        text_unpercent(&model, (struct slice){rest.p, (size_t)(slash - rest.p)});
    if (slash == NULL || memchr(rest.p, '/', (size_t)(slash - rest.p)) != NULL || (!slice_is(verb, "converse") && !slice_is(verb, "converse-stream")))
        refused(c, 404, "UnknownOperationException", "");
    else
        converse(c, h, d, text_all(&model), slice_is(verb, "converse-stream"));
    text_free(&model);
}

void bedrock_models(struct conn *c, const struct http *h, const struct dialect *d)
{
    struct text *t = &c->loop->body, names = {0};
    const char *comma = "";
    (void)d;
    if (!is_signed(c, h))
        return;
    control_names(c, &names);
    t->n = 0;
    text_put(t, "{\"modelSummaries\":[");
    for (const char *p = names.p, *end = names.p + names.n, *line; p < end; p = line + 1, comma = ",") {
        line = memchr(p, '\n', (size_t)(end - p));
        text_put(t, comma);
        text_put(t, "{\"modelArn\":\"arn:aws:bedrock:us-east-1::foundation-model/x\",\"modelId\":\"");
        text_add(t, p, (size_t)(line - p));
        text_put(t, "\",\"providerName\":\"Fake\",\"inputModalities\":[\"TEXT\",\"IMAGE\"],\"outputModalities\":[\"TEXT\"],"
                    "\"responseStreamingSupported\":true,\"modelLifecycle\":{\"status\":\"ACTIVE\"}}");
    }
    text_put(t, "]}");
    control_answer(c, 200, text_all(t));
    text_free(&names);
}
