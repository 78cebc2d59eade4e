# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# tool.sh <hmmsim> [verb]: sourced by tests of the program, in a work folder of their own.
#
# Streams of the last run are the files out and err. A complaint sets $failed: the exit status at the
# end.
set -uo pipefail
hmmsim=$(realpath "${1:?usage: . tool.sh hmmsim [verb]}")
verb=${2:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
failed=0

# complain <what>: with what the last run said.
complain() {
	{
		echo "$1"
		echo "--- stdout:"
		head -n 5 out
		echo "--- stderr:"
		head -n 5 err
	} >&2
	failed=1
}

# run <exit status> <stderr pattern, or nothing> <argument>...: a run of the program, of the verb if
# there is one; a verb's error prints nothing on stdout.
run() {
	local status=$1 pattern=$2 found=0
	shift 2
	"$hmmsim" ${verb:+"$verb"} "$@" >out 2>err || found=$?
	set -- ${verb:+"$verb"} "$@"
	[ "$found" = "$status" ] || complain "hmmsim $*: expected exit status $status, found $found"
	if [ -z "$pattern" ]; then
		[ ! -s err ] || complain "hmmsim $*: expected nothing on stderr"
	else
		grep -qE -- "$pattern" err || complain "hmmsim $*: expected on stderr: $pattern"
		[ -z "$verb" ] || silent
	fi
}

# says <pattern>: on the stdout of the last run.
says() {
	grep -qE -- "$1" out || complain "expected on stdout: $1"
}

silent() {
	[ ! -s out ] || complain "expected nothing on stdout"
}

# same <file>: as the last output.
same() {
	diff -u "$1" out >&2 || complain "not as in $1"
}
