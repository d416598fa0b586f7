/* SPDX-License-Identifier: MIT */
#include "providers/openai_ways.h"

#include <string.h>

#include "gate/snapshot.h"
#include "providers/model_names.h"

const struct openai_ways *openai_ways_of(const struct provider *provider)
{
    static const struct openai_ways plain = {.takes = TAKES_IMAGES | TAKES_AUDIO | TAKES_FILES};

    return provider && provider->type && provider->type->openai ? provider->type->openai : &plain;
}

bool openai_word_in(const char *words, const char *name, size_t n)
{
    for (const char *word = words ? words : ""; *word;) {
        size_t length = strcspn(word, " ");

        if (length == n && n && memcmp(word, name, n) == 0)
            return true;
        word += length + strspn(word + length, " ");
    }
    return false;
}

const struct openai_model *openai_model_of(const struct openai_ways *ways, const char *model)
{
    static const struct openai_model none = {.names = ""};

    for (const struct openai_model *row = ways->models; row && row->names; row++)
        if (model_fits(row->names, model))
            return row;
    return &none;
}
