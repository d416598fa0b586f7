/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PROVIDER_SENT_H
#define CONSOLE_PROVIDER_SENT_H
/* provider_sent: what a form or JSON may say of a provider. */
#include "gate/provider_change.h"
#include "web/form.h"

struct request;

struct provider_sent {
    struct provider_form form;
    const char *back;                    /* of a test: where it goes back to */
};
extern const struct form_field provider_sent_fields[];
extern const struct form_field provider_tried_fields[];          /* a test needs no name yet */

/* What was not said gets what the type proposes. */
void provider_sent_complete(struct provider_form *);
/* A type that does not exist is one problem among the others. */
void provider_sent_check(struct request *, const struct provider_form *, struct form *problems);

#endif
