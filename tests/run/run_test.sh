#!/bin/sh
# SPDX-License-Identifier: MIT
# run_test.sh: what somebody who starts, interrupts, kills and misconfigures `make run` sees. Real parts, folders of its own.
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
unset MOONGATE_DATABASE_URL MOONGATE_DEMO MOONGATE_TLS_CERT MOONGATE_TLS_KEY MOONGATE_BIND MAKEFLAGS MAKELEVEL
export LC_ALL=C.UTF-8
passed=0 failed=0
work=$(mktemp -d) && chmod 755 "$work"
said=$work/said
cleanup() { down KILL; sleep 0.5; rm -rf "$work" /var/lib/moongate/*"$(basename "$work")"*; }
trap 'cleanup; exit 1' INT TERM HUP
trap cleanup EXIT

free_port() {  # nobody listens on it; begins anywhere, because others may look for one as well
    from=$((18000 + $$ * 7 % 2000))
    for port in $(seq $from $((from + 100))); do
        grep -q ":$(printf %04X "$port") [0-9A-F:]* 0A " /proc/net/tcp /proc/net/tcp6 || { echo "$port"; return; }
    done
}
ok() { passed=$((passed + 1)) && echo "ok $((passed + failed)) - $1"; }
bad() { failed=$((failed + 1)) && echo "not ok $((passed + failed)) - $1" && tail -n 12 "$said" | sed 's/^/    /'; }
check() { name=$1 && shift && if "$@"; then ok "$name"; else bad "$name"; fi; }
has() { grep -q -- "$1" "$said"; }

up() {         # COMMAND…: start it as a terminal would, and wait until it is ready or gone
    : >"$said"
    setsid env --default-signal=INT,QUIT RUN_TEST_MARK="$work" "$@" >"$said" 2>&1 </dev/null &
    runner=$!
    for _ in $(seq 600); do
        if has 'is ready'; then return 0; fi
        kill -0 $runner 2>/dev/null || return 1
        sleep 0.05
    done
    return 1
}
down() {       # SIGNAL [PID or -GROUP]: and wait for the end; $status is how
    kill -"$1" "${2:--$runner}" 2>/dev/null
    wait "$runner" 2>/dev/null
    status=$?
}
child() { for pid in $(pgrep -P "$runner"); do [ "$(cat "/proc/$pid/comm")" != "$1" ] || echo "$pid"; done; }
postgres_of() { head -n 1 "$1/postgres/postmaster.pid" 2>/dev/null; }
# Everything that was started, whatever it is called: it has our mark in its environment.
ours() { grep -lzs "^RUN_TEST_MARK=$work" /proc/[0-9]*/environ | cut -d/ -f3; }
none_left() {  # at the latest after 10 s
    for _ in $(seq 100); do
        [ "$(ours)" ] || return 0
        sleep 0.1
    done
    ours | while read -r pid; do tr '\0' ' ' <"/proc/$pid/cmdline"; echo; done >>"$said" 2>/dev/null
    return 1
}
answers() { [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$MOONGATE_PORT/livez")" = 200 ]; }
# In the cluster of a var folder. Its socket is found through the file that PostgreSQL itself keeps.
query() { psql -X -A -t -h "$(sed -n 5p "$1/postgres/postmaster.pid")" -U moongate -d moongate -c "$2" 2>&1; }
one() { [ "$(query "$1" "$2")" = "$3" ]; }

MOONGATE_PORT=$(free_port) MOONGATE_VAR="$work/var"
export MOONGATE_PORT MOONGATE_VAR
if [ "$(id -u)" = 0 ]; then mkdir "$work/here"; fi

# --- A day with it -----------------------------------------------------------------------------------------------------------
check 'first start' up lighttpd/run.sh
check 'it answers' answers
check 'PostgreSQL has no TCP port' one "$MOONGATE_VAR" 'show listen_addresses' ''
check 'the gateway owns its database and is no superuser' one "$MOONGATE_VAR" \
    'select usesuper::text || usecreatedb::text from pg_user where usename = current_user' falsefalse
query "$MOONGATE_VAR" 'create table public.kept (n int); insert into public.kept values (42)' >/dev/null
first=$said
said=$work/second
lighttpd/run.sh >"$said" 2>&1 && bad 'second start at the same time' || check 'second start at the same time' has 'already running'
LC_ALL=zh_CN.UTF-8 lighttpd/run.sh >"$said" 2>&1; check 'the same in Chinese' has '已在使用'
MOONGATE_VAR=$work/other lighttpd/run.sh >"$said" 2>&1; check 'port taken' has "Port $MOONGATE_PORT is taken.*MOONGATE_PORT"
LC_ALL=zh_CN.UTF-8 MOONGATE_VAR=$work/other lighttpd/run.sh >"$said" 2>&1; check 'port taken, in Chinese' has "端口 $MOONGATE_PORT 已被.*MOONGATE_PORT"
MOONGATE_PORT=80800 lighttpd/run.sh >"$said" 2>&1; check 'port out of range' has '"80800".*1 to 65535'
MOONGATE_PORT=http lighttpd/run.sh >"$said" 2>&1; check 'port not a number' has '"http".*1 to 65535'
MOONGATE_VAR=/proc/moongate MOONGATE_PORT=$(free_port) lighttpd/run.sh >"$said" 2>&1; check 'folder not writable' has '/proc/moongate (MOONGATE_VAR) cannot be written'
said=$first
check 'still answers after all that' answers
down INT
check 'Ctrl-C ends it with status 0' [ "$status" = 0 ]
check 'Ctrl-C leaves no process' none_left

