/* SPDX-License-Identifier: MIT */
#include "console/shell.h"

#include <string.h>

#include "base/clock.h"
#include "console/console.h"
#include "console/show.h"
#include "gate/who.h"
#include "web/form.h"

static const struct field nav_item_fields[] = {
    FIELD_PAGE(struct nav_item, page), FIELD_PAGE(struct nav_item, icon), FIELD_PAGE(struct nav_item, label),
    FIELD_PAGE(struct nav_item, current), FIELD_END,
};
static const struct field nav_group_fields[] = {
    FIELD_PAGE(struct nav_group, title), FIELD_LIST_PAGE(struct nav_group, items, nav_item_fields, struct nav_item), FIELD_END,
};

static const struct field problem_fields[] = {
    FIELD_PAGE(struct shell_problem, field), FIELD_PAGE(struct shell_problem, label), FIELD_PAGE(struct shell_problem, message), FIELD_END,
};

const struct field shell_fields[] = {
    FIELD_PAGE(struct shell, lang), FIELD_PAGE(struct shell, other_lang), FIELD_PAGE(struct shell, other_name),
    FIELD_PAGE(struct shell, other_short),
    FIELD_PAGE(struct shell, theme), FIELD_PAGE(struct shell, theme_next), FIELD_PAGE(struct shell, theme_label),
    FIELD_PAGE(struct shell, csrf), FIELD_PAGE(struct shell, here), FIELD_PAGE(struct shell, user), FIELD_PAGE(struct shell, role),
    FIELD_PAGE(struct shell, signed_in), FIELD_PAGE(struct shell, is_operator), FIELD_PAGE(struct shell, is_admin),
    FIELD_PAGE(struct shell, is_developer), FIELD_LIST_PAGE(struct shell, nav, nav_group_fields, struct nav_group),
    FIELD_PAGE(struct shell, section), FIELD_PAGE(struct shell, section_page), FIELD_PAGE(struct shell, flash),
    FIELD_PAGE(struct shell, flash_bad), FIELD_PAGE(struct shell, has_problems),
    FIELD_LIST_PAGE(struct shell, problems, problem_fields, struct shell_problem),
    FIELD_PAGE(struct shell, request_id), FIELD_PAGE(struct shell, files), FIELD_PAGE(struct shell, htmx),
    FIELD_PAGE(struct shell, version), FIELD_PAGE(struct shell, demo), FIELD_PAGE(struct shell, zone), FIELD_END,
};

/* The navigation, with who may see what. A group without a title stands alone; a group begins where the title changes. */
static const struct {
    const char *group, *page, *icon, *label;
    enum may may;
} places[] = {
    {NULL,              "",          "grid",   "nav.overview",  VIEWER},
    {"nav.observe",     "runs",      "pulse",  "nav.runs",      VIEWER},
    {"nav.observe",     "audit",     "scroll", "nav.audit",     AUDITOR},
    {"nav.models",      "providers", "cloud",  "nav.providers", VIEWER},
    {"nav.models",      "prices",    "tag",    "nav.prices",    VIEWER},
    {"nav.govern",      "keys",      "key",    "nav.keys",      DEVELOPER},
    {"nav.govern",      "users",     "users",  "nav.users",     ADMIN},
    {"nav.system",      "settings",  "gear",   "nav.settings",  ADMIN},
};

/* The segment after /admin/ that a path is in; NULL if the path is no page of the console. */
static const char *page_of(const char *path, struct arena *a)
{
    if (!path || strncmp(path, "/admin", 6) != 0)
        return NULL;
    path += 6;
    path += *path == '/';
    return arena_copy(a, path, strcspn(path, "/"));
}

static void add_item(struct shell *shell, const struct show *s, size_t i, const char *page, bool new_group)
{
    struct nav_group *groups = shell->nav.items;
    struct nav_item item = {
        .page = places[i].page, .icon = places[i].icon, .label = say(s, places[i].label),
        .current = page && strcmp(page, places[i].page) == 0,
    };
    struct list *items;

    if (new_group)
        groups[shell->nav.n++] = (struct nav_group){places[i].group ? say(s, places[i].group) : NULL,
                                                    {NEW_ARRAY(s->arena, struct nav_item, COUNT(places)), 0}};
    items = &groups[shell->nav.n - 1].items;
    ((struct nav_item *)items->items)[items->n++] = item;
    if (item.current) {
        shell->section = item.label;
        shell->section_page = item.page;
    }
}

