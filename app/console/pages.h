#ifndef CONSOLE_PAGES_H
#define CONSOLE_PAGES_H
#include "web/template.h"
extern const struct page console_pages[];
#endif
