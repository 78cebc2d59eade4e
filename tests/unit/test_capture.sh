#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_capture.sh <hmmsim> <data>: the layouts of a sample of /proc, byte for byte, and the verb's
# errors.
data=$(realpath "${2:?usage: test_capture.sh hmmsim data-directory}")
# shellcheck source=tests/support/tool.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tool.sh" "$1" capture

# The sample is what its script makes.
cp -r "$data" again
again/make.sh
diff -r "$data" again >&2 || { echo "make.sh makes another sample" >&2; failed=1; }

for pid in 100 200 300 600; do
	run 0 '' --proc "$data" --names "$pid"
	same "$data/$pid.out"
done
run 0 '' --proc="$data" --device='[heap]=private:1/2:2' --device=0x10000-0x14000=coherent:100 \
	-d 0x400000-0x600000=fsdax:1/2,runs=128 100
same "$data/100.device.out"
run 0 '' --proc "$data" --names -o file 100
[ ! -s out ] || complain "-o: something is on stdout"
cmp -s file "$data/100.out" || complain "-o: the file is not what stdout would be"

# Names are shown only if they are asked for.
run 0 '' --proc "$data" 100
grep -q name= out && complain "names without --names"
run 0 '' --names --self
grep -qE '^vma 0x[0-9a-f]+ 0x[0-9a-f]+ rwx? name=\[stack\]$' out || complain "--self: no stack"
if grep -q '^VmFlags:.* pf' /proc/self/smaps; then # [vvar]
	grep -q '^# vmas with p (PFNMAP), whose entries pagemap does not show: [0-9]*$' out ||
		complain "--self: no word on entries that are not shown"
fi
grep -q '^layout process-self$' out || complain "--self: no layout"

# Bad input and usage.
run 2 'capture: process 400: it has no memory: a kernel thread, or it has ended$' --proc "$data" 400
run 0 '' --proc "$data" 500
says '^# lines of smaps that are not understood: 1, the first is line 3$'
says '^vma 0x1000 0x3000 rw$'
run 2 'capture: process 700: no such process$' --proc "$data" 700
run 2 'capture: process 1: no such process$' --proc "$work/none" 1
run 2 'capture: expected one PID, or --self$'
run 2 'see hmmsim capture --help'
run 2 "capture: expected one PID, or --self, found '2'$" 1 2
run 2 "capture: expected one PID, or --self, found '1'$" --self 1
run 2 "capture: expected a PID, a number, found 'init'$" init
run 2 "capture: expected a PID, a number, found ''$" ''
run 2 "capture: expected a PID, a number, found '../1'$" ../1
run 2 "capture: --device: expected a share .*, found '101'$" --self -d all=fsdax:101
run 2 'see hmmsim capture --help' --self -d all=fsdax:101
run 2 "capture: --device: expected PATTERN=KIND:SHARE .*, found 'all'$" --self --device all
run 2 'see hmmsim capture --help' --nonsense
run 2 "^hmmsim capture: --device: expected a PATTERN that matches a page, found 'heap=fsdax:50%'\$" \
	--proc "$data" -d heap=fsdax:50% 100
run 0 '' --proc "$data" -d all=fsdax:0% 100
run 2 "found 'anon=fsdax:1'\$" --proc "$data" -d all=fsdax:100 -d anon=fsdax:1 100
run 2 '^hmmsim: none/file: No such file or directory$' --proc "$data" -o none/file 100
# The old content of a file stays until the new one is complete.
echo old >kept
run 2 'no such process' --proc "$data" -o kept 99999
[ "$(cat kept)" = old ] || complain "capture -o: a failure took the old file"
run 0 '' --proc "$data" -o kept 100
"$hmmsim" capture --proc "$data" 100 | cmp -s - kept || complain "capture -o: not what is printed"
if [ -w /dev/full ]; then
	run 4 '^hmmsim: /dev/full: No space left' --proc "$data" -o /dev/full 100
	status=0
	"$hmmsim" capture --proc "$data" 100 >/dev/full 2>err || status=$?
	[ "$status" = 4 ] || complain "capture >/dev/full: exit status $status"
fi

