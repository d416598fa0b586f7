/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_WRITE_H
#define PROVIDERS_WRITE_H
/* write: what several dialects need when they put a chat into their own words. */
#include "base/json_write.h"
#include "gate/provider.h"

/* The name of the tool that ${result} answers: that of the nearest call before it with its id. Runtimes that count calls use the same ids
 * in every answer, so the nearest is meant. NULL if there is none within 10000 messages and calls. */
const char *write_tool_name(const struct chat *, const struct chat_message *result);
/* A request to ${path} of the provider, with its secret as a bearer token if it has one. */
void write_request(const struct provider *, const char *method, const char *path, struct arena *, struct http_request *);
/* The caller's body for ${model}: as it came if it names that already, else with only the model exchanged. ERR_TOO_LARGE beyond 512 MiB. */
must_check bool write_renamed(const struct chat *, const char *model, struct arena *, struct bytes *body_r, struct err *);
/* A call's arguments as an object: none, "" and null are {}. ERR_INPUT if they are none. */
must_check bool write_arguments(const struct chat_tool_call *, struct json *object_r, struct err *);
/* The texts of a message, joined by ${between}; its other parts are left out. */
struct bytes write_text(const struct chat_message *, const char *between, struct arena *);
/* A part's data as the text "data:image/png;base64,…", without a copy of it in between. */
void write_data_url(struct json_out *, const struct chat_part *);
/* "input" of an embedding: inputs [first, first + n), token ids as they came. And the caller's other fields, for a provider of its dialect. */
void write_inputs(struct json_out *, const struct embed *, size_t first, size_t n);
void write_beside_inputs(struct json_out *, const struct chat *);
/* A member if the value was given. */
void write_int(struct json_out *, const char *name, int64_t value);
void write_real(struct json_out *, const char *name, double value);
/* A member with a list of texts (const char *), if there are any. */
void write_texts(struct json_out *, const char *name, struct list texts);
/* ERR_INPUT for what changes an answer's form and has no place where nobody answers twice or with probabilities: n above 1, logprobs. */
must_check bool write_one_plain(const struct chat *, struct arena *, struct err *);

#endif
