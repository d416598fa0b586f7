/* SPDX-License-Identifier: MIT */
#include "base/log_private.h"

#include "property.h"

static void test_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum log_name says;
    } cases[] = {
        {"password", LOG_NAME_SECRET}, {"Password", LOG_NAME_SECRET}, {"PGPASSWORD", LOG_NAME_SECRET},
        {"new_password", LOG_NAME_SECRET}, {"client_secret", LOG_NAME_SECRET}, {"csrf-token", LOG_NAME_SECRET},
        {"x-api-key", LOG_NAME_SECRET}, {"api.key", LOG_NAME_SECRET}, {"apiKey", LOG_NAME_SECRET},
        {"Ocp-Apim-Subscription-Key", LOG_NAME_SECRET}, {"X-Amz-Signature", LOG_NAME_SECRET},
        {"Authorization", LOG_NAME_LONG}, {"proxy-authorization", LOG_NAME_LONG}, {"Set-Cookie", LOG_NAME_LONG},
        {"cookies", LOG_NAME_LONG}, {"key", LOG_NAME_SHORT}, {"auth", LOG_NAME_SHORT}, {"mg_session", LOG_NAME_SHORT},
        {"PHP-SID", LOG_NAME_SHORT}, {"pwd", LOG_NAME_SHORT}, {"", LOG_NAME_PLAIN}, {"monkey", LOG_NAME_PLAIN},
        {"inside", LOG_NAME_PLAIN}, {"key_id", LOG_NAME_PLAIN}, {"tokens", LOG_NAME_PLAIN}, {"bypass", LOG_NAME_PLAIN},
        {"tokens_in", LOG_NAME_PLAIN}, {"first_token_us", LOG_NAME_PLAIN}, {"user", LOG_NAME_PLAIN}, {"s", LOG_NAME_PLAIN},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (log_name_of(bytes_of(cases[i].name)) != cases[i].says)
            fail_msg("%s is taken for %d", cases[i].name, log_name_of(bytes_of(cases[i].name)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
