/* SPDX-License-Identifier: MIT */
/* log: crosses out what looks like a secret. It would rather take a harmless word too much than leave half a key.
 * The text is looked at without the characters that people do not see or that split a word (controls, everything
 * beyond ASCII), so that a secret is found whether or not something sits in the middle of it; what is found is then
 * marked in the text itself, byte by byte, and written anew once at the end. */
#include "base/log.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/log_private.h"

enum {                                  /* in a view: what stood there as %20, %3D, %3A; no value ends at these */
    CODED_SPACE = 1,
    CODED_EQUALS,
    CODED_COLON,
};

struct view {
    const char *text;
    char c[LOG_REDACT_MAX + 1];         /* the text as it is looked at, NUL-terminated */
    uint16_t at[LOG_REDACT_MAX + 1];    /* where each of its characters stands in the text */
    size_t n;
    char hide[LOG_REDACT_MAX];          /* for each byte of the text: cross it out */
};

static const char *const key_starts[] = {"mgs_", "sk-", "sk_live_", "sk_test_", "rk_live_", "ghp_", "gho_", "ghs_",
                                         "github_pat_", "glpat-", "xoxb-", "xoxp-", "hf_", "gsk_", "xai-", "nvapi-",
                                         "pplx-", "tgp_v1_", "AKIA", "AIza", "eyJ", NULL};

static bool is_word(char c)
{
    return (unsigned)((c | 0x20) - 'a') < 26 || (unsigned)(c - '0') < 10;      /* isalnum, but in no locale */
}

static bool is_name(char c)
{
    return is_word(c) || c == '_' || c == '-' || c == '.';
}

