#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_bench.sh <directory of the bench programs>: that they run for other machines than this one.
set -uo pipefail
bench=$(realpath "${1:?usage: test_bench.sh directory}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
failed=0

# complain <what>: with what the last run said.
complain() {
	{
		echo "$1"
		echo "--- stdout:"
		tail -n 5 out
		echo "--- stderr:"
		tail -n 5 err
	} >&2
	failed=1
}

# run <exit status> <program> <argument>...
run() {
	local status=$1 found=0
	shift
	"$@" >out 2>err || found=$?
	[ "$found" = "$status" ] || complain "$*: expected exit status $status, found $found"
}

# says <pattern>: on the stdout of the last run.
says() {
	grep -qE -- "$1" out || complain "expected on stdout: $1"
}

# As many threads as there ever are, and one that invalidates.
run 0 "$bench/bench_invalidate" --quick --cpus=64
says '^  none/in peace/threads:16 '
says '^  none/told every 20 us/threads:17 '
says '^  control: .*; spinning thread 0 and one of 1\.\.16 take x'

# All CPUs, if their number is no power of two; the line below says who was tried beside whom.
run 0 "$bench/bench_fault" --quick --cpus=3
says '^  first touch/threads:3 '
says '^  control: .*; spinning thread 0 and one of 1\.\.2 take x'
run 0 "$bench/bench_percpu_ref" --quick --cpus=2
says '^  control: .*; spinning threads 0 and 1 take x'
run 0 "$bench/bench_walk" --quick --cpus=3 --large=1
says '^  none, calls of 1 GiB/threads:3 '
exit "$failed"
