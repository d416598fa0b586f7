#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh [TEST…]: build the programs of tests/sql, start a PostgreSQL cluster of their own (a folder under /tmp, unix socket
# only, no fsync, as an unprivileged user when started by root), run them, and take it all away. Each program makes the
# databases it needs.
cd "$(dirname "$0")/../.." || exit 1
OUT=${OUT:-out/plain}
case $OUT in *tsan*) tame='setarch -R' ;; *) tame= ;; esac     # as in tests/test.sh
${MAKE:-make} -s sql-programs OUT="$OUT" >&2 || exit 1
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
[ -x "$bin/initdb" ] || { echo "initdb was not found: PostgreSQL is not installed" >&2; exit 1; }

folder=$(mktemp -d /tmp/moongate-sql.XXXXXX) || exit 1
chmod 755 "$folder"
[ "$(id -u)" -ne 0 ] || { user=postgres && chown postgres "$folder"; }

# What the tests call to stop and start the server: ctl start | ctl stop.
cat >"$folder/ctl" <<END
#!/bin/sh
cd "$folder"
case \$1 in
start) ${user:+setpriv --reuid=$user --regid=$user --init-groups} "$bin/pg_ctl" -s -w -D "$folder/data" -l "$folder/log" \\
    -o "-k '$folder' -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=60" start ;;
stop) ${user:+setpriv --reuid=$user --regid=$user --init-groups} "$bin/pg_ctl" -s -w -D "$folder/data" -m fast stop ;;
esac >/dev/null 2>&1 </dev/null
END
chmod 755 "$folder/ctl"
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && ${user:+setpriv --reuid=$user --regid=$user --init-groups} "$bin/initdb" -D "$folder/data" -U postgres \
    -A trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1) ||
    { cat "$folder/initdb.log" >&2; exit 1; }
trap '"$folder/ctl" stop; rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
"$folder/ctl" start || { cat "$folder/log" >&2; exit 1; }

export MOONGATE_TEST_SOCKET="$folder" MOONGATE_TEST_CTL="$folder/ctl"
status=0
for source in tests/sql/*_test.c; do
    name=$(basename "$source" .c)
    case " ${*:-$name} " in *" $name "*) $tame "$OUT/tests/sql/$name" || status=1 ;; esac
done
exit $status
