#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_outputs.sh <hmmsim>: files that the program leaves behind: their names, what they replace, and
# what is left after a failure or a signal; pictures; standard output and its reader.
# shellcheck source=tests/support/tool.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tool.sh" "$1"

export GCOV_ERROR_FILE=/dev/null # of a coverage build, whose counts some limits here forbid
brief=(compare --no-time -w 6.12 -s none -l full:2M)
printf 'hmmsim 1\nlayout mine\nvma 0x1000 0x2000 r\nmap 0x1000 4k rw 5\n' >mine.layout
printf 'hmmsim 1\nprofile mine base=light\n' >mine.cost

# left <folder> <name>...: exactly these files are in the folder.
left() {
	local folder=$1
	shift
	[ "$(ls -A "$folder")" = "$(printf '%s\n' "$@")" ] ||
		complain "$folder: expected $*, found $(ls -A "$folder" | tr '\n' ' ')"
}

# ---- names -------------------------------------------------------------------------------------

for name in $'a\nb.svg' $'a\tb.svg' $'\033[1m.svg' $'a\177.svg' ''; do
	for option in "compare --json" "compare --plot" "capture --output"; do
		run 2 "^hmmsim ${option%% *}: ${option#* }: expected the name of a file.*, found '[ -~]*'\$" \
			"${option%% *}" "${option#* }=$name"
		silent
		[ "$(wc -l <err)" = 2 ] || complain "$option: the name reaches the terminal as it is"
	done
done
for option in "compare --json" "compare --plot" "capture --output"; do
	run 2 "^hmmsim ${option%% *}: ${option#* }: expected once, found again\$" \
		"${option%% *}" "${option#* }=a.svg" "${option#* }=a.svg"
done

# A name that is as long as names can be, in a folder that is as far down as paths can be.
mkdir long
run 0 '' "${brief[@]}" --json="long/$(printf 'x%.0s' {1..255})"
run 2 ': File name too long$' "${brief[@]}" --json="long/$(printf 'x%.0s' {1..256})"
deep=$(printf "$(printf 'y%.0s' {1..199})/%.0s" {1..20})
mkdir -p "$deep"
run 0 '' "${brief[@]}" --json="$deep$(printf 'x%.0s' {1..90})"
run 2 '^hmmsim: long/new/: Is a directory$' "${brief[@]}" --json=long/new/
ln -s circle circle
run 2 '^hmmsim: circle: Too many levels of symbolic links$' "${brief[@]}" --json=circle

# ---- one file twice ----------------------------------------------------------------------------

ln -s mine.layout link.layout
ln mine.layout hard.layout
cp mine.layout before
for name in mine.layout ./mine.layout "$work/mine.layout" link.layout hard.layout; do
	run 2 "^hmmsim compare: --json: expected another file than what is read, found '$name'\$" \
		compare --no-time mine.layout --json="$name"
	silent
	run 2 "^hmmsim compare: --json: expected another file than what is read, found '$name'\$" \
		compare --no-time - --json="$name" <mine.layout
done
run 2 '^hmmsim compare: --json: expected another file than what is read' \
	compare --no-time -l full:2M -p mine.cost --json=mine.cost
"$hmmsim" compare --no-time mine.layout >>hard.layout 2>err
[ "$?" = 2 ] || complain "compare x >>x: not refused"
grep -q '^hmmsim: mine\.layout: expected another file than standard output$' err ||
	complain "compare x >>x: no message"
cmp -s mine.layout before || complain "an input was written to"
"$hmmsim" "${brief[@]}" --json=both >both 2>err
[ "$?" = 2 ] || complain "compare --json=x >x: not refused"
mkdir -p proc/7
printf '1000-2000 rw-p 0 00:00 0\n' >proc/7/smaps
for name in proc/7/smaps proc/7/pagemap proc/kpageflags; do
	run 2 '^hmmsim capture: --output: expected another file than proc/7/' \
		capture --proc=proc 7 -o "$name"
done
left proc/7 smaps

