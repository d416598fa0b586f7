/* SPDX-License-Identifier: MIT */
/* spool_command: what the spool's folder holds, read from outside, so that it can be asked while the gateway runs and when it does not. */
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"

/* nftw has no argument for its callback. */
static uint64_t bytes, segments, aside, quarantined;

static int count(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)at;
    if (type != FTW_F)
        return 0;
    bytes += (uint64_t)st->st_blocks * 512;
    if (strstr(path, "/dlq/"))
        aside++;
    else if (strstr(path, "/quarantine/"))
        quarantined++;
    else if (strstr(path, ".seg"))
        segments++;
    return 0;
}

static bool spool_status_run(struct command_line *line, struct err *err)
{
    if (nftw(line->in->spool_folder, count, 16, FTW_PHYS) != 0)
        return fail_field_as(err, "cli.no_spool", "spool", line->in->spool_folder, "");
    printf("{\"folder\":\"%s\",\"bytes\":%" PRIu64 ",\"max_bytes\":%" PRId64 ",\"segments\":%" PRIu64 ",\"set_aside\":%" PRIu64
           ",\"quarantined\":%" PRIu64 "}\n", line->in->spool_folder, bytes, line->in->settings.values.spool_mb << 20, segments, aside,
           quarantined);
    return true;
}

const struct command spool_status_command = {.words = "spool status", .usage = "", .help = "cli.help.spool_status", .run = spool_status_run};
