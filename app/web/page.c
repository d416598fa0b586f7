/* SPDX-License-Identifier: MIT */
/* page: one resource, two faces. What a handler has to show becomes a page or JSON, by the address that was called. */
#include <string.h>

#include "web/catalogue.h"
#include "web/form.h"
#include "web/request_private.h"
#include "web/urlencoded.h"
#include "web/web.h"

enum { FLASH_KEY_MAX = 80, FLASH_ARG_MAX = 200, FLASH_S = 60 };

/* "key:argument", percent-encoded. It is shown only if the key is a message of ours, and the argument is escaped like any
 * value. */
static void flash_set(struct request *rq, const char *key, const char *arg)
{
    char shown[FLASH_ARG_MAX + 1] = "";
    size_t n = arg != NULL ? strlen(arg) : 0;
    if (n > FLASH_ARG_MAX)
        for (n = FLASH_ARG_MAX; n > 0 && ((unsigned char)arg[n] & 0xc0) == 0x80;)
            n--;                             /* cut between characters */
    if (n > 0)
        memcpy(shown, arg, n);
    response_cookie(rq, "mg_flash", arena_printf(rq->arena, "%s:%s", key, percent_encode(shown, rq->arena)), FLASH_S, false);
}

/* Take the message off the cookie, for this page only. */
static void flash_take(struct request *rq)
{
    const struct web_options *options = link_of(rq)->options;
    const char *cookie = request_cookie(rq, "mg_flash");
    if (cookie == NULL || cookie[0] == '\0')
        return;
    response_cookie(rq, "mg_flash", "", 0, false);
    size_t n = strcspn(cookie, ":");
    const char *arg = cookie[n] == ':' ? percent_decode(cookie + n + 1, strlen(cookie + n + 1), false, rq->arena) : "";
    const char *key = arena_copy(rq->arena, cookie, n);
    if (n > FLASH_KEY_MAX || arg == NULL || strlen(arg) > FLASH_ARG_MAX || !message_known(options->catalogues, key))
        return;
    rq->flash = message(options->catalogues, rq->lang, key, (struct message_arg[]){{.name = "name", .text = arg}, {NULL}},
                        rq->arena);
}

static bool render(struct request *rq, const char *page, const void *view)
{
    const struct web_options *options = link_of(rq)->options;
    flash_take(rq);
    const void *shell = options->shell != NULL ? options->shell(rq) : NULL;
    response_header(rq, "Content-Type", "text/html; charset=utf-8");
    buf_clear(&rq->out.body);
    template_write(options->templates, page, rq->lang, shell, view, &rq->out.body);
    if (rq->out.body.overflow)
        return fail(&rq->err, ERR_INTERNAL, "page %s is too large", page);
    return true;
}

bool page_render(struct request *rq, const char *page, const struct field *view_fields, const void *view)
{
    if (request_is_api(rq))
        return response_json(rq, rq->out.status != 0 ? rq->out.status : 200, view_fields, view);
    return render(rq, page, view);
}

/* htmx asks with HX-Request. A boosted form follows a 303 like a browser; a fragment's would land inside the fragment, so it
 * is told to go to the whole page. */
bool page_done(struct request *rq, const char *location, const char *flash_key, const char *flash_arg, int status,
               const struct field *fields,
               const void *row)
{
    if (request_is_api(rq))
        return response_json(rq, row == NULL && status == 200 ? 204 : status, fields, row);
    if (flash_key != NULL)
        flash_set(rq, flash_key, flash_arg);
    if (request_header(rq, "hx-request") != NULL && request_header(rq, "hx-boosted") == NULL) {
        rq->out.status = 200;
        response_header(rq, "HX-Redirect", location);
        return true;
    }
    return response_redirect(rq, location);
}

bool page_again(struct request *rq, const char *page, const struct field *view_fields, const void *view, const struct form *form)
{
    (void)view_fields;
    if (request_is_api(rq))
        return form_fail(rq, form);
    rq->form = form;
    rq->out.status = err_status(ERR_INVALID);
    return render(rq, page, view);
}
