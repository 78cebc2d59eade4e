#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_bench.sh <directory of the bench programs>: their options, thread counts and files.
bench=$(realpath "${1:?usage: test_bench.sh directory}")
# shellcheck source=tests/support/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/shell.sh"

# run <exit status> <program> <argument>...
run() {
	local status=$1 found=0
	shift
	"$@" >out 2>err || found=$?
	[ "$found" = "$status" ] || complain "$*: expected exit status $status, found $found"
}

# refused <pattern> <program> <argument>...: with a message, before anything is measured.
refused() {
	local pattern=$1
	shift
	run 2 "$@"
	grep -qE -- "$pattern" err || complain "$*: expected on stderr: $pattern"
	[ "$(wc -l <err)" = 1 ] || complain "$*: expected one line on stderr"
	[ ! -s out ] || complain "$*: expected nothing on stdout"
}

for stem in seam percpu_ref removal invalidate fault map walk explore; do
	program=$bench/bench_$stem
	for option in --nonsense --quick=1 quick --seed -q ''; do
		refused "bench_$stem: unknown argument '$option'; usage: " "$program" "$option"
	done
	for number in '' 0 x 1x -1 ' 1' 4294967296 99999999999999999999; do
		refused "bench_$stem: --seed: expected a number from 1 to 4294967295, found '$number'$" \
			"$program" --quick "--seed=$number"
		refused "bench_$stem: --cpus: expected a number from 1 to 1024, found '$number'$" \
			"$program" "--cpus=$number" --quick
	done
	refused "bench_$stem: --json: expected the name of a file, found ''\$" "$program" --json=
	refused "bench_$stem: --json: expected another file than standard output, found '-'\$" \
		"$program" --json=-
	for option in --help -h; do
		run 0 "$program" "$option"
		says "^Usage: .*bench_$stem \[--quick \| --smoke\].* \[--json=FILE\]$"
		for word in --quick --smoke --cpus=N --seed=N --json=FILE; do
			says "^  $word "
		done
		[ ! -s err ] || complain "bench_$stem $option: expected nothing on stderr"
		[ "$(grep -c '^  --large' out)" = "$(grep -c '^Usage: .*--large' out)" ] ||
			complain "bench_$stem $option: --large is not in both places, or in neither"
	done
	refused "bench_$stem: none/x\.json: No such file or directory$" "$program" --json=none/x.json
	refused "unknown argument '--nonsense'" "$program" --json=x.json --nonsense
	[ ! -e x.json ] || complain "bench_$stem: a file is left of a run that was refused"
	case $stem in
	map | walk)
		for number in '' 0 x 1.5 -1 1025 18446744073709551617; do
			refused "bench_$stem: --large: expected a number from 1 to 1024, found '$number'$" \
				"$program" "--large=$number"
		done
		refused "unknown argument '--nonsense'" "$program" --large=1 --nonsense
		refused "unknown argument '--largest'" "$program" --largest ;;
	*) refused "unknown argument '--large'" "$program" --large ;;
	esac
done

# valid <file>: all that compare.py reads is in the file, and right.
valid() {
	if [ -z "$(command -v python3)" ]; then
		unchecked+=("JSON: python3 is missing")
		return
	fi
	python3 - "$1" >out 2>err <<-'PYTHON' || complain "$1: not in the schema"
		import json, sys
		file = json.load(open(sys.argv[1]))
		context = file["context"]
		assert context["executable"] == "bench_seam" and context["seed"] == 5, context
		times, operations = {}, {}
		for b in file["benchmarks"]:
		    name = b["name"]
		    assert name == b["run_name"] and name.startswith("bench_seam/"), name
		    assert b["run_type"] == "iteration" and b["time_unit"] == "ns", name
		    assert b["repetitions"] == 5, name
		    assert b["repetition_index"] == len(times.setdefault(name, [])), name
		    assert b["real_time"] > 0 and b["cpu_time"] == b["real_time"], name
		    times[name].append(b["real_time"])
		    operations[name] = b["iterations"]
		    if "/threads:" in name:
		        assert name.endswith("/threads:%d" % b["threads"]), name
		assert all(len(t) == 5 for t in times.values())
		assert any(t != sorted(t) for t in times.values()), "not in the order of the run"
		# A tenth of 2000000 and of 500000 for --quick.
		assert operations["bench_seam/locks/mutex lock+unlock/threads:1"] == 200001
		assert operations["bench_seam/locks/mutex lock+unlock/threads:2"] == 50001
	PYTHON
}

