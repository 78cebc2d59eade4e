#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# format.sh <root>: every C and C++ file is as clang-format 14 would write it.
#
# `clang-format-14 -i <file>` puts it right. Other versions differ in details, so that without
# version 14 the check is skipped (exit 77).
set -euo pipefail
root=${1:?usage: format.sh root-directory}
cd "$root"

formatter=
for candidate in clang-format-14 clang-format; do
	if "$candidate" --version 2>/dev/null | grep -q 'version 14\.'; then
		formatter=$candidate
		break
	fi
done
if [ -z "$formatter" ]; then
	echo "clang-format 14 is not installed (Debian: apt-get install clang-format-14)"
	exit 77
fi

dirs=()
for dir in src include tests bench; do
	[ -d "$dir" ] && dirs+=("$dir")
done
find "${dirs[@]}" \( -name '*.[ch]' -o -name '*.cpp' \) -print0 |
	xargs -0 -r "$formatter" --dry-run -Werror --style=file || exit 1
