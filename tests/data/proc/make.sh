#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# make.sh: writes this sample of /proc anew. The text is here, the binary files follow from it.
#
#	100	what root sees: frames in pagemap, and kpageflags
#	200	the same process as its owner sees it: no frames
#	300	only maps, with VMAs that overlap; pagemap ends early
#	400	a kernel thread: smaps is empty
#	500	lines of smaps that are not understood
#	600	what cannot be, because the process changed meanwhile, and what no layout can hold
# kernels.sh writes a /proc each for several kernels.
# shellcheck disable=SC2034 # names inside arithmetic are not seen
set -euo pipefail
cd "$(dirname "$0")"

# le64 <number>: puts eight bytes at the end of $bytes, as escapes of printf.
le64() {
	local hex
	printf -v hex '%016x' "$1"
	bytes+="\\x${hex:14:2}\\x${hex:12:2}\\x${hex:10:2}\\x${hex:8:2}"
	bytes+="\\x${hex:6:2}\\x${hex:4:2}\\x${hex:2:2}\\x${hex:0:2}"
}

# words <array> <count>: so many words, from the array (by index) or 0.
words() {
	local -n array=$1
	local i bytes=
	for ((i = 0; i < $2; i++)); do
		if [ -n "${array[i]:-}" ]; then
			le64 "${array[i]}"
		else
			bytes+='\0\0\0\0\0\0\0\0'
		fi
	done
	printf '%b' "$bytes"
}

present=$((1 << 63)) swap=$((1 << 62)) file=$((1 << 61)) guard=$((1 << 58))
uffd=$((1 << 57)) exclusive=$((1 << 56)) dirty=$((1 << 55))
declare -a seen hidden flags changed

# page <address> <bits> <frame or swap word> [pages]: in both pagemaps; the owner's has no frames.
page() {
	local i first=$(($1 >> 12))
	for ((i = 0; i < ${4:-1}; i++)); do
		seen[$((first + i))]=$(($2 | $3 + i))
		hidden[$((first + i))]=$(($2))
	done
}

# A program's text: a hole in the middle, and a word that says nothing but soft-dirty.
page 0x1000 "present | file" 0x10 2
page 0x3000 dirty 0
page 0x4000 "present | file | exclusive" 0x20
# Its data: a page of the file, one that was copied.
page 0x5000 "present | file | exclusive" 0x21
page 0x6000 "present | exclusive" 0x30
# The heap: own pages, swap (offset 7 on device 1), a guard, the zero page, one shared since a fork,
# one that userfaultfd protects.
page 0x8000 "present | exclusive | dirty" 0x31 2
page 0xa000 "swap" "(7 << 5 | 1)"
page 0xb000 "swap | guard" 0
page 0xc000 present 2
page 0xd000 present 2
page 0xe000 present 0x40
page 0xf000 "present | exclusive | uffd" 0x48
# Shared memory, with a hole that frames do not show. Names may tell, or page flags. A device's
# registers: in a VMA with io pages that have frames; of one with pf too nothing is ever shown.
page 0x10000 "present | file" 0x50 2
page 0x13000 "present | file" 0x52
page 0x1a000 "present | file" 0x60 2
page 0x16000 present 0x1000 2
# Zero pages only: nothing is resident.
page 0x18000 present 2
page 0x19000 present 2
# A huge page; as many small ones that would pass for one; some more.
page 0x200000 "present | exclusive" 0x400 512
page 0x400000 "present | exclusive" 0x600 512
page 0x600000 "present | exclusive" 0x31f 3
# A hugetlb page of two.
page 0x800000 "present | exclusive" 0x800 512
# The huge zero page, after a huge page that smaps counts.
page 0xc00000 "present | exclusive" 0xc00 512
page 0xe00000 "present | file" 0xa00 512
# Pages in a row that no huge page can be, before one; a file's huge page and as many small ones.
page 0x1000000 "present | exclusive" 0x101 512
page 0x1200000 "present | exclusive" 0xe00 512
page 0x1400000 "present | file" 0x1000 512
page 0x1600000 "present | file" 0x1200 512

zero=$((1 << 24)) thp=$((1 << 22)) swapbacked=$((1 << 14))
flags[2]=$zero
for i in 0x50 0x51 0x52 0x60 0x61; do flags[$((i))]=$swapbacked; done
for i in 0x400 0xc00 0xe00; do flags[$((i))]=$((thp | swapbacked)); done
flags[$((0x1000))]=$thp

# vma <line> <page kB> <Rss> <Swap> <AnonHugePages> <VmFlags> [FilePmdMapped]
vma() {
	cat >>smaps <<TEXT
$1
Size:                  4 kB
KernelPageSize:     $2 kB
Rss:                $3 kB
AnonHugePages:      $5 kB
ShmemPmdMapped:        0 kB
FilePmdMapped:      ${7:-0} kB
Swap:               $4 kB
THPeligible:           0
VmFlags: $6
TEXT
}

