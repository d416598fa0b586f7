-- SPDX-License-Identifier: MIT
-- What providers say of their models beyond the names (app/gate/facts.h). Nothing said is 0.

alter table models
    add column context     bigint not null default 0 check (context >= 0),         -- tokens of question and answer together
    add column max_output  bigint not null default 0 check (max_output >= 0),
    add column can         bigint not null default 0,                              -- bits: CAN_… of app/gate/provider.h
    add column remote      boolean not null default false;                         -- a local runtime passes it on to another host
