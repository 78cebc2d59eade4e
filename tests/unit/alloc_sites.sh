#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# alloc_sites.sh: where the model allocates, as "file first-line last-line" of each call.
#
# Host code has other means, and tests of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

hosted_floors='port|scenario|explore|live|tool|run'

# A comment or a definition is no call; a call ends where its parentheses do.
find src -name '*.[ch]' | grep -vE "^src/($hosted_floors)/" | sort | xargs awk '
	FNR == 1 { first = open = 0 }
	!first && /^[[:space:]]*(\/?\*|#)/ { next }
	!first && match($0, /(^|[^[:alnum:]_])hs_(pcpu_)?alloc(_at)?\(/) {
		first = FNR
		$0 = substr($0, RSTART)
	}
	first {
		open += gsub(/\(/, "") - gsub(/\)/, "")
		if (open <= 0) {
			print FILENAME, first, FNR
			open = first = 0
		}
	}'
