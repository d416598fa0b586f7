/* SPDX-License-Identifier: MIT */
#include "providers/anthropic_model.h"

#include "providers/model_names.h"

/* The first row that fits counts. Names of services in between may stand before ("anthropic.claude-…"), dates behind. The last row is for models of
 * others who speak this dialect. */
static const struct anthropic_model rows[] = {
    {"*claude-2* *claude-instant*", THINK_NOT, 4096, .no_schema = true},
    {"*claude-3-opus* *claude-3-sonnet* *claude-3-haiku*", THINK_NOT, 4096, .no_schema = true},
    {"*claude-3-5*", THINK_NOT, 8192, .no_schema = true},
    {"*claude-3-7* *claude-opus-4-0* *claude-sonnet-4-0* *claude-opus-4-2025* *claude-sonnet-4-2025*", THINK_BUDGET, 8192, .no_schema = true},
    {"*claude-opus-4-1* *claude-*-4-5*", THINK_BUDGET, 8192, .one_sampling = true},
    {"*claude-*-4-6*", THINK_ADAPTIVE, 8192, .one_sampling = true},
    {"*claude-*", THINK_ADAPTIVE, 8192, .no_sampling = true},
    {"*", THINK_BUDGET, 8192, .no_sampling = false},
};

const struct anthropic_model *anthropic_model_of(const char *model)
{
    size_t i = 0;

    while (i < COUNT(rows) - 1 && !model_fits(rows[i].names, model))
        i++;
    return &rows[i];
}
