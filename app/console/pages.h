/* SPDX-License-Identifier: MIT */
#ifndef CONSOLE_PAGES_H
#define CONSOLE_PAGES_H
/* pages: every template of the console with the rows of the view it shows; for templates_load at the start. */
#include "web/template.h"

extern const struct page console_pages[];

#endif
