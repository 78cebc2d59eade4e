#!/bin/sh
# SPDX-License-Identifier: MIT
# same_outcomes.sh <count>[,<count>...] <program of the model> <program of the kernel>: both print the
# same outcomes (outcomes.h), so many of each scenario. "kernel alone: " begins what the model has nothing of.
set -eu
expected=$1
model=$("$2")
kernel=$("$3" | grep -vE '^(race|kernel alone): ')
counts=$(printf '%s\n' "$model" | sed -n 's/.*: \([0-9]*\) outcomes$/\1/p' | paste -s -d ,)
printf '%s\n' "$model" | grep ' outcomes$'
if [ "$model" != "$kernel" ]; then
	echo "the outcomes of the kernel's code differ:" >&2
	printf '%s\n' "$model" >"${TMPDIR:-/tmp}/outcomes.$$"
	printf '%s\n' "$kernel" | diff "${TMPDIR:-/tmp}/outcomes.$$" - >&2 || true
	rm -f "${TMPDIR:-/tmp}/outcomes.$$"
	exit 1
fi
if [ "$counts" != "$expected" ]; then
	echo "$counts outcomes, expected $expected" >&2
	exit 1
fi
