/* SPDX-License-Identifier: MIT */
#include "providers/openai_request.h"

#include <string.h>

#include "base/arena.h"
#include "base/percent.h"
#include "base/secret.h"
#include "gate/snapshot.h"

static const char *with_model(const char *path, const char *model, struct arena *a)
{
    static const char place[] = "${model}";
    const char *at = strstr(path, place);

    if (!at)
        return path;
    return arena_printf(a, "%.*s%s%s", (int)(at - path), path, percent_encode(model ? model : "", a), at + sizeof(place) - 1);
}

static const char *option_of(const struct provider *provider, const char *name)
{
    return provider->type && name ? provider_option(provider, name) : "";
}

void openai_request(const struct provider *provider, const char *method, const char *path, const char *model, struct arena *a,
                    struct http_request *r)
{
    const struct openai_ways *ways = openai_ways_of(provider);
    const char *query = option_of(provider, ways->query);

    path = with_model(path, model, a);
    r->method = method;
    r->url = provider_url(provider, *query ? arena_printf(a, "%s?api-version=%s", path, percent_encode(query, a)) : path, a);
    if (provider->secret && ways->auth == AUTH_API_KEY)
        http_add_header(r, a, "api-key", secret_reveal(provider->secret));
    else if (provider->secret)
        http_add_header(r, a, "Authorization", arena_printf(a, "Bearer %s", secret_reveal(provider->secret)));
    for (const struct openai_header *row = ways->headers; row && row->option; row++)
        if (*option_of(provider, row->option))
            http_add_header(r, a, row->name, header_text(option_of(provider, row->option), a));
}

void openai_post(const struct provider *provider, const char *path, const char *model, struct arena *a, struct http_request *r)
{
    openai_request(provider, "POST", path, model, a, r);
    http_add_header(r, a, "Content-Type", "application/json");
}
