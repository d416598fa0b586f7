/* SPDX-License-Identifier: MIT */
/* upstream_error: what a provider's status means when its body says no more, and what it says of its limits. Which statuses are worth another try:
 * the SDKs' own rule (408, 409, 429, 5xx) and what the services document (425, 498 of Groq, 520-524 of a CDN in front, 529 of Anthropic). */
#include "gate/provider.h"

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

    *error_r = (struct upstream_error){.kind = ERR_UPSTREAM, .remedy = REMEDY_OTHER, .words = "", .code = ""};
    for (size_t i = 0; i < COUNT(rows); i++)
        if (status >= rows[i].from && status <= rows[i].to) {
            error_r->kind = rows[i].kind;
            error_r->remedy = rows[i].remedy;
        }
}