mkdir -p 100 200 300 400 500 600
rm -f smaps
vma '00001000-00005000 r-xp 00000000 08:01 17                 /usr/bin/a program' 4 12 0 0 'rd ex mr mw me'
vma '00005000-00007000 rw-p 00004000 08:01 17                 /usr/bin/a program' 4 8 0 0 'rd wr mr mw me ac'
vma '00008000-00010000 rw-p 00000000 00:00 0                  [heap]' 4 16 4 0 'rd wr mr mw me ac'
vma '00010000-00014000 rw-s 00000000 00:19 9                  /run/x' 4 12 0 0 'rd wr sh mr mw me ms'
vma '00014000-00016000 rw-s fe000000 00:06 5                  /dev/bar' 4 0 0 0 'rd wr sh mr mw me ms pf io dc de dd'
vma '00016000-00018000 rw-s 00000000 00:06 6                  /dev/io' 4 0 0 0 'rd wr sh mr mw me ms io de dd'
vma '00018000-0001a000 rw-p 00000000 00:00 0 ' 4 0 0 0 'rd wr mr mw me ac'
vma '0001a000-0001c000 rw-s 00000000 00:1a 9                  /dev/shm/y' 4 8 0 0 'rd wr sh mr mw me ms'
vma '00020000-00022000 ---p 00000000 00:00 0 ' 4 0 0 0 'mr mw me'
vma '00200000-00800000 rw-p 00000000 00:00 0 ' 4 4108 0 2048 'rd wr mr mw me ac hg'
vma '00800000-00c00000 rw-p 00000000 00:0f 3                  /anon_hugepage (deleted)' 2048 0 0 0 'rd wr mr mw me de ht'
vma '00c00000-01000000 rw-p 00000000 00:00 0 ' 4 2048 0 2048 'rd wr mr mw me ac hg'
vma '01000000-01400000 rw-p 00000000 00:00 0 ' 4 4096 0 2048 'rd wr mr mw me ac hg'
vma '01400000-01800000 r--p 00000000 08:01 18                 /data' 4 4096 0 0 'rd mr mw me' 2048
# Too large to look for the zero page: the file need not be so long.
vma '40000000-200000000 rw-p 00000000 00:00 0 ' 4 0 0 0 'rd wr mr mw me ac'
vma 'ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0          [vsyscall]' 4 0 0 0 'ex'
for pid in 100 200; do cp smaps $pid; done
rm smaps
words seen 6144 >100/pagemap
words hidden 6144 >200/pagemap
words flags 4609 >kpageflags

cat >300/maps <<'TEXT'
00001000-00003000 rw-p 00000000 00:00 0 
00002000-00004000 rw-p 00000000 00:00 0 
00005000-00007000 rw-p 00000000 00:00 0 
TEXT
early=(0 $((present | exclusive)) "$present")
words early 3 >300/pagemap
: >400/smaps
printf '00001000-00003000 rw-p 00000000 00:00 0 \nRss: 4 kB\n00005000-00006000 rwxq 0 00:00 0\n' >500/smaps

# Half a hugetlb page, one at an odd frame, one that is swapped, a whole one; frames beyond 2^40.
huge() {
	local i first=$(($1 >> 12))
	for ((i = 0; i < $4; i++)); do
		changed[$((first + i))]=$(($2 | $3 + i))
	done
}
huge 0x200000 "present | exclusive" 0x400 256
huge 0x400000 "present | exclusive" 0x701 512
huge 0x600000 swap -i 512 # no offset
huge 0x800000 "present | file" 0x800 512
huge 0x2000 "present | exclusive" "1 << 40" 2
vma '00001000-00005000 rw-p 00000000 00:00 0 ' 4 8 0 0 'rd wr mr mw me'
vma '00008000-00018000 rw-p 00000000 00:00 0 ' 64 0 0 0 'rd wr mr mw me'
vma '00200000-00a00000 rw-s 00000000 00:0f 3                  /huge' 2048 0 0 0 'rd wr sh mr mw me ht'
vma '00a00000-00c00000 rw-s 00000000 00:0f 4                  /huge' 16384 0 0 0 'rd wr sh mr mw me ht'
vma '00c00000-00d00000 rw-s 00000000 00:0f 5                  /huge' 2048 0 0 0 'rd wr sh mr mw me ht'
vma '40000000-80000000 rw-s 00000000 00:0f 6                  /huge' 1048576 0 0 0 'rd wr sh mr mw me ht'
mv smaps 600/smaps
words changed 2560 >600/pagemap

# shellcheck source=tests/data/proc/kernels.sh
. ./kernels.sh
