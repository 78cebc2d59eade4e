#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_source.sh <source.sh>: kernel sources that are known, unknown, incomplete, changed or not there.
script=$(realpath "${1:?usage: test_source.sh source.sh}")
# shellcheck source=tests/support/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/shell.sh"
: >out
: >err

# Archives as Debian's, with two files that the list names and one that it does not.
mkdir -p linux-source-9.1/mm linux-source-9.1/include
printf 'VERSION = 9\nPATCHLEVEL = 1\nSUBLEVEL = 7\n' >linux-source-9.1/Makefile
echo 'int a;' >linux-source-9.1/mm/a.c
echo 'int b;' >linux-source-9.1/include/b.h
echo 'int c;' >linux-source-9.1/mm/c.c
tar -cJf linux-source-9.1.tar.xz linux-source-9.1
sum() { sha256sum "$1" | cut -d ' ' -f 1; }
a=$(sum linux-source-9.1/mm/a.c) b=$(sum linux-source-9.1/include/b.h)
cat >known.txt <<TEXT
# a comment
9.1.6-1 mm/a.c $b
9.1.6-1 include/b.h $b

9.1.7-1 mm/a.c $a
9.1.7-1 include/b.h $b
TEXT

# run <exit status> <verb> <source> [<list>]
run() {
	local status=$1 found=0
	what="source.sh $2 $3"
	"$script" "$2" "$3" "${4:-known.txt}" unpacked >out 2>err || found=$?
	[ "$found" = "$status" ] || complain "$what: expected exit status $status, found $found"
}
# state <line>: unpack has printed and written it.
state() {
	[ "$(cat out)" = "$1" ] && [ "$(cat unpacked/state)" = "$1" ] ||
		complain "$what: expected the state '$1'"
}

for source in linux-source-9.1.tar.xz linux-source-9.1; do
	rm -rf unpacked
	run 0 unpack "$source"
	state 'known 9.1.7-1'
	[ ! -e unpacked/mm/c.c ] || complain "$what: a file that the list does not name"
	run 0 check "$source"
	says "^$source: known 9\.1\.7-1$"
	says "^9\.1\.7-1 mm/a\.c $a$"
	says "^9\.1\.7-1 include/b\.h $b$"
done

# The archive is read again only if it or the list has changed.
run 0 unpack linux-source-9.1.tar.xz
: >unpacked/mark
run 0 unpack linux-source-9.1.tar.xz
state 'known 9.1.7-1'
[ -e unpacked/mark ] || complain "$what: it was unpacked twice"
sed '/9.1.7-1/s/include.b.h .*/mm\/c.c '"$(sum linux-source-9.1/mm/c.c)/" known.txt >longer.txt
run 0 unpack linux-source-9.1.tar.xz longer.txt
state 'known 9.1.7-1'
[ -e unpacked/mm/c.c ] && [ ! -e unpacked/mark ] || complain "$what: the list has a path more"

# A file that changes after that is no kernel text any more.
run 0 unpack linux-source-9.1.tar.xz
echo 'int z;' >>unpacked/mm/a.c
run 1 check linux-source-9.1.tar.xz
grep -q "was 'known 9.1.7-1' when it was unpacked" err || complain "$what: what was changed"

# Other text, and a file less: the lines that are printed make a set of them.
echo 'int d;' >>linux-source-9.1/mm/a.c
run 0 unpack linux-source-9.1
state 'unknown 9.1.7'
run 77 check linux-source-9.1
says "^9\.1\.7 mm/a\.c $(sum linux-source-9.1/mm/a.c)$"
says '^not checked: no set of known.txt has these files'
grep '^9' out >new.txt
run 0 unpack linux-source-9.1 new.txt
state 'known 9.1.7'
rm linux-source-9.1/include/b.h
rm -rf unpacked
run 0 unpack linux-source-9.1
state 'unknown 9.1.7'
run 77 check linux-source-9.1
says '^9\.1\.7 include/b\.h missing$'
head -c 100 linux-source-9.1.tar.xz >damaged.tar.xz
run 0 unpack damaged.tar.xz
state 'unknown version'

# Nothing there.
run 0 unpack OFF
state absent
run 77 check OFF
says '^not checked: no kernel source at OFF'

# The list.
run 2 unpack linux-source-9.1 none.txt
echo '# nothing' >empty.txt
run 2 unpack linux-source-9.1 empty.txt
grep -q 'empty.txt: no known set' err || complain "$what"
for line in '9.1 mm/a.c' "9.1 /mm/a.c $a" "9.1 ../a.c $a" "9.1 mm/a.c ${a}0" "9.1 mm/a.c ${a%?}g"; do
	{
		cat known.txt
		echo "$line"
	} >bad.txt
	run 2 unpack linux-source-9.1 bad.txt
	grep -q '^bad.txt:7: expected a version' err || complain "$what: $line"
done
run 2 open linux-source-9.1
verdict
