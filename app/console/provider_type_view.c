/* SPDX-License-Identifier: MIT */
#include "console/provider_type_view.h"

#include <string.h>

#include "gate/provider.h"
#include "gate/snapshot.h"

static const struct field word_choice_fields[] = {FIELD_PAGE(struct word_choice, value), FIELD_PAGE(struct word_choice, selected), FIELD_END};
const struct field option_view_fields[] = {
    FIELD_PAGE(struct option_view, name), FIELD_PAGE(struct option_view, label), FIELD_PAGE(struct option_view, help),
    FIELD_PAGE(struct option_view, value), FIELD_PAGE(struct option_view, effective), FIELD_PAGE(struct option_view, example),
    FIELD_PAGE(struct option_view, max), FIELD_PAGE(struct option_view, required), FIELD_PAGE(struct option_view, number),
    FIELD_PAGE(struct option_view, is_choice), FIELD_PAGE(struct option_view, optional), FIELD_PAGE(struct option_view, proposed),
    FIELD_LIST_PAGE(struct option_view, words, word_choice_fields, struct word_choice), FIELD_PAGE(struct option_view, error), FIELD_END,
};
const struct field region_view_fields[] = {FIELD_PAGE(struct region_view, name), FIELD_PAGE(struct region_view, base_url), FIELD_END};
const struct field retention_view_fields[] = {
    FIELD_PAGE(struct retention_view, name), FIELD_PAGE(struct retention_view, word), FIELD_PAGE(struct retention_view, text),
    FIELD_PAGE(struct retention_view, switches), FIELD_PAGE(struct retention_view, css), FIELD_END,
};

static const char *stored_value(struct list stored, const char *name)
{
    const struct provider_option *option = stored.items;

    for (size_t i = 0; i < stored.n; i++)
        if (strcmp(option[i].name, name) == 0)
            return option[i].value;
    return "";
}

static struct list word_choices(const struct show *s, const char *const *words, const char *chosen)
{
    struct word_choice *choices;
    size_t n = 0;

    while (words && words[n])
        n++;
    choices = NEW_ARRAY(s->arena, struct word_choice, n);
    for (size_t i = 0; i < n; i++)
        choices[i] = (struct word_choice){words[i], strcmp(words[i], chosen) == 0};
    return (struct list){choices, n};
}

struct list option_views(const struct show *s, const struct provider_type *type, const char *json, const struct form *form)
{
    struct list stored = provider_options_of(json, s->arena);
    const struct provider_option_row *rows = type ? type->options : NULL;
    struct option_view *views;
    size_t n = 0;

    while (rows && rows[n].name)
        n++;
    views = NEW_ARRAY(s->arena, struct option_view, n);
    for (size_t i = 0; i < n; i++) {
        const char *value = stored_value(stored, rows[i].name), *effective = *value ? value : rows[i].initial;

        views[i] = (struct option_view){
            .name = rows[i].name, .label = say(s, arena_printf(s->arena, "provider.option.%s", rows[i].name)),
            .help = say(s, arena_printf(s->arena, "provider.option.%s.help", rows[i].name)), .value = *value ? value : rows[i].initial,
            .effective = effective, .proposed = !*value && *effective, .example = rows[i].example, .required = rows[i].required,
            .number = rows[i].to > 0, .max = rows[i].max ? rows[i].max : 200, .is_choice = rows[i].words != NULL,
            .optional = !rows[i].required && !rows[i].unless && !rows[i].words,
            .words = word_choices(s, rows[i].words, effective),
            .error = form ? form_message(form, arena_printf(s->arena, "options.%s", rows[i].name)) : NULL,
        };
    }
    return (struct list){views, n};
}

struct list region_views(const struct show *s, const struct provider_type *type)
{
    const struct provider_region *regions = type ? type->regions : NULL;
    struct region_view *views;
    size_t n = 0;

    while (regions && regions[n].name)
        n++;
    views = NEW_ARRAY(s->arena, struct region_view, n);
    for (size_t i = 0; i < n; i++)
        views[i] = (struct region_view){regions[i].name, regions[i].base_url};
    return (struct list){views, n};
}

struct retention_view retention_view_of(const struct show *s, const struct provider_type *type, bool local)
{
    static const struct { const char *name, *css; } words[] = {
        [RETENTION_STAYS] = {"stays", "ok"}, [RETENTION_ENFORCED] = {"enforced", "ok"}, [RETENTION_CONTRACT] = {"contract", "info"},
        [RETENTION_UNKNOWN] = {"unknown", "warn"},
    };
    enum retention retention = type ? type->retention : RETENTION_UNKNOWN;

    if (retention == RETENTION_STAYS && !local)
        retention = RETENTION_UNKNOWN;
    return (struct retention_view){
        .name = words[retention].name, .css = words[retention].css,
        .word = say(s, arena_printf(s->arena, "provider.retention.%s", words[retention].name)),
        .text = say(s, arena_printf(s->arena, "provider.retention.%s.text", words[retention].name)),
        .switches = type && type->switches ? type->switches : "",
    };
}
