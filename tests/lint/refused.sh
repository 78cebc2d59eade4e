#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# refused.sh <refuse.def> <object>...: the explorer's library calls nothing that its users may not.
#
# The objects of a static library are linked with the options that wrap these symbols, as the program
# is, and run where code under test is refused: on its stacks, and in handlers of its signals.
# syscall() is called for what passes; refuse.c itself has the real ones under other names.
set -euo pipefail
list=${1:?usage: refused.sh refuse.def object...}
shift
(($# > 0)) || { echo "usage: refused.sh refuse.def object..." >&2; exit 2; }

wrapped=$(sed -nE 's/^HS_REFUSE[A-Z_]*\(([A-Za-z0-9_]+)[,)].*/\1/p' "$list" | sort -u)
[ -n "$wrapped" ] || { echo "$list: no calls" >&2; exit 2; }
failed=0
for symbol in $(comm -12 <(printf '%s\n' "$wrapped") \
	<("${NM:-nm}" -u -P "$@" | awk 'NF > 1 { print $1 }' | sort -u)); do
	[ "$symbol" != syscall ] || continue
	"${NM:-nm}" -u -A "$@" | grep -E " $symbol\$" >&2
	failed=1
done
[ "$failed" = 0 ] || echo "^ A program that explores has another one there (port/explore/refuse.c)." >&2
exit "$failed"
