-- SPDX-License-Identifier: MIT
-- An operator's hand on the circuit breaker of one model of a provider (app/gate/breaker.h); kept, so that every process obeys it and a start does not forget it.

alter table models
    add column breaker text not null default 'free' check (breaker in ('free', 'open', 'closed', 'bypass'));
