#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh <fuzzer> <data> <seconds> [corpus]: fuzzes, beginning with scenarios from the data.
#
# The corpus directory keeps what was found; without one nothing is kept but a failing input.
set -euo pipefail
usage='usage: run.sh fuzzer data-directory seconds [corpus-directory]'
fuzzer=$(realpath "${1:?$usage}")
data=${2:?$usage}
seconds=${3:?$usage}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
corpus=${4:-$work/corpus}
mkdir -p "$work/seeds" "$corpus"

# One scenario a seed; the long ones would be cut.
for file in quirks random devmap; do
	awk -v stem="$work/seeds/$file" '
		/^scenario/ { count++ }
		count <= 60 { text = text $0 "\n" }
		/^run/ && count <= 60 {
			if (length(text) < 4096)
				printf "%s", text > (stem "." count)
			text = ""
		}' "$data/$file.in"
done
compgen -G "$work/seeds/*" >/dev/null || { echo "$data: no scenario" >&2; exit 2; }

cat >"$work/words" <<'TEXT'
"hmmsim 1\x0a"
"scenario a\x0a"
"vma 0x1000 0x200000 rw\x0a"
"map 0x1000 4k "
"map 0x200000 2m "
"map 0x40000000 1g "
"pgmap 0x1000 0x2000 dead\x0a"
"fault thp\x0a"
"faultn 1 "
"faultat 0x1000 "
"migwait stay\x0a"
"retry_at 2\x0a"
"maxwalks 3\x0a"
"req 0x1000 0x3000 F all 1\x0a"
"in 0 1 FW\x0a"
"mode snapshot\x0a"
"run\x0a"
"count=2"
"owner=1"
TEXT
printf '"%s"\n' devrw special zero dpw dxw hwp marker poison migw swap tbl none bad >>"$work/words"

"$fuzzer" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -max_len=4096 -print_final_stats=1 \
	-verbosity=0 -dict="$work/words" "$corpus" "$work/seeds"
