/* SPDX-License-Identifier: MIT */
#ifndef OPENAPI_H
#define OPENAPI_H
/* openapi: GET /api/v1/openapi.json, written from the route table, the forms and the FIELD rows: what the program does, not what somebody remembered. */
#include "base/base.h"

struct request;

bool openapi_page(struct request *);

#endif
