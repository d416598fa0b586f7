/* SPDX-License-Identifier: MIT */
#include "gate/provider_options.h"

#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_write.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "gate/snapshot.h"

enum { OPTIONS_MAX = 1 << 20, TEXT_DEFAULT = 200 };

static const struct provider_option_row *row_of(const struct provider_type *type, const char *name)
{
    const struct provider_option_row *row = type->options;

    while (row && row->name && strcmp(row->name, name) != 0)
        row++;
    return row && row->name ? row : NULL;
}

/* The last value of a name; NULL if there is none. */
static const char *value_of(struct list options, const char *name)
{
    const struct provider_option *option = options.items;

    for (size_t i = options.n; i-- > 0;)
        if (strcmp(option[i].name, name) == 0)
            return option[i].value;
    return NULL;
}

static void put(struct json_out *out, const char *name, const char *value)
{
    if (value && *value)
        json_member_text(out, name, value);
}

const char *provider_options_merge(const struct provider_type *type, const char *stored, struct list sent, bool lenient, struct arena *a)
{
    struct list before = provider_options_of(stored, a);
    const struct provider_option *option = sent.items;
    struct buf buf = buf_new(a, OPTIONS_MAX);
    struct json_out out = json_out(&buf);
    const char *text;
    struct err ignored = {0};

    json_begin_object(&out);
    for (const struct provider_option_row *row = type->options; row && row->name; row++) {
        const char *value = value_of(sent, row->name);

        put(&out, row->name, value ? value : value_of(before, row->name));
    }
    for (size_t i = 0; i < sent.n && !lenient; i++)
        if (!row_of(type, option[i].name))
            put(&out, option[i].name, *option[i].value ? option[i].value : " ");
    json_end_object(&out);
    return buf_done(&buf, &text, &ignored) ? text : "{}";
}

static const char *names_of(const struct provider_type *type, struct arena *a)
{
    const char *names = "";

    for (const struct provider_option_row *row = type->options; row && row->name; row++)
        names = arena_printf(a, "%s%s%s", names, *names ? ", " : "", row->name);
    return *names ? names : "—";
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

static bool is_needed(const struct provider_type *type, const struct provider_option_row *row, struct list options)
{
    const char *other = row->unless ? value_of(options, row->unless) : NULL;

    if (!row->unless)
        return row->required && !*row->initial;
    other = other && *other ? other : row_of(type, row->unless)->initial;
    return strcmp(other, row->word) != 0;
}

static bool check_value(const struct provider_option_row *row, const char *value, bool needed, struct arena *a, struct err *err)
{
    const char *field = arena_printf(a, "options.%s", row->name);
    int64_t max = row->max ? row->max : TEXT_DEFAULT, number;
    size_t word;

    if (!value || !*value)
        return !needed || fail_field_as(err, "form.required", field, "", "");
    if (row->words)
        return parse_word(value, row->words, field, &word, err);
    if (row->to)
        return parse_int(value, row->from, row->to, field, &number, err);
    if (has_control(value) || (int64_t)utf8_count(value) > max)
        return fail_field(err, field, value, arena_printf(a, "≤ %" PRId64, max));
    return true;
}

bool provider_options_check(const struct provider_type *type, const char *json, struct arena *a, struct err *err)
{
    struct list options = provider_options_of(json, a);
    const struct provider_option *option = options.items;

    for (size_t i = 0; i < options.n; i++)
        if (!row_of(type, option[i].name))
            return fail_field(err, arena_printf(a, "options.%s", option[i].name), option[i].value, names_of(type, a));
    for (const struct provider_option_row *row = type->options; row && row->name; row++)
        if (!check_value(row, value_of(options, row->name), is_needed(type, row, options), a, err))
            return false;
    return true;
}
