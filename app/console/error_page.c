#include "console/error_page.h"
#include "web/request.h"
void error_page(struct request *rq) { buf_text(&rq->out.body, rq->err.text); }
