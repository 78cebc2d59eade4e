#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# captured.sh [hmmsim]: what the strategies cost on the address space of a live process
#
# `hmmsim capture PID` prints the VMAs of a process and, in runs, what is mapped in them. --device puts
# a part of the pages on device memory of the simulation, and `hmmsim compare` walks the layout with
# every strategy. Here the process is the shell that runs this, all its pages are on one pgmap, and
# the figures are put into words: addresses and counts are never the same. src/text/README.md says
# what the lines mean.
#
# Prints:
#
#	hmmsim 1
#	layout process-N
#	pgmaps: 1
#	there are VMAs, and runs of device pages in them
#	per-page looks every device page up
#	per-table looks fewer pages up
#	per-range looks no more up than that
set -euo pipefail
hmmsim=${1:-hmmsim}

layout=$("$hmmsim" capture --device=all=fsdax:100% $$)
# Comments say what could not be read.
awk '/^#/ { next }
	lines++ < 2 { sub(/[0-9]+$/, $1 == "layout" ? "N" : "&"); print }
	$1 == "pgmap" { pgmaps++ }
	$1 == "vma" { vmas++ }
	$1 == "map" && $4 ~ /^dev/ { runs++ }
	END {
		print "pgmaps: " pgmaps
		if (vmas && runs) print "there are VMAs, and runs of device pages in them"
	}' <<<"$layout"

# The columns of a row: walker, strategy, calls, hits, lookups, and more.
strategies=(-s per-page -s per-table -s per-range)
"$hmmsim" compare --no-time --walker=6.12 "${strategies[@]}" - <<<"$layout" |
	awk '/one by one/ { inside = 1 }
	/^a call of one page/ { inside = 0 }
	inside && $1 == "6.12" { calls[$2] = $3; lookups[$2] = $5 }
	END {
		if (!("per-page" in calls && "per-table" in calls && "per-range" in calls)) {
			print "a row is missing"
			exit
		}
		if (calls["per-page"] && lookups["per-page"] == calls["per-page"])
			print "per-page looks every device page up"
		if (lookups["per-table"] < lookups["per-page"])
			print "per-table looks fewer pages up"
		if (lookups["per-range"] <= lookups["per-table"])
			print "per-range looks no more up than that"
	}'
