#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# agree.sh <hmmsim> <walk arguments>...: the reference body and the plain body answer the same.
set -euo pipefail
hmmsim=${1:?usage: agree.sh hmmsim walk-arguments...}
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$hmmsim" walk --body=reference "$@" >"$work/expected"
"$(dirname "$0")/compare.sh" "$work/expected" "$hmmsim" walk --body=plain "$@"
