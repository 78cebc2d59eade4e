#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tidy.sh <root> <compile_commands.json> [checks]: clang-tidy 14 finds nothing in the C files that a
# build compiles.
#
# The checks are those of .clang-tidy, or what a third argument names: 'clang-analyzer-*' takes
# minutes. A file that is compiled several times is looked at once; one below the build, which was made
# or unpacked there, not at all. Other versions find other things, so that without version 14 the check
# is skipped (exit 77).
set -euo pipefail
usage='usage: tidy.sh root-directory compile_commands.json [checks]'
root=$(realpath "${1:?$usage}")
database=$(realpath "${2:?$usage}")
checks=${3:-}
[ -f "$database" ] || { echo "$database: no such file" >&2; exit 2; }

tidy=
for candidate in clang-tidy-14 clang-tidy; do
	if "$candidate" --version 2>/dev/null | grep -q 'version 14\.'; then
		tidy=$candidate
		break
	fi
done
if [ -z "$tidy" ]; then
	echo "clang-tidy 14 is not installed (Debian: apt-get install clang-tidy-14)"
	exit 77
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# CMake writes each member of an entry on a line of its own. The first entry of each file stays. Of
# the options of gcc there, clang takes those that it does not know for errors, but for warnings.
awk -v root="$root" -v build="$(dirname "$database")" -v files="$work/files" '
	BEGIN { print "[" }
	/^\{/ { entry = ""; file = ""; next }
	/^\}/ {
		if (index(file, root "/") == 1 && index(file, build "/") != 1 && !(file in seen)) {
			printf "%s{\n%s}", separator, entry
			print file >files
			separator = ",\n"
		}
		seen[file] = 1
		next
	}
	{
		gsub(/ -fno-reorder-blocks-and-partition/, "")
		entry = entry $0 "\n"
		if (match($0, /^ *"file": "/)) {
			file = substr($0, RLENGTH + 1)
			sub(/",?$/, "", file)
		}
	}
	END { print "\n]" }' "$database" >"$work/compile_commands.json"
[ -s "$work/files" ] || { echo "$database: no file of $root" >&2; exit 2; }

# The options are gcc's: clang need not know them all.
options=(-quiet -p "$work" --extra-arg=-Wno-unknown-warning-option
	--extra-arg=-Wno-ignored-optimization-argument)
[ -z "$checks" ] || options+=("--checks=-*,$checks")
status=0
xargs -a "$work/files" -P "$(nproc)" -n 8 "$tidy" "${options[@]}" >"$work/found" 2>"$work/noise" ||
	status=$?
# A finding in a header comes with each file that includes it.
if grep -E '(error|warning): ' "$work/found" | sort -u >&2; then
	exit 1
fi
[ "$status" = 0 ] || { cat "$work/found" "$work/noise" >&2; exit 1; }
