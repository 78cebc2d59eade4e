#!/bin/sh
# SPDX-License-Identifier: MIT
# mutants.sh <program> <program of a mutant>...: each mutant of the kernel's code must print something
# else than the code itself (outcomes, a verdict, another data race), those named same_ the same.
# A program's name ends in a dot and the name of its mutant.
set -eu
program=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
found=0
same=0

"$program" 2>/dev/null >"$work/sound" || { cat "$work/sound"; exit 1; }
for mutant in "$@"; do
	name=${mutant##*.}
	status=0
	timeout 300 "$mutant" >"$work/mutant" 2>/dev/null || status=$?
	if [ "$status" -ge 124 ]; then
		echo "$name: a crash, or no end ($status)" >&2
		failed=1
	elif cmp -s "$work/sound" "$work/mutant"; then
		echo "$name: the same"
		same=$((same + 1))
	else
		echo "$name: $(diff "$work/sound" "$work/mutant" | grep '^>' | head -1 | cut -c 3-)"
		found=$((found + 1))
	fi
	case $name in
	same_*) cmp -s "$work/sound" "$work/mutant" || { echo "^ expected the same" >&2; failed=1; } ;;
	*) ! cmp -s "$work/sound" "$work/mutant" || { echo "^ expected a difference" >&2; failed=1; } ;;
	esac
done
echo "$found mutants found, $same the same"
exit "$failed"