# Files that must not be read. Root can read all, so the test becomes another user for this.
own=$hmmsim
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$work"
	chmod -R go+rX again
	install -m 755 "$own" program
	# A coverage build writes its counts below GCOV_PREFIX; those of root are not for others.
	install -m 777 -d counts
	printf '#!/bin/sh\nGCOV_PREFIX=%s exec setpriv --reuid=65534 --regid=65534 --clear-groups %s "$@"\n' \
		"$work/counts" "$work/program" >stranger
	chmod +x stranger
	hmmsim=$work/stranger
fi
if "$hmmsim" capture --help >out 2>err; then
	chmod 0 again/100/smaps again/100/pagemap again/200/pagemap
	run 2 'capture: process 100: smaps: Permission denied$' --proc again 100
	run 0 '' --proc again 200
	grep -q '^# no entries: pagemap: Permission denied$' out || complain "no word on pagemap"
	chmod u+rw again/100/smaps again/100/pagemap again/200/pagemap
	# A process of another user: of root.
	if [ "$(stat -c %u /proc/1)" = 0 ]; then
		run 2 'capture: process 1: (smaps: Permission denied|no such process)$' 1
	else
		unchecked+=("a process of another user: process 1 does not belong to root")
	fi
else
	unchecked+=("files that may not be read: another user cannot run $work/program")
fi
hmmsim=$own
rm again/100/pagemap again/kpageflags
run 0 '' --proc again 100
grep -q '^# no entries: pagemap: No such file or directory$' out || complain "no word on pagemap"
grep -q '^map' out && complain "entries without a pagemap"
cp "$data/100/pagemap" again/100/
run 0 '' --proc again 100
same "$data/100.noflags.out"

# Lines of smaps that are wrong.
mkdir again/700
for line in '1000-3000' '1000-3000 rwxq 0 0:0 0' '1000-3000 azxp 0 0:0 0' '1000-3000 rwxp 0 0:0' \
	'1000-1000 rwxp 0 0:0 0' '3000-1000 rwxp 0 0:0 0' '1000-3001 rwxp 0 0:0 0' \
	'1001-3000 rwxp 0 0:0 0' '1000-10000000000003000 rwxp 0 0:0 0' 'Rss: 4 kB' '-' ' '; do
	echo "$line" >again/700/smaps
	run 2 '/smaps:1: expected START-END rwxp OFFSET DEV INODE \[NAME\]$' --proc again 700
done

# Names that differ differ in the layout.
printf '%s\n' '1000-2000 rw-p 0 00:00 0 /a b' '2000-3000 rw-p 0 00:00 0 /a\040b' \
	'3000-4000 rw-p 0 00:00 0 /a\134b' $'4000-5000 rw-p 0 00:00 0 /a\tb' >again/700/smaps
run 0 '' --proc again --names 700
printf 'name=/a\\%sb\n' 040 134040 134134 011 >names
grep -o 'name=.*' out | diff names - >&2 || complain "not these names"

# A page at the last pfn: no pfns are left for device memory.
printf '%s\n' '1000-2000 rw-p 0 00:00 0' 'Rss: 4 kB' >again/700/smaps
printf '\0\0\0\0\0\0\0\0\377\377\377\377\377\0\0\201' >again/700/pagemap
run 0 '' --proc again 700
grep -q '^map 0x1000 4k rw 0xffffffffff of=anon$' out || complain "not the last pfn"
run 2 '^hmmsim capture: --device: no pfns are left for it$' --proc again -d all=fsdax:100 700
rm again/700/pagemap

# A large VMA is read until all resident and swapped pages are found. Its pagemap has one page and,
# far behind it, one swap entry.
word() {
	printf '%b' "\\0\\0\\0\\0\\0\\0\\0\\x$2" |
		dd of=again/700/pagemap bs=8 seek="$1" conv=notrunc status=none
}
word 1 81
word 1000000 40
truncate -s 24M again/700/pagemap
for swap in 0 4; do
	printf '%s\n' '1000-200000000 rw-p 0 00:00 0' 'Rss: 4 kB' "Swap: $swap kB" >again/700/smaps
	run 0 '' --proc again 700
	grep -q '^map 0x1000 4k rw 0x100000 of=anon$' out || complain "the first page is not there"
	grep -q '^# vmas of more than 4 GiB that were not searched for the zero page: 1$' out ||
		complain "no word on what was not read"
	found=$(grep -c '^map 0xf4240000 4k swap 0x1 of=anon$' out)
	[ "$found" = $((swap / 4)) ] || complain "Swap: $swap kB: found it $found times"
done
verdict
