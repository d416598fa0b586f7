#!/bin/sh
# SPDX-License-Identifier: MIT
# npm.sh [static]: npm packages exactly as their lockfiles say, no scripts run. "static": only the files that pages load, copied to
# static/vendor/ when their sum is right; failing is no error, because every page works without them. Else also those of the tests.
cd "$(dirname "$0")/.." || exit 1
sums=static/npm/vendor.sums

ci() { npm ci --ignore-scripts --no-audit --no-fund --loglevel=error "$@" </dev/null; }
is() { [ -f "$2" ] && [ "$(sha384sum <"$2" | cut -d' ' -f1)" = "$1" ]; }      # SUM FILE

vendored() {
    grep -v '^#' $sums | while read -r sum _ name; do is "$sum" "static/vendor/$name" || exit 1; done
}

vendor() {
    vendored && return
    command -v npm >/dev/null || { echo 'npm is not installed'; return 1; }
    mkdir -p out/npm static/vendor && cp static/npm/package.json static/npm/package-lock.json static/npm/.npmrc out/npm/ || return
    (cd out/npm && ci --fetch-retries=1 --fetch-timeout=20000) || return
    grep -v '^#' $sums | while read -r sum source name; do
        is "$sum" "out/npm/node_modules/$source" || { echo "$source is not the file of $sums"; exit 1; }
        install -m 644 "out/npm/node_modules/$source" "static/vendor/$name" || exit 1
    done
}

problem=$(vendor 2>&1) || {
    echo "Pages will load without htmx (whole pages instead of parts) / 页面将不使用 htmx：$(echo "$problem" | head -n 1)"
    [ "$1" = static ] || exit 1
}
[ "$1" != static ] || exit 0

for lock in tests/package-lock.json tests/*/package-lock.json; do
    [ -e "$lock" ] || continue
    folder=${lock%/*}
    [ "$folder/node_modules/.package-lock.json" -nt "$lock" ] || (cd "$folder" && ci && touch node_modules/.package-lock.json) || exit 1
done
