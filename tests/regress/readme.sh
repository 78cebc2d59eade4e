#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# readme.sh <README.md> <program>...: the table of the document has what the programs assert.
#
# Each program prints its rows. They are all of the table, in the order of the programs.
set -euo pipefail
readme=${1:?usage: readme.sh README.md program...}
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for program in "$@"; do
	"$program" --list
done >"$work/expected"
sed -n '/^|---/,/^$/p' "$readme" | sed -n '2,/^$/p' | grep '^|' >"$work/found" || true
if ! diff "$work/found" "$work/expected"; then
	echo "^ $readme: < is what its table has, > what the programs print with --list." >&2
	exit 1
fi
