#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh <fuzzer> <data> <seconds> [corpus]: fuzzes, beginning with seeds from the tests' data.
#
# The name of the fuzzer, fuzz_KIND, says which seeds and words it gets. The corpus directory keeps
# what was found; without one nothing is kept but a failing input.
set -euo pipefail
usage='usage: run.sh fuzzer data-directory seconds [corpus-directory]'
fuzzer=$(realpath "${1:?$usage}")
data=${2:?$usage}
seconds=${3:?$usage}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
corpus=${4:-$work/corpus}
mkdir -p "$work/seeds" "$corpus"
longest=4096

# copy_seeds <file>...: long ones would be cut.
copy_seeds() {
	local file count=0
	for file in "$@"; do
		count=$((count + 1))
		[ "$(wc -c <"$file")" -gt $longest ] || cp "$file" "$work/seeds/$count"
	done
}

# literal_seeds <text>...: as printf takes it.
literal_seeds() {
	local text count=0
	for text in "$@"; do
		count=$((count + 1))
		# shellcheck disable=SC2059 # it is a format
		printf "$text" >"$work/seeds/literal.$count"
	done
}

# words <word>...: what libFuzzer puts into its inputs.
words() {
	printf '"%s"\n' "$@" >>"$work/words"
}

# One scenario a seed.
walk_text() {
	local file
	for file in quirks random devmap; do
		awk -v stem="$work/seeds/$file" -v longest=$longest '
			/^scenario/ { count++ }
			count <= 60 { text = text $0 "\n" }
			/^run/ && count <= 60 {
				if (length(text) < longest)
					printf "%s", text > (stem "." count)
				text = ""
			}' "$data/walk/$file.in"
	done
	words 'hmmsim 1\x0a' 'scenario a\x0a' 'vma 0x1000 0x200000 rw\x0a' 'map 0x1000 4k ' \
		'map 0x200000 2m ' 'map 0x40000000 1g ' 'pgmap 0x1000 0x2000 dead\x0a' \
		'fault thp\x0a' 'faultn 1 ' 'faultat 0x1000 ' 'migwait stay\x0a' 'retry_at 2\x0a' \
		'maxwalks 3\x0a' 'req 0x1000 0x3000 F all 1\x0a' 'in 0 1 FW\x0a' \
		'mode snapshot\x0a' 'run\x0a' 'count=2' 'owner=1' devrw special zero dpw dxw hwp \
		marker poison migw swap tbl none bad
}

