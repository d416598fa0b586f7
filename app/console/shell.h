#ifndef CONSOLE_SHELL_H
#define CONSOLE_SHELL_H
#include "base/field.h"
struct request;
extern const struct field shell_fields[];
const void *shell_of(struct request *);
#endif
