/* SPDX-License-Identifier: MIT */
/* err: what errors.def says, and the three ways to fail. Texts are cut between characters and kept to one line,
 * because values in them come from outside. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

struct kind {
    int status;
    const char *name, *api_type, *message;
};

static const struct kind kinds[ERR_KINDS] = {
    [ERR_NONE] = {200, "ERR_NONE", "", "error.none"},
#define X(kind_name, http, type, key) [kind_name] = {http, #kind_name, type, key},
#include "base/errors.def"
#undef X
};

/* The lower-case names, written once before main: the preprocessor has no lower case. */
static char names[ERR_KINDS][32];

__attribute__((constructor)) static void write_names(void)
{
    for (size_t k = 0; k < ERR_KINDS; k++) {
        const char *name = kinds[k].name + sizeof("ERR_") - 1;
        for (size_t i = 0; name[i] && i < sizeof(names[k]) - 1; i++)
            names[k][i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    }
}

/* ${text} holds ${whole} bytes cut to fewer than ${room}: take away a character cut in the middle. Secrets go first:
 * with ? for a control in the middle, log would no longer know them. */
static void tidy(char *text, size_t whole, size_t room)
{
    log_redact(text);
    size_t n = strlen(text);
    if (whole >= room) {
        size_t start = n;
        while (start > 0 && ((uint8_t)text[start - 1] & 0xC0) == 0x80)
            start--;
        if (start > 0 && (uint8_t)text[start - 1] >= 0xC0) {
            uint8_t lead = (uint8_t)text[start - 1];
            size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
            if (n - (start - 1) < need)
                text[start - 1] = '\0';
        }
    }
    for (char *c = text; *c; c++)
        if ((uint8_t)*c < 0x20 || *c == 0x7F)
            *c = '?';
}

static void put(char *out, size_t room, const char *text)
{
    int n = snprintf(out, room, "%s", text ? text : "");
    tidy(out, n < 0 ? 0 : (size_t)n, room);
}

static void start(struct err *err, enum err_kind kind)
{
    err->kind = kind;
    err->text[0] = err->field[0] = err->value[0] = err->allowed[0] = err->detail[0] = '\0';
    err->message = NULL;
    err->retry_after_s = 0;
}

bool fail(struct err *err, enum err_kind kind, const char *format, ...)
{
    char text[sizeof(err->text)];       /* apart, since arguments may point into ${err} */
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    tidy(text, n < 0 ? 0 : (size_t)n, sizeof(text));
    start(err, kind);
    memcpy(err->text, text, sizeof(text));
    return false;
}

bool fail_field(struct err *err, const char *field, const char *value, const char *allowed)
{
    return fail_field_as(err, NULL, field, value, allowed);
}

bool fail_field_as(struct err *err, const char *message, const char *field, const char *value, const char *allowed)
{
    struct err made = {0};              /* apart, since arguments may point into ${err} */
    start(&made, ERR_INPUT);
    made.message = message;
    put(made.field, sizeof(made.field), field);
    put(made.value, sizeof(made.value), value);
    put(made.allowed, sizeof(made.allowed), allowed);
    const char *quote = *made.value ? "\"" : "";
    int n = snprintf(made.text, sizeof(made.text), "%s is %s%s%s%s%s", made.field, quote, *quote ? made.value : "wrong",
                     quote, *made.allowed ? ", allowed: " : "", made.allowed);
    tidy(made.text, n < 0 ? 0 : (size_t)n, sizeof(made.text));
    *err = made;
    return false;
}

static size_t known(enum err_kind kind)
{
    return (size_t)kind < ERR_KINDS ? (size_t)kind : ERR_INTERNAL;
}

int err_status(enum err_kind kind)
{
    return kinds[known(kind)].status;
}

const char *err_name(enum err_kind kind)
{
    return names[known(kind)];
}

const char *err_api_type(enum err_kind kind)
{
    return kinds[known(kind)].api_type;
}

const char *err_message(const struct err *err)
{
    return err->message ? err->message : kinds[known(err->kind)].message;
}
