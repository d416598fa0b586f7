/* SPDX-License-Identifier: MIT */
/* routes: THE table of addresses: what exists, who may call it, how much it may send, on which workers it runs. */
#include "routes.h"

#include "console/audit_page.h"
#include "console/keys_page.h"
#include "console/overview_page.h"
#include "console/price_form_page.h"
#include "console/prices_page.h"
#include "console/profile_page.h"
#include "console/provider_form_page.h"
#include "console/provider_verbs_page.h"
#include "console/provider_view.h"
#include "console/providers_page.h"
#include "console/run_page.h"
#include "console/runs_page.h"
#include "console/session_page.h"
#include "console/settings_page.h"
#include "console/setup_page.h"
#include "console/users_page.h"
#include "openapi.h"
#include "serve/anthropic_messages.h"
#include "serve/anthropic_read.h"
#include "serve/completions.h"
#include "serve/completions_read.h"
#include "serve/generate.h"
#include "serve/generate_read.h"
#include "serve/model_list.h"
#include "serve/ollama_chat.h"
#include "serve/ollama_embed.h"
#include "serve/ollama_models.h"
#include "serve/ollama_read.h"
#include "serve/openai_chat.h"
#include "serve/openai_embeddings.h"
#include "serve/openai_read.h"
#include "serve/responses.h"
#include "serve/responses_read.h"
#include "serve/status.h"

enum {
    BODY_RUN = 256 << 20,                        /* the exact limit is the setting body_max */
    BODY_FORM = 64 << 10,
    BODY_PROVIDER = 512 << 10,                   /* up to 500 model names */
};

