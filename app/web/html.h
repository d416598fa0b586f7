/* SPDX-License-Identifier: MIT */
#ifndef WEB_HTML_H
#define WEB_HTML_H
/* html: where in a page the next byte stands, so that a template can be refused when it loads instead of being dangerous when
 * it is filled. It reads the literal text of templates only, and is stricter than browsers: what it does not understand it
 * refuses. */
#include "base/base.h"

struct buf;

enum html_state {
    HTML_TEXT, HTML_OPEN, HTML_TAG_NAME, HTML_END_TAG,
    HTML_TAG,                            /* between attributes, after a space */
    HTML_TAG_AFTER,                      /* after a value: a space, / or > must come */
    HTML_ATTR_NAME, HTML_AFTER_NAME, HTML_BEFORE_VALUE, HTML_DOUBLE, HTML_SINGLE, HTML_BARE,
    HTML_COMMENT, HTML_DECLARATION, HTML_RAW,
};

enum html_place { HTML_IN_TEXT, HTML_IN_ATTR, HTML_IN_URL, HTML_NOWHERE };

enum html_attr { HTML_ATTR_PLAIN, HTML_ATTR_URL, HTML_ATTR_LITERAL };

struct html {
    enum html_state state;
    enum html_attr attr;                 /* of the attribute whose value this is */
    char name[24];                       /* of the tag or attribute being read, cut */
    size_t name_n;
    char tag[24];                        /* the tag the attributes belong to */
    char value[16];                      /* how the value begins */
    size_t value_n;
    size_t dashes;                       /* in a comment */
    bool raw;                            /* in a script or style */
};

/* Take literal text. NULL, or why it is refused (the byte is not consumed). */
const char *html_feed(struct html *, const char *p, size_t n);
/* Where a value put here would land; HTML_NOWHERE with the reason. ${literal_start}: it is a message that begins with text of
 * ours. */
enum html_place html_place(const struct html *, bool literal_start, const char **why_r);
/* A value was put here. */
void html_filled(struct html *);
/* A section may begin here; and may end here, having begun at ${open}: then ${html} is what follows it, whether it was shown
 * or not. */
const char *html_section(struct html *);
const char *html_section_end(struct html *html, const struct html *open);

/* & < > " ' as entities: right for text and double-quoted attributes. */
void html_escape(struct buf *, const void *p, size_t n);
/* All but unreserved characters as %XX: right for one piece of a path, query or fragment. */
void html_escape_url(struct buf *, const void *p, size_t n);

#endif
