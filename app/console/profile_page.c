/* SPDX-License-Identifier: MIT */
#include "console/profile_page.h"

#include <string.h>

#include "console/doer.h"
#include "console/session_page.h"
#include "console/show.h"
#include "db/sessions.h"
#include "gate/account.h"
#include "gate/who.h"
#include "web/web.h"

struct session_view {
    const char *remote_addr, *user_agent, *began, *seen;
    bool current;
};
static const struct field session_view_fields[] = {
    FIELD_PAGE(struct session_view, remote_addr), FIELD_PAGE(struct session_view, user_agent), FIELD_PAGE(struct session_view, began),
    FIELD_PAGE(struct session_view, seen), FIELD_PAGE(struct session_view, current), FIELD_END,
};

struct profile_view {
    const char *name, *role_word, *e_time_zone;
    struct list languages, themes, zones, currencies, sessions;
};
const struct field profile_page_fields[] = {
    FIELD_PAGE(struct profile_view, name), FIELD_PAGE(struct profile_view, role_word), FIELD_PAGE(struct profile_view, e_time_zone),
    FIELD_LIST_PAGE(struct profile_view, languages, choice_fields, struct choice),
    FIELD_LIST_PAGE(struct profile_view, themes, choice_fields, struct choice), FIELD_LIST_PAGE(struct profile_view, zones, choice_fields, struct choice),
    FIELD_LIST_PAGE(struct profile_view, currencies, choice_fields, struct choice),
    FIELD_LIST_PAGE(struct profile_view, sessions, session_view_fields, struct session_view), FIELD_END,
};

static const char *const themes[] = {"auto", "light", "dark", NULL};
static const char *const language_tags[] = {"en-US", "zh-CN", NULL};

static const char *const currencies[] = {"USD", "CNY", NULL};

static struct list currency_choices(const struct show *s)
{
    struct choice *choices = NEW_ARRAY(s->arena, struct choice, 2);

    for (size_t i = 0; currencies[i]; i++)
        choices[i] = (struct choice){currencies[i], say(s, arena_printf(s->arena, "currency.%s", i ? "cny" : "usd")), strcmp(currencies[i], s->currency) == 0};
    return (struct list){choices, 2};
}

static struct list language_choices(const struct show *s)
{
    struct choice *choices = NEW_ARRAY(s->arena, struct choice, languages_n);

    for (size_t i = 0; i < languages_n; i++)
        choices[i] = (struct choice){languages[i].tag, languages[i].name, languages[i].i == s->lang->i};
    return (struct list){choices, languages_n};
}

static struct list theme_choices(const struct show *s)
{
    struct choice *choices = NEW_ARRAY(s->arena, struct choice, 3);

    for (size_t i = 0; themes[i]; i++)
        choices[i] = (struct choice){themes[i], say(s, arena_printf(s->arena, "theme.%s", themes[i])), strcmp(themes[i], s->rq->theme) == 0};
    return (struct list){choices, 3};
}

/* The usual zones, with the one in use first if it is another. */
static struct list zone_choices(const struct show *s, const char *chosen)
{
    struct list list = {NULL, 0};
    struct choice *choices;
    bool known = false;

    while (zone_names[list.n])
        known = strcmp(zone_names[list.n++], chosen) == 0 || known;
    choices = NEW_ARRAY(s->arena, struct choice, list.n + 1);
    list.items = choices;
    if (!known)
        *choices++ = (struct choice){chosen, chosen, true};
    for (size_t i = 0; zone_names[i]; i++) {
        struct zone zone;

        zone_load(zone_names[i], s->arena, &zone);
        choices[i] = (struct choice){zone_names[i], arena_printf(s->arena, "%s (%s)", zone_names[i], zone_label(zone_offset(&zone, s->now), s->arena)),
                                     strcmp(zone_names[i], chosen) == 0};
    }
    list.n += !known;
    return list;
}

static bool fill_sessions(const struct show *s, struct profile_view *view)
{
    struct request *rq = s->rq;
    struct list rows;
    const struct session_row *row;
    struct session_view *sessions;

    if (!sessions_list_user(rq->db, rq->arena, rq->who->user_id, &rows, &rq->err))
        return false;
    row = rows.items;
    sessions = NEW_ARRAY(rq->arena, struct session_view, rows.n);
    for (size_t i = 0; i < rows.n; i++)
        sessions[i] = (struct session_view){row[i].remote_addr, row[i].user_agent, show_moment(s, row[i].created_at), show_ago(s, row[i].seen_at), false};
    view->sessions = (struct list){sessions, rows.n};
    return true;
}

static bool render(struct request *rq, const struct form *form)
{
    struct show s = show_of(rq);
    struct profile_view view = {
        .name = rq->who->user_name, .role_word = say(&s, arena_printf(rq->arena, "role.%s", role_word(rq->who->role))),
        .languages = language_choices(&s), .themes = theme_choices(&s), .zones = zone_choices(&s, s.zone.name),
        .currencies = currency_choices(&s),
    };

    if (!fill_sessions(&s, &view))
        return false;
    if (!form)
        return page_render(rq, "profile", profile_page_fields, &view);
    view.e_time_zone = form_message(form, "time_zone");
    return page_again(rq, "profile", profile_page_fields, &view, form);
}

bool profile_page(struct request *rq)
{
    return request_allow_query(rq, (const char *const[]){NULL}) && render(rq, NULL);
}

static const struct form_field profile_sent_fields[] = {
    {.name = "language", .type = FORM_WORD, .offset = offsetof(struct account_form, language), .required = true, .words = language_tags},
    {.name = "theme", .type = FORM_WORD, .offset = offsetof(struct account_form, theme), .required = true, .words = themes},
    {.name = "time_zone", .type = FORM_TEXT, .offset = offsetof(struct account_form, time_zone), .required = true, .max = 48},
    {.name = "currency", .type = FORM_WORD, .offset = offsetof(struct account_form, currency), .words = currencies}, FORM_END,
};

bool profile_save(struct request *rq)
{
    struct account_form sent = {0};
    struct form form;
    struct zone zone;

    if (!form_read(rq, profile_sent_fields, &sent, &form))
        return false;
    if (sent.time_zone && !zone_load(sent.time_zone, rq->arena, &zone) && strcmp(sent.time_zone, "UTC") != 0)
        form_problem(rq, &form, "time_zone", "form.not_possible", sent.time_zone, "Asia/Shanghai, UTC, …");
    if (form.problems.n > 0)
        return render(rq, &form);
    if (!account_profile(rq->db, rq->arena, rq->who->user_id, &sent, &rq->err))
        return false;
    remember_choice(rq, "mg_lang", sent.language);
    remember_choice(rq, "mg_theme", sent.theme);
    return page_done(rq, "/admin/profile", "profile.flash.saved", NULL, 200, NULL, NULL);
}

const struct field nav_page_fields[] = {FIELD_END};

bool nav_page(struct request *rq)
{
    static const char nothing;

    return request_allow_query(rq, (const char *const[]){NULL}) && page_render(rq, "nav", nav_page_fields, &nothing);
}
