/* SPDX-License-Identifier: MIT */
#include "serve/responses_answer.h"

#include <string.h>

#include "base/arena.h"
#include "serve/responses_tools.h"
#include "serve/responses_write.h"

enum { ITEMS_MAX = 10000 };

struct responses_answer *responses_answer_new(const char *run, const char *model, int64_t created, struct json asked, size_t room, struct arena *a)
{
    struct responses_answer *answer = NEW(a, struct responses_answer);

    *answer = (struct responses_answer){.arena = a, .id = arena_printf(a, "resp_%s", run), .run = run, .model = model, .created = created,
                                        .asked = asked, .room = room, .open = -1};
    return answer;
}

static struct responses_item *item_at(struct responses_answer *answer, int64_t i)
{
    return (struct responses_item *)answer->items.items + i;
}

/* NULL if there are more than any answer has. */
static struct responses_item *item_add(struct responses_answer *answer, enum responses_item_type type)
{
    static const char *const prefixes[] = {[ITEM_MESSAGE] = "msg", [ITEM_CALL] = "fc", [ITEM_CUSTOM] = "ctc", [ITEM_REASONING] = "rs"};
    struct responses_item *item;

    if (answer->items.n >= ITEMS_MAX)
        return NULL;
    item = list_add(answer->arena, &answer->items, sizeof(*item));
    item->type = type;
    item->id = arena_printf(answer->arena, "%s_%s_%zu", prefixes[type], answer->run, answer->items.n - 1);
    item->status = "in_progress";
    item->text = buf_new(answer->arena, answer->room);
    return item;
}

static bool item_text(struct responses_answer *answer, struct responses_item *item, struct bytes text)
{
    if (text.n > answer->room)
        return false;
    answer->room -= text.n;
    buf_bytes(&item->text, text);
    return true;
}

static void item_close(struct responses_answer *answer, int64_t i, const char *status)
{
    struct responses_item *item = item_at(answer, i);

    item->status = status;
    responses_write_close(answer, (size_t)i);
}

static void close_open(struct responses_answer *answer)
{
    if (answer->open >= 0)
        item_close(answer, answer->open, "completed");
    answer->open = -1;
}

/* The open item if it is of that type, else a new one. */
static struct responses_item *open_item(struct responses_answer *answer, enum responses_item_type type)
{
    struct responses_item *item;

    if (answer->open >= 0 && item_at(answer, answer->open)->type == type)
        return item_at(answer, answer->open);
    close_open(answer);
    item = item_add(answer, type);
    if (item) {
        answer->open = (int64_t)answer->items.n - 1;
        responses_write_open(answer, (size_t)answer->open);
    }
    return item;
}

static bool add_text(struct responses_answer *answer, enum responses_item_type type, struct bytes text)
{
    struct responses_item *item = open_item(answer, type);

    if (!item || !item_text(answer, item, text))
        return false;
    responses_write_piece(answer, (size_t)answer->open, text);
    return true;
}

/* A reasoning item that says nothing to people. */
static bool add_sealed(struct responses_answer *answer, const char *opaque)
{
    struct responses_item *item;

    close_open(answer);
    item = item_add(answer, ITEM_REASONING);
    if (!item)
        return false;
    item->sealed = true;
    item->opaque = opaque;
    responses_write_open(answer, answer->items.n - 1);
    item_close(answer, (int64_t)answer->items.n - 1, "completed");
    return true;
}

/* A signature ends its thought. */
static bool add_opaque(struct responses_answer *answer, const struct chat_event *event)
{
    const char *opaque = arena_copy(answer->arena, event->text.p, event->text.n);
    struct responses_item *item;

    if (event->text.n > answer->room)
        return false;
    answer->room -= event->text.n;
    if (event->redacted)
        return add_sealed(answer, opaque);
    item = open_item(answer, ITEM_REASONING);
    if (!item)
        return false;
    item->opaque = opaque;
    close_open(answer);
    return true;
}

