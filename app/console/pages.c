#include "console/pages.h"
const struct page console_pages[] = {{NULL, NULL}};
