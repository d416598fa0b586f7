/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

const struct command *const commands[] = {
    &migrate_command, &check_command, &user_add_command, &key_create_command, &provider_add_command, &provider_test_command,
    &snapshot_export_command, &spool_status_command, &runs_tail_command, &audit_verify_command, NULL,
};
