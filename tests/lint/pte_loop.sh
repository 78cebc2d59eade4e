#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# pte_loop.sh <function> <object>...: the seam costs the loop over PTEs nothing.
#
# In the machine code of the function there must be a way round from a store of a pfn slot back to
# itself that meets no call, no locked instruction and no thread-local storage: that is the way of
# an ordinary present page. x86-64 only; elsewhere the check is skipped (exit 77).
set -euo pipefail
(($# > 1)) || { echo "usage: pte_loop.sh function object..." >&2; exit 2; }
function=$1
shift
[ "$(uname -m)" = x86_64 ] || { echo "this check reads x86-64 code"; exit 77; }

for object in "$@"; do
	objdump -d --no-show-raw-insn "$object"
done | awk -v function_name="$function" '
	/^[0-9a-f]+ <.*>:$/ { inside = $2 == "<" function_name ">:"; next }
	inside && /^ *[0-9a-f]+:/ {
		addr = $1; sub(/:$/, "", addr)
		at[count] = addr; index_of[addr] = count
		text = $0; sub(/^ *[0-9a-f]+:[ \t]*/, "", text)
		op[count] = text; count++
	}
	# Is there a way from instruction i to the store?
	function reaches(store,    queue, head, tail, seen, i, n, next_addr, words) {
		queue[tail++] = store
		while (head < tail) {
			i = queue[head++]
			n = 0
			delete words
			split(op[i], words, /[ \t]+/)
			if (words[1] ~ /^j/ && (words[2] in index_of))
				next_addr[n++] = index_of[words[2]]
			if (words[1] !~ /^(jmp|ret|ud2)/ && i + 1 < count)
				next_addr[n++] = i + 1
			while (n--) {
				i = next_addr[n]
				if (i == store) return 1
				if ((i in seen) || op[i] ~ /call|lock |%fs:/) continue
				seen[i] = 1
				queue[tail++] = i
			}
		}
		return 0
	}
	END {
		if (!count) { print "no function " function_name > "/dev/stderr"; exit 1 }
		for (s = 0; s < count; s++)
			if (op[s] ~ /^mov +%r[a-z0-9]+,(-?0x[0-9a-f]+)?\(%r[a-z0-9,%]+\)/ &&
			    op[s] !~ /\(%rsp/ && reaches(s)) exit 0
		print function_name ": every way round the loop calls, locks or asks for its thread" \
			> "/dev/stderr"
		exit 1
	}'
