/* SPDX-License-Identifier: MIT */
#ifndef SERVE_RESPONSES_H
#define SERVE_RESPONSES_H
/* responses: POST /v1/responses, whole and streamed, for the official SDKs and Codex CLI. The gate keeps no responses: every request carries its whole
 * conversation, "store" is answered with false, and the addresses of kept responses say that there is none. */
#include "base/base.h"

struct request;

bool responses(struct request *);
bool responses_count(struct request *);          /* POST /v1/responses/input_tokens: an estimate */
bool responses_kept(struct request *);           /* everything under /v1/responses/: 404 */

#endif
