/* SPDX-License-Identifier: MIT */
/* openai_provider: the chat completions dialect, spoken by OpenAI, vLLM, Qwen, DeepSeek and many more; how each differs is its row of
 * openai_ways.h. Requests: openai_request (where to), openai_same and openai_write (what), over openai_fit. Answers: openai_answer, openai_calls,
 * openai_error. Besides: openai_list, openai_embed. */
#include "base/err.h"
#include "providers/openai_answer.h"
#include "providers/openai_embed.h"
#include "providers/openai_error.h"
#include "providers/openai_list.h"
#include "providers/openai_request.h"
#include "providers/openai_write.h"
#include "providers/providers.h"

static bool openai_prepare(struct target *target, const struct chat *chat, struct arena *a, struct http_request *r, struct err *err)
{
    const struct openai_ways *ways = openai_ways_of(target->provider);

    openai_post(target->provider, ways->chat_path ? ways->chat_path : "/chat/completions", target->model, a, r);
    return openai_write(target, chat, a, &r->body, err);
}

const struct dialect_rules openai_rules = {
    .id = DIALECT_OPENAI_CHAT,
    .framing = FRAMES_SSE,
    .prepare = openai_prepare,
    .read_frame = openai_read_frame,
    .read_whole = openai_read_whole,
    .read_error = openai_read_error,
    .prepare_models = openai_prepare_models,
    .read_models = openai_read_models,
    .prepare_key = openai_prepare_key,
    .alive = openai_alive,
    .prepare_embed = openai_prepare_embed,
    .read_embed = openai_read_embed,
};