static struct responses_item *add_call(struct responses_answer *answer, const struct chat_event *event)
{
    const char *name = arena_text(answer->arena, event->name ? event->name : "");
    struct responses_tool tool = responses_tool_find(answer->asked, name, answer->arena);
    struct responses_item *item;

    close_open(answer);
    if (event->opaque && !add_sealed(answer, arena_printf(answer->arena, "call:%s:%s", event->id ? event->id : "", event->opaque)))
        return NULL;
    item = item_add(answer, tool.custom ? ITEM_CUSTOM : ITEM_CALL);
    if (!item)
        return NULL;
    item->call_id = arena_text(answer->arena, event->id ? event->id : "");
    item->name = tool.name;
    item->group = tool.group;
    answer->call_items[event->index] = (int64_t)answer->items.n;
    responses_write_open(answer, answer->items.n - 1);
    return item;
}

static bool add_call_piece(struct responses_answer *answer, const struct chat_event *event)
{
    struct responses_item *item;

    if (event->index < 0 || event->index >= TOOL_CALLS_MAX)
        return false;
    if (answer->call_items[event->index])
        item = item_at(answer, answer->call_items[event->index] - 1);
    else
        item = add_call(answer, event);
    if (!item || !item_text(answer, item, event->arguments))
        return false;
    if (event->arguments.n && item->type == ITEM_CALL)
        responses_write_piece(answer, (size_t)answer->call_items[event->index] - 1, event->arguments);
    return true;
}

void responses_answer_begin(struct responses_answer *answer, struct buf *out)
{
    answer->out = out;
    responses_write_response(answer, "response.created", "in_progress");
    responses_write_response(answer, "response.in_progress", "in_progress");
}

bool responses_answer_event(struct responses_answer *answer, const struct chat_event *event, struct buf *out)
{
    answer->out = out;
    switch (event->type) {
    case EVENT_TEXT:
        return add_text(answer, ITEM_MESSAGE, event->text);
    case EVENT_REASONING:
        return add_text(answer, ITEM_REASONING, event->text);
    case EVENT_OPAQUE:
        return add_opaque(answer, event);
    case EVENT_TOOL_CALL:
        return add_call_piece(answer, event);
    case EVENT_RAW:
    case EVENT_FINISH:
        break;
    }
    return true;
}

/* A call without arguments has an empty object of them: programs parse the text. The input of a custom one is known at its end. */
static void close_call(struct responses_answer *answer, int64_t i, const char *status)
{
    struct responses_item *item = item_at(answer, i);
    struct bytes rest = {0};

    if (item->type == ITEM_CUSTOM)
        rest = responses_input(buf_view(&item->text), answer->arena);
    else if (!item->text.n)
        rest = bytes_of("{}");
    if (rest.n) {
        item->text = buf_new(answer->arena, rest.n);
        buf_bytes(&item->text, rest);
        responses_write_piece(answer, (size_t)i, rest);
    } else if (item->type == ITEM_CUSTOM) {
        item->text = (struct buf){0};
    }
    item_close(answer, i, status);
}

void responses_answer_end(struct responses_answer *answer, const char *finish, const struct usage *usage, struct buf *out)
{
    const char *status = responses_status(finish);

    answer->out = out;
    if (!answer->items.n && !open_item(answer, ITEM_MESSAGE))         /* an empty answer is a message too */
        return;
    answer->open = -1;
    for (int64_t i = 0; i < (int64_t)answer->items.n; i++)
        if (strcmp(item_at(answer, i)->status, "in_progress") == 0) {
            if (item_at(answer, i)->type == ITEM_CALL || item_at(answer, i)->type == ITEM_CUSTOM)
                close_call(answer, i, status);
            else
                item_close(answer, i, status);
        }
    responses_write_end(answer, finish, usage);
}

void responses_answer_fail(struct responses_answer *answer, const char *code, const char *message, struct buf *out)
{
    answer->out = out;
    for (int64_t i = 0; i < (int64_t)answer->items.n; i++)
        if (strcmp(item_at(answer, i)->status, "in_progress") == 0)
            item_at(answer, i)->status = "incomplete";
    responses_write_failed(answer, code, message);
}
