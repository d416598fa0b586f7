/* SPDX-License-Identifier: MIT */
#include "web/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/metrics.h"
#include "web/file.h"
#include "web/pattern.h"

enum { MESSAGE_MAX = 16384 };

struct entry {
    const char *key, *text;
    size_t line;                         /* in its file, for people who must mend it */
    struct pattern pattern;
};

/* One language's file, sorted by key. */
struct catalogue {
    const struct language *language;
    struct entry *entries;
    size_t n;
};

struct catalogues {
    struct arena *arena;
    struct catalogue *all;               /* in the order of languages[] */
};

static bool wrong(const struct catalogue *c, const struct entry *entry, const char *why, struct err *err)
{
    return fail(err, ERR_INPUT, "%s.json:%zu: %s: %s", c->language->tag, entry->line, entry->key, why);
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->key, ((const struct entry *)b)->key);
}

static const struct entry *find(const struct catalogue *c, const char *key)
{
    return bsearch(&(struct entry){.key = key}, c->entries, c->n, sizeof(struct entry), by_key);
}

static bool entry_parse(const struct catalogue *c, struct entry *entry, struct arena *arena, struct err *err)
{
    if (entry->key[0] == '\0' || entry->key[strspn(entry->key, "abcdefghijklmnopqrstuvwxyz0123456789_.-")] != '\0')
        return wrong(c, entry, "a key is lower-case letters, digits, dots, dashes and underscores", err);
    if (entry->text == NULL || entry->text[0] == '\0')
        return wrong(c, entry, "is not a text, or is empty", err);
    struct err why = {0};
    return pattern_parse(entry->text, c->language, arena, &entry->pattern, &why) || wrong(c, entry, why.text, err);
}

static bool load_entries(struct catalogue *c, struct json object, const char *source, struct arena *arena, struct err *err)
{
    size_t line = 1;
    struct json_walk walk = json_walk(object);
    for (const char *p = source; json_next(&walk); c->n++) {
        for (; p < walk.name.p; p++)
            line += *p == '\n';
        struct entry *entry = &c->entries[c->n];
        *entry = (struct entry){.key = json_string(walk.name, arena), .text = json_string(walk.value, arena), .line = line};
        if (!entry_parse(c, entry, arena, err))
            return false;
    }
    qsort(c->entries, c->n, sizeof(struct entry), by_key);
    return true;
}

static bool load_language(struct catalogues *all, struct catalogue *c, const char *folder, struct err *err)
{
    struct err why = {0};
    struct bytes source;
    struct json object;
    if (!file_read(folder, c->language->tag, ".json", all->arena, &source, err))
        return false;
    if (!json_check(source, NULL, &object, &why))
        return fail(err, ERR_INPUT, "%s.json: %s", c->language->tag, why.text);
    if (json_kind(object) != JSON_OBJECT)
        return fail(err, ERR_INPUT, "%s.json: is not an object of keys and texts", c->language->tag);
    c->entries = NEW_ARRAY(all->arena, struct entry, json_count(object));
    return load_entries(c, object, (const char *)source.p, all->arena, err);
}

static const struct pattern_arg *find_arg(const struct pattern *pattern, const char *name)
{
    for (size_t i = 0; i < pattern->args_n; i++)
        if (strcmp(pattern->args[i].name, name) == 0)
            return &pattern->args[i];
    return NULL;
}

/* Whether everything ${a} uses is in ${b}. A plain {n} goes with a plural of the other language: Chinese needs none. */
static bool args_fit(const struct pattern *a, const struct pattern *b)
{
    for (size_t i = 0; i < a->args_n; i++) {
        const struct pattern_arg *other = find_arg(b, a->args[i].name);
        enum pattern_kind use = a->args[i].use;
        if (other == NULL || (use != PATTERN_ARG && other->use != PATTERN_ARG && use != other->use))
            return false;
    }
    return true;
}

static bool check_parity(const struct catalogue *c, const struct catalogue *other, struct err *err)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct entry *twin = find(other, c->entries[i].key);
        if (twin == NULL)
            return wrong(c, &c->entries[i], "is missing in the other language", err);
        if (!args_fit(&c->entries[i].pattern, &twin->pattern))
            return wrong(c, &c->entries[i], "has other arguments in the other language", err);
    }
    return true;
}

static bool load_all(struct catalogues *all, const char *folder, struct err *err)
{
    for (size_t i = 0; i < languages_n; i++) {
        all->all[i].language = &languages[i];
        if (!load_language(all, &all->all[i], folder, err))
            return false;
    }
    for (size_t i = 0; i < languages_n; i++)
        for (size_t j = 0; j < languages_n; j++)
            if (!check_parity(&all->all[i], &all->all[j], err))
                return false;
    return true;
}

bool catalogues_load(const char *folder, struct catalogues **catalogues_r, struct err *err)
{
    struct arena *arena = arena_new();
    struct catalogues *all = NEW(arena, struct catalogues);
    all->arena = arena;
    all->all = NEW_ARRAY(arena, struct catalogue, languages_n);
    if (load_all(all, folder, err)) {
        *catalogues_r = all;
        return true;
    }
    arena_free(arena);
    return false;
}

void catalogues_free(struct catalogues *all)
{
    if (all != NULL)
        arena_free(all->arena);
}

const struct pattern *catalogue_pattern(const struct catalogues *all, const struct language *language, const char *key)
{
    const struct entry *entry = find(&all->all[language->i], key);
    return entry != NULL ? &entry->pattern : NULL;
}

bool message_known(const struct catalogues *all, const char *key)
{
    return find(&all->all[0], key) != NULL;
}

static struct pattern_value arg_value(const struct message_arg *args, const char *name)
{
    for (const struct message_arg *arg = args; arg != NULL && arg->name != NULL; arg++)
        if (strcmp(arg->name, name) == 0)
            return (struct pattern_value){.text = arg->text, .number = arg->number, .is_number = arg->text == NULL};
    return (struct pattern_value){.text = ""};
}

const char *message(const struct catalogues *all, const struct language *language, const char *key,
                    const struct message_arg *args,
                    struct arena *arena)
{
    const struct pattern *pattern = catalogue_pattern(all, language, key);
    for (size_t i = 0; pattern == NULL && i < languages_n; i++)
        pattern = catalogue_pattern(all, &languages[i], key);
    if (pattern == NULL) {
        metric_add(METRIC_message_missing_total, 1);
        return arena_text(arena, key);
    }
    struct pattern_value values[PATTERN_ARGS];
    for (size_t i = 0; i < pattern->args_n; i++)
        values[i] = arg_value(args, pattern->args[i].name);
    struct buf out = buf_new(arena, MESSAGE_MAX);
    pattern_write(pattern, language, values, buf_add, &out);
    const char *text;
    struct err err;
    return buf_done(&out, &text, &err) ? text : arena_text(arena, key);
}

const char *message_err(const struct catalogues *all, const struct language *language, const struct err *err, struct arena *arena)
{
    const struct message_arg args[] = {
        {.name = "field", .text = err->field}, {.name = "value", .text = err->value}, {.name = "allowed", .text = err->allowed},
        {.name = "detail", .text = *err->detail ? err->detail : err->text}, {.name = "seconds", .number = err->retry_after_s},
        {NULL},
    };
    return message(all, language, err_message(err), args, arena);
}
