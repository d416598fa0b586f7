/* SPDX-License-Identifier: MIT */
#ifndef WEB_FILE_H
#define WEB_FILE_H
/* file: the text files web reads once at the start (catalogues, templates), whole and bounded. */
#include "base/base.h"

struct arena;
struct err;

/* The content of ${folder}/${name}${ending}, NUL added, at most 1 MiB of valid UTF-8. ERR_INPUT naming the path. */
must_check bool file_read(const char *folder, const char *name, const char *ending, struct arena *, struct bytes *text_r,
                          struct err *);

#endif
