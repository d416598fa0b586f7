/* SPDX-License-Identifier: MIT */
/* params: the CGI parameters of a request become its method, path, query, headers and cookies. The front server passes on what
 * a client sends under confusable names (X-Forwarded-For, X_Forwarded_For), so a name that comes twice ends the request, and
 * nothing that only a proxy may say is read from headers at all. The path is taken from REQUEST_URI alone and decoded here,
 * once. */
#include <ctype.h>
#include <string.h>

#include "base/id.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "web/catalogue.h"
#include "web/fcgi.h"
#include "web/router.h"
#include "web/urlencoded.h"

enum { PARAMS_MOST = 200, PARAMS_BYTES = 64 << 10, QUERY_VALUES = 64, CONTENT_TYPE_MOST = 200, REQUEST_ID_MOST = 63 };

struct head {
    struct link *link;
    struct param all[PARAMS_MOST];
    uint32_t hashes[PARAMS_MOST];
    size_t n, bytes;
};

static uint32_t hash(const char *p, size_t n)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (uint8_t)p[i]) * 16777619u;
    return h;
}

static bool name_plain(const char *name)
{
    while ((*name >= 'A' && *name <= 'Z') || (*name >= '0' && *name <= '9') || *name == '_')
        name++;
    return *name == '\0';
}

static bool add_param(struct head *head, const char *text)
{
    struct request *rq = &head->link->rq;
    size_t n = strlen(text), name_n = strcspn(text, "=");
    head->bytes += n;
    if (head->n == PARAMS_MOST || head->bytes > PARAMS_BYTES || text[name_n] != '=')
        return fail(&rq->err, ERR_INPUT, "the request's head has more than %d parameters or %d bytes", PARAMS_MOST, PARAMS_BYTES);
    char *copy = arena_copy(rq->arena, text, n);
    copy[name_n] = '\0';
    /* What another spelling of a name could hide: X-Forwarded-For, X_Forwarded_For. */
    if (!name_plain(copy))
        return fail_field(&rq->err, copy, "", "A–Z, 0–9, _");
    uint32_t h = hash(copy, name_n);
    for (size_t i = 0; i < head->n; i++)
        if (head->hashes[i] == h && strcmp(head->all[i].name, copy) == 0)
            return fail_field(&rq->err, copy, "", "1 ×");
    head->hashes[head->n] = h;
    head->all[head->n++] = (struct param){copy, copy + name_n + 1};
    return true;
}

static const char *get(const struct head *head, const char *name)
{
    const char *value = pairs_find(head->all, head->n, name);
    return value != NULL ? value : "";
}

/* Only a proxy may say these, and ours says them otherwise; the length and type of the body have parameters of their own. */
static bool is_ignored(const char *name)
{
    return strncmp(name, "HTTP_X_FORWARDED_", 17) == 0
        || (strncmp(name, "HTTP_CONTENT_", 13) == 0 && strcmp(name, "HTTP_CONTENT_ENCODING") != 0)
        || strcmp(name, "HTTP_FORWARDED") == 0
        || strcmp(name, "HTTP_PROXY") == 0 || strcmp(name, "HTTP_X_REAL_IP") == 0;
}

static void read_headers(struct head *head)
{
    struct request *rq = &head->link->rq;
    rq->headers = NEW_ARRAY(rq->arena, struct param, head->n);
    for (size_t i = 0; i < head->n; i++) {
        const char *name = head->all[i].name;
        if (strncmp(name, "HTTP_", 5) != 0 || is_ignored(name))
            continue;
        char *lower = arena_text(rq->arena, name + 5);
        for (char *p = lower; *p != '\0'; p++)
            *p = *p == '_' ? '-' : (char)tolower((unsigned char)*p);
        rq->headers[rq->headers_n++] = (struct param){lower, head->all[i].value};
    }
}

static bool is_request_id(const char *text)
{
    size_t n = strlen(text);
    if (n == 0 || n > REQUEST_ID_MOST)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && strchr("._:-", text[i]) == NULL)
            return false;
    return true;
}

static void read_request_id(struct request *rq)
{
    const char *given = request_header(rq, "x-request-id");
    if (given != NULL && is_request_id(given))
        memcpy(rq->request_id, given, strlen(given) + 1);
    else
        id_new(rq->request_id);
    rq->log.request_id = rq->request_id;
}

/* A host as it may stand in an address; anything else is as if none was sent. */
static const char *read_host(const struct request *rq)
{
    const char *host = request_header(rq, "host");
    if (host == NULL || strlen(host) > 255)
        return "";
    for (const char *p = host; *p != '\0'; p++)
        if (!isalnum((unsigned char)*p) && strchr(".-:[]_", *p) == NULL)
            return "";
    return host;
}

static const char *read_content_type(const struct head *head)
{
    const char *type = get(head, "CONTENT_TYPE");
    size_t n = strcspn(type, "; \t");
    char *lower = arena_copy(head->link->rq.arena, type, n < CONTENT_TYPE_MOST ? n : CONTENT_TYPE_MOST);
    for (char *p = lower; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return lower;
}

static bool read_length(struct head *head)
{
    const char *text = get(head, "CONTENT_LENGTH");
    int64_t n = 0;
    if (text[0] != '\0' && !parse_int(text, 0, INT64_MAX / 2, "Content-Length", &n, &head->link->rq.err))
        return false;
    head->link->body_declared = (size_t)n;
    head->link->body_unread = n > 0;
    return true;
}

static bool read_target(struct head *head)
{
    struct request *rq = &head->link->rq;
    const char *target = get(head, "REQUEST_URI");
    size_t n = strcspn(target, "?");
    if (!path_normalise(arena_copy(rq->arena, target, n), rq->arena, &rq->path, &rq->err))
        return false;
    rq->query = target[n] == '?' ? target + n + 1 : "";
    return pairs_read(bytes_of(rq->query), QUERY_VALUES, rq->arena, &rq->query_params, &rq->query_params_n, &rq->err);
}

static void read_rest(struct head *head)
{
    struct request *rq = &head->link->rq;
    read_headers(head);
    read_request_id(rq);
    const char *cookie = request_header(rq, "cookie"), *accept = request_header(rq, "accept-language");
    cookies_read(cookie != NULL ? cookie : "", rq);
    const struct language *language = language_accept(accept);
    rq->lang = language != NULL ? language : &languages[0];
    rq->https = strcmp(get(head, "HTTPS"), "on") == 0 || strcmp(get(head, "REQUEST_SCHEME"), "https") == 0;
    rq->remote_addr = get(head, "REMOTE_ADDR");
    rq->host = read_host(rq);
    rq->content_type = read_content_type(head);
    rq->method_called = method_of(get(head, "REQUEST_METHOD"));
    rq->method = rq->method_called;
}

void head_read(struct link *link, char **params)
{
    struct request *rq = &link->rq;
    struct head *head = NEW(rq->scratch, struct head);
    head->link = link;
    rq->face = FACE_PLAIN;                   /* until the route is known */
    rq->csrf = "";
    rq->theme = "auto";
    rq->query = "";
    rq->log.request_id = rq->request_id;
    struct err first = {.kind = ERR_NONE};
    for (char **p = params; *p != NULL; p++) {
        if (add_param(head, *p))
            continue;
        first = first.kind == ERR_NONE ? rq->err : first;
        if (head->n == PARAMS_MOST || head->bytes > PARAMS_BYTES)
            break;
    }
    read_rest(head);
    link->params_bad = !read_length(head) || !read_target(head) || first.kind != ERR_NONE;
    if (first.kind != ERR_NONE)
        rq->err = first;
}
