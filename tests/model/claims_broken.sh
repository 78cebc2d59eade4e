#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# claims_broken.sh <claims_broken> <tests/data/claims/broken.out>: under each fault that the file names
# these cells change of the claims that it names with it, and each claim that every schedule settles
# changes under one.
set -euo pipefail
program=${1:?usage: claims_broken.sh program broken.out}
golden=${2:?usage: claims_broken.sh program broken.out}
mapfile -t faults < <(awk '
	function finish() { if (fault != "") print fault "=" claims }
	/^[A-Z_]+$/ { finish(); fault = $1; claims = ""; split("", seen) }
	/^ +C/ {
		sub(/[.].*/, "", $1)
		if (!($1 in seen)) {
			seen[$1] = 1
			claims = claims (claims == "" ? "" : ",") $1
		}
	}
	END { finish() }' "$golden")
[ "${#faults[@]}" -ge 20 ] || { echo "$golden: ${#faults[@]} faults" >&2; exit 1; }
"$program" "${faults[@]}" | diff -u "$golden" -
