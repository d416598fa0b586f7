/* SPDX-License-Identifier: MIT */
/* anthropic_count: how many tokens a request would have. It is no run: nothing is sent anywhere, nothing is recorded. The estimate is the
 * one runs are counted with when their provider says nothing (gate/estimate.h). */
#include "serve/anthropic_messages.h"

#include "base/arena.h"
#include "base/field.h"
#include "gate/estimate.h"
#include "gate/snapshot.h"
#include "serve/anthropic_read.h"
#include "serve/door.h"

struct count_view {
    int64_t input_tokens;
};
static const struct field count_view_fields[] = {FIELD(struct count_view, input_tokens), FIELD_END};

bool anthropic_count(struct request *rq)
{
    static const struct door door = {.api = "anthropic.count_tokens", .read = anthropic_read_count};
    struct chat *chat = chat_new(rq->arena);
    struct decision decision;
    struct count_view view;

    if (!door_decide(rq, &door, chat, &decision))
        return false;
    /* What a run would refuse is refused here too. */
    if (decision.chosen->provider->type->rules->id != DIALECT_ANTHROPIC && !chat->parse(chat, rq->arena, &rq->err))
        return false;
    view.input_tokens = estimate_chat(chat, decision.chosen->model->name);
    return response_json(rq, 200, count_view_fields, &view);
}
