#!/bin/sh
# SPDX-License-Identifier: MIT
# rules_test.sh: the checkers check. Each rule of lint gets a tree that breaks it and must say so, and the sum of tests adds up.
cd "$(dirname "$0")/../.." || exit 1
root=$PWD passed=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
said=$work/said

ok() { passed=$((passed + 1)) && echo "ok $((passed + failed)) - $1"; }
bad() { failed=$((failed + 1)) && echo "not ok $((passed + failed)) - $1" && sed 's/^/    /' "$said"; }
fresh() { rm -rf "$work/tree" && mkdir -p "$work/tree/app/base" "$work/tree/app/web" "$work/tree/app/db" "$work/tree/app/console" "$work/tree/tests" "$work/tree/i18n" "$work/tree/templates"; }
put() { mkdir -p "$(dirname "$work/tree/$1")" && cat >"$work/tree/$1"; }
takes() { name=$1 && shift && if "$@" >"$said" 2>&1; then ok "$name"; else bad "$name"; fi; }
refuses() {    # NAME WORDS COMMAND…: it fails and says the words
    name=$1 words=$2 && shift 2
    if ! "$@" >"$said" 2>&1 && grep -q -- "$words" "$said"; then ok "$name"; else bad "$name"; fi
}

# --- floors ------------------------------------------------------------------------------------------------------------------
fresh
echo '#include "base/arena.h"' | put app/web/x.c
takes 'floors: a lower room' tests/floors.sh "$work/tree/app"
echo '#include "db/db.h"' | put app/web/x.c
refuses 'floors: a room of the same floor' 'app/web may not open db/db.h' tests/floors.sh "$work/tree/app"
echo '#include "x.h"' | put app/web/x.c
refuses 'floors: no room in the name' 'write #include "room/x.h"' tests/floors.sh "$work/tree/app"
fresh && echo '' | put app/attic/x.c
refuses 'floors: a room on no floor' 'app/attic is not on any floor' tests/floors.sh "$work/tree/app"

# --- house rules ---------------------------------------------------------------------------------------------------------------
line() {       # NAME WORDS FILE LINE: a file with this one line breaks a rule; without words it must not
    fresh
    { echo '/* SPDX-License-Identifier: MIT */' && printf '%s\n' "$4"; } | put "$3"
    if [ "$2" ]; then refuses "house: $1" "$2" tests/house.sh "$work/tree"; else takes "house: $1" tests/house.sh "$work/tree"; fi
}
line 'SQL outside db' 'SQL belongs' app/web/x.c 'static const char *s = "select id from users";'
line 'SQL in db' '' app/db/x.c 'static const char *s = "select id from users";'
line 'SQL in a comment' '' app/web/x.c '/* "select id from users" is elsewhere */'
line 'HTML in C' 'HTML belongs' app/console/x.c 'static const char *s = "<div class=x>";'
line 'Chinese in C' 'words for people' app/console/x.c 'static const char *s = "你好";'
line 'English in C' 'a sentence' app/console/x.c 'static const char *s = "Please try this again.";'
line 'a log line in C' '' app/console/x.c 'static const char *s = "page rendered";'
for call in strcpy strcat sprintf strtok atoi sscanf; do line "$call" 'unsafe' app/base/x.c "void f(void) { $call(a, b); }"; done
line 'snprintf' '' app/base/x.c 'void f(void) { snprintf(a, 2, b); }'
line 'an unfinished thing' 'unfinished' app/base/x.c "/* TO""DO: later */"
line 'a tab' 'tab or space' app/base/x.c "$(printf '\tint x;')"
line 'a line of 161' 'longer than' app/base/x.c "/* $(printf %0158d 0) */"
line 'typedef' 'typedef' app/base/x.c 'typedef struct x y;'
fresh && echo 'int x;' | put app/base/x.c
refuses 'house: no licence' 'no licence' tests/house.sh "$work/tree"
heap() { printf '/* SPDX-License-Identifier: MIT */\nvoid *%s(void)\n{\n    return malloc(3);\n}\n' "$2" | put "$1"; }
fresh && heap app/web/x.c page_show
refuses 'house: heap in a page' 'heap in page_show' tests/house.sh "$work/tree"
fresh && heap app/web/x.c server_new
takes 'house: heap in a constructor' tests/house.sh "$work/tree"
fresh && { echo '/* SPDX-License-Identifier: MIT */'; echo 'static int f(void)'; echo '{'; seq 60; echo '}'; } | put app/web/x.c
refuses 'house: a function of 63 lines' 'f has 63 lines' tests/house.sh "$work/tree"
fresh && { echo '/* SPDX-License-Identifier: MIT */'; seq 500; } | put app/web/x.c
refuses 'house: a file of 501 lines' '501 lines' tests/house.sh "$work/tree"
fresh && echo '/* SPDX-License-Identifier: MIT */' | put app/web/x.h && printf '/* SPDX-License-Identifier: MIT */\n#include <a.h>\n#include "web/x.h"\n' | put app/web/x.c
refuses 'house: own header not first' 'first include' tests/house.sh "$work/tree"

