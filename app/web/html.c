/* SPDX-License-Identifier: MIT */
#include "web/html.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "web/urlencoded.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static bool is_one_of(const char *name, const char *const words[])
{
    for (; *words != NULL; words++)
        if (strcasecmp(name, *words) == 0)
            return true;
    return false;
}

static void name_start(struct html *h, enum html_state state)
{
    h->state = state;
    h->name_n = 0;
    memset(h->name, 0, sizeof(h->name));
}

static void name_add(struct html *h, char c)
{
    if (h->name_n + 1 < sizeof(h->name))
        h->name[h->name_n++] = (char)tolower((unsigned char)c);
}

static void value_start(struct html *h, enum html_state state)
{
    h->state = state;
    h->value_n = 0;
    memset(h->value, 0, sizeof(h->value));
}

/* The attribute's name is complete. htmx also reads every hx-… as data-hx-…. */
static const char *attr_named(struct html *h)
{
    static const char *const urls[] = {
        "href", "src", "action", "formaction", "poster", "cite", "data", "ping", "manifest", "background", "xlink:href", "hx-get",
        "hx-post", "hx-put", "hx-patch", "hx-delete", "hx-push-url", "hx-replace-url", NULL};
    static const char *const literal[] = {"hx-vals", "hx-headers", "hx-trigger", "hx-ext", "hx-include", "hx-request", "srcset",
                                          NULL};
    static const char *const never[] = {"style", "srcdoc", "http-equiv", "hx-vars", NULL};
    if (strncmp(h->name, "data-hx-", 8) == 0)
        memmove(h->name, h->name + 5, sizeof(h->name) - 5);
    const char *name = h->name;
    if (strncmp(name, "on", 2) == 0 || strncmp(name, "hx-on", 5) == 0)
        return "event handler attributes are not allowed";
    if (is_one_of(name, never))
        return "this attribute is not allowed (style, srcdoc, http-equiv, hx-vars)";
    h->attr = is_one_of(name, literal) ? HTML_ATTR_LITERAL : is_one_of(name, urls) ? HTML_ATTR_URL : HTML_ATTR_PLAIN;
    return NULL;
}

/* What an address may begin with. hx-push-url also takes true and false. */
static const char *check_url_start(const struct html *h)
{
    bool push = strcmp(h->name, "hx-push-url") == 0 || strcmp(h->name, "hx-replace-url") == 0;
    if (h->value_n == 1 && strchr("/#?", h->value[0]) == NULL && !(push && (h->value[0] == 't' || h->value[0] == 'f')))
        return "an address must begin with a literal /, # or ?";
    if (h->value_n == 2 && h->value[0] == '/' && (h->value[1] == '/' || h->value[1] == '\\'))
        return "an address must not name another host";
    return NULL;
}

static const char *value_add(struct html *h, char c)
{
    if (h->value_n + 1 < sizeof(h->value))
        h->value[h->value_n] = (char)tolower((unsigned char)c);
    h->value_n++;
    if (h->value_n == 3 && strncmp(h->value, "js:", 3) == 0)
        return "js: values are not allowed";
    if (h->value_n == 11 && strncmp(h->value, "javascript:", 11) == 0)
        return "javascript: values are not allowed";
    if (strcmp(h->name, "hx-trigger") == 0 && c == '[')
        return "filters in hx-trigger are not allowed";
    return h->attr == HTML_ATTR_URL ? check_url_start(h) : NULL;
}

static const char *tag_named(struct html *h)
{
    static const char *const never[] = {"iframe", "frame", "object", "embed", "base", "applet", NULL};
    memcpy(h->tag, h->name, sizeof(h->tag));
    return is_one_of(h->tag, never) ? "this element is not allowed (iframe, frame, object, embed, base, applet)" : NULL;
}

static void tag_end(struct html *h)
{
    h->raw = strcmp(h->tag, "script") == 0 || strcmp(h->tag, "style") == 0;
    name_start(h, h->raw ? HTML_RAW : HTML_TEXT);
}

/* "</name>"; inside a script or style only its own end counts. */
static const char *feed_end_tag(struct html *h, char c)
{
    if (isalnum((unsigned char)c) || c == '-') {
        name_add(h, c);
        return NULL;
    }
    if (c != '>' || (h->raw && strcmp(h->name, h->tag) != 0))
        return "an end tag holds its name only, and a script or style ends with its own";
    h->raw = false;
    h->state = HTML_TEXT;
    return NULL;
}

