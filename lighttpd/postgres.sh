# SPDX-License-Identifier: MIT
# postgres.sh: run.sh's private PostgreSQL. One cluster in $var/postgres, reached through a socket in $short/run and no other way:
# no TCP port, a folder of mode 700, and PostgreSQL asks the kernel who is calling (peer). The gateway's role owns its database and
# is nothing special otherwise.

postgres_programs() {  # sets $bin: the folder with the programs of the version that made the cluster, or the newest
    version=$(cat "$var/postgres/PG_VERSION" 2>/dev/null)
    for folder in /usr/lib/postgresql/${version:-*}/bin /usr/local/pgsql/bin $(pg_config --bindir 2>/dev/null); do
        [ ! -x "$folder/postgres" ] || bin=$folder
        [ ! -x "$folder/postgres" ] || [ ! "$version" ] || break
    done
    [ "${bin:-}" ] || die no_postgres "${version:+ $version}"
}

postgres_create() {    # beside its place first, so that an interrupted start leaves nothing half made
    say database_new "$asked/postgres"
    as_user rm -rf "$var/postgres.new"
    as_user "$bin/initdb" -D "$var/postgres.new" -U postgres -E UTF8 --locale=C.UTF-8 -A peer --data-checksums >"$postgres_log" 2>&1 ||
        failed initdb "$postgres_log"
    echo 'local all all peer map=moongate' >"$var/postgres.new/pg_hba.conf"
    for caller in "$user" root; do printf 'moongate %s postgres\nmoongate %s moongate\n' "$caller" "$caller"; done |
        sort -u >"$var/postgres.new/pg_ident.conf"
    as_user mv "$var/postgres.new" "$var/postgres"
}

postgres_running() {   # is a PostgreSQL of this cluster alive? Sets $pid
    read -r pid 2>/dev/null <"$var/postgres/postmaster.pid" && [ "$(readlink "/proc/$pid/cwd")" = "$var/postgres" ] && alive "$pid"
}

# A PostgreSQL of this cluster was left behind by a run that was killed. Any other process with the number in the lock file has got
# it meanwhile (the rule in containers), and PostgreSQL would refuse to start for its sake.
postgres_leftover() {
    if postgres_running; then
        say leftover "$pid"
        kill -INT "$pid"
        wait_for 60 $$ eval '! postgres_running'
    else
        rm -f "$var/postgres/postmaster.pid"
    fi
}

# In a file and not on the command line, so that pg_ctl starts it in the same way.
postgres_configure() {
    quoted=$(echo "$short/run" | sed "s/'/''/g")
    as_user tee "$var/postgres/moongate.conf" >/dev/null <<CONF || die var_unwritable "$var/postgres" "$user"
listen_addresses = ''
unix_socket_directories = '$quoted'
unix_socket_permissions = 0700
port = 5432
max_connections = 100
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
cluster_name = 'moongate'
CONF
    grep -q "^include 'moongate.conf'" "$var/postgres/postgresql.conf" || echo "include 'moongate.conf'" >>"$var/postgres/postgresql.conf"
}

postgres_launch() {
    LC_ALL=C.UTF-8
    export LC_ALL
    start INT "$bin/postgres" -D "$var/postgres" >>"$postgres_log" 2>&1
    postgres_pid=$!
    wait_for 60 $postgres_pid "$bin/pg_isready" -q -h "$short/run"
}

as_admin() { as_user "$bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -h "$short/run" -U postgres -d postgres; }

postgres_start() {
    # A person's own PostgreSQL settings are not for this one.
    unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGPASSFILE PGSERVICE PGSERVICEFILE PGOPTIONS PGDATA PGSSLMODE PGCLIENTENCODING
    postgres_programs
    postgres_log=$(log postgres)
    [ -e "$var/postgres/PG_VERSION" ] || postgres_create
    [ ! -e "$var/postgres/postmaster.pid" ] || postgres_leftover
    postgres_configure
    postgres_launch || failed PostgreSQL "$postgres_log"
    as_admin >>"$postgres_log" 2>&1 <<'SQL' || failed PostgreSQL "$postgres_log"
select 'create role moongate_app nologin' where not exists (select from pg_roles where rolname = 'moongate_app') \gexec
select 'create role moongate login in role moongate_app' where not exists (select from pg_roles where rolname = 'moongate') \gexec
select 'create database moongate owner moongate' where not exists (select from pg_database where datname = 'moongate') \gexec
SQL
}

# The gateway answers on without its database, so its end stops nothing. One that was stopped is left so, until somebody starts it
# again; one that crashed is started again, unless it does so three times.
postgres_watch() {
    [ "$postgres_pid" ] && ! alive "$postgres_pid" || return 0
    if postgres_running; then
        postgres_pid=$pid postgres_down=
        say database_back "$pid"
    elif [ ! "${postgres_down:-}" ]; then
        wait "$postgres_pid"
        status=$?
        if [ $status = 0 ] || [ $status = 127 ]; then
            postgres_down=yes
            say database_stopped "$bin/pg_ctl -D $var/postgres -l $postgres_log start" >&2
        else
            postgres_crashes=$((${postgres_crashes:-0} + 1))
            [ $postgres_crashes -lt 4 ] || died PostgreSQL "$postgres_pid" "$postgres_log"
            say database_crashed "$postgres_log" >&2
            postgres_leftover
            postgres_launch && say database_back "$postgres_pid"
        fi
    fi
}
