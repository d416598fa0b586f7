/* SPDX-License-Identifier: MIT */
#include "gate/price_match.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "db/prices.h"

static int by_name(const struct price_row *x, const char *owner, const char *model)
{
    int order = strcmp(x->owner, owner);

    return order ? order : strcasecmp(x->model, model);
}

static int by_place(const void *a, const void *b)
{
    const struct price_row *x = *(const struct price_row *const *)a, *y = *(const struct price_row *const *)b;
    int order = by_name(x, y->owner, y->model);

    if (!order)
        order = (x->above < y->above) - (x->above > y->above);
    return order ? order : (x->valid_from < y->valid_from) - (x->valid_from > y->valid_from);
}

struct price_index price_index_new(struct list price_rows, struct arena *a)
{
    struct price_index index = {NEW_ARRAY(a, const struct price_row *, price_rows.n), price_rows.n};

    for (size_t i = 0; i < price_rows.n; i++)
        index.rows[i] = (const struct price_row *)price_rows.items + i;
    if (index.n)
        qsort(index.rows, index.n, sizeof(*index.rows), by_place);
    return index;
}

static bool find_exactly(const struct price_index *index, const char *owner, const char *model, struct price_found *found)
{
    size_t low = 0, high = index->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (by_name(index->rows[middle], owner, model) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (found->n = 0; low + found->n < index->n && by_name(index->rows[low + found->n], owner, model) == 0;)
        found->n++;
    found->rows = found->n ? index->rows + low : NULL;
    return found->n > 0;
}

/* Whether ${text} ends as ${shape} does, where # is a digit; how long that is. */
static size_t ends_like(const char *text, const char *shape)
{
    size_t n = strlen(text), m = strlen(shape);

    if (n <= m)
        return 0;
    for (size_t i = 0; i < m; i++) {
        unsigned char c = (unsigned char)text[n - m + i];

        if (shape[i] == '#' ? !isdigit(c) : c != (unsigned char)shape[i])
            return 0;
    }
    return m;
}

/* The name without its ending, if it has one of those known. */
static bool cut_ending(char *name)
{
    static const char *const endings[] = {"-v#:#", "@########", "-####-##-##", "-########", "-####"};

    for (size_t i = 0; i < COUNT(endings); i++) {
        size_t n = ends_like(name, endings[i]);

        if (n) {
            name[strlen(name) - n] = '\0';
            return true;
        }
    }
    return false;
}

static const char *without_beginning(const char *model)
{
    if (strncasecmp(model, "models/", 7) == 0)
        return model + 7;
    if (strncasecmp(model, "arn:", 4) == 0 && strrchr(model, '/'))
        return strrchr(model, '/') + 1;
    return model;
}

/* Most regions' profiles cost a tenth more; of apac, au and ca it is supposed. */
static const char *without_region(const char *model, int64_t *percent_r)
{
    static const struct { const char *prefix; int64_t percent; } regions[] = {
        {"us.", 110}, {"eu.", 110}, {"jp.", 110}, {"apac.", 110}, {"au.", 110}, {"ca.", 110}, {"global.", 100},
    };

    for (size_t i = 0; i < COUNT(regions); i++)
        if (strncasecmp(model, regions[i].prefix, strlen(regions[i].prefix)) == 0) {
            *percent_r = regions[i].percent;
            return model + strlen(regions[i].prefix);
        }
    return model;
}

struct price_found price_find(const struct price_index *index, const char *owner, const char *model, struct arena *a)
{
    struct price_found found = {.percent = 100};
    char *name;

    if (!owner || !model || find_exactly(index, owner, model, &found))
        return found;
    model = without_beginning(model);
    if (find_exactly(index, owner, model, &found))
        return found;
    if (strcmp(owner, "bedrock") == 0)
        model = without_region(model, &found.percent);
    name = arena_text(a, model);
    do {
        if (find_exactly(index, owner, name, &found))
            return found;
    } while (cut_ending(name));
    return (struct price_found){.percent = 100};
}
