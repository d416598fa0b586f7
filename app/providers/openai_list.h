/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OPENAI_LIST_H
#define PROVIDERS_OPENAI_LIST_H
/* openai_list: which models an OpenAI-shaped service lists and what it says of them; and, where it has no list, whether it is alive. Nothing here
 * costs money. See struct dialect_rules for the contracts. */
#include "gate/provider.h"

void openai_prepare_models(const struct provider *, struct arena *, struct http_request *);
must_check bool openai_read_models(struct bytes body, struct arena *, struct list *models_r, struct err *);
bool openai_prepare_key(const struct provider *, struct arena *, struct http_request *);
bool openai_alive(const struct provider *, int status);

#endif
