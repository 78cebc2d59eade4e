#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# check.sh <example> <command>...: the command prints what the comment of the example says it does.
# check.sh --readme <README> <example>: the README's block of C is the example.
set -euo pipefail
usage="usage: check.sh example command... | check.sh --readme README example"

# The indented lines below "Prints:" in a comment, of C or of the shell.
promised() {
	sed -nE '/^( \*|#) Prints:$/,/^( \*\/|[^ #].*|)$/s/^( \*|#)\t//p' "$1"
}

if [ "${1:?$usage}" = --readme ]; then
	awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "${2:?$usage}" |
		diff -u "${3:?$usage}" - >&2 || { echo "$2: the C there is not $3" >&2; exit 1; }
	exit
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
