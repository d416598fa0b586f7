/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_KEYS_PAGE_H
#define CONSOLE_KEYS_PAGE_H
/* keys_page: the Moongate keys programs use. A developer sees and makes keys of their own, an operator those of all; nobody makes a key that may
 * do more than they may themselves. The whole key is in one answer only, the one to its making. */
#include "web/form.h"

struct api_key_row;
struct request;

extern const struct field keys_page_fields[], key_view_fields[], key_form_fields[], key_created_fields[], key_revoke_fields[];
extern const struct form_field key_sent_fields[];

bool keys_list_page(struct request *);               /* GET  /admin/keys               /api/v1/keys */
bool key_new_page(struct request *);                 /* GET  /admin/keys/new */
bool key_create_do(struct request *);                /* POST /admin/keys               /api/v1/keys: with the key */
bool key_detail(struct request *);                   /* GET  /api/v1/keys/:id */
bool key_revoke_page(struct request *);              /* GET  /admin/keys/:id/revoke */
bool key_revoke_do(struct request *);                /* POST /admin/keys/:id/revoke    DELETE /api/v1/keys/:id */

/* Whether the caller may know of this key: it is theirs, or they are an operator. */
bool key_seen(const struct request *, const struct api_key_row *);
/* A first request with ${key} to copy into a shell. */
const char *first_request(struct request *, const char *key);

#endif
