-- SPDX-License-Identifier: MIT
-- Moongate's first schema. Numbered files are never edited after release; a change is a new file.
-- Money is bigint micro-dollars, times are timestamptz, secrets are sealed bytea (AES-256-GCM; see app/gate/seal.h).

create table settings (
    name        text primary key,
    value       text not null,
    changed_at  timestamptz not null default now(),
    changed_by  text not null default ''
);

create table users (
    id            uuid primary key,
    name          text not null check (char_length(name) between 1 and 80),
    role          text not null check (role in ('viewer', 'developer', 'operator', 'admin', 'auditor')),
    password_phc  text not null,
    language      text not null default '',
    theme         text not null default 'auto' check (theme in ('auto', 'light', 'dark')),
    time_zone     text not null default '',
    disabled      boolean not null default false,
    failures      integer not null default 0,
    locked_until  timestamptz,
    signed_in_at  timestamptz,
    created_at    timestamptz not null default now()
);
create unique index users_name on users (lower(name));

create table sessions (
    token_hash   bytea primary key,                 -- SHA-256 of the cookie's token
    user_id      uuid not null references users on delete cascade,
    csrf_key     bytea not null,
    created_at   timestamptz not null default now(),
    seen_at      timestamptz not null default now(),
    expires_at   timestamptz not null,
    remote_addr  text not null default '',
    user_agent   text not null default ''
);
create index sessions_user on sessions (user_id, created_at);

create table providers (
    id               uuid primary key,
    name             text not null check (char_length(name) between 1 and 80),
    type             text not null,                 -- a row of app/providers/providers.c
    base_url         text not null,
    deployment_mode  text not null check (deployment_mode in ('local', 'cloud')),
    data_class_max   text not null check (data_class_max in ('public', 'internal', 'confidential', 'secret')),
    secret           bytea,                         -- sealed; null = none
    secret_dek       bytea,                         -- the row's data key, wrapped by a master key
    secret_kid       integer,
    secret_tail      text not null default '',
    secret_set_at    timestamptz,
    enabled          boolean not null default true,
    active           boolean not null default false,
    demo             boolean not null default false,
    position         integer not null default 100,
    connect_ms       integer not null default 5000,
    first_byte_ms    integer not null default 60000,
    idle_ms          integer not null default 60000,
    total_ms         integer not null default 600000,
    note             text not null default '',
    rev              integer not null default 1,
    created_at       timestamptz not null default now(),
    changed_at       timestamptz not null default now(),
    check (not active or enabled)
);
create unique index providers_name on providers (lower(name));
create unique index providers_active on providers (active) where active;

create table models (
    provider_id  uuid not null references providers on delete cascade,
    name         text not null check (char_length(name) between 1 and 200),
    enabled      boolean not null default true,
    position     integer not null default 100,
    input_micros_per_mtok   bigint not null default 0,
    output_micros_per_mtok  bigint not null default 0,
    cached_micros_per_mtok  bigint not null default 0,
    created_at   timestamptz not null default now(),
    primary key (provider_id, name)
);

create table api_keys (
    id            text primary key,                 -- the 12-character public part
    name          text not null check (char_length(name) between 1 and 80),
    tail          text not null,
    hash          bytea not null,                   -- HMAC-SHA256(pepper, whole key)
    pepper_kid    integer not null,
    role          text not null check (role in ('viewer', 'developer', 'operator', 'admin', 'auditor')),
    data_class    text not null default 'public' check (data_class in ('public', 'internal', 'confidential', 'secret')),
    models        text[] not null default '{}',     -- empty = all
    owner         text not null default '',
    revoked       boolean not null default false,
    revoked_at    timestamptz,
    expires_at    timestamptz,
    created_at    timestamptz not null default now()
);

-- Small sealed things of the installation: pepper, spool key, session key.
create table sealed_keys (
    name        text not null,
    kid         integer not null,
    sealed      bytea not null,
    created_at  timestamptz not null default now(),
    primary key (name, kid)
);

create table runs (
    id               uuid not null,
    started_at       timestamptz not null,
    api              text not null,
    status           text not null,
    http_status      integer not null,
    error_code       text not null default '',
    error_detail     text not null default '',
    requested_model  text not null default '',
    actual_model     text not null default '',
    provider_id      text not null default '',
    provider_name    text not null default '',
    is_local         boolean not null default false,
    model_tier       text not null default '',
    stream           boolean not null default false,
    finish_reason    text not null default '',
    latency_us       bigint not null default 0,
    first_token_us   bigint not null default 0,
    tokens_in        bigint not null default 0,
    tokens_out       bigint not null default 0,
    tokens_cached    bigint not null default 0,
    tokens_reasoning bigint not null default 0,
    estimated        boolean not null default false,
    cost_micros      bigint not null default 0,
    attempts         integer not null default 0,
    key_id           text not null default '',
    key_name         text not null default '',
    user_name        text not null default '',
    data_class       text not null default 'public',
    policy_profile   text not null default 'standard',
    sovereign        boolean not null default false,
    request_id       text not null default '',
    remote_addr      text not null default '',
    decision         jsonb,
    dropped          text not null default '',      -- request fields that could not be passed on
    primary key (id, started_at)
) partition by range (started_at);
create table runs_default partition of runs default;
create index runs_time on runs (started_at desc, id desc);
create index runs_key on runs (key_id, started_at desc, id desc);
create index runs_provider on runs (provider_id, started_at desc, id desc);
create index runs_failed on runs (started_at desc, id desc) where status <> 'ok';

