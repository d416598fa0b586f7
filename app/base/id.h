/* SPDX-License-Identifier: MIT */
#ifndef BASE_ID_H
#define BASE_ID_H
/* id: UUIDv7 (RFC 9562 section 5.7), so that ids sort by time of birth; monotonic within the process. */
#include "base/base.h"

enum { ID_TEXT = 37 };               /* 36 characters and a NUL */
void id_new(char out[ID_TEXT]);
/* Whether ${text} is a UUID in the canonical lower-case form. */
bool id_valid(const char *text);
/* The milliseconds since 1970 that a UUIDv7 carries; 0 if it is none. */
int64_t id_millis(const char *text);

#endif
