#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# docs.sh <root>: what the documents (*.md) point at exists, and the races that comments cite.
#
# A link to a file of the tree leads to a file, and its #anchor to a heading. A name with a _ that
# is written as code is in a source, a test or a build file: tests by their name there or by what
# follows test_ or bench_. Rows of a table have as many cells as its head. README.md fits 200 lines.
# What a comment cites as (FILE.txt: RACE, RACE), of src/text/scenarios, is a race of that file.
set -euo pipefail
export LC_ALL=C
root=${1:?usage: docs.sh root-directory}
cd "$root"
failed=0

complain() {
	echo "$1" >&2
	failed=1
}

mapfile -t documents < <(find README.md src tests bench include -name '*.md' 2>/dev/null | sort)
[ "${#documents[@]}" -gt 0 ] || { echo "$root: no documents" >&2; exit 2; }

# prose <document>: its lines with their numbers, without those of code blocks.
prose() {
	awk '/^```/ { code = !code; next } !code && !/^(    |\t)/ { print FNR ":" $0 }' "$1"
}

# anchors <document>: of its headings, as GitHub makes them.
anchors() {
	prose "$1" | sed -nE 's/^[0-9]+:#+ //p' | tr '[:upper:]' '[:lower:]' |
		sed -E 's/[^a-z0-9_ -]//g; s/ /-/g'
}

# links <document>: "line target" of each link into the tree.
links() {
	prose "$1" | awk '{
		line = $0
		sub(/:.*/, "", line)
		while (match($0, /\]\([^)]*\)/)) {
			target = substr($0, RSTART + 2, RLENGTH - 3)
			$0 = substr($0, RSTART + RLENGTH)
			if (target !~ /^[a-z]+:/) print line, target
		}
	}'
}

for document in "${documents[@]}"; do
	while read -r line target; do
		file=${target%%#*}
		path=$document
		[ -z "$file" ] || path=$(dirname "$document")/$file
		if [ ! -e "$path" ]; then
			complain "$document:$line: no file $file"
		elif [ "$target" != "$file" ] &&
			! grep -qxF -e "${target#*#}" <<<"$(anchors "$path")"; then
			complain "$document:$line: no heading for #${target#*#}"
		fi
	done < <(links "$document")
done

awk '
	# A | in a cell is written \|.
	function cells(row) { gsub(/\\\|/, "", row); return gsub(/\|/, "", row) }
	FNR == 1 { head = 0 }
	!/^\|/ { head = 0; next }
	!head { head = cells($0) }
	cells($0) != head {
		print FILENAME ":" FNR ": " cells($0) - 1 " cells, the head of the table has " head - 1
		bad = 1
	}
	END { exit bad }' "${documents[@]}" >&2 || failed=1

words=$(find src include tests bench CMakeLists.txt -type f \( -name '*.[ch]' -o -name '*.sh' \
	-o -name '*.cmake' -o -name CMakeLists.txt \) -exec grep -ohE '[A-Za-z0-9_]+' {} + 2>/dev/null |
	sort -u) || true
for document in "${documents[@]}"; do
	names=$(prose "$document" | grep -oE '`[A-Za-z0-9]+_[A-Za-z0-9_]*(\(\))?`' |
		tr -d '`()' | sort -u) || true
	for name in $(comm -23 <(printf '%s\n' "$names") <(printf '%s\n' "$words")); do
		grep -qxF -e "${name#*_}" <<<"$words" && [[ $name =~ ^(test|bench)_ ]] ||
			complain "$document: no source, test or build file has the name $name"
	done
done

# A name that the next line goes on with is no whole name.
while IFS=: read -r source line text races; do
	[ -e "src/text/scenarios/$text" ] || continue
	for race in ${races//[,)]/ }; do
		grep -qxF -e "race $race" "src/text/scenarios/$text" ||
			complain "$source:$line: $text has no race $race"
	done
done < <(grep -rnoE --include='*.[ch]' '[a-z0-9-]+\.txt: ([a-z0-9.-]+, )*[a-z0-9.-]+[,)]' \
	src include tests 2>/dev/null)

if [ -e README.md ] && [ "$(wc -l <README.md)" -gt 200 ]; then
	complain "README.md: $(wc -l <README.md) lines; at most 200"
fi
exit "$failed"
