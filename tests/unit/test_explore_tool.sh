#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_explore_tool.sh <hmmsim> <data>: the verbs that explore: their usage, the program that they
# become, verdicts and their exit status, tables, JSON, searches in parts, replays.
data=$(realpath "${2:?usage: test_explore_tool.sh hmmsim data-directory}")
# shellcheck source=tests/support/tool.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tool.sh" "$1"

# ---- the other program -------------------------------------------------------------------------

# It is found below ../libexec, wherever the tree is, and else beside the first one.
mkdir -p tree/bin tree/libexec/hmmsim
cp "$hmmsim" tree/bin/
built=$hmmsim
hmmsim=$work/tree/bin/hmmsim
for word in explore replay claims; do
	run 4 "^hmmsim $word: $work/tree/bin/\.\./libexec/hmmsim/hmmsim-explore: No such file" $word x
	silent
	run 4 "^hmmsim $word: .*No such file" help $word
done
printf '#!/bin/sh\nprintf "%%s\\n" "$@"\n' >tree/bin/hmmsim-explore
chmod +x tree/bin/hmmsim-explore
run 0 '' explore 'a b' --json=x
printf '%s\n' explore 'a b' --json=x | diff - out >&2 || complain "beside: other arguments"
# shellcheck disable=SC2016 # the script expands it
printf '#!/bin/sh\necho "${0##*/}" libexec "$@"\n' >tree/libexec/hmmsim/hmmsim-explore
run 4 "hmmsim-explore: Permission denied\$" replay x
chmod +x tree/libexec/hmmsim/hmmsim-explore
ln -s ../tree/bin/hmmsim linked
(cd tree/bin && exec -a nowhere ./hmmsim help replay) >out
printf 'hmmsim-explore libexec replay --help\n' | diff - out >&2 || complain "help: not --help there"
hmmsim=$built
explorer=$(dirname "$hmmsim")/hmmsim-explore
for arguments in '' 'walk x'; do
	# shellcheck disable=SC2086 # words
	"$explorer" $arguments >out 2>err
	[ $? = 2 ] || complain "hmmsim-explore $arguments: not exit status 2"
	grep -q '^hmmsim-explore: expected explore, replay or claims' err || complain "hmmsim-explore: no message"
done

# ---- usage -------------------------------------------------------------------------------------

for word in explore replay claims; do
	run 0 '' $word --help
	says "^Usage: hmmsim $word"
	cp out help
	run 0 '' help $word
	cmp -s out help || complain "help $word: not what $word --help prints"
	if grep -nE '.{81}' help >&2; then complain "$word --help: too wide"; fi
	for status in 0 1 2 3 4; do
		grep -qE "^  $status  " help || complain "$word --help: no exit status $status"
	done
	run 2 "^hmmsim $word: .*nonsense" $word --nonsense
	[ $word = claims ] || run 2 "see hmmsim $word --help" $word
done
verb=explore
run 2 '^hmmsim explore: a FILE or NAME is missing$'
run 2 '^hmmsim explore: a FILE is missing$' --merge
run 2 "^hmmsim explore: unexpected argument 'b'\$" a b
run 2 "^hmmsim explore: expected a file or a built-in race \(hmmsim list\), found 'nonsense'\$" nonsense
run 2 '^hmmsim: \./nonsense: No such file or directory$' ./nonsense
run 2 "^hmmsim explore: --search: expected dfs, sleep, dpor, random, bound, pct or portfolio, found 'replay'\$" \
	--search=replay a
run 2 "^hmmsim explore: --memory: expected sc or views, found 'tso'\$" --memory=tso a
run 2 "^hmmsim explore: --executions: expected a number from 1 to 18446744073709551615, found '0'\$" \
	--executions=0 a
