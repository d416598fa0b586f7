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

check 'scripts' scripts
exit $status
