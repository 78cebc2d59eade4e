#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_compare.sh <hmmsim> <data>: the counts of hmmsim compare, byte for byte; its files, options
# and errors.
data=$(realpath "${2:?usage: test_compare.sh hmmsim data-directory}")
# shellcheck source=tests/support/tool.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tool.sh" "$1" compare

# valid: the file is in the schema of Google Benchmark, with all that compare.py reads.
valid() {
	if [ -z "$(command -v python3)" ]; then
		unchecked+=("JSON: python3 is missing")
		return
	fi
	python3 -m json.tool "$1" >/dev/null || complain "$1: no JSON"
	python3 - "$1" >err 2>&1 <<-'PYTHON' || complain "$1: not in the schema"
		import json, sys
		file = json.load(open(sys.argv[1]))
		assert isinstance(file["context"], dict)
		assert file["benchmarks"]
		seen = set()
		for b in file["benchmarks"]:
		    for key, kind in (("name", str), ("run_name", str), ("run_type", str),
		                      ("iterations", int), ("repetitions", int), ("threads", int),
		                      ("family_index", int), ("per_family_instance_index", int),
		                      ("time_unit", str)):
		        assert isinstance(b[key], kind), (b["name"], key)
		    assert b["real_time"] >= 0 and b["cpu_time"] >= 0, b["name"]
		    assert b["name"].startswith(b["run_name"])
		    which = b["repetition_index"] if b["run_type"] == "iteration" else b["aggregate_name"]
		    assert (b["run_name"], which) not in seen, b["name"]
		    seen.add((b["run_name"], which))
		    if b["name"].split("/")[0] in ("held", "delay"):
		        assert b["inside"] <= b["plays"] and b["verdict"] and b["start"], b["name"]
		        continue
		    if b["name"].split("/")[0] == "migration":
		        total = lambda what: sum(b[key] for key in b if key.startswith(what))
		        assert total("selected_") == total("moved_") + total("refused_"), b["name"]
		        assert b["faults"] <= b["setups"] and b["step"] and b["verdict"], b["name"]
		        continue
		    assert b["calls"] == b["hits"] + b["lookups"], b["name"]
		    assert b["lookups"] == b["refs"] + b["failures"], b["name"]
		    assert b["refs"] == b["puts"] + b["leaked"], b["name"]
	PYTHON
}

# Counts are the same in every run, with every compiler and on every machine.
run 0 '' --no-time --json=standard.json
same "$data/standard.out"
valid standard.json
run 0 '' --no-time --json=again.json
same "$data/standard.out"
cmp -s standard.json again.json || complain "JSON: differs from run to run"
run 0 '' --no-time -l full:2M -l holes:2M -w 6.12 -s none -s per-range --json=small.json
cmp -s small.json "$data/small.json" || complain "JSON: not as in $data/small.json"
run 0 '' --no-time --body=reference
same "$data/standard.out"
run 0 '' --no-time "$data/mixed.layout" --layout=every8:4M \
	--device='all=fsdax:1/2:2' --owner=2
same "$data/mixed.out"
run 0 '' --no-time - <"$data/mixed.layout"
says '^layout mixed: 7 vmas, 3 pgmaps, request none$'

# Options that restrict the rows, and requests.
run 0 '' --no-time -w 5.3 -s none -s per-page -l full:2M
[ "$(grep -c '^5.3 ' out)" = 4 ] || complain "expected two rows, and two for one page"
if grep -q '^6.12 ' out; then complain "a walker that was not asked for"; fi
run 0 '' --no-time -s per-range -l holes:2M
says 'request read$'
says '^6\.12 +per-range +448 +447 +1 +1 +1 +0 +505 +505 '
run 0 '' --no-time -s per-range -l holes:2M -r none
says 'request none$'
says '^6\.12 +per-range +448 +447 +1 +1 +1 +0 +0 +0 '
run 0 '' --no-time -s none -l full:2M -l anon:4M
[ "$(grep '^layout' out)" = "$(printf 'layout full:2M: 1 vma, 1 pgmap, request none\nlayout anon:4M: 1 vma, 0 pgmaps, request none')" ] ||
	complain "the layouts are not in their order"

