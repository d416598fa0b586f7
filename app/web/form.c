/* SPDX-License-Identifier: MIT */
#include "web/form.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/field.h"
#include "base/json.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "web/catalogue.h"
#include "web/request_private.h"
#include "web/urlencoded.h"
#include "web/web.h"

enum { VALUES_MAX = 256, LINES_MAX = 500, LENGTH_DEFAULT = 200, PROBLEMS_MAX = 64, FIELDS_MAX = 64, PAIRS_MAX = 64 };

const struct field form_problem_fields[] = {FIELD(struct form_problem, field), FIELD(struct form_problem, message), FIELD_END};

/* One value as it came: from a form always a text, from JSON anything. */
struct input {
    bool given, is_json;
    const char *text;                        /* a form's text, or a JSON string; NULL for other JSON */
    struct json json;
    struct list pairs;                       /* struct form_pair, of a form's FORM_PAIRS */
};

struct reading {
    struct request *rq;
    const struct form_field *fields;
    void *values;
    struct form *form;
};

static size_t field_index(const struct form_field fields[], const char *name)
{
    size_t i = 0;
    while (fields[i].name != NULL && strcmp(fields[i].name, name) != 0)
        i++;
    return i;
}

bool form_given(const struct form_field fields[], const struct form *form, const char *name)
{
    size_t i = field_index(fields, name);
    assert(fields[i].name != NULL && i < FIELDS_MAX);
    return form->given & (UINT64_C(1) << i);
}

void form_problem(struct request *rq, struct form *form, const char *field, const char *message_key, const char *value,
                  const char *allowed)
{
    struct form_problem *items = form->problems.items;
    if (items == NULL)
        form->problems.items = items = NEW_ARRAY(rq->arena, struct form_problem, PROBLEMS_MAX);
    if (form->problems.n == PROBLEMS_MAX)
        return;
    const struct message_arg args[] = {{.name = "field", .text = field}, {.name = "value", .text = value != NULL ? value : ""},
                                       {.name = "allowed", .text = allowed != NULL ? allowed : ""}, {NULL}};
    const char *text = message(link_of(rq)->options->catalogues, rq->lang, message_key, args, rq->arena);
    items[form->problems.n++] = (struct form_problem){field, text};
}

const char *form_message(const struct form *form, const char *field)
{
    const struct form_problem *items = form->problems.items;
    for (size_t i = 0; i < form->problems.n; i++)
        if (strcmp(items[i].field, field) == 0)
            return items[i].message;
    return NULL;
}

bool form_fail(struct request *rq, const struct form *form)
{
    const struct form_problem *items = form->problems.items;
    struct form *kept = NEW(rq->arena, struct form);    /* the handler's own is gone when the answer is written */
    *kept = *form;
    rq->form = kept;
    fail(&rq->err, ERR_INVALID, "%zu values are not valid, first %s", form->problems.n,
         form->problems.n > 0 ? items[0].field : "none");
    if (form->problems.n > 0)
        snprintf(rq->err.field, sizeof(rq->err.field), "%s", items[0].field);
    return false;
}

static void problem(struct reading *in, const struct form_field *field, const char *key, const char *value, const char *allowed)
{
    form_problem(in->rq, in->form, field->name, key, field->type == FORM_SECRET ? "" : value, allowed);
}

static void *member(const struct reading *in, const struct form_field *field)
{
    return (char *)in->values + field->offset;
}

static const char *range_text(struct reading *in, int64_t min, int64_t max)
{
    return arena_printf(in->rq->arena, "%" PRId64 "–%" PRId64, min, max);
}

