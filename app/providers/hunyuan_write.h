/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_HUNYUAN_WRITE_H
#define PROVIDERS_HUNYUAN_WRITE_H
/* hunyuan_write: a chat as the body of Tencent's action ChatCompletions. */
#include "gate/provider.h"

/* ERR_INPUT naming what Hunyuan has no way to say. The body lives in ${arena}. */
must_check bool hunyuan_write(struct target *, const struct chat *, struct arena *, struct bytes *body_r, struct err *);

#endif