# The column held counts waits for migration entries too; the column faults does not.
{
	printf 'hmmsim 1\nlayout busy\npgmap 0x200000 0x200200\nvma 0x200000 0x400000 rw\n'
	printf 'map 0x200000 4k devrw 0x200000 count=2\nmap 0x202000 4k migr 0x5000 count=3\n'
	printf 'map 0x205000 4k rw 0x6000 count=507\n'
} >busy
run 0 '' --no-time -w 6.12 -s per-call -r read busy
says '^6\.12 +per-call +2 +1 +1 +1 +1 +0 +0 +3 +4 +ok '

# A call of one page: strategies with equal figures share a line.
run 0 '' --no-time -l alternating:2M -w 6.12 -s none -s per-table -s per-call
says '^a call of one page; predicted in ns$'
says '^6\.12 +none +0 +0 +0 +0 .* 57\.08 +1\.00 '
says '^6\.12 +per-table,per-call +1 +0 +1 +1 .* 64\.93 +1\.14 '
run 0 '' --no-time -l anon:2M -w 6.12
says '^6\.12 +none\.\.per-call +0 +0 +0 +0 '

# A scenario is a layout of what it walks, with its request and owner.
run 0 '' --no-time -w 6.12 -s none -s per-table -s per-range "$data/scenarios.in"
same "$data/scenarios.out"
run 0 '' --no-time -w 6.12 -s none -r none --owner=8 "$data/scenarios.in"
says '^layout faulted: 1 vma, 1 pgmap, request none$'
scripted='scenario s\nvma 0x1000 0x2000 r\nreq 0x1000 0x2000'
for lines in "$scripted F 0 0\nfault oom" "$scripted F 0 0\nfaultn 1 oom" \
	"$scripted F 0 0\nfaultat 0x1000 oom" "$scripted F 0 0\nmigwait stay" \
	"$scripted F 0 0\nmode snapshot" "$scripted 0 F 0\nin 0 1 F" "$scripted 0 0 0\nretry_at 1"; do
	printf '%b' "# one\n$lines\nrun\n" >scripted.in
	run 2 '^scripted\.in:2: scenario: expected no scripted faults, .* or the option --request$' \
		--no-time scripted.in
	run 0 '' --no-time -w 6.12 -s none -r none scripted.in
done
printf '%b' "$scripted 0 0 0\nfault oom\nmode snapshot\nin 0 1 F\nmaxwalks 3\nrun\n" >harmless.in
run 0 '' --no-time -w 6.12 -s none harmless.in
says '^layout s: 1 vma, 0 pgmaps, request none$'
# A scenario of the walkers' tests is refused with a message, or counted as the walker counts it.
accepted=0
for file in quirks devmap; do
	awk '/^scenario/ { n++ } n <= 40 { print >("scenario" n ".in") }' "$data/../walk/$file.in"
	for scenario in scenario*.in; do
		if ! "$hmmsim" compare --no-time -w 6.12 -s per-page "$scenario" >out 2>err; then
			grep -qE "^$scenario:[0-9]+: |: expected pgmap lines for its device memory" err ||
				complain "$file, $scenario: not refused in a sentence"
			continue
		fi
		"$hmmsim" walk -w 6.12 -s per-page "$scenario" >walked
		if grep -q 'livelock 1' walked; then continue; fi
		accepted=$((accepted + 1))
		lookups=$(awk '$1 == "pgmap" { print $3 }' walked)
		[ "$(awk '$1 == "6.12" { print $3; exit }' out)" = "${lookups:-0}" ] ||
			complain "$file, $scenario: expected ${lookups:-0} lookups as hmmsim walk"
	done
	rm scenario*.in