static const char *feed_open(struct html *h, char c)
{
    if (h->raw && c != '/') {
        return "scripts and styles must be files of their own";
    } else if (c == '!') {
        h->dashes = 0;
        name_start(h, HTML_DECLARATION);
    } else if (c == '/') {
        name_start(h, HTML_END_TAG);
    } else if (isalpha((unsigned char)c)) {
        name_start(h, HTML_TAG_NAME);
        name_add(h, c);
    } else {
        return "write &lt; for a < that is no tag";
    }
    return NULL;
}

static const char *feed_tag_name(struct html *h, char c)
{
    if (isalnum((unsigned char)c) || c == '-') {
        name_add(h, c);
        return NULL;
    }
    const char *why = tag_named(h);
    if (c == '>')
        tag_end(h);
    else if (is_space(c) || c == '/')
        h->state = HTML_TAG;
    else
        return "a tag's name has a character that does not belong there";
    return why;
}

static const char *feed_tag(struct html *h, char c)
{
    if (c == '>')
        tag_end(h);
    else if (is_space(c) || c == '/')
        h->state = HTML_TAG;
    else if (h->state == HTML_TAG_AFTER)
        return "a space belongs between attributes";
    else if (!isalnum((unsigned char)c))
        return "an attribute's name has a character that does not belong there";
    else {
        name_start(h, HTML_ATTR_NAME);
        name_add(h, c);
    }
    return NULL;
}

static const char *feed_attr_name(struct html *h, char c)
{
    if (isalnum((unsigned char)c) || strchr("-_:.", c) != NULL) {
        name_add(h, c);
        return NULL;
    }
    const char *why = attr_named(h);
    if (c == '=')
        h->state = HTML_BEFORE_VALUE;
    else if (is_space(c))
        h->state = HTML_AFTER_NAME;
    else if (c == '>')
        tag_end(h);
    else if (c == '/')
        h->state = HTML_TAG;
    else
        return "an attribute's name has a character that does not belong there";
    return why;
}

static const char *feed_after_name(struct html *h, char c)
{
    if (c == '=')
        h->state = HTML_BEFORE_VALUE;
    else if (!is_space(c)) {
        h->state = HTML_TAG;
        return feed_tag(h, c);
    }
    return NULL;
}

static const char *feed_before_value(struct html *h, char c)
{
    if (c == '"')
        value_start(h, HTML_DOUBLE);
    else if (c == '\'')
        value_start(h, HTML_SINGLE);
    else if (c == '>')
        return "an attribute has no value after =";
    else if (!is_space(c)) {
        value_start(h, HTML_BARE);
        return value_add(h, c);
    }
    return NULL;
}

static const char *feed_value(struct html *h, char c)
{
    if (h->state == HTML_BARE) {
        if (c == '>')
            tag_end(h);
        else if (is_space(c))
            h->state = HTML_TAG;
        else
            return strchr("\"'=<`", c) != NULL ? "this value needs quotes" : value_add(h, c);
        return NULL;
    }
    if (c == (h->state == HTML_DOUBLE ? '"' : '\'')) {
        h->state = HTML_TAG_AFTER;
        return NULL;
    }
    return value_add(h, c);
}

/* "<!doctype html>" or "<!-- … -->". */
static const char *feed_declaration(struct html *h, char c)
{
    if (h->state == HTML_DECLARATION && c == '-' && h->name_n == 0 && ++h->dashes == 2) {
        h->state = HTML_COMMENT;
        h->dashes = 0;
    } else if (h->state == HTML_COMMENT) {
        if (c == '>' && h->dashes >= 2)
            h->state = HTML_TEXT;
        h->dashes = c == '-' ? h->dashes + 1 : 0;
    } else if (c == '>') {
        h->state = HTML_TEXT;
    } else {
        name_add(h, c);
    }
    return NULL;
}

/* Scripts and styles are files of their own: the content security policy refuses others. */
static const char *feed_raw(struct html *h, char c)
{
    if (c == '<')
        h->state = HTML_OPEN;
    else if (!is_space(c))
        return "scripts and styles must be files of their own";
    return NULL;
}

