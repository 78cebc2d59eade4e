#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# compare.sh <expected> <command>...: the command prints exactly what is in the file.
#
# Of a difference, the scenario and the lines around it are shown.
set -euo pipefail
expected=${1:?usage: compare.sh expected command...}
[ -s "$expected" ] || { echo "$expected: empty, or not there" >&2; exit 2; }
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$@" >"$work/found" || {
	echo "exit status $?: $*" >&2
	exit 1
}
if ! cmp -s "$expected" "$work/found"; then
	line=$(cmp "$expected" "$work/found" 2>&1 | sed -nE 's/.*line ([0-9]+).*/\1/p')
	echo "The answers differ from $expected, first in" \
		"$(head -n "${line:-1}" "$expected" | grep '^result' | tail -n 1 || true):" >&2
	diff -U 3 "$expected" "$work/found" | head -n 40 >&2 || true
	exit 1
fi
