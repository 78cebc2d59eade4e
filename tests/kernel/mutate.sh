#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# mutate.sh <list> <name> <in> <out>: a kernel file with one change, which exactly one line must show.
set -euo pipefail
usage='usage: mutate.sh list name in out'
list=${1:?$usage} name=${2:?$usage} in=${3:?$usage} out=${4:?$usage}

expression=$(awk -v name="$name" '$1 == name { sub(/^[^ \t]+[ \t]+/, ""); print }' "$list")
[ -n "$expression" ] || { echo "$list: no mutant $name" >&2; exit 2; }
mkdir -p "$(dirname "$out")"
sed -E "$expression" "$in" >"$out"
lines=$(diff "$in" "$out" | grep -c '^>') || true
if [ "$lines" != 1 ]; then
	echo "$list: $name changes $lines lines of $in, expected 1" >&2
	rm -f "$out"
	exit 1
fi
