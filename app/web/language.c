/* SPDX-License-Identifier: MIT */
/* language: the languages there are, and which one an Accept-Language header means (RFC 4647 section 3.4). */
#include <string.h>
#include <strings.h>

#include "web/catalogue.h"

const struct language languages[] = {
    {.tag = "en-US", .name = "English", .short_name = "EN", .i = 0},
    {.tag = "zh-CN", .name = "简体中文", .short_name = "中", .i = 1},
};
const size_t languages_n = COUNT(languages);

const struct language *language_find(const char *tag)
{
    for (size_t i = 0; tag != NULL && i < languages_n; i++)
        if (strcmp(languages[i].tag, tag) == 0)
            return &languages[i];
    return NULL;
}

/* Whether the language a range asks for is the one of ${tag}: the first subtag decides, since one file serves all of zh and
 * all of en. */
static bool range_fits(const char *range, size_t n, const char *tag)
{
    size_t primary = strcspn(tag, "-");
    size_t asked = 0;
    while (asked < n && range[asked] != '-')
        asked++;
    return asked == primary && strncasecmp(range, tag, primary) == 0;
}

/* ";q=0.8" in thousandths; 1000 without one, -1 if it is malformed. */
static int range_weight(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t' || *p == ';'))
        p++;
    if (p == end)
        return 1000;
    if (end - p < 3 || (*p != 'q' && *p != 'Q') || p[1] != '=' || (p[2] != '0' && p[2] != '1'))
        return -1;
    int weight = (p[2] - '0') * 1000, unit = 100;
    p += 3;
    if (p < end && *p == '.')
        for (p++; p < end && *p >= '0' && *p <= '9' && unit > 0; p++, unit /= 10)
            weight += (*p - '0') * unit;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p == end && weight <= 1000 ? weight : -1;
}

struct range {
    const char *p;
    size_t n;
    int weight;
};

enum { RANGES = 32 };

static size_t ranges_read(const char *header, struct range ranges[RANGES])
{
    size_t count = 0;
    while (*header != '\0' && count < RANGES) {
        size_t n = strcspn(header, ",");
        const char *p = header, *end = header + n;
        while (p < end && (*p == ' ' || *p == '\t'))
            p++;
        size_t word = 0;
        while (p + word < end && strchr("; \t", p[word]) == NULL)
            word++;
        struct range range = {p, word, range_weight(p + word, end)};
        if (word > 0 && range.weight >= 0)
            ranges[count++] = range;
        header = end + (*end == ',');
    }
    return count;
}

/* Whether a q=0 names exactly this tag or its whole language. */
static bool excluded(const struct range *ranges, size_t n, const char *tag)
{
    for (size_t i = 0; i < n; i++) {
        bool whole = memchr(ranges[i].p, '-', ranges[i].n) == NULL && range_fits(ranges[i].p, ranges[i].n, tag);
        bool exact = strlen(tag) == ranges[i].n && strncasecmp(ranges[i].p, tag, ranges[i].n) == 0;
        if (ranges[i].weight == 0 && (whole || exact))
            return true;
    }
    return false;
}

static const struct language *range_language(const struct range *range, const struct range *all, size_t n)
{
    for (size_t i = 0; i < languages_n; i++) {
        bool any = range->n == 1 && range->p[0] == '*';
        if ((any || range_fits(range->p, range->n, languages[i].tag)) && !excluded(all, n, languages[i].tag))
            return &languages[i];
    }
    return NULL;
}

const struct language *language_accept(const char *accept_language)
{
    if (accept_language == NULL)
        return NULL;
    struct range ranges[RANGES];
    size_t n = ranges_read(accept_language, ranges);
    const struct language *best = NULL;
    int best_weight = 0;
    for (size_t i = 0; i < n; i++) {
        const struct language *found = ranges[i].weight > best_weight ? range_language(&ranges[i], ranges, n) : NULL;
        if (found != NULL) {
            best = found;
            best_weight = ranges[i].weight;
        }
    }
    return best;
}
