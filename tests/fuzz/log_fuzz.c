/* SPDX-License-Identifier: MIT */
/* log_fuzz: whatever text comes on whatever path, a line is one JSON object on one line of at most PIPE_BUF bytes, and
 * no key of ours is left in it. */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void must(bool good)
{
    if (!good)
        abort();
}

/* mgk_, twelve letters or digits, _ and one more. */
static bool has_own_key(const char *text)
{
    for (const char *key = text; (key = strstr(key, "mgk_")) != NULL; key += 4) {
        size_t i = 4;
        while (i < 16 && isalnum((unsigned char)key[i]))
            i++;
        if (i == 16 && key[i] == '_' && isalnum((unsigned char)key[i + 1]))
            return true;
    }
    return false;
}

static void must_be_a_line(int fd)
{
    char line[PIPE_BUF + 2];
    struct json value;
    struct err err = {.kind = ERR_NONE};
    ssize_t n = pread(fd, line, sizeof(line), 0);
    must(n > 2 && n <= PIPE_BUF && line[n - 1] == '\n' && memchr(line, '\n', (size_t)n) == line + n - 1);
    must(json_check((struct bytes){(uint8_t *)line, (size_t)n}, NULL, &value, &err));
    line[n] = '\0';
    must(!has_own_key(line));
    must(ftruncate(fd, 0) == 0 && lseek(fd, 0, SEEK_SET) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("log", MFD_CLOEXEC);
        log_open(fd, LOG_DEBUG);
    }
    char *text = malloc(n + 1);
    must(text != NULL);
    if (n > 0)
        memcpy(text, p, n);
    text[n] = '\0';
    struct log log = {.request_id = text, .user = text};
    struct err err = {.kind = ERR_NONE};
    log_say(LOG_INFO, &log, text);
    must_be_a_line(fd);
    log_info(NULL, "fuzz", "a=%s b=\"%s and\" n=%zu c=%.*s d=%s e=%s f=%s", text, text, n, (int)(n / 2), text, text, text, text);
    must_be_a_line(fd);
    fail(&err, ERR_UPSTREAM, "provider said: %s", text);
    log_err(&log, LOG_WARN, "fuzz", &err);
    must_be_a_line(fd);
    size_t before = strlen(text);
    log_redact(text);
    must(strlen(text) <= before && !has_own_key(text));
    free(text);
    return 0;
}