run 0 "$bench/bench_seam" --quick --seed=5 --json=seam.json
says '^repetitions in the order of --seed=5$'
valid seam.json
if [ -w /dev/full ]; then
	run 1 "$bench/bench_removal" --quick --json=/dev/full
	grep -q '^bench: /dev/full: No space left' err || complain "--json=/dev/full: no message"
	says "^kill to drained, idle "
fi
# Where there is no room, the old file stays.
echo old >kept.json
export GCOV_ERROR_FILE=/dev/null
(
	trap '' XFSZ # the counts of a coverage build have no room either
	ulimit -f 0
	exec "$bench/bench_removal" --quick --json=kept.json >/dev/null 2>&1
)
[ "$?" = 1 ] || complain "--json without room: expected exit status 1"
[ "$(cat kept.json)" = old ] || complain "--json without room: the old file is lost"
[ -z "$(find . -name '.hmmsim*')" ] || complain "--json without room: a file is left"

# Walks: groups by layout, walker, threads and body.
run 0 "$bench/bench_walk" --smoke --cpus=2
for era in 5.3 6.12; do
	for group in 'anonymous 4K' 'devmap 4K, one pgmap' 'devmap 4K, two pgmaps interleaved' \
		'devmap 2M, one pgmap' 'device-private 4K, own' 'devmap 4K, holes faulted in'; do
		says "^$era, $group +median ns "
	done
	says "^$era, devmap 4K, by threads +median ns "
	says "^$era, devmap 4K, bodies +median ns "
	says "^alignment: $era, devmap 4K +median ns "
done
for row in per-range:12 per-call/threads:2:2 'per-call, plain:2' 'per-call, reference:2'; do
	[ "$(grep -cE "^  ${row%:*}( +[0-9]+\.[0-9]{2}){4}$" out)" = "${row##*:}" ] ||
		complain "bench_walk: expected ${row##*:} rows ${row%:*}"
done

# Ratios to the vector loop stand below a table only if that loop is fast enough to be a limit.
awk '
	/^  the vector loop moves / { percent = $7; slow = /: too slow for a limit$/; loops++ }
	/^  the vector loop moves / && (percent > 80 && slow || percent < 80 && !slow) { exit 1 }
	/^  times the limit / { below = 1; next }
	/^$/ { below = 0 }
	below { ratios++ }
	below && ($NF == "-") != slow { exit 1 }
	END { if (!loops || ratios < loops) exit 1 }
' out || complain "bench_walk: ratios to a limit that is none"

# The most threads that a group can have, and one that invalidates.
run 0 "$bench/bench_invalidate" --smoke --cpus=64
says '^  none/no invalidation/threads:16 '
says '^  none/notified every 20 us/threads:17 '
says '^  control: .*; spinning thread 0 and one of 1\.\.16 take x'
! grep -qE '[^a-z]-?(nan|inf)( |$)' out || complain "bench_invalidate: a thread that did nothing"

# Searches of the explorer to their end: one model, and as many classes.
run 0 "$bench/bench_explore" --smoke
says '^  dpor/threads:5( +[0-9]+\.[0-9]{2}){4}$'
says '^  of a whole search +a second +all +cut +peak MiB$'
says '^  sleep sets/threads:5 +[0-9]+ +19072 +16939 +([0-9]+\.[0-9]|-)$'
says '^  dpor/threads:5 +[0-9]+ +2133 +0 +([0-9]+\.[0-9]|-)$'

# The number of CPUs is a thread count even if it is no power of two. The control line names pairs.
run 0 "$bench/bench_fault" --smoke --cpus=3
says '^  first touch/threads:3 '
says '^  control: .*; spinning thread 0 and one of 1\.\.2 take x'
run 0 "$bench/bench_percpu_ref" --smoke --cpus=2
says '^  control: .*; spinning threads 0 and 1 take x'
run 0 "$bench/bench_walk" --smoke --cpus=3 --large=1
says '^  none, calls of 1 GiB/threads:3 '
verdict
