#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_claims.sh <hmmsim> <tests/data/claims>: each claim of the thread has its verdict, each control
# turns it round, and what is not as expected is what src/claims/README.md explains.
claims=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../src/claims" && pwd)
data=$(realpath "${2:?usage: test_claims.sh hmmsim tests/data/claims}")
# shellcheck source=tests/support/tool.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tool.sh" "$1" claims
readme=$claims/README.md

run 1 '' --check --json=found.json
same "$data/claims.out"

# Each cell that differs is explained: "C10: pinned[refs=5.3] S2=..." is **C10.pinned, refs=5.3**, and a
# row without axes, or a verdict, **C11.pattern**, **C11.in**.
sed -nE '/, expected /s/^(C[0-9]+): ([^] []+)(\[([^]]*)\])? .*$/**\1.\2, \4**/p' out |
	sed 's/, \*\*$/**/' >differing
[ "$(wc -l <differing)" = "$(grep -c ', expected ' out)" ] || complain "lines that are not understood"
[ -s differing ] || complain "no cell differs, and $readme says so"
while IFS= read -r cell; do
	grep -qF -- "$cell" "$readme" || complain "$readme does not explain $cell"
done <differing

# What the table does not show: each control flips, and each violated property has an execution.
flips=$(grep -c '"flips": true' found.json)
controls=$(grep -ch '^control ' "$claims"/c*.txt | awk '{ n += $1 } END { print n }')
[ "$flips" = "$controls" ] || complain "$flips of $controls controls turn a verdict round"
grep -q '"flips": false' found.json && complain "a control turns no verdict round"
violated=$(grep -cE '"(S[1-4]|live|answer)": "violated"' found.json)
tokens=$(grep -c '"token": "hmmsim1:' found.json)
[ "$violated" = "$tokens" ] || complain "$violated properties are violated, $tokens have a token"
verdict
