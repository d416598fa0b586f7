/* SPDX-License-Identifier: MIT */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H
/* secret: bytes that have no way into a log, a page or JSON: there is no FIELD row and no printf for them. They
 * live in their own memory (no core dump, locked where the limit allows) and are wiped when dropped. */
#include "base/base.h"

struct arena;
struct secret;

/* A copy of ${n} bytes, NUL added; wiped and freed when ${arena} ends. Any thread. A text of NULL stays NULL. */
struct secret *secret_new(struct arena *, const void *p, size_t n);
struct secret *secret_text(struct arena *, const char *text);
/* A copy that a longer arena keeps. NULL stays NULL. */
struct secret *secret_copy(struct arena *, const struct secret *);
/* The bytes, to be used and not kept. NULL has none. */
struct bytes secret_view(const struct secret *);
const char *secret_reveal(const struct secret *);          /* as text, for libcurl and crypt calls only */
/* The last four characters, for recognition: "7Q4f"; "" if shorter than 12. */
const char *secret_tail(const struct secret *, struct arena *);
/* Cross out (*) the secret wherever ${text} quotes it, as it is or with JSON's escapes. One of fewer than six characters is a word, not a secret.
 * NULL hides nothing. */
void secret_hide(const struct secret *, char *text);
/* The same in an answer, which is text or a piece of JSON, and stays JSON if it was: ${text} itself if it quotes nothing, else a copy in the arena.
 * Here one of fewer than 16 bytes is a word: keys like "ollama" are usual, and so are answers with that word. */
struct bytes secret_clean(const struct secret *, struct bytes text, struct arena *);
/* Overwrite memory in a way the compiler keeps. */
void secret_wipe(void *p, size_t n);

#endif
