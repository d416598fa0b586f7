/* SPDX-License-Identifier: MIT */
#include "script.h"

#include "behaviour.h"
#include "scan.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define LINES 256

struct line { struct slice model, behaviours; bool quoted; size_t at; };

struct script {
    pthread_mutex_t lock;
    atomic_size_t lines_n;              /* read without the lock: most servers have no script */
    struct line lines[LINES];
    struct text source;                 /* what the slices point into */
};

struct script *script_new(void)
{
    struct script *s = calloc(1, sizeof *s);
    if (s == NULL)
        abort();
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void script_free(struct script *s)
{
    text_free(&s->source);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

static bool behaviour_check(struct slice name, bool quoted, char *why, size_t why_size)
{
    struct behaviour b;
    if (quoted)
        return behaviour_read(name, &b, why, why_size);
    snprintf(why, why_size, "a behaviour is a string such as \"status=429\"");
    return false;
}

static bool line_check(const struct scan *s, char *why, size_t why_size)
{
    if (s->quoted || s->value.n == 0 || s->value.p[0] != '[')
        return behaviour_check(s->value, s->quoted, why, why_size);
    size_t n = 0;
    for (struct scan list = scan_open(s->value); scan_next(&list); n++)
        if (!behaviour_check(list.value, list.quoted, why, why_size))
            return false;
    if (n == 0)
        snprintf(why, why_size, "the list of '%.*s' is empty", (int)(s->key.n < 40 ? s->key.n : 40), s->key.p);
    return n > 0;
}

static bool script_check(struct slice json, char *why, size_t why_size)
{
    size_t lines = 0;
    const char *end = json.n > 0 ? scan_value(json.p, json.p + json.n) : NULL;
    if (end == NULL || memchr(json.p, '{', json.n) == NULL) {
        snprintf(why, why_size, "a script is a JSON object: {\"model\": [\"behaviour\", …]}");
        return false;
    }
    for (struct scan s = scan_open(json); scan_next(&s); lines++)
        if (!line_check(&s, why, why_size))
            return false;
    if (lines > LINES)
        snprintf(why, why_size, "a script has at most %d models", LINES);
    return lines <= LINES;
}

bool script_set(struct script *script, struct slice json, char *why, size_t why_size)
{
    if (!script_check(json, why, why_size))
        return false;
    pthread_mutex_lock(&script->lock);
    script->source.n = 0;
    text_slice(&script->source, json);
    size_t n = 0;
    for (struct scan s = scan_open(text_all(&script->source)); scan_next(&s);)
        script->lines[n++] = (struct line){.model = s.key, .behaviours = s.value, .quoted = s.quoted};
    atomic_store(&script->lines_n, n);
    pthread_mutex_unlock(&script->lock);
    return true;
}

static struct line *line_find(struct script *script, struct slice model)
{
    struct line *any = NULL;
    for (size_t i = 0; i < atomic_load(&script->lines_n); i++) {
        struct line *line = &script->lines[i];
        if (line->model.n == model.n && memcmp(line->model.p, model.p, model.n) == 0)
            return line;
        if (slice_is(line->model, "*"))
            any = line;
    }
    return any;
}

static struct slice line_take(struct line *line)
{
    if (line->quoted)
        return line->behaviours;
    struct scan list = scan_open(line->behaviours);
    for (size_t i = 0; scan_next(&list) && i < line->at; i++)
        ;
    struct slice behaviour = list.value;
    if (scan_next(&list))
        line->at++;
    return behaviour;
}

bool script_take(struct script *script, struct slice model, struct text *t)
{
    if (atomic_load_explicit(&script->lines_n, memory_order_relaxed) == 0 || model.n == 0)
        return false;
    pthread_mutex_lock(&script->lock);
    struct line *line = line_find(script, model);
    if (line != NULL)
        text_unjson(t, line_take(line));
    pthread_mutex_unlock(&script->lock);
    return line != NULL;
}

void script_write(struct script *script, struct text *t)
{
    pthread_mutex_lock(&script->lock);
    if (atomic_load(&script->lines_n) > 0)
        text_slice(t, text_all(&script->source));
    else
        text_put(t, "{}");
    pthread_mutex_unlock(&script->lock);
}

void script_names(struct script *script, void (*name)(struct text *, struct slice), struct text *t)
{
    pthread_mutex_lock(&script->lock);
    for (size_t i = 0; i < atomic_load(&script->lines_n); i++)
        if (!slice_is(script->lines[i].model, "*"))
            name(t, script->lines[i].model);
    pthread_mutex_unlock(&script->lock);
}
