# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# tool.sh <hmmsim> [verb]: sourced by tests of the program.
hmmsim=$(realpath "${1:?usage: . tool.sh hmmsim [verb]}")
verb=${2:-}
# shellcheck source=tests/support/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/shell.sh"

# What ASan says whenever a fiber is switched by ucontext is no message of the program.
drop_asan_warning() {
	sed -i '/ASan doesn.t fully support makecontext/d' err
}

# run <exit status> <stderr pattern, or nothing> <argument>...: runs the program, with the verb if there
# is one. When a verb fails, nothing must be on stdout.
run() {
	local status=$1 pattern=$2 found=0
	shift 2
	"$hmmsim" ${verb:+"$verb"} "$@" >out 2>err || found=$?
	drop_asan_warning
	set -- ${verb:+"$verb"} "$@"
	[ "$found" = "$status" ] || complain "hmmsim $*: expected exit status $status, found $found"
	if [ -z "$pattern" ]; then
		[ ! -s err ] || complain "hmmsim $*: expected nothing on stderr"
	else
		grep -qE -- "$pattern" err || complain "hmmsim $*: expected on stderr: $pattern"
		[ -z "$verb" ] || silent
	fi
}

# same <file>: the last output must be this file.
same() {
	diff -u "$1" out >&2 || complain "not as in $1"
}
