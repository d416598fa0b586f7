/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PROVIDER_SENT_H
#define CONSOLE_PROVIDER_SENT_H
/* provider_sent: what a form or JSON may say of a provider. */
#include "gate/provider_change.h"
#include "web/form.h"

struct request;

struct provider_sent {
    struct provider_form form;
    struct list options;                 /* struct form_pair: fields of the type's own */
    const char *back;                    /* of a test: where it goes back to */
};
extern const struct form_field provider_sent_fields[];
extern const struct form_field provider_tried_fields[];          /* a test needs no name yet */

/* After reading: the type's own fields are laid over those stored (form.options), what was not said gets what the type proposes. A type that does not
 * exist, and an own field that is not taken, are problems among the others. ${stored_type} NULL = a new provider. */
void provider_sent_settle(struct request *, struct provider_sent *, const char *stored_type, struct form *problems);

#endif
