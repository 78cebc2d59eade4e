# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shell.sh: sourced by tests that are scripts, after they have resolved their arguments. Gives them a
# work folder of their own, complaints, and a verdict.
#
# What a test makes outside its work folder it puts into "outside" before: both are removed at its
# end, also if it is interrupted. The files out and err are the streams of the last run. A test puts
# what it could not check into "unchecked", and ends with verdict.
set -uo pipefail
work=$(realpath "$(mktemp -d)")
outside=()
trap 'rm -rf "$work" "${outside[@]}"' EXIT
cd "$work" || exit 2
failed=0
unchecked=()

# complain <what>: prints it with the output of the last run; the test will fail.
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

# says <pattern>: must match a line of stdout of the last run.
says() {
	grep -qE -- "$1" out || complain "expected on stdout: $1"
}

silent() {
	[ ! -s out ] || complain "expected nothing on stdout"
}

# Exits: 1 after a complaint, 77 (skipped, for CTest) if something was not checked, otherwise 0.
verdict() {
	if [ "$failed" = 0 ] && [ "${#unchecked[@]}" -gt 0 ]; then
		printf 'not checked: %s\n' "${unchecked[@]}" | sort -u >&2
		exit 77
	fi
	exit "$failed"
}