done
[ "$accepted" -ge 30 ] || complain "only $accepted scenarios are accepted"

# Another profile: a lookup for 120 ns.
printf 'hmmsim 1\nprofile mine base=distro\ncost miss 120\n' >mine.cost
run 0 '' --no-time -l full:2M -s none -s per-page -p mine.cost
says ' mine  x none$'
says '^6\.12 +per-page .* 141\.26 +14\.32$'

# Removals during walks give the same figures everywhere, too.
run 0 '' --no-time --removal -l full:4M -l holes:4M -l private:4M "$data/mixed.layout" \
	-d all=fsdax:1/2 --json=removals.json
same "$data/removal.out"
valid removals.json
run 0 '' --no-time --teardown -l holes:1M -s none -s per-range --json=removal.json
cmp -s removal.json "$data/removal.json" || complain "JSON: not as in $data/removal.json"

# Layouts from which nothing can be removed: the reason is printed.
run 0 '' --no-time --removal -s none -l anon:2M
says '^no removal: no walk looks up a pgmap that is alive$'
run 0 '' --no-time --removal -s none -l full:257M
says '^no removal: the range has more than 65536 pages$'
{
	printf 'hmmsim 1\nlayout dead\npgmap 0x200000 0x200200\npgmap 0x200200 0x200400 dead\n'
	printf 'vma 0x1000 0x3000 rw\nmap 0x1000 4k devrw 0x200000\n'
} >dead
run 0 '' --no-time --removal -w 6.12 -s per-call dead
says '^6\.12 +per-call +kill-first '
printf 'map 0x2000 4k devrw 0x200200\n' >>dead
run 0 '' --no-time --removal -w 6.12 -s per-call dead
says '^no removal: a pgmap is mapped that is dead: walks go round in vain whatever is removed$'

{
	printf 'hmmsim 1\nlayout near\npgmap 0x200000 0x200010\npgmap 0x200010 0x200020\n'
	printf 'vma 0x1000 0x3000 rw\nmap 0x1000 4k devrw 0x200000\n'
} >near
run 0 '' --no-time --removal -w 6.12 -s per-call near
says '^no removal: the pgmap goes in subsections of 512 pages, and another has pages in them$'

# A fault that sleeps has more points to begin at; an atomic reference needs no grace period.
run 0 '' --no-time -w 6.12 -s per-range -l holes:2M --sleep=3
says '^its device memory is removed meanwhile, faults and waits sleep for 3 points; '
says '^6\.12 +per-range +kill-first +24 +23 +511 +1 +505 +0 +0 +1 '
run 0 '' --no-time -w 6.12 -s none -l full:2M --atomic
says '^its device memory is removed meanwhile, its reference is atomic; '
says '^6\.12 +none +kill-first +[0-9]+ +[0-9]+ +0 +0 +0 +0 +0 +0 '

# So do migrations, and the walks before and after them.
run 0 '' --no-time --migrate -s none -s per-page -l private:4M -l every8:2M -l thp:2M \
	"$data/moves.layout" --json=migrations.json