printf '#!/bin/sh\nexit 1\n' >gnuplot
chmod +x gnuplot
path=$PATH
PATH=$PWD:$PATH
ln -s twice.svg link.svg
for name in twice.svg ./twice.svg link.svg "$work/twice.svg"; do
	run 2 "^hmmsim compare: --plot: expected another file than that of --json, found 'twice.svg'\$" \
		"${brief[@]}" --json="$name" --plot=twice.svg
	: >twice.svg
	run 2 "^hmmsim compare: --plot: expected another file than that of --json, found 'twice.svg'\$" \
		"${brief[@]}" --json="$name" --plot=twice.svg
	rm twice.svg
done
run 0 '' "${brief[@]}" --json=/dev/null

# ---- what is left ------------------------------------------------------------------------------

# limited <program and arguments>: files have no room, and nothing holds back the signal.
limited() (
	ulimit -f 0
	exec "$@" >/dev/null
)
mkdir room
echo old >room/x.json
# ThreadSanitizer writes a file of its own before main(), and dies of the signal there.
limits="x.json new.json"
if grep -q __tsan_init "$hmmsim"; then
	limits=""
fi
for name in $limits; do
	limited "$hmmsim" "${brief[@]}" --json="room/$name" 2>/dev/null
	[ "$?" = 4 ] || complain "no room: not exit status 4"
	limited "$hmmsim" capture --proc=proc 7 -o "room/$name" 2>/dev/null
	[ "$?" = 4 ] || complain "no room: capture: not exit status 4"
	left room x.json
done
[ "$(cat room/x.json)" = old ] || complain "no room: the old file is lost"

# Names that earlier versions, or others, have left.
touch room/new.json.new{0..99}
run 0 '' "${brief[@]}" --json=room/new.json
rm room/new.json.new*
left room new.json x.json

# A signal while a picture is drawn: gnuplot sends it to the program.
cat >gnuplot <<'TEXT'
#!/bin/sh
pid=$$
until [ "$(cat /proc/$pid/comm)" = hmmsim ]; do
	pid=$(awk '{ print $4 }' /proc/$pid/stat)
done
kill -"$SIGNAL" "$pid"
TEXT
mkdir pictures
echo old >pictures/x.svg
if [ "$(basename "$hmmsim")" = hmmsim ]; then
	for signal in INT TERM HUP; do
		for name in x.svg new.svg; do
			# What starts the tests may ignore some of them.
			SIGNAL=$signal env --default-signal="$signal" \
				"$hmmsim" "${brief[@]}" --plot="pictures/$name" >out 2>err
			[ "$?" = "$((128 + $(kill -l "$signal")))" ] ||
				complain "$signal: expected that the signal ends the program"
			left pictures x.svg
		done
	done
	[ "$(cat pictures/x.svg)" = old ] || complain "signals: the old picture is lost"
else
	unchecked+=("signals: the program is not called hmmsim")
fi

# The owner's mode stays, and /dev/shm has no special rights because of its name.
if [ -d /dev/shm ] && [ -w /dev/shm ]; then
	shm=/dev/shm/hmmsim.$(basename "$work")
	outside+=("$shm")
	(set -C && : >"$shm") || exit 2
	chmod 640 "$shm"
	run 0 '' "${brief[@]}" --json="$shm"
	run 0 '' "${brief[@]}" --json="$shm"
	[ "$(grep -c '"context"' "$shm")" = 1 ] || complain "/dev/shm: the new file is behind the old one"
	[ "$(stat -c %a "$shm")" = 640 ] || complain "/dev/shm: other rights"
fi

# ---- pictures ----------------------------------------------------------------------------------

printf '#!/bin/sh\ncat >/dev/null\n' >gnuplot
for name in x.svg new.svg; do
	"$hmmsim" "${brief[@]}" --plot="pictures/$name" >out 2>err
	[ "$?" = 4 ] || complain "gnuplot without a picture: not exit status 4"
	grep -q "^hmmsim compare: --plot: gnuplot made no picture for pictures/$name\$" err ||
		complain "gnuplot without a picture: no message"
	left pictures x.svg
done
# It reads nothing and says much; half of a picture is none.
printf '#!/bin/sh\nyes "<svg>" | head -n 50000\necho "$*" >arguments\n' >gnuplot
"$hmmsim" "${brief[@]}" --plot=pictures/x.svg >out 2>err
[ "$?" = 4 ] || complain "half a picture: not exit status 4"
[ "$(cat arguments)" = -d ] || complain "gnuplot reads the user's start files"
[ "$(cat pictures/x.svg)" = old ] || complain "half a picture: the old one is lost"
printf '#!/bin/sh\ncat >script\necho "</svg>"\n' >gnuplot
run 0 '' "${brief[@]}" --plot="pictures/it's.svg"
if grep -q "it's" script; then complain "gnuplot gets the name of a file"; fi
grep -qx "quantity = 'ns a page, v6\.12, predicted with profile light'" script ||
	complain "the picture does not name its profile"
