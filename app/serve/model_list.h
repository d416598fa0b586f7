/* SPDX-License-Identifier: MIT */
#ifndef SERVE_MODEL_LIST_H
#define SERVE_MODEL_LIST_H
/* model_list: GET /v1/models, an address that OpenAI's and Anthropic's clients share. Who says which version of Anthropic's API it speaks, or
 * sends its key as only Anthropic's clients do, gets Anthropic's shape; all others OpenAI's. */
#include "web/route.h"

bool model_list(struct request *);
bool model_list_one(struct request *);               /* GET /v1/models/:id */
enum face model_list_face(const struct request *);   /* route.face_of */

#endif