same "$data/migrate.out"
valid migrations.json
run 0 '' --no-time --migrate=range -r read -s none "$data/moves.layout" --json=migrate.json
cmp -s migrate.json "$data/migrate.json" || complain "JSON: not as in $data/migrate.json"
says '^back by range +2 +0 +0 +2 +4 +6 +6 +0 +6 '
says '^refused in back by range: 6 no target$'
run 0 '' --no-time -s none -w 6.12 "$data/moves.layout"
! grep -q migrat out || complain 'a migration without --migrate'
# Pages that --device has put there are a part of it, and the added pgmap lies behind them.
run 0 '' --no-time --migrate -s none -w 6.12 -l anon:2M -d anon=private:1/4,owner=3
says '^all to=0x100080000 +1 +0 +384 +0 +0 +0 +384 +0 +0 +384 +384 +1 +512 +-$'
says '^removal of 0x100000000 +1 +0 +0 +128 '
{
	printf 'hmmsim 1\nlayout closed\nvma 0x1000 0x3000 -\nmap 0x1000 4k rw 5 count=2 of=anon\n'
	printf 'vma 0x3000 0x4000 r\n'
} >closed
run 0 '' --no-time --migrate -s none -w 6.12 closed
says '^refused in back by fault: 2 closed$'
run 0 '' --no-time --migrate -s none -l full:2M
says '^no migration: no anonymous memory is mapped in small pages, in a vma that migrates$'
{
	printf 'hmmsim 1\nlayout beside\npgmap 0x200000 0x200010 type=private owner=1\n'
	printf 'pgmap 0x200010 0x200020\nvma 0x1000 0x3000 rw\nmap 0x1000 4k rw 5 of=anon\n'
} >beside
run 0 '' --no-time --migrate -s none beside
says '^no migration: a pgmap goes in subsections of 512 pages, and something else is in them$'
run 2 "^hmmsim compare: --migrate: expected fault or range, found 'swap'\$" --migrate=swap
run 2 '^hmmsim compare: --migrate: expected once, found again$' --migrate --migrate=range

# Times, measured briefly.
run 0 '' -l full:2M -l vmas:2M --repetitions=3 --json=timed.json
says '^walker +strategy +ns/page +p10 +p90 +x none +one page '
[ "$(grep -cE '^walker .* one page ' out)" = 2 ] ||
	complain "the call of one page is not measured once a layout"
says '^6\.12 +none +[0-9]+\.[0-9]{2} +[0-9]+\.[0-9]{2} +[0-9]+\.[0-9]{2} +1\.00 '
if grep -q "$(printf '\033')" out; then complain "colours, but no terminal"; fi
valid timed.json
grep -q '"name": "walk/layout:full:2M/walker:6.12/strategy:none"' timed.json ||
	complain "JSON: nothing measured"
grep -q '"name": "walk/layout:full:2M/walker:6.12/strategy:none_median"' timed.json ||
	complain "JSON: no median"

# Errors have names, and walks that a dead pgmap keeps in passes a verdict.
printf '%b' "scenario fails\nvma 0x1000 0x3000 r\nmap 0x1000 4k hwp 0\nreq 0x1000 0x3000 F 0 0\nrun\n" >fails.in
run 0 '' --no-time -w 6.12 -s none fails.in
says '^6\.12 +none .* -EFAULT +- '
printf '%b' "scenario two\nvma 0x1000 0x3000 r\nvma 0x3000 0x4000 rw\nmap 0x1000 4k hwp 0\n" \
	"req 0x1000 0x4000 F 0 0\nrun\n" >two.in
run 0 '' --no-time -w 6.12 -s none two.in
says '^6\.12 +none .* -EFAULTx1 '
run 0 '' --no-time --removal -w 6.12 -s none -l full:2M
says '^6\.12 +none +correct .* -EBUSY +ok +retry:1 '

# With --check a violation is exit status 1, and a part without a verdict 3.
# judged <exit status with --check> <argument>...
judged() {
	local status=$1
	shift
	run 0 '' --no-time "$@"
	cp out unchecked
	run "$status" '' --no-time --check "$@"
	cmp -s out unchecked || complain "compare --check $*: other tables"
}
printf '%b' 'hmmsim 1\nlayout leak\npgmap 0x200000 0x200200\nvma 0x1000 0x3000 rw\n' \
	'map 0x1000 4k devrw 0x200000\nmap 0x2000 4k special 5\n' >leak
