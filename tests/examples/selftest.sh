#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# selftest.sh: the checks of the examples refuse what is wrong.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# expect <status> <what> <command>...
expect() {
	local want=$1 what=$2 got=0
	shift 2
	"$@" >"$work/output" 2>&1 || got=$?
	[ "$got" = "$want" ] && return
	echo "$what: exit status $got instead of $want" >&2
	sed 's/^/    /' "$work/output" >&2
	failed=1
}

# captured.sh, with an hmmsim that prints rows of these strategies: what it says holds, or does not.
cat >"$work/hmmsim" <<'TEXT'
#!/bin/sh
if [ "$1" = capture ]; then
	printf '%s\n' 'hmmsim 1' 'layout process-1' 'pgmap 1 2' 'vma 1 2 r' 'map 1 4k devro 1'
	exit
fi
cat >/dev/null
echo 'the readable vmas one by one: 1 call'
for row in $ROWS; do
	echo "6.12 $row" | tr : ' '
done
TEXT
chmod +x "$work/hmmsim"
# shellcheck disable=SC2317 # expect calls it
captured() {
	ROWS=$1 "$here/check.sh" "$here/captured.sh" "$here/captured.sh" "$work/hmmsim"
}
all='per-page:8:0:8 per-table:8:6:2 per-range:8:7:1'
expect 0 "captured.sh: as promised" captured "$all"
for strategy in per-page per-table per-range; do
	rows=$(tr ' ' '\n' <<<"$all" | grep -v "^$strategy:" | tr '\n' ' ')
	expect 1 "captured.sh: no row $strategy" captured "$rows"
	expect 1 "captured.sh: only row $strategy" captured "$strategy:8:0:8"
done
expect 1 "captured.sh: per-page looks fewer pages up" captured "${all/0:8/1:7}"
expect 1 "captured.sh: per-table looks all pages up" captured "${all/6:2/0:8}"
expect 1 "captured.sh: per-range looks more pages up" captured "${all/7:1/5:3}"

# A session.
cat >"$work/program" <<'TEXT'
#!/bin/sh
echo "$# of $*"
TEXT
chmod +x "$work/program"
printf '$ program a b\n2 of a b\n\n$ program\n0 of \n\n' >"$work/session"
expect 0 "a session as it is" "$here/check.sh" --session "$work/session" "$work/program"
for wrong in 's/2 of/3 of/' 's/\$ program a b/$ program a/' '2d' '1d' 's/^\$/%/'; do
	sed "$wrong" "$work/session" >"$work/other"
	expect 1 "a session with $wrong" "$here/check.sh" --session "$work/other" "$work/program"
done

# The README's block of C.
mkdir "$work/readme"
printf '/* a comment */\n#include <a.h>\nint a;\n' >"$work/readme/a.c"
cat >"$work/readme/README.md" <<'TEXT'
# A

```c
#include <a.h>
int a;
```
TEXT
expect 0 "the example in the README" "$here/check.sh" --readme "$work/readme/README.md" "$work/readme/a.c"
echo 'int b;' >>"$work/readme/a.c"
expect 1 "another one" "$here/check.sh" --readme "$work/readme/README.md" "$work/readme/a.c"
echo '# No C' >"$work/readme/README.md"
expect 1 "none" "$here/check.sh" --readme "$work/readme/README.md" "$work/readme/a.c"

# Sizes and first comments.
mkdir "$work/files"
comment=$'/* SPDX-License-Identifier: MIT */\n/*\n * a.c - adds\n */'
echo "$comment" >"$work/files/a.c"
expect 0 "a file with its comment" "$here/check.sh" --files "$work/files"
printf '\n%.0s' {1..96} >>"$work/files/a.c"
expect 1 "100 lines" "$here/check.sh" --files "$work/files"
echo "${comment/a.c/b.c}" >"$work/files/a.c"
expect 1 "the comment of another file" "$here/check.sh" --files "$work/files"
echo "$comment" | sed 2,4d >"$work/files/a.c"
expect 1 "no comment" "$here/check.sh" --files "$work/files"
exit "$failed"
