#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_terminal.sh <hmmsim>: hmmsim compare on a terminal: colours and progress.
# shellcheck source=tests/support/tool.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tool.sh" "$1" compare

# The tests' own output may be without colours, and script starts the user's shell.
unset NO_COLOR
export SHELL=/bin/sh

# There is no terminal without util-linux, or where /dev/pts is not mounted.
if ! script -qec true /dev/null </dev/null >out 2>err; then
	echo "not checked: a terminal: $(cat err out)" >&2
	exit 77
fi

# Colours unless NO_COLOR says no, and progress where stderr is a terminal.
escape=$(printf '\033')
# terminal <command>: writes to out what it prints on a terminal of 50 columns; \r ends a line too.
terminal() {
	script -qec "stty cols 50; $1" /dev/null </dev/null | tr '\r' '\n' >out
}
coloured() { grep -q "$escape\\[1m" "$1"; }
progressed() { grep -qE "^${escape}\\[K$2" "$1"; }
: >err
compare="'$hmmsim' compare --no-time -w 6.12 -s none -l full:2M"
terminal "$compare"
coloured out || complain "terminal: no colours"
progressed out 'counting full:2M: 0 of 2$' || complain "terminal: no progress"
progressed out 'counting full:2M: 1 of 2$' || complain "terminal: progress counts other rows"
terminal "NO_COLOR=1 $compare"
if coloured out; then complain "terminal: NO_COLOR is not heard"; fi
terminal "NO_COLOR= $compare"
coloured out || complain "terminal: an empty NO_COLOR is not unset"
terminal "$compare 2>no_terminal"
coloured out || complain "terminal: no colours without stderr"
[ ! -s no_terminal ] || complain "progress on stderr, but no terminal"
terminal "$compare >no_terminal"
progressed out counting || complain "terminal: no progress without stdout"
if grep -q "$escape" no_terminal; then complain "colours, but no terminal"; fi
tail -n 1 out | grep -qxF "${escape}[K" || complain "terminal: progress is left on it"
terminal "$compare -t --repetitions=2"
for step in counting calibrating measuring removing; do
	progressed out "$step full:2M: " || complain "terminal: no progress when $step"
done
long=$(printf 'long%.0s' {1..30})
printf 'hmmsim 1\nlayout %s\nvma 0x1000 0x2000 r\n' "$long" >long.layout
terminal "'$hmmsim' compare --no-time long.layout >/dev/null"
progressed out 'counting longlong[long]*: 0 of [0-9]+$' || complain "terminal: no long name"
if sed "s/$escape\\[K//" out | grep -qE '.{50}'; then complain "terminal: too long a line"; fi
verdict
