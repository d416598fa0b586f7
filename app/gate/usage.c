/* SPDX-License-Identifier: MIT */
#include "gate/usage.h"

#include "gate/estimate.h"
#include "gate/provider.h"

static int64_t between(int64_t n, int64_t most)
{
    return n < 0 ? 0 : n > most ? most : n;
}

void usage_bound(struct usage *u)
{
    u->in = between(u->in, TOKENS_MAX);
    u->out = between(u->out, TOKENS_MAX);
    u->cached = between(u->cached, u->in);
    u->written = between(u->written, u->in - u->cached);
    u->written_long = between(u->written_long, u->in - u->cached - u->written);
    u->image = between(u->image, u->in - u->cached - u->written - u->written_long);
    u->reasoning = between(u->reasoning, u->out);
}

/* A stream whose end was not seen has said at most what it had counted so far. */
static bool settle_out(struct reader *r, bool cut)
{
    int64_t seen = estimate_tokens(&r->said);

    if (r->usage.out > 0 && !(cut && seen > r->usage.out))
        return false;
    if (seen == r->usage.out)
        return false;
    r->usage.out = seen;
    return true;
}

static bool settle_in(struct reader *r, const char *model)
{
    if (r->usage.in > 0)
        return false;
    r->usage.in = estimate_chat(r->chat, model);
    return r->usage.in > 0;
}

bool usage_settle(struct reader *r, const char *model, const struct usage_end *end)
{
    bool estimated = false;

    usage_bound(&r->usage);
    if (!r->usage.known && (!end->answered || (end->failed && !end->gone && !r->text_bytes))) {
        r->usage = (struct usage){0};                        /* there was no answer: an error's text is none */
        return false;
    }
    estimated = settle_out(r, end->failed || end->gone);
    estimated = settle_in(r, model) || estimated;
    usage_bound(&r->usage);
    return estimated;
}
