/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_SCAN_H
#define FAKELLM_SCAN_H
/* scan: finds the few members of a JSON body that matter here, without building anything. It walks brackets and strings and is no
 * validator: what a strict reader refuses may pass. Malformed nesting is found. */
#include "text.h"

/* The end of the value that starts at ${p} (white space skipped before), NULL if it is cut or misnested. */
const char *scan_value(const char *p, const char *end);

/* Walk an object or array: for (struct scan s = scan_open(value); scan_next(&s);) … s.key, s.value.
 * Strings are slices without their quotes, still escaped; ${quoted} tells. */
struct scan {
    const char *p, *end;
    struct slice key, value;
    bool object, quoted;
};
struct scan scan_open(struct slice value);
bool scan_next(struct scan *);
/* A member of an object; p == NULL if there is none. ${quoted_r} may be NULL. */
struct slice scan_member(struct slice object, const char *name, bool *quoted_r);
/* The first member of an object that is none of ${known}, which ends with NULL; p == NULL: there is none. */
struct slice scan_unknown(struct slice object, const char *const known[]);
/* A whole number, up to 12 digits; 0 if it is none. */
int64_t scan_number(struct slice);

/* What a request for words asks: filled from an OpenAI or Ollama body alike. */
struct ask {
    struct slice model;          /* still escaped */
    struct slice said;           /* the last message's content, prompt or input: string inside or a raw array of parts */
    bool said_quoted;
    struct slice tool;           /* name of the first tool offered; n == 0: none */
    bool after_tool;             /* the last message is a tool's answer */
    bool stream, stream_given, include_usage, base64;
    int64_t max_tokens;          /* 0 = not given */
    int64_t in_bytes;            /* bytes of all contents, for the count of input tokens */
};
/* False if ${body} is not one JSON object. */
bool ask_read(struct slice body, struct ask *ask_r);
/* What was said, decoded, appended to ${t}: the text parts joined by a line end. */
void ask_said(const struct ask *, struct text *t);

#endif
