-- SPDX-License-Identifier: MIT
-- The price catalogue: what each model costs, from when on. A change of price is a new row; what a run cost is kept with the run, so that neither
-- rewrites the other. Prices are micro-units of their currency per million tokens; null = the default in app/gate/price.h.

create table prices (
    id           uuid primary key default gen_random_uuid(),
    owner        text not null check (owner ~ '^[a-z0-9][a-z0-9._-]{0,39}$'),           -- whose price list: a provider type's
    model        text not null check (char_length(model) between 1 and 200),           -- as app/gate/price_match.h finds it
    above        bigint not null default 0 check (above between 0 and 1000000000),     -- for requests of more input tokens than this
    valid_from   timestamptz not null default '1970-01-01 00:00:00+00',                -- 1970 = as long as anybody knows
    valid_to     timestamptz,                                                          -- null = until a later row
    currency     text not null check (currency in ('USD', 'CNY')),
    input        bigint not null check (input between 0 and 1000000000000),
    output       bigint not null check (output between 0 and 1000000000000),
    cached       bigint check (cached between 0 and 1000000000000),
    written      bigint check (written between 0 and 1000000000000),                   -- to a prompt cache, for minutes
    written_long bigint check (written_long between 0 and 1000000000000),              -- for an hour
    reasoning    bigint check (reasoning between 0 and 1000000000000),
    image        bigint check (image between 0 and 1000000000000),
    context      bigint not null default 0 check (context >= 0),                       -- tokens; 0 = not known
    max_output   bigint not null default 0 check (max_output >= 0),
    source       text not null default '',
    as_of        date,                                                                 -- of the source
    origin       text not null default 'edited' check (origin in ('seed', 'edited')),
    created_at   timestamptz not null default now(),
    created_by   text not null default '',
    check (valid_to is null or valid_to > valid_from)
);
create unique index prices_valid_from on prices (owner, lower(model), above, valid_from);
create trigger prices_changed after insert or update or delete or truncate on prices
    for each statement execute function tell_settings_changed();

-- How releases bring prices: a row from a date on, unless it says what is known already. Where people have set a price for this model and
-- threshold themselves, theirs stays and nothing is added.
create function prices_seed(new_owner text, new_model text, new_above bigint, since timestamptz, new_currency text, new_input bigint, new_output bigint,
                            new_cached bigint, new_written bigint, new_written_long bigint, new_reasoning bigint, new_context bigint,
                            new_max_output bigint, new_source text, new_as_of date) returns boolean
    language plpgsql set search_path = moongate, pg_temp as $$
declare
    last prices;
begin
    if exists (select from prices where owner = new_owner and lower(model) = lower(new_model) and above = new_above and origin = 'edited') then
        return false;
    end if;
    select * into last from prices where owner = new_owner and lower(model) = lower(new_model) and above = new_above
        order by valid_from desc limit 1;
    if found and (last.valid_from >= since or (last.currency, last.input, last.output, last.cached, last.written, last.written_long, last.reasoning)
            is not distinct from (new_currency, new_input, new_output, new_cached, new_written, new_written_long, new_reasoning)) then
        return false;
    end if;
    insert into prices (owner, model, above, valid_from, currency, input, output, cached, written, written_long, reasoning, context, max_output,
                        source, as_of, origin, created_by)
        values (new_owner, new_model, new_above, since, new_currency, new_input, new_output, new_cached, new_written, new_written_long,
                new_reasoning, new_context, new_max_output, new_source, new_as_of, 'seed', 'moongate');
    return true;
end $$;
revoke execute on function prices_seed from public;

alter table runs
    add column priced          boolean,                         -- the price was known; null in rows from before this column
    add column price           jsonb;                           -- how the cost was made up: the row used and each part
alter table spend
    add column avoided_micros  bigint not null default 0,
    add column unpriced        bigint not null default 0;       -- runs whose cost is not known
alter table users
    add column currency        text not null default 'USD' check (currency in ('USD', 'CNY'));

-- USD per million tokens unless marked; international lists (DashScope: Singapore). Anthropic's caches cost 1.25 times the input for minutes and
-- twice for an hour, the gpt-5.6 family's 1.25 times.
with sources (mark, name) as (values
    ('L', 'litellm model_prices_and_context_window.json'),
    ('R', 'OpenRouter models list'),
    ('C', 'syaoranwe/LLM-Price, a community table; may be stale')),
