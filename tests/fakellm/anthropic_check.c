/* SPDX-License-Identifier: MIT */
/* anthropic_check: the rules of POST /v1/messages that a gateway in front of it breaks most easily. Wordings are close to the service's own. */
#include "anthropic.h"
#include "scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const struct slice none;

struct check {
    char *why;
    size_t why_size;
    struct slice uses;                   /* the content of the message before, when it called tools */
    bool thinks;
};

/* "messages.1.content.0.tool_use.id: … 'word'"; ${at} and ${block} -1 = of no message, no block. */
static bool refuse(struct check *c, int at, int block, const char *what, struct slice word)
{
    int n = at < 0 ? 0 : snprintf(c->why, c->why_size, "messages.%d", at);
    if (block >= 0)
        n += snprintf(c->why + n, c->why_size - (size_t)n, ".content.%d", block);
    n += snprintf(c->why + n, c->why_size - (size_t)n, "%s%s", at < 0 || *what == '.' ? "" : ": ", what);
    if (word.p != NULL && (size_t)n < c->why_size)
        snprintf(c->why + n, c->why_size - (size_t)n, ", not '%.*s'", (int)(word.n < 60 ? word.n : 60), word.p);
    return false;
}

static bool is_blank(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != ' ' && s.p[i] != '\t' && s.p[i] != '\\' && s.p[i] != 'n')
            return false;
    return true;
}

