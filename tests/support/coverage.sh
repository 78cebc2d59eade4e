#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# coverage.sh <csv>: prints how many lines of each room of src were reached, from gcovr's table.
#
# A room is a directory of src; those of the seam (src/port) are its backends.
set -euo pipefail
csv=${1:?usage: coverage.sh csv-file}

awk -F, '
	function print_row(room, lines, reached) {
		printf "%-16s %7d %7d %6.1f %%\n", room, lines, reached, 100 * reached / lines
	}
	NR == 1 {
		for (i = 1; i <= NF; i++)
			column[$i] = i
		next
	}
	{
		path = $column["filename"]
		sub(/^.*src\//, "", path)
		n = split(path, part, "/")
		room = part[1]
		if (room == "port" && n > 2)
			room = room "/" part[2]
		if (!(room in lines))
			order[rooms++] = room
		lines[room] += $column["line_total"]
		reached[room] += $column["line_covered"]
	}
	END {
		printf "%-16s %7s %7s\n", "room", "lines", "reached"
		for (i = 0; i < rooms; i++) {
			room = order[i]
			if (lines[room])
				print_row(room, lines[room], reached[room])
			all += lines[room]
			all_reached += reached[room]
		}
		if (!all) {
			print "no line of src was counted" >"/dev/stderr"
			exit 1
		}
		print_row("total", all, all_reached)
	}' "$csv"
