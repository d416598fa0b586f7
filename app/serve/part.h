/* SPDX-License-Identifier: MIT */
#ifndef SERVE_PART_H
#define SERVE_PART_H
/* part: pieces of a conversation that several client APIs write alike, into struct chat. */
#include "gate/chat.h"

/* Add a message, or a text part to one; ${text} is a JSON string. */
struct chat_message *part_message(struct chat *, enum chat_role, struct arena *);
void part_text(struct chat_message *, struct json text, struct arena *);
void part_add(struct chat_message *, const struct chat_part *, struct arena *);
/* A string or an array of strings to stop at. */
void part_stop(struct chat *, struct json stop, struct arena *);
/* "data:image/png;base64,…" as media type and data. False if it is no such address. */
bool part_data_url(struct json url, struct chat_part *, struct arena *);
/* The address of an image: inside the request, or elsewhere. */
must_check bool part_image(struct json url, const char *field, struct chat_part *, struct arena *, struct err *);
/* A document inside the request: {"file_data": data URL, "filename"}; one that is kept elsewhere ("file_id") cannot be had. */
must_check bool part_file(struct json file, const char *field, struct chat_part *, struct arena *, struct err *);
/* A word of a list that ends with NULL; null and absent leave ${word_r} alone. */
must_check bool part_word(struct json value, const char *const words[], const char *field, const char **word_r, struct arena *, struct err *);
/* What cannot be passed on to a provider that speaks otherwise: ERR_INPUT with field, value and what is allowed. */
bool part_refuse(struct err *, const char *field, struct json value, const char *allowed, struct arena *);
/* A member; null counts as not given. */
struct json part_given(struct json object, const char *name);
/* The efforts of reasoning that OpenAI's APIs know. */
extern const char *const part_efforts[];

#endif
