/* SPDX-License-Identifier: MIT */
/* openai_error: a status alone says too little: 429 is a busy minute and an empty account, 400 is Alibaba's word for unpaid, 403 Baidu's for a
 * prompt it will not read. The codes below are the services' own. */
#include "providers/openai_error.h"

#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/duration.h"
#include "base/err.h"

enum { WORD_MAX = 100, WORDS_MAX = 4000 };

/* Globs, blanks between; the first row that fits counts. Four digits are Zhipu's. */
static const struct row { const char *codes; enum err_kind kind; enum remedy remedy; } rows[] = {
    /* the account is empty, locked, or has had its share: the same key will not do */
    {"insufficient_quota exceeded_current_quota_error Arrearage insufficient_balance* billing_* quota_exceeded AccessDenied.Unpurchased", ERR_UPSTREAM,
     REMEDY_OTHER},
    {"1112 1113 1121 1304 1308 1309 1310 1311 1313", ERR_UPSTREAM, REMEDY_OTHER},
    /* slower */
    {"rate_limit_exceeded rate_limit_reached_error rate_limit_error rpm_rate_limit_exceeded tpm_rate_limit_exceeded Throttling*", ERR_RATE, REMEDY_RETRY},
    {"1302 1303 1305 1312 capacity_exceeded", ERR_RATE, REMEDY_RETRY},
    /* the key */
    {"invalid_api_key InvalidApiKey incorrect_api_key_error invalid_authentication_error authentication_error 1000 1001 1002 1003 1004",
     ERR_UPSTREAM_AUTH, REMEDY_OTHER},
    /* the model is somewhere else */
    {"model_not_found invalid_model ModelNotFound* resource_not_found_error DeploymentNotFound 1211", ERR_UPSTREAM, REMEDY_OTHER},
    /* the request: what it says, and how long it is */
    {"content_filter content_policy_violation DataInspectionFailed data_inspection_failed unsafe_request 1301", ERR_UPSTREAM_INPUT, REMEDY_CALLER},
    {"context_length_exceeded exceed_context_size_error tokens_too_long characters_too_long 1261 BadRequest.TooLarge", ERR_UPSTREAM_INPUT,
     REMEDY_CALLER},
    {"121[0-9] InvalidParameter* invalid_messages malformed_json invalid_argument", ERR_UPSTREAM_INPUT, REMEDY_CALLER},
    /* the service */
    {"engine_overloaded_error overloaded_error unavailable_error", ERR_UPSTREAM_DOWN, REMEDY_RETRY},
    {"server_error internal_error InternalError* RequestTimeOut 1230 1234", ERR_UPSTREAM, REMEDY_RETRY},
};

static bool given(struct json value)
{
    return value.p && json_kind(value) != JSON_NULL;
}

static struct json first_of(struct json a, struct json b)
{
    return given(a) ? a : b;
}

/* Where an error may stand, found in one walk: every good event is asked too. */
enum { AT_ERROR, AT_OBJECT, AT_ERROR_CODE, AT_CODE, AT_STATUS, AT_TYPE, AT_MESSAGE, AT_ERROR_MSG, AT_DETAIL, ATS };
static const char *const at_names[] = {"error", "object", "error_code", "code", "statusCode", "type", "message", "error_msg", "detail", NULL};

bool openai_error_in(struct json answer, struct openai_error *e)
{
    struct json top = json_kind(answer) == JSON_ARRAY ? json_at(answer, "0") : answer;        /* Gemini's compatible door sends [{"error":…}] */
    struct json at[ATS], error;

    json_members(top, at_names, at);
    error = at[AT_ERROR];
    *e = (struct openai_error){0};
    if (json_kind(error) == JSON_OBJECT) {
        *e = (struct openai_error){json_member(error, "message"), json_member(error, "code"), json_member(error, "type"),
                                   json_member(error, "metadata"), json_member(error, "details")};
        e->type = first_of(e->type, json_member(error, "status"));
        return true;
    }
    e->code = first_of(at[AT_CODE], first_of(at[AT_ERROR_CODE], at[AT_STATUS]));
    e->type = at[AT_TYPE];
    e->words = first_of(error, first_of(at[AT_MESSAGE], first_of(at[AT_ERROR_MSG], at[AT_DETAIL])));
    return given(error) || json_equal(at[AT_OBJECT], "error") || given(at[AT_ERROR_CODE]);
}