static bool id_fits(struct slice id)
{
    for (size_t i = 0; i < id.n; i++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", id.p[i]))
            return false;
    return id.n > 0;
}

/* Whether ${content} has a block of ${type} with this id. */
static bool has_block(struct slice content, const char *type, const char *name, struct slice id)
{
    for (struct scan list = scan_open(content); scan_next(&list);) {
        struct slice found = scan_member(list.value, name, NULL);
        if (slice_is(scan_member(list.value, "type", NULL), type) && found.n == id.n && memcmp(found.p, id.p, id.n) == 0)
            return true;
    }
    return false;
}

static bool takes_source(struct check *c, struct slice source, int at, int block)
{
    static const char *const known[] = {"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf"};
    struct slice type = scan_member(source, "type", NULL), media = scan_member(source, "media_type", NULL);
    if (slice_is(type, "url"))
        return scan_member(source, "url", NULL).n > 0 || refuse(c, at, block, ".image.source.url: Field required", none);
    if (slice_is(type, "text") || slice_is(type, "file") || slice_is(type, "content"))
        return true;
    if (!slice_is(type, "base64") || scan_member(source, "data", NULL).n == 0 || media.n == 0)
        return refuse(c, at, block, ".image.source: Input should be a source of a known type", type);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (slice_is(media, known[i]))
            return true;
    return refuse(c, at, block, ".image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'", media);
}

static bool takes_call(struct check *c, struct slice b, int at, int block)
{
    struct slice id = scan_member(b, "id", NULL), input = scan_member(b, "input", NULL);
    if (!id_fits(id))
        return refuse(c, at, block, ".tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'", id);
    if (input.n == 0 || input.p[0] != '{')
        return refuse(c, at, block, ".tool_use.input: Input should be a valid dictionary", input);
    return true;
}

static bool takes_block(struct check *c, struct slice b, bool user, int at, int block, bool *text_seen)
{
    bool quoted = false;
    struct slice type = scan_member(b, "type", NULL), id = scan_member(b, "tool_use_id", NULL);
    if (slice_is(type, "text")) {
        *text_seen = true;
        if (scan_member(b, "text", &quoted).n == 0 || !quoted)
            return refuse(c, at, block, "text content blocks must be non-empty", none);
        return true;
    }
    if (slice_is(type, "image") || slice_is(type, "document"))
        return takes_source(c, scan_member(b, "source", NULL), at, block);
    if (slice_is(type, "tool_use") && !user)
        return takes_call(c, b, at, block);
    if (slice_is(type, "tool_result") && user) {
        if (*text_seen)
            return refuse(c, at, block, "tool_result blocks must come first", none);
        return has_block(c->uses, "tool_use", "id", id)
            || refuse(c, at, block, "unexpected `tool_use_id` found in `tool_result` blocks. Each `tool_result` block must have a "
                      "corresponding `tool_use` block in the previous message", id);
    }
    if (slice_is(type, "thinking") && !user)
        return slice_is(scan_member(b, "signature", NULL), ANTHROPIC_SIGNATURE)
            || refuse(c, at, block, "Invalid `signature` in `thinking` block", none);
    if (slice_is(type, "redacted_thinking") && !user)
        return slice_is(scan_member(b, "data", NULL), ANTHROPIC_SEALED)
            || refuse(c, at, block, "Invalid `data` in `redacted_thinking` block", none);
    if (slice_is(type, "search_result") || slice_is(type, "server_tool_use") || slice_is(type, "web_search_tool_result"))
        return true;
    return refuse(c, at, block, "Input tag found using 'type' does not match any of the expected tags", type);
}

/* Every call of the message before is answered in this one. */
static bool answers_calls(struct check *c, struct slice content, int at)
{
    for (struct scan list = scan_open(c->uses); scan_next(&list);) {
        struct slice id = scan_member(list.value, "id", NULL);
        if (slice_is(scan_member(list.value, "type", NULL), "tool_use") && !has_block(content, "tool_result", "tool_use_id", id))
            return refuse(c, at - 1, -1, "`tool_use` ids were found without `tool_result` blocks immediately after", id);
    }
    return true;
}

static bool takes_message(struct check *c, struct slice message, int at)
{
    bool quoted = false, text_seen = false;
    struct slice role = scan_member(message, "role", NULL), content = scan_member(message, "content", &quoted);
    bool user = slice_is(role, "user");
    int block = 0;
    if (!user && !slice_is(role, "assistant"))
        return refuse(c, at, -1, ".role: Input should be 'user' or 'assistant'", role);
    if (content.n == 0 || slice_is(content, "[]"))
        return refuse(c, at, -1, "all messages must have non-empty content", none);
    if (quoted)
        content = (struct slice){0};
    if (!answers_calls(c, content, at))
        return false;
    for (struct scan list = scan_open(content); scan_next(&list); block++)
        if (!takes_block(c, list.value, user, at, block, &text_seen))
            return false;
    c->uses = user ? (struct slice){0} : content;
    return true;
}

static bool takes_messages(struct check *c, struct slice messages)
{
    int at = 0;
    for (struct scan list = scan_open(messages); scan_next(&list); at++)
        if (!takes_message(c, list.value, at))
            return false;
    if (at == 0)
        return refuse(c, -1, -1, "messages: at least one message is required", none);
    return answers_calls(c, (struct slice){0}, at);
}

static bool takes_tools(struct check *c, struct slice tools)
{
    int at = 0;
    for (struct scan list = scan_open(tools); scan_next(&list); at++) {
        struct slice type = scan_member(list.value, "type", NULL);
        if (type.n > 0 && !slice_is(type, "custom"))
            continue;
        if (scan_member(list.value, "name", NULL).n == 0)
            return refuse(c, -1, -1, "tools.custom.name: Field required", none);
        if (!slice_is(scan_member(scan_member(list.value, "input_schema", NULL), "type", NULL), "object"))
            return refuse(c, -1, -1, "tools.custom.input_schema.type: Input should be 'object'", none);
    }
    return true;
}

static bool takes_sampling(struct check *c, struct slice body)
{
    struct slice model = scan_member(body, "model", NULL), temperature = scan_member(body, "temperature", NULL), top_p = scan_member(body, "top_p", NULL);
    bool fresh = model.n > 13 && (memcmp(model.p, "claude-opus-5", 13) == 0 || memcmp(model.p, "claude-sonnet", 13) == 0);
    double heat = temperature.n > 0 ? strtod(temperature.p, NULL) : 1;
    if (heat < 0 || heat > 1)
        return refuse(c, -1, -1, "temperature: range: 0..1", temperature);
    if (temperature.n > 0 && heat < 1 && (c->thinks || fresh))
        return refuse(c, -1, -1, c->thinks ? "`temperature` may only be set to 1 when thinking is enabled"
                                           : "`temperature` is deprecated for this model", temperature);
    if (fresh && ((top_p.n > 0 && strtod(top_p.p, NULL) < 0.99) || scan_member(body, "top_k", NULL).n > 0))
        return refuse(c, -1, -1, "`top_p` and `top_k` are deprecated for this model", none);
    if (c->thinks && scan_member(body, "top_k", NULL).n > 0)
        return refuse(c, -1, -1, "`top_k` must be unset when thinking is enabled", none);
    for (struct scan s = scan_open(scan_member(body, "stop_sequences", NULL)); scan_next(&s);)
        if (is_blank(s.value))
            return refuse(c, -1, -1, "stop_sequences: each stop sequence must contain non-whitespace", none);
    return true;
}

static bool takes_thinking(struct check *c, struct slice body)
{
    struct slice thinking = scan_member(body, "thinking", NULL), type = scan_member(thinking, "type", NULL);
    struct slice choice = scan_member(scan_member(body, "tool_choice", NULL), "type", NULL);
    long long budget = atoll(scan_member(thinking, "budget_tokens", NULL).n > 0 ? scan_member(thinking, "budget_tokens", NULL).p : "0");
    c->thinks = slice_is(type, "enabled") || slice_is(type, "adaptive");
    if (slice_is(type, "enabled") && (budget < 1024 || budget >= atoll(scan_member(body, "max_tokens", NULL).p)))
        return refuse(c, -1, -1, "thinking.enabled.budget_tokens: at least 1024 and less than `max_tokens`", none);
    if (c->thinks && (slice_is(choice, "any") || slice_is(choice, "tool")))
        return refuse(c, -1, -1, "Thinking may not be enabled when tool_choice forces tool use.", none);
    return true;
}

static bool takes_members(struct check *c, struct slice body)
{
    static const char *const known[] = {"model", "messages", "max_tokens", "system", "metadata", "stop_sequences", "stream", "temperature", "top_p",
        "top_k", "tools", "tool_choice", "thinking", "output_config", "service_tier", "container", "inference_geo", "cache_control", NULL};
    for (struct scan s = scan_open(body); scan_next(&s);) {
        size_t i = 0;
        while (known[i] != NULL && !slice_is(s.key, known[i]))
            i++;
        if (known[i] == NULL)
            return refuse(c, -1, -1, "Extra inputs are not permitted", s.key);
    }
    return true;
}

bool anthropic_takes(const struct http *h, char *why, size_t why_size)
{
    struct check c = {.why = why, .why_size = why_size};
    struct slice rest = h->head, name, value;
    bool version = false, beta = false;
    while (http_header(&rest, &name, &value)) {
        version = version || (name.n == 17 && strncasecmp(name.p, "anthropic-version", 17) == 0);
        beta = beta || (name.n == 14 && strncasecmp(name.p, "anthropic-beta", 14) == 0);
    }
    if (!version)
        return refuse(&c, -1, -1, "anthropic-version: header is required", none);
    if (scan_member(h->body, "max_tokens", NULL).n == 0)
        return refuse(&c, -1, -1, "max_tokens: Field required", none);
    return (beta || takes_members(&c, h->body)) && takes_thinking(&c, h->body) && takes_sampling(&c, h->body)
        && takes_tools(&c, scan_member(h->body, "tools", NULL)) && takes_messages(&c, scan_member(h->body, "messages", NULL));
}
