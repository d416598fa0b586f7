/* SPDX-License-Identifier: MIT */
#ifndef WEB_FCGI_H
#define WEB_FCGI_H
/* fcgi: the way in. Connections are accepted here and handed to libfcgi for the reading of records only: its accept is not
 * used (a stalled peer would hold it), nor its answer streams (they block), nor its end (it lingers until the peer closes,
 * with select, which cannot take descriptors above 1023). A read that brings nothing for 5 s ends the request. */
#include "web/request_private.h"

struct fcgi_reader;

/* One per worker. */
struct fcgi_reader *fcgi_reader_new(void);
void fcgi_reader_free(struct fcgi_reader *);

/* Listen on a unix socket of mode 0660; a file a dead process left there is replaced. -1 and ERR_INPUT with the path. */
int fcgi_listen(const char *path, int backlog, struct err *);
/* The next connection; -1 when the socket was shut down. */
int fcgi_accept(int listening);

/* Read the head of a request into ${link} (fd, request_id, and the request by head_read). False if the peer does not speak
 * FastCGI: the connection is closed then. */
must_check bool fcgi_head(struct fcgi_reader *, int fd, struct link *);
/* Read the declared body into rq->body. ERR_INPUT if more or less comes, ERR_TIMEOUT after 60 s. */
must_check bool fcgi_body(struct fcgi_reader *, struct link *);
/* Done with reading; the connection stays. */
void fcgi_done(struct fcgi_reader *);
/* Throw away a body nobody read, so that the peer can take the answer before it sees the connection end; at most 250 ms. */
void fcgi_drain(int fd);

/* params.c: the request's head out of FastCGI's "name=value" list. What is wrong with it is in rq->err (link->params_bad) with
 * as much of the rest as could be read, so that the error can be answered in the right face and language. */
void head_read(struct link *, char **params);

#endif
