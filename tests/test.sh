#!/bin/sh
# SPDX-License-Identifier: MIT
# test.sh [SUITE…]: run the suites named, all without a name, and add up what they report. The last line is "N passed, N failed".
# Understood: cmocka, Node's test runner, TAP, and a line of that same form. A program that reports nothing, or ends badly with no
# failure counted, is one failure. OUT says which build is tested. Whole outputs are kept in $OUT/test/.
cd "$(dirname "$0")/.." || exit 1
OUT=${OUT:-out/plain}
LOG=$PWD/$OUT/test
export OUT
rm -rf "$LOG" && mkdir -p "$LOG" || exit 1
passed=0 failed=0 child=''
# timeout has a process group of its own, so it is told of our end.
trap 'kill "$child" 2>/dev/null; exit 1' INT TERM HUP

# Sanitizers write to files, so that a report of a server in the background is a failure as well.
common="log_path=$LOG/report:strip_path_prefix=$PWD/"
export ASAN_OPTIONS="${ASAN_OPTIONS:-$common:detect_stack_use_after_return=1:strict_string_checks=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-$common:print_stacktrace=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-$common:second_deadlock_stack=1}"
# TSan of gcc 12 cannot place its shadow where the kernel spreads addresses far.
case $OUT in *tsan*) tame='setarch -R' ;; *) tame= ;; esac

count() {      # LOG: "passed failed" of what it reports
    awk '/^\[  PASSED  \] [0-9]+ test/ { p += $4; n++ }
        /^\[  FAILED  \] [0-9]+ test/ { f += $4; n++ }
        /^(#|ℹ) pass [0-9]+$/ { p += $3; n++ }
        /^(#|ℹ) (fail|cancelled) [0-9]+$/ { f += $3; n++ }
        /^[0-9]+ passed, [0-9]+ failed/ { p += $1; f += $3; n++ }
        /^ok / { ok++ }
        /^not ok / { bad++ }
        END { if (!n) { p = ok; f = bad } print p + 0, f + 0 }' "$1"
}

program() {    # NAME COMMAND…: run it, count it, show it if it failed
    log=$LOG/$(echo "$1" | tr / _).log
    name=$1 && shift
    timeout -k 10 "${MOONGATE_TEST_TIMEOUT:-1200}" $tame "$@" >"$log" 2>&1 &
    child=$!
    wait $child
    status=$?
    set -- $(count "$log")
    p=$1 f=$2
    [ "$f" -gt 0 ] || [ $status -eq 0 ] || { f=1 && echo "$name: ended with status $status" >>"$log"; }
    [ $((p + f)) -gt 0 ] || { f=1 && echo "$name: ran no test" >>"$log"; }
    passed=$((passed + p)) failed=$((failed + f)) suite_passed=$((suite_passed + p)) suite_failed=$((suite_failed + f))
    [ "$f" -eq 0 ] || { echo "--- $name: $f failed (whole output: ${log#"$PWD"/})" && tail -n 100 "$log"; }
}

reports() {    # SUITE: what a sanitizer wrote while it ran
    for file in "$LOG"/report.*; do
        [ -e "$file" ] || continue
        failed=$((failed + 1)) suite_failed=$((suite_failed + 1))
        echo "--- $1: a sanitizer reported (${file#"$PWD"/})" && head -n 60 "$file"
        mv "$file" "$LOG/$1.${file##*/}"
    done
}

build() {      # TARGET…: what cannot be built is one failure, and its tests are not run
    make -s -j"$(nproc)" "$@" >"$LOG/build.log" 2>&1 && return
    failed=$((failed + 1)) suite_failed=$((suite_failed + 1))
    echo "--- $* cannot be built:" && tail -n 30 "$LOG/build.log"
    return 1
}

node_tests() { # FOLDER: every test file in it
    files=$(find "tests/$1" -name node_modules -prune -o -name '*test.mjs' -print 2>/dev/null | sort)
    program "$1" ${files:+node --test --test-reporter=spec $files}
}

suite_unit() {
    build units || return
    for source in tests/unit/*_test.c; do program "${source%.c}" "$OUT/${source%.c}"; done
}
suite_sql() { build all units && program sql tests/sql/run.sh; }
suite_wire() { build all fakellm && node_tests wire; }
suite_browser() { build all fakellm && node_tests browser; }
suite_run() { build all fakellm && program run tests/run/run_test.sh; }
suite_rules() { program rules tests/rules/rules_test.sh; }

for suite in ${*:-rules unit sql wire run browser}; do
    suite_passed=0 suite_failed=0 began=$(date +%s)
    "suite_$suite"
    reports "$suite"
    echo "$suite: $suite_passed passed, $suite_failed failed, $(($(date +%s) - began)) s"
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
