#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check.sh <example> <command>...: the command prints what the comment of the example says it does.
# check.sh --readme <README> <example>: the README's block of C is the example, from its first #include on.
# check.sh --session <file> <program>: each line "$ name argument..." of the file, run with the program, prints what follows.
# check.sh --files <directory>: all sources there have less than 100 lines; C begins with what it is.
set -euo pipefail
usage="usage: check.sh example command... | --readme README example | --session file program | --files directory"

# The indented lines below "Prints:" in a comment, of C or of the shell.
promised() {
	sed -nE '/^( \*|#) Prints:$/,/^( \*\/|[^ #].*|)$/s/^( \*|#)\t//p' "$1"
}

if [ "${1:?$usage}" = --readme ]; then
	awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "${2:?$usage}" |
		diff -u <(sed -n '/^#include/,$p' "${3:?$usage}") - >&2 ||
		{ echo "$2: the C there is not $3" >&2; exit 1; }
	exit
fi
if [ "$1" = --session ]; then
	session=${2:?$usage} program=${3:?$usage}
	commands=$(grep -c '^\$ ' "$session") || { echo "$session: no commands" >&2; exit 1; }
	[ "$(head -c 2 "$session")" = '$ ' ] || { echo "$session does not begin with a command" >&2; exit 1; }
	diff -u "$session" <(sed -n 's/^\$ [^ ]*//p' "$session" | while read -ra arguments; do
		echo "\$ $(basename "$program")${arguments[*]:+ ${arguments[*]}}"
		"$program" "${arguments[@]}"
		echo
	done) >&2 || { echo "$session: $commands commands print something else" >&2; exit 1; }
	exit
fi
if [ "$1" = --files ]; then
	status=0
	while IFS= read -r file; do
		name=$(basename "$file")
		lines=$(wc -l <"$file")
		[ "$lines" -lt 100 ] || { echo "$file: $lines lines" >&2; status=1; }
		[[ $name != *.[ch] || $(sed -n 2,3p "$file") == "/*"$'\n'" * $name - "* ]] ||
			{ echo "$file: no first comment that begins with $name -" >&2; status=1; }
	done < <(find "${2:?$usage}" -type f ! -name '*.out')
	exit "$status"
fi
example=$1
shift
promised=$(promised "$example")
[ -n "$promised" ] || { echo "$example does not say what it prints" >&2; exit 1; }
printed=$("${@:?$usage}")
diff -u <(echo "$promised") <(echo "$printed") >&2 || {
	echo "$example prints something else than it says" >&2
	exit 1
}
