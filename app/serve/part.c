/* SPDX-License-Identifier: MIT */
#include "serve/part.h"

#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "serve/shape.h"

const char *const part_efforts[] = {"none", "minimal", "low", "medium", "high", "xhigh", "max", NULL};

struct chat_message *part_message(struct chat *chat, enum chat_role role, struct arena *a)
{
    struct chat_message *message = list_add(a, &chat->messages, sizeof(*message));

    message->role = role;
    return message;
}

void part_add(struct chat_message *message, const struct chat_part *part, struct arena *a)
{
    *(struct chat_part *)list_add(a, &message->parts, sizeof(*part)) = *part;
}

void part_text(struct chat_message *message, struct json text, struct arena *a)
{
    struct chat_part part = {.type = PART_TEXT};

    part.text = json_text(text, a, &part.text_n);
    part_add(message, &part, a);
}

void part_stop(struct chat *chat, struct json stop, struct arena *a)
{
    struct json_walk w = json_walk(stop);

    if (json_kind(stop) == JSON_STRING)
        *(const char **)list_add(a, &chat->stop, sizeof(const char *)) = json_string(stop, a);
    while (json_next(&w))
        *(const char **)list_add(a, &chat->stop, sizeof(const char *)) = json_string(w.value, a);
}

bool part_data_url(struct json value, struct chat_part *part, struct arena *a)
{
    size_t n = 0;
    const char *url = json_text(value, a, &n);
    const char *comma = url ? memchr(url, ',', n < 256 ? n : 256) : NULL;
    size_t head = comma ? (size_t)(comma - url) : 0;

    if (!url || strncmp(url, "data:", 5) != 0 || head < 12 || memcmp(comma - 7, ";base64", 7) != 0)
        return false;
    part->media_type = arena_copy(a, url + 5, head - 12);
    part->data = (struct bytes){(const uint8_t *)comma + 1, n - head - 1};
    return true;
}

bool part_image(struct json url, const char *field, struct chat_part *part, struct arena *a, struct err *err)
{
    part->type = PART_IMAGE;
    if (json_kind(url) != JSON_STRING)
        return fail_field(err, field, shape_excerpt(url, a), "string");
    if (!part_data_url(url, part, a))
        part->url = json_string(url, a);
    return part->url || part->media_type || fail_field(err, field, shape_excerpt(url, a), "string");
}

bool part_file(struct json file, const char *field, struct chat_part *part, struct arena *a, struct err *err)
{
    struct json id = part_given(file, "file_id"), data = part_given(file, "file_data"), url = part_given(file, "file_url");

    *part = (struct chat_part){.type = PART_FILE, .name = json_string(json_member(file, "filename"), a)};
    if (id.p)
        return part_refuse(err, arena_printf(a, "%s.file_id", field), id, "file_data", a);
    if (data.p && part_data_url(data, part, a))
        return true;
    if (!data.p)
        part->url = json_string(url, a);
    return part->url || part_refuse(err, arena_printf(a, "%s.file_data", field), data, "data:…;base64,…", a);
}

bool part_word(struct json value, const char *const words[], const char *field, const char **word_r, struct arena *a, struct err *err)
{
    const char *known = "";

    if (!value.p || json_kind(value) == JSON_NULL)
        return true;
    for (size_t i = 0; words[i]; i++) {
        if (json_equal(value, words[i])) {
            *word_r = words[i];
            return true;
        }
        known = arena_printf(a, "%s%s%s", known, i ? ", " : "", words[i]);
    }
    return fail_field(err, field, shape_excerpt(value, a), known);
}

bool part_refuse(struct err *err, const char *field, struct json value, const char *allowed, struct arena *a)
{
    return fail_field_as(err, "error.part_type", field, shape_excerpt(value, a), allowed);
}

struct json part_given(struct json object, const char *name)
{
    struct json value = json_member(object, name);

    return json_kind(value) == JSON_NULL ? (struct json){0} : value;
}
