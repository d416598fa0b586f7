/* SPDX-License-Identifier: MIT */
#ifndef PROVIDERS_OPENAI_WAYS_H
#define PROVIDERS_OPENAI_WAYS_H
/* openai_ways: how a service that speaks chat completions differs from the plain dialect. One const struct for each service, zero where it does not
 * differ. Lists of names are one text with blanks between: "seed user". */
#include "gate/provider.h"

enum openai_auth { AUTH_BEARER, AUTH_API_KEY /* api-key: … */ };
/* Under which name the limit of an answer goes out. */
enum openai_max { MAX_AS_SENT, MAX_TOKENS, MAX_COMPLETION_TOKENS, MAX_BOTH };
/* How the wish for more or less reasoning is said. */
enum openai_effort {
    EFFORT_FIELD,                        /* "reasoning_effort": one of efforts */
    EFFORT_DROPPED,
    EFFORT_THINKING,                     /* "thinking":{"type":"enabled" or "disabled"} */
    EFFORT_THINKING_FIELD,               /* that, and "reasoning_effort" when it thinks */
    EFFORT_ENABLE,                       /* "enable_thinking": true or false, "thinking_budget" */
    EFFORT_OBJECT,                       /* "reasoning":{"effort" or "max_tokens"} */
    EFFORT_TEMPLATE,                     /* "reasoning_effort"; none is "chat_template_kwargs":{"enable_thinking":false} */
};
enum openai_schema { SCHEMA_TAKEN, SCHEMA_REFUSED /* json_object only */ };
/* What becomes of an assistant's reasoning in the conversation so far. */
enum openai_thoughts {
    THOUGHTS_DROPPED,
    THOUGHTS_CONTENT,                    /* "reasoning_content" */
    THOUGHTS_NEEDED,                     /* the same, and calls without it are refused */
    THOUGHTS_DETAILS,                    /* "reasoning" and "reasoning_details" with what was signed */
};
enum openai_list {
    LIST_MODELS,                         /* GET models_path lists them */
    LIST_PERHAPS,                        /* the same; where the address is unknown (404, 405) the service is there all the same */
    LIST_PROBE,                          /* there is no list: a chat without a body, which is refused unpaid; 401 tells a wrong key */
    LIST_UNUSABLE,                       /* the list names what the key cannot ask for (Azure: models, not deployments): only its status counts */
};

/* The values a service takes of a number; what lies outside is moved to the next one inside. min == max: any. */
struct openai_range { double min, max; };

struct openai_member { const char *name, *json; };         /* a member of every request; ends with {NULL} */
struct openai_header { const char *option, *name; };       /* an option of the type that is sent as a header; ends with {NULL} */
struct openai_rename { const char *from, *to; };           /* ends with {NULL} */

/* What is different for some models. The first row that fits a model's name counts; what is zero in it is as the service has it. */
struct openai_model {
    const char *names;                   /* globs; NULL ends the table */
    const char *drop, *refuse;           /* besides the service's */
    enum openai_max max;
    enum openai_effort effort;
    const char *efforts;
    bool stream_only;                    /* it answers in streams only */
};

enum { TAKES_IMAGES = 1, TAKES_AUDIO = 2, TAKES_FILES = 4, TAKES_TOP_K = 8 };

struct openai_ways {
    const char *chat_path, *embed_path, *models_path;      /* NULL = /chat/completions, /embeddings, /models; ${model} in them: the model, escaped */
    const char *query;                   /* an option of the type that is sent as the query member api-version; NULL = none */
    enum openai_auth auth;
    const struct openai_header *headers;
    enum openai_list list;
    const char *key_path;                /* the list is public: GET this to see whether the key is good; NULL = the list says */

    enum openai_max max;
    struct openai_range temperature, top_p;
    const char *at_zero;                 /* member added for temperature 0, which the range has no place for: a name whose value is false; NULL */
    const char *drop;                    /* fields the service refuses, hints */
    const char *refuse;                  /* the same for what changes the answer: 400 */
    const char *message_drop;            /* fields of messages */
    const struct openai_rename *renames; /* of hints */
    const struct openai_member *members;
    const struct openai_model *models;
    enum openai_effort effort;
    const char *efforts;                 /* the words it takes for it, weakest first; NULL = all, "" = none */
    enum openai_schema schema;
    enum openai_thoughts thoughts;
    int takes;                           /* TAKES_…: of another dialect's chat; a caller of the same one may try */
    bool no_stream_options;              /* usage comes in streams unasked */
    bool auto_tools;                     /* tool_choice: only "auto" */
    bool no_strict;                      /* tools[].function.strict is left out */
    bool short_ids;                      /* ids of tool calls: nine letters or digits */
    bool raw_images;                     /* image_url.url holds base64 without data:… before it */
    bool no_developer;                   /* the role developer is called system */
    bool signatures;                     /* extra_content of calls and messages goes back as it came */
    bool embed_base64, embed_tokens;     /* takes encoding_format base64, token ids for texts */
};

/* The ways of a provider's type; the plain ones if it has none. */
const struct openai_ways *openai_ways_of(const struct provider *);
/* The row for a model's name; one that says nothing if none fits. */
const struct openai_model *openai_model_of(const struct openai_ways *, const char *model);
/* Whether ${name} (${n} bytes) is one of ${words}; NULL has none. */
bool openai_word_in(const char *words, const char *name, size_t n);

#endif
