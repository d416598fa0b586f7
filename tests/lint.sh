#!/bin/sh
# SPDX-License-Identifier: MIT
# lint.sh: everything that reads the source instead of running it. Each check prints what it found; all run, any failure fails.
cd "$(dirname "$0")/.." || exit 1
status=0
check() { echo "lint: $1"; shift; "$@" || status=1; }

scripts() {
    find . \( -name node_modules -o -name out -o -name var -o -name .git \) -prune -o -name '*.sh' -print |
        while read -r file; do dash -n "$file" || exit 1; done
}

front() {      # the configurations are right, and say so without a word of warning
    export MOONGATE_BIND=127.0.0.1 MOONGATE_PORT=8080 MOONGATE_VAR=/nowhere MOONGATE_HOME=$PWD
    export MOONGATE_TLS_CERT=/nowhere MOONGATE_TLS_KEY=/nowhere
    PATH=$PATH:/usr/sbin:/sbin
    # -tt would open the certificate of tls.conf as well
    said=$({ lighttpd -tt -f lighttpd/lighttpd.conf && lighttpd -t -f lighttpd/tls.conf; } 2>&1 || echo 'lighttpd refuses a file')
    said=$(echo "$said" | grep -v 'setrlimit\|^Syntax OK$')
    said="$said$(sed 1d lighttpd/nft.rules | nft -c -f - 2>&1 | grep -v 'Operation not permitted\|not found')"
    [ ! "$said" ] || { echo "$said"; return 1; }
}

check 'scripts' scripts
check 'lighttpd' front
exit $status