judged 0 -l full:2M -l holes:2M
judged 1 -w 5.3 -s per-table leak
judged 0 -w 5.3 -s per-range leak
judged 1 -w 5.3 -s per-range -s per-table -l full:2M leak
judged 1 -w 5.3 -s per-table -t leak
says '^5\.3 +per-table +correct .* stuck '
sed 's/^vma.*/&m/' leak >mixed
judged 0 -w 6.12 -s none -t mixed
! grep -q '^badpte ' out || complain 'a bad entry'
judged 1 -w 6.12 -s none leak
says '^badpte 1: special entries in a vma that should have none$'
judged 0 -w 5.3 -s none leak
! grep -q '^badpte ' out || complain 'a bad entry'
judged 1 -w 6.12 -s per-call dead
says '^6\.12 +per-call .* livelock '
judged 0 -w 6.12 -s none dead
judged 3 -w 6.12 -s none -t dead
judged 3 -w 6.12 -s per-call -t near
judged 3 -w 6.12 -s none -t -l full:257M
judged 0 -w 6.12 -s none -l full:257M
judged 0 -w 6.12 -s none -t -l anon:2M
judged 0 -s none --migrate "$data/moves.layout" closed
judged 0 -s none --migrate -l full:2M
judged 3 -s none --migrate beside
printf 'hmmsim 1\nlayout wide\nvma 0x1000 0x2000 r\nvma 0x7f0000000000 0x7f0000001000 r\n' >wide
judged 3 wide
judged 1 -w 5.3 -s per-table wide leak
run 2 '^hmmsim: none: No such file' --check leak none

# A --device that matches nothing anywhere is an error, and none that matches in one layout.
run 0 '' --no-time -w 6.12 -s none -l anon:2M -l full:2M -d anon=fsdax:50%
run 2 "^hmmsim compare: --device: expected a PATTERN that matches a page, found 'heap=fsdax:50%'\$" \
	--no-time -l anon:2M -d anon=fsdax:50% -d heap=fsdax:50%
run 0 '' --no-time -w 6.12 -s none -l anon:2M -d all=fsdax:0%

# Millions of pages are walked in seconds.
run 0 '' --no-time -l half:8G -s per-page -w 6.12
says '^6\.12 +per-page +1048576 +0 +1048576 +1048576 +1048576 '

# Pictures.
env PATH=/nowhere "$hmmsim" compare --plot=x.svg >out 2>err
[ "$?" = 2 ] || complain "--plot without gnuplot: not exit status 2"
grep -q '^hmmsim compare: --plot: gnuplot is missing' err || complain "--plot: no message"
# A file that may not be executed, or is a folder, is no gnuplot; a later one in PATH is.
mkdir -p path/plain path/folder/gnuplot path/good
printf '#!/bin/sh\ncat >/dev/null\necho "<svg>drawn</svg>"\n' >path/plain/gnuplot
env PATH="$PWD/path/plain:$PWD/path/folder" "$hmmsim" compare --plot=x.svg >out 2>err
[ "$?" = 2 ] || complain "--plot with a gnuplot that cannot run: not exit status 2"
grep -q '^hmmsim compare: --plot: gnuplot is missing' err ||
	complain "--plot with a gnuplot that cannot run: no message"
cp path/plain/gnuplot path/good/gnuplot
chmod +x path/good/gnuplot
env PATH="$PWD/path/plain:$PWD/path/folder:$PWD/path/good:$PATH" \
	"$hmmsim" compare --no-time -l full:2M --plot=found.svg >out 2>err ||
	complain "--plot: a later gnuplot in PATH is not found: $(cat err)"
[ "$(cat found.svg)" = "<svg>drawn</svg>" ] || complain "--plot: not the picture of the later gnuplot"
if [ -n "$(command -v gnuplot)" ]; then
	run 0 '' --no-time -l full:2M -l 'half:2M' --plot="it's.svg"
	grep -q '</svg>' "it's.svg" || complain "--plot: no picture"
	grep -q 'per-table-local' "it's.svg" || complain "--plot: no key"
	# A strategy without a prediction, and a layout whose name gnuplot must not interpret.
	printf 'hmmsim 1\nlayout $"\\{%%d\nvma 0x1000 0x2000 r\nmap 0x1000 4k rw 5\n' >odd.layout
	run 0 '' --no-time odd.layout --plot=odd.svg
	grep -q '</svg>' odd.svg || complain "--plot: no picture of a layout with an odd name"
