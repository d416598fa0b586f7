#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh: PostgreSQL, the gateway and lighttpd in the foreground, until one of them ends or somebody says so. `make run` calls it.
# Started by root, all three run as an ordinary user: the owner of the var folder or of the source, else "moongate", made if need be.
#   MOONGATE_PORT 8080   MOONGATE_BIND 127.0.0.1   MOONGATE_VAR var/   MOONGATE_DEMO=1 adds the scripted model server
#   MOONGATE_DATABASE_URL your database instead of a private one   MOONGATE_TLS_CERT, MOONGATE_TLS_KEY for https
# Children have their own sessions, so that Ctrl-C reaches only this script, which then stops them in the right order; should it be
# killed, each gets its signal from the kernel.
cd "$(dirname "$0")/.." || exit 1
home=$PWD
PATH=$PATH:/usr/sbin:/sbin
. lighttpd/messages.sh
die() { say "$@" >&2; finish 1; }

postgres_pid='' gateway_pid='' front_pid='' demo_pid='' sleeper='' more=''
alive() { read -r _ _ state _ 2>/dev/null </proc/"$1"/stat && [ "$state" != Z ]; }

stop() {       # SIGNAL SECONDS PID: ask, wait, insist
    [ "$3" ] && alive "$3" || return 0
    kill -"$1" "$3" 2>/dev/null
    tries=$(($2 * 10))
    while alive "$3" && [ $tries -gt 0 ]; do tries=$((tries - 1)) && sleep 0.1; done
    alive "$3" && kill -KILL "$3" 2>/dev/null
    wait "$3" 2>/dev/null
}

finish() {     # STATUS: stop what was started, the database last. The front takes nobody in any more while the gateway ends its streams.
    trap '' INT TERM HUP
    [ ! "$front_pid$gateway_pid$postgres_pid" ] || say stopping
    [ ! "$front_pid" ] || kill -INT "$front_pid" 2>/dev/null
    stop TERM 30 "$gateway_pid"
    stop TERM 1 "$front_pid"
    stop TERM 5 "$demo_pid"
    stop INT 60 "$postgres_pid"
    [ ! "$sleeper" ] || kill "$sleeper" 2>/dev/null
    [ "$1" != 0 ] || say stopped
    exit "$1"
}
trap 'finish 0' INT TERM HUP

