/* SPDX-License-Identifier: MIT */
/* gemini_check: the rules of generateContent that a gateway in front of it breaks most easily. Wordings are close to the service's own. */
#include "gemini.h"
#include "scan.h"

#include <stdio.h>
#include <stdlib.h>

#define SKIP_SIGNATURE "skip_thought_signature_validator"

static const struct slice none;

struct check {
    char *why;
    size_t why_size;
    bool fresh;                          /* a model from gemini-3 on */
    struct slice calls;                  /* the parts of the content before, when it called functions */
};

static bool refuse(struct check *c, const char *what, struct slice word)
{
    int n = snprintf(c->why, c->why_size, "%s", what);
    if (word.p != NULL && (size_t)n < c->why_size)
        snprintf(c->why + n, c->why_size - (size_t)n, " ('%.*s')", (int)(word.n < 60 ? word.n : 60), word.p);
    return false;
}

static bool same(struct slice a, struct slice b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static struct slice member(struct slice object, const char *name)
{
    return scan_member(object, name, NULL);
}

/* An object, not a text that looks like one. */
static bool has_object(struct slice in, const char *name)
{
    bool quoted = false;
    struct slice s = scan_member(in, name, &quoted);
    return s.n > 0 && s.p[0] == '{' && !quoted;
}

/* Only these members; ${known} ends with NULL. */
static bool takes_members(struct check *c, struct slice object, const char *const known[])
{
    struct slice unknown = scan_unknown(object, known);
    return unknown.p == NULL || refuse(c, "Invalid JSON payload received. Unknown name: Cannot find field.", unknown);
}

bool gemini_is_new(struct slice model)
{
    return model.n > 7 && memcmp(model.p, "gemini-", 7) == 0 && model.p[7] >= '3' && model.p[7] <= '9';
}

/* ---- contents ---- */

static bool takes_blob(struct check *c, struct slice blob)
{
    static const char *const known[] = {"mimeType", "data", "displayName", NULL};
    bool quoted = false;
    struct slice type = member(blob, "mimeType"), data = scan_member(blob, "data", &quoted);
    if (!takes_members(c, blob, known))
        return false;
    if (type.n == 0 || memchr(type.p, '/', type.n) == NULL)
        return refuse(c, "Unable to process input image: mimeType", type);
    if (data.n == 0 || !quoted || memchr(data.p, ':', data.n) != NULL || memchr(data.p, ',', data.n) != NULL)
        return refuse(c, "Base64 decoding failed", data);
    return true;
}

static bool takes_call(struct check *c, struct slice part, struct slice call, bool first)
{
    static const char *const known[] = {"id", "name", "args", NULL};
    struct slice args = member(call, "args"), signature = member(part, "thoughtSignature");
    if (!takes_members(c, call, known))
        return false;
    if (member(call, "name").n == 0)
        return refuse(c, "function_call.name: Name cannot be empty.", none);
    if (args.p != NULL && !has_object(call, "args"))
        return refuse(c, "Invalid value at 'function_call.args'", args);
    if (c->fresh && first && signature.n == 0)
        return refuse(c, "Function call is missing a thought_signature in functionCall parts.", member(call, "name"));
    return true;
}

static bool takes_answer(struct check *c, struct slice answer)
{
    static const char *const known[] = {"id", "name", "response", "willContinue", "scheduling", "parts", NULL};
    struct slice response = member(answer, "response");
    if (!takes_members(c, answer, known))
        return false;
    if (member(answer, "name").n == 0)
        return refuse(c, "function_response.name: Name cannot be empty.", none);
    return has_object(answer, "response") || refuse(c, "Invalid value at 'function_response.response'", response);
}

/* Exactly one kind of data. */
static bool takes_part(struct check *c, struct slice part, bool user, bool first_call)
{
    static const char *const known[] = {"text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode",
                                        "codeExecutionResult", "thought", "thoughtSignature", "videoMetadata", NULL};
    struct slice text = member(part, "text"), blob = member(part, "inlineData"), file = member(part, "fileData");
    struct slice call = member(part, "functionCall"), answer = member(part, "functionResponse"), signature = member(part, "thoughtSignature");
    int kinds = (text.p != NULL) + (blob.p != NULL) + (file.p != NULL) + (call.p != NULL) + (answer.p != NULL);
    if (!takes_members(c, part, known))
        return false;
    if (kinds != 1)
        return refuse(c, "contents.parts: required oneof field 'data' must have one initialized field", none);
    if (text.p != NULL && text.n == 0 && signature.n == 0)
        return refuse(c, "Unable to submit request because it must have a non-empty text parameter", none);
    if (signature.p != NULL && !slice_is(signature, GEMINI_SIGNATURE) && !slice_is(signature, SKIP_SIGNATURE))
        return refuse(c, "Corrupted thought signature.", signature);
    if (blob.p != NULL)
        return takes_blob(c, blob);
    if (file.p != NULL && member(file, "fileUri").n == 0)
        return refuse(c, "Invalid or unsupported file uri", none);
    if (call.p != NULL)
        return user ? refuse(c, "Function calls must be of role model", none) : takes_call(c, part, call, first_call);
    if (answer.p != NULL)
        return user ? takes_answer(c, answer) : refuse(c, "Function responses must be of role user", none);
    return true;
}

/* The calls of the turn before and the answers of this one: as many, in the same order, before other parts. */
static bool answers_calls(struct check *c, struct slice parts)
{
    struct scan answers = scan_open(parts);
    size_t calls = 0, left = 0;
    for (struct scan s = scan_open(parts); scan_next(&s);)
        left += member(s.value, "functionResponse").p != NULL;
    for (struct scan s = scan_open(c->calls); scan_next(&s);) {
        struct slice call = member(s.value, "functionCall"), answer;
        if (call.p == NULL)
            continue;
        calls++;
        answer = scan_next(&answers) ? member(answers.value, "functionResponse") : none;
        if (answer.p != NULL && (!same(member(answer, "name"), member(call, "name")) || !same(member(answer, "id"), member(call, "id"))))
            return refuse(c, "Function response does not match its function call", member(answer, "name"));
        left -= answer.p != NULL;
        calls -= answer.p != NULL;
    }
    if (calls > 0 || left > 0)
        return refuse(c, "Please ensure that the number of function response parts is equal to the number of function call parts of the "
                         "function call turn.", none);
    return true;
}

static bool takes_content(struct check *c, struct slice content, int at)
{
    static const char *const known[] = {"role", "parts", NULL};
    struct slice role = member(content, "role"), parts = member(content, "parts");
    bool user = at % 2 == 0, any = false, calls = false;
    if (!takes_members(c, content, known))
        return false;
    if (!slice_is(role, user ? "user" : "model"))
        return refuse(c, at == 0 ? "Please ensure that the first content has the role user"
                                 : "Please ensure that multiturn requests alternate between user and model.", role);
    if (user && !answers_calls(c, parts))
        return false;
    for (struct scan s = scan_open(parts); scan_next(&s); any = true) {
        bool call = member(s.value, "functionCall").p != NULL;
        if (!takes_part(c, s.value, user, call && !calls))
            return false;
        calls = calls || call;
    }
    c->calls = calls ? parts : none;
    return any || refuse(c, "contents.parts must not be empty.", none);
}

static bool takes_contents(struct check *c, struct slice contents)
{
    int at = 0;
    for (struct scan s = scan_open(contents); scan_next(&s); at++)
        if (!takes_content(c, s.value, at))
            return false;
    return at > 0 || refuse(c, "contents is not specified", none);
}

static bool takes_system(struct check *c, struct slice system)
{
    if (system.p == NULL)
        return true;
    for (struct scan s = scan_open(member(system, "parts")); scan_next(&s);)
        if (member(s.value, "text").n == 0)
            return refuse(c, "systemInstruction: only text is supported", none);
    return true;
}

/* ---- tools and configuration ---- */

static bool declares(struct slice tools, struct slice name)
{
    for (struct scan t = scan_open(tools); scan_next(&t);)
        for (struct scan f = scan_open(member(t.value, "functionDeclarations")); scan_next(&f);)
            if (same(member(f.value, "name"), name))
                return true;
    return false;
}

static bool takes_tools(struct check *c, struct slice tools)
{
    static const char *const known[] = {"name", "description", "parameters", "parametersJsonSchema", "response", "responseJsonSchema", "behavior", NULL};
    for (struct scan t = scan_open(tools); scan_next(&t);)
        for (struct scan f = scan_open(member(t.value, "functionDeclarations")); scan_next(&f);) {
            struct slice schema = member(f.value, "parametersJsonSchema");
            if (!takes_members(c, f.value, known))
                return false;
            if (member(f.value, "name").n == 0)
                return refuse(c, "function_declarations.name: Name cannot be empty.", none);
            if (schema.p != NULL && (!has_object(f.value, "parametersJsonSchema") || member(f.value, "parameters").p != NULL))
                return refuse(c, "function_declarations.parameters_json_schema: Invalid value", schema);
        }
    return true;
}

static bool takes_mode(struct check *c, struct slice config, struct slice tools)
{
    struct slice calling = member(config, "functionCallingConfig"), mode = member(calling, "mode"), names = member(calling, "allowedFunctionNames");
    if (config.p == NULL)
        return true;
    if (tools.p == NULL)
        return refuse(c, "Function calling config is set without function_declarations.", none);
    if (!slice_is(mode, "AUTO") && !slice_is(mode, "ANY") && !slice_is(mode, "NONE") && !slice_is(mode, "VALIDATED"))
        return refuse(c, "Invalid value at 'tool_config.function_calling_config.mode'", mode);
    if (names.p != NULL && !slice_is(mode, "ANY") && !slice_is(mode, "VALIDATED"))
        return refuse(c, "allowed_function_names should only be set when mode is ANY or VALIDATED", mode);
    for (struct scan s = scan_open(names); scan_next(&s);)
        if (!declares(tools, s.value))
            return refuse(c, "allowed_function_names is not a subset of function_declarations", s.value);
    return true;
}

static bool takes_thinking(struct check *c, struct slice thinking)
{
    static const char *const known[] = {"includeThoughts", "thinkingBudget", "thinkingLevel", NULL};
    struct slice level = member(thinking, "thinkingLevel");
    if (!takes_members(c, thinking, known))
        return false;
    if (level.p == NULL)
        return true;
    if (member(thinking, "thinkingBudget").p != NULL)
        return refuse(c, "You can only set only one of thinking budget and thinking level.", none);
    if (!c->fresh)
        return refuse(c, "Thinking level is not supported for this model.", none);
    return slice_is(level, "MINIMAL") || slice_is(level, "LOW") || slice_is(level, "MEDIUM") || slice_is(level, "HIGH")
        || refuse(c, "Invalid value at 'generation_config.thinking_config.thinking_level'", level);
}

static bool takes_config(struct check *c, struct slice config)
{
    static const char *const known[] = {"temperature", "topP", "topK", "maxOutputTokens", "stopSequences", "candidateCount", "seed",
        "presencePenalty", "frequencyPenalty", "responseMimeType", "responseSchema", "responseJsonSchema", "responseLogprobs", "logprobs",
        "thinkingConfig", "responseModalities", "mediaResolution", "speechConfig", "imageConfig", NULL};
    struct slice schema = member(config, "responseJsonSchema"), seed = member(config, "seed");
    long long n = seed.n > 0 ? atoll(seed.p) : 0;
    int stops = 0;
    if (!takes_members(c, config, known))
        return false;
    for (struct scan s = scan_open(member(config, "stopSequences")); scan_next(&s);)
        stops++;
    if (stops > 5)
        return refuse(c, "Unable to submit request because it has too many stop sequences: the limit is 5", none);
    if (schema.p != NULL && (!has_object(config, "responseJsonSchema") || !slice_is(member(config, "responseMimeType"), "application/json")))
        return refuse(c, "response_json_schema: only allowed with response_mime_type application/json", none);
    if (n > INT32_MAX || n < INT32_MIN)
        return refuse(c, "Invalid value at 'generation_config.seed' (TYPE_INT32)", seed);
    return takes_thinking(c, member(config, "thinkingConfig"));
}

bool gemini_takes(struct slice model, struct slice body, char *why, size_t why_size)
{
    static const char *const known[] = {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings",
                                        "cachedContent", "serviceTier", "labels", NULL};
    struct check c = {.why = why, .why_size = why_size, .fresh = gemini_is_new(model)};
    struct slice tools = member(body, "tools");
    return takes_members(&c, body, known) && takes_contents(&c, member(body, "contents")) && takes_system(&c, member(body, "systemInstruction"))
        && takes_tools(&c, tools) && takes_mode(&c, member(body, "toolConfig"), tools) && takes_config(&c, member(body, "generationConfig"));
}
