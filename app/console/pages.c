/* SPDX-License-Identifier: MIT */
#include "console/pages.h"

#include "console/audit_page.h"
#include "console/error_page.h"
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

const struct page console_pages[] = {
    {"audit", audit_page_fields},
    {"error", error_page_fields},
    {"key_created", key_created_fields},
    {"key_new", key_form_fields},
    {"key_revoke", key_revoke_fields},
    {"keys", keys_page_fields},
    {"login", login_page_fields},
    {"nav", nav_page_fields},
    {"overview", overview_page_fields},
    {"price", price_page_fields},
    {"price_form", price_form_fields},
    {"prices", prices_page_fields},
    {"profile", profile_page_fields},
    {"provider", provider_detail_fields},
    {"provider_activate", provider_verb_fields},
    {"provider_delete", provider_verb_fields},
    {"provider_disable", provider_verb_fields},
    {"provider_form", provider_form_page_fields},
    {"providers", providers_page_fields},
    {"run", run_page_fields},
    {"runs", runs_page_fields},
    {"settings", settings_page_fields},
    {"setup", setup_page_fields},
    {"user_new", user_form_fields},
    {"users", users_page_fields},
    {NULL, NULL},
};
