#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# places.sh <root>: no text names a line of one of our C files by its number.
#
# A line moves with every change above it. A test that expects a message with a place expects the file
# and the colon ("mm/fault.c:"), or makes the place of __FILE__ and __LINE__; a document names a function.
# A file that is not in the tree, as in an example, has no lines that move.
set -euo pipefail
root=${1:?usage: places.sh root-directory}
cd "$root"
failed=0

# The selftest plants violations; data of tests are not ours.
mapfile -t texts < <(find src include tests bench README.md -path tests/data -prune -o \
	! -path tests/lint/selftest.sh -type f \
	\( -name '*.[ch]' -o -name '*.cpp' -o -name '*.sh' -o -name '*.txt' -o -name '*.md' -o -name run \) \
	-print 2>/dev/null | sort)
[ "${#texts[@]}" -gt 0 ] || { echo "$root: no files" >&2; exit 2; }
declare -A ours
while read -r file; do ours[${file##*/}]=1; done < <(printf '%s\n' "${texts[@]}" | grep -E '\.(c|h|cpp)$')

# A backslash before the dot: the place is in a pattern.
while IFS= read -r found; do
	name=${found##*[!A-Za-z0-9_.:\\]}
	name=${name%:*}
	name=${name##*:}
	[ -n "${ours[${name//\\/}]:-}" ] || continue
	echo "$found" >&2
	failed=1
done < <(grep -noHE '[A-Za-z0-9_]+\\*\.(c|h|cpp):[0-9]+' "${texts[@]}" || true)
[ "$failed" = 0 ] || echo "^ Expect the file and the colon, or make the line of __LINE__." >&2
exit "$failed"
