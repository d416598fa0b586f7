-- SPDX-License-Identifier: MIT
-- Every provider and every client through one conversation: what runs record of it.

alter table runs
    add column switches        text not null default '',       -- what was sent so that the provider does not keep the request
    add column tokens_written  bigint not null default 0,      -- of tokens_in: written to a prompt cache
    add column tokens_image    bigint not null default 0,      -- of tokens_in: of pictures
    add column avoided_micros  bigint not null default 0;      -- what a local answer would have cost in the cloud
alter table attempts
    add column remedy          text not null default '',       -- caller, retry, other
    add column retry_after_ms  bigint not null default 0,
    add column rate_requests   bigint not null default -1,
    add column rate_tokens     bigint not null default -1;
alter table providers
    add column options         jsonb not null default '{}';    -- the type's own fields (app/providers/providers.c) by name
