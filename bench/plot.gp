# SPDX-License-Identifier: MIT
# Bars by layout, one colour for each strategy, on standard output. hmmsim compare --plot sends this
# before: quantity, columns, and the block $strategies: a head, then a line for each layout; - is no
# value.
set terminal svg size 1100, 480 dynamic background rgb 'white' font 'sans-serif,12'
set datafile missing '-'
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.85 noborder
set boxwidth 0.9
set key outside right top
set grid ytics lc rgb '#cccccc' lw 0.5
set border 3
set tics nomirror
set xtics rotate by -30
set ylabel quantity noenhanced
set logscale y
set yrange [0.1:*]
set title 'hmm_range_fault() by strategy' noenhanced
set key noenhanced
set xtics noenhanced
plot for [c = 2:columns] $strategies using c:xtic(1) title columnheader(c)
