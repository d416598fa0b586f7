/* SPDX-License-Identifier: MIT */
#include "providers/openai_ways.h"

#include <fnmatch.h>
#include <string.h>

#include "gate/snapshot.h"

enum { GLOB_MAX = 64 };

const struct openai_ways *openai_ways_of(const struct provider *provider)
{
    static const struct openai_ways plain = {.takes = TAKES_IMAGES | TAKES_AUDIO | TAKES_FILES};

    return provider && provider->type && provider->type->openai ? provider->type->openai : &plain;
}

/* Call fits(word) for each of ${words} until one does. */
static bool any_word(const char *words, bool (*fits)(const char *word, size_t n, const char *name, size_t name_n), const char *name, size_t name_n)
{
    for (const char *word = words ? words : ""; *word;) {
        size_t n = strcspn(word, " ");

        if (n && fits(word, n, name, name_n))
            return true;
        word += n + strspn(word + n, " ");
    }
    return false;
}

static bool same(const char *word, size_t n, const char *name, size_t name_n)
{
    return n == name_n && memcmp(word, name, n) == 0;
}

static bool glob(const char *word, size_t n, const char *name, size_t name_n)
{
    char pattern[GLOB_MAX] = "";

    (void)name_n;
    if (n >= sizeof(pattern))
        return false;
    memcpy(pattern, word, n);
    return fnmatch(pattern, name, FNM_NOESCAPE) == 0;
}

bool openai_word_in(const char *words, const char *name, size_t n)
{
    return any_word(words, same, name, n);
}

const struct openai_model *openai_model_of(const struct openai_ways *ways, const char *model)
{
    static const struct openai_model none = {.names = ""};

    for (const struct openai_model *row = ways->models; row && row->names; row++)
        if (any_word(row->names, glob, model, 0))
            return row;
    return &none;
}