# --- Killed in every way -----------------------------------------------------------------------------------------------------
check 'second start, through make' up make -s run
check 'the data is still there' one "$MOONGATE_VAR" 'select n from public.kept' 42
down INT "$runner"
check 'a signal to make alone stops all' none_left
check 'start again' up lighttpd/run.sh
down KILL "$runner"
check 'killed outright, all the rest ends as well' none_left
check 'start after that' up lighttpd/run.sh
old=$(postgres_of "$MOONGATE_VAR")
kill -KILL "$old"
for _ in $(seq 100); do has 'is back' && break; sleep 0.1; done
check 'PostgreSQL killed: it is started again' has 'PostgreSQL is back'
check 'the gateway answers on' answers
check 'the data is still there, again' one "$MOONGATE_VAR" 'select n from public.kept' 42
kill -INT "$(postgres_of "$MOONGATE_VAR")"
for _ in $(seq 50); do has 'stopped from outside' && break; sleep 0.1; done
check 'PostgreSQL stopped by hand: it stays so, and how to start it is said' has 'stopped from outside.*pg_ctl'
check 'the gateway answers on, again' answers
kill -KILL "$(child lighttpd)"
wait "$runner"; status=$?
check 'the front killed: everything stops with status 1' [ "$status" = 1 ]
check 'and says so' has 'lighttpd ended by itself'
check 'nothing is left' none_left
echo 1 >"$MOONGATE_VAR/postgres/postmaster.pid"
check 'a stale lock file that names another process' up lighttpd/run.sh
down TERM "$runner"
check 'SIGTERM ends it with status 0' [ "$status" = 0 ]
check 'and leaves nothing' none_left

# --- Odd places --------------------------------------------------------------------------------------------------------------
MOONGATE_VAR="$work/a folder's 100% name & 数据/var"
mkdir -p "${MOONGATE_VAR%/*}"
check 'a folder with spaces, quotes, signs and Chinese' up lighttpd/run.sh
check 'it answers there' answers
down HUP
check 'SIGHUP (the terminal is closed) leaves nothing' none_left
MOONGATE_VAR=$work/$(printf %0120d 0)/var
mkdir -p "${MOONGATE_VAR%/*}"
check 'a path too long for a socket' up env MOONGATE_DEMO=1 lighttpd/run.sh
check 'it answers there, too' answers
check 'the demonstration is said to be one' has 'scripted model server'
socket=$(sed -n 5p "$MOONGATE_VAR/postgres/postmaster.pid")
psql -X -q -h "$socket" -U postgres -d postgres -c 'create database theirs owner moongate'
url="postgresql:///theirs?user=moongate&host=$socket"
own=$runner first=$said said=$work/second
MOONGATE_PORT=$(free_port) MOONGATE_VAR=$work/with_url
check 'a database of the user' up env MOONGATE_DATABASE_URL="$url" lighttpd/run.sh
check 'then there is no private one' [ ! -e "$MOONGATE_VAR/postgres" ]
check 'it answers with that' answers
down INT
runner=$own
down INT
check 'both end' none_left
MOONGATE_VAR=$work/never
MOONGATE_DATABASE_URL='postgresql://127.0.0.1:1/none' lighttpd/run.sh >"$said" 2>&1
check 'a database that is not there is said so' has 'nothing was started'

if [ "$(id -u)" = 0 ]; then
    mkdir -m 700 "$work/closed" && mkdir -p "$work/closed/out/plain"
    cp -R lighttpd templates static sql i18n "$work/closed/" && cp "${OUT:-out/plain}/moongate" "$work/closed/out/plain/"
    unset MOONGATE_VAR
    check 'root, source in a folder of mode 700' up env OUT=out/plain "$work/closed/lighttpd/run.sh"
    check 'it answers from there' answers
    check 'var is a link to a folder that the user can reach' [ -L "$work/closed/var" ]
    check 'the gateway is not root' [ "$(stat -c %U "$work/closed/var/run/moongate.sock")" = moongate ]
    down INT
    check 'it leaves nothing' none_left
    chmod 755 "$work/closed" && mv "$work/closed" "$work/open" && rm -f "$work/open/var"
    mkdir -m 777 "$work/users" && export MOONGATE_VAR="$work/users/var"
    check 'an ordinary user' up env OUT=out/plain setpriv --reuid=nobody --regid=nogroup --clear-groups "$work/open/lighttpd/run.sh"
    check 'it answers' answers
    down INT
    check 'and leaves nothing' none_left
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
