/* SPDX-License-Identifier: MIT */
/* form_fuzz: any body as a form and as JSON (the first byte says which). What is read is within the limits of its field. */
#include "web/form.h"

#include "web_bare.h"

struct values {
    const char *name, *note, *mode;
    int64_t limit;
    bool on;
    struct list models;
};

static const char *const modes[] = {"local", "cloud", NULL};
static const struct form_field fields[] = {
    {"name", FORM_TEXT, .offset = offsetof(struct values, name), .min = 2, .max = 10},
    {"note", FORM_TEXT, .offset = offsetof(struct values, note), .keep_space = true},
    {"mode", FORM_WORD, .offset = offsetof(struct values, mode), .words = modes},
    {"limit", FORM_INT, .offset = offsetof(struct values, limit), .min = 1, .max = 100},
    {"on", FORM_BOOL, .offset = offsetof(struct values, on)},
    {"models", FORM_LINES, .offset = offsetof(struct values, models)},
    FORM_END,
};

static void check(const struct values *v)
{
    must(v->name == NULL || (utf8_valid(bytes_of(v->name)) && utf8_count(v->name) >= 2 && utf8_count(v->name) <= 10));
    must(v->note == NULL || (utf8_valid(bytes_of(v->note)) && utf8_count(v->note) <= 200 && v->note[0] != '\0'));
    must(v->mode == NULL || v->mode == modes[0] || v->mode == modes[1]);
    must(v->limit >= 0 && v->limit <= 100);
    for (size_t i = 0; i < v->models.n; i++)
        must(utf8_count(((const char **)v->models.items)[i]) <= 200);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct request *rq = bare_request();
    struct values v = {0};
    struct form form = {0};
    if (n > 0) {
        rq->content_type = p[0] & 1 ? "application/json" : "application/x-www-form-urlencoded";
        rq->body = (struct bytes){p + 1, n - 1};
        must(form_read(rq, fields, &v, &form) == (rq->err.kind == ERR_NONE));
        check(&v);
    }
    link_drop(link_of(rq));
    return 0;
}
