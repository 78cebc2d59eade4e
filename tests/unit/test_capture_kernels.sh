#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_capture_kernels.sh <hmmsim> <data>: what kernels write into smaps and pagemap, each thing on its
# own. The samples of whole kernels are compared byte for byte.
data=$(realpath "${2:?usage: test_capture_kernels.sh hmmsim data-directory}")
# shellcheck source=tests/support/tool.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tool.sh" "$1" capture

for expected in "$data"/[0-9]*.[0-9]*/*.out; do
	pid=$(basename "$expected" .out)
	run 0 '' --proc "$(dirname "$expected")" --names "$pid"
	same "$expected"
	"$hmmsim" compare --no-time out >compared 2>err || complain "compare refuses $expected"
done

mkdir -p proc/1
present=$((1 << 63)) swap=$((1 << 62)) file=$((1 << 61)) guard=$((1 << 58))
uffd=$((1 << 57)) own=$((1 << 56)) soft=$((1 << 55)) shift=$((12 << 55))

# le64 <file> <number>...: eight bytes each.
le64() {
	local bytes= hex number to=$1
	shift
	for number in "$@"; do
		printf -v hex '%016x' "$number"
		for i in 14 12 10 8 6 4 2 0; do bytes+="\\x${hex:i:2}"; done
	done
	printf '%b' "$bytes" >"$to"
}

# capture <smaps> <word of pagemap from page 1 on>...: captures it, which must work. Behind are holes.
capture() {
	printf '%b' "$1" >proc/1/smaps
	shift
	le64 proc/1/pagemap 0 "$@"
	truncate -s 8M proc/1/pagemap
	run 0 '' --proc proc --names 1
}

# maps <line>: must be among the lines of the last layout. denies <pattern>: no line matches it.
maps() {
	grep -qxF -- "$1" out || complain "expected the line: $1"
}
denies() {
	grep -qE -- "$1" out && complain "not expected: $1"
}
anonymous='1000-5000 rw-p 0 00:00 0\n'
flags='VmFlags: rd wr mr mw me ac\n'

# ---- smaps ---------------------------------------------------------------------------------------

# Tabs are blanks, a key ends at its first colon, and no blank need follow it.
capture "1000-5000\trw-p 0\t00:00 0\t [a: b]\nRss:\t\t4\tkB\nTHPeligible:\t\t0\nUnknown: a:b\nVmFlags:rd\twr io\n" \
	$((present | own))
maps 'vma 0x1000 0x5000 rwi name=[a:\040b]'
denies 'not understood'

# Lines that are not understood are counted, and what follows the line of a VMA is not of the one before.
capture "${anonymous}Rss: 8 kB\nnonsense\nSwap: x kB\nSwap: 4 MB\n$flags\n5000-6000 rwxq 0 00:00 0\nRss: 400 kB\nVmFlags: io\n" \
	$((present | own)) $((present | own))
says '^# lines of smaps that are not understood: 4, the first is line 3$'
denies 'disagree'
maps 'vma 0x1000 0x5000 rw'

# A file that ends too early is no whole one.
capture "${anonymous}Rss: 0 kB\n${flags}5000-9000 rw-p 0 00:00 0 \nRss: 0 kB\nPri"
says '^# lines of smaps that are not understood: 1, the first is line 6$'
says '^# smaps ends in the middle of a line$'
says '^# vmas without VmFlags, so without flags i p m: 1$'

# hugetlb before 3.8: no VmFlags. Device-dax has the same page size.
huge='200000-400000 rw-s 0 00:0d 9 /hugetlb/x\nKernelPageSize: 2048 kB\n'
capture "$huge"
maps 'vma 0x200000 0x400000 rwsh name=/hugetlb/x'
capture "${huge}VmFlags: rd wr sh\n"
maps 'vma 0x200000 0x400000 rws name=/hugetlb/x'
capture '1000-5000 rw-s 0 00:06 5 /dev/dax1.0\nKernelPageSize: 4 kB\nVmFlags: rd wr sh\n' $((present | own))
maps 'map 0x1000 4k devrw 0xd00000000 of=file'
says '^pgmap 0xd00000000 0xd00000200 type=generic$'

# Other page sizes.
printf '4000-8000 rw-p 0 00:00 0\nKernelPageSize: 16 kB\n' >proc/1/smaps
run 2 'process 1: expected pages of 4 kB, found pages of 16 kB$' --proc proc 1
le64 proc/1/pagemap 0 $((present | 16 << 55)) $((present | 16 << 55))
printf '%b' "$anonymous" >proc/1/smaps
run 2 'process 1: expected pages of 4 kB, pagemap says pages of 2\^16 bytes$' --proc proc 1

# ---- files ---------------------------------------------------------------------------------------

# of <line after the range> <kind>: pages of such a VMA are of this kind.
of() {
	capture "1000-5000 $1\nRss: 4 kB\nSwap: 0 kB\n$flags" $((present | file))
	grep -q "of=$2\$" out || complain "$1: expected of=$2"
}
of 'rw-s 0 00:01 0 /SYSV00000000 (deleted)' shmem
of 'rw-s 0 00:01 5 /SYSV-backup' file
of 'rw-s 0 00:01 5 /memfd:a b: (deleted)' shmem
of 'rw-s 0 00:01 5 /memfd:x' file
of 'rw-s 0 00:01 5 /dev/zero (deleted)' shmem
of 'rw-s 0 00:01 0 [anon_shmem:x]' shmem
of 'rw-s 0 00:0e 5 anon_inode:[perf_event]' file
of 'rw-s 0 08:01 5 /a\\012b (deleted)' file

# Nothing of a VMA that is shared or has a path is the huge zero page, whatever its inode.
leaf=()
for ((i = 1; i < 1024; i++)); do leaf[i]=0; done
for ((i = 512; i < 1024; i++)); do leaf[i]=$((present | file)); done
capture "200000-400000 rw-s 0 00:01 0 /SYSV00000000 (deleted)\nRss: 2048 kB\n$flags" "${leaf[@]:1}"
maps 'map 0x200000 4k rw 0x100000 count=512 of=shmem'
capture "200000-400000 r--p 0 00:05 0 /x\nRss: 2048 kB\n$flags" "${leaf[@]:1}"
maps 'map 0x200000 4k ro 0x100000 count=512 of=file'
capture "200000-400000 rw-p 0 00:05 7 /dev/zero\nRss: 0 kB\n$flags" "${leaf[@]:1}"
maps 'map 0x200000 4k zero 0x0 count=512'

# ---- pages that are not present, without a swap type --------------------------------------------

shared="Shared_Clean: 0 kB\nShared_Dirty: 8 kB\n"
capture "${anonymous}Rss: 0 kB\nSwap: 16 kB\n$flags" "$swap" "$swap" "$swap" "$swap"
maps 'map 0x1000 4k swap 0x1 count=4 of=anon'
denies '^# .*(swap|disagree)'
capture "${anonymous}Rss: 0 kB\nSwap: 0 kB\n$flags" "$swap" "$swap" $((swap | uffd)) $((swap | guard | soft))
maps 'map 0x1000 4k poison 0x0 count=2'
maps 'map 0x3000 4k marker 0x0'
maps 'map 0x4000 4k poison 0x0'
says '^# entries without a page that are not swap, taken for poison or guards: 2$'
# Two pages that a fork shares, and two guards of 6.14: smaps says that two pages are shared.
capture "${anonymous}Rss: 8 kB\n${shared}Swap: 0 kB\n$flags" "$present" "$present" "$swap" "$swap"
maps 'map 0x1000 4k ro 0x100000 count=2 of=anon'
maps 'map 0x3000 4k poison 0x0 count=2'
# Two zero pages and two on a device.
capture "${anonymous}Rss: 8 kB\nSwap: 0 kB\n$flags" "$present" "$present" "$swap" "$swap"
maps 'map 0x1000 4k zero 0x0 count=2'
maps 'map 0x3000 4k dpw 0x500000000 count=2 owner=1 of=anon'
says 'not swap, taken for device-private memory: 2$'
# Some are swapped and some not.
capture "${anonymous}Rss: 4 kB\nSwap: 4 kB\n$flags" "$swap" "$swap"
says '^# swap entries that are something else, not known which: 1 of 2$'
capture "${anonymous}Rss: 0 kB\nSwap: 4 kB\n$flags" "$swap" $((swap | uffd))
maps 'map 0x1000 4k swap 0x1 of=anon'
maps 'map 0x2000 4k marker 0x0'
# Bit 61 says that a page of a file is there, which migrates; a shared mapping has no swap entries.
capture "1000-5000 rw-s 0 08:01 5 /x\nRss: 4 kB\nSwap: 0 kB\n$flags" $((swap | file)) $((swap | uffd))
maps 'map 0x1000 4k migw 0x100000 of=file'
maps 'map 0x2000 4k marker 0x0'
# Markers of one kind are one line, whatever else their words say.
capture "${anonymous}Rss: 0 kB\nSwap: 0 kB\n$flags" $((swap | 31 | 1 << 5)) \
	$((swap | 31 | 1 << 5 | soft)) $((swap | uffd | 31 | 1 << 5)) $((swap | 31 | 1 << 5))
maps 'map 0x1000 4k marker 0x0 count=4'
capture "${anonymous}Rss: 0 kB\nSwap: 0 kB\n$flags" $((swap | guard)) $((swap | 31 | 4 << 5)) \
	$((swap | 31 | 2 << 5)) $((swap | 31 | 2 << 5))
maps 'map 0x1000 4k poison 0x0 count=4'
# Without figures nothing can be compared.
rm proc/1/smaps
printf '%b' "$anonymous" >proc/1/maps
le64 proc/1/pagemap 0 "$swap" "$swap"
run 0 '' --proc proc --names 1
says '^# swap entries that may be something else: 2$'
rm proc/1/maps

# ---- words and figures that disagree ------------------------------------------------------------

capture "${anonymous}Rss: 12 kB\nSwap: 0 kB\n$flags" $((present | own)) "$present"
says '^# 0x1000-0x5000: pagemap and smaps disagree: 2 resident pages, but Rss says 3$'
capture "${anonymous}Rss: 4 kB\nSwap: 0 kB\n$flags" $((present | own)) $((present | own)) "$present"
says ': pagemap and smaps disagree: 2 resident pages, but Rss says 1$'
says '^# ro entries that may be the zero page: 1$'
denies '^map .* zero'
capture "${anonymous}Rss: 0 kB\nSwap: 8 kB\n$flags" $((swap | 3 | 9 << 5))
says ': pagemap and smaps disagree: 1 swapped pages, but Swap says 2$'
capture "${anonymous}Rss: 4 kB\nAnonHugePages: 2048 kB\n$flags" $((present | own))
says ': pagemap and smaps disagree: 0 places for huge pages, but AnonHugePages says 1$'
capture "1000-5000 rw-s 0 08:01 5 /x\nRss: 4 kB\nShmemPmdMapped: 2048 kB\n$flags" $((present | file))
says ': pagemap and smaps disagree: 0 places .* ShmemPmdMapped and FilePmdMapped says 1$'
capture "${huge}Private_Hugetlb: 2048 kB\nVmFlags: rd wr ht\n"
says ': pagemap and smaps disagree: 0 resident pages, but Shared_Hugetlb and Private_Hugetlb says 512$'

# ---- device memory -------------------------------------------------------------------------------

# Before 6.16 smaps does not count the pages of a DAX file, unless the VMA holds pages without one.
capture "1000-5000 rw-s 0 08:01 5 /pmem/x\nRss: 0 kB\n$flags" "$present" "$present"
maps 'map 0x1000 4k devrw 0x100000000 count=2 of=file'
says '^# pages of files that Rss does not count, taken for device memory: 2$'
capture "1000-5000 rw-s 0 00:06 5 /dev/dri/card0\nRss: 0 kB\nVmFlags: rd wr sh mm\n" "$present"
maps 'map 0x1000 4k specialrw 0x100000'

# page_flags <frame> <word>: in kpageflags.
le64 proc/kpageflags 0 $((1 << 20)) $((1 << 20)) $((1 << 11)) $((1 << 20))
capture "1000-3000 rw-p 0 00:00 0\nRss: 4 kB\n${flags}3000-5000 r--p 0 08:01 5 /x\nRss: 0 kB\n$flags" \
	$((present | own | 1)) $((present | own | 3)) $((present | file | 2))
maps 'map 0x1000 4k rw 0x1 of=anon'
maps 'map 0x3000 4k devro 0x2 of=file'
says '^pgmap 0x0 0x2 type=coherent$'
says '^pgmap 0x2 0x3$'
capture "1000-3000 rw-s 0 00:06 5 /dev/dri/card0\nRss: 0 kB\nVmFlags: mm\n" $((present | 1))
maps 'map 0x1000 4k specialrw 0x1'
capture "1000-3000 rw-s 0 00:15 5 /sys/bus/pci/devices/0/p2pmem/allocate\nRss: 0 kB\nVmFlags: mm\n" \
	$((present | 1))
says '^pgmap 0x0 0x200 type=p2pdma$'
# A pgmap begins with its subsection, also where another ends there, but not before that one's end.
nopage=()
for ((i = 0; i < 0x211; i++)); do nopage[i]=$((1 << 20)); done
le64 proc/kpageflags "${nopage[@]}"
two="1000-3000 rw-p 0 00:00 0\nRss: 4 kB\n${flags}3000-5000 r--p 0 08:01 5 /x\nRss: 0 kB\n$flags"
capture "$two" $((present | own | 0x10)) 0 $((present | file | 0x210))
says '^pgmap 0x0 0x200 type=coherent$'
says '^pgmap 0x200 0x400$'
capture "$two" $((present | own | 0x10)) 0 $((present | file | 0x20))
says '^pgmap 0x0 0x11 type=coherent$'
says '^pgmap 0x20 0x200$'
# Page flags that cannot be read.
rm proc/kpageflags
mkdir proc/kpageflags
capture "${anonymous}Rss: 4 kB\n$flags" $((present | own | 1))
says '^# no page flags: kpageflags: Is a directory$'
rmdir proc/kpageflags

# ---- kernels before 4.2 --------------------------------------------------------------------------

old="${anonymous}Rss: 8 kB\nSwap: 4 kB\n"
capture "${old}Shared_Clean: 0 kB\nShared_Dirty: 0 kB\n$flags" $((present | shift | 5)) \
	$((present | shift | 9)) $((swap | shift | 7 << 5)) "$shift"
maps 'map 0x1000 4k rw 0x5 of=anon'
maps 'map 0x3000 4k swap 0x7 of=anon'
denies 'poison|may be shared'
says '^# pagemap is that of a kernel before 4.2: bits 55 to 60 are the page shift$'
capture "$old$flags" $((present | shift | 5)) $((present | shift | 9)) $((swap | shift | 7 << 5))
says '^# anonymous pages that may be shared with other processes: 2$'
capture "${old}$shared$flags" $((present | shift | 5)) $((present | shift | 9)) $((swap | shift | 7 << 5))
maps 'map 0x1000 4k ro 0x5 of=anon'
# Soft-dirty bits were cleared once: the version tells.
echo 'Linux version 4.1.52 (me@here)' >proc/version
capture "${old}Shared_Clean: 0 kB\n$flags" $((present | soft | 5)) $((present | 6)) $((swap | 7 << 5))
maps 'map 0x1000 4k rw 0x5 count=2 of=anon'
# A later kernel has no page shift, so bits that all words have are just not known.
echo 'Linux version 9.1.0 (me@here)' >proc/version
capture "${anonymous}Rss: 4 kB\n$flags" $((present | own | guard | 5))
maps 'map 0x1000 4k rw 0x5 of=anon'
says '^# pages whose words have bits that are not understood: 1$'
verdict
