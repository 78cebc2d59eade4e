#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# entries.sh <src>: only mm/entry.h stores entries of page tables, so that what mirrors them is told.
#
# In mm and walk every shared word of 64 bits is an entry. Rooms above mm may store those words of
# their own that are listed here. Rooms below know no page tables (floors.sh).
set -euo pipefail
src=${1:?usage: entries.sh src-directory}
[ -d "$src" ] || { echo "$src: no such directory" >&2; exit 2; }
cd "$src"

own='^device/device\.c:[0-9]+:.*hs_u(64|32)_[a-z]+\(self, &dev->(table|faults)\b'
own+='|^device/device\.c:[0-9]+:.*hs_u64_add\(hs_linux_task\(\), &dev->(refusals|timeouts),'
own+='|^device/dmirror\.c:[0-9]+:.*hs_u64_[a-z]+\(self, &dev->(table|refusals)\b'
own+='|^run/race_driver\.c:[0-9]+:.*hs_u64_store\(self, (entry|&d->entry\[i\]), '
failed=0

rooms() {
	find "$@" -name '*.[ch]' ! -path mm/entry.h 2>/dev/null || true
}

# refuse <complaint> <pattern> <what is allowed> <file>...
refuse() {
	if grep -nHE "$2" "${@:4}" | grep -vE "$3" >&2; then
		echo "^ $1" >&2
		failed=1
	fi
}

mapfile -t tables < <(rooms mm walk)
mapfile -t above < <(rooms device text explore cost capture run compare tool)
[ "${#tables[@]}" -gt 0 ] || { echo "$src: no files" >&2; exit 2; }

set +o pipefail
refuse "An entry changes by hs_entry_set() or hs_entry_swap() of mm/entry.h." \
	'hs_u64_(init|store|xchg|cmpxchg|add|and|or)\(' "$own" "${tables[@]}" "${above[@]}"
refuse "An entry changes by hs_entry_set() or hs_entry_swap() of mm/entry.h." \
	'(\.|->)raw[[:space:]]*([-+|&^]|<<|>>)?=[^=]|__atomic_' '^$' "${tables[@]}"
refuse "What hs_pt_find() finds is const: an entry changes by mm/entry.h." \
	'\*(\)|[a-z_]+ = )?hs_pt_find\(' const "${tables[@]}" "${above[@]}"
refuse "Only mm/table.c makes tables." 'hs_entry_begin\(' '^mm/table\.c:' "${tables[@]}"
exit "$failed"
