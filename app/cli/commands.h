/* SPDX-License-Identifier: MIT */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H
/* commands: which subcommands exist besides serve, which is main's. */
#include "cli/command.h"

extern const struct command migrate_command, check_command, user_add_command, key_create_command, provider_add_command,
    provider_test_command, snapshot_export_command, spool_status_command, runs_tail_command, audit_verify_command;

#endif
