/* SPDX-License-Identifier: MIT */
/* openai_check: /as/SERVICE/v1/…: the same as /v1/…, and requests that this service refuses are refused. Only what its documents say; the rules
 * are written from them, not from any client. */
#include "server.h"

#include <stdio.h>

enum { SHORT_IDS = 1, NO_DEVELOPER = 2, OPEN_RANGE = 4, AT_MOST_ONE = 8, RAW_IMAGES = 16, AUTO_ONLY = 32, WANTS_THOUGHTS = 64, NO_SCHEMA = 128,
       STREAMS_THOUGHTS = 256, STORE_FALSE = 512, ZDR = 1024 };

static const struct service {
    const char *name;
    const char *refuses, *message_refuses;       /* members, blanks between */
    unsigned rules;
} services[] = {
    {"openai", "max_tokens", "", STORE_FALSE},
    {"mistral", "stream_options seed logprobs top_logprobs logit_bias user store metadata max_completion_tokens reasoning_effort", "name reasoning_content",
     SHORT_IDS | NO_DEVELOPER | AT_MOST_ONE},
    {"zhipu", "stream_options max_completion_tokens reasoning_effort", "", OPEN_RANGE | NO_DEVELOPER | RAW_IMAGES | AUTO_ONLY | NO_SCHEMA},
    {"deepseek", "max_completion_tokens", "", NO_DEVELOPER | WANTS_THOUGHTS | NO_SCHEMA},
    {"moonshot", "temperature top_p n presence_penalty frequency_penalty max_tokens", "", NO_DEVELOPER | WANTS_THOUGHTS},
    {"groq", "logit_bias logprobs top_logprobs", "name reasoning_content", 0},
    {"qwen", "reasoning_effort max_completion_tokens", "", NO_DEVELOPER | STREAMS_THOUGHTS},
    {"openrouter", "", "", ZDR},
    {"azure", "", "", STORE_FALSE},
    {"perplexity", "tools stream_options", "", NO_DEVELOPER},
};

static bool word_in(const char *words, struct slice word)
{
    for (const char *w = words; *w != '\0';) {
        size_t n = strcspn(w, " ");
        if (n == word.n && memcmp(w, word.p, n) == 0)
            return true;
        w += n + strspn(w + n, " ");
    }
    return false;
}

static bool refuse(char *why, size_t why_size, const char *what, struct slice word)
{
    snprintf(why, why_size, "%s%s%.*s", what, word.n > 0 ? ": " : "", (int)(word.n < 60 ? word.n : 60), word.p == NULL ? "" : word.p);
    return false;
}

static bool is_short(struct slice id)
{
    for (size_t i = 0; i < id.n; i++)
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", id.p[i]) == NULL)
            return false;
    return id.n == 9;
}

static bool image_fits(const struct service *s, struct slice content, char *why, size_t why_size)
{
    for (struct scan part = scan_open(content); (s->rules & RAW_IMAGES) && content.n > 0 && content.p[0] == '[' && scan_next(&part);) {
        struct slice url = scan_member(scan_member(part.value, "image_url", NULL), "url", NULL);
        if (url.n > 5 && memcmp(url.p, "data:", 5) == 0)
            return refuse(why, why_size, "image_url.url must be base64 or an address", (struct slice){0});
    }
    return true;
}

static bool calls_fit(const struct service *s, struct slice message, char *why, size_t why_size)
{
    struct slice calls = scan_member(message, "tool_calls", NULL), result = scan_member(message, "tool_call_id", NULL);
    if ((s->rules & SHORT_IDS) && result.p != NULL && !is_short(result))
        return refuse(why, why_size, "tool_call_id must be nine letters or digits", result);
    if (calls.n < 3)
        return true;
    if ((s->rules & WANTS_THOUGHTS) && scan_member(message, "reasoning_content", NULL).n == 0)
        return refuse(why, why_size, "reasoning_content must be passed back with tool calls", (struct slice){0});
    for (struct scan call = scan_open(calls); (s->rules & SHORT_IDS) && scan_next(&call);)
        if (!is_short(scan_member(call.value, "id", NULL)))
            return refuse(why, why_size, "the id of a tool call must be nine letters or digits", scan_member(call.value, "id", NULL));
    return true;
}

