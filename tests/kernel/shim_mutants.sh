#!/bin/sh
# SPDX-License-Identifier: MIT
# shim_mutants.sh <program>...: test_shim.c with each mutant of the shim must fail.
set -eu
failed=0
for program in "$@"; do
	status=0
	what=$(timeout 100 "$program" 2>&1) || status=$?
	if [ "$status" = 0 ] || [ "$status" = 127 ]; then
		echo "${program##*.}: not noticed" >&2
		failed=1
	fi
	echo "${program##*.}: $(printf '%s\n' "$what" | grep -aoE 'ERROR: .*' | head -1)"
done
echo "$# mutants"
exit "$failed"
