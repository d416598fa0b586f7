/* SPDX-License-Identifier: MIT */
/* template_compile: one page's text in one language becomes a flat array of steps; a section knows the step after its end.
 * Parts and messages are compiled in place, so filling a page needs no look-ups. All checks are here: names against the FIELD
 * rows in scope, messages against the catalogue, places against html.h. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "web/catalogue.h"
#include "web/file.h"
#include "web/html.h"
#include "web/pattern.h"
#include "web/template_private.h"

enum { LITERAL_MAX = 1 << 20, NAME_MAX_LENGTH = 80 };

struct scope {
    const struct field *fields;
    size_t level;
    const struct scope *up;
};

struct source {
    const char *name, *text, *p;
    const char *at;                      /* what is being looked at, for the line of an error */
    const struct source *up;             /* the file that includes this one */
};

struct compiler {
    const struct template_source *from;
    const struct language *language;
    struct steps steps;
    struct buf literal;                  /* text waiting to become a step */
    struct html html;
    struct err *err;
};

struct tag {
    char kind;                           /* # ^ / > _ ! or 0 for a value */
    const char *name, *start, *end;      /* the name, and where the tag stands in the source */
};

static bool compile_until(struct compiler *, struct source *, const struct scope *, const struct tag *open);

static size_t line_of(const struct source *source, const char *at)
{
    size_t line = 1;
    for (const char *p = source->text; p < at; p++)
        line += *p == '\n';
    return line;
}

static bool wrong(const struct compiler *c, const struct source *source, const char *what, const char *why)
{
    return fail(c->err, ERR_INPUT, "%s.html:%zu: %s: %s", source->name, line_of(source, source->at), what, why);
}

static size_t add_step(struct compiler *c, struct step step)
{
    struct steps *steps = &c->steps;
    if (steps->n == steps->room) {
        size_t room = steps->room == 0 ? 64 : 2 * steps->room;
        struct step *all = NEW_ARRAY(c->from->arena, struct step, room);
        if (steps->n > 0)
            memcpy(all, steps->all, steps->n * sizeof(*all));
        steps->all = all;
        steps->room = room;
    }
    steps->all[steps->n] = step;
    return steps->n++;
}

/* The text waiting becomes a step, so that the next step's number is where a jump may land. */
static void flush(struct compiler *c)
{
    if (c->literal.n == 0)
        return;
    add_step(c, (struct step){.kind = STEP_TEXT, .text = arena_copy(c->from->arena, c->literal.p, c->literal.n),
                              .n = c->literal.n});
    buf_clear(&c->literal);
}

static bool add_literal(struct compiler *c, struct source *source, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *why = html_feed(&c->html, p + i, 1);
        source->at = p + i;
        if (why != NULL)
            return wrong(c, source, "text", why);
    }
    buf_add(&c->literal, p, n);
    return !c->literal.overflow || wrong(c, source, "text", "is too long");
}

/* The field ${name}, from the innermost scope outwards; the parts after a dot are inside structs. */
static const char *find_name(const struct scope *scope, const char *name, struct bind *bind_r)
{
    char part[NAME_MAX_LENGTH + 1];
    size_t n = strcspn(name, ".");
    memcpy(part, name, n);
    part[n] = '\0';
    const struct field *field = NULL;
    for (; field == NULL && scope != NULL; scope = scope->up) {
        field = scope->fields != NULL ? field_find(scope->fields, part) : NULL;
        bind_r->level = scope->level;
    }
    if (field == NULL || field->face == FACE_JSON)
        return field == NULL ? "unknown name" : "is for JSON only";
    bind_r->field = *field;
    for (name += n; *name == '.'; name += n) {
        name++;
        n = strcspn(name, ".");
        memcpy(part, name, n);
        part[n] = '\0';
        const struct field *outer = &bind_r->field;
        const struct field *inner = outer->type == FIELD_STRUCT ? field_find(outer->item, part) : NULL;
        if (inner == NULL)
            return "unknown name after the dot";
        size_t offset = outer->offset + inner->offset;
        bind_r->field = *inner;
        bind_r->field.offset = offset;
    }
    return NULL;
}