static void fill_nav(struct shell *shell, const struct show *s)
{
    const char *page = page_of(s->rq->path, s->arena), *group = "";

    shell->nav.items = NEW_ARRAY(s->arena, struct nav_group, COUNT(places));
    for (size_t i = 0; i < COUNT(places); i++) {
        const char *wanted = places[i].group ? places[i].group : places[i].label;

        if (!request_may(s->rq, places[i].may))
            continue;
        add_item(shell, s, i, page, strcmp(wanted, group) != 0);
        group = wanted;
    }
}

/* After a refused POST the page is shown at the address of the action; where its form stands is nearer to what the reader wants. */
static const char *here_of(const struct request *rq)
{
    const char *path = rq->path && strncmp(rq->path, "/admin", 6) == 0 ? rq->path : "/admin/";
    bool query = rq->query && *rq->query && rq->method == GET;

    if (rq->method != GET)
        return "/admin/";
    return query ? arena_printf(rq->arena, "%s?%s", path, rq->query) : path;
}

static void fill_theme(struct shell *shell, const struct show *s)
{
    static const char *const order[] = {"auto", "dark", "light"};
    static const char *const labels[] = {"shell.theme.auto", "shell.theme.dark", "shell.theme.light"};
    size_t i = 0;

    while (i < COUNT(order) && strcmp(order[i], s->rq->theme) != 0)
        i++;
    shell->theme = order[i % COUNT(order)];
    i = (i + 1) % COUNT(order);
    shell->theme_next = order[i];
    shell->theme_label = say(s, labels[i]);
}

/* Each problem with the name its field has on the page, where it has one. */
static void fill_problems(struct shell *shell, const struct show *s)
{
    const struct form_problem *found = s->rq->form ? s->rq->form->problems.items : NULL;
    size_t n = s->rq->form ? s->rq->form->problems.n : 0;
    struct shell_problem *problems = NEW_ARRAY(s->arena, struct shell_problem, n);

    for (size_t i = 0; i < n; i++) {
        const char *option = strncmp(found[i].field, "options.", 8) == 0 ? found[i].field + 8 : NULL;
        const char *key = arena_printf(s->arena, option ? "provider.option.%s" : "field.%s", option ? option : found[i].field);
        bool known = message_known(console()->catalogues, key);

        problems[i] = (struct shell_problem){found[i].field, known ? say(s, key) : found[i].field, found[i].message};
    }
    shell->problems = (struct list){problems, n};
    shell->has_problems = n > 0;
}

/* web gives the sentence only; the cookie's key says what kind of news it is. */
static bool flash_is_bad(const struct request *rq)
{
    const char *cookie = request_cookie(rq, "mg_flash");

    return cookie && strncmp(cookie, "flash.bad", 9) == 0;
}

const void *shell_of(struct request *rq)
{
    struct show s = show_of(rq);
    struct shell *shell = NEW(rq->arena, struct shell);
    const struct language *other = &languages[(rq->lang->i + 1) % languages_n];

    *shell = (struct shell){
        .lang = rq->lang->tag, .other_lang = other->tag, .other_name = other->name, .other_short = other->short_name, .csrf = rq->csrf, .here = here_of(rq),
        .flash = rq->flash, .flash_bad = flash_is_bad(rq), .request_id = rq->request_id, .files = console()->files,
        .htmx = console()->htmx, .version = console()->version, .demo = console()->demo,
        .is_operator = request_may(rq, OPERATOR), .is_admin = request_may(rq, ADMIN), .is_developer = request_may(rq, DEVELOPER),
        .zone = zone_label(zone_offset(&s.zone, s.now), rq->arena),
    };
    fill_problems(shell, &s);
    fill_theme(shell, &s);
    if (rq->who && rq->who->user_name) {
        shell->signed_in = true;
        shell->user = rq->who->user_name;
        shell->role = say(&s, arena_printf(rq->arena, "role.%s", role_word(rq->who->role)));
        fill_nav(shell, &s);
    }
    return shell;
}
