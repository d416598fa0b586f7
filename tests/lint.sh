#!/bin/sh
# SPDX-License-Identifier: MIT
# lint.sh: everything that reads the source instead of running it. Each check prints what it found; all run, any failure fails.
cd "$(dirname "$0")/.." || exit 1
PATH=$PATH:/usr/sbin:/sbin
status=0
check() {
    echo "lint: $1" && shift
    "$@" || { echo 'lint: failed' >&2; status=1; }
}

sources() { find . \( -name node_modules -o -name out -o -name var -o -name vendor -o -name .git \) -prune -o "$@" -print; }

scripts() {    # are they sh, and are scripts of pages and tests JavaScript?
    sources -name '*.sh' | { while read -r file; do dash -n "$file" || exit 1; done; } &&
        sources -name '*.js' -o -name '*.mjs' | { while read -r file; do node --check "$file" || exit 1; done; }
}

pages() {      # what the policy of our pages (CSP) would stop in browsers, and what would make a page out of data
    ! grep -nE '\beval\(|new Function|document\.write|\.(inner|outer)HTML *=|insertAdjacentHTML|javascript:' static/*.js 2>/dev/null &&
        ! grep -nE '<(script|style)[^>]*>[^<]|<[a-z][^>]* (style|on[a-z]+)=|javascript:|https?://' templates/*.html 2>/dev/null
}

cppchecks() {
    cppcheck --std=c11 -Iapp -D_GNU_SOURCE --enable=warning,performance,portability --suppressions-list=tests/cppcheck.txt --quiet -j2 \
        --error-exitcode=1 --template='{file}:{line}: {id}: {message}' app
}

front() {      # the configurations are right, and say so without a word of warning
    export MOONGATE_BIND=127.0.0.1 MOONGATE_PORT=8080 MOONGATE_VAR=/nowhere MOONGATE_HOME="$PWD"
    export MOONGATE_TLS_CERT=/nowhere MOONGATE_TLS_KEY=/nowhere
    # -tt would open the certificate of tls.conf as well
    said=$({ lighttpd -tt -f lighttpd/lighttpd.conf && lighttpd -t -f lighttpd/tls.conf; } 2>&1 || echo 'lighttpd refuses a file')
    said=$(echo "$said" | grep -v 'setrlimit\|^Syntax OK$')
    said="$said$(sed 1d lighttpd/nft.rules | nft -c -f - 2>&1 | grep -v 'Operation not permitted')"
    [ ! "$said" ] || { echo "$said"; return 1; }
}

services() {   # the score of systemd's own list of what a service could do without, in tenths; lower is better
    command -v systemd-analyze >/dev/null || return 0
    folder=$(mktemp -d)
    for unit in lighttpd/*.service; do
        sed 's|@PREFIX@|/usr|g' "$unit" >"$folder/${unit#*/}"
        systemd-analyze security --offline=true --threshold=20 --no-pager "$folder/${unit#*/}" >"$folder/said" 2>&1 && continue
        grep -E '✗|Overall|rror' "$folder/said" | tail -n 20
        rm -rf "$folder"
        return 1
    done
    rm -rf "$folder"
}

check 'scripts' scripts
check 'pages' pages
check 'house rules' tests/house.sh
check 'messages' node tests/catalogue.mjs
check 'cppcheck' cppchecks
check 'lighttpd' front
check 'services' services
exit $status
