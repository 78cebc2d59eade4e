#!/bin/sh
# SPDX-License-Identifier: MIT
# mutants.sh <program> <program of a mutant>...: each mutant of the kernel's code must print outcomes or
# a verdict that the code itself does not, or a data race more; those named same_ must not.
# A program's name ends in a dot and the name of its mutant.
set -eu
program=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
found=0
same=0

# What differs in the mutant. A race that it does not have is no difference.
differences() {
	diff "$work/sound" "$work/mutant" | grep -E '^[<>]' | grep -v '^< race: '
}

"$program" 2>/dev/null >"$work/sound" || { cat "$work/sound"; exit 1; }
for mutant in "$@"; do
	name=${mutant##*.}
	status=0
	timeout 300 "$mutant" >"$work/mutant" 2>/dev/null || status=$?
	what=$(differences | grep '^>' | head -1 | cut -c 3- || true)
	[ -z "$(differences || true)" ] || what=${what:-outcomes are missing}
	echo "$name: ${what:-the same}"
	if [ "$status" -ge 124 ]; then
		echo "^ a crash, or no end ($status)" >&2
		failed=1
	fi
	case $name:$what in
	same_*:) same=$((same + 1)) ;;
	same_*) echo "^ expected the same" >&2; failed=1 ;;
	*:) echo "^ expected a difference" >&2; failed=1 ;;
	*) found=$((found + 1)) ;;
	esac
done
echo "$found mutants found, $same the same"
exit "$failed"
