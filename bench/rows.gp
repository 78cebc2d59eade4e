# SPDX-License-Identifier: MIT
# Draws one group of a bench program as points with intervals. -e sets rows (a file of name, median, min
# and max with tabs between them), count, picture and heading.
set terminal svg size 1000, 120 + 26 * count dynamic background rgb 'white' font 'sans-serif,12'
set output picture
set datafile separator "\t"
set title heading noenhanced
set border 3
set tics nomirror
set ytics noenhanced
set grid xtics lc rgb '#cccccc' lw 0.5
set xlabel 'ns, median with the lowest and the highest repetition'
set logscale x
set yrange [count - 0.5 : -0.5]
unset key
plot rows using 2:0:3:4:ytic(1) with xerrorbars pt 7 ps 0.8 lc rgb '#2060a0'
