#!/bin/sh
# SPDX-License-Identifier: MIT
# fuzz.sh NAME SECONDS: run out/fuzz/tests/fuzz/NAME_fuzz on the kept inputs (tests/fuzz/corpus/NAME) and on what it makes of them. New inputs
# that reach new code stay in out/fuzz/corpus/NAME; one that crashes it is kept beside, and its place is a unit test.
cd "$(dirname "$0")/.." || exit 1
name=$1 seconds=$2 kept=tests/fuzz/corpus/$1 made=out/fuzz/corpus/$1 log=out/fuzz/$1.log
mkdir -p "$made"
[ -d "$kept" ] || kept=
[ ! -e "tests/fuzz/$name.dict" ] || dictionary=-dict=tests/fuzz/$name.dict
# shellcheck disable=SC2086
if "out/fuzz/tests/fuzz/${name}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="out/fuzz/$name-" ${dictionary:-} "$made" $kept >"$log" 2>&1; then
    echo "fuzz $name: $(sed -n 's/^stat::number_of_executed_units: //p' "$log") inputs in $seconds s, nothing found"
else
    echo "fuzz $name: failed (whole output: $log)" >&2
    tail -n 60 "$log" >&2
    exit 1
fi
