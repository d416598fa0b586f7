/* SPDX-License-Identifier: MIT */
/* hunyuan_check: signatures (TC3-HMAC-SHA256, from the receiver's side and by its documentation) and the rules of ChatCompletions. */
#include "hunyuan.h"
#include "scan.h"
#include "sign.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

enum { SKEW_S = 300, MESSAGES_MAX = 40 };

static const struct slice none;

/* ---- signatures ---- */

static struct slice header(const struct http *h, const char *name)
{
    return sign_header(h, slice_of(name));
}

static void add_lower(struct text *t, struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i] >= 'A' && s.p[i] <= 'Z' ? (char)(s.p[i] | 0x20) : s.p[i];
        text_add(t, &c, 1);
    }
}

/* The request as it came: every header that was signed, name and value in lower case. */
static void add_canonical(struct text *t, const struct http *h, struct slice names)
{
    struct slice rest = names;
    text_slice(t, h->method);
    text_put(t, "\n/\n");
    text_slice(t, h->query);
    text_put(t, "\n");
    while (rest.n > 0) {
        struct slice name = sign_word(&rest, ';');
        add_lower(t, name);
        text_put(t, ":");
        add_lower(t, sign_header(h, name));
        text_put(t, "\n");
    }
    text_put(t, "\n");
    text_slice(t, names);
    text_put(t, "\n");
    sign_hash(t, h->body);
}

static bool fits(const struct http *h, const char *secret, struct slice scope, struct slice names, struct slice given)
{
    struct text canonical = {0}, what = {0}, signature = {0};
    struct slice rest = scope, day = sign_word(&rest, '/');
    unsigned char key[32];
    unsigned n = sizeof key;
    char first[260];
    snprintf(first, sizeof first, "TC3%s", secret);
    HMAC(EVP_sha256(), first, (int)strlen(first), (const unsigned char *)day.p, day.n, key, &n);
    while (rest.n > 0)
        sign_next(key, sign_word(&rest, '/'));
    add_canonical(&canonical, h, names);
    text_put(&what, "TC3-HMAC-SHA256\n");
    text_slice(&what, header(h, "x-tc-timestamp"));
    text_put(&what, "\n");
    text_slice(&what, scope);
    text_put(&what, "\n");
    sign_hash(&what, text_all(&canonical));
    sign_next(key, text_all(&what));
    sign_hex(&signature, key, sizeof key);
    bool same = given.n == signature.n && memcmp(given.p, signature.p, given.n) == 0;
    text_free(&canonical);
    text_free(&what);
    text_free(&signature);
    return same;
}

/* The time is of the day that is signed, and now. */
static bool is_now(struct slice seconds, struct slice day)
{
    char text[12];
    struct tm tm;
    time_t then = (time_t)scan_number(seconds);
    strftime(text, sizeof text, "%Y-%m-%d", gmtime_r(&then, &tm));
    return slice_is(day, text) && llabs((long long)(then - time(NULL))) < SKEW_S;
}

static const char *refuse_code(const char *code, const char *sentence, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s", sentence);
    return code;
}

const char *hunyuan_unsigned(const struct http *h, const char *secret, char *why, size_t why_size)
{
    struct slice authorization = header(h, "authorization"), names = sign_field(authorization, "SignedHeaders=");
    struct slice scope = sign_field(authorization, "Credential="), id = sign_word(&scope, '/'), rest = scope, day = sign_word(&rest, '/');
    if (authorization.n < 16 || memcmp(authorization.p, "TC3-HMAC-SHA256 ", 16) != 0 || !slice_is(rest, "hunyuan/tc3_request"))
        return refuse_code("AuthFailure.InvalidAuthorization", "The Authorization header is not valid.", why, why_size);
    if (id.n < 4 || memcmp(id.p, "AKID", 4) != 0)
        return refuse_code("AuthFailure.SecretIdNotFound", "The SecretId is not found.", why, why_size);
    if (!is_now(header(h, "x-tc-timestamp"), day))
        return refuse_code("AuthFailure.SignatureExpire", "The signature is expired.", why, why_size);
    if (!sign_covers(names, "content-type") || !sign_covers(names, "host") || !fits(h, secret, scope, names, sign_field(authorization, "Signature=")))
        return refuse_code("AuthFailure.SignatureFailure", "The provided credentials could not be validated. Please check your signature is correct.",
                           why, why_size);
    if (!slice_is(header(h, "x-tc-version"), "2023-09-01"))
        return refuse_code("NoSuchVersion", "The API version does not exist.", why, why_size);
    return NULL;
}