facts (owner, model, above, currency, input, output, cached, written, written_long, reasoning, context, max_output, source, as_of) as (values
    ('openai', 'gpt-5.6', 0, 'USD', 5000000, 30000000, 500000, 6250000, null, null, 1050000, 128000, 'L', '2026-08-01'),
    ('openai', 'gpt-5.6-terra', 0, 'USD', 2000000, 12000000, 200000, 2500000, null, null, 1050000, 128000, 'L', '2026-08-01'),
    ('openai', 'gpt-5.6-luna', 0, 'USD', 200000, 1200000, 20000, 250000, null, null, 1050000, 128000, 'L', '2026-08-01'),
    ('openai', 'gpt-5.5', 0, 'USD', 5000000, 30000000, 500000, null, null, null, 1050000, 128000, 'L', '2026-08-01'),
    ('openai', 'gpt-5.4', 0, 'USD', 2500000, 15000000, 250000, null, null, null, 1050000, 128000, 'L', '2026-08-01'),
    ('openai', 'gpt-5.4-mini', 0, 'USD', 750000, 4500000, 75000, null, null, null, 272000, 128000, 'L', '2026-08-01'),
    ('openai', 'gpt-5.4-nano', 0, 'USD', 200000, 1250000, 20000, null, null, null, 272000, 128000, 'L', '2026-08-01'),
    ('openai', 'gpt-5.3-codex', 0, 'USD', 1750000, 14000000, 175000, null, null, null, 272000, 128000, 'L', '2026-08-01'),
    ('openai', 'gpt-5.2', 0, 'USD', 1750000, 14000000, 175000, null, null, null, 272000, 128000, 'L', '2026-08-01'),
    ('openai', 'gpt-5.1', 0, 'USD', 1250000, 10000000, 125000, null, null, null, 272000, 128000, 'L', '2026-08-01'),
    ('openai', 'gpt-5', 0, 'USD', 1250000, 10000000, 125000, null, null, null, 272000, 128000, 'L', '2026-08-01'),
    ('openai', 'gpt-5-mini', 0, 'USD', 250000, 2000000, 25000, null, null, null, 272000, 128000, 'L', '2026-08-01'),
    ('openai', 'gpt-5-nano', 0, 'USD', 50000, 400000, 5000, null, null, null, 272000, 128000, 'L', '2026-08-01'),
    ('openai', 'gpt-4.1', 0, 'USD', 2000000, 8000000, 500000, null, null, null, 1047576, 32768, 'L', '2026-08-01'),
    ('openai', 'gpt-4.1-mini', 0, 'USD', 400000, 1600000, 100000, null, null, null, 1047576, 32768, 'L', '2026-08-01'),
    ('openai', 'gpt-4.1-nano', 0, 'USD', 100000, 400000, 25000, null, null, null, 1047576, 32768, 'L', '2026-08-01'),
    ('openai', 'gpt-4o', 0, 'USD', 2500000, 10000000, 1250000, null, null, null, 128000, 16384, 'L', '2026-08-01'),
    ('openai', 'gpt-4o-mini', 0, 'USD', 150000, 600000, 75000, null, null, null, 128000, 16384, 'L', '2026-08-01'),
    ('openai', 'o3', 0, 'USD', 2000000, 8000000, 500000, null, null, null, 200000, 100000, 'L', '2026-08-01'),
    ('openai', 'o4-mini', 0, 'USD', 1100000, 4400000, 275000, null, null, null, 200000, 100000, 'L', '2026-08-01'),
    ('openai', 'text-embedding-3-large', 0, 'USD', 130000, 0, null, null, null, null, 8191, 0, 'L', '2026-08-01'),
    ('openai', 'text-embedding-3-small', 0, 'USD', 20000, 0, null, null, null, null, 8191, 0, 'L', '2026-08-01'),
    ('azure', 'gpt-5.6', 0, 'USD', 5000000, 30000000, 500000, 6250000, null, null, 1050000, 128000, 'L', '2026-08-01'),
    ('azure', 'gpt-5.4', 0, 'USD', 2500000, 15000000, 250000, null, null, null, 1050000, 128000, 'L', '2026-08-01'),
    ('azure', 'gpt-5-mini', 0, 'USD', 250000, 2000000, 25000, null, null, null, 272000, 128000, 'L', '2026-08-01'),
    ('anthropic', 'claude-fable-5', 0, 'USD', 10000000, 50000000, 1000000, 12500000, 20000000, null, 1000000, 128000, 'L', '2026-08-01'),
    ('anthropic', 'claude-opus-5', 0, 'USD', 5000000, 25000000, 500000, 6250000, 10000000, null, 1000000, 128000, 'L', '2026-08-01'),
    ('anthropic', 'claude-opus-4-8', 0, 'USD', 5000000, 25000000, 500000, 6250000, 10000000, null, 1000000, 128000, 'L', '2026-08-01'),
    ('anthropic', 'claude-opus-4-6', 0, 'USD', 5000000, 25000000, 500000, 6250000, 10000000, null, 1000000, 128000, 'L', '2026-08-01'),
    ('anthropic', 'claude-sonnet-5', 0, 'USD', 2000000, 10000000, 200000, 2500000, 4000000, null, 1000000, 128000, 'L', '2026-08-01'),
    ('anthropic', 'claude-sonnet-4-6', 0, 'USD', 3000000, 15000000, 300000, 3750000, 6000000, null, 1000000, 64000, 'L', '2026-08-01'),
    ('anthropic', 'claude-sonnet-4-5', 0, 'USD', 3000000, 15000000, 300000, 3750000, 6000000, null, 200000, 64000, 'L', '2026-08-01'),
    ('anthropic', 'claude-haiku-4-5', 0, 'USD', 1000000, 5000000, 100000, 1250000, 2000000, null, 200000, 64000, 'L', '2026-08-01'),
    ('gemini', 'gemini-3.6-flash', 0, 'USD', 1500000, 7500000, 150000, null, null, null, 1048576, 65536, 'L', '2026-08-01'),
    ('gemini', 'gemini-3.5-flash', 0, 'USD', 1500000, 9000000, 150000, null, null, null, 1048576, 65535, 'L', '2026-08-01'),
    ('gemini', 'gemini-3.5-flash-lite', 0, 'USD', 300000, 2500000, 30000, null, null, null, 1048576, 65536, 'L', '2026-08-01'),
    ('gemini', 'gemini-3.1-pro-preview', 0, 'USD', 2000000, 12000000, 200000, null, null, null, 1048576, 65536, 'L', '2026-08-01'),
    ('gemini', 'gemini-3.1-flash-lite', 0, 'USD', 250000, 1500000, 25000, null, null, null, 1048576, 65536, 'L', '2026-08-01'),
    ('gemini', 'gemini-3-flash-preview', 0, 'USD', 500000, 3000000, 50000, null, null, null, 1048576, 65535, 'L', '2026-08-01'),
    ('gemini', 'gemini-2.5-pro', 0, 'USD', 1250000, 10000000, 125000, null, null, null, 1048576, 65535, 'L', '2026-08-01'),
    ('gemini', 'gemini-2.5-flash', 0, 'USD', 300000, 2500000, 30000, null, null, null, 1048576, 65535, 'L', '2026-08-01'),
    ('gemini', 'gemini-2.5-flash-lite', 0, 'USD', 100000, 400000, 10000, null, null, null, 1048576, 65535, 'L', '2026-08-01'),
    ('gemini', 'gemini-embedding-001', 0, 'USD', 150000, 0, null, null, null, null, 2048, 0, 'L', '2026-08-01'),
    ('deepseek', 'deepseek-v4-pro', 0, 'USD', 435000, 870000, 3625, null, null, null, 1000000, 8192, 'L', '2026-08-01'),
    ('deepseek', 'deepseek-v4-flash', 0, 'USD', 140000, 280000, 2800, null, null, null, 1000000, 8192, 'L', '2026-08-01'),
    ('deepseek', 'deepseek-chat', 0, 'USD', 280000, 420000, 28000, null, null, null, 131072, 8192, 'L', '2026-08-01'),
    ('deepseek', 'deepseek-reasoner', 0, 'USD', 280000, 420000, 28000, null, null, null, 131072, 65536, 'L', '2026-08-01'),
    ('dashscope', 'qwen3.7-max', 0, 'USD', 2500000, 7500000, 500000, null, null, null, 991808, 65536, 'L', '2026-08-01'),
    ('dashscope', 'qwen3.7-plus', 0, 'USD', 400000, 1600000, 80000, null, null, null, 991808, 65536, 'L', '2026-08-01'),
    ('dashscope', 'qwen3.5-plus', 0, 'USD', 400000, 2400000, null, null, null, null, 991808, 65536, 'L', '2026-08-01'),
    ('dashscope', 'qwen3-max', 0, 'USD', 1200000, 6000000, null, null, null, null, 258048, 65536, 'L', '2026-08-01'),
    ('dashscope', 'qwen-plus', 0, 'USD', 400000, 1200000, null, null, null, 4000000, 129024, 16384, 'L', '2026-08-01'),
    ('dashscope', 'qwen-plus-latest', 0, 'USD', 400000, 1200000, null, null, null, 4000000, 997952, 32768, 'L', '2026-08-01'),
    ('dashscope', 'qwen-flash', 0, 'USD', 50000, 400000, null, null, null, null, 997952, 32768, 'L', '2026-08-01'),
    ('dashscope', 'qwen-turbo', 0, 'USD', 50000, 200000, null, null, null, null, 129024, 16384, 'L', '2026-08-01'),
    ('dashscope', 'qwen3-coder-plus', 0, 'USD', 1000000, 5000000, 100000, null, null, null, 997952, 65536, 'L', '2026-08-01'),
    ('moonshot', 'kimi-k2.6', 0, 'USD', 950000, 4000000, 160000, null, null, null, 262144, 262144, 'L', '2026-08-01'),
    ('moonshot', 'kimi-k2.5', 0, 'USD', 600000, 3000000, 100000, null, null, null, 262144, 262144, 'L', '2026-08-01'),
    ('moonshot', 'moonshot-v1-8k', 0, 'USD', 200000, 2000000, null, null, null, null, 8192, 8192, 'L', '2026-08-01'),
    ('moonshot', 'moonshot-v1-32k', 0, 'USD', 1000000, 3000000, null, null, null, null, 32768, 32768, 'L', '2026-08-01'),
    ('moonshot', 'moonshot-v1-128k', 0, 'USD', 2000000, 5000000, null, null, null, null, 131072, 131072, 'L', '2026-08-01'),
    ('zhipu', 'glm-5.1', 0, 'USD', 1400000, 4400000, 260000, null, null, null, 200000, 128000, 'L', '2026-08-01'),
    ('zhipu', 'glm-5', 0, 'USD', 1000000, 3200000, 200000, null, null, null, 200000, 128000, 'L', '2026-08-01'),
    ('zhipu', 'glm-4.7', 0, 'USD', 600000, 2200000, 110000, null, null, null, 200000, 128000, 'L', '2026-08-01'),
    ('zhipu', 'glm-4.7-flash', 0, 'USD', 0, 0, 0, null, null, null, 200000, 128000, 'L', '2026-08-01'),
    ('zhipu', 'glm-4.6', 0, 'USD', 600000, 2200000, 110000, null, null, null, 200000, 128000, 'L', '2026-08-01'),
    ('zhipu', 'glm-4.5-air', 0, 'USD', 200000, 1100000, null, null, null, null, 128000, 32000, 'L', '2026-08-01'),
    ('mistral', 'mistral-large-latest', 0, 'USD', 500000, 1500000, null, null, null, null, 262144, 262144, 'L', '2026-08-01'),
    ('mistral', 'mistral-medium-latest', 0, 'USD', 1500000, 7500000, null, null, null, null, 262144, 262144, 'L', '2026-08-01'),
    ('mistral', 'mistral-small-latest', 0, 'USD', 60000, 180000, null, null, null, null, 131072, 131072, 'L', '2026-08-01'),
    ('mistral', 'codestral-2508', 0, 'USD', 300000, 900000, null, null, null, null, 256000, 256000, 'L', '2026-08-01'),
    ('mistral', 'devstral-latest', 0, 'USD', 400000, 2000000, null, null, null, null, 256000, 256000, 'L', '2026-08-01'),
    ('mistral', 'ministral-8b-latest', 0, 'USD', 150000, 150000, null, null, null, null, 262144, 262144, 'L', '2026-08-01'),
    ('mistral', 'mistral-embed', 0, 'USD', 100000, 0, null, null, null, null, 8192, 0, 'L', '2026-08-01'),
    ('groq', 'llama-3.3-70b-versatile', 0, 'USD', 590000, 790000, null, null, null, null, 128000, 32768, 'L', '2026-08-01'),
    ('groq', 'llama-3.1-8b-instant', 0, 'USD', 50000, 80000, null, null, null, null, 128000, 8192, 'L', '2026-08-01'),
    ('groq', 'openai/gpt-oss-120b', 0, 'USD', 150000, 600000, 75000, null, null, null, 131072, 32766, 'L', '2026-08-01'),
    ('groq', 'openai/gpt-oss-20b', 0, 'USD', 75000, 300000, 37500, null, null, null, 131072, 32768, 'L', '2026-08-01'),
    ('groq', 'qwen/qwen3-32b', 0, 'USD', 290000, 590000, null, null, null, null, 131000, 131000, 'L', '2026-08-01'),
    ('perplexity', 'sonar', 0, 'USD', 1000000, 1000000, null, null, null, null, 128000, 0, 'L', '2026-08-01'),
    ('perplexity', 'sonar-pro', 0, 'USD', 3000000, 15000000, null, null, null, null, 200000, 8000, 'L', '2026-08-01'),
    ('perplexity', 'sonar-reasoning-pro', 0, 'USD', 2000000, 8000000, null, null, null, null, 128000, 0, 'L', '2026-08-01'),
    ('perplexity', 'sonar-deep-research', 0, 'USD', 2000000, 8000000, null, null, null, null, 128000, 0, 'L', '2026-08-01'),
    ('bedrock', 'anthropic.claude-sonnet-5', 0, 'USD', 2000000, 10000000, 200000, 2500000, 4000000, null, 1000000, 128000, 'L', '2026-08-01'),
    ('bedrock', 'us.anthropic.claude-sonnet-5', 0, 'USD', 2200000, 11000000, 220000, 2750000, 4400000, null, 1000000, 128000, 'L', '2026-08-01'),
    ('bedrock', 'anthropic.claude-haiku-4-5-20251001-v1:0', 0, 'USD', 1000000, 5000000, 100000, 1250000, 2000000, null, 200000, 64000, 'L', '2026-08-01'),
    ('bedrock', 'amazon.nova-pro-v1:0', 0, 'USD', 800000, 3200000, null, null, null, null, 300000, 10000, 'L', '2026-08-01'),
    ('bedrock', 'amazon.nova-lite-v1:0', 0, 'USD', 60000, 240000, null, null, null, null, 300000, 10000, 'L', '2026-08-01'),
    ('bedrock', 'amazon.nova-micro-v1:0', 0, 'USD', 35000, 140000, null, null, null, null, 128000, 10000, 'L', '2026-08-01'),
    ('bedrock', 'openai.gpt-oss-120b-1:0', 0, 'USD', 150000, 600000, null, null, null, null, 128000, 128000, 'L', '2026-08-01'),
    ('openrouter', 'moonshotai/kimi-k3', 0, 'USD', 3000000, 15000000, 300000, null, null, null, 1048576, 0, 'R', '2026-08-01'),
    ('openrouter', 'moonshotai/kimi-k2.7-code', 0, 'USD', 730000, 3500000, 150000, null, null, null, 262144, 262144, 'R', '2026-08-01'),
    ('openrouter', 'z-ai/glm-5.2', 0, 'USD', 760060, 2388760, 141154, null, null, null, 1048576, 128000, 'R', '2026-08-01'),
    ('openrouter', 'qwen/qwen3.7-flash', 0, 'USD', 30000, 130000, 6000, null, null, null, 1000000, 65536, 'R', '2026-08-01'),
    ('openrouter', 'qwen/qwen3.6-plus', 0, 'USD', 325000, 1950000, null, null, null, null, 1000000, 65536, 'R', '2026-08-01'),
    ('openrouter', 'deepseek/deepseek-v4-flash-0731', 0, 'USD', 140000, 280000, 2800, null, null, null, 1048576, 384000, 'R', '2026-08-01'),
    ('openrouter', 'tencent/hy3', 0, 'USD', 132000, 528000, 33000, null, null, null, 262144, 128000, 'R', '2026-08-01'),
    ('openrouter', 'baidu/ernie-4.5-vl-424b-a47b', 0, 'USD', 420000, 1250000, null, null, null, null, 123000, 16000, 'R', '2026-08-01'),
    ('openrouter', 'x-ai/grok-4.5', 0, 'USD', 2000000, 6000000, 300000, null, null, null, 500000, 0, 'R', '2026-08-01'),
    ('openrouter', 'minimax/minimax-m3', 0, 'USD', 300000, 1200000, 60000, null, null, null, 1048576, 512000, 'R', '2026-08-01'),
    ('baidu', 'ernie-4.5-turbo-128k', 0, 'CNY', 800000, 3200000, null, null, null, null, 131072, 0, 'C', '2025-06-14'),
    ('baidu', 'ernie-4.5-turbo-32k', 0, 'CNY', 800000, 3200000, null, null, null, null, 32768, 0, 'C', '2025-06-14'),
    ('baidu', 'ernie-x1-turbo-32k', 0, 'CNY', 1000000, 4000000, null, null, null, null, 32768, 0, 'C', '2025-06-14'),
    ('hunyuan', 'hunyuan-turbos-latest', 0, 'CNY', 800000, 2000000, null, null, null, null, 32768, 0, 'C', '2025-06-14'),
    ('hunyuan', 'hunyuan-t1-latest', 0, 'CNY', 1000000, 4000000, null, null, null, null, 92000, 0, 'C', '2025-06-14'),
    ('openai', 'gpt-5.6', 272000, 'USD', 10000000, 45000000, 1000000, 12500000, null, null, 1050000, 128000, 'L', '2026-08-01'),
    ('openai', 'gpt-5.5', 272000, 'USD', 10000000, 45000000, 1000000, null, null, null, 1050000, 128000, 'litellm model_prices_and_context_window.json; prices above the threshold taken to be those of gpt-5.6', '2026-08-01'),
    ('openai', 'gpt-5.4', 272000, 'USD', 5000000, 22500000, 500000, null, null, null, 1050000, 128000, 'litellm model_prices_and_context_window.json; cached at the ratio of the first tier', '2026-08-01'),
    ('gemini', 'gemini-2.5-pro', 200000, 'USD', 2500000, 15000000, 250000, null, null, null, 1048576, 65535, 'litellm model_prices_and_context_window.json; cached at the ratio of the first tier', '2026-08-01'),
    ('gemini', 'gemini-3.1-pro-preview', 200000, 'USD', 4000000, 18000000, 400000, null, null, null, 1048576, 65536, 'litellm model_prices_and_context_window.json; cached at the ratio of the first tier', '2026-08-01'),
    ('dashscope', 'qwen3.7-plus', 256000, 'USD', 1200000, 4800000, 240000, null, null, null, 991808, 65536, 'L', '2026-08-01'),
    ('dashscope', 'qwen3.5-plus', 256000, 'USD', 500000, 3000000, null, null, null, null, 991808, 65536, 'L', '2026-08-01'),
    ('dashscope', 'qwen-plus-latest', 256000, 'USD', 1200000, 3600000, null, null, null, 12000000, 997952, 32768, 'L', '2026-08-01'),
    ('dashscope', 'qwen-flash', 256000, 'USD', 250000, 2000000, null, null, null, null, 997952, 32768, 'L', '2026-08-01'),
    ('dashscope', 'qwen3-max', 32000, 'USD', 2400000, 12000000, null, null, null, null, 258048, 65536, 'L', '2026-08-01'),
    ('dashscope', 'qwen3-max', 128000, 'USD', 3000000, 15000000, null, null, null, null, 258048, 65536, 'L', '2026-08-01'),
    ('dashscope', 'qwen3-coder-plus', 32000, 'USD', 1800000, 9000000, 180000, null, null, null, 997952, 65536, 'litellm model_prices_and_context_window.json; cached at the ratio of the first tier', '2026-08-01'),
    ('dashscope', 'qwen3-coder-plus', 128000, 'USD', 3000000, 15000000, 300000, null, null, null, 997952, 65536, 'litellm model_prices_and_context_window.json; cached at the ratio of the first tier', '2026-08-01'),
    ('dashscope', 'qwen3-coder-plus', 256000, 'USD', 6000000, 60000000, 600000, null, null, null, 997952, 65536, 'litellm model_prices_and_context_window.json; cached at the ratio of the first tier', '2026-08-01'))
select prices_seed(f.owner, f.model, f.above, '1970-01-01 00:00:00+00', f.currency, f.input, f.output, f.cached, f.written, f.written_long,
                   f.reasoning, f.context, f.max_output, coalesce(s.name, f.source), f.as_of::date)
from facts f left join sources s on s.mark = f.source;
