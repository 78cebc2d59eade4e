# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154 # names in arithmetic; make.sh sources this and has the rest
# kernels.sh: a small /proc for each of several kernels. In each,
#
#	1	is what root sees: frames, swap types, kpageflags
#	2	is the same process as its owner sees it
#
# The keys of smaps, the bits of pagemap and the swap types are those of the kernel.

sizes=(KernelPageSize MMUPageSize)
rss=(Rss Pss)
pages=(Shared_Clean Shared_Dirty Private_Clean Private_Dirty Referenced Anonymous)
huge=(LazyFree AnonHugePages ShmemPmdMapped FilePmdMapped Shared_Hugetlb Private_Hugetlb)
swaps=(Swap SwapPss Locked)

# area <line> <VmFlags> [<key>=<kB>]...: a VMA at the end of smaps. Figures that are not given are 0.
area() {
	local line=$1 vm_flags=$2 range=${1%% *} key
	local -A kb=([KernelPageSize]=4)
	shift 2
	kb[Size]=$(((0x${range#*-} - 0x${range%-*}) / 1024))
	for key in "$@"; do kb[${key%=*}]=${key#*=}; done
	kb[MMUPageSize]=${kb[KernelPageSize]}
	{
		printf '%b\n' "$line"
		for key in "${keys[@]}"; do printf '%-15s %8d kB\n' "$key:" "${kb[$key]:-0}"; done
		printf '%b' "$tail"
		echo "VmFlags: $vm_flags "
	} >>smaps
}

# at <address> <bits> <frame> [pages]: pages in a row, with frames or swap offsets in a row. The owner
# sees the bits; and types and offsets if they are shown.
at() {
	local i first=$(($1 >> 12)) step=1
	local bits=$(($2))
	((bits & swap)) && step=32
	for ((i = 0; i < ${4:-1}; i++)); do
		root[first + i]=$((bits | ($3 + i * step)))
		owner[first + i]=$((bits | (bits & swap && shown ? $3 + i * step : 0)))
	done
}

# marks <address> <bits> <type and offset> <pages>: markers, all with the same offset.
marks() {
	local i
	for ((i = 0; i < $4; i++)); do at $(($1 + (i << 12))) "$2" "$3"; done
}

# entry <type> <offset>
entry() {
	echo $(($2 << 5 | $1))
}

# flag <frame> <pages> <kpageflags>
flag() {
	local i
	for ((i = 0; i < $2; i++)); do page_flags[$1 + i]=$(($3)); done
}

start() {
	kernel=$1 shown=$2
	root=() owner=() page_flags=()
	rm -f smaps
	mkdir -p "$kernel/1" "$kernel/2"
	echo "Linux version $kernel.0 (me@here) (gcc) #1 SMP" >"$kernel/version"
}

# finish <words of pagemap> <words of kpageflags>
finish() {
	cp smaps "$kernel/1"
	cp smaps "$kernel/2"
	words root "$1" >"$kernel/1/pagemap"
	words owner "$1" >"$kernel/2/pagemap"
	words page_flags "$2" >"$kernel/kpageflags"
	rm smaps
}

declare -a root owner page_flags
mmap=$((1 << 11)) anon=$((1 << 12)) poisoned=$((1 << 19)) nopage=$((1 << 20))

# RHEL 7: bits 55 to 60 are the page shift, in holes too; nothing says that a page is mapped once. The
# zero page has no flag yet. The owner may not open pagemap.
start 3.10 1
keys=(Size "${rss[@]}" "${pages[@]}" AnonHugePages Swap "${sizes[@]}" Locked) tail=
shift_bits=$((12 << 55))
for ((i = 0; i < 1536; i++)); do root[i]=$shift_bits; done
at 0x1000 "present | file | shift_bits" 0x100 2
at 0x4000 "present | shift_bits" 0x110 2
at 0x6000 "swap | shift_bits" "$(entry 0 7)" 2
at 0x8000 "swap | shift_bits" "$(entry 31 0x130)"
at 0xa000 "present | file | shift_bits" 0x120 2
at 0x10000 "present | shift_bits" 2
at 0x11000 "present | shift_bits" 2
at 0x14000 "present | shift_bits" 0x140 2
at 0x200000 "present | shift_bits" 0x200 512
at 0x400000 "present | shift_bits" 0x400 512
flag 0x120 2 "mmap | 1 << 14"
flag 0x200 512 "mmap | anon | thp"
area '00001000-00004000 r-xp 00000000 fd:00 4711                       /usr/bin/x' 'rd ex mr mw me dw' \
	Rss=8 Shared_Clean=8
area '00004000-0000a000 rw-p 00000000 00:00 0                          [heap]' 'rd wr mr mw me ac' \
	Rss=12 Private_Dirty=12 Anonymous=12 Swap=8
area '0000a000-0000e000 rw-s 00000000 00:04 0                          /SYSV00000000 (deleted)' \
	'rd wr sh mr mw me ms' Rss=8 Private_Dirty=8
area '00010000-00012000 rw-p 00000000 00:00 0                          [stack:123]' 'rd wr mr mw me ac'
area '00014000-00016000 rw-p 00000000 00:00 0 ' 'rd wr mr mw me ac' Rss=8 Shared_Dirty=8 Anonymous=8
area '00200000-00400000 rw-p 00000000 00:00 0 ' 'rd wr mr mw me ac hg' \
	Rss=2048 Private_Dirty=2048 Anonymous=2048 AnonHugePages=2048
area '00400000-00600000 rw-p 00000000 00:0d 9                          /anon_hugepage (deleted)' \
	'rd wr mr mw me de ht' KernelPageSize=2048
finish 1536 1536
rm -r 3.10/2

# The owner sees swap types; bit 61 is not set for huge pages of files. Device-private pages.
start 5.4 1
keys=(Size "${sizes[@]}" "${rss[@]}" "${pages[@]}" "${huge[@]}" "${swaps[@]}")
tail='THPeligible:\t\t0\nProtectionKey:         0\n'
at 0x1000 "present | file" 0x100 2
at 0x4000 "present | exclusive" 0x110 2
at 0x6000 swap "$(entry 1 7)" 2
at 0x8000 "swap | exclusive" "$(entry 30 0x3000)" 2
at 0xa000 "swap | exclusive" "$(entry 31 0x3002)" 2
at 0xc000 present 2
at 0xd000 present 2
at 0x200000 "present | exclusive" 0x200 512
at 0x400000 present 0x400 512
flag 2 1 "1 << 24"
flag 0x110 2 "mmap | anon"
flag 0x200 512 "mmap | 1 << 14 | thp"
flag 0x400 512 "mmap | thp"
area '00001000-00004000 r-xp 00000000 fd:00 4711 \t/usr/bin/a:b\\012c' 'rd ex mr mw me dw' \
	Rss=8 Shared_Clean=8
area '00004000-0000e000 rw-p 00000000 00:00 0                          [heap]' 'rd wr mr mw me ac' \
	Rss=24 Private_Dirty=24 Anonymous=24 Swap=8 SwapPss=8
area '00200000-00400000 rw-s 00000000 00:01 1027                       /memfd:x (deleted)' \
	'rd wr sh mr mw me ms' Rss=2048 Private_Dirty=2048 ShmemPmdMapped=2048
area '00400000-00600000 r-xp 00000000 fd:00 4712                       /usr/bin/huge' 'rd ex mr mw me' \
	Rss=2048 Shared_Clean=2048 FilePmdMapped=2048
finish 1536 1536

# pte markers have type 30, errors of swap 31; the owner sees no types.
start 6.1 0
keys=(Size "${sizes[@]}" "${rss[@]}" Pss_Dirty "${pages[@]}" "${huge[@]}" "${swaps[@]}")
tail='THPeligible:    0\n'
at 0x1000 "present | exclusive" 0x110 2
at 0x3000 swap "$(entry 31 0x130)"
marks 0x4000 "swap | uffd" "$(entry 30 1)" 3
at 0x7000 "swap | exclusive" "$(entry 27 0x3000)"
at 0x8000 "swap | exclusive" "$(entry 24 0x132)"
at 0x9000 swap "$(entry 0 9)" 2
at 0x10000 present 0x140 2
marks 0x20000 "swap | uffd" "$(entry 30 1)" 8
flag 0x110 2 "mmap | anon"
flag 0x132 1 "mmap | anon"
flag 0x140 2 "mmap | anon"
area '00001000-0000b000 rw-p 00000000 00:00 0 ' 'rd wr mr mw me ac um uw sd' \
	Rss=16 Private_Dirty=16 Anonymous=16 Swap=8
area '00010000-00012000 rw-p 00000000 00:00 0                          [anon:forked]' 'rd wr mr mw me' \
	Rss=8 Shared_Dirty=8 Anonymous=8
area '00020000-00028000 rw-s 00000000 00:01 5                          /dev/zero (deleted)' \
	'rd wr sh mr mw me ms uw'
finish 64 384

# Markers of userfaultfd, and its poison; device-dax.
start 6.6 0
marks 0x1000 "swap | uffd" "$(entry 31 1)" 3
marks 0x4000 swap "$(entry 31 2)" 3
at 0x7000 "present | exclusive | uffd" 0x110 1
at 0x200000 present 0x400 1024
flag 0x110 1 "mmap | anon"
flag 0x400 1024 nopage
area '00001000-00009000 rw-p 00000000 00:00 0 ' 'rd wr mr mw me ac um uw' \
	Rss=4 Private_Dirty=4 Anonymous=4
area '00200000-00600000 rw-s 00000000 00:06 527                        /dev/dax0.0' \
	'rd wr sh mr mw me ms hg' KernelPageSize=2048
finish 1536 2048

# Entries that are not present show nothing to the owner. A page that is poisoned, files of a DAX file
# system, and a VMA above 2^47.
start 6.12 0
keys=(Size "${sizes[@]}" "${rss[@]}" Pss_Dirty "${pages[@]}" KSM "${huge[@]}" "${swaps[@]}")
tail='THPeligible:           0\nProtectionKey:         0\n'
at 0x1000 "present | exclusive" 0x110 2
at 0x3000 present 2
at 0x4000 present 2
at 0x5000 swap "$(entry 27 0x3000)" 3
at 0x10000 "present | exclusive" 0x114 2
at 0x12000 swap "$(entry 23 0x130)"
at 0x13000 swap "$(entry 29 0x131)"
at 0x20000 present 0x300 4
at 0x200000 present 0x400 512
at 0x400000 "present | file" 0x600 512
flag 2 1 "1 << 24"
flag 0x110 6 "mmap | anon"
flag 0x130 1 poisoned
flag 0x131 1 "mmap | anon"
flag 0x300 4 nopage
flag 0x400 512 nopage
flag 0x600 512 "mmap | thp | 1 << 14"
area '00001000-00009000 rw-p 00000000 00:00 0 ' 'rd wr mr mw me ac' \
	Rss=20 Private_Dirty=20 Anonymous=20
area '00010000-00014000 rw-p 00000000 00:00 0                          [anon:pool: \\134]' \
	'rd wr mr mw me ac dp sl ??' Rss=12 Private_Dirty=12 Anonymous=12
area '00020000-00028000 rw-s 00000000 103:00 131                       /mnt/pmem0/small' \
	'rd wr sh mr mw me ms hg'
area '00200000-00400000 rw-s 00000000 103:00 132                       /mnt/pmem0/data' \
	'rd wr sh mr mw me ms hg'
area '00400000-00600000 rw-s 00000000 00:01 1027                       /memfd:a b (deleted)' \
	'rd wr sh mr mw me ms' Rss=2048 Private_Dirty=2048 ShmemPmdMapped=2048
area 'ffffff8000000000-ffffff8000001000 rw-p 00000000 00:00 0 ' 'rd wr mr mw me ac' Rss=4
finish 1536 2048

# Guards have a bit; DAX files say that they are files; memory of a device that the CPU can access.
start 6.18 0
marks 0x1000 "swap | guard" "$(entry 31 4)" 8
at 0x9000 "present | exclusive" 0x110
at 0xa000 swap "$(entry 28 0x340)"
at 0xb000 swap "$(entry 30 0x131)"
at 0xc000 "present | exclusive" 0x300 2
at 0x10000 "present | file" 0x120 2
at 0x20000 "present | file" 0x140 2
at 0x30000 "present | file" 0x320 2
at 0x40000 "present | file" 0x150 2
flag 0x110 1 "mmap | anon"
flag 0x120 2 mmap
flag 0x131 1 "mmap | anon"
flag 0x140 2 "mmap | 1 << 14"
flag 0x150 2 mmap
flag 0x300 2 nopage
flag 0x320 2 nopage
flag 0x340 1 nopage
area '00001000-0000f000 rw-p 00000000 00:00 0 ' 'rd wr mr mw me ac gu' \
	Rss=20 Private_Dirty=20 Anonymous=20
area '00010000-00014000 rw-s 00000000 00:0e 31                         /secretmem (deleted)' \
	'rd wr sh mr mw me ms lo dd' Rss=8 Private_Dirty=8
area '00020000-00024000 rw-s 00000000 00:01 0                          [anon_shmem:x]' \
	'rd wr sh mr mw me ms' Rss=8 Private_Dirty=8
area '00030000-00034000 rw-s 00000000 103:00 133                       /mnt/pmem0/data' \
	'rd wr sh mr mw me ms' Rss=8 Private_Dirty=8
area '00040000-00044000 rw-s 00000000 00:10 2049                       anon_inode:[io_uring]' \
	'rd wr sh mr mw me ms mm dc de dd' Rss=8 Private_Dirty=8
area '00050000-00054000 rw-s 100000000 00:06 480                       /dev/dri/renderD128' \
	'rd wr sh mr mw me ms io pf de dd'
finish 128 1024