/* A code as text, in ${out}; "" if it is none, or longer than any. */
static const char *word_of(struct json value, char out[WORD_MAX + 1])
{
    struct bytes text = json_kind(value) == JSON_STRING ? json_escaped(value) : json_bytes(value);

    out[0] = '\0';
    if (!given(value) || text.n > WORD_MAX || (json_kind(value) != JSON_STRING && json_kind(value) != JSON_NUMBER))
        return out;
    memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return out;
}

int openai_error_status(const struct openai_error *e)
{
    char word[WORD_MAX + 1];

    word_of(e->code, word);
    if (strlen(word) != 3 || strspn(word, "0123456789") != 3 || word[0] < '4' || word[0] > '5')
        return 0;
    return (word[0] - '0') * 100 + (word[1] - '0') * 10 + word[2] - '0';
}

static bool fits(const char *codes, const char *word)
{
    char glob[WORD_MAX + 1];

    while (*codes) {
        size_t n = strcspn(codes, " ");

        memcpy(glob, codes, n < WORD_MAX ? n : WORD_MAX);
        glob[n < WORD_MAX ? n : WORD_MAX] = '\0';
        if (fnmatch(glob, word, 0) == 0)
            return true;
        codes += n + strspn(codes + n, " ");
    }
    return false;
}

static const struct row *row_of(struct json code)
{
    char word[WORD_MAX + 1];

    for (size_t i = 0; *word_of(code, word) && i < COUNT(rows); i++)
        if (fits(rows[i].codes, word))
            return &rows[i];
    return NULL;
}

/* "Please try again in 5.289s", "retry after 20 seconds"; 0 = it does not say. */
static int64_t wait_in_words(const char *words)
{
    static const char *const hints[] = {"try again in ", "retry after ", "retry in "};
    int64_t ms;

    for (size_t i = 0; i < COUNT(hints); i++) {
        const char *at = strcasestr(words, hints[i]);

        if (at && duration_scan(at + strlen(hints[i]), &ms))
            return ms;
    }
    return 0;
}

/* Google's RetryInfo: {"retryDelay":"34s"} */
static int64_t wait_in_details(struct json details, struct arena *a)
{
    struct json_walk w = json_walk(details);
    int64_t ms;

    while (json_next(&w)) {
        const char *delay = json_string(json_member(w.value, "retryDelay"), a);

        if (delay && duration_read(delay, 1000, &ms))
            return ms;
    }
    return 0;
}

void openai_error_refine(const struct openai_error *e, struct arena *a, struct upstream_error *error)
{
    const struct row *row = row_of(e->code);

    if (!row)
        row = row_of(e->type);
    if (row && (row->kind != ERR_UPSTREAM || row->remedy != error->remedy)) {        /* "server_error" says no more than a 503 does */
        error->kind = row->kind;
        error->remedy = row->remedy;
    }
    if (json_kind(json_member(e->metadata, "flagged_input")) == JSON_STRING || json_count(json_member(e->metadata, "reasons"))) {
        error->kind = ERR_UPSTREAM_INPUT;                    /* OpenRouter's moderation says 403 */
        error->remedy = REMEDY_CALLER;
    }
    if (!error->retry_after_ms)
        error->retry_after_ms = wait_in_words(error->words);
    if (!error->retry_after_ms)
        error->retry_after_ms = wait_in_details(e->details, a);
}

void openai_read_error(const struct provider *provider, int status, struct bytes body, struct arena *a, struct upstream_error *error)
{
    struct err ignored = {0};
    struct openai_error e;
    struct json answer;
    const char *words;
    char word[WORD_MAX + 1];

    (void)provider, (void)status;
    if (!json_check(body, NULL, &answer, &ignored))
        return;
    openai_error_in(answer, &e);
    words = json_string(e.words, a);
    if (!words && (json_kind(e.words) == JSON_ARRAY || json_kind(e.words) == JSON_OBJECT) && e.words.n < WORDS_MAX)
        words = arena_copy(a, e.words.p, e.words.n);         /* which fields are wrong, as FastAPI lists them */
    error->words = words ? words : "";
    error->code = arena_text(a, *word_of(e.code, word) ? word : word_of(e.type, word));
    openai_error_refine(&e, a, error);
}
