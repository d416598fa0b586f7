/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_HUNYUAN_H
#define FAKELLM_HUNYUAN_H
/* hunyuan: Tencent's own dialect of Hunyuan: signed actions of one address, errors inside HTTP 200. */
#include "http.h"
#include "text.h"

/* The SecretKey when the server was started without --key; any SecretId that begins with AKID belongs to it. */
#define HUNYUAN_SECRET "fakeSecretKey0123456789abcdefghi"

/* Whether the request is signed with ${secret}. If not: the error's code, and a sentence in ${why}. */
const char *hunyuan_unsigned(const struct http *, const char *secret, char *why, size_t why_size);
/* Whether the action ChatCompletions would take this body, as far as its documented rules go. */
bool hunyuan_takes(struct slice body, char *why, size_t why_size);

#endif