/* ---- ChatCompletions ---- */

struct check {
    char *why;
    size_t why_size;
    struct slice calls;                  /* ToolCalls of the assistant's message that is being answered */
    size_t answered;
};

static bool refuse(struct check *c, const char *what, struct slice word)
{
    int n = snprintf(c->why, c->why_size, "%s", what);
    if (word.p != NULL && (size_t)n < c->why_size)
        snprintf(c->why + n, c->why_size - (size_t)n, " ('%.*s')", (int)(word.n < 60 ? word.n : 60), word.p);
    return false;
}

static struct slice member(struct slice object, const char *name)
{
    return scan_member(object, name, NULL);
}

static bool takes_members(struct check *c, struct slice object, const char *const known[])
{
    struct slice unknown = scan_unknown(object, known);
    return unknown.p == NULL || refuse(c, "The parameter is not recognized.", unknown);
}

static size_t count(struct slice list)
{
    size_t n = 0;
    for (struct scan s = scan_open(list); scan_next(&s);)
        n++;
    return n;
}

static bool has_id(struct slice calls, struct slice id)
{
    for (struct scan s = scan_open(calls); scan_next(&s);) {
        struct slice found = member(s.value, "Id");
        if (found.n == id.n && id.n > 0 && memcmp(found.p, id.p, id.n) == 0)
            return true;
    }
    return false;
}

static bool takes_contents(struct check *c, struct slice contents)
{
    for (struct scan s = scan_open(contents); scan_next(&s);) {
        struct slice type = member(s.value, "Type");
        if (slice_is(type, "text") ? member(s.value, "Text").n == 0 : !slice_is(type, "image_url") || member(member(s.value, "ImageUrl"), "Url").n == 0)
            return refuse(c, "Messages.Contents is invalid.", type);
    }
    return true;
}

static bool takes_calls(struct check *c, struct slice calls)
{
    for (struct scan s = scan_open(calls); scan_next(&s);) {
        bool quoted = false;
        struct slice function = member(s.value, "Function"), arguments = scan_member(function, "Arguments", &quoted);
        if (member(s.value, "Id").n == 0 || member(function, "Name").n == 0)
            return refuse(c, "Messages.ToolCalls needs Id and Function.Name.", none);
        if (!quoted || arguments.n == 0 || arguments.p[0] != '{')
            return refuse(c, "Messages.ToolCalls.Function.Arguments must be the text of an object.", arguments);
    }
    return true;
}

/* Where in the conversation a role may stand: ${before} is the role of the message before, n == 0: none. */
static bool takes_role(struct check *c, struct slice role, struct slice before)
{
    bool pending = c->calls.p != NULL && c->answered < count(c->calls);
    if (slice_is(role, "system"))
        return before.n == 0 || refuse(c, "Messages: system must be the first one.", none);
    if (slice_is(role, "tool"))
        return c->calls.p != NULL || refuse(c, "Messages: tool must follow the assistant's ToolCalls.", none);
    if (pending)
        return refuse(c, "Messages: every one of ToolCalls must be answered.", none);
    if (slice_is(role, "user"))
        return before.n == 0 || slice_is(before, "system") || slice_is(before, "assistant") || slice_is(before, "tool")
            || refuse(c, "Messages: user and assistant must alternate.", none);
    if (!slice_is(role, "assistant"))
        return refuse(c, "Messages.Role is invalid.", role);
    return slice_is(before, "user") || slice_is(before, "tool") || refuse(c, "Messages: user and assistant must alternate.", none);
}