static bool message_fits(const struct service *s, struct slice message, char *why, size_t why_size)
{
    for (struct scan member = scan_open(message); scan_next(&member);)
        if (word_in(s->message_refuses, member.key))
            return refuse(why, why_size, "extra inputs are not permitted in messages", member.key);
    if ((s->rules & NO_DEVELOPER) && slice_is(scan_member(message, "role", NULL), "developer"))
        return refuse(why, why_size, "unknown role", slice_of("developer"));
    return image_fits(s, scan_member(message, "content", NULL), why, why_size) && calls_fit(s, message, why, why_size);
}

static bool number_fits(const struct service *s, struct slice body, const char *name, char *why, size_t why_size)
{
    struct slice n = scan_member(body, name, NULL);
    bool whole_one = slice_is(n, "1") || slice_is(n, "1.0"), over = n.n > 0 && ((n.p[0] > '0' && !whole_one) || n.p[0] == '2');
    if ((s->rules & OPEN_RANGE) && n.n > 0 && (slice_is(n, "0") || slice_is(n, "0.0") || whole_one || over))
        return refuse(why, why_size, "must lie between 0 and 1", slice_of(name));
    if ((s->rules & AT_MOST_ONE) && over)
        return refuse(why, why_size, "must be at most 1", slice_of(name));
    return true;
}

static bool body_fits(const struct service *s, struct slice body, char *why, size_t why_size)
{
    struct slice choice = scan_member(body, "tool_choice", NULL), provider = scan_member(body, "provider", NULL);
    for (struct scan member = scan_open(body); scan_next(&member);)
        if (word_in(s->refuses, member.key))
            return refuse(why, why_size, "extra inputs are not permitted", member.key);
    if ((s->rules & STORE_FALSE) && !slice_is(scan_member(body, "store", NULL), "false"))
        return refuse(why, why_size, "this test keeps nothing: store must be false", (struct slice){0});
    if ((s->rules & ZDR) && !slice_is(scan_member(provider, "zdr", NULL), "true"))
        return refuse(why, why_size, "this test keeps nothing: provider.zdr must be true", (struct slice){0});
    if ((s->rules & AUTO_ONLY) && choice.n > 0 && !slice_is(choice, "auto"))
        return refuse(why, why_size, "tool_choice must be auto", choice);
    if ((s->rules & NO_SCHEMA) && slice_is(scan_member(scan_member(body, "response_format", NULL), "type", NULL), "json_schema"))
        return refuse(why, why_size, "this response_format type is unavailable now", (struct slice){0});
    if ((s->rules & STREAMS_THOUGHTS) && slice_is(scan_member(body, "enable_thinking", NULL), "true") && !slice_is(scan_member(body, "stream", NULL), "true"))
        return refuse(why, why_size, "parameter.enable_thinking must be set to false for non-streaming calls", (struct slice){0});
    if (!number_fits(s, body, "temperature", why, why_size) || ((s->rules & OPEN_RANGE) && !number_fits(s, body, "top_p", why, why_size)))
        return false;
    for (struct scan message = scan_open(scan_member(body, "messages", NULL)); scan_next(&message);)
        if (!message_fits(s, message.value, why, why_size))
            return false;
    return true;
}

bool openai_check(struct slice path, struct slice body, char *why, size_t why_size)
{
    struct slice rest = {path.p + strlen("/as/"), path.n - strlen("/as/")};
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        size_t n = strlen(services[i].name);
        if (rest.n > n && memcmp(rest.p, services[i].name, n) == 0 && rest.p[n] == '/')
            return body_fits(&services[i], body, why, why_size);
    }
    return refuse(why, why_size, "no such service", rest);
}

static bool ends_with(struct slice path, const char *end)
{
    size_t n = strlen(end);
    return path.n >= n && memcmp(path.p + path.n - n, end, n) == 0;
}

enum openai_place openai_place(struct slice path)
{
    return ends_with(path, "/chat/completions") ? OPENAI_CHAT : ends_with(path, "/embeddings") ? OPENAI_EMBEDDINGS
         : ends_with(path, "/models") ? OPENAI_MODELS : ends_with(path, "/key") ? OPENAI_KEY : OPENAI_NOWHERE;
}
