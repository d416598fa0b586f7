/* SPDX-License-Identifier: MIT */
#include "console/session_page.h"

#include <string.h>

#include "console/doer.h"
#include "console/show.h"
#include "db/users.h"
#include "gate/account.h"
#include "gate/gate.h"
#include "gate/session.h"
#include "gate/snapshot.h"
#include "web/web.h"

enum { YEAR_S = 31536000, PASSWORD_MOST = 1024, PATH_MOST = 1000 };

struct login_view {
    const char *name, *next, *problem;   /* problem: why it did not work, one sentence for a wrong name and a wrong password */
    bool no_admin;                       /* nobody can sign in yet: the one-time link comes first */
};
const struct field login_page_fields[] = {
    FIELD_PAGE(struct login_view, name), FIELD_PAGE(struct login_view, next), FIELD_PAGE(struct login_view, problem),
    FIELD_PAGE(struct login_view, no_admin), FIELD_END,
};

static bool has_admin(struct request *rq)
{
    struct snapshot *snapshot = gate_snapshot(rq->gate);
    bool has = snapshot->has_admin;

    snapshot_drop(snapshot);
    return has;
}

bool login_page(struct request *rq)
{
    struct login_view view = {.name = "", .next = safe_path(request_query(rq, "next"), "/admin/"), .no_admin = !has_admin(rq)};

    if (!request_allow_query(rq, (const char *const[]){"next", NULL}))
        return false;
    if (request_may(rq, SIGNED_IN))
        return response_redirect(rq, view.next);
    return page_render(rq, "login", login_page_fields, &view);
}

/* Nobody keeps using the session this browser had, whoever planted or copied it. */
static void end_before(struct request *rq)
{
    const char *before = request_cookie(rq, "mg");
    struct err ending = {0};

    if (before && !session_end(rq->db, rq->arena, before, &ending))
        log_err(&rq->log, LOG_WARN, "earlier session not ended", &ending);
}

bool sign_in(struct request *rq, const char *name, const char *password)
{
    struct sign_in in = {
        .name = name, .password = password, .remote_addr = rq->remote_addr, .user_agent = request_header(rq, "user-agent"),
        .request_id = rq->request_id, .known = request_cookie(rq, "mg_known"),
    };
    struct snapshot *snapshot = gate_snapshot(rq->gate);
    int64_t hours = snapshot->settings.values.session_max_h;
    char *token = arena_alloc(rq->arena, SESSION_TOKEN);

    snapshot_drop(snapshot);
    if (!session_begin(rq->gate, rq->db, rq->arena, &in, token, &rq->err))
        return false;
    end_before(rq);
    response_cookie(rq, "mg", token, hours * 3600, true);
    response_cookie(rq, "mg_known", session_known(rq->gate, rq->arena, name), YEAR_S, true);
    return true;
}

struct login_sent {
    const char *name, *password, *next;
};
static const struct form_field login_sent_fields[] = {
    {.name = "name", .type = FORM_TEXT, .offset = offsetof(struct login_sent, name), .required = true, .max = 80},
    {.name = "password", .type = FORM_SECRET, .offset = offsetof(struct login_sent, password), .required = true, .max = PASSWORD_MOST},
    {.name = "next", .type = FORM_TEXT, .offset = offsetof(struct login_sent, next), .max = PATH_MOST}, FORM_END,
};

/* The page again, with the name kept. What is not about this sign-in (the database is away) is passed on. */
static bool refused(struct request *rq, const struct login_sent *sent)
{
    struct login_view view = {.name = sent->name, .next = safe_path(sent->next, "/admin/")};

    if (rq->err.kind != ERR_UNAUTHENTICATED && rq->err.kind != ERR_RATE)
        return false;
    view.problem = request_say(rq, &rq->err);
    rq->out.status = rq->err.kind == ERR_RATE ? 429 : 401;
    if (rq->err.retry_after_s > 0)
        response_header(rq, "Retry-After", arena_printf(rq->arena, "%d", rq->err.retry_after_s));
    return page_render(rq, "login", login_page_fields, &view);
}

