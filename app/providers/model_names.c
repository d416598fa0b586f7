/* SPDX-License-Identifier: MIT */
#include "providers/model_names.h"

#include <fnmatch.h>
#include <string.h>

enum { GLOB_MAX = 64 };

bool model_fits(const char *globs, const char *model)
{
    for (const char *word = globs ? globs : ""; *word;) {
        size_t n = strcspn(word, " ");
        char pattern[GLOB_MAX] = "";

        if (n && n < sizeof(pattern) && fnmatch(memcpy(pattern, word, n), model, FNM_NOESCAPE) == 0)
            return true;
        word += n + strspn(word + n, " ");
    }
    return false;
}