# --- What was asked for ------------------------------------------------------------------------------------------------------
port=${MOONGATE_PORT:-8080}
case $port in *[!0-9]* | ??????* | 0*) die bad_port "$port" ;; esac
[ "$port" -ge 1 ] && [ "$port" -le 65535 ] || die bad_port "$port"
bind=${MOONGATE_BIND:-127.0.0.1}
program=$home/${OUT:-out/plain}/moongate
[ -x "$program" ] || die not_built moongate
command -v lighttpd >/dev/null || die no_lighttpd
var=${MOONGATE_VAR:-var}
case $var in /*) ;; *) var=$home/$var ;; esac
var=${var%/}

# --- Who runs it -------------------------------------------------------------------------------------------------------------
if [ "$(id -u)" = 0 ]; then
    for path in "$var/." "$home"; do
        user=$(stat -c %U "$path" 2>/dev/null)
        case $user in '' | root | UNKNOWN) user='' ;; *) break ;; esac
    done
    user=${user:-moongate}
    id "$user" >/dev/null 2>&1 || useradd --system --user-group --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin "$user" || die no_user
    as="setpriv --reuid=$user --regid=$(id -g "$user") --init-groups --no-new-privs"
else
    user=$(id -un) as=
fi
as_user() { $as "$@"; }

# --- Its folder --------------------------------------------------------------------------------------------------------------
# What the user cannot reach (/root/…) is kept in /var/lib/moongate, and the folder asked for becomes a link to it.
if [ "$as" ] && [ ! -L "$var" ]; then
    above=${var%/*}
    mkdir -p "$above" 2>/dev/null
    if ! as_user test -x "$above"; then
        kept=/var/lib/moongate/$(echo "${var#/}" | tr / -)
        [ ! -e "$var" ] || rmdir "$var" 2>/dev/null || die var_unreachable "$user" "$var"
        mkdir -p "$kept" && ln -s "$kept" "$var" || die var_unwritable "$var" "$user"
    fi
fi
asked=$var
[ ! -L "$var" ] || mkdir -p "$(readlink "$var")" 2>/dev/null
mkdir -p "$var" 2>/dev/null || die var_unwritable "$var" "$user"
var=$(cd "$var" && pwd -P) || die var_unwritable "$asked" "$user"
if [ "$as" ]; then
    chown "$user:" "$var" && chmod 700 "$var" || die var_unwritable "$var" "$user"
fi
as_user mkdir -p "$var/run" "$var/log" 2>/dev/null && as_user touch "$var/run/lock" 2>/dev/null && as_user test -w "$var/run" -a -w "$var/log" -a -w "$var" ||
    die var_unwritable "$asked" "$user"

exec 9>>"$var/run/lock"
flock -n 9 || die running "$asked" "$(cat "$var/run/lock")"
echo $$ >"$var/run/lock"

# Somebody listens on the port: state 0A in the kernel's tables.
listens() { cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q "^ *[0-9]*: [0-9A-F]*:$(printf %04X "$port") [0-9A-F:]* 0A "; }
! listens || die port_taken "$port"

if ! as_user test -x "$program" -a -r "$home/static" -a -r "$home/sql"; then
    say program_copied "$user" "$home" "$asked/program"
    rm -rf "$var/program" && mkdir "$var/program" &&
        cp -R "$program" "${program%/*}"/fakellm* templates static sql i18n lighttpd "$var/program/" 2>/dev/null
    chmod -R a+rX "$var/program"
    home=$var/program program=$var/program/moongate
fi

# A socket's address has 107 bytes, so a long path gets a short name.
short=$var
if [ ${#var} -gt 80 ]; then
    short=${XDG_RUNTIME_DIR:-/tmp}/moongate-$(echo "$var" | cksum | cut -d' ' -f1)
    rm -f "$short/var" && as_user mkdir -p -m 700 "$short" && [ "$(stat -c %U "$short")" = "$user" ] &&
        as_user ln -s "$var" "$short/var" || die var_unwritable "$short" "$user"
    short=$short/var
fi

# --- Starting things ---------------------------------------------------------------------------------------------------------
umask 077
start() {      # SIGNAL COMMAND…: a child that gets the signal if we are killed; $! is it
    signal=$1 && shift
    # shellcheck disable=SC2086
    setsid ${as:-setpriv} $more --pdeathsig "$signal" "$@" 9>&- &
}

wait_for() {   # SECONDS PID COMMAND…: until the command succeeds; fails when the time is over or the process is
    tries=$(($1 * 20)) awaited=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] && alive "$awaited" || return 1
        sleep 0.05
    done
}

log() {        # NAME: its log file, begun anew when it has grown past 64 MiB
    file=$var/log/$1.log
    [ "$(stat -c %s "$file" 2>/dev/null || echo 0)" -lt 67108864 ] || mv "$file" "$file.1"
    as_user touch "$file" && echo "$file"
}

failed() { say failed "$1" "$2" >&2 && tail -n 15 "$2" >&2; finish 1; }

. lighttpd/postgres.sh
if [ ! "${MOONGATE_DATABASE_URL:-}" ]; then
    postgres_start
    MOONGATE_DATABASE_URL="postgresql:///moongate?user=moongate&host=$(echo "$short/run" | sed 's/%/%25/g; s/&/%26/g; s/=/%3D/g; s/ /%20/g; s/#/%23/g')"
fi

export MOONGATE_DATABASE_URL MOONGATE_PORT="$port" MOONGATE_BIND="$bind" MOONGATE_VAR="$short" MOONGATE_HOME="$home" HOME="$var"
cd "$var" || exit 1
as_user "$program" migrate || die migrate_failed

if [ "${MOONGATE_DEMO:-0}" = 1 ]; then
    demo=${program%/*}/fakellm
    [ -x "$demo" ] || die not_built fakellm
    demo_log=$(log demo) && : >"$demo_log"
    start TERM "$demo" --port 0 >>"$demo_log" 2>&1
    demo_pid=$!
    wait_for 10 $demo_pid grep -q 'listening on http' "$demo_log" || failed fakellm "$demo_log"
    MOONGATE_DEMO_URL=$(sed -n 's/.*listening on \(http[^ ]*\).*/\1/p' "$demo_log")/v1
    export MOONGATE_DEMO_URL
    say demo "$MOONGATE_DEMO_URL"
fi

rm -f "$short/run/moongate.sock"
gateway_log=$(log moongate)
start TERM "$program" serve 2>>"$gateway_log"
gateway_pid=$!
wait_for 60 $gateway_pid test -S "$short/run/moongate.sock" || failed moongate "$gateway_log"

front_log=$(log lighttpd)
file=lighttpd.conf scheme=http
[ ! "${MOONGATE_TLS_CERT:-}" ] || { file=tls.conf && scheme=https; }
ulimit -n "$(ulimit -H -n)" 2>/dev/null
[ ! "$as" ] || [ "$port" -ge 1024 ] || more='--inh-caps=+net_bind_service --ambient-caps=+net_bind_service'
start TERM lighttpd -D -f "$home/lighttpd/$file" 2>>"$front_log"
front_pid=$!
wait_for 10 $front_pid listens || failed lighttpd "$front_log"
case $bind in 127.* | 0.0.0.0 | ::) host=localhost ;; *:*) host="[$bind]" ;; *) host=$bind ;; esac
say ready "$scheme://$host:$port" "$asked/log"

# --- Until the end -----------------------------------------------------------------------------------------------------------
died() {       # NAME PID LOG
    alive "$2" && return
    wait "$2"
    say died "$1" $? "$3" >&2
    tail -n 15 "$3" >&2
    finish 1
}

# A signal to make alone does not reach us: it only stops catching it, and waits for us to end. So look, when make is our parent.
catches() { while read -r name value; do [ "$name" != SigCgt: ] || break; done 2>/dev/null </proc/$PPID/status; case ${value:-} in *[2367abef]) ;; *) false ;; esac; }
watched=no
case $(cat /proc/$PPID/comm 2>/dev/null) in make | gmake) catches && watched=yes ;; esac

while :; do
    postgres_watch
    died moongate "$gateway_pid" "$gateway_log"
    died lighttpd "$front_pid" "$front_log"
    [ ! "$demo_pid" ] || died fakellm "$demo_pid" "$demo_log"
    [ $watched = no ] || catches || finish 0
    sleep 1 9>&- &
    sleeper=$!
    wait $sleeper
done
