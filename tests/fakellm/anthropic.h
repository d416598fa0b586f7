/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_ANTHROPIC_H
#define FAKELLM_ANTHROPIC_H
/* anthropic: what the files of this dialect share. */
#include "http.h"

#define ANTHROPIC_SIGNATURE "EqMBCkYIAhgCIkBmYWtlLXNpZ25hdHVyZQ=="
#define ANTHROPIC_SEALED "EmwKAhgBEgxmYWtlLXNlYWxlZA=="
#define ANTHROPIC_CITATION \
    "{\"type\":\"char_location\",\"cited_text\":\"moon\",\"document_index\":0,\"document_title\":null,\"start_char_index\":0,\"end_char_index\":4}"

/* Whether the service would take this request, as far as its documented rules go. False with its words in ${why}. */
bool anthropic_takes(const struct http *, char *why, size_t why_size);

#endif