create table attempts (
    run_id         uuid not null,
    started_at     timestamptz not null,            -- the run's, so that both tables part alike
    n              integer not null,
    provider_id    text not null,
    provider_name  text not null,
    model          text not null,
    result         text not null,                   -- ok, or why not
    http_status    integer not null default 0,
    detail         text not null default '',
    offset_us      bigint not null,                 -- after the run's start
    connect_us     bigint not null default 0,
    first_byte_us  bigint not null default 0,
    latency_us     bigint not null default 0,
    reused         boolean not null default false,
    remote         text not null default '',
    upstream_id    text not null default '',
    primary key (run_id, n, started_at)
) partition by range (started_at);
create table attempts_default partition of attempts default;

-- Runs begun and not ended when their batch of records was replayed. Their FINAL takes them away; what a dead process leaves here was
-- interrupted. An installation is a var folder, a process one start of it.
create table intents (
    run_id        uuid primary key,
    installation  uuid not null,
    process       uuid not null,
    payload       bytea not null                    -- the record, as the spool had it
);

-- Spend and counts by key and day; raised only in the transaction that inserts the run.
create table spend (
    day          date not null,
    key_id       text not null,
    provider_id  text not null,
    model        text not null,
    runs         bigint not null default 0,
    failed       bigint not null default 0,
    tokens_in    bigint not null default 0,
    tokens_out   bigint not null default 0,
    cost_micros  bigint not null default 0,
    primary key (day, key_id, provider_id, model)
);

create table provider_health (
    provider_id  uuid primary key references providers on delete cascade,
    state        text not null,                     -- ok, warn, bad, off
    reason       text not null default '',          -- an http_end name or http status word; catalogue key health.<reason>
    detail       text not null default '',
    latency_us   bigint not null default 0,
    models       integer not null default 0,
    checked_at   timestamptz not null,
    since        timestamptz not null
);

create table provider_checks (
    id           bigint generated always as identity primary key,
    provider_id  uuid not null references providers on delete cascade,
    at           timestamptz not null default now(),
    kind         text not null,                     -- periodic, manual
    state        text not null,
    reason       text not null default '',
    detail       text not null default '',
    http_status  integer not null default 0,
    latency_us   bigint not null default 0
);
create index provider_checks_provider on provider_checks (provider_id, at desc);

create table audit (
    seq        bigint primary key,
    at         timestamptz not null,
    actor      text not null,
    actor_role text not null default '',
    action     text not null,
    object     text not null,
    object_id  text not null default '',
    before     json,                                -- json, not jsonb: the hash is over the text itself
    after      json,
    remote_addr text not null default '',
    request_id text not null default '',
    hash       bytea not null
);

-- Insert only, whoever asks: even the owner is stopped here, and triggers fire always, in replication too.
create function audit_is_insert_only() returns trigger language plpgsql as $$
begin
    raise exception 'audit rows are never changed' using errcode = '42501';
end $$;
create trigger audit_no_change before update or delete on audit for each row execute function audit_is_insert_only();
create trigger audit_no_truncate before truncate on audit for each statement execute function audit_is_insert_only();
alter table audit enable always trigger audit_no_change;
alter table audit enable always trigger audit_no_truncate;

-- The active provider is never deleted, whoever asks.
create function active_provider_stays() returns trigger language plpgsql as $$
begin
    raise exception 'the active provider cannot be deleted'
        using errcode = '23001', constraint = 'providers_active', table = 'providers';
end $$;
create trigger providers_active_stays before delete on providers for each row when (old.active)
    execute function active_provider_stays();

-- Every table of the snapshot tells the running processes that it changed.
create function tell_settings_changed() returns trigger language plpgsql as $$
begin
    perform pg_notify('moongate_settings', tg_table_name);
    return null;
end $$;
create trigger settings_changed after insert or update or delete or truncate on settings
    for each statement execute function tell_settings_changed();
create trigger providers_changed after insert or update or delete or truncate on providers
    for each statement execute function tell_settings_changed();
create trigger models_changed after insert or update or delete or truncate on models
    for each statement execute function tell_settings_changed();
create trigger api_keys_changed after insert or update or delete or truncate on api_keys
    for each statement execute function tell_settings_changed();

-- Make the daily partitions of runs and attempts that are missing; rows waiting in the default partition move into theirs.
-- It works with the owner's rights, so that the program's role needs none on the schema.
create function runs_partitions(from_day date, days integer) returns integer
    language plpgsql security definer set search_path = moongate, pg_temp set timezone = 'UTC' set lock_timeout = '2s' as $$
declare
    parent text;
    part text;
    since timestamptz;
    made integer := 0;
begin
    if days not between 0 and 400 then
        raise exception 'days must be between 0 and 400' using errcode = '22023';
    end if;
    for parent in values ('runs'), ('attempts') loop
        for i in 0 .. days - 1 loop
            since := (from_day + i)::timestamp;
            part := parent || to_char(since, '_YYYYMMDD');
            continue when to_regclass(part) is not null;
            execute format('lock table %I in share row exclusive mode', parent);
            execute format('create table %I (like %I including defaults including constraints)', part, parent);
            execute format('with moved as (delete from %I where started_at >= %L and started_at < %L returning *)'
                           ' insert into %I select * from moved', parent || '_default', since, since + interval '1 day', part);
            execute format('alter table %I attach partition %I for values from (%L) to (%L)', parent, part, since,
                           since + interval '1 day');
            made := made + 1;
        end loop;
    end loop;
    return made;
end $$;
revoke execute on function runs_partitions from public;
