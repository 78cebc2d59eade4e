#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# model_symbols.sh <object>...: the model, built for exploration, reaches the world through the seam.
#
# Whatever the model's objects leave undefined must be a function of the seam (hs_*), a pure
# function of the C library, or something that the compiler itself calls.
set -euo pipefail
(($# > 0)) || { echo "usage: model_symbols.sh object..." >&2; exit 2; }

pure='mem(cpy|move|set|cmp|chr)|str(len|nlen|cmp|ncmp|chr|rchr)|v?snprintf|abort'
fortified='__(mem(cpy|move|set)|v?snprintf)_chk'
compiler='_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__[a-z]+[sdt]i[234]|__(asan|ubsan|tsan)_.*'

# In a sanitizer build both lists hold many names that only the sanitizer made.
undefined=$("${NM:-nm}" -u -P "$@" | awk 'NF > 1 { print $1 }' | sort -u)
defined=$("${NM:-nm}" -g -P --defined-only "$@" | awk 'NF > 1 { print $1 }' | sort -u)

foreign=$(comm -23 <(printf '%s\n' "$undefined") <(printf '%s\n' "$defined") |
	grep -vxE "|hs_.*|$pure|$fortified|$compiler" || true)
if [ -n "$foreign" ]; then
	echo "The explore build of the model needs symbols that are not the seam's:" >&2
	for symbol in $foreign; do
		"${NM:-nm}" -u -A "$@" | grep -E " $symbol\$" >&2
	done
	exit 1
fi
