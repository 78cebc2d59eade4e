#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# broken_units.sh <tests/model> <program>...: the narrow faults of the model tests are those that no
# unit test sees. Each program, linked with the faults, succeeds with each of them.
set -euo pipefail
models=${1:?usage: broken_units.sh tests/model program...}
shift
(($# > 0)) || { echo "usage: broken_units.sh tests/model program..." >&2; exit 2; }

# As clang-format breaks the rows: "{ HS_BREAK_<name>, true," or the two on lines of their own.
mapfile -t faults < <(cat "$models"/test_*_model.c | tr -s ' \t\n' ' ' |
	grep -oE '\{ HS_BREAK_[A-Z0-9_]+, true,' | sed 's/{ HS_BREAK_//; s/,.*//' | sort -u)
[ "${#faults[@]}" -ge 12 ] || { echo "$models: ${#faults[@]} narrow faults" >&2; exit 1; }

failed=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT
for fault in "${faults[@]}"; do
	for program in "$@"; do
		HMMSIM_BREAK=$fault "$program" >"$output" 2>&1 && continue
		echo "$fault: ${program##*/} fails" >&2
		tail -n 5 "$output" >&2
		failed=1
	done
done
echo "${#faults[@]} narrow faults, $# programs"
exit "$failed"
