#!/bin/sh
# SPDX-License-Identifier: MIT
# house.sh [FOLDER]: the rules of the house that a machine can see, for app/ and tests/ of this tree or of another one.
cd "${1:-$(dirname "$0")/..}" || exit 1
export LC_ALL=C.UTF-8
status=0
code=$(find app -name '*.[ch]' | sort)
all=$(find app tests -name node_modules -prune -o -name '*.[ch]' -print | sort)
c=$(find app -name '*.c' | sort)

forbid() {     # RULE PATTERN FILE…: no line may match
    rule=$1 pattern=$2 && shift 2
    found=$(grep -nP -- "$pattern" "$@" /dev/null) || return 0
    echo "$found" | sed "s|^|$rule: |" >&2
    status=1
}
except() { pattern=$1 && shift && printf '%s\n' "$@" | grep -vE "$pattern"; }

# Lines that are only a comment do not count. A string is taken to end on its line.
string='^(?!\s*(/?\*|//)).*"[^"]*'
forbid 'SQL belongs into app/db and sql' "$string(?i)\\b(select\\s.*\\sfrom|insert\\s+into|update\\s+\\w+\\s+set|delete\\s+from|(create|alter|drop)\\s+(table|index))\\b" $(except '^app/db/' $code)
forbid 'HTML belongs into templates' "$string</?(a|b|p|div|span|table|t[rdh]|[uo]l|li|form|input|button|html|body|head|h[1-6]|br|section|main|nav)[ >/]" $(except '^app/web/(html|svg)' $code)
forbid 'words for people belong into i18n' "$string\\p{Han}" $(except '^app/web/(language|format)\.c$' $c)
forbid 'a sentence for people belongs into i18n' "$string(?<=\")[A-Z][a-z]+( [a-z]+){2,}[.!?]\"" $(find app/console app/serve app/web -name '*.c' 2>/dev/null)
forbid 'unsafe or unbounded call' '^(?!\s*(/?\*|//)).*\b(strcpy|strcat|sprintf|vsprintf|strtok|strtok_r|atoi|atol|atoll|atof|gets|sscanf|strncpy|strncat|alloca|system|popen)\(' $code
forbid 'time and locale of the process' '\b(localtime|gmtime|ctime|asctime|setlocale)\(' $code
forbid 'unfinished' '\b(TODO|FIXME|XXX|HACK)\b' $all
forbid 'tab or space at the end of a line' '\t|\s$' $all
forbid 'line longer than 160 (130 is the aim)' '^.{161,}$' $code
forbid 'typedef of a struct' '^typedef struct' $code

for file in $all; do
    head -n 1 "$file" | grep -q 'SPDX-License-Identifier: MIT' || { echo "no licence line: $file" >&2; status=1; }
done
for file in $c; do
    own=${file#app/} && own=${own%.c}.h
    [ -e "app/$own" ] || continue
    first=$(grep -m 1 '^#include' "$file")
    [ "$first" = "#include \"$own\"" ] || { echo "the first include is not \"$own\": $file" >&2; status=1; }
done

# Memory from the heap: base/ has it, and machines that live long, in the functions that begin and end them; then these few:
#   segment_add        the folder's list of segments grows
#   migrations_read, spool_dlq_each    what scandir gave
#   http_room           what the HTTP client keeps from call to call grows
awk -v may='^(segment_add|http_room|migrations_read|spool_dlq_each)$' '
    FNR == 1 { if (lines > 500) print last ": " lines " lines, 500 is the most"; lines = 0; last = FILENAME; inside = 0 }
    { lines = FNR }
    /^[a-z].*\(/ && !/;$/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name); began = FNR }
    /^{/ { inside = 1 }
    /^}/ && inside { inside = 0; if (FNR - began > 60) print FILENAME ":" began ": " name " has " FNR - began + 1 " lines, 60 is the most" }
    /(^|[^a-z_>.])(malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|posix_memalign|aligned_alloc)\(/ && FILENAME !~ /^app\/base\// &&
        !/^ *(\/?\*|\/\/)/ && name !~ /_(new|free|open|close|start|stop|listen)$/ && name !~ may {
        print FILENAME ":" FNR ": heap in " name ": use the arena, or a constructor (see tests/house.sh)" }
    END { if (lines > 500) print last ": " lines " lines, 500 is the most" }' $code >"${TMPDIR:-/tmp}/house.$$"
[ ! -s "${TMPDIR:-/tmp}/house.$$" ] || { cat "${TMPDIR:-/tmp}/house.$$" >&2; status=1; }
rm -f "${TMPDIR:-/tmp}/house.$$"
exit $status
