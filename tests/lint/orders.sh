#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# orders.sh <root> [--print]: memory orders are those that were reviewed, function by function.
#
# x86 shows only that a load overtakes a store (tests/stress/test_port_litmus.c), and TSan only what
# plain data goes with. A weaker order of a locked instruction passes every test. So orders.txt
# lists what each function of the native port, of its grace periods and callbacks, and of the percpu reference
# uses, in the order of the text, unless all of it is relaxed. The author of a change looks at what
# the order pairs with. --print writes such a list.
set -euo pipefail
root=${1:?usage: orders.sh root-directory [--print]}
cd "$root"
list=tests/lint/orders.txt
mapfile -t sources < <(find src -name '*.[ch]' |
	grep -E '^src/(port/native/|port/common/(grace|batch)\.h$|pgmap/percpu_ref\.c$)' | sort)
[ "${#sources[@]}" -gt 0 ] || { echo "$root: no files" >&2; exit 2; }

found=$(awk '
	function flush() {
		if (orders ~ /acquire|release|acq_rel|seq_cst/) print file, name ":" orders
		orders = ""
	}
	FNR == 1 { flush(); file = FILENAME; sub(/^src\//, "", file); name = "(file)" }
	/^#define [A-Za-z_]+\(/ { flush(); name = $2; sub(/\(.*/, "", name) }
	/^[A-Za-z_].*\(/ && !/;$/ {
		flush()
		name = $0
		sub(/\(.*/, "", name)
		sub(/.*[ *]/, "", name)
	}
	{
		line = $0
		gsub(/\/\*.*\*\//, "", line)
		while (match(line, /(HS|__ATOMIC)_(RELAXED|ACQUIRE|RELEASE|ACQ_REL|SEQ_CST)/)) {
			order = substr(line, RSTART, RLENGTH)
			line = substr(line, RSTART + RLENGTH)
			sub(/^(HS|__ATOMIC)_/, "", order)
			orders = orders " " tolower(order)
		}
	}
	/^}/ { flush() }
	END { flush() }' "${sources[@]}")
if [ "${2:-}" = --print ]; then
	printf '%s\n' "$found"
	exit 0
fi
[ -f "$list" ] || { echo "$root/$list: no such file" >&2; exit 2; }
if ! diff <(grep -v '^#' "$list") <(printf '%s\n' "$found") >&2; then
	echo "^ An order has changed (< reviewed, > found): see what it pairs with, then $list." >&2
	exit 1
fi
