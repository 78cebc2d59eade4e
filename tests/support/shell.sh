# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# shell.sh: sourced by tests that are scripts, after their arguments are resolved: a work folder of their
# own, complaints, and the end.
#
# Streams of the last run are the files out and err. What could not be looked at is put into
# "unchecked"; the script ends with verdict.
set -uo pipefail
work=$(realpath "$(mktemp -d)")
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
failed=0
unchecked=()

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

# says <pattern>: on the stdout of the last run.
says() {
	grep -qE -- "$1" out || complain "expected on stdout: $1"
}

silent() {
	[ ! -s out ] || complain "expected nothing on stdout"
}

# The exit status. All may have passed that was looked at, and not all was: CTest is to say so.
verdict() {
	if [ "$failed" = 0 ] && [ "${#unchecked[@]}" -gt 0 ]; then
		printf 'not checked: %s\n' "${unchecked[@]}" | sort -u >&2
		exit 77
	fi
	exit "$failed"
}
