/* SPDX-License-Identifier: MIT */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H
/* route: one row per address; app/routes.c is the table. A console page and its JSON twin are one row and one handler. */
#include "base/base.h"

struct field;
struct form_field;
struct json_out;
struct request;

enum method { GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, METHOD_OTHER };

/* Who may call. The check is main's (web_options.identify); web only asks. */
enum may {
    ANYONE,          /* health, sign-in, static */
    SETUP,           /* only while no administrator exists, with the one-time token */
    KEY_HOLDER,      /* a Moongate key (or a signed-in developer): the doors programs use */
    VIEWER, DEVELOPER, OPERATOR, ADMIN,      /* a session or a key with at least this role */
    AUDITOR,         /* auditor or admin */
    SIGNED_IN,       /* any session: own profile, sign-out */
};

/* How errors and answers look on this address. */
enum face {
    FACE_HTML,       /* console page */
    FACE_API,        /* JSON of /api/v1 and /admin/config: {"error":{code,message,field,value,allowed,request_id}} */
    FACE_OPENAI,     /* {"error":{message,type,param,code}} */
    FACE_ANTHROPIC,  /* {"type":"error","error":{type,message},"request_id"}, and the header request-id */
    FACE_OLLAMA,     /* {"error":"…"} */
    FACE_PLAIN,      /* text: /livez, /metrics */
};

/* Which workers run it: those of runs never touch the database, those of pages may block. */
enum lane { LANE_RUNS, LANE_PAGES };

struct route {
    enum method method;
    const char *path;                        /* "/admin/providers/:id"; a :name matches one non-empty segment, a last :name* all that is left */
    enum may may;
    bool (*run)(struct request *);
    enum face face;
    enum lane lane;
    enum face (*face_of)(const struct request *);    /* where clients of several kinds share the address: which one calls; NULL = ${face} */
    const char *twin;                        /* the JSON address of the same handler (FACE_API, same may), or NULL */
    enum method twin_method;                 /* when it differs; GET = same as method (POST page → PUT/PATCH/DELETE twin) */
    const char *twin2;                       /* a second JSON address, "/admin/config/llm/:id", or NULL */
    enum method twin2_method;
    size_t body_max;                         /* bytes; 0 = no body allowed */
    /* For OpenAPI: */
    const char *help;                        /* catalogue key of a one-line description; NULL = not in it */
    const struct form_field *form;           /* what the body may hold (web/form.h), or */
    void (*schema)(struct json_out *);       /* writes the body's JSON Schema; NULL = no body */
    const struct field *view;                /* what is answered; NULL = see the description */
};

#endif
