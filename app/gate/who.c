/* SPDX-License-Identifier: MIT */
#include "gate/who.h"

#include <string.h>

const char *const role_words[] = {"viewer", "developer", "operator", "admin", "auditor", NULL};
const char *const class_words[] = {"public", "internal", "confidential", "secret", NULL};

const char *role_word(enum role role)
{
    return role == ROLE_NONE ? "none" : role_words[role - ROLE_VIEWER];
}

enum role role_of(const char *word)
{
    for (size_t i = 0; word && role_words[i]; i++)
        if (strcmp(role_words[i], word) == 0)
            return (enum role)(ROLE_VIEWER + i);
    return ROLE_NONE;
}

bool class_of(const char *word, enum data_class *class_r)
{
    for (size_t i = 0; word && class_words[i]; i++) {
        if (strcmp(class_words[i], word) == 0) {
            *class_r = (enum data_class)i;
            return true;
        }
    }
    return false;
}