layout() {
	copy_seeds "$data"/compare/*.layout "$data"/proc/*.out "$data"/compare/scenarios.in
	words 'hmmsim 1\x0a' 'layout a\x0a' 'vma 0x1000 0x200000 rw name=a\x0a' 'map 0x1000 4k ' \
		'map 0x200000 2m ' 'map 0x40000000 1g ' 'pgmap 0x1000 0x2000 dead\x0a' \
		'type=private' 'type=fsdax' 'type=coherent' 'count=2' 'owner=1' 'of=anon' \
		'of=shmem' '\\040' rw ro devrw dpw zero swap poison none \
		'migrate 0x1000 0x2000 to=0x1000\x0a' 'evict 0x1000\x0a' 'to=system'
	literal_seeds 'hmmsim 1\nlayout m\npgmap 16 32 type=private owner=1\nvma 0x1000 0x3000 rw\nmap 0x1000 4k rw 5 of=anon\nmigrate 0x1000 0x3000 to=16\nevict 16\nmigrate 0x1000 0x2000 to=system\n'
}

# One race a seed: the parts of the one that has everything are found faster alone.
race() {
	copy_seeds "$data"/race/*.race
	literal_seeds 'hmmsim 1\nrace a\nmm M\ntask W\nretry 2\nzap M 0 0x1000 as=a\nuntil\norder a a~\n' \
		'hmmsim 1\nrace b\naxis r 5.3 6.1\npgmap A 8 10 refs=$r\ntask t\nget 8\nput\nexpect leak\n'
	words 'hmmsim 1\x0a' 'race a\x0a' 'axis a b c\x0a' '$a' 'pgmap A 8 10 ' 'file F A 8 2\x0a' \
		'mm M\x0a' 'mmap M 0 0x1000 rws of=F\x0a' 'driver D M 0 0x4000 ' 'gate G\x0a' \
		'flag L\x0a' 'setup\x0a' 'task t\x0a' 'check\x0a' 'retry 3\x0a' 'until\x0a' \
		'set L as=a\x0a' 'order a | a~\x0a' 'must S1 live\x0a' 'must -\x0a' \
		'expect a=c holds executions=3\x0a' 'machine cpus=3 ' 'type=private owner=1' \
		'walk D 0 0x1000 -\x0a' 'begin D\x0a' 'entry M 0 special 1\x0a'
}

claim() {
	copy_seeds "$data"/../../src/claims/c*.txt
	literal_seeds 'C8 verdict=in-part\nC8.a-5.3[b=1,c=d] S1=holds slots=0,VW:8+\n' \
		'hmmsim 1\nclaim C8\nby A\ndate 2019-08-15\nsays B\nmethod counts\nrow a walk s strategy=*\ncontrol b of=a r x=1\nchange C\nclaimed a.ret < 4\n'
	words 'hmmsim 1\x0a' 'claim C8\x0a' 'by A\x0a' 'date 2019-08-15\x0a' 'says B\x0a' \
		'method none\x0a' 'row a r x=*\x0a' 'row a walk s walker=5.3\x0a' 'control b of=a r\x0a' \
		'change C\x0a' 'claimed a.S1 = holds\x0a' 'claimed a.ret >= a.walks\x0a' 'note D\x0a'
}

place() {
	literal_seeds 'all=fsdax:50%%' 'anon=private:1/3:2,runs=4,owner=7' 'file=coherent:100' \
		'0x1000-0x9000=p2pdma:0' '/lib/*=fsdax:1/2:3' '[[]heap]=private:33'
	words all anon file '=fsdax:' '=private:' '=coherent:' '=p2pdma:' ',runs=' ',owner=' \
		'0x1000-0x9000' '%' '1/3' '/lib/a.so' '*'
}

profile() {
	literal_seeds 'hmmsim 1\nprofile a base=light\ncost page 1.5 estimated\n' \
		'hmmsim 1\nprofile b base=distro\ncost grace-period 999999999999.999\n'
	# One without a base, so that each class has a line.
	{
		printf 'hmmsim 1\nprofile c\n'
		printf 'cost %s 1.25\n' page leaf-page hole unreadable empty-pte private-own \
			private-foreign devmap-page devmap-leaf-page call table hit miss put fault \
			zero-fault read grace-period
	} >"$work/seeds/whole"
	words 'hmmsim 1\x0a' 'profile a' ' base=light\x0a' ' base=distro\x0a' 'cost ' ' estimated' \
		page leaf-page hole unreadable empty-pte miss put fault
}

smaps() {
	copy_seeds "$data"/proc/*/smaps "$data"/proc/*/maps
	literal_seeds '1000-3000 r-xp 0 08:01 5 /usr/bin/a program (deleted)\nKernelPageSize: 4 kB\n'
	words '1000-2000 rw-p ' '00:00 0' 'KernelPageSize:' 'Rss:' 'Swap:' 'AnonHugePages:' \
		'FilePmdMapped:' 'VmFlags:' ' io' ' pf' ' mm' ' ht' ' kB\x0a' '\\012' '[heap]'
}

schedule() {
	literal_seeds '1*3 2 c1 1*2' '1' '' '2*1000000' 'c127 31*2'
	words '1*' '2*' ' c0' ' c1' '1*2 2 1'
}

# The fuzzer adds the beginning and the sum to some.
token() {
	local end='leak:sc,r0,c2,s3,u1,n10000,k65536,p0,d1:0123456789abcdef:1x6,2x7,c0,1:'
	literal_seeds "hmmsim1:-:0.2.0:$end" "a+b/c.d_e:0.2.0:$end" "a%%20b:0.2.0:$end" ":0.2.0:$end"
	words 'use-after-free:' 'views,' '%20' ',c0' ',1x2' '18446744073709551615' '4294967295'
}

kind=${fuzzer##*/fuzz_}
case $kind in
walk_text | layout | race | claim | place | profile | smaps | schedule | token) "$kind" ;;
*)
	echo "$fuzzer: no seeds for this fuzzer" >&2
	exit 2 ;;
esac
compgen -G "$work/seeds/*" >/dev/null || { echo "$data: no seed" >&2; exit 2; }

"$fuzzer" -max_total_time="$seconds" -timeout=300 -rss_limit_mb=4096 -max_len=$longest \
	-print_final_stats=1 -verbosity=0 -dict="$work/words" "$corpus" "$work/seeds"
