/* SPDX-License-Identifier: MIT */
/* statements: the list of the tables' lists, so that a test can prepare everything we will ever ask. */
#include "db/api_keys.h"
#include "db/audit.h"
#include "db/intents.h"
#include "db/models.h"
#include "db/prices.h"
#include "db/provider_health.h"
#include "db/providers.h"
#include "db/runs.h"
#include "db/run_slots.h"
#include "db/sealed_keys.h"
#include "db/sessions.h"
#include "db/settings.h"
#include "db/spend.h"
#include "db/users.h"

const struct sql *const *const statement_lists[] = {
    api_keys_statements,
    attempts_statements,
    audit_statements,
    db_protection_statements,
    intents_statements,
    models_statements,
    prices_statements,
    provider_health_statements,
    providers_statements,
    run_slots_statements,
    runs_statements,
    sealed_keys_statements,
    sessions_statements,
    settings_statements,
    spend_statements,
    users_statements,
    NULL,
};
