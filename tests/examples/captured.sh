#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# captured.sh [hmmsim]: the address space of a live process as a layout
#
# `hmmsim capture PID` prints the VMAs of a process and, in runs, what is mapped in them. --device puts
# a part of the pages on device memory of the simulation. Here the process is the program itself, all
# its pages are on one pgmap, and the layout is counted instead of shown: addresses are never the same.
# README.md says what the lines mean.
#
# Prints:
#
#	hmmsim 1
#	layout process-self
#	pgmaps: 1
#	there are VMAs, and runs of device pages in them
set -euo pipefail
hmmsim=${1:-hmmsim}

layout=$("$hmmsim" capture --self --device=all=fsdax:100%)
# Comments say what could not be read.
awk '/^#/ { next }
	lines++ < 2 { print }
	$1 == "pgmap" { pgmaps++ }
	$1 == "vma" { vmas++ }
	$1 == "map" && $4 ~ /^dev/ { runs++ }
	END {
		print "pgmaps: " pgmaps
		if (vmas && runs) print "there are VMAs, and runs of device pages in them"
	}' <<<"$layout"
