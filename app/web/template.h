/* SPDX-License-Identifier: MIT */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H
/* template: pages from templates/NAME.html, compiled once at the start, one copy per language with its messages merged in.
 * Tags: {{x}} escaped, {{a.b}}, {{#x}}…{{/x}} list, struct, bool, number ≠ 0 or text present, {{^x}} the opposite, {{>part}},
 * {{_message.key}} (a message whose {arguments} are fields in scope). No raw tag. Names resolve from the innermost list
 * outwards. Load refuses, with file and line: an unknown name, message or part, a part inside itself, an unclosed section, a
 * value outside text or a double-quoted attribute, inside <script> or <style>, href/src/action not starting with a literal "/"
 * (or "#", "?"), style= and on*= attributes. */
#include "base/field.h"

struct arena;
struct buf;
struct catalogues;
struct err;
struct language;
struct templates;

/* A page: template file and the FIELD rows of its view; the list (ends with NULL name) is main's, from the console room. */
struct page {
    const char *name;                /* "providers" = templates/providers.html */
    const struct field *view;
};

/* ${shell} fields (struct shell: navigation, user, language, flash, csrf …) are the outermost scope of every page. */
must_check bool templates_load(const char *folder, const struct page *pages, const struct field *shell, const struct catalogues *,
                               struct templates **templates_r, struct err *);
void templates_free(struct templates *);
/* Write page ${name} in ${lang} from ${view} and ${shell}. The page must be in the list. */
void template_write(const struct templates *, const char *name, const struct language *, const void *shell, const void *view,
                    struct buf *);

#endif
