#ifndef CONSOLE_ERROR_PAGE_H
#define CONSOLE_ERROR_PAGE_H
struct request;
void error_page(struct request *);
#endif