static bool add_value(struct compiler *c, const struct source *source, const struct scope *scope, const char *name)
{
    struct step step = {.kind = STEP_VALUE};
    const char *why = find_name(scope, name, &step.bind);
    if (why == NULL && (step.bind.field.type == FIELD_LIST || step.bind.field.type == FIELD_STRUCT))
        why = "a list or struct cannot be written, only opened with #";
    enum html_place place = why == NULL ? html_place(&c->html, false, &why) : HTML_NOWHERE;
    if (place == HTML_NOWHERE)
        return wrong(c, source, name, why);
    step.kind = place == HTML_IN_URL ? STEP_URL : STEP_VALUE;
    html_filled(&c->html);
    flush(c);
    add_step(c, step);
    return true;
}

/* Fields fit the arguments of a message: plurals need numbers, and moments must have been formatted. */
static const char *bind_args(const struct scope *scope, const struct pattern *pattern, struct bind *args, const char **name_r)
{
    for (size_t i = 0; i < pattern->args_n; i++) {
        *name_r = pattern->args[i].name;
        const char *why = find_name(scope, pattern->args[i].name, &args[i]);
        if (why != NULL)
            return why;
        enum field_type type = args[i].field.type;
        if (type == FIELD_TIME || type == FIELD_STRUCT)
            return "a moment or struct cannot fill a message";
        if (pattern->args[i].use == PATTERN_PLURAL && type != FIELD_INT && type != FIELD_LIST)
            return "a plural needs a number or a list";
    }
    return NULL;
}

static bool add_message(struct compiler *c, struct source *source, const struct scope *scope, const char *key)
{
    struct step step = {.kind = STEP_MESSAGE, .pattern = catalogue_pattern(c->from->catalogues, c->language, key)};
    if (step.pattern == NULL)
        return wrong(c, source, key, "unknown message");
    const char *why = NULL, *name = key;
    bool literal_start = step.pattern->parts_n > 0 && step.pattern->parts[0].kind == PATTERN_TEXT;
    enum html_place place = html_place(&c->html, literal_start, &why);
    if (place == HTML_IN_URL)
        why = "a message cannot stand in an address";
    if (why != NULL)
        return wrong(c, source, key, why);
    if (step.pattern->args_n == 0) {
        pattern_write(step.pattern, c->language, NULL, html_escape, &c->literal);
        html_filled(&c->html);
        return true;
    }
    struct bind *args = NEW_ARRAY(c->from->arena, struct bind, step.pattern->args_n);
    why = bind_args(scope, step.pattern, args, &name);
    if (why != NULL)
        return wrong(c, source, arena_printf(c->from->arena, "%s {%s}", key, name), why);
    step.args = args;
    html_filled(&c->html);
    flush(c);
    add_step(c, step);
    return true;
}

static bool add_part(struct compiler *c, struct source *source, const struct scope *scope, const char *name)
{
    for (const struct source *s = source; s != NULL; s = s->up)
        if (strcmp(s->name, name) == 0)
            return wrong(c, source, name, "a part cannot be inside itself");
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-")] != '\0')
        return wrong(c, source, name, "a part's name is lower-case letters, digits, - and _");
    struct err why = {0};
    struct bytes text;
    if (!file_read(c->from->folder, name, ".html", c->from->arena, &text, &why))
        return wrong(c, source, name, why.text);
    struct source part = {.name = name, .text = (const char *)text.p, .p = (const char *)text.p, .up = source};
    return compile_until(c, &part, scope, NULL);
}

static bool add_section(struct compiler *c, struct source *source, const struct scope *scope, const struct tag *tag)
{
    struct step step = {.kind = tag->kind == '^' ? STEP_INVERTED : STEP_SECTION};
    const char *why = find_name(scope, tag->name, &step.bind);
    enum field_type type = step.bind.field.type;
    bool opens = why == NULL && step.kind == STEP_SECTION && (type == FIELD_LIST || type == FIELD_STRUCT);
    if (why == NULL && step.kind == STEP_INVERTED && type == FIELD_STRUCT)
        why = "a struct is always there";
    if (why == NULL && opens && scope->level + 1 == TEMPLATE_LEVELS)
        why = "sections are nested too deeply";
    if (why == NULL)
        why = html_section(&c->html);
    if (why != NULL)
        return wrong(c, source, tag->name, why);
    struct scope inner = {.fields = step.bind.field.item, .level = scope->level + 1, .up = scope};
    step.inner = inner.level;
    struct html open = c->html;
    flush(c);
    size_t at = add_step(c, step);
    if (!compile_until(c, source, opens ? &inner : scope, tag))
        return false;
    flush(c);
    c->steps.all[at].jump = c->steps.n;
    why = html_section_end(&c->html, &open);
    return why == NULL || wrong(c, source, tag->name, why);
}

