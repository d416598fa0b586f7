/* SPDX-License-Identifier: MIT */
#include "console/setup_page.h"

#include <string.h>

#include "console/doer.h"
#include "console/session_page.h"
#include "console/show.h"
#include "gate/account.h"
#include "gate/gate.h"
#include "gate/session.h"
#include "web/web.h"

enum { PASSWORD_MOST = 1024 };

struct language_choice {
    const char *tag, *name;
    bool selected;
};
static const struct field language_choice_fields[] = {
    FIELD_PAGE(struct language_choice, tag), FIELD_PAGE(struct language_choice, name), FIELD_PAGE(struct language_choice, selected), FIELD_END,
};

struct setup_view {
    const char *token, *name;
    bool refused;                        /* no token, or it is not (any more) the right one */
    struct list languages;
    const char *e_name, *e_password, *e_again;
};
const struct field setup_page_fields[] = {
    FIELD_PAGE(struct setup_view, token), FIELD_PAGE(struct setup_view, name), FIELD_PAGE(struct setup_view, refused),
    FIELD_LIST_PAGE(struct setup_view, languages, language_choice_fields, struct language_choice), FIELD_PAGE(struct setup_view, e_name),
    FIELD_PAGE(struct setup_view, e_password), FIELD_PAGE(struct setup_view, e_again), FIELD_END,
};

struct setup_sent {
    struct account_form account;
    const char *again;
};

/* Languages call themselves by their own names. */
static struct list language_choices(struct request *rq, const char *chosen)
{
    struct language_choice *choices = NEW_ARRAY(rq->arena, struct language_choice, languages_n);

    for (size_t i = 0; i < languages_n; i++)
        choices[i] = (struct language_choice){languages[i].tag, languages[i].name, strcmp(languages[i].tag, chosen) == 0};
    return (struct list){choices, languages_n};
}

/* False with ERR_NOT_FOUND once the first run is over. */
static bool is_open(struct request *rq)
{
    struct snapshot *snapshot = gate_snapshot(rq->gate);
    bool over = snapshot->has_admin;

    snapshot_drop(snapshot);
    return !over || fail(&rq->err, ERR_NOT_FOUND, "the first run is over: there is an administrator");
}

static bool render(struct request *rq, const struct setup_sent *sent, const struct form *form)
{
    struct setup_view view = {
        .token = request_query(rq, "token"), .name = sent->account.name ? sent->account.name : "",
        .languages = language_choices(rq, sent->account.language ? sent->account.language : rq->lang->tag),
    };

    view.refused = !view.token || !setup_allows(rq->gate, view.token);
    if (view.refused)
        rq->out.status = 403;
    if (!form)
        return page_render(rq, "setup", setup_page_fields, &view);
    view.e_name = form_message(form, "name");
    view.e_password = form_message(form, "password");
    view.e_again = form_message(form, "again");
    return page_again(rq, "setup", setup_page_fields, &view, form);
}

bool setup_page(struct request *rq)
{
    struct setup_sent sent = {0};

    return request_allow_query(rq, (const char *const[]){"token", NULL}) && is_open(rq) && render(rq, &sent, NULL);
}

static const char *const language_tags[] = {"en-US", "zh-CN", NULL};
static const struct form_field setup_sent_fields[] = {
    {.name = "language", .type = FORM_WORD, .offset = offsetof(struct setup_sent, account.language), .required = true, .words = language_tags},
    {.name = "name", .type = FORM_TEXT, .offset = offsetof(struct setup_sent, account.name), .required = true, .max = 80},
    {.name = "password", .type = FORM_SECRET, .offset = offsetof(struct setup_sent, account.password), .required = true, .max = PASSWORD_MOST},
    {.name = "again", .type = FORM_SECRET, .offset = offsetof(struct setup_sent, again), .required = true, .max = PASSWORD_MOST}, FORM_END,
};

static bool make_admin(struct request *rq, struct setup_sent *sent)
{
    struct change change = change_of(rq);
    const char *id;

    sent->account.role = "admin";
    return account_first(&change, &sent->account, &id, &rq->err);
}

bool setup_do(struct request *rq)
{
    struct setup_sent sent = {0};
    struct form form;
    const char *token = request_query(rq, "token");

    if (!request_allow_query(rq, (const char *const[]){"token", NULL}) || !is_open(rq))
        return false;
    if (!token || !setup_allows(rq->gate, token))
        return render(rq, &sent, NULL);
    if (!form_read(rq, setup_sent_fields, &sent, &form))
        return false;
    if (sent.account.password && sent.again && strcmp(sent.account.password, sent.again) != 0)
        form_problem(rq, &form, "again", "setup.again.differs", "", "");
    if (form.problems.n > 0)
        return render(rq, &sent, &form);
    if (!make_admin(rq, &sent))
        return form_takes_err(rq, &form) && render(rq, &sent, &form);
    setup_done(rq->gate);
    remember_choice(rq, "mg_lang", sent.account.language);
    if (!sign_in(rq, sent.account.name, sent.account.password))
        return response_redirect(rq, "/admin/login");
    return page_done(rq, "/admin/", "setup.flash.done", sent.account.name, 200, NULL, NULL);
}
