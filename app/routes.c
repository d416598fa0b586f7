/* SPDX-License-Identifier: MIT */
/* routes: THE table of addresses: what exists, who may call it, how much it may send, on which workers it runs. */
#include "routes.h"

#include "openapi.h"
#include "serve/generate.h"
#include "serve/openai_chat.h"
#include "serve/openai_read.h"
#include "serve/status.h"

enum { BODY_RUN = 256 << 20 };                   /* the exact limit is the setting body_max */

const struct route routes[] = {
    /* Doors for programs */
    {POST, "/v1/chat/completions", KEY_HOLDER, .run = openai_chat, .face = FACE_OPENAI, .body_max = BODY_RUN, .help = "api.chat",
     .schema = openai_schema},
    {GET, "/v1/models", KEY_HOLDER, .run = openai_models, .face = FACE_OPENAI, .help = "api.models"},
    {GET, "/v1/models/:id*", KEY_HOLDER, .run = openai_model, .face = FACE_OPENAI, .help = "api.model"},
    {POST, "/api/v1/llm/generate", KEY_HOLDER, .run = generate, .face = FACE_API, .body_max = BODY_RUN, .help = "api.generate",
     .schema = generate_schema},
    {GET, "/api/v1/llm/health", KEY_HOLDER, .run = generate_health, .face = FACE_API, .help = "api.llm_health"},

    {GET, "/api/v1/openapi.json", ANYONE, .run = openapi_page, .face = FACE_API, .help = "api.openapi"},

    /* For machines that watch us */
    {GET, "/livez", ANYONE, .run = status_live, .face = FACE_PLAIN},
    {GET, "/readyz", ANYONE, .run = status_ready, .face = FACE_PLAIN},
    {GET, "/metrics", ANYONE, .run = status_metrics, .face = FACE_PLAIN},

    {.path = NULL},
};
