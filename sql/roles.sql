-- SPDX-License-Identifier: MIT
-- Run by the owner of the schema after every migration. The program works as role moongate_app, which may read and write rows
-- but neither change the schema, nor recorded runs, nor audit rows. Where roles cannot be made (a user's database with one plain
-- role), nothing is done and the triggers alone protect the audit rows; an administrator may later run
--     create role moongate_app nologin; grant moongate_app to <the program's user>;
-- and the next migration gives it its rights.
do $$
declare
    t name;
begin
    if not exists (select from pg_roles where rolname = 'moongate_app') then
        begin
            create role moongate_app nologin;
        exception
            when insufficient_privilege then return;
            when duplicate_object or unique_violation then null;        -- another database of this server did it just now
        end;
    end if;
    if not pg_has_role(session_user, 'moongate_app', 'member') then
        begin
            execute format('grant moongate_app to %I', session_user);
        exception when insufficient_privilege then null;
        end;
    end if;

    grant usage on schema moongate to moongate_app;
    for t in select relname from pg_class
             where relnamespace = 'moongate'::regnamespace and relkind in ('r', 'p') and not relispartition loop
        execute format('revoke all on %I from moongate_app', t);
        execute format('grant select on %I to moongate_app', t);
        continue when t = 'schema_migrations';
        execute format('grant insert on %I to moongate_app', t);
        continue when t in ('audit', 'runs', 'attempts');
        execute format('grant update, delete on %I to moongate_app', t);
    end loop;
    grant execute on function runs_partitions to moongate_app;
end $$;
