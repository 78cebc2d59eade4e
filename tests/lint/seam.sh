#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# seam.sh <src>: only the seam and host code know the host's threads, and only the seam the backend.
set -euo pipefail
src=${1:?usage: seam.sh src-directory}
[ -d "$src" ] || { echo "$src: no such directory" >&2; exit 2; }

headers='pthread|stdatomic|time|threads|sched|semaphore|sys/time|unistd'
hosted_floors='port|tool|capture'
failed=0

# sources <floors>: the C files that are not on one of these floors.
sources() {
	find "$src" -name '*.[ch]' | grep -vE "^$src/($1)/" || true
}

# refuse <pattern> <complaint> <file>...
refuse() {
	local pattern=$1 complaint=$2
	shift 2
	[ $# -gt 0 ] || return 0
	if grep -nHE "$pattern" "$@" >&2; then
		echo "^ $complaint" >&2
		failed=1
	fi
}

mapfile -t model < <(sources "$hosted_floors")
mapfile -t not_port < <(sources port)
refuse "^[[:space:]]*#[[:space:]]*include[[:space:]]*<($headers)\.h>" \
	"The model takes threads, atomics and time from port/port.h." "${model[@]}"
refuse '^[[:space:]]*#[[:space:]]*(el)?if.*HS_BACKEND' \
	"Only src/port may know which backend it is compiled for." "${not_port[@]}"
exit "$failed"
