/* SPDX-License-Identifier: MIT */
#include "gate/thought.h"

#include <string.h>

#include "base/arena.h"
#include "base/json_write.h"

#define MARK "mg1."
static const char *const makers[] = {[DIALECT_ANTHROPIC] = "anthropic.", [DIALECT_GEMINI] = "gemini.", [DIALECT_BEDROCK] = "bedrock.",
                                     [DIALECT_OPENAI_CHAT] = "openai."};

const char *thought_tag(enum dialect by, struct bytes opaque, struct arena *a)
{
    return arena_printf(a, MARK "%s%.*s", by < COUNT(makers) && makers[by] ? makers[by] : ".", (int)opaque.n, (const char *)opaque.p);
}

const char *thought_read(const char *text, enum dialect unmarked, enum dialect *by_r)
{
    const char *rest = text + sizeof(MARK) - 1, *dot;

    *by_r = unmarked;
    if (strncmp(text, MARK, sizeof(MARK) - 1) != 0)
        return text;
    *by_r = DIALECT_NONE;
    for (size_t i = 0; i < COUNT(makers); i++)
        if (makers[i] && strncmp(rest, makers[i], strlen(makers[i])) == 0) {
            *by_r = (enum dialect)i;
            return rest + strlen(makers[i]);
        }
    dot = strchr(rest, '.');
    return dot ? dot + 1 : rest;
}

void thought_put(struct json_out *out, const char *opaque)
{
    json_name(out, "extra_content");
    json_begin_object(out);
    json_name(out, "google");
    json_begin_object(out);
    json_member_text(out, "thought_signature", opaque);
    json_end_object(out);
    json_end_object(out);
}

bool thought_marked(struct bytes body)
{
    return memmem(body.p, body.n, "\"" MARK, sizeof(MARK)) != NULL;
}
