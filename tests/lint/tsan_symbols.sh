#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tsan_symbols.sh <library>...: no library defines what ThreadSanitizer's runtime defines.
#
# hmmsim::races does, in an archive of its own. In one of the others a callback would take the place
# of libtsan's in every program that is built to be looked at by that.
set -euo pipefail
(($# > 0)) || { echo "usage: tsan_symbols.sh library..." >&2; exit 2; }
failed=0

for library; do
	[ -e "$library" ] || { echo "$library: no such file" >&2; exit 2; }
	if "${NM:-nm}" -P --defined-only "$library" | grep -E '^__tsan_' >&2; then
		echo "^ $library defines callbacks of ThreadSanitizer" >&2
		failed=1
	fi
done
exit "$failed"
