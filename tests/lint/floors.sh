#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# floors.sh <src>: no include goes upwards.
#
# A floor is a directory of src. It may include its own headers and those of lower floors; floors of
# one rank may include each other. Backends of the seam belong to the seam and to the explorer's
# engine; all other files name port/*.h only.
set -euo pipefail
src=${1:?usage: floors.sh src-directory}
[ -d "$src" ] || { echo "$src: no such directory" >&2; exit 2; }

declare -A rank=(
	[port]=0 [base]=0 [sync]=1 [memory]=1 [pgmap]=2 [notifier]=3 [mm]=4 [migrate]=5 [walk]=5 [device]=6
	[races]=1 [text]=7 [explore]=7 [module]=7 [cost]=8 [capture]=8 [run]=9 [compare]=10 [claims]=10
	[tool]=11
)
failed=0

complain() {
	echo "$1" >&2
	failed=1
}

# check_include <file> <floor of the file> <included path>
check_include() {
	local file=$1 from=$2 path=$3 to=${3%%/*}
	case $path in
	../* | */../*) complain "$file: $path: name headers from src/, not relative to the file" ;;
	port/native/*)
		case $file in
		"$src"/port/common/* | "$src"/port/explore/*) ;;
		"$src"/port/*) return ;;
		esac
		complain "$file: $path: only the native backend includes its headers" ;;
	port/explore/*)
		case $file in
		"$src"/port/explore/* | "$src"/explore/*) return ;;
		esac
		complain "$file: $path: only the explorer includes these headers" ;;
	*/*)
		if [ -n "${rank[$to]:-}" ] && [ "${rank[$to]}" -gt "${rank[$from]}" ]; then
			complain "$file: $path: $from must not include $to, a higher floor"
		fi ;;
	esac
}

while IFS= read -r file; do
	floor=${file#"$src"/}
	floor=${floor%%/*}
	if [ -z "${rank[$floor]:-}" ]; then
		complain "$file: $floor is no floor; add it to the ranks of $0"
		continue
	fi
	while IFS= read -r path; do
		check_include "$file" "$floor" "$path"
	done < <(sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]([^>"]+)[>"].*/\1/p' "$file")
done < <(find "$src" -name '*.[ch]' | sort)
exit "$failed"
