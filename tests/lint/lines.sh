#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# lines.sh <root>: in src a macro that passes the place of its call is on one line.
#
# In the arguments of a macro that takes several lines, gcc's __LINE__ is the first line and clang's
# the last one. So a report, which names the places of steps and of assertions, would not be the
# same on both. An assertion that does not fit is hs_assert_at(self, HS_HERE, ...), with HS_HERE on
# the line of the name; another call has a variable for what makes it long. The native port has no
# places of steps.
set -euo pipefail
root=${1:?usage: lines.sh root-directory}
cd "$root"

mapfile -t files < <(find src -path src/port/native -prune -o -name '*.[ch]' -print | sort)
[ "${#files[@]}" -gt 0 ] || { echo "$root: no files" >&2; exit 2; }
# All macros whose definition has HS_HERE. HS_ASSERT_LOCK() has it for those that assert a lock.
names=$(cat "${files[@]}" | sed -e ':more' -e '/\\$/{N; s/\\\n/ /; b more' -e '}' |
	sed -nE 's/^#define (hs_[a-z0-9_]+)\(.*HS_(HERE|ASSERT_LOCK\().*/\1/p' | sort -u)
[ -n "$names" ] || { echo "$root: no macro passes the place of its call" >&2; exit 2; }
awk -v names="^(${names//$'\n'/|})\$" '
	# Whether the bracket that opens before @text closes in it.
	function closes(text,    i, c, depth, quote) {
		depth = 1
		for (i = 1; i <= length(text); i++) {
			c = substr(text, i, 1)
			if (quote != "") {
				if (c == "\\") i++
				else if (c == quote) quote = ""
			} else if (c == "\"" || c == "\047")
				quote = c
			else if (c == "(")
				depth++
			else if (c == ")" && !--depth)
				return 1
		}
		return 0
	}
	/^[ \t]*(#|\/?\*)/ || /\\$/ { next }
	{
		rest = $0
		while (match(rest, /[A-Za-z_0-9]+\(/)) {
			name = substr(rest, RSTART, RLENGTH - 1)
			rest = substr(rest, RSTART + RLENGTH)
			if (name == "hs_assert_at" ? index(rest, "HS_HERE") : name !~ names || closes(rest))
				continue
			printf "%s:%d: %s() on more than one line\n", FILENAME, FNR, name
			bad = 1
		}
	}
	END { exit bad }
' "${files[@]}" >&2 || {
	echo "^ Its place would depend on the compiler: see tests/lint/lines.sh." >&2
	exit 1
}
