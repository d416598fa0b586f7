/* SPDX-License-Identifier: MIT */
#ifndef GATE_ESTIMATE_H
#define GATE_ESTIMATE_H
/* estimate: tokens when the provider says none. Counted without a vocabulary, from what the text is made of: a run of letters is one word, a run of
 * digits one number, a Han character, a sign, a space each have a weight, by family of models (the table is in estimate.c). The state is a few
 * bytes, so a stream is counted as it passes; a text may be cut anywhere, also within a character. Runs counted this way are marked estimated. */
#include "base/json.h"

struct chat;

enum estimate_family { ESTIMATE_GPT, ESTIMATE_CLAUDE, ESTIMATE_GEMINI };
/* By the model's name, whoever serves it: "anthropic.claude-…", "google/gemini-…"; all others count as GPT. NULL is one of those. */
enum estimate_family estimate_family(const char *model);

/* A text being counted. {0} is an empty one of the GPT family. */
struct estimate {
    enum estimate_family family;
    int64_t hundredths;             /* of a token */
    uint32_t code;                  /* of a character that is cut */
    uint8_t missing;                /* bytes of it that are still to come */
    uint8_t seen;                   /* what the last character was */
};

void estimate_add(struct estimate *, struct bytes text);
/* The decoded text of a JSON string, without decoding it anywhere; of any other value its JSON. Nothing for an absent one. */
void estimate_add_json(struct estimate *, struct json);
/* What follows is another text: no word goes on across the gap. */
void estimate_gap(struct estimate *);
/* Rounded up: any text is at least one token. */
int64_t estimate_tokens(const struct estimate *);

/* A whole request: texts, reasoning and calls of its messages, its tools and schema, 3 tokens for each message and 3 for the answer's start.
 * Pictures are not decoded and count as one of 1024 × 1024 does (estimate_chat.c says how); sound and files by their size. Takes the parsed
 * messages where there are some, else the caller's body as it came. In proportion to the request's size and without memory: for the end of a run
 * whose provider said nothing, and for count_tokens. */
int64_t estimate_chat(const struct chat *, const char *model);

#endif