else
	unchecked+=("pictures: gnuplot is missing")
fi

# A picture that cannot be drawn is refused before the walks, or fails after them; no file is left.
mkdir -p picture.svg pictures/bin
printf '#!/bin/sh\nexec cat >/dev/null\n' >pictures/bin/gnuplot
chmod +x pictures/bin/gnuplot
path=$PATH
PATH=$PWD/pictures/bin:$PATH
run 2 '^hmmsim: none/x\.svg: No such file or directory$' --no-time --plot=none/x.svg
run 2 '^hmmsim: picture\.svg: Is a directory$' --no-time --plot=picture.svg
run 2 '^hmmsim compare: --plot: there is nothing to draw: nothing is measured, ' \
	--no-time -w 5.3 --plot=pictures/x.svg
printf 'hmmsim 1\nlayout nothing\n' >nothing
"$hmmsim" compare --no-time nothing --plot=pictures/x.svg >out 2>err
[ "$?" = 2 ] || complain "--plot: nothing to draw: not exit status 2"
grep -q '^hmmsim compare: --plot: there is nothing to draw: no walk has a time$' err ||
	complain "--plot: nothing to draw: no message"
echo old >pictures/old.svg
printf '#!/bin/sh\nexit 1\n' >pictures/bin/gnuplot
for name in old new; do
	"$hmmsim" compare --no-time -l full:2M --plot="pictures/$name.svg" >out 2>err
	[ "$?" = 4 ] || complain "--plot: gnuplot fails: not exit status 4"
	grep -q "^hmmsim compare: --plot: gnuplot could not draw pictures/$name\.svg\$" err ||
		complain "--plot: gnuplot fails: no message"
done
PATH=$path
[ "$(echo pictures/*)" = 'pictures/bin pictures/old.svg' ] || complain "--plot: a file is left"
[ "$(cat pictures/old.svg)" = old ] || complain "--plot: the old picture is lost"

