#include "console/shell.h"
#include "web/request.h"
struct shell { const char *lang; };
const struct field shell_fields[] = {FIELD(struct shell, lang), FIELD_END};
const void *shell_of(struct request *rq) { struct shell *s = NEW(rq->arena, struct shell); s->lang = "en-US"; return s; }