run 0 '' "${brief[@]}" -p mine.cost --plot=pictures/x.svg
grep -q "predicted with profile mine'" script || complain "the picture names another profile"
run 0 '' compare -w 6.12 -s none -l full:2M --repetitions=1 --plot=pictures/x.svg
grep -qx "quantity = 'ns a page, v6\.12, measured'" script || complain "measured: not in the picture"
PATH=$path
if [ -n "$(command -v gnuplot)" ]; then
	# shellcheck disable=SC2016 # what gnuplot must not run
	printf 'hmmsim 1\nlayout `touch${IFS}made`@{x}_y\nvma 0x1000 0x2000 r\nmap 0x1000 4k rw 5\n' >odd.layout
	# shellcheck disable=SC2016
	printf 'hmmsim 1\nprofile `touch${IFS}made`@{x}_y base=light\n' >odd.cost
	run 0 '' compare --no-time odd.layout -p odd.cost --plot=pictures/odd.svg
	# shellcheck disable=SC2016
	[ "$(grep -cF '`touch${IFS}made`@{x}_y' pictures/odd.svg)" = 2 ] ||
		complain "names are interpreted in the picture"
	[ ! -e made ] || complain "gnuplot runs a command in a name"
else
	unchecked+=("pictures: gnuplot is missing")
fi

# ---- standard output ---------------------------------------------------------------------------

run 0 '' "${brief[@]}" --json=-
grep -q '^layout' out && complain "--json=-: the tables are there too"
run 0 '' "${brief[@]}" --json=file
"$hmmsim" "${brief[@]}" --json=- | cmp -s - file || complain "--json=-: not what the file has"
[ ! -e ./- ] || complain "--json=-: a file is called -"
"$hmmsim" capture --proc=proc 7 >captured
run 0 '' capture --proc=proc 7 --output=-
cmp -s out captured || complain "--output=-: not standard output"
[ ! -e ./- ] || complain "--output=-: a file is called -"

# unread <exit status> <argument>...: the reader goes after the first line, which is no error.
unread() {
	local expected=$1
	shift
	{ "$hmmsim" "$@" 2>err && echo 0 >status || echo "$?" >status; } | head -n 1 >out
	[ "$(cat status)" = "$expected" ] ||
		complain "hmmsim $* | head: expected exit status $expected, found $(cat status)"
	[ ! -s err ] || complain "hmmsim $* | head: expected nothing on stderr"
}
for i in {1..300}; do
	printf 'scenario s%d\nvma 0x1000 0x2000 r\nreq 0x1000 0x2000 0 0 0\nrun\n' "$i"
done >many.in
printf 'scenario bad\nvma 0x1000 0x2000 r\nfault noop\nreq 0x1000 0x2000 F 0 0\nrun\n' >>many.in
unread 0 walk many.in
unread 1 walk --check many.in
unread 0 compare --no-time
unread 0 compare --no-time --json=-
unread 0 compare --no-time --json=/dev/stdout -l full:2M
unread 0 compare --no-time -l full:2M -l full:4M --json=unread.json
grep -q 'layout:full:4M' unread.json || complain "| head: the file is not complete"
unread 0 list
unread 0 help compare
unread 0 capture --self

# Closed streams: an error, and no file takes their place.
status=0
"$hmmsim" list >&- 2>err || status=$?
[ "$status" = 4 ] || complain "list >&-: expected exit status 4, found $status"
grep -q '^hmmsim: standard output: Bad file descriptor$' err || complain "list >&-: no message"
status=0
"$hmmsim" compare --nonsense --json=closed.json 2>&- >&- <&- || status=$?
[ "$status" = 2 ] || complain "all streams closed: expected exit status 2, found $status"
status=0
"$hmmsim" walk - <&- 2>err || status=$?
[ "$status" = 2 ] || complain "walk - <&-: expected exit status 2, found $status"
verdict
