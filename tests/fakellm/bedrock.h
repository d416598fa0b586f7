/* SPDX-License-Identifier: MIT */
#ifndef FAKELLM_BEDROCK_H
#define FAKELLM_BEDROCK_H
/* bedrock: AWS Bedrock's Converse: binary frames, signed requests. */
#include "http.h"
#include "text.h"

#define BEDROCK_SIGNATURE "c2lnbmVkIGJ5IGJlZHJvY2s="
#define BEDROCK_SEALED "c2VhbGVkIGJ5IGJlZHJvY2s="
/* The secret access key when the server was started without --key. */
#define BEDROCK_SECRET "fakeSecretAccessKey/0123456789abcdefghijk"

/* Whether the request is signed for service bedrock with ${secret}, or bears it as a key. If not: the error's type, and a sentence in ${why}. */
const char *bedrock_unsigned(const struct http *, const char *secret, char *why, size_t why_size);
/* The rules of Converse that a gateway in front of it breaks most easily. */
bool bedrock_takes(struct slice body, char *why, size_t why_size);

#endif
