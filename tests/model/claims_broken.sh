#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# claims_broken.sh <claims_broken> <tests/data/claims/broken.out>: under each fault that the file names
# these cells of the claims change, and each claim that every schedule settles changes under one.
set -euo pipefail
program=${1:?usage: claims_broken.sh program broken.out}
golden=${2:?usage: claims_broken.sh program broken.out}
mapfile -t faults < <(grep -E '^[A-Z_]+$' "$golden")
[ "${#faults[@]}" -ge 20 ] || { echo "$golden: ${#faults[@]} faults" >&2; exit 1; }
"$program" "${faults[@]}" | diff -u "$golden" -