# --- messages ----------------------------------------------------------------------------------------------------------------
messages() {   # NAME WORDS ENGLISH CHINESE [C] [TEMPLATE]
    fresh
    printf '{\n%s\n}\n' "$3" | put i18n/en-US.json
    printf '{\n%s\n}\n' "$4" | put i18n/zh-CN.json
    printf '%s\n' "${5:-\"a.x\" \"a.y\"}" | put app/web/x.c
    printf '%s\n' "${6:-}" | put templates/x.html
    if [ "$2" ]; then refuses "messages: $1" "$2" node tests/catalogue.mjs "$work/tree"; else takes "messages: $1" node tests/catalogue.mjs "$work/tree"; fi
}
pair() { printf ' "a.x": "%s",\n "a.y": "%s"' "$1" "$2"; }
both=$(pair one two)
messages 'the same in both' '' "$both" "$both"
messages 'one is missing' 'zh-CN.json: a.y is missing' "$both" ' "a.x": "one"'
messages 'one is too many' 'en-US.json: a.y is missing' ' "a.x": "one"' "$both"
messages 'not sorted' 'does not come after' "$(printf ' "a.y": "1",\n "a.x": "2"')" "$both"
messages 'twice' 'is there twice' "$(printf ' "a.x": "1",\n "a.x": "2",\n "a.y": "3"')" "$both"
messages 'two on a line' 'not one message on one line' ' "a.x": "1", "a.y": "2"' "$both"
messages 'an argument in one language only' 'arguments differ' "$(pair '{n} items' two)" "$both"
messages 'other branches' 'arguments differ' "$(pair '{k, select, a {1} other {2}}' two)" "$(pair '{k, select, b {1} other {2}}' two)"
messages 'plural has other branches by nature' '' "$(pair '{n, plural, one {# item} other {# items}}' two)" "$(pair '{n, plural, other {# items}}' two)"
messages 'no other branch' 'has no "other"' "$(pair '{n, plural, one {1}}' two)" "$(pair '{n, plural, one {1}}' two)"
messages 'an open brace' 'no "}"' "$(pair '{n, plural, other {1}' two)" "$both"
messages 'named in C, not there' 'there is no message a.z' "$both" "$both" '"a.x" "a.y" "a.z"'
messages 'named in a template, not there' 'templates/x.html: there is no message b.q' "$both" "$both" '' '{{_b.q}}'
messages 'there, named nowhere' 'a.y: no template and no C names it' "$both" "$both" '"a.x"'
messages 'named by a template' '' "$both" "$both" '"a.x"' '<p>{{_a.y}}</p>'
messages 'named by its beginning' '' "$both" "$both" '"a.%s"'

# --- what make run says ----------------------------------------------------------------------------------------------------------
sed -n 's/^ *\(en\|zh\)\.\([a-z_]*\)) text=.*/\1 \2/p' lighttpd/messages.sh | sort >"$said"
[ "$(sed -n 's/^en //p' "$said")" = "$(sed -n 's/^zh //p' "$said")" ] && [ -s "$said" ] && ok 'run: every sentence in both languages' || bad 'run: every sentence in both languages'
grep -ohE '\b(say|die) [a-z_]+' lighttpd/*.sh | cut -d' ' -f2 | sort -u >"$work/used"
sed -n 's/^en //p' "$said" >"$work/known" && printf 'failed\ndied\n' >>"$work/used"
[ "$(sort -u "$work/used")" = "$(cat "$work/known")" ] && ok 'run: every sentence is said, and no other' || { diff "$work/used" "$work/known" >"$said"; bad 'run: every sentence is said, and no other'; }

# --- the sum -------------------------------------------------------------------------------------------------------------------
sum() {        # NAME EXPECTED OUTPUT [STATUS]: what a suite prints and how it ends, what the last line must be
    rm -rf "$work/sum" && mkdir -p "$work/sum/tests/sql" && cp tests/test.sh "$work/sum/tests/" && printf 'all units fakellm:\n' >"$work/sum/Makefile"
    { echo '#!/bin/sh' && echo "cat <<'END'" && printf '%s\n' "$3" && echo END && echo "exit ${4:-0}"; } >"$work/sum/tests/sql/run.sh"
    chmod +x "$work/sum/tests/sql/run.sh"
    OUT=out/x "$work/sum/tests/test.sh" sql >"$said" 2>&1
    status=$?
    [ "$(tail -n 1 "$said")" = "$2" ] && { case $2 in *' 0 failed') [ $status = 0 ] ;; *) [ $status != 0 ] ;; esac; } && ok "sum: $1" || bad "sum: $1"
}
sum 'cmocka' '3 passed, 0 failed' '[  PASSED  ] 3 test(s).'
sum 'cmocka, two programs, one failure' '5 passed, 1 failed' "$(printf '[  PASSED  ] 3 test(s).\n[  PASSED  ] 2 test(s).\n[  FAILED  ] 1 test(s), listed below:\n[  FAILED  ] x\n')" 1
sum 'Node, spec' '7 passed, 2 failed' "$(printf 'ℹ tests 9\nℹ pass 7\nℹ fail 2\nℹ cancelled 0\n')" 1
sum 'Node, TAP' '7 passed, 1 failed' "$(printf 'ok 1 - a\n# tests 8\n# pass 7\n# fail 0\n# cancelled 1\n')" 1
sum 'TAP' '2 passed, 1 failed' "$(printf 'ok 1 - a\nnot ok 2 - b\nok 3 - c\n')" 1
sum 'a line like the last' '4 passed, 0 failed' '4 passed, 0 failed'
sum 'a crash after good tests' '3 passed, 1 failed' '[  PASSED  ] 3 test(s).' 139
sum 'nothing at all' '0 passed, 1 failed' ''
sum 'nothing, and a bad end' '0 passed, 1 failed' '' 3
mkdir -p "$work/sum/tests/sql" && printf 'all units fakellm:\n\tfalse\n' >"$work/sum/Makefile"
OUT=out/x "$work/sum/tests/test.sh" sql >"$said" 2>&1 && bad 'sum: cannot be built' ||
    { [ "$(tail -n 1 "$said")" = '0 passed, 1 failed' ] && ok 'sum: cannot be built' || bad 'sum: cannot be built'; }

echo "$passed passed, $failed failed"
[ $failed = 0 ]
