/* SPDX-License-Identifier: MIT */
#include "console/users_page.h"

#include <string.h>

#include "console/doer.h"
#include "console/show.h"
#include "db/users.h"
#include "gate/account.h"
#include "gate/who.h"
#include "web/web.h"

enum { PASSWORD_MOST = 1024 };

struct user_view {
    struct user_row row;
    const char *monogram, *role_word, *signed_in, *created;
    struct mark mark;
    bool self;
};
#define ROW(m) FIELD_AS(struct user_view, row.m, #m)
const struct field user_view_fields[] = {
    ROW(id), ROW(name), ROW(role), ROW(language), ROW(theme), ROW(time_zone), ROW(currency), ROW(disabled),
    FIELD_TIME_AS(struct user_view, row.signed_in_at, "signed_in_at"), FIELD_TIME_AS(struct user_view, row.created_at, "created_at"),
    FIELD_PAGE(struct user_view, monogram), FIELD_PAGE(struct user_view, role_word), FIELD_PAGE(struct user_view, signed_in),
    FIELD_PAGE(struct user_view, created), FIELD_STRUCT_PAGE(struct user_view, mark, mark_fields), FIELD_PAGE(struct user_view, self), FIELD_END,
};

struct users_page {
    struct list users;
};
const struct field users_page_fields[] = {FIELD_LIST(struct users_page, users, user_view_fields, struct user_view), FIELD_END};

static struct user_view view_of(const struct show *s, const struct user_row *row)
{
    const struct identity *who = s->rq->who;

    return (struct user_view){
        .row = *row, .monogram = show_monogram(s, row->name), .role_word = say(s, arena_printf(s->arena, "role.%s", row->role)),
        .signed_in = row->signed_in_at ? show_moment(s, row->signed_in_at) : say(s, "users.never"), .created = show_moment(s, row->created_at),
        .mark = row->disabled ? (struct mark){"s-off", "off", say(s, "users.state.disabled")} : (struct mark){"s-ok", "ok", say(s, "users.state.active")},
        .self = who && who->user_id && strcmp(who->user_id, row->id) == 0,
    };
}

bool users_list_page(struct request *rq)
{
    struct show s = show_of(rq);
    struct users_page page = {0};
    struct list rows;

    if (!request_allow_query(rq, (const char *const[]){NULL}) || !users_list(rq->db, rq->arena, &rows, &rq->err))
        return false;
    page.users = (struct list){NEW_ARRAY(rq->arena, struct user_view, rows.n), rows.n};
    for (size_t i = 0; i < rows.n; i++)
        ((struct user_view *)page.users.items)[i] = view_of(&s, &((const struct user_row *)rows.items)[i]);
    return page_render(rq, "users", users_page_fields, &page);
}

struct role_choice {
    const char *value, *label, *help;
    bool selected;
};
static const struct field role_choice_fields[] = {
    FIELD_PAGE(struct role_choice, value), FIELD_PAGE(struct role_choice, label), FIELD_PAGE(struct role_choice, help),
    FIELD_PAGE(struct role_choice, selected), FIELD_END,
};

struct user_form_page {
    const char *name;
    struct list roles;
    const char *e_name, *e_role, *e_password;
};
const struct field user_form_fields[] = {
    FIELD_PAGE(struct user_form_page, name), FIELD_LIST_PAGE(struct user_form_page, roles, role_choice_fields, struct role_choice),
    FIELD_PAGE(struct user_form_page, e_name), FIELD_PAGE(struct user_form_page, e_role), FIELD_PAGE(struct user_form_page, e_password), FIELD_END,
};

const struct form_field user_sent_fields[] = {
    {.name = "name", .type = FORM_TEXT, .offset = offsetof(struct account_form, name), .required = true, .max = 80},
    {.name = "role", .type = FORM_WORD, .offset = offsetof(struct account_form, role), .required = true, .words = role_words},
    {.name = "password", .type = FORM_SECRET, .offset = offsetof(struct account_form, password), .required = true, .max = PASSWORD_MOST},
    FORM_END,
};

static bool render_form(struct request *rq, const struct account_form *sent, const struct form *form)
{
    struct show s = show_of(rq);
    struct user_form_page page = {.name = sent->name, .roles = {NEW_ARRAY(rq->arena, struct role_choice, 8), 0}};

    for (size_t i = 0; role_words[i]; i++)
        ((struct role_choice *)page.roles.items)[page.roles.n++] = (struct role_choice){
            role_words[i], say(&s, arena_printf(rq->arena, "role.%s", role_words[i])), say(&s, arena_printf(rq->arena, "role.help.%s", role_words[i])),
            sent->role && strcmp(sent->role, role_words[i]) == 0,
        };
    if (!form)
        return page_render(rq, "user_new", user_form_fields, &page);
    page.e_name = form_message(form, "name");
    page.e_role = form_message(form, "role");
    page.e_password = form_message(form, "password");
    return page_again(rq, "user_new", user_form_fields, &page, form);
}

bool user_new_page(struct request *rq)
{
    struct account_form sent = {.role = "viewer"};

    return request_allow_query(rq, (const char *const[]){NULL}) && render_form(rq, &sent, NULL);
}

bool user_create_do(struct request *rq)
{
    struct account_form sent = {0};
    struct show s = show_of(rq);
    struct change change = change_of(rq);
    struct user_row row;
    struct user_view view;
    struct form form;
    const char *id;

    if (!form_read(rq, user_sent_fields, &sent, &form))
        return false;
    if (form.problems.n > 0)
        return render_form(rq, &sent, &form);
    if (!account_add(&change, &sent, &id, &rq->err))
        return form_takes_err(rq, &form) && render_form(rq, &sent, &form);
    if (!users_get(rq->db, rq->arena, id, &row, &rq->err))
        return false;
    view = view_of(&s, &row);
    return page_done(rq, "/admin/users", "users.flash.added", row.name, 201, user_view_fields, &view);
}