static bool takes_message(struct check *c, struct slice message, struct slice before)
{
    static const char *const known[] = {"Role", "Content", "Contents", "ToolCalls", "ToolCallId", "FileIDs", NULL};
    struct slice role = member(message, "Role"), content = member(message, "Content"), calls = member(message, "ToolCalls");
    struct slice contents = member(message, "Contents");
    if (!takes_members(c, message, known) || !takes_role(c, role, before) || !takes_contents(c, contents) || !takes_calls(c, calls))
        return false;
    if (slice_is(role, "tool")) {
        c->answered++;
        return has_id(c->calls, member(message, "ToolCallId")) || refuse(c, "Messages.ToolCallId is of no call.", member(message, "ToolCallId"));
    }
    if (content.n == 0 && contents.p == NULL && calls.p == NULL)
        return refuse(c, "Messages.Content must not be empty.", role);
    c->calls = calls;
    c->answered = 0;
    return true;
}

static bool takes_messages(struct check *c, struct slice messages)
{
    struct slice before = {0};
    int n = 0;
    for (struct scan s = scan_open(messages); scan_next(&s); n++) {
        if (!takes_message(c, s.value, before))
            return false;
        before = member(s.value, "Role");
    }
    if (n == 0 || n > MESSAGES_MAX)
        return refuse(c, "Messages must hold 1 to 40 messages.", none);
    return slice_is(before, "user") || slice_is(before, "tool") || refuse(c, "Messages: the last one must be of user or tool.", before);
}

static bool takes_tools(struct check *c, struct slice body)
{
    struct slice choice = member(body, "ToolChoice"), custom = member(body, "CustomTool");
    for (struct scan s = scan_open(member(body, "Tools")); scan_next(&s);) {
        bool quoted = false;
        struct slice function = member(s.value, "Function");
        (void)scan_member(function, "Parameters", &quoted);
        if (member(function, "Name").n == 0 || !quoted)
            return refuse(c, "Tools.Function needs Name, and Parameters as a text.", none);
    }
    if (choice.p != NULL && !slice_is(choice, "none") && !slice_is(choice, "auto") && !slice_is(choice, "custom"))
        return refuse(c, "ToolChoice is invalid.", choice);
    return (custom.p != NULL) == slice_is(choice, "custom") || refuse(c, "CustomTool goes with ToolChoice custom.", none);
}

static bool in_range(struct slice number, double min, double max)
{
    double n = number.n > 0 ? strtod(number.p, NULL) : min;
    return n >= min && n <= max;
}

bool hunyuan_takes(struct slice body, char *why, size_t why_size)
{
    static const char *const known[] = {"Model", "Messages", "Stream", "StreamModeration", "TopP", "Temperature", "EnableEnhancement", "Tools", "ToolChoice",
        "CustomTool", "SearchInfo", "Citation", "EnableSpeedSearch", "EnableMultimedia", "EnableDeepSearch", "Seed", "ForceSearchEnhancement", "Stop",
        "EnableRecommendedQuestions", "EnableDeepRead", "WebSearchOptions", "TopicChoice", "EnableThinking", NULL};
    struct check c = {.why = why, .why_size = why_size};
    if (member(body, "Model").n == 0)
        return refuse(&c, "The request is missing the parameter Model.", none);
    if (!in_range(member(body, "TopP"), 0, 1) || !in_range(member(body, "Temperature"), 0, 2) || !in_range(member(body, "Seed"), 1, 10000))
        return refuse(&c, "TopP, Temperature or Seed is out of range.", none);
    return takes_members(&c, body, known) && takes_messages(&c, member(body, "Messages")) && takes_tools(&c, body);
}