run 2 "^hmmsim explore: --time: expected a number from 1 to 4294967, found '1h'\$" --time=1h a
run 2 "^hmmsim explore: --depth: expected a number from 1 to 32, found '33'\$" --depth=33 a
run 2 "^hmmsim explore: --set: expected AXIS=VALUE, found 'refs'\$" --set=refs a
run 2 "^hmmsim explore: --set: expected AXIS=VALUE, found '=6.1'\$" --set==6.1 a
run 2 "^hmmsim explore: --set: expected AXIS=VALUE, found 'refs='\$" --set=refs= a
run 2 "^hmmsim explore: --set: expected each AXIS once, found 'refs=5.3'\$" --set=refs=6.1 --set=refs=5.3 a
run 2 "^hmmsim explore: --set: expected no more axes than a race has, found 'j=1'\$" \
	--set={a,b,c,d,e,f,g,h,i,j}=1 a
for option in race=a search=dfs memory=sc executions=1 time=1 seed=1 first=1 count=1 bound=1 depth=1 \
	retry-bound=1 json=a trace=a; do
	run 2 "^hmmsim explore: --${option%=*}: expected once, found again\$" --$option --$option a
done
for option in first=1 count=1; do
	run 2 "^hmmsim explore: --${option%=*}: expected with a random search\$" --$option a
done
run 2 '^hmmsim explore: --bound: expected with --search=bound$' --bound=1 a
run 2 '^hmmsim explore: --depth: expected with --search=pct$' --search=random --depth=1 a
run 2 '^hmmsim explore: --executions: not with --count' --search=pct --count=1 --executions=1 a
run 2 '^hmmsim explore: --first: expected indices below 2\^64$' --search=random \
	--first=18446744073709551614 --count=2 a
for option in search=dfs memory=sc executions=1 time=1 seed=1 retry-bound=1 keep-going; do
	run 2 "^hmmsim explore: --${option%=*}: not with --expect, " --expect --$option a
	run 2 "^hmmsim explore: --${option%=*}: not with --merge, whose files say it\$" --merge --$option a
done
for option in race=a set=a=b trace=a every expect; do
	run 2 "^hmmsim explore: --${option%%=*}: not with --merge" --merge --$option a
done
run 2 '^hmmsim explore: --every: not with --expect$' --expect --every a
for option in json trace; do
	run 2 "^hmmsim explore: --$option: not with --expect or --every\$" --every --$option=a a
done
run 2 "^hmmsim explore: --json: expected the name of a file, found ''\$" --json= a
run 2 "^hmmsim explore: --trace: expected another file than that of --json, found '-'\$" --json=- --trace=- a
run 2 "^hmmsim explore: --trace: expected another file than that of --json, found 'x'\$" --json=x --trace=x a
echo >a.race
run 2 "^hmmsim explore: --json: expected another file than what is read, found 'a.race'\$" --json=a.race a.race
run 2 '^hmmsim: none/x: No such file or directory$' --json=none/x a.race
verb=replay
run 2 '^hmmsim replay: a TOKEN is missing$'
run 2 "^hmmsim replay: unexpected argument 'c'\$" a b c
run 2 '^hmmsim replay: expected standard input once, found it as TOKEN and as FILE$' - -
for option in json trace; do
	run 2 "^hmmsim replay: --$option: expected once, found again\$" --$option=a --$option=a a
done
verb=

# ---- parts of one search -----------------------------------------------------------------------

# What is refused in files, and how their figures join, is in test_record.c.
run 2 '^hmmsim: none.json: No such file or directory$' explore --merge none.json
echo '{' >bad.json
run 2 '^bad\.json:2: expected "schema", found ""$' explore --merge bad.json
run 2 '^stdin:1: expected \{, found ""$' explore --merge - </dev/null

