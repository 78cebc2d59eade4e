#!/bin/sh
# SPDX-License-Identifier: MIT
# driver_mutants.sh <program>...: the scenarios of a driver with each mutant of it must find what is not
# expected.
set -eu
failed=0
for program in "$@"; do
	status=0
	found=$(timeout 100 "$program" 2>/dev/null | grep -m 1 ', not expected: ') || status=$?
	if [ "$status" != 0 ]; then
		echo "${program##*.}: not found" >&2
		failed=1
	fi
	echo "${program##*.}: $found"
done
echo "$# mutants"
exit "$failed"
