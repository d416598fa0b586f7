/* SPDX-License-Identifier: MIT */
/* error: rq->err as an answer, in the shape the caller's programs expect and the language the caller reads. */
#include <inttypes.h>
#include <string.h>

#include "base/json_write.h"
#include "base/metrics.h"
#include "web/catalogue.h"
#include "web/form.h"
#include "web/request_private.h"
#include "web/urlencoded.h"
#include "web/web.h"

const char *request_say(struct request *rq, const struct err *err)
{
    return message_err(link_of(rq)->options->catalogues, rq->lang, err, rq->arena);
}

const char *request_message(struct request *rq, const char *key, const struct message_arg *args)
{
    return message(link_of(rq)->options->catalogues, rq->lang, key, args, rq->arena);
}

/* Name and value, if there is a value. */
static void put_known(struct json_out *json, const char *name, const char *value)
{
    if (value[0] != '\0')
        json_member_text(json, name, value);
}

static void put_api(struct request *rq, const struct err *err, const char *text, struct json_out *json)
{
    json_begin_object(json);
    json_name(json, "error");
    json_begin_object(json);
    json_member_text(json, "code", err_name(err->kind));
    json_member_text(json, "message", text);
    put_known(json, "field", err->field);
    put_known(json, "value", err->value);
    put_known(json, "allowed", err->allowed);
    if (rq->form != NULL && err->kind == ERR_INVALID) {
        json_name(json, "fields");
        json_put_list(json, form_problem_fields, sizeof(struct form_problem), rq->form->problems);
    }
    json_member_text(json, "request_id", rq->request_id);
    json_end_object(json);
    json_end_object(json);
}

static void put_openai(const struct err *err, const char *text, struct json_out *json)
{
    json_begin_object(json);
    json_name(json, "error");
    json_begin_object(json);
    json_member_text(json, "message", text);
    json_member_text(json, "type", err_api_type(err->kind));
    json_member_text(json, "param", err->field[0] != '\0' ? err->field : NULL);
    json_member_text(json, "code", err->code ? err->code : err_name(err->kind));
    json_end_object(json);
    json_end_object(json);
}

/* The types Anthropic documents for its statuses; what of ours is over soon is "overloaded". */
static const char *anthropic_type(enum err_kind kind)
{
    static const struct { int status; const char *type; } rows[] = {
        {401, "authentication_error"}, {403, "permission_error"}, {404, "not_found_error"}, {413, "request_too_large"},
        {429, "rate_limit_error"}, {499, "api_error"}, {504, "timeout_error"},
    };
    int status = err_status(kind);
    if (kind == ERR_BUSY || kind == ERR_UPSTREAM_DOWN)
        return "overloaded_error";
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].status == status)
            return rows[i].type;
    return status < 500 ? "invalid_request_error" : "api_error";
}

static void put_anthropic(struct request *rq, const struct err *err, const char *text, struct json_out *json)
{
    json_begin_object(json);
    json_member_text(json, "type", "error");
    json_name(json, "error");
    json_begin_object(json);
    json_member_text(json, "type", anthropic_type(err->kind));
    json_member_text(json, "message", text);
    json_end_object(json);
    json_member_text(json, "request_id", rq->request_id);
    json_end_object(json);
}

/* Clients look for the words "model 'x' not found" to offer what helps. */
static void put_ollama(struct request *rq, const struct err *err, const char *text, struct json_out *json)
{
    struct err worded = *err;
    worded.message = "error.ollama_model";
    json_begin_object(json);
    json_member_text(json, "error", err->kind == ERR_MODEL_NOT_FOUND ? request_say(rq, &worded) : text);
    json_end_object(json);
}

void request_put_error(struct request *rq, const struct err *err, struct json_out *json)
{
    const char *text = request_say(rq, err);
    switch (rq->face) {
    case FACE_HTML:
    case FACE_PLAIN:
    case FACE_API:
        put_api(rq, err, text, json);
        return;
    case FACE_OPENAI:
        put_openai(err, text, json);
        return;
    case FACE_ANTHROPIC:
        put_anthropic(rq, err, text, json);
        return;
    case FACE_OLLAMA:
        put_ollama(rq, err, text, json);
        return;
    }
}

/* Where to sign in, and back: only a page that was asked for with GET is worth coming back to. */
static void send_to_login(struct request *rq)
{
    const char *query = rq->query != NULL && rq->query[0] != '\0' ? rq->query : NULL;
    const char *path = arena_printf(rq->arena, "%s%s%s", rq->path, query != NULL ? "?" : "", query != NULL ? query : "");
    const char *next = rq->method == GET && rq->path != NULL ? percent_encode(path, rq->arena) : "%2Fadmin%2F";
    response_redirect(rq, arena_printf(rq->arena, "/admin/login?next=%s", next));
}

static void write_page(struct request *rq, const char *text)
{
    const struct web_options *options = link_of(rq)->options;
    response_header(rq, "Content-Type", "text/html; charset=utf-8");
    if (options->error_page != NULL && rq->face == FACE_HTML) {
        options->error_page(rq);
        return;
    }
    response_header(rq, "Content-Type", "text/plain; charset=utf-8");
    buf_text(&rq->out.body, text);
    buf_char(&rq->out.body, '\n');
}

static void write_body(struct request *rq)
{
    struct json_out json = json_out(&rq->out.body);
    if (!request_is_api(rq)) {
        write_page(rq, request_say(rq, &rq->err));
        return;
    }
    request_put_error(rq, &rq->err, &json);
    response_header(rq, "Content-Type", "application/json");
}

/* Statuses that OpenAI's and Anthropic's SDKs try again, for errors that only an operator can mend. */
static bool retry_is_pointless(const struct request *rq)
{
    bool sdk = rq->face == FACE_OPENAI || rq->face == FACE_ANTHROPIC;
    bool quota = rq->err.code != NULL && strcmp(rq->err.code, "insufficient_quota") == 0;
    return sdk && (quota || rq->err.kind == ERR_UPSTREAM_AUTH || rq->err.kind == ERR_UNSUPPORTED);
}

static void add_headers(struct request *rq)
{
    if (retry_is_pointless(rq))
        response_header(rq, "x-should-retry", "false");
    if (rq->err.retry_after_s > 0)
        response_header(rq, "Retry-After", arena_printf(rq->arena, "%d", rq->err.retry_after_s));
    if (rq->err.kind == ERR_UNAUTHENTICATED && rq->face != FACE_HTML)
        response_header(rq, "WWW-Authenticate", "Bearer");
}

int error_answer(struct request *rq)
{
    if (rq->err.kind == ERR_NONE)
        fail(&rq->err, ERR_INTERNAL, "a handler failed without saying why");
    int status = err_status(rq->err.kind);
    metric_add(METRIC_requests_bad_total, status == 400);
    metric_add(METRIC_auth_refused_total, status == 401);
    log_err(&rq->log, status >= 500 ? LOG_ERROR : LOG_INFO, "request refused", &rq->err);
    buf_clear(&rq->out.body);
    rq->out.status = status;
    add_headers(rq);
    if (rq->face == FACE_HTML && rq->err.kind == ERR_UNAUTHENTICATED) {
        send_to_login(rq);
        return rq->out.status;
    }
    write_body(rq);
    rq->out.status = status;
    return status;
}