# The first violation of this search is in the third part; all that the parts have run behind it is
# not counted.
search=(explore glisse-flag --search=portfolio --seed=1)
run 1 '' "${search[@]}" --count=100000 --json=all.json
first=$(sed -n 's/^  "first_violation": \([0-9]*\),$/\1/p' all.json)
size=$(((first - 1) / 2))
[ "${first:-0}" -gt 4 ] || complain "the search finds a violation too early: ${first:-}"
# in_parts <option>...: the search runs in four parts, and whole; both must be the same.
in_parts() {
	local i status=0 found=0
	for i in 0 1 2 3; do
		"$hmmsim" "${search[@]}" "$@" --first=$((i * size)) --count=$size --json=part$i.json >/dev/null
	done
	"$hmmsim" "${search[@]}" "$@" --count=$((4 * size)) --json=all.json >whole || status=$?
	"$hmmsim" explore --merge part3.json part1.json part0.json part2.json --json=joined.json >out 2>err ||
		found=$?
	[ "$found" = "$status" ] || complain "--merge $*: exit status $found, that of the search is $status"
	same whole
	cmp all.json joined.json >&2 || complain "--merge $*: not the JSON of the search"
}
in_parts
grep -q "^assertion: in execution $first of $first, " out || complain "--merge: not the first violation"
in_parts --keep-going
search[2]=--search=pct
in_parts --keep-going
search[2]=--search=random
in_parts
if command -v parallel >/dev/null && parallel --version 2>/dev/null | grep -q GNU; then
	"$hmmsim" "${search[@]}" --count=40 --json=all.json >whole
	parallel --will-cite "$hmmsim" "${search[@]}" --first={} --count=10 --json=by{}.json \
		::: 0 10 20 30 >/dev/null 2>&1
	run 3 '' explore --merge by*.json --json=joined.json
	same whole
	cmp all.json joined.json >&2 || complain "--merge after parallel: not the JSON of the search"
fi
sed 's/"seed": 1/"seed": 2/' part1.json >other.json
run 2 '^other\.json:8: seed: expected the same as in part0\.json$' explore --merge part0.json other.json

echo 'hmmsim 1' >empty.txt
# ---- verdicts ----------------------------------------------------------------------------------

cp "$data/flags.txt" .
verb=explore
run 0 '' flags.txt
printf 'holds: 1 execution, exhaustive: yes\n' | diff - out >&2 || complain "flags: another verdict"
run 0 '' - <flags.txt
says '^holds: 1 execution'
run 1 '' flags.txt --set=wait=A
says '^deadlock: in execution 1 of 1, '
says '^deadlock: .*flags\.txt:9'
cp out report
token=$(tail -n 1 out)
run 1 '' flags.txt --set=wait=A
same report
run 1 '' --quiet flags.txt --set=wait=A
if [ "$(wc -l <out)" != 2 ] || [ "$(tail -n 1 out)" != "$token" ]; then
	complain "--quiet: not verdict and token"
fi
run 0 '' flags.txt --race=three
run 3 '' flags.txt --race=three --search=random
says '^no violation: 1000 executions, exhaustive: no$'
run 3 '' flags.txt --race=three --search=dfs --executions=2
says '^no violation: 2 executions, exhaustive: no$'
run 3 '' flags.txt --race=three --search=bound --bound=0
says '^no violation: [0-9]+ executions?, exhaustive: within 0 preemptions$'
run 2 "^hmmsim explore: flags.txt: expected a race none, found none\$" flags.txt --race=none
run 2 '^flags\.txt:5: axis: expected wait=B or A, found "C"$' flags.txt --set=wait=C
run 2 '^flags\.txt:3: race: expected .*found "x"$' flags.txt --set=x=y
for option in '' --every --expect; do
	sed 's/set A/sat A/' flags.txt >bad.txt
	# shellcheck disable=SC2086 # an option or nothing
	run 2 '^bad\.txt:10: expected a keyword .*found "sat"$' bad.txt $option
	run 2 "^hmmsim explore: flags.txt: expected a race none, found none\$" flags.txt --race=none $option
	run 2 "^hmmsim explore: empty.txt: expected a race, found none\$" empty.txt $option
