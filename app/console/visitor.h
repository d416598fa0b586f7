/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_VISITOR_H
#define CONSOLE_VISITOR_H
/* visitor: who is calling: a program by its key, or a person by the session cookie; and in which language and theme to answer. */
#include "base/base.h"

struct request;

/* web_options.identify: fills rq->who, role, csrf, lang, theme. Keys are looked up in the snapshot; sessions need the database and are only looked at on the
 * addresses of pages. */
bool visitor_identify(struct request *);
/* Only the language and the theme, from profile (if it is known who is there), cookies and browser: also for a request to no address of ours. */
void visitor_prefer(struct request *);
/* web_options.body_max: the setting, for the doors of programs. */
size_t visitor_body_max(const struct request *);

#endif