/* What the profile says is put into the browser's own cookies too: the sign-in page and pages that ask nobody's name then agree with it. */
static void remember_profile(struct request *rq, const char *name)
{
    struct user_row user;
    struct err ignored = {0};
    bool found;

    if (!users_find_by_name(rq->db, rq->arena, name, &user, &found, &ignored) || !found)
        return;
    if (user.language && *user.language)
        remember_choice(rq, "mg_lang", user.language);
    if (user.theme && *user.theme)
        remember_choice(rq, "mg_theme", user.theme);
}

bool login_do(struct request *rq)
{
    struct login_sent sent = {0};
    struct login_view view = {0};
    struct form form;

    if (!form_read(rq, login_sent_fields, &sent, &form))
        return false;
    if (form.problems.n > 0) {
        view = (struct login_view){.name = sent.name, .next = safe_path(sent.next, "/admin/")};
        return page_again(rq, "login", login_page_fields, &view, &form);
    }
    if (!sign_in(rq, sent.name, sent.password))
        return refused(rq, &sent);
    remember_profile(rq, sent.name);
    return response_redirect(rq, safe_path(sent.next, "/admin/"));
}

bool logout_do(struct request *rq)
{
    const char *token = request_cookie(rq, "mg");

    if (!form_read_nothing(rq) || (token && !session_end(rq->db, rq->arena, token, &rq->err)))
        return false;
    response_cookie(rq, "mg", "", 0, true);
    return page_done(rq, "/admin/login", "login.flash.out", NULL, 200, NULL, NULL);
}

/* ---- language and theme ---- */

struct choice_sent {
    const char *value, *back;
};

void remember_choice(struct request *rq, const char *cookie, const char *value)
{
    response_cookie(rq, cookie, value, YEAR_S, false);
}

static bool to_profile(struct request *rq, const struct account_form *profile)
{
    if (!rq->who || !rq->who->user_id)
        return true;
    return account_profile(rq->db, rq->arena, rq->who->user_id, profile, &rq->err);
}

static bool read_choice(struct request *rq, const struct form_field fields[], struct choice_sent *sent)
{
    struct form form;

    return form_read(rq, fields, sent, &form) && (form.problems.n == 0 || form_fail(rq, &form));
}

bool language_do(struct request *rq)
{
    static const char *const tags[] = {"en-US", "zh-CN", NULL};
    static const struct form_field fields[] = {
        {.name = "lang", .type = FORM_WORD, .offset = offsetof(struct choice_sent, value), .required = true, .words = tags},
        {.name = "back", .type = FORM_TEXT, .offset = offsetof(struct choice_sent, back), .max = PATH_MOST}, FORM_END,
    };
    struct choice_sent sent = {0};

    if (!read_choice(rq, fields, &sent) || !to_profile(rq, &(struct account_form){.language = sent.value}))
        return false;
    remember_choice(rq, "mg_lang", sent.value);
    return response_redirect(rq, safe_path(sent.back, "/admin/"));
}

bool theme_do(struct request *rq)
{
    static const char *const themes[] = {"auto", "light", "dark", NULL};
    static const struct form_field fields[] = {
        {.name = "theme", .type = FORM_WORD, .offset = offsetof(struct choice_sent, value), .required = true, .words = themes},
        {.name = "back", .type = FORM_TEXT, .offset = offsetof(struct choice_sent, back), .max = PATH_MOST}, FORM_END,
    };
    struct choice_sent sent = {0};

    if (!read_choice(rq, fields, &sent) || !to_profile(rq, &(struct account_form){.theme = sent.value}))
        return false;
    remember_choice(rq, "mg_theme", sent.value);
    return response_redirect(rq, safe_path(sent.back, "/admin/"));
}