done
printf 'hmmsim 1\nrace a\nmm M\nsetup\n\taccess M 0x1000 w\ntask T\n\taccess M 0x1000 r\n' >setup.txt
for option in '' --every; do
	# shellcheck disable=SC2086 # an option or nothing
	run 2 '^setup\.txt:5: access M 0x1000 w: the set-up failed: -EFAULT$' setup.txt $option
done
printf 'hmmsim 1\nrace a\ntask T\n\tcall f\n' >call.txt
run 2 '^call\.txt:4: call: expected a function of the program, found "f"$' call.txt

# ---- what a race is about ------------------------------------------------------------------------

# In one of two orders T sets a before R sets b.
printf 'hmmsim 1\nrace a\nflag a\nflag b\ntask T\n\tset a as=t\ntask R\n\tset b as=r\nreached t r\nexpect holds\n' >about.txt
run 0 '' --search=dfs about.txt --json=a.json
echo 'holds: 2 executions, exhaustive: yes, reached: 1' >about
same about
grep -qxF '  "has_reached": true,' a.json || complain "has_reached: not in the JSON"
grep -qxF '  "reached": 1,' a.json || complain "reached: not in the JSON"
sed 's/reached t r/reached t r t/' about.txt >never.txt
run 3 '' --search=dfs never.txt
echo 'holds: 2 executions, exhaustive: yes, never reached' >never
same never
for option in --every --expect; do
	run 3 '' never.txt $option
	says '^a +holds, never reached  yes '
done
for i in 0 10; do
	run 3 '' about.txt --search=random --first=$i --count=10 --json=part$i.json
done
run 3 '' about.txt --search=random --count=20 --json=all.json
run 3 '' --merge part0.json part10.json --json=joined.json
cmp -s all.json joined.json || complain "reached: parts do not join"

# ---- one property ------------------------------------------------------------------------------

for property in S1 S2; do
	run 1 '' --quiet glisse-flag --set=only=$property
	tail -n 1 out >token
	grep -q "only%3D$property:" token || complain "only=$property: not in the token"
	verb=replay
	run 1 '' --quiet "$(cat token)"
	verb=explore
done
run 0 '' --quiet glisse-flag --set=only=S3
run 1 '' --every glisse-flag --set=only=S2
says '^glisse-flag,only=S2 +use after free '
says '^glisse-flag,validity=seq,only=S2 +holds '
run 2 '^glisse-flag\.txt:[0-9]+: race: expected only=S1, S2, S3, S4, live or answer, found "S5"$' \
	glisse-flag --set=only=S5

# ---- steps that were never done ------------------------------------------------------------------

# 0x4000 is outside all VMAs.
printf 'hmmsim 1\nrace a\nmm M\nmmap M 0x0 0x1000 rw\ntask T\n\taccess M 0x4000\n\taccess M 0x0\nexpect holds\n' >outside.txt
run 3 '' --quiet outside.txt --json=a.json
cat >undone <<'TEXT'
holds: 1 execution, exhaustive: yes
never done: access M 0x4000  outside.txt:6
never done: access M 0x0  outside.txt:7
TEXT
same undone
grep -qxF '  "undone": "access M 0x4000  outside.txt:6\u000aaccess M 0x0  outside.txt:7\u000a",' a.json ||
	complain "undone: not in the JSON"
for option in --every --expect; do
	run 3 '' outside.txt $option
	says '^a +holds, steps never done  yes '
done
for i in 0 10; do
	run 3 '' outside.txt --search=random --first=$i --count=10 --json=part$i.json
done
run 3 '' outside.txt --search=random --count=20 --json=all.json
run 3 '' --merge part0.json part10.json --json=joined.json
says '^never done: access M 0x0  outside\.txt:7$'
cmp all.json joined.json >&2 || complain "--merge: not the steps that the search has never done"
sed -i 's/0x4000/& optional=yes/' outside.txt
for option in '' --every --expect; do
	# shellcheck disable=SC2086 # an option or nothing
	run 0 '' outside.txt $option
