#!/bin/sh
# SPDX-License-Identifier: MIT
# floors.sh [APP]: each room of app/, and the rooms it may open besides itself. Files directly in app/ may open all.
rooms='
base
db        base
net       base
web       base
spool     base
guard     base
gate      base db net spool guard
providers base net gate
serve     base web net gate
console   base web gate db
jobs      base net gate db spool
cli       base db net spool guard gate providers jobs
'
cd "${1:-$(dirname "$0")/../app}" || exit 1
status=0
for dir in */; do
    room=${dir%/}
    may=$(echo "$rooms" | grep "^$room\b") || { echo "app/$room is not on any floor: add it to tests/floors.sh" >&2; status=1; continue; }
    for other in $(grep -hoE '^ *# *include +"[^"]*"' "$dir"*.[ch] 2>/dev/null | cut -d'"' -f2 | sort -u); do
        case $other in
        */*) case " $may " in *" ${other%%/*} "*) ;; *) echo "app/$room may not open $other" >&2; status=1 ;; esac ;;
        *) echo "app/$room: write #include \"room/$other\"" >&2; status=1 ;;
        esac
    done
done
exit $status
