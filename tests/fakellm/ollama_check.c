/* SPDX-License-Identifier: MIT */
/* ollama_check: what Ollama's own decoder refuses: values of another kind than its structs have. Wordings are close to the service's own. */
#include "ollama.h"
#include "scan.h"

#include <stdio.h>

enum kind { KIND_TEXT, KIND_BOOL, KIND_NUMBER, KIND_OBJECT, KIND_ARRAY };

static const struct { const char *name; enum kind kind; } members[] = {
    {"model", KIND_TEXT}, {"messages", KIND_ARRAY}, {"tools", KIND_ARRAY}, {"options", KIND_OBJECT}, {"stream", KIND_BOOL},
    {"prompt", KIND_TEXT}, {"system", KIND_TEXT}, {"images", KIND_ARRAY}, {"logprobs", KIND_BOOL}, {"top_logprobs", KIND_NUMBER},
    {"role", KIND_TEXT}, {"content", KIND_TEXT}, {"thinking", KIND_TEXT}, {"tool_calls", KIND_ARRAY}, {"tool_name", KIND_TEXT},
    {"tool_call_id", KIND_TEXT}, {"id", KIND_TEXT}, {"function", KIND_OBJECT}, {"name", KIND_TEXT}, {"arguments", KIND_OBJECT},
    {"num_predict", KIND_NUMBER}, {"num_ctx", KIND_NUMBER}, {"seed", KIND_NUMBER}, {"top_k", KIND_NUMBER}, {"temperature", KIND_NUMBER},
    {"top_p", KIND_NUMBER}, {"frequency_penalty", KIND_NUMBER}, {"presence_penalty", KIND_NUMBER}, {"stop", KIND_ARRAY},
};

struct check {
    char *why;
    size_t why_size;
};

static bool refuse(struct check *c, const char *what, struct slice name)
{
    snprintf(c->why, c->why_size, "json: cannot unmarshal %s into Go struct field %.*s", what, (int)(name.n < 40 ? name.n : 40), name.p);
    return false;
}

static bool kind_fits(enum kind kind, struct slice value, bool quoted)
{
    char first = value.n > 0 ? value.p[0] : ' ';
    switch (kind) {
    case KIND_TEXT:
        return quoted;
    case KIND_BOOL:
        return !quoted && (slice_is(value, "true") || slice_is(value, "false"));
    case KIND_NUMBER:
        return !quoted && (first == '-' || (first >= '0' && first <= '9'));
    case KIND_OBJECT:
        return !quoted && first == '{';
    case KIND_ARRAY:
        return !quoted && first == '[';
    }
    return false;
}

static bool object_fits(struct check *c, struct slice object)
{
    for (struct scan s = scan_open(object); scan_next(&s);)
        for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
            if (slice_is(s.key, members[i].name) && !(!s.quoted && slice_is(s.value, "null")) && !kind_fits(members[i].kind, s.value, s.quoted))
                return refuse(c, "value", s.key);
    return true;
}

static bool is_base64(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=", s.p[i]))
            return false;
    return s.n % 4 == 0;
}

static bool images_fit(struct check *c, struct slice images)
{
    for (struct scan s = scan_open(images); scan_next(&s);)
        if (!s.quoted || !is_base64(s.value)) {
            snprintf(c->why, c->why_size, "illegal base64 data at input byte 0");
            return false;
        }
    return true;
}

static bool calls_fit(struct check *c, struct slice calls)
{
    for (struct scan s = scan_open(calls); scan_next(&s);)
        if (!object_fits(c, s.value) || !object_fits(c, scan_member(s.value, "function", NULL)))
            return false;
    return true;
}

static bool message_fits(struct check *c, struct slice message)
{
    static const char *const roles[] = {"system", "user", "assistant", "tool"};
    struct slice role = scan_member(message, "role", NULL);
    bool known = false;
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        known = known || slice_is(role, roles[i]);
    if (!known)
        return refuse(c, "role", role);
    return object_fits(c, message) && images_fit(c, scan_member(message, "images", NULL))
        && calls_fit(c, scan_member(message, "tool_calls", NULL));
}

/* false, true, or a level; "json", or a schema. */
static bool word_fits(struct check *c, struct slice body, const char *name, const char *const words[])
{
    bool quoted = false;
    struct slice value = scan_member(body, name, &quoted);
    if (value.p == NULL || (!quoted && (slice_is(value, "null") || slice_is(value, "true") || slice_is(value, "false") || value.p[0] == '{')))
        return true;
    for (; quoted && *words != NULL; words++)
        if (slice_is(value, *words))
            return true;
    snprintf(c->why, c->why_size, "invalid %s value: %.*s", name, (int)(value.n < 40 ? value.n : 40), value.p);
    return false;
}

bool ollama_takes(struct slice body, char *why, size_t why_size)
{
    static const char *const levels[] = {"low", "medium", "high", "max", NULL}, *const formats[] = {"json", "", NULL};
    struct check c = {why, why_size};
    if (!object_fits(&c, body) || !object_fits(&c, scan_member(body, "options", NULL)) || !images_fit(&c, scan_member(body, "images", NULL))
        || !word_fits(&c, body, "think", levels) || !word_fits(&c, body, "format", formats))
        return false;
    for (struct scan s = scan_open(scan_member(body, "messages", NULL)); scan_next(&s);)
        if (!message_fits(&c, s.value))
            return false;
    return true;
}