done

# ---- tables ------------------------------------------------------------------------------------

run 1 '' flags.txt --every
same "$data/every.out"
run 0 '' flags.txt --every --race=three --set=first=B
same "$data/every-first-B.out"
run 1 '' flags.txt --expect
same "$data/expect.out"
run 0 '' flags.txt --expect --race=flags
run 0 '' flags.txt --expect --race=three --set=first=C
[ "$(wc -l <out)" = 2 ] || complain "--expect --set: other runs than the one"
run 2 '^hmmsim explore: flags\.txt: expected an expect line of three for these settings, found none$' \
	flags.txt --expect --race=three --set=first=B

# ---- JSON --------------------------------------------------------------------------------------

# Bytes that no compiler and no run changes.
run 0 '' flags.txt --race=three --json=a.json
diff -u "$data/three.json" a.json >&2 || complain "not the JSON of three.json"
run 0 '' flags.txt --race=three --json=-
diff -u "$data/three.json" out >&2 || complain "--json=-: not the JSON of three.json"
# Each option reaches the search.
run 3 '' flags.txt --race=three --search=pct --depth=2 --memory=views --retry-bound=5 --seed=9 --first=4 \
	--count=6 --keep-going --json=-
for member in search='"pct"' memory='"views"' seed=9 first=4 count=6 depth=2 retry_bound=5 keep_going=true; do
	grep -qE "^    \"${member%%=*}\": ${member#*=},?\$" out || complain "options: not $member in the JSON"
done
run 0 '' flags.txt --race=three --search=bound --bound=7 --json=-
says '^    "bound": 7,$'
for arguments in 'glisse-flag' 'glisse-flag --search=portfolio' 'flags.txt --set=wait=A'; do
	# shellcheck disable=SC2086 # words
	"$hmmsim" explore $arguments --json=a.json --trace=a.trace >first
	# shellcheck disable=SC2086
	"$hmmsim" explore $arguments --json=b.json --trace=b.trace >out
	same first
	cmp a.json b.json >&2 || complain "$arguments: JSON differs from run to run"
	cmp a.trace b.trace >&2 || complain "$arguments: the trace differs from run to run"
	if command -v python3 >/dev/null; then
		python3 -m json.tool a.json >/dev/null || complain "$arguments: no JSON"
		python3 -m json.tool a.trace >/dev/null || complain "$arguments: the trace is no JSON"
	fi
done

# Steps of a text have its line, as above them in the report.
words=$(sed -nE 's/^ *> (.*)$/\1/p' first | head -n 1)
[ -n "$words" ] && grep -qF "\"text\":\"$words\"}}" a.trace || complain "trace: no step of '$words'"

# ---- replays -----------------------------------------------------------------------------------

