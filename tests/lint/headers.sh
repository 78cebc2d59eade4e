#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# headers.sh <include>: each public header compiles alone, as C11 and as C++17 without extensions,
# and hmmsim.h includes them all but linux.h, its parts linux_*.h, which linux.h includes, its
# elder linux-5.3.h, and what compilers and linkers are given, races_*.h.
#
# Without a C++ compiler in $CXX only the C half is checked, and the result is "skipped" (exit 77).
set -euo pipefail
include=${1:?usage: headers.sh include-directory}
[ -d "$include/hmmsim" ] || { echo "$include/hmmsim: no such directory" >&2; exit 2; }
failed=0

strict=(-Wall -Wextra -Wpedantic -Wundef -Werror -fsyntax-only -I "$include")

# Including it twice shows a missing guard.
compile() {
	local header=$1
	shift
	printf '#include <hmmsim/%s>\n#include <hmmsim/%s>\nextern int unit_is_not_empty;\n' \
		"$header" "$header" | "$@" "${strict[@]}" - || {
		echo "^ <hmmsim/$header> does not compile alone with: $*" >&2
		failed=1
	}
}

for path in "$include"/hmmsim/*.h; do
	header=${path##*/}
	compile "$header" "${CC:-cc}" -std=c11 -Wstrict-prototypes -x c
	[ -z "${CXX:-}" ] || compile "$header" "$CXX" -std=c++17 -x c++
	# linux.h and linux-5.3.h take the kernel's names, so that a program asks for them by itself.
	# races_calls.h takes those of the C library, and what races_places.h declares only hmmsim::races
	# has.
	umbrella=hmmsim.h
	[[ $header != linux_*.h ]] || umbrella=linux.h
	if [ "$header" != hmmsim.h ] && [ "$header" != linux.h ] &&
		[ "$header" != linux-5.3.h ] && [[ $header != races_*.h ]] &&
		! grep -q "^#include <hmmsim/$header>" "$include/hmmsim/$umbrella"; then
		echo "<hmmsim/$umbrella> does not include <hmmsim/$header>" >&2
		failed=1
	fi
done

[ "$failed" = 0 ] || exit 1
if [ -z "${CXX:-}" ]; then
	echo "no C++ compiler: the headers were not compiled as C++"
	exit 77
fi
