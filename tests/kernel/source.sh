#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# source.sh unpack|check <source> <known.txt> <folder>: the kernel files that tests compile.
#
# The source is a tar.xz, as Debian's linux-source packages have it, or the folder of a kernel tree.
# Each line of known.txt is a version, a path and the SHA-256 of that file; the lines of one version
# are a known set. unpack fills the folder with these paths, once for each source and list, and
# prints "known VERSION", "unknown VERSION" or "absent". check prints what is there. Its exit status
# is 0 if the set is known, 1 if it was changed since, and 77 (skipped, for CTest) with the reason.
set -euo pipefail
export LC_ALL=C
usage='usage: source.sh unpack|check source known.txt folder'
verb=${1:?$usage} source=${2:?$usage} known=${3:?$usage} folder=${4:?$usage}

die() {
	echo "$1" >&2
	exit 2
}

check_known() {
	[ -f "$known" ] || die "$known: no such file"
	awk -v file="$known" '
		/^#/ || !NF { next }
		NF != 3 || $2 ~ /^\/|\.\./ || length($3) != 64 || $3 ~ /[^0-9a-f]/ {
			print file ":" FNR ": expected a version, a path and a SHA-256"
			bad = 1
		}
		{ lines++ }
		END {
			if (!lines) print file ": no known set"
			exit bad || !lines
		}' "$known" >&2 || exit 2
}

fields() {
	awk -v n="$1" '!/^#/ && NF { print $n }' "$known" | awk '!seen[$0]++'
}

# The root Makefile says which version it is.
all_paths() {
	echo Makefile
	fields 2
}

version_of_makefile() {
	[ -f "$folder/Makefile" ] || { echo version; return; }
	awk '$1 == "VERSION" { v = $3 } $1 == "PATCHLEVEL" { p = $3 } $1 == "SUBLEVEL" { s = $3 }
		END { print v "." p "." s }' "$folder/Makefile"
}

# state_now: what the files in the folder are.
state_now() {
	local version
	while read -r version; do
		if awk -v v="$version" '$1 == v { print $3 "  " $2 }' "$known" |
			(cd "$folder" && sha256sum --check --status --strict 2>/dev/null); then
			echo "known $version"
			return
		fi
	done < <(fields 1)
	echo "unknown $(version_of_makefile)"
}

# What the folder was filled from.
origin() {
	stat --format='%n %s %Y' "$source"
	all_paths
}

# The top folder of Debian's archive has its name. tar stops at the last of the paths, before xz does;
# a path that is not there makes the set unknown.
fill_from_archive() {
	local top members
	top=$(basename "$source" .tar.xz)
	mapfile -t members < <(all_paths | sed "s|^|$top/|")
	xz --threads=0 --decompress --stdout "$source" 2>/dev/null |
		tar --extract --directory "$folder" --strip-components=1 --occurrence=1 \
			"${members[@]}" 2>/dev/null || true
}

fill_from_folder() {
	local path
	while read -r path; do
		[ -f "$source/$path" ] || continue
		mkdir -p "$(dirname "$folder/$path")"
		cp "$source/$path" "$folder/$path"
	done < <(all_paths)
}

unpack() {
	if [ ! -e "$source" ]; then
		rm -rf "$folder"
		mkdir -p "$folder"
		echo absent | tee "$folder/state"
		return
	fi
	if ! cmp -s "$folder/origin" <(origin); then
		rm -rf "$folder"
		mkdir -p "$folder"
		if [ -d "$source" ]; then fill_from_folder; else fill_from_archive; fi
		origin >"$folder/origin"
	fi
	state_now | tee "$folder/state"
}

# sum <path>
sum() {
	[ -f "$folder/$1" ] || { echo missing; return; }
	sha256sum "$folder/$1" | cut -d ' ' -f 1
}

check() {
	local state was path
	read -r was <"$folder/state"
	if [ "$was" = absent ]; then
		echo "not checked: no kernel source at $source (Debian: apt-get install linux-source-6.12)"
		exit 77
	fi
	state=$(state_now)
	echo "$source: $state"
	while read -r path; do
		echo "${state#* } $path $(sum "$path")"
	done < <(fields 2)
	if [ "$state" != "$was" ]; then
		echo "$folder: was '$was' when it was unpacked" >&2
		exit 1
	fi
	if [ "${state%% *}" = unknown ]; then
		echo "not checked: no set of $known has these files; the lines above would make them one"
		exit 77
	fi
}

check_known
case $verb in
unpack) unpack ;;
check) check ;;
*) die "$usage" ;;
esac