const struct route routes[] = {
    /* Doors for programs */
    /* First, because what is at no address under /v1 is answered in the face of these two. */
    {GET, "/v1/models", KEY_HOLDER, .run = model_list, .face = FACE_OPENAI, .face_of = model_list_face, .help = "api.models"},
    {GET, "/v1/models/:id*", KEY_HOLDER, .run = model_list_one, .face = FACE_OPENAI, .face_of = model_list_face, .help = "api.model"},
    {POST, "/v1/chat/completions", KEY_HOLDER, .run = openai_chat, .face = FACE_OPENAI, .body_max = BODY_RUN, .help = "api.chat",
     .schema = openai_schema},
    {POST, "/v1/embeddings", KEY_HOLDER, .run = openai_embeddings, .face = FACE_OPENAI, .body_max = BODY_RUN, .help = "api.embeddings",
     .schema = openai_embeddings_schema},
    {POST, "/v1/messages", KEY_HOLDER, .run = anthropic_messages, .face = FACE_ANTHROPIC, .body_max = BODY_RUN, .help = "api.messages",
     .schema = anthropic_schema},
    {POST, "/v1/messages/count_tokens", KEY_HOLDER, .run = anthropic_count, .face = FACE_ANTHROPIC, .body_max = BODY_RUN,
     .help = "api.count_tokens", .schema = anthropic_count_schema},
    {POST, "/v1/completions", KEY_HOLDER, .run = completions, .face = FACE_OPENAI, .body_max = BODY_RUN, .help = "api.completions",
     .schema = completions_schema},
    {POST, "/v1/responses", KEY_HOLDER, .run = responses, .face = FACE_OPENAI, .body_max = BODY_RUN, .help = "api.responses",
     .schema = responses_schema},
    {POST, "/v1/responses/input_tokens", KEY_HOLDER, .run = responses_count, .face = FACE_OPENAI, .body_max = BODY_RUN,
     .help = "api.responses_count", .schema = responses_schema},
    {GET, "/v1/responses/:id*", KEY_HOLDER, .run = responses_kept, .face = FACE_OPENAI, .help = "api.responses_kept"},
    {DELETE, "/v1/responses/:id", KEY_HOLDER, .run = responses_kept, .face = FACE_OPENAI, .body_max = BODY_FORM, .help = "api.responses_kept"},
    {POST, "/v1/responses/:id*", KEY_HOLDER, .run = responses_kept, .face = FACE_OPENAI, .body_max = BODY_RUN, .help = "api.responses_kept"},
    {POST, "/api/chat", KEY_HOLDER, .run = ollama_chat, .face = FACE_OLLAMA, .body_max = BODY_RUN, .help = "api.ollama_chat",
     .schema = ollama_chat_schema},
    {POST, "/api/generate", KEY_HOLDER, .run = ollama_generate, .face = FACE_OLLAMA, .body_max = BODY_RUN, .help = "api.ollama_generate",
     .schema = ollama_generate_schema},
    {POST, "/api/embed", KEY_HOLDER, .run = ollama_embed, .face = FACE_OLLAMA, .body_max = BODY_RUN, .help = "api.ollama_embed",
     .schema = ollama_embed_schema},
    {POST, "/api/embeddings", KEY_HOLDER, .run = ollama_embeddings, .face = FACE_OLLAMA, .body_max = BODY_RUN,
     .help = "api.ollama_embeddings", .schema = ollama_embeddings_schema},
    {GET, "/api/tags", KEY_HOLDER, .run = ollama_tags, .face = FACE_OLLAMA, .help = "api.ollama_tags"},
    {GET, "/api/ps", KEY_HOLDER, .run = ollama_ps, .face = FACE_OLLAMA, .help = "api.ollama_ps"},
    {POST, "/api/show", KEY_HOLDER, .run = ollama_show, .face = FACE_OLLAMA, .body_max = BODY_FORM, .help = "api.ollama_show",
     .schema = ollama_show_schema},
    {GET, "/api/version", ANYONE, .run = ollama_version, .face = FACE_OLLAMA, .help = "api.ollama_version"},
    {POST, "/api/pull", KEY_HOLDER, .run = ollama_manage, .face = FACE_OLLAMA, .body_max = BODY_FORM, .help = "api.ollama_manage",
     .schema = ollama_show_schema},
    {POST, "/api/push", KEY_HOLDER, .run = ollama_manage, .face = FACE_OLLAMA, .body_max = BODY_FORM, .help = "api.ollama_manage",
     .schema = ollama_show_schema},
    {POST, "/api/create", KEY_HOLDER, .run = ollama_manage, .face = FACE_OLLAMA, .body_max = BODY_FORM, .help = "api.ollama_manage",
     .schema = ollama_show_schema},
    {POST, "/api/copy", KEY_HOLDER, .run = ollama_manage, .face = FACE_OLLAMA, .body_max = BODY_FORM, .help = "api.ollama_manage",
     .schema = ollama_show_schema},
    {DELETE, "/api/delete", KEY_HOLDER, .run = ollama_manage, .face = FACE_OLLAMA, .body_max = BODY_FORM, .help = "api.ollama_manage",
     .schema = ollama_show_schema},
    {POST, "/api/v1/llm/generate", KEY_HOLDER, .run = generate, .face = FACE_API, .body_max = BODY_RUN, .help = "api.generate",
     .schema = generate_schema},
    {GET, "/api/v1/llm/health", KEY_HOLDER, .run = generate_health, .face = FACE_API, .help = "api.llm_health"},

    {GET, "/api/v1/openapi.json", ANYONE, .run = openapi_page, .face = FACE_API, .help = "api.openapi"},

    /* The console: pages and their JSON twins */
    {GET, "/", ANYONE, .run = front_page, .lane = LANE_PAGES},
    {GET, "/admin", ANYONE, .run = front_page, .lane = LANE_PAGES},
    {GET, "/admin/setup", ANYONE, .run = setup_page, .lane = LANE_PAGES},
    {POST, "/admin/setup", ANYONE, .run = setup_do, .lane = LANE_PAGES, .body_max = BODY_FORM},
    {GET, "/admin/login", ANYONE, .run = login_page, .lane = LANE_PAGES},
    {POST, "/admin/login", ANYONE, .run = login_do, .lane = LANE_PAGES, .body_max = BODY_FORM},
    {POST, "/admin/logout", SIGNED_IN, .run = logout_do, .lane = LANE_PAGES, .body_max = BODY_FORM},
    {POST, "/admin/language", ANYONE, .run = language_do, .lane = LANE_PAGES, .body_max = BODY_FORM},
    {POST, "/admin/theme", ANYONE, .run = theme_do, .lane = LANE_PAGES, .body_max = BODY_FORM},
    {GET, "/admin/profile", SIGNED_IN, .run = profile_page, .lane = LANE_PAGES},
    {POST, "/admin/profile", SIGNED_IN, .run = profile_save, .lane = LANE_PAGES, .body_max = BODY_FORM},
    {GET, "/admin/nav", SIGNED_IN, .run = nav_page, .lane = LANE_PAGES},
    {GET, "/admin/search", VIEWER, .run = search_page, .lane = LANE_PAGES},
    {GET, "/admin/", VIEWER, .run = overview_page, .lane = LANE_PAGES, .twin = "/api/v1/overview", .help = "api.overview",
     .view = overview_page_fields},

    {GET, "/admin/providers", VIEWER, .run = providers_list_page, .lane = LANE_PAGES, .twin = "/api/v1/providers", .twin2 = "/admin/config/llm",
     .help = "api.providers", .view = providers_page_fields},
    {POST, "/admin/providers", OPERATOR, .run = provider_create, .lane = LANE_PAGES, .twin = "/api/v1/providers", .twin2 = "/admin/config/llm",
     .body_max = BODY_PROVIDER, .help = "api.provider_create", .form = provider_sent_fields, .view = provider_detail_fields},
    {GET, "/admin/providers/new", OPERATOR, .run = provider_new_page, .lane = LANE_PAGES},
    {POST, "/admin/providers/test", OPERATOR, .run = provider_test_page, .lane = LANE_PAGES, .twin = "/api/v1/providers/test",
     .body_max = BODY_PROVIDER, .help = "api.provider_try", .form = provider_tried_fields, .view = provider_test_fields},
    {GET, "/admin/providers/:id", VIEWER, .run = provider_detail_page, .lane = LANE_PAGES, .twin = "/api/v1/providers/:id",
     .twin2 = "/admin/config/llm/:id", .help = "api.provider", .view = provider_detail_fields},
    {POST, "/admin/providers/:id", OPERATOR, .run = provider_save, .lane = LANE_PAGES, .twin = "/api/v1/providers/:id", .twin_method = PUT,
     .twin2 = "/admin/config/llm/:id", .twin2_method = PUT, .body_max = BODY_PROVIDER, .help = "api.provider_save",
     .form = provider_sent_fields, .view = provider_detail_fields},
    {PATCH, "/api/v1/providers/:id", OPERATOR, .run = provider_save, .face = FACE_API, .lane = LANE_PAGES, .twin = "/admin/config/llm/:id",
     .body_max = BODY_PROVIDER, .help = "api.provider_save", .form = provider_sent_fields, .view = provider_detail_fields},
    {GET, "/admin/providers/:id/edit", OPERATOR, .run = provider_edit_page, .lane = LANE_PAGES},
    {POST, "/admin/providers/:id/test", OPERATOR, .run = provider_test_page, .lane = LANE_PAGES, .twin = "/api/v1/providers/:id/test",
     .twin2 = "/admin/config/llm/:id/test", .body_max = BODY_PROVIDER, .help = "api.provider_test", .form = provider_tried_fields,
     .view = provider_test_fields},
    {GET, "/admin/providers/:id/activate", OPERATOR, .run = provider_activate_page, .lane = LANE_PAGES},
    {POST, "/admin/providers/:id/activate", OPERATOR, .run = provider_activate_do, .lane = LANE_PAGES,
     .twin = "/api/v1/providers/:id/activate", .twin2 = "/api/v1/llm/providers/:id/activate", .body_max = BODY_FORM,
     .help = "api.provider_activate", .form = provider_activate_fields, .view = provider_detail_fields},
    {GET, "/admin/providers/:id/disable", OPERATOR, .run = provider_disable_page, .lane = LANE_PAGES},
    {POST, "/admin/providers/:id/disable", OPERATOR, .run = provider_disable_do, .lane = LANE_PAGES, .twin = "/api/v1/providers/:id/disable",
     .body_max = BODY_FORM, .help = "api.provider_disable", .view = provider_detail_fields},
    {POST, "/admin/providers/:id/enable", OPERATOR, .run = provider_enable_do, .lane = LANE_PAGES, .twin = "/api/v1/providers/:id/enable",
     .body_max = BODY_FORM, .help = "api.provider_enable", .view = provider_detail_fields},
    {POST, "/admin/providers/:id/breaker", OPERATOR, .run = provider_breaker_do, .lane = LANE_PAGES, .twin = "/api/v1/providers/:id/breaker",
     .body_max = BODY_FORM, .help = "api.provider_breaker", .form = provider_breaker_fields, .view = provider_detail_fields},
    {GET, "/admin/providers/:id/delete", OPERATOR, .run = provider_delete_page, .lane = LANE_PAGES},
    {POST, "/admin/providers/:id/delete", OPERATOR, .run = provider_delete_do, .lane = LANE_PAGES, .twin = "/api/v1/providers/:id",
     .twin_method = DELETE, .twin2 = "/admin/config/llm/:id", .twin2_method = DELETE, .body_max = BODY_FORM, .help = "api.provider_delete"},

    {GET, "/admin/prices", VIEWER, .run = prices_list_page, .lane = LANE_PAGES, .twin = "/api/v1/prices", .help = "api.prices",
     .view = prices_page_fields},
    {POST, "/admin/prices", OPERATOR, .run = price_create_do, .lane = LANE_PAGES, .twin = "/api/v1/prices", .body_max = BODY_FORM,
     .help = "api.price_create", .form = price_sent_fields, .view = price_page_fields},
    {GET, "/admin/prices/new", OPERATOR, .run = price_new_page, .lane = LANE_PAGES},
    {GET, "/admin/prices/:id", VIEWER, .run = price_detail_page, .lane = LANE_PAGES, .twin = "/api/v1/prices/:id", .help = "api.price",
     .view = price_page_fields},
    {POST, "/admin/prices/:id/end", OPERATOR, .run = price_end_do, .lane = LANE_PAGES, .twin = "/api/v1/prices/:id", .twin_method = DELETE,
     .body_max = BODY_FORM, .help = "api.price_end", .view = price_page_fields},

    {GET, "/admin/keys", DEVELOPER, .run = keys_list_page, .lane = LANE_PAGES, .twin = "/api/v1/keys", .help = "api.keys", .view = keys_page_fields},
    {POST, "/admin/keys", DEVELOPER, .run = key_create_do, .lane = LANE_PAGES, .twin = "/api/v1/keys", .body_max = BODY_PROVIDER,
     .help = "api.key_create", .form = key_sent_fields, .view = key_created_fields},
    {GET, "/admin/keys/new", DEVELOPER, .run = key_new_page, .lane = LANE_PAGES},
    {GET, "/api/v1/keys/:id", DEVELOPER, .run = key_detail, .face = FACE_API, .lane = LANE_PAGES, .help = "api.key_one", .view = key_view_fields},
    {GET, "/admin/keys/:id/revoke", DEVELOPER, .run = key_revoke_page, .lane = LANE_PAGES},
    {POST, "/admin/keys/:id/revoke", DEVELOPER, .run = key_revoke_do, .lane = LANE_PAGES, .twin = "/api/v1/keys/:id", .twin_method = DELETE,
     .body_max = BODY_FORM, .help = "api.key_revoke"},

    {GET, "/admin/runs", VIEWER, .run = runs_list_page, .lane = LANE_PAGES, .twin = "/api/v1/runs", .help = "api.runs", .view = runs_page_fields},
    {GET, "/admin/runs/:id", VIEWER, .run = run_detail_page, .lane = LANE_PAGES, .twin = "/api/v1/runs/:id", .help = "api.run",
     .view = run_page_fields},
    {GET, "/admin/audit", AUDITOR, .run = audit_list_page, .lane = LANE_PAGES, .twin = "/api/v1/audit", .help = "api.audit",
     .view = audit_page_fields},
    {GET, "/admin/settings", ADMIN, .run = settings_list_page, .lane = LANE_PAGES, .twin = "/api/v1/settings", .help = "api.settings",
     .view = settings_page_fields},
    {POST, "/admin/settings/:name", ADMIN, .run = setting_save, .lane = LANE_PAGES, .twin = "/api/v1/settings/:name", .twin_method = PUT,
     .body_max = BODY_FORM, .help = "api.setting_save", .form = setting_sent_fields, .view = setting_view_fields},
    {POST, "/admin/settings/:name/reset", ADMIN, .run = setting_reset, .lane = LANE_PAGES, .twin = "/api/v1/settings/:name",
     .twin_method = DELETE, .body_max = BODY_FORM, .help = "api.setting_reset", .view = setting_view_fields},
    {GET, "/admin/users", ADMIN, .run = users_list_page, .lane = LANE_PAGES, .twin = "/api/v1/users", .help = "api.users", .view = users_page_fields},
    {POST, "/admin/users", ADMIN, .run = user_create_do, .lane = LANE_PAGES, .twin = "/api/v1/users", .body_max = BODY_FORM,
     .help = "api.user_create", .form = user_sent_fields, .view = user_view_fields},
    {GET, "/admin/users/new", ADMIN, .run = user_new_page, .lane = LANE_PAGES},

    /* For machines that watch us */
    {GET, "/livez", ANYONE, .run = status_live, .face = FACE_PLAIN},
    {GET, "/readyz", ANYONE, .run = status_ready, .face = FACE_PLAIN},
    {GET, "/metrics", ANYONE, .run = status_metrics, .face = FACE_PLAIN},

    {.path = NULL},
};
