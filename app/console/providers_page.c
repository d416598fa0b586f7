/* SPDX-License-Identifier: MIT */
#include "console/providers_page.h"

#include "console/provider_view.h"
#include "web/web.h"

struct providers_page {
    struct list providers;
    int64_t usable;                      /* enabled and not failing */
    bool any;
};

const struct field providers_page_fields[] = {
    FIELD_LIST(struct providers_page, providers, provider_view_fields, struct provider_view), FIELD_PAGE(struct providers_page, usable),
    FIELD_PAGE(struct providers_page, any), FIELD_END,
};

bool providers_list_page(struct request *rq)
{
    struct show s = show_of(rq);
    struct providers_page page = {0};
    const struct provider_view *view;

    if (!request_allow_query(rq, (const char *const[]){NULL}) || !provider_views(&s, &page.providers))
        return false;
    page.any = page.providers.n > 0;
    view = page.providers.items;
    for (size_t i = 0; i < page.providers.n; i++)
        page.usable += view[i].row.enabled && view[i].health.state[0] != 'b';
    return page_render(rq, "providers", providers_page_fields, &page);
}

bool provider_detail_page(struct request *rq)
{
    struct show s = show_of(rq);
    struct provider_view view;

    if (!request_allow_query(rq, (const char *const[]){NULL}) || !provider_view_get(&s, request_path_param(rq, "id"), &view))
        return false;
    return page_render(rq, "provider", provider_detail_fields, &view);
}
