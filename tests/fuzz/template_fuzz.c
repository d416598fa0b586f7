/* SPDX-License-Identifier: MIT */
/* template_fuzz: any template. If it is accepted, the most hostile value changes no tag and no quote of the page: it has as
 * many of each as with a harmless one. */
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "web/template.h"
#include "web_bare.h"

struct row { const char *name; };
struct view { const char *text; bool yes; int64_t n; struct list rows; };
static const struct field row_fields[] = {FIELD(struct row, name), FIELD_END};
static const struct field view_fields[] = {FIELD(struct view, text), FIELD(struct view, yes), FIELD(struct view, n),
                                           FIELD_LIST(struct view, rows, row_fields, struct row), FIELD_END};

static void write_file(const char *folder, const uint8_t *p, size_t n)
{
    char path[100];
    snprintf(path, sizeof(path), "%s/page.html", folder);
    FILE *file = fopen(path, "w");
    must(file != NULL && fwrite(p, 1, n, file) == n);
    fclose(file);
}

static void count(const struct templates *templates, struct arena *a, const char *value, size_t counts[3])
{
    struct row rows[2] = {{value}, {value}};
    struct view view = {.text = value, .yes = true, .n = 1, .rows = {rows, 2}};
    struct buf out = buf_new(a, 8 << 20);
    template_write(templates, "page", &languages[0], NULL, &view, &out);
    must(!out.overflow);
    for (size_t i = 0; i < out.n; i++) {
        counts[0] += out.p[i] == '<';
        counts[1] += out.p[i] == '>';
        counts[2] += out.p[i] == '"';
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    static char folder[] = "/tmp/moongate-fuzz-XXXXXX";
    static const struct page pages[] = {{"page", view_fields}, {NULL, NULL}};
    static bool made;
    if (!made)
        must(mkdtemp(folder) != NULL);
    made = true;
    if (n > 2000)
        return 0;
    struct request *rq = bare_request();
    struct templates *templates;
    struct err err = {0};
    write_file(folder, p, n);
    if (templates_load(folder, pages, NULL, bare_pool()->options->catalogues, &templates, &err)) {
        size_t harmless[3] = {0}, hostile[3] = {0};
        count(templates, rq->arena, "x", harmless);
        count(templates, rq->arena, "\"'><script>javascript:&//{{", hostile);
        must(memcmp(harmless, hostile, sizeof(harmless)) == 0);
        templates_free(templates);
    }
    link_drop(link_of(rq));
    return 0;
}
