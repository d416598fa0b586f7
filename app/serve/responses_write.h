/* SPDX-License-Identifier: MIT */
#ifndef SERVE_RESPONSES_WRITE_H
#define SERVE_RESPONSES_WRITE_H
/* responses_write: the words of the Responses API: its events, items and the response object. All append to answer->out, if there is one. */
#include "serve/responses_answer.h"

void responses_write_response(struct responses_answer *, const char *type, const char *status);
/* An item begins, goes on, ends; ${i} is its position in the output. */
void responses_write_open(struct responses_answer *, size_t i);
void responses_write_piece(struct responses_answer *, size_t i, struct bytes text);
void responses_write_close(struct responses_answer *, size_t i);
/* The last event. */
void responses_write_end(struct responses_answer *, const char *finish, const struct usage *);
void responses_write_failed(struct responses_answer *, const char *code, const char *message);
/* "completed", or "incomplete" when the answer was cut. */
const char *responses_status(const char *finish);

#endif