static const char *words_text(struct reading *in, const char *const *words)
{
    struct buf out = buf_new(in->rq->arena, 4096);
    for (size_t i = 0; words[i] != NULL; i++)
        buf_printf(&out, "%s%s", i > 0 ? ", " : "", words[i]);
    buf_char(&out, '\0');
    return out.overflow ? "" : out.p;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *trim(struct reading *in, const char *text)
{
    while (is_blank(*text))
        text++;
    size_t n = strlen(text);
    while (n > 0 && is_blank(text[n - 1]))
        n--;
    return arena_copy(in->rq->arena, text, n);
}

/* Texts in more than one line keep \n and \t (\r\n of forms becomes \n); all other control characters are nobody's name. */
static bool has_control(const struct form_field *field, const char *text)
{
    for (; *text != '\0'; text++) {
        bool line = field->type == FORM_TEXT && field->keep_space && (*text == '\n' || *text == '\t');
        if (((unsigned char)*text < 0x20 && !line) || *text == 0x7f)
            return true;
    }
    return false;
}

static const char *unix_lines(struct reading *in, const char *text)
{
    char *out = arena_text(in->rq->arena, text), *to = out;
    for (const char *p = out; *p != '\0'; p++)
        if (*p != '\r' || p[1] != '\n')
            *to++ = *p;
    *to = '\0';
    return out;
}

/* A text's length, characters and the field's own check. */
static bool text_fits(struct reading *in, const struct form_field *field, const char *text)
{
    int64_t n = (int64_t)utf8_count(text), max = field->max > 0 ? field->max : LENGTH_DEFAULT;
    const char *allowed = "";
    if (n < field->min || n > max)
        problem(in, field, n < field->min ? "form.too_short" : "form.too_long", text, range_text(in, field->min, max));
    else if (has_control(field, text) || (field->check != NULL && !field->check(text, &allowed)))
        problem(in, field, "form.not_possible", text, allowed);
    else
        return true;
    return false;
}

static void read_text(struct reading *in, const struct form_field *field, const char *text)
{
    text = unix_lines(in, text);
    if (field->type == FORM_TEXT && !field->keep_space)
        text = trim(in, text);
    const char **to = member(in, field);
    if (text[0] != '\0' ? text_fits(in, field, text) : !field->required)
        *to = text[0] != '\0' ? text : NULL;
    else if (text[0] == '\0')
        problem(in, field, "form.required", "", "");
}

static void read_word(struct reading *in, const struct form_field *field, const char *text)
{
    const char **to = member(in, field);
    const char *allowed = "";
    if (text[0] == '\0' && !field->required) {
        *to = NULL;
        return;
    }
    for (size_t i = 0; field->words[i] != NULL; i++)
        if (strcmp(field->words[i], text) == 0) {
            *to = field->words[i];
            if (field->check != NULL && !field->check(text, &allowed))
                problem(in, field, "form.not_possible", text, allowed);
            return;
        }
    problem(in, field, text[0] == '\0' ? "form.required" : "form.not_possible", text, words_text(in, field->words));
}

static void read_int(struct reading *in, const struct form_field *field, const struct input *input)
{
    int64_t *to = member(in, field), n;
    struct err err;
    int64_t min = field->min, max = field->max != 0 || field->min != 0 ? field->max : INT64_MAX;
    const char *shown = input->is_json ? arena_copy(in->rq->arena, input->json.p, input->json.n < 40 ? input->json.n : 40)
                                       : trim(in, input->text);
    bool number = input->is_json ? json_int(input->json, INT64_MIN, INT64_MAX, &n)
                                 : parse_int(shown, INT64_MIN, INT64_MAX, field->name, &n, &err);
    if (!input->is_json && shown[0] == '\0' && !field->required)
        return;                              /* left empty: what was set before stays */
    if (!number)
        problem(in, field, shown[0] == '\0' ? "form.required" : "form.not_int", shown, range_text(in, min, max));
    else if (n < min || n > max)
        problem(in, field, "form.out_of_range", shown, range_text(in, min, max));
    else
        *to = n;
}

/* Millionths: a decimal number in forms, a whole one in JSON, as it is answered there. */
static void read_money(struct reading *in, const struct form_field *field, const struct input *input)
{
    struct err err;
    if (input->is_json) {
        read_int(in, field, input);
        return;
    }
    const char *shown = trim(in, input->text);
    if (shown[0] == '\0' && field->required)
        problem(in, field, "form.required", "", "");
    else if (shown[0] != '\0' && !parse_decimal(shown, 6, field->min, field->max, field->name, member(in, field), &err))
        problem(in, field, "form.not_possible", shown, arena_text(in->rq->arena, err.allowed));
}

static void read_bool(struct reading *in, const struct form_field *field, const struct input *input)
{
    bool *to = member(in, field);
    struct err err;
    enum json_kind kind = input->is_json ? json_kind(input->json) : JSON_NONE;
    if (kind == JSON_TRUE || kind == JSON_FALSE)
        *to = kind == JSON_TRUE;
    else if (input->is_json || !parse_bool(input->text, field->name, to, &err))
        problem(in, field, "form.not_bool", input->text != NULL ? input->text : "", "true, false");
}

static void add_line(struct reading *in, const struct form_field *field, const char *text, struct list *lines)
{
    const char *line = trim(in, text);
    if (line[0] != '\0' && lines->n < LINES_MAX && text_fits(in, field, line))
        ((const char **)lines->items)[lines->n++] = line;
    else if (line[0] != '\0' && lines->n == LINES_MAX)
        problem(in, field, "form.too_long", "", "≤ 500 ×");
}

static void read_lines(struct reading *in, const struct form_field *field, const struct input *input)
{
    struct list lines = {.items = NEW_ARRAY(in->rq->arena, const char *, LINES_MAX)};
    size_t before = in->form->problems.n;
    if (input->is_json) {
        bool fits = json_kind(input->json) == JSON_ARRAY;
        struct json_walk walk = json_walk(input->json);
        while (fits && in->form->problems.n == before && json_next(&walk)) {
            const char *text = json_string(walk.value, in->rq->arena);
            fits = text != NULL;
            if (fits)
                add_line(in, field, text, &lines);
        }
        if (!fits)
            problem(in, field, "form.not_list", "", "");
    } else {
        for (const char *p = input->text; *p != '\0' && in->form->problems.n == before; p += *p != '\0') {
            size_t n = strcspn(p, ",\n");
            add_line(in, field, arena_copy(in->rq->arena, p, n), &lines);
            p += n;
        }
    }
    if (in->form->problems.n == before && lines.n == 0 && field->required)
        problem(in, field, "form.required", "", "");
    else if (in->form->problems.n == before)
        *(struct list *)member(in, field) = lines;
}

static void add_pair(struct reading *in, const struct form_field *field, const char *name, const char *value)
{
    struct list *pairs = member(in, field);
    const char *full = arena_printf(in->rq->arena, "%s.%s", field->name, name);
    struct form_field one = *field;
    one.name = full;
    one.type = FORM_TEXT;
    value = trim(in, value);
    if (pairs->n == PAIRS_MAX)
        problem(in, field, "form.too_long", "", "≤ 64 ×");
    else if (value[0] == '\0' || text_fits(in, &one, value))
        ((struct form_pair *)pairs->items)[pairs->n++] = (struct form_pair){full + strlen(field->name) + 1, value};
}

/* A number is taken as it is written. */
static const char *pair_text(struct reading *in, struct json value)
{
    enum json_kind kind = json_kind(value);
    if (kind == JSON_NULL)
        return "";
    return kind == JSON_NUMBER ? arena_copy(in->rq->arena, value.p, value.n) : json_string(value, in->rq->arena);
}

static void read_pairs(struct reading *in, const struct form_field *field, const struct input *input)
{
    const struct form_pair *pair = input->pairs.items;
    struct json_walk walk = json_walk(input->json);
    *(struct list *)member(in, field) = (struct list){.items = NEW_ARRAY(in->rq->arena, struct form_pair, PAIRS_MAX)};
    for (size_t i = 0; i < input->pairs.n; i++)
        add_pair(in, field, pair[i].name, pair[i].value);
    if (!input->is_json)
        return;
    if (json_kind(input->json) != JSON_OBJECT)
        problem(in, field, "form.not_object", "", "");
    while (json_kind(input->json) == JSON_OBJECT && json_next(&walk)) {
        const char *name = json_string(walk.name, in->rq->arena), *text = pair_text(in, walk.value);
        if (text != NULL)
            add_pair(in, field, name, text);
        else
            form_problem(in->rq, in->form, arena_printf(in->rq->arena, "%s.%s", field->name, name), "form.not_text", "", "");
    }
}

/* JSON null empties what can be empty. */
static void read_null(struct reading *in, const struct form_field *field)
{
    bool text = field->type == FORM_TEXT || field->type == FORM_SECRET || field->type == FORM_WORD;
    if (field->type == FORM_MONEY && !field->required)
        return;
    if (field->required || !(text || field->type == FORM_LINES || field->type == FORM_PAIRS))
        problem(in, field, "form.required", "", "");
    else if (text)
        *(const char **)member(in, field) = NULL;
    else
        *(struct list *)member(in, field) = (struct list){NULL, 0};
}

static void read_value(struct reading *in, const struct form_field *field, const struct input *input)
{
    bool text = field->type == FORM_TEXT || field->type == FORM_SECRET || field->type == FORM_WORD;
    if (input->is_json && json_kind(input->json) == JSON_NULL)
        read_null(in, field);
    else if (text && input->text == NULL)
        problem(in, field, "form.not_text", "", field->type == FORM_WORD ? words_text(in, field->words) : "");
    else if (field->type == FORM_TEXT || field->type == FORM_SECRET)
        read_text(in, field, input->text);
    else if (field->type == FORM_WORD)
        read_word(in, field, input->text);
    else if (field->type == FORM_INT)
        read_int(in, field, input);
    else if (field->type == FORM_MONEY)
        read_money(in, field, input);
    else if (field->type == FORM_BOOL)
        read_bool(in, field, input);
    else if (field->type == FORM_PAIRS)
        read_pairs(in, field, input);
    else
        read_lines(in, field, input);
}

/* A field nobody sent: what the caller set before stays, if that is something. */
static void read_absent(struct reading *in, const struct form_field *field, bool is_json, size_t i)
{
    if (field->type == FORM_BOOL && !is_json) {
        *(bool *)member(in, field) = false;
        in->form->given |= UINT64_C(1) << i;
        return;
    }
    bool has = field->type == FORM_BOOL;
    if (field->type == FORM_INT || field->type == FORM_MONEY)
        has = *(int64_t *)member(in, field) != 0;
    else if (field->type == FORM_LINES || field->type == FORM_PAIRS)
        has = ((struct list *)member(in, field))->n > 0;
    else if (field->type != FORM_BOOL)
        has = *(const char **)member(in, field) != NULL;
    if (field->required && !has)
        problem(in, field, "form.required", "", field->type == FORM_WORD ? words_text(in, field->words) : "");
}

static bool unknown_field(struct reading *in, const char *name)
{
    struct buf known = buf_new(in->rq->arena, 4096);
    for (const struct form_field *field = in->fields; field->name != NULL; field++)
        buf_printf(&known, "%s%s", field == in->fields ? "" : ", ", field->name);
    buf_char(&known, '\0');
    fail_field(&in->rq->err, name, "", known.overflow ? "" : known.p);
    in->rq->err.kind = ERR_UNKNOWN_FIELD;
    return false;
}

static bool take_inputs(struct reading *in, const struct input inputs[], bool is_json)
{
    for (size_t i = 0; in->fields[i].name != NULL; i++) {
        const struct form_field *field = &in->fields[i];
        bool kept_secret = field->type == FORM_SECRET && inputs[i].text != NULL && inputs[i].text[0] == '\0';
        if (!inputs[i].given || kept_secret) {
            read_absent(in, field, is_json, i);
            continue;
        }
        in->form->given |= UINT64_C(1) << i;
        read_value(in, field, &inputs[i]);
    }
    return true;
}

/* "options.region" as a pair of the field "options". False if there is no such field. */
static bool take_pair(struct reading *in, const struct param *param, struct input inputs[])
{
    const char *dot = strchr(param->name, '.');
    size_t f = dot != NULL ? field_index(in->fields, arena_copy(in->rq->arena, param->name, (size_t)(dot - param->name))) : 0;
    if (dot == NULL || dot[1] == '\0' || in->fields[f].name == NULL || in->fields[f].type != FORM_PAIRS)
        return false;
    if (!inputs[f].given)
        inputs[f] = (struct input){.given = true, .pairs.items = NEW_ARRAY(in->rq->arena, struct form_pair, VALUES_MAX)};
    ((struct form_pair *)inputs[f].pairs.items)[inputs[f].pairs.n++] = (struct form_pair){dot + 1, param->value};
    return true;
}

static bool read_urlencoded(struct reading *in, struct input inputs[])
{
    static const char *const ours[] = {"csrf", "rev", "_method"};
    struct param *pairs;
    size_t n;
    if (!pairs_read(in->rq->body, VALUES_MAX, in->rq->arena, &pairs, &n, &in->rq->err))
        return false;
    for (size_t i = 0; i < n; i++) {
        size_t f = field_index(in->fields, pairs[i].name), o = 0;
        bool known = in->fields[f].name != NULL && in->fields[f].type != FORM_PAIRS;
        while (!known && o < COUNT(ours) && strcmp(ours[o], pairs[i].name) != 0)
            o++;
        if (known)
            inputs[f] = (struct input){.given = true, .text = pairs[i].value};
        else if (o == COUNT(ours) && !take_pair(in, &pairs[i], inputs))
            return unknown_field(in, pairs[i].name);
    }
    return take_inputs(in, inputs, false);
}

static bool read_json(struct reading *in, struct input inputs[])
{
    struct json object;
    if (!json_check(in->rq->body, NULL, &object, &in->rq->err))
        return false;
    if (json_kind(object) != JSON_OBJECT)
        return fail(&in->rq->err, ERR_INPUT, "the body is not a JSON object");
    struct json_walk walk = json_walk(object);
    while (json_next(&walk)) {
        const char *name = json_string(walk.name, in->rq->arena);
        size_t f = field_index(in->fields, name);
        if (in->fields[f].name == NULL)
            return unknown_field(in, name);
        inputs[f] = (struct input){.given = true, .is_json = true, .text = json_string(walk.value, in->rq->arena),
                                   .json = walk.value};
    }
    return take_inputs(in, inputs, true);
}

bool form_read(struct request *rq, const struct form_field fields[], void *values, struct form *form_r)
{
    *form_r = (struct form){0};
    size_t n = 0;
    while (fields[n].name != NULL)
        n++;
    assert(n <= FIELDS_MAX);
    struct reading in = {.rq = rq, .fields = fields, .values = values, .form = form_r};
    struct input *inputs = NEW_ARRAY(rq->arena, struct input, n);
    if (rq->body.n > 0 && strcmp(rq->content_type, "application/json") == 0)
        return read_json(&in, inputs);
    if (rq->body.n == 0 && request_is_api(rq))
        return take_inputs(&in, inputs, true);
    if (rq->body.n == 0 || strcmp(rq->content_type, "application/x-www-form-urlencoded") == 0)
        return read_urlencoded(&in, inputs);
    fail_field(&rq->err, "Content-Type", rq->content_type, "application/json, application/x-www-form-urlencoded");
    rq->err.kind = ERR_MEDIA_TYPE;
    return false;
}