# The old content of a file stays until the new one is complete.
mkdir files
echo old >files/x.json
chmod 640 files/x.json
ln -s x.json files/link.json
run 2 '^hmmsim: none: No such file or directory$' --json=files/x.json none
run 2 '^hmmsim: files: Is a directory$' --json=files
(
	trap '' XFSZ
	# The counts of a coverage build are too large as well, which libgcov says.
	export GCOV_PREFIX=$work/counts GCOV_ERROR_FILE=/dev/null
	ulimit -f 1
	"$hmmsim" compare --no-time -l full:2M --json=files/x.json >/dev/null
	echo "$?" >&2
) 2>err
[ "$(tail -n 1 err)" = 4 ] || complain "--json: a file that is too large: not exit status 4"
grep -q '^hmmsim: files/x\.json: File too large$' err || complain "--json: too large: no message"
[ "$(cat files/x.json)" = old ] || complain "--json: the old file is lost"
[ "$(echo files/*)" = 'files/link.json files/x.json' ] || complain "--json: a file is left"
# Files of others beside it stay.
echo theirs >files/x.json.new0
run 0 '' --no-time -l full:2M --json=files/link.json
[ "$(cat files/x.json.new0)" = theirs ] || complain "--json: another one's file is taken"
[ ! -e files/x.json.new1 ] || complain "--json: a file is left"
valid files/x.json
[ -L files/link.json ] || complain "--json: the link is lost"
[ "$(stat -c %a files/x.json)" = 640 ] || complain "--json: other rights"
echo theirs >files/new.json.new0
(umask 027 && "$hmmsim" compare --no-time -l full:2M --json=files/new.json >out 2>err)
[ "$(stat -c %a files/new.json)" = 640 ] || complain "--json: not the rights of a new file"
rm files/*.new0
# A link to a file that is not there yet, and one to a place where no file can be.
ln -s later.json files/soon.json
run 2 '^hmmsim: none: No such file or directory$' --json=files/soon.json none
[ ! -e files/later.json ] || complain "--json: a failed run has made a file"
run 0 '' --no-time -l full:2M --json=files/soon.json
valid files/later.json
[ -L files/soon.json ] || complain "--json: the link is lost"
ln -s nowhere/x.json files/never.json
for name in files/never.json /dev/none/x.json; do
	run 2 "^hmmsim: $name: No such file or directory\$" --no-time -l full:2M --json="$name"
done
"$hmmsim" compare --no-time -l full:2M --json=/dev/stdout >both 2>err
{ head -n 1 both && tail -n 1 both; } >out
[ "$(cat out)" = "$(printf 'layout full:2M: 1 vma, 1 pgmap, request none\n}')" ] ||
	complain "--json=/dev/stdout: not the table and then JSON"

# Bad input.
run 2 "^hmmsim compare: --walker: expected 5\.3 or 6\.12, found '6\.1'\$" -w 6.1
run 2 "^hmmsim compare: --strategy: expected none, .* or per-call, found 'custom'\$" -s custom
run 2 "^hmmsim compare: --body: expected reference or plain, found 'x'\$" -b x
run 2 "^hmmsim compare: --request: expected none, read or write, found 'x'\$" -r x
run 2 "^hmmsim compare: --sleep: expected a number from 1 to 1000, found '0'\$" --sleep=0
run 2 "^hmmsim compare: --owner: expected a number from 0 to [0-9]+, found '-1'\$" --owner=-1
run 2 "^hmmsim compare: --repetitions: expected a number from 1 to 1000, found '0'\$" --repetitions=0
run 2 "^hmmsim compare: --device: .*found" -d x
run 2 "^hmmsim compare: --layout: expected full, .* or private, found 'ful'\$" -l ful
run 2 "^hmmsim compare: --layout: expected full, .* or private, found ''\$" -l ''
for size in '' x 0 2T 1.5G 18446744073709551616 9999999999G M; do
	run 2 "^hmmsim compare: --layout: expected a size up to 1T, .* found '$size'\$" -l "full:$size"
done
run 2 "^hmmsim compare: --plot: expected FILE\.svg, found 'x\.png'\$" --plot=x.png
run 2 '^hmmsim: none\.cost: No such file or directory$' -p none.cost
printf 'hmmsim 1\nprofile mine\ncost hti 1\n' >bad.cost
run 2 '^bad\.cost:3: cost: expected page' -p bad.cost
printf 'hmmsim 1\nprofile b base=light\n' >b.cost
printf 'hmmsim 1\nprofile c base=light\n' >c.cost
printf 'hmmsim 1\nprofile d base=light\n' >d.cost
run 2 '^hmmsim compare: --profile: expected at most 4 times$' \
	-p mine.cost -p b.cost -p c.cost -p d.cost -p mine.cost

# No two figures have the same name.
run 0 '' --no-time -l full:2M -l full:4M -l full --removal -p mine.cost -p b.cost --json=names.json
valid names.json
run 2 '^hmmsim compare: --profile: expected profiles of different names, found two that are called mine$' \
	-p mine.cost -p b.cost -p mine.cost
run 2 '^hmmsim compare: layout full:4M: expected a name that no other layout has$' \
	--no-time -l full:4M -l full -l full:4096K
run 2 '^hmmsim compare: layout mixed: expected a name that no other layout has$' \
	"$data/mixed.layout" "$data/mixed.layout"

# More bad input.
run 2 '^hmmsim: none: No such file or directory$' none
run 2 '^hmmsim: \.: Is a directory$' .
: >empty
run 2 '^hmmsim compare: empty: expected a layout or a scenario, found none$' empty
printf 'hmmsim 1\nlayout x\nvma 0 0x1000 q\n' >bad
run 2 '^bad:3: vma: expected .*found "q"$' -l full:2M bad
printf 'hmmsim 1\nlayout x\nvma 0x1000 0x2000 r\nmap 0x1000 4k devro 5\n' >unsaid
run 2 '^hmmsim compare: layout x: expected pgmap lines for its device memory, found none$' unsaid
run 2 '^hmmsim: none/x\.json: No such file or directory$' --no-time --json=none/x.json -l full:2M
run 2 'see hmmsim compare --help' --nonsense

# What no text of a few lines gets: the line that asks for it is named.
limits='expected at most 8388608 map lines with 67108864 entries, 16777216 of them device-private, and 2048 pgmaps'
printf 'hmmsim 1\nlayout x\nvma 0 0x800000000000 rw\nmap 0 4k rw 0 count=67108865\n' >large
run 2 "^large:4: map: $limits\$" --no-time large
printf 'hmmsim 1\nlayout x\nvma 0 0x100000000000 -\nvma 0x100000000000 0x200000001000 r\n' >large
run 2 '^large:4: vma: expected readable vmas of at most 268435456 pages altogether$' --no-time large
printf 'hmmsim 1\nlayout x\nvma 0 0x4000000000 r\nvma 0x4000000000 0x4000001000 r\n' >large
run 2 '^large:4: vma: expected readable vmas of at most 67108864 pages altogether$' \
	--no-time --request=read large
run 2 "^hmmsim compare: --layout: $limits, found 'full:1T'\$" -l full:1T
run 2 "^hmmsim compare: layout anon: --device: $limits\$" --no-time -l anon \
	-d all=fsdax:1/3:1024 -d all=fsdax:1/3:1024 -d all=fsdax:1/3:1024

# A removal makes struct pages for what is mapped, not for the whole pgmap.
printf 'hmmsim 1\nlayout x\npgmap 0x100000000 0x10000000000\nvma 0 0x2000 rw\n' >wide
printf 'map 0 4k devrw 0x100000000\nmap 0x1000 4k devrw 0x10003ffff\n' >>wide
run 0 '' --no-time -t -w 6.12 -s none wide
says 'kill-first'
sed 's/0x10003ffff/0x100040000/' wide >wider
run 2 '^wider:3: pgmap: --removal: expected it to be mapped in at most 262144 pages in a row$' \
	--no-time -t wider
run 0 '' --no-time -w 6.12 -s none wider
run 2 '^hmmsim compare: layout holes: --sleep=64: expected at most 16131 pages, found 16384$' \
	--no-time --sleep=64 -l holes
run 0 '' --no-time --sleep=64 -w 5.3 -s none -l vmas:1M

# A layout with nothing to walk, and one with more than one call can take.
run 0 '' --no-time nothing
says '^there is nothing to walk$'
printf 'hmmsim 1\nlayout far\nvma 0x1000 0x2000 r\nvma 0x7f0000000000 0x7f0000001000 r\n' >far
run 0 '' --no-time far
says '^the whole range is more than 4194304 pages: no call for it$'
says '^the readable vmas one by one: 2 calls, 2 pages'
printf 'hmmsim 1\nlayout large\nvma 0x100000000000 0x100800000000 rw\nmap 0x100000000000 4k rw 5\n' >large
run 0 '' --no-time -w 6.12 -s none large
says '^the readable vmas one by one: 2 calls, 8388608 pages'

# Help, and output that cannot be written.
run 0 '' --help
says '^Usage: hmmsim compare'
says '^  held +faults, and waits for migration entries, entered with a reference'
if [ -w /dev/full ]; then
	"$hmmsim" compare --no-time -l full:2M >/dev/full 2>err
	[ "$?" = 4 ] || complain "compare >/dev/full: not an error"
	"$hmmsim" compare --no-time -l full:2M --json=/dev/full >out 2>err
	[ "$?" = 4 ] || complain "compare --json=/dev/full: not an error"
	grep -q '^hmmsim: /dev/full: No space left' err || complain "--json=/dev/full: no message"
fi
verdict
