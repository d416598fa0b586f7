/* SPDX-License-Identifier: MIT */
/* upstream_error: what a provider's status means when its body says no more, and what it says of its limits. Which statuses are worth another try:
 * the SDKs' own rule (408, 409, 429, 5xx) and what the services document (425, 498 of Groq, 520-524 of a CDN in front, 529 of Anthropic). */
#include "gate/provider.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/secret.h"

void upstream_error_of(int status, struct upstream_error *error_r)
{
    static const struct { int from, to; enum err_kind kind; enum remedy remedy; } rows[] = {
        {400, 400, ERR_UPSTREAM_INPUT, REMEDY_CALLER}, {401, 401, ERR_UPSTREAM_AUTH, REMEDY_OTHER}, {402, 402, ERR_UPSTREAM, REMEDY_OTHER},
        {403, 403, ERR_UPSTREAM_AUTH, REMEDY_OTHER},   {404, 404, ERR_UPSTREAM, REMEDY_OTHER},      {408, 409, ERR_UPSTREAM, REMEDY_RETRY},
        {413, 413, ERR_UPSTREAM_INPUT, REMEDY_CALLER}, {422, 422, ERR_UPSTREAM_INPUT, REMEDY_CALLER}, {425, 425, ERR_UPSTREAM, REMEDY_RETRY},
        {429, 429, ERR_RATE, REMEDY_RETRY},            {498, 498, ERR_RATE, REMEDY_RETRY},          {500, 500, ERR_UPSTREAM, REMEDY_RETRY},
        {502, 502, ERR_UPSTREAM, REMEDY_RETRY},        {503, 503, ERR_UPSTREAM_DOWN, REMEDY_RETRY}, {504, 504, ERR_UPSTREAM, REMEDY_RETRY},
        {520, 524, ERR_UPSTREAM, REMEDY_RETRY},        {529, 529, ERR_UPSTREAM_DOWN, REMEDY_RETRY},
    };

    *error_r = (struct upstream_error){.kind = ERR_UPSTREAM, .remedy = REMEDY_OTHER, .words = "", .code = "", .status = status};
    for (size_t i = 0; i < COUNT(rows); i++)
        if (status >= rows[i].from && status <= rows[i].to) {
            error_r->kind = rows[i].kind;
            error_r->remedy = rows[i].remedy;
        }
}

const char *upstream_error_word(const char *code)
{
    static const struct { const char *word, *codes[7]; } rows[] = {
        {"context_length_exceeded", {"context_length_exceeded", "exceed_context_size_error", "tokens_too_long", "characters_too_long", "1261",
                                     "BadRequest.TooLarge"}},
        {"insufficient_quota", {"insufficient_quota", "exceeded_current_quota_error", "insufficient_user_quota", "Arrearage", "1113"}},
        {"content_policy_violation", {"content_policy_violation", "content_filter", "DataInspectionFailed", "data_inspection_failed", "1301"}},
    };

    for (size_t i = 0; code && i < COUNT(rows); i++)
        for (size_t k = 0; rows[i].codes[k]; k++)
            if (strcmp(code, rows[i].codes[k]) == 0)
                return rows[i].word;
    return NULL;
}

struct bytes upstream_error_body(struct bytes body, const struct secret *secret, struct arena *a)
{
    char *text = arena_copy(a, body.n ? (const void *)body.p : "", body.n);
    struct bytes own = {(const uint8_t *)text, body.n};
    struct err ignored = {0};
    struct json answer;

    secret_hide(secret, text);                               /* up to a NUL, of which JSON has none */
    if (!json_check(own, NULL, &answer, &ignored) || json_kind(answer) != JSON_OBJECT)
        return (struct bytes){0};
    return own;
}

bool reader_fail(struct reader *r, int status, struct json words, struct json code, struct bytes frame, struct err *err)
{
    const char *word = reader_word(r, code);

    upstream_error_of(status, &r->error);
    r->error.words = words.p ? arena_text(r->arena, reader_said(r, words)) : "";
    r->error.code = word ? word : "";
    if (r->same)
        r->error.body = upstream_error_body(frame, r->secret, r->arena);
    fail(err, r->error.kind, "the provider reported an error in its answer: %s", r->error.words);
    snprintf(err->detail, sizeof(err->detail), "%s", r->error.words);
    log_redact(err->detail);
    err->code = upstream_error_word(r->error.code);
    return false;
}
