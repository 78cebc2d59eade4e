#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# breaks.sh <root> [<library>...]: the faults that test builds switch on.
#
# Each fault of src/port/common/breaks.def is in the file that its line names and in no other, has a
# sentence, and a row of a model test finds it, or a run of tests/regress. The libraries, those that
# are installed, have none.
set -euo pipefail
root=${1:?usage: breaks.sh root-directory [library...]}
shift
list=$root/src/port/common/breaks.def
[ -f "$list" ] || { echo "$list: no such file" >&2; exit 2; }
failed=0

complain() {
	echo "$list: $1: $2" >&2
	failed=1
}

# The definitions, a line each: name, file, sentence.
mapfile -t faults < <(tr -s ' \t\n' ' ' <"$list" |
	sed -E 's,/\*([^*]|\*[^/])*\*/,,g; s/HS_BREAK_DEF\(/\n&/g' |
	sed -nE 's/^HS_BREAK_DEF\(([A-Z0-9_]+), "([^"]+)",(.*)\) *$/\1 \2\3/p')
[ "${#faults[@]}" -gt 0 ] || { echo "$list: no faults" >&2; exit 2; }
[ "${#faults[@]}" -eq "$(grep -c '^HS_BREAK_DEF(' "$list")" ] ||
	complain "format" 'expected HS_BREAK_DEF(NAME, "file", "sentence.")'

for fault in "${faults[@]}"; do
	read -r name file sentence <<<"$fault"
	[[ $sentence == *.\" ]] || complain "$name" "what is broken is no sentence"
	found=$(cd "$root/src" && grep -rlE "\\bHS_BREAK(_[A-Z]+_GAP)?\\($name\\b" --include='*.[ch]' . |
		sed 's,^\./,,; /^port\/common\/breaks\.h$/d' | paste -sd' ') || true
	[ "$found" = "$file" ] || complain "$name" "expected in $file, found in ${found:-no file}"
	grep -qE "\\{ HS_BREAK_$name\\b|^[[:space:]]*HS_BREAK_$name," "$root"/tests/model/*.c ||
		grep -qE "\\.fault = HS_BREAK_$name\\b" "$root"/tests/regress/*.c 2>/dev/null ||
		complain "$name" "no test of model or regress has a row for it"
done

# says <number> <words>: the document of the model tests has the number.
says() {
	local document=$root/tests/model/README.md
	[ ! -e "$document" ] || tr '\n' ' ' <"$document" | grep -qE "\\b$1 $2" ||
		complain "$document" "expected '$1 $2'"
}

says "${#faults[@]}" 'faults of one line'
says "$(cat "$root"/tests/model/*.c | tr -s ' \t\n' ' ' |
	grep -oE '\{ HS_BREAK_[A-Z0-9_]+, true,' | sort -u | wc -l)" 'of them are \*narrow\*'

for library in "$@"; do
	if "${NM:-nm}" -A "$library" 2>/dev/null | grep -E ' (hs_break_|breaks_)' >&2; then
		echo "^ Faults are for tests only." >&2
		failed=1
	fi
done
exit "$failed"