static bool add_tag(struct compiler *c, struct source *source, const struct scope *scope, const struct tag *tag)
{
    switch (tag->kind) {
    case '#':
    case '^':
        return add_section(c, source, scope, tag);
    case '>':
        return add_part(c, source, scope, tag->name);
    case '_':
        return add_message(c, source, scope, tag->name);
    case '!':
        return true;
    default:
        return add_value(c, source, scope, tag->name);
    }
}

static bool is_blank(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p == end;
}

/* A section's or part's tag alone on its line leaves no line behind: the text around it is cut there. */
static void widen(const struct source *source, struct tag *tag)
{
    const char *line = tag->start;
    while (line > source->text && line[-1] != '\n')
        line--;
    const char *rest = tag->end + strcspn(tag->end, "\n");
    if (tag->kind == '\0' || tag->kind == '_' || !is_blank(line, tag->start) || !is_blank(tag->end, rest))
        return;
    tag->start = line;
    tag->end = rest + (*rest == '\n');
}

/* The tag at ${start}, "{{# name }}". */
static bool read_tag(struct compiler *c, const struct source *source, const char *start, struct tag *tag_r)
{
    const char *p = start + 2, *close = strstr(p, "}}");
    if (close == NULL)
        return wrong(c, source, "{{", "a tag is not closed with }}");
    *tag_r = (struct tag){.kind = strchr("#^/>_!", *p) != NULL ? *p : '\0', .start = start, .end = close + 2};
    p += tag_r->kind != '\0';
    while (p < close && *p == ' ')
        p++;
    while (close > p && close[-1] == ' ')
        close--;
    size_t n = (size_t)(close - p);
    tag_r->name = arena_copy(c->from->arena, p, n);
    if (tag_r->kind == '!')
        return true;
    if (n == 0 || n > NAME_MAX_LENGTH || strspn(tag_r->name, "abcdefghijklmnopqrstuvwxyz0123456789_.-") != n)
        return wrong(c, source, "{{", "a tag holds one name of lower-case letters, digits, dots, dashes and underscores");
    return true;
}

static bool check_close(struct compiler *c, const struct source *source, const struct tag *open, const struct tag *tag)
{
    if (open == NULL)
        return wrong(c, source, tag->name, "closes a section that is not open");
    if (strcmp(open->name, tag->name) != 0)
        return wrong(c, source, tag->name, arena_printf(c->from->arena, "the section open here is %s (line %zu)", open->name,
                                                        line_of(source, open->start)));
    return true;
}

static bool compile_end(struct compiler *c, struct source *source, const struct tag *open)
{
    const char *rest = source->p;
    source->at = source->p = rest + strlen(rest);
    if (open != NULL)
        return wrong(c, source, open->name, arena_printf(c->from->arena, "the section of line %zu is not closed",
                                                         line_of(source, open->start)));
    return add_literal(c, source, rest, strlen(rest));
}

/* Compile up to the closing tag of ${open}, or to the end of the file if that is NULL. */
static bool compile_until(struct compiler *c, struct source *source, const struct scope *scope, const struct tag *open)
{
    for (const char *start; (start = strstr(source->p, "{{")) != NULL;) {
        struct tag tag;
        source->at = start;
        if (!read_tag(c, source, start, &tag))
            return false;
        widen(source, &tag);
        if (tag.start > source->p && !add_literal(c, source, source->p, (size_t)(tag.start - source->p)))
            return false;
        source->at = start;
        source->p = tag.end;
        if (tag.kind == '/')
            return check_close(c, source, open, &tag);
        if (!add_tag(c, source, scope, &tag))
            return false;
    }
    return compile_end(c, source, open);
}

bool template_compile(const struct template_source *from, const char *name, const struct field *view,
                      const struct language *language,
                      struct steps *steps_r, struct err *err)
{
    struct compiler c = {.from = from, .language = language, .literal = buf_new(from->arena, LITERAL_MAX), .err = err};
    struct scope shell = {.fields = from->shell, .level = 0}, outer = {.fields = view, .level = 1, .up = &shell};
    struct bytes text;
    if (!file_read(from->folder, name, ".html", from->arena, &text, err))
        return false;
    struct source source = {.name = name, .text = (const char *)text.p, .p = (const char *)text.p};
    if (!compile_until(&c, &source, &outer, NULL))
        return false;
    if (c.html.state != HTML_TEXT)
        return wrong(&c, &source, "end of file", "a tag, comment, script or style is not closed");
    flush(&c);
    *steps_r = c.steps;
    return true;
}
