/* SPDX-License-Identifier: MIT */
#include "web/pattern.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "web/catalogue.h"

enum { PARTS = 48, CASES = 24, DEPTH = 3, TEXT_MAX = 8192, NO_ARG = PATTERN_ARGS };

struct parser {
    const char *start, *p;
    const struct language *language;
    struct arena *arena;
    struct pattern *pattern;
    struct err *err;
    int depth;
};

static bool parse_parts(struct parser *, size_t plural_arg, const struct pattern_part **parts_r, size_t *parts_n_r);

static bool wrong(const struct parser *in, const char *why)
{
    return fail(in->err, ERR_INPUT, "%s at byte %zu", why, (size_t)(in->p - in->start) + 1);
}

static void skip_space(struct parser *in)
{
    while (*in->p == ' ' || *in->p == '\n')
        in->p++;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

/* A name or key word; NULL if there is none. */
static const char *parse_word(struct parser *in)
{
    const char *start = in->p;
    while (is_word(*in->p))
        in->p++;
    const char *word = in->p == start ? NULL : arena_copy(in->arena, start, (size_t)(in->p - start));
    skip_space(in);
    return word;
}

static bool add_arg(struct parser *in, const char *name, enum pattern_kind use, size_t *arg_r)
{
    struct pattern *pattern = in->pattern;
    for (size_t i = 0; i < pattern->args_n; i++)
        if (strcmp(pattern->args[i].name, name) == 0) {
            enum pattern_kind *had = &pattern->args[i].use;
            if (use != PATTERN_ARG && *had != PATTERN_ARG && *had != use)
                return wrong(in, "an argument is both plural and select");
            *had = use == PATTERN_ARG ? *had : use;
            *arg_r = i;
            return true;
        }
    if (pattern->args_n == PATTERN_ARGS)
        return wrong(in, "too many arguments");
    pattern->args[pattern->args_n] = (struct pattern_arg){name, use};
    *arg_r = pattern->args_n++;
    return true;
}

/* "=3" or a plural category of this language, or any word in a select. */
static bool parse_selector(struct parser *in, enum pattern_kind kind, struct pattern_case *case_r)
{
    if (kind == PATTERN_PLURAL && *in->p == '=') {
        in->p++;
        if (!isdigit((unsigned char)*in->p))
            return wrong(in, "a number belongs after =");
        for (int digits = 0; isdigit((unsigned char)*in->p) && digits < 9; digits++, in->p++)
            case_r->exact = case_r->exact * 10 + (*in->p - '0');
        skip_space(in);
        return true;
    }
    case_r->word = parse_word(in);
    if (case_r->word == NULL)
        return wrong(in, "a case needs a word");
    bool has_one = strncmp(in->language->tag, "zh", 2) != 0;
    if (kind == PATTERN_PLURAL && strcmp(case_r->word, "other") != 0 && !(has_one && strcmp(case_r->word, "one") == 0))
        return wrong(in, "this language has no such plural case");
    return true;
}

static bool same_case(const struct pattern_case *a, const struct pattern_case *b)
{
    if (a->word == NULL || b->word == NULL)
        return a->word == b->word && a->exact == b->exact;
    return strcmp(a->word, b->word) == 0;
}

static bool parse_case(struct parser *in, struct pattern_part *part, struct pattern_case *cases)
{
    struct pattern_case *new = &cases[part->cases_n];
    *new = (struct pattern_case){0};
    if (!parse_selector(in, part->kind, new))
        return false;
    for (size_t i = 0; i < part->cases_n; i++)
        if (same_case(&cases[i], new))
            return wrong(in, "a case is there twice");
    if (*in->p != '{')
        return wrong(in, "{ expected after a case");
    in->p++;
    if (!parse_parts(in, part->kind == PATTERN_PLURAL ? part->arg : NO_ARG, &new->parts, &new->parts_n))
        return false;
    if (*in->p != '}')
        return wrong(in, "a case is not closed");
    in->p++;
    skip_space(in);
    part->cases_n++;
    return true;
}

/* Cases up to the closing brace; "other" is there and moved last. */
static bool parse_cases(struct parser *in, struct pattern_part *part)
{
    struct pattern_case *cases = NEW_ARRAY(in->arena, struct pattern_case, CASES);
    part->cases = cases;
    while (*in->p != '}') {
        if (part->cases_n == CASES || *in->p == '\0')
            return wrong(in, *in->p == '\0' ? "an argument is not closed" : "too many cases");
        if (!parse_case(in, part, cases))
            return false;
    }
    for (size_t i = 0; i < part->cases_n; i++)
        if (cases[i].word != NULL && strcmp(cases[i].word, "other") == 0) {
            struct pattern_case other = cases[i];
            cases[i] = cases[part->cases_n - 1];
            cases[part->cases_n - 1] = other;
            return true;
        }
    return wrong(in, "the case other is missing");
}

/* After "{": name, and what kind of argument it is, up to and with "}". */
static bool parse_argument(struct parser *in, struct pattern_part *part)
{
    skip_space(in);
    const char *name = parse_word(in);
    if (name == NULL)
        return wrong(in, "an argument needs a name");
    const char *kind = "";
    if (*in->p == ',') {
        in->p++;
        skip_space(in);
        kind = parse_word(in);
    }
    part->kind = kind == NULL ? PATTERN_TEXT : *kind == '\0' || strcmp(kind, "number") == 0 ? PATTERN_ARG
               : strcmp(kind, "plural") == 0 ? PATTERN_PLURAL : strcmp(kind, "select") == 0 ? PATTERN_SELECT : PATTERN_TEXT;
    if (part->kind == PATTERN_TEXT)
        return wrong(in, "an argument is number, plural or select");
    if (!add_arg(in, name, part->kind, &part->arg))
        return false;
    if (part->kind != PATTERN_ARG) {
        if (*in->p != ',')
            return wrong(in, ", expected before the cases");
        in->p++;
        skip_space(in);
        if (!parse_cases(in, part))
            return false;
    }
    if (*in->p != '}')
        return wrong(in, "an argument is not closed");
    in->p++;
    return true;
}

/* Literal text up to a brace (or # in a plural), with apostrophes resolved. */
static bool parse_text(struct parser *in, bool in_plural, struct pattern_part *part)
{
    struct buf text = buf_new(in->arena, TEXT_MAX);
    bool quoted = false;
    for (; *in->p != '\0'; in->p++) {
        char c = *in->p, next = in->p[1];
        if (c == '\'' && next == '\'') {
            in->p++;
        } else if (c == '\'' && (quoted || next == '{' || next == '}' || (in_plural && next == '#'))) {
            quoted = !quoted;
            continue;
        } else if (!quoted && (c == '{' || c == '}' || (in_plural && c == '#'))) {
            break;
        } else if (c == '<' && (isalpha((unsigned char)next) || next == '/' || next == '!')) {
            return wrong(in, "HTML does not belong into messages");
        }
        buf_char(&text, c);
    }
    if (quoted)
        return wrong(in, "an apostrophe opens a quotation that does not end");
    part->kind = PATTERN_TEXT;
    return buf_done(&text, &part->text, in->err);
}

static bool parse_part(struct parser *in, size_t plural_arg, struct pattern_part *part)
{
    *part = (struct pattern_part){0};
    if (*in->p == '{') {
        in->p++;
        return parse_argument(in, part);
    }
    if (*in->p == '#' && plural_arg != NO_ARG) {
        in->p++;
        part->kind = PATTERN_COUNT;
        part->arg = plural_arg;
        return true;
    }
    return parse_text(in, plural_arg != NO_ARG, part);
}

static bool parse_parts(struct parser *in, size_t plural_arg, const struct pattern_part **parts_r, size_t *parts_n_r)
{
    struct pattern_part parts[PARTS];
    size_t n = 0;
    if (++in->depth > DEPTH)
        return wrong(in, "cases are nested too deeply");
    while (*in->p != '\0' && *in->p != '}') {
        if (n == PARTS)
            return wrong(in, "too many parts");
        if (!parse_part(in, plural_arg, &parts[n++]))
            return false;
    }
    in->depth--;
    struct pattern_part *kept = NEW_ARRAY(in->arena, struct pattern_part, n);
    if (n > 0)
        memcpy(kept, parts, n * sizeof(*kept));
    *parts_r = kept;
    *parts_n_r = n;
    return true;
}

bool pattern_parse(const char *text, const struct language *language, struct arena *arena, struct pattern *pattern_r,
                   struct err *err)
{
    *pattern_r = (struct pattern){0};
    struct parser in = {.start = text, .p = text, .language = language, .arena = arena, .pattern = pattern_r, .err = err};
    if (!parse_parts(&in, NO_ARG, &pattern_r->parts, &pattern_r->parts_n))
        return false;
    return *in.p == '\0' || wrong(&in, "} without {");
}

struct writer {
    const struct pattern_value *values;
    void (*emit)(struct buf *, const void *p, size_t n);
    struct buf *buf;
    const struct language *language;
};

static void write_number(const struct writer *out, int64_t n)
{
    char text[32];
    out->emit(out->buf, text, format_digits(n, text));
}

static void write_value(const struct writer *out, const struct pattern_value *value)
{
    if (value->is_number)
        write_number(out, value->number);
    else if (value->text != NULL)
        out->emit(out->buf, value->text, strlen(value->text));
}

static bool plural_fits(const struct writer *out, const struct pattern_case *c, int64_t n)
{
    if (c->word == NULL)
        return c->exact == n;
    return strcmp(c->word, "other") == 0 || (n == 1 && strcmp(c->word, "one") == 0 && strncmp(out->language->tag, "zh", 2) != 0);
}

static bool select_fits(const struct pattern_case *c, const char *text)
{
    return strcmp(c->word, text[0] == '\0' ? "empty" : text) == 0 || strcmp(c->word, "other") == 0;
}

/* The case that applies: =N before the categories, as ICU has it; the last one, other, always does. */
static const struct pattern_case *find_case(const struct writer *out, const struct pattern_part *part)
{
    const struct pattern_value *value = &out->values[part->arg];
    const struct pattern_case *end = part->cases + part->cases_n, *c;
    for (c = part->cases; part->kind == PATTERN_PLURAL && c < end; c++)
        if (c->word == NULL && c->exact == value->number)
            return c;
    char digits[32];
    const char *text = value->text != NULL ? value->text : "";
    if (part->kind == PATTERN_SELECT && value->is_number) {
        digits[format_digits(value->number, digits)] = '\0';
        text = digits;
    }
    for (c = part->cases; c < end - 1; c++)
        if (part->kind == PATTERN_PLURAL ? plural_fits(out, c, value->number) : select_fits(c, text))
            break;
    return c;
}

static void write_parts(const struct writer *out, const struct pattern_part *part, size_t n)
{
    for (const struct pattern_part *end = part + n; part < end; part++)
        switch (part->kind) {
        case PATTERN_TEXT:
            out->emit(out->buf, part->text, strlen(part->text));
            break;
        case PATTERN_ARG:
            write_value(out, &out->values[part->arg]);
            break;
        case PATTERN_COUNT:
            write_number(out, out->values[part->arg].number);
            break;
        case PATTERN_PLURAL:
        case PATTERN_SELECT: {
            const struct pattern_case *fits = find_case(out, part);
            write_parts(out, fits->parts, fits->parts_n);
        }
        }
}

void pattern_write(const struct pattern *pattern, const struct language *language, const struct pattern_value *values,
                   void (*emit)(struct buf *, const void *p, size_t n), struct buf *buf)
{
    write_parts(&(struct writer){values, emit, buf, language}, pattern->parts, pattern->parts_n);
}
