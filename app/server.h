/* SPDX-License-Identifier: MIT */
#ifndef SERVER_H
#define SERVER_H
/* server: moongate serve: open everything from the bottom up, wait for a signal, close it in the reverse order. */
#include "base/base.h"

struct arena;
struct catalogues;
struct err;
struct installation;
struct language;

/* Returns when a signal asked for it; false with the reason if the start failed. ${lang} is for what is printed. */
must_check bool server_run(const struct installation *, const struct catalogues *, const struct language *lang, struct arena *, struct err *);

#endif
