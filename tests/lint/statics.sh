#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# statics.sh <root>: the name of a static function says where it is.
#
# Backtraces, profiles and searches show it without its file. So no name is in two files of src or
# bench, none has fewer than six characters, and each begins with the stem of its file, with a room
# above it, or with both (in src/pgmap/create.c: create_check, pgmap_check, pgmap_create_check). A
# file whose stem says too little, or is no noun, has prefixes of its own in the table below.
#
# Inline functions of headers that begin with hs_ are a room's interface: only the first rule is for
# them. Templates (the strategies of the walk) define the same names, once each, and so do the two
# backends of the seam: port.h declares them, chunk.h is the default of some.
set -euo pipefail
root=${1:?usage: statics.sh root-directory}
cd "$root"

# <file> <prefix>...
own_prefixes=$(cat <<'TABLE'
src/capture/files.c proc
src/capture/pages.c proc
src/capture/vmas.c proc
src/mm/fault_anon.c anon
src/mm/fault_dax.c dax
src/mm/fault_swap.c swap
src/mm/vma.c vmas
src/notifier/notifier.c ns
src/run/removal_scan.c scan
src/run/walk_answer.c answer
src/tool/files.c input
src/walk/era_5_3.h v53
src/walk/era_6_12.h v612
src/walk/hooks.h st
src/walk/reference_5_3.c ref53
src/walk/reference_6_12.c ref612
src/walk/strategy/custom.h st
src/walk/strategy/per_page.h st
src/walk/strategy/per_table.h st
TABLE
)

mapfile -t files < <(find src bench -name '*.[ch]' 2>/dev/null | sort)
[ "${#files[@]}" -gt 0 ] || { echo "$root: no C files" >&2; exit 2; }

# Lines "file line name", for each definition or declaration of a static function. The name of one
# that a macro makes up is not looked at.
list_statics() {
	awk '
		/^(static|HS_ALWAYS_INLINE)[ \t]/ {
			line = FNR
			text = $0
			while (text !~ /[(;={]/ && (getline more) > 0)
				text = text " " more
			gsub(/__attribute__\(\([^;{]*\)\)/, "", text)
			if (!match(text, /[A-Za-z0-9_]\(/))
				next
			text = substr(text, 1, RSTART)
			if (text ~ /[=;{\[]/)
				next
			sub(/^.*[^A-Za-z0-9_]/, "", text)
			if (text !~ /^[A-Z0-9_]+$/)
				print FILENAME, line, text
		}' "$@"
}

list_statics "${files[@]}" | awk -v own_prefixes="$own_prefixes" '
	function complain(what) {
		print file ":" line ": " name ": " what
		failed = 1
	}
	# The file that counts for the first rule.
	function place(file) {
		if (file ~ /^src\/walk\/strategy\/.*\.h$/ || file == "src/walk/hooks.h")
			return "the templates of src/walk"
		if (file ~ /^src\/port\/((native|explore)\/backend|common\/chunk|port)\.h$/)
			return "the seam"
		return file
	}
	function begins(name, prefix) {
		return index(name, prefix "_") == 1
	}
	function has_prefix(name, file,    path, parts, part, i) {
		if (file in own) {
			parts = split(own[file], part, " ")
			for (i = 1; i <= parts; i++)
				if (begins(name, part[i]))
					return 1
		}
		path = file
		sub(/^src\//, "", path)
		sub(/\.[ch]$/, "", path)
		parts = split(path, part, "/")
		for (i = 1; i <= parts; i++)
			if (begins(name, part[i]))
				return 1
		return 0
	}
	BEGIN {
		rows = split(own_prefixes, row, "\n")
		for (i = 1; i <= rows; i++)
			if (match(row[i], / /))
				own[substr(row[i], 1, RSTART - 1)] = substr(row[i], RSTART + 1)
	}
	{
		file = $1; line = $2; name = $3
		if ((file, name) in seen)
			next
		seen[file, name] = 1
		if (!(name in first))
			first[name] = file
		else if (place(first[name]) != place(file))
			complain("also in " first[name])
		if (file ~ /\.h$/ && name ~ /^hs_/)
			next
		if (length(name) < 6)
			complain("shorter than six characters")
		if (!has_prefix(name, file))
			complain("does not begin with a noun of its file")
	}
	END { exit failed }' >&2