static bool is_code(char c)
{
    return c >= CODED_SPACE && c <= CODED_COLON;
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

static bool is_token(char c)
{
    return is_name(c) || is_code(c) || is_one_of(c, "~+/=%");
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

static char decoded(const char *p)
{
    return strncasecmp(p, "%20", 3) == 0   ? CODED_SPACE
           : strncasecmp(p, "%3d", 3) == 0 ? CODED_EQUALS
           : strncasecmp(p, "%3a", 3) == 0 ? CODED_COLON
                                           : '\0';
}

/* The length of what colours a terminal at ${p}, "\x1b[1;31m"; 0 if there is none. */
static size_t colour_length(const char *p)
{
    if (p[0] != '\x1b' || p[1] != '[')
        return 0;
    size_t n = 2 + strspn(p + 2, "0123456789;?");
    return (unsigned)((p[n] | 0x20) - 'a') < 26 ? n + 1 : 0;
}

static void view_fill(struct view *v, const char *text, size_t n, bool coloured)
{
    v->text = text;
    v->n = 0;
    for (size_t i = 0; i < n; i++) {
        char c = text[i], code = c == '%' ? decoded(text + i) : '\0';
        size_t colour = coloured ? colour_length(text + i) : 0;
        i += colour ? colour - 1 : 0;
        if (colour || (unsigned char)c < 0x20 || (unsigned char)c >= 0x7F)
            continue;
        v->at[v->n] = (uint16_t)i;
        v->c[v->n++] = code ? code : c;
        i += code ? 2 : 0;
    }
    v->at[v->n] = (uint16_t)n;
    v->c[v->n] = '\0';
}

/* With an escape character before it, [redacted] would look like the colouring of a terminal. */
static void hide(struct view *v, size_t first, size_t end)
{
    while (first < end && first > 0 && v->text[first - 1] == '\x1b')
        first--;
    if (first < end)
        memset(v->hide + first, 1, end - first);
}

/* Cross out the view's [from, to), a word of a known shape. */
static void hide_word(struct view *v, size_t from, size_t to)
{
    if (from < to)
        hide(v, v->at[from], v->at[to - 1] + 1U);
}

/* Cross out what stands between the view's characters ${from} - 1 and ${to}, the unseen included. */
static void hide_between(struct view *v, size_t from, size_t to)
{
    if (from == 0)
        hide(v, 0, v->at[to]);
    else
        hide(v, v->at[from - 1] + (is_code(v->c[from - 1]) ? 3U : 1U), v->at[to]);
}

/* Whether a word may begin at ${i}: nothing before, no letter before, or something unseen between. */
static bool word_starts(const struct view *v, size_t i)
{
    return i == 0 || !is_word(v->c[i - 1]) || v->at[i] - v->at[i - 1] > 1;
}

static bool starts(const struct view *v, size_t i, const char *word)
{
    return strncasecmp(v->c + i, word, strlen(word)) == 0;
}

static size_t token_end(const struct view *v, size_t i)
{
    while (is_token(v->c[i]))
        i++;
    return i;
}

static bool is_escaped(const struct view *v, size_t i, size_t depth)
{
    size_t n = 0;
    while (n < i && v->c[i - 1 - n] == '\\')
        n++;
    return depth == 0 ? n % 2 == 1 : n > depth;
}

/* What follows a quote that really closes a value: the end, a blank or more of the structure around. */
static bool closes(const char *after)
{
    after += strspn(after, "\\");
    return !*after || is_one_of(*after, " ,;:)}]>|&") || is_quote(*after);
}

/* A value in quotes, ${i} at the opening one; a quote inside that closes nothing or is escaped belongs to it. */
static size_t quoted_end(const struct view *v, size_t i)
{
    char quote = v->c[i];
    size_t depth = 0;
    while (depth < i && v->c[i - 1 - depth] == '\\')
        depth++;
    for (i++; v->c[i]; i++)
        if (v->c[i] == quote && !is_escaped(v, i, depth) && closes(v->c + i + 1))
            break;
    return i;
}

static bool next_parameter(const char *p)
{
    size_t n = 0;
    while (is_name(p[n]))
        n++;
    return n > 0 && (p[n] == '=' || p[n] == CODED_EQUALS);
}

/* A bare value ends at a blank, before the next parameter of a query, or at a quote that closes something around. */
static size_t bare_end(const struct view *v, size_t i)
{
    for (; v->c[i] && v->c[i] != ' '; i++)
        if ((v->c[i] == '&' && next_parameter(v->c + i + 1)) || (is_quote(v->c[i]) && closes(v->c + i + 1)))
            break;
    return i;
}

/* Cross out the value that begins at or after ${i}, where blanks and more separators may come first; ${rest}: bare, it
 * goes on to the end of the text. */
static void hide_value(struct view *v, size_t i, bool rest)
{
    while (is_one_of(v->c[i], " =:>\\") || is_code(v->c[i]))
        i++;
    if (is_quote(v->c[i]))
        hide_between(v, i + 1, quoted_end(v, i));
    else
        hide_between(v, i, rest ? v->n : bare_end(v, i));
}

static bool ends_with(const char *p, size_t n, const char *end)
{
    size_t m = strlen(end);
    return m <= n && strncasecmp(p + n - m, end, m) == 0;
}

/* A separator stands at ${i}: does the name before it say that a secret follows? A colon is ordinary writing, so
 * short names count before it only in quotes, as in JSON. */
static void look_at_name(struct view *v, size_t i)
{
    size_t end = i, start;
    while (end > 0 && (is_one_of(v->c[end - 1], " \\]") || is_quote(v->c[end - 1]) || v->c[end - 1] == CODED_SPACE))
        end--;
    bool colon = v->c[i] == ':' || v->c[i] == CODED_COLON, quoted = end < i && is_quote(v->c[i - 1]);
    for (start = end; start > 0 && is_name(v->c[start - 1]);)
        start--;
    enum log_name name = log_name_of((struct bytes){(const uint8_t *)v->c + start, end - start});
    if (colon && (ends_with(v->c, end, "api key") || ends_with(v->c, end, "key provided")))
        hide_value(v, i, false);
    else if (name >= LOG_NAME_SECRET || (name == LOG_NAME_SHORT && (!colon || quoted)))
        hide_value(v, i, name == LOG_NAME_LONG);
}

/* mgk_ and twelve characters are the public part of our keys and stay. */
static void look_at_own_key(struct view *v, size_t i)
{
    size_t id = i + 4, n = 0;
    while (n < 12 && is_word(v->c[id + n]))
        n++;
    size_t from = n == 12 && v->c[id + n] == '_' ? id + n + 1 : id;
    bool only_public = from == id && !is_token(v->c[id + n]);
    if (!only_public)
        hide_word(v, from, token_end(v, from));
}

static void look_at_start(struct view *v, size_t i)
{
    for (size_t k = 0; key_starts[k]; k++)
        if (v->c[i] == key_starts[k][0] && strncmp(v->c + i, key_starts[k], strlen(key_starts[k])) == 0)
            hide_word(v, i, token_end(v, i));
}

/* "Bearer x" always; "Basic" is also a word of English, so small letters alone do not count. */
static void look_at_scheme(struct view *v, size_t i)
{
    bool b = v->c[i] == 'B' || v->c[i] == 'b', bearer = b && starts(v, i, "bearer"), basic = b && starts(v, i, "basic");
    size_t after = i + (bearer ? 6 : 5), end;
    if ((!bearer && !basic) || (is_word(v->c[after]) && v->at[after] - v->at[after - 1] == 1))
        return;
    size_t from = after;
    while (is_one_of(v->c[from], " :=") || is_code(v->c[from]))
        from++;
    for (end = from; v->c[end] >= 'a' && v->c[end] <= 'z';)
        end++;
    if (bearer || (is_token(v->c[end]) && v->c[end] != '.') || end - from >= 20)
        hide_value(v, after, false);
}

/* Where the first ${c} in the view's [from, end) stands, or ${end}. */
static size_t first_of(const struct view *v, size_t from, size_t end, const char *set)
{
    while (from < end && !is_one_of(v->c[from], set))
        from++;
    return from;
}

static size_t last_of(const struct view *v, size_t from, size_t end, char c)
{
    for (size_t i = end; i > from; i--)
        if (v->c[i - 1] == c)
            return i - 1;
    return end;
}

/* A colon, digits and perhaps a mark of writing: a port. */
static bool is_port(const struct view *v, size_t colon, size_t path, size_t end)
{
    size_t i = colon + 1;
    while (i < path && isdigit((unsigned char)v->c[i]))
        i++;
    while (path == end && i < path && is_one_of(v->c[i], ".,;:)]}>|"))
        i++;
    return i == path;
}

/* "://user:password@". People leave / ? and @ in passwords as they are, and a text may be cut before the @: after a
 * colon, everything to the last @ goes, and without one everything unless it is a port. */
static void look_at_url(struct view *v, size_t i)
{
    size_t from = i + 3, end = bare_end(v, from), path = first_of(v, from, end, "/?#");
    size_t colon = v->c[from] == '[' ? path : first_of(v, from, path, ":");
    size_t at = last_of(v, from, colon < path ? end : path, '@');
    if (v->c[at] == '@' || (colon < path && !is_port(v, colon, path, end)))
        hide_between(v, from, at);
}

/* A long run of small and capital letters and digits is no word and no UUID. */
static size_t look_at_run(struct view *v, size_t i)
{
    size_t end = i;
    bool small = false, capital = false, digit = false;
    for (; is_word(v->c[end]); end++) {
        small = small || islower((unsigned char)v->c[end]);
        capital = capital || isupper((unsigned char)v->c[end]);
        digit = digit || isdigit((unsigned char)v->c[end]);
    }
    if (end - i >= 32 && small && capital && digit)
        hide_word(v, i, end);
    return end;
}

static void look(struct view *v)
{
    size_t run_end = 0;
    for (size_t i = 0; i < v->n; i++) {
        char c = v->c[i];
        if (c == '=' || c == ':' || c == CODED_EQUALS || c == CODED_COLON)
            look_at_name(v, i);
        if (c == ':' && starts(v, i, "://"))
            look_at_url(v, i);
        if (c == 'm' && starts(v, i, "mgk_"))
            look_at_own_key(v, i);
        if (c == '-' && starts(v, i, "-----BEGIN") && strstr(v->c + i, "PRIVATE KEY"))
            hide_between(v, i, v->n);
        if (is_word(c) && word_starts(v, i)) {
            look_at_start(v, i);
            look_at_scheme(v, i);
        }
        if (is_word(c) && i >= run_end)
            run_end = look_at_run(v, i);
    }
}

/* Each run of crossed-out bytes becomes [redacted], or *** where that would be longer. */
static void write_anew(const struct view *v, char *text, size_t n)
{
    static const char mark[] = "[redacted]";
    size_t to = 0;
    for (size_t i = 0; i < n;) {
        size_t run = 0;
        while (i + run < n && v->hide[i + run])
            run++;
        if (run == 0) {
            text[to++] = text[i++];
            continue;
        }
        size_t m = run >= sizeof(mark) - 1 ? sizeof(mark) - 1 : run < 3 ? run : 3;
        memcpy(text + to, run >= sizeof(mark) - 1 ? mark : "***", m);
        to += m;
        i += run;
    }
    text[to] = '\0';
}

/* Numbers, times, UUIDs and short words, which most values are, are in no need of a closer look. */
static bool is_harmless(const char *text, size_t n)
{
    if (n < 12)
        return strcspn(text, "=:_- ") == n;
    return strspn(text, "0123456789abcdef-") == n;
}

void log_redact(char *text)
{
    struct view v;
    size_t n = strnlen(text, LOG_REDACT_MAX);
    if (is_harmless(text, n))
        return;
    if (text[n])
        while (n > 0 && ((uint8_t)text[n] & 0xC0) == 0x80)
            n--;                        /* cut between characters */
    text[n] = '\0';
    memset(v.hide, 0, n);
    view_fill(&v, text, n, false);
    look(&v);
    if (strchr(text, '\x1b')) {
        view_fill(&v, text, n, true);
        look(&v);
    }
    if (memchr(v.hide, 1, n))
        write_anew(&v, text, n);
}
