/* SPDX-License-Identifier: MIT */
/* spool_command: what the spool's folder holds, read from outside, so that it can be asked while the gateway runs and when it does not. */
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/json_write.h"
#include "cli/commands.h"

/* nftw has no argument for its callback. */
static int64_t bytes, segments, aside, quarantined;

static int count(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)at;
    if (type != FTW_F)
        return 0;
    bytes += (int64_t)st->st_blocks * 512;
    if (strstr(path, "/dlq/"))
        aside++;
    else if (strstr(path, "/quarantine/"))
        quarantined++;
    else if (strstr(path, ".seg"))
        segments++;
    return 0;
}

static bool print_status(struct command_line *line, struct err *err)
{
    struct buf buf = buf_new(line->arena, 64 << 10);
    struct json_out out = json_out(&buf);
    const char *text;

    json_begin_object(&out);
    json_member_text(&out, "folder", line->in->spool_folder);
    json_member_put_int(&out, "bytes", bytes);
    json_member_put_int(&out, "max_bytes", line->in->settings.values.spool_mb << 20);
    json_member_put_int(&out, "segments", segments);
    json_member_put_int(&out, "set_aside", aside);
    json_member_put_int(&out, "quarantined", quarantined);
    json_end_object(&out);
    return buf_done(&buf, &text, err) && puts(text) >= 0;
}

static bool spool_status_run(struct command_line *line, struct err *err)
{
    if (nftw(line->in->spool_folder, count, 16, FTW_PHYS) != 0)
        return fail_field_as(err, "cli.no_spool", "spool", line->in->spool_folder, "");
    return print_status(line, err);
}

const struct command spool_status_command = {.words = "spool status", .usage = "", .help = "cli.help.spool_status", .run = spool_status_run};