run 1 '' flags.txt --set=wait=A
cp out explored
token=$(tail -n 1 out)
# The same report, and the same token.
sed 1d explored >report
verb=replay
run 1 '' "$token" flags.txt
sed 1d out | diff -u report - >&2 || complain "replay: another report"
says '^deadlock: replayed$'
run 1 '' - flags.txt <explored
sed 1d out | diff -u report - >&2 || complain "replay -: another report"
run 1 '' "$token" - <flags.txt
run 2 "^hmmsim replay: expected a FILE with the race that is named, found 'hmmsim1:" "$token"
run 2 '^hmmsim replay: empty.txt: expected a race flags, found none$' "$token" empty.txt
run 2 "^hmmsim replay: expected a token.*, found 'nonsense'\$" nonsense flags.txt
run 2 "^hmmsim replay: expected a token.*, found ''\$" - </dev/null
run 2 "^hmmsim replay: character [0-9]* of the token is 'x', expected" "${token/:sc,/:xc,}" flags.txt
run 2 '^hmmsim replay: character [0-9]* of the token: what stands before has the sum' "${token/,c/,c1}" flags.txt
sed 's/await A/await B/' flags.txt >changed.txt
run 2 '^hmmsim replay: the schedule ends at decision 2, but tasks can still move$' "$token" changed.txt
# A name of any length is one.
name=$(printf 'n%.0s' {1..300})
sed "s/^race flags/race $name/" flags.txt >changed.txt
"$hmmsim" explore --set=wait=A changed.txt >explored
run 1 '' - changed.txt <explored
run 1 '' -q "$("$hmmsim" explore -q glisse-flag | tail -n 1)"
"$hmmsim" explore glisse-flag | sed '1,2d' >report
run 1 '' "$(tail -n 1 report)" --json=a.json --trace=b.trace
sed '1,2d' out | diff -u report - >&2 || complain "replay: another report of glisse-flag"
"$hmmsim" explore glisse-flag --trace=a.trace >/dev/null
cmp a.trace b.trace >&2 || complain "replay: another trace"
run 1 '' "$(tail -n 1 report)" --trace=-
cmp out b.trace >&2 || complain "replay --trace=-: another trace"
"$hmmsim" explore glisse-flag --set=validity=seq --trace=a.trace >/dev/null
cmp a.trace b.trace >&2 || complain "a trace of no execution"
verb=

# ---- documents ---------------------------------------------------------------------------------

# Each command of the manual, below "    $ ", prints what is written below it. There ... stands for
# any text in a line, and alone for any lines.
cat >shown.awk <<'AWK'
function fits(line, pattern,    parts, part, i, at) {
	parts = split(pattern, part, /\.\.\./)
	if (parts < 2)
		return line == pattern
	if (index(line, part[1]) != 1 && part[1] != "")
		return 0
	line = substr(line, length(part[1]) + 1)
	for (i = 2; i < parts; i++) {
		at = index(line, part[i])
		if (!at)
			return 0
		line = substr(line, at + length(part[i]))
	}
	at = length(line) - length(part[parts])
	return at >= 0 && substr(line, at + 1) == part[parts]
}
NR == FNR { expected[++n] = $0; next }
{
	if (expected[at + 1] == "...") {
		if (at + 2 > n || !fits($0, expected[at + 2]))
			next
		at++
	}
	if (++at > n || !fits($0, expected[at])) {
		print "expected: " expected[at]
		print "found:    " $0
		exit bad = 1
	}
}
END {
	if (!bad && at < n && !(at + 1 == n && expected[n] == "...")) {
		print "expected: " expected[at + 1]
		exit 1
	}
}
AWK
mkdir bin
ln -s "$hmmsim" bin/hmmsim
PATH=$work/bin:$PATH
root=$(realpath "$data/../../..")
# shown_by <document>: of the commands explore and replay there.
shown_by() {
	local document=$root/$1 commands i command
	commands=$(grep -cE '^    \$ hmmsim (explore|replay)' "$document")
	for ((i = 1; i <= commands; i++)); do
		awk -v i="$i" '
			/^    \$ / { here = /hmmsim (explore|replay)/; n += here }
			n != i || !here { next }
			/^$/ { blank = blank "\n"; next }
			!/^    / { exit }
			{ printf "%s%s\n", blank, substr($0, 5); blank = "" }' "$document" >shown
		command=$(sed -n '1s/^\$ //p' shown)
		sed -i 1d shown
		bash -c "$command" >out 2>err </dev/null
		awk -f shown.awk shown out >&2 || complain "$1: not what is printed by: $command"
	done
}
shown_by README.md
shown_by src/tool/README.md
[ "$(grep -cE '^    \$ hmmsim (explore|replay)' "$root/src/tool/README.md")" -ge 3 ] ||
	complain "src/tool/README.md: no commands"
verdict
