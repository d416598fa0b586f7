/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_BEHAVIOUR_H
#define FAKELLM_BEHAVIOUR_H
/* behaviour: what a model name asks for, "tokens=20+delay=50". The table of options is in behaviour.c and README.md. */
#include "text.h"

enum words { WORDS_DEMO, WORDS_ECHO, WORDS_FIXED, WORDS_ZH, WORDS_TOKENS, WORDS_SIZE, WORDS_TEXT, WORDS_STAMP };

enum {
    HANG = 1 << 0, HOLD = 1 << 1, BADJSON = 1 << 2, UTF8SPLIT = 1 << 3, TOOL = 1 << 4, TOOLS2 = 1 << 5, REASONING = 1 << 6,
    NOUSAGE = 1 << 7, ERRORIN200 = 1 << 8, CRLF = 1 << 9, NODONE = 1 << 10, SLOWBYTES = 1 << 11, NOSPACE = 1 << 12,
    COMMENTS = 1 << 13, NOARGS = 1 << 14, SAYTOO = 1 << 15, SEALED = 1 << 16, ODDITIES = 1 << 17, LIMITS = 1 << 30,
};

struct behaviour {
    enum words words;
    unsigned flags;
    int64_t tokens, size;
    struct slice as;                            /* only tells names apart */
    struct slice text;                          /* WORDS_TEXT; points into the name that was parsed */
    struct slice finish;                        /* why it stopped, in the dialect's word; n == 0: what fits. Into the name too */
    struct slice like;                          /* a service whose answers differ from its dialect's; n == 0: none */
    int64_t first_ms, delay_ms, jitter_ms;
    int64_t status, retry_after_s;              /* 0 = none */
    int64_t reset, cut, stall;                  /* -1 = none; bytes, bytes, pieces */
    int64_t usage_in, usage_out;                /* -1 = counted */
    int64_t cached, written, hour, thought;     /* tokens: of in, of in, of written, of out; 0 = not said */
};

/* A name without any known option is a plain demo model. A name that mixes known options with others, or gives one a value out of its
 * range, is a mistake: false, with a sentence in ${why}. */
bool behaviour_read(struct slice name, struct behaviour *b_r, char *why, size_t why_size);
/* Names for the lists of models; ends with NULL. */
extern const char *const behaviour_names[];
/* The table of options for --help. */
void behaviour_help(void);

#endif
