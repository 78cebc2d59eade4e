#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# words.sh <root>: words that make a sentence hard to understand, and comments that are too wide.
#
# "Who" in a sentence must be an actor of the program (a task, the caller, the walker), and "is" or
# "are" need the verb that says what happens. Comments of C files are at most 100 columns wide, tabs
# are 8: clang-format breaks code, and leaves comments as they are.
set -euo pipefail
root=${1:?usage: words.sh root-directory}
cd "$root"
failed=0

# Brackets keep this file from containing what it looks for.
words='(who(so)?ever|(some|no|any|every)body)|(is|are)[ ]had|is[ ]of|of[ ]old'
# The selftest plants violations; data of tests are not ours.
mapfile -t texts < <(find src include tests bench README.md -path tests/data -prune -o \
	! -path tests/lint/selftest.sh -type f \
	\( -name '*.[ch]' -o -name '*.cpp' -o -name '*.sh' -o -name '*.cmake' -o -name '*.in' \
	-o -name '*.md' -o -name '*.gp' -o -name CMakeLists.txt -o -name run \) -print 2>/dev/null |
	sort)
[ "${#texts[@]}" -gt 0 ] || { echo "$root: no files" >&2; exit 2; }
if grep -nwiHE "$words" "${texts[@]}" >&2; then
	echo "^ Name the actor, and use the verb that says what happens." >&2
	failed=1
fi

mapfile -t sources < <(printf '%s\n' "${texts[@]}" | grep -E '\.(c|h|cpp)$' || true)
[ "${#sources[@]}" -eq 0 ] || awk '
	FNR == 1 { inside = 0 }
	# Whether some of the line is comment; inside: it began on a line before.
	function has_comment(line,    found, i, two, quote, c) {
		found = inside
		if (inside ? !index(line, "*/") : !index(line, "/*") && !index(line, "//"))
			return found
		for (i = 1; i <= length(line); i++) {
			c = substr(line, i, 1)
			two = substr(line, i, 2)
			if (inside) {
				if (two == "*/") { inside = 0; i++ }
			} else if (quote != "") {
				if (c == "\\") i++
				else if (c == quote) quote = ""
			} else if (two == "/*") { inside = found = 1; i++ }
			else if (two == "//") return 1
			else if (c == "\"" || c == "\047") quote = c
		}
		return found
	}
	function columns(line,    i, at) {
		for (i = 1; i <= length(line); i++)
			at += substr(line, i, 1) == "\t" ? 8 - at % 8 : 1
		return at
	}
	has_comment($0) && length($0) * 8 > 100 && columns($0) > 100 {
		print FILENAME ":" FNR ": a comment of " columns($0) " columns; at most 100"
		wide = 1
	}
	END { exit wide }' "${sources[@]}" >&2 || failed=1
exit "$failed"