static const char *feed_byte(struct html *h, char c)
{
    switch (h->state) {
    case HTML_TEXT:
        h->state = c == '<' ? HTML_OPEN : HTML_TEXT;
        return NULL;
    case HTML_OPEN:
        return feed_open(h, c);
    case HTML_TAG_NAME:
        return feed_tag_name(h, c);
    case HTML_END_TAG:
        return feed_end_tag(h, c);
    case HTML_TAG:
    case HTML_TAG_AFTER:
        return feed_tag(h, c);
    case HTML_ATTR_NAME:
        return feed_attr_name(h, c);
    case HTML_AFTER_NAME:
        return feed_after_name(h, c);
    case HTML_BEFORE_VALUE:
        return feed_before_value(h, c);
    case HTML_DOUBLE:
    case HTML_SINGLE:
    case HTML_BARE:
        return feed_value(h, c);
    case HTML_COMMENT:
    case HTML_DECLARATION:
        return feed_declaration(h, c);
    case HTML_RAW:
        return feed_raw(h, c);
    }
    return "lost";
}

const char *html_feed(struct html *h, const char *p, size_t n)
{
    const char *why = NULL;
    for (size_t i = 0; i < n && why == NULL; i++)
        why = feed_byte(h, p[i]);
    return why;
}

enum html_place html_place(const struct html *h, bool literal_start, const char **why_r)
{
    if (h->state == HTML_TEXT)
        return HTML_IN_TEXT;
    if (h->state == HTML_RAW)
        *why_r = "a value cannot stand in a script or style";
    else if (h->state == HTML_COMMENT || h->state == HTML_DECLARATION)
        *why_r = "a value cannot stand in a comment or declaration";
    else if (h->state != HTML_DOUBLE)
        *why_r = "a value can only stand in text or in a double-quoted attribute";
    else if (h->attr == HTML_ATTR_LITERAL)
        *why_r = "a value cannot stand in this attribute";
    else if (h->attr == HTML_ATTR_URL && h->value_n == 0)
        *why_r = "an address must begin with a literal /, # or ?";
    else if (!literal_start && h->value_n == 0 && strncmp(h->name, "hx-", 3) == 0)
        *why_r = "an hx- attribute must begin with literal text";
    else
        return h->attr == HTML_ATTR_URL ? HTML_IN_URL : HTML_IN_ATTR;
    return HTML_NOWHERE;
}

void html_filled(struct html *h)
{
    if (h->state == HTML_DOUBLE)
        h->value_n += sizeof(h->value);      /* what follows is no beginning any more */
}

/* A tag or attribute whose name runs up to a section's tag ends there: {{#x}}checked{{/x}}, <input{{#x}} checked{{/x}}>. */
static const char *end_name(struct html *h)
{
    const char *why = h->state == HTML_ATTR_NAME ? attr_named(h) : h->state == HTML_TAG_NAME ? tag_named(h) : NULL;
    if (h->state == HTML_ATTR_NAME || h->state == HTML_TAG_NAME)
        h->state = HTML_TAG_AFTER;
    else if (h->state == HTML_AFTER_NAME)
        h->state = HTML_TAG;
    return why;
}

static bool is_between(const struct html *h)
{
    return h->state == HTML_TAG || h->state == HTML_TAG_AFTER;
}

const char *html_section(struct html *h)
{
    const char *why = end_name(h);
    if (why == NULL && h->state != HTML_TEXT && h->state != HTML_DOUBLE && !is_between(h))
        why = "a section can only begin in text, in a double-quoted attribute or between attributes";
    return why;
}

const char *html_section_end(struct html *h, const struct html *open)
{
    const char *why = end_name(h);
    bool same_place = h->state == open->state && (h->state != HTML_DOUBLE || strcmp(h->name, open->name) == 0);
    bool same = is_between(open) ? is_between(h) : same_place;
    if (why == NULL && !same)
        why = "a section must end where it began: in text, in the same attribute, or between attributes";
    enum html_state after = is_between(open) && h->state == HTML_TAG_AFTER ? HTML_TAG_AFTER : open->state;
    *h = *open;
    h->state = after;
    return why;
}

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&#34;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_escape(struct buf *buf, const void *bytes, size_t n)
{
    const char *p = bytes, *end = p + n, *plain = p;
    for (; p < end; p++) {
        const char *entity = entity_of(*p);
        if (entity == NULL)
            continue;
        buf_add(buf, plain, (size_t)(p - plain));
        buf_text(buf, entity);
        plain = p + 1;
    }
    buf_add(buf, plain, (size_t)(end - plain));
}

void html_escape_url(struct buf *buf, const void *bytes, size_t n)
{
    const char *p = bytes;
    if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
        buf_text(buf, "%EF%BF%BD");          /* browsers walk up at . and .., however they are written */
    else
        percent_write(buf, p, n);
}
