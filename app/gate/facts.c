/* SPDX-License-Identifier: MIT */
#include "gate/facts.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "db/models.h"
#include "gate/gate.h"
#include "gate/provider.h"
#include "gate/snapshot.h"

enum { ASKED_AT_ONCE = 8, ANSWER_MAX = 4 << 20 };

static const struct model *stored(const struct provider *p, const char *name)
{
    const struct model *m = p->models.items;

    for (size_t i = 0; i < p->models.n; i++)
        if (strcmp(m[i].name, name) == 0)
            return &m[i];
    return NULL;
}

/* One question. A runtime that does not answer it leaves the model as it was listed. */
static void ask(const struct provider *p, int64_t timeout_ms, struct arena *a, struct listed_model *model)
{
    struct http_request request = {.egress = &p->egress, .pool = p->pool, .connect_ms = timeout_ms, .total_ms = timeout_ms, .answer_max = ANSWER_MAX};
    struct http_result result = {0};
    struct listed_model said = {.name = model->name};
    struct bytes body = {0};
    struct err err = {0};

    p->type->rules->prepare_model(p, model->name, a, &request);
    if (!http_ask(a, &request, &result, &body, &err) || result.status != 200 || !p->type->rules->read_model(body, a, &said, &err))
        return;
    model->context = said.context ? said.context : model->context;
    model->can = said.can ? said.can : model->can;
    model->remote = model->remote || said.remote;
    model->asked = said.context || said.can;
}

/* Whether all that one would be asked is known. What once ran elsewhere is asked again, until it is said to have come home. */
static bool is_known(const struct listed_model *said, const struct model *known)
{
    bool doubted = known && known->remote && !said->remote;

    return !doubted && ((said->context && said->can) || (known && known->context && known->can));
}

void facts_ask(const struct provider *p, int64_t timeout_ms, struct arena *a, struct list models)
{
    struct listed_model *model = models.items;
    size_t asked = 0;

    for (size_t i = 0; p->type->rules->prepare_model && i < models.n && asked < ASKED_AT_ONCE; i++) {
        const struct model *known = stored(p, model[i].name);

        if ((p->models.n && !known) || is_known(&model[i], known))
            continue;
        ask(p, timeout_ms, a, &model[i]);
        asked++;
    }
}

static bool is_new(const struct listed_model *said, const struct model *known)
{
    if (!known)                                              /* just learned */
        return said->context || said->max_output || said->can || said->remote;
    return (said->context && said->context != known->context) || (said->max_output && said->max_output != known->max_output)
        || (said->can && said->can != known->can) || said->remote != known->remote;
}

bool facts_store(struct change *change, const struct provider *p, struct list models, struct err *err)
{
    struct listed_model *said = models.items;
    struct list rows = {0};

    for (size_t i = 0; i < models.n; i++) {
        const struct model *known = stored(p, said[i].name);

        said[i].remote |= known && known->remote && !said[i].asked;        /* a list that leaves it out brings nothing home */

        if ((!known && p->models.n) || !is_new(&said[i], known))       /* it is listed, but not one of those that were chosen */
            continue;
        *(struct model_row *)list_add(change->arena, &rows, sizeof(struct model_row)) = (struct model_row){
            .name = said[i].name, .context = said[i].context, .max_output = said[i].max_output, .can = said[i].can, .remote = said[i].remote};
        if (said[i].remote && p->local && !(known && known->remote))
            log_warn(NULL, "a model of a local provider runs elsewhere", "provider=%s model=%s", p->name, said[i].name);
    }
    return !rows.n || models_set_facts(change->db, change->arena, p->id, rows.items, rows.n, err);
}

struct list facts_known(struct gate *gate, const char *id, struct arena *a)
{
    struct snapshot *snapshot = gate && id ? gate_snapshot(gate) : NULL;
    const struct provider *p = snapshot ? snapshot_provider(snapshot, id) : NULL;

    arena_defer(a, drop_snapshot, snapshot);
    return p ? p->models : (struct list){0};
}
