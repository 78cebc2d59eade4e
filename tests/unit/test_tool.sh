#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_tool.sh <hmmsim> <data>: exit codes, messages and streams of the program.
data=$(realpath "${2:?usage: test_tool.sh hmmsim data-directory}")
# shellcheck source=tests/support/tool.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tool.sh" "$1"

good='scenario good\nvma 0x1000 0x2000 r\nreq 0x1000 0x2000 0 0 0\nrun\n'
printf '%b' "$good" >good.in
printf '%b' "${good}scenario bad\nvma 0x1000 0x2000 q\n$good" >bad.in
: >empty.in

# Help and version go to stdout.
run 0 '' --help
says '^Usage: hmmsim VERB'
says '^  walk +run'
run 0 '' -h
run 0 '' --version
says '^hmmsim [0-9]+\.[0-9]+\.[0-9]+$'
run 0 '' walk --help
says '^Usage: hmmsim walk'
run 0 '' list --help
says '^Usage: hmmsim list'
run 0 '' -V
says '^hmmsim [0-9]+\.[0-9]+\.[0-9]+$'
"$hmmsim" --help >help
for arguments in help 'help help' 'help --help'; do
	# shellcheck disable=SC2086 # words
	run 0 '' $arguments
	cmp -s out help || complain "hmmsim $arguments: not what --help prints"
done
for word in walk capture compare list; do
	"$hmmsim" "$word" --help >help
	run 0 '' help "$word"
	cmp -s out help || complain "help $word: not what $word --help prints"
done
run 2 "^hmmsim: unknown verb 'wlak'\$" help wlak
silent
run 2 "^hmmsim help: unexpected argument 'list'\$" help walk list
silent

# What configures the allocator of the host does not reach the library's.
printf 'scenario s\nreq 0 0 0 0 0\nrun\n' >conf.in
run 0 '' walk conf.in
cp out plain
for conf in abort_conf:true,not_an_option:1 stats_print:true junk:true,zero:false,tcache:false; do
	export MALLOC_CONF=$conf
	run 0 '' walk conf.in
	cmp -s out plain || complain "MALLOC_CONF=$conf changes the output"
done
unset MALLOC_CONF

# Usage errors go to stderr.
run 2 '^hmmsim: a verb is missing$'
silent
run 2 "^hmmsim: unknown verb 'wlak'\$" wlak
silent
run 2 'see hmmsim --help' wlak
run 2 "^hmmsim list: unexpected argument 'x'\$" list x
run 2 '^hmmsim walk: a FILE is missing$' walk
run 2 '^hmmsim walk: a FILE is missing$' walk --walker 5.3
run 2 "^hmmsim walk: --walker: expected 5.3 or 6.12, found '6.1'\$" walk --walker 6.1 good.in
run 2 '^hmmsim walk: --strategy: expected none, .* or per-call, found .custom.$' \
	walk --strategy custom good.in
run 2 "^hmmsim walk: --body: expected reference or plain, found 'fast'\$" walk --body fast good.in
run 2 '^hmmsim walk: .*nonsense' walk --nonsense good.in
silent
# Of an option that has one value a second one would not count.
for twice in 'walk --walker 5.3' 'walk --strategy none' 'walk --body plain' 'list --profile /dev/null' \
	'capture --proc /proc' 'capture --output -' 'compare --body plain' 'compare --request read' \
	'compare --owner 1' 'compare --sleep 1' 'compare --repetitions 1' 'compare --json -'; do
	read -r name option value <<<"$twice"
	run 2 "^hmmsim $name: $option: expected once, found again\$" \
		"$name" "$option" "$value" "$option" "$value" good.in
	silent
	grep -qF "hmmsim: see hmmsim $name --help" err || complain "$twice: no word of --help"
done
run 0 '' walk --check --check good.in
run 2 '^hmmsim list: .*profile' list --profile
run 2 'see hmmsim walk --help' walk --nonsense good.in
for arguments in walk compare 'list --profile' 'compare --profile'; do
	# shellcheck disable=SC2086 # words
	run 2 "^hmmsim: expected the name of a file, found ''\$" $arguments ''
done
for word in walk capture compare list; do
	if "$hmmsim" "$word" --help | grep -nE '.{81}' >&2; then complain "$word --help: too wide"; fi
done
run 2 '^hmmsim: none.in: No such file or directory$' walk none.in
run 2 '^hmmsim: \.: Is a directory$' walk .

# A text has a size, so that an endless one ends.
run 2 '^/dev/zero:1: expected a text of at most 268435456 bytes$' walk /dev/zero
run 2 '^/dev/zero:1: expected a text of at most 268435456 bytes$' list --profile=/dev/zero
mkfifo fifo.in
yes ' ' >fifo.in 2>/dev/null &
run 2 '^fifo\.in:134217729: expected a text of at most 268435456 bytes$' compare fifo.in

# Defaults, and files in their order.
run 0 '' walk empty.in
silent
run 0 '' walk good.in
cp out plain
run 0 '' walk --walker 6.12 --strategy none --body plain good.in
cmp -s out plain || complain "walk: the defaults are not 6.12, none and plain"
run 0 '' walk --walker 5.3 "$data/quirks.in"
cmp -s out "$data/quirks.5.3.per-table.out" || complain "walk: the default on 5.3 is not per-table"
run 0 '' walk good.in good.in -w 6.12
[ "$(grep -c '^result good$' out)" = 2 ] || complain "walk: two files, not two answers"
run 0 '' walk - <good.in
cmp -s out plain || complain "walk: standard input is not read"

# Bad input: the scenarios before it are answered, those after it are not.
run 2 '^bad\.in:6: vma: expected .* found "q"$' walk bad.in good.in
cmp -s out plain || complain "walk: not exactly the scenarios before the error are answered"
run 2 '^stdin:6: vma: ' walk - <bad.in

# Output that cannot be written.
if [ -w /dev/full ]; then
	for arguments in --help --version list "list -c" "walk good.in" "walk $data/random.in"; do
		status=0
		# shellcheck disable=SC2086 # words
		"$hmmsim" $arguments >/dev/full 2>err || status=$?
		[ "$status" = 4 ] || complain "hmmsim $arguments >/dev/full: exit status $status"
		grep -q '^hmmsim: standard output: No space left' err ||
			complain "hmmsim $arguments >/dev/full: no message"
	done
fi
: >out
{
	status=0
	"$hmmsim" walk "$data/random.in" 2>err || status=$?
	echo "$status" >status
} | head -n 1 >/dev/null
[ "$(cat status)" = 0 ] || complain "walk into a closed pipe: exit status $(cat status)"
[ ! -s err ] || complain "walk into a closed pipe: a message"

# Verdicts are the exit status only with --check, and the worst of them counts.
space='vma 0x1000 0x3000 rw\nreq 0x1000 0x3000 F 0 0\n'
printf '%b' "scenario same\n${space}fault noop\nrun\n" >livelock.in
printf '%b' "scenario waits\n${space}map 0x1000 4k migr 5\nmigwait stay\nrun\n" >waits.in
printf '%b' "scenario short\n${space}maxwalks 1\nrun\n" >bound.in
printf '%b' "scenario later\n${space}fault noop\nfaultn 2000 ok\nmaxwalks 9\nrun\n" >later.in
printf '%b' 'scenario leak\nvma 0x1000 0x3000 rw\npgmap 0x200000 0x200200\n' \
	'map 0x1000 4k devrw 0x200000\nmap 0x2000 4k special 5\nreq 0x1000 0x3000 F 0 0\nrun\n' >leak.in
printf '%b' 'scenario hole\nvma 0x1000 0x2000 r\nreq 0x1000 0x3000 F 0 0\nrun\n' >hole.in
# judged <exit status with --check> <argument>...
judged() {
	local status=$1
	shift
	run 0 '' walk "$@"
	cp out unchecked
	run "$status" '' walk --check "$@"
	cmp -s out unchecked || complain "walk --check $*: other answers"
	run "$status" '' walk "$@" -c
}
for walker in 5.3 6.12; do
	judged 0 -w "$walker" good.in
	judged 1 -w "$walker" livelock.in
	says '^walks .* livelock 1 '
	judged 3 -w "$walker" bound.in
	says '^walks .* livelock 1 '
	judged 3 -w "$walker" later.in
	judged 1 -w "$walker" bound.in livelock.in good.in
	judged 3 -w "$walker" good.in bound.in good.in
	run 2 '^bad\.in:6: ' walk --check -w "$walker" livelock.in bad.in
done
judged 1 -w 6.12 waits.in
judged 1 -w 5.3 leak.in
says ' leaked 1 '
judged 0 -w 5.3 -s per-range leak.in
judged 1 -w 6.12 leak.in
says '^walks .* badpte 1 '
judged 1 -w 6.12 -b reference leak.in
sed 's/^vma.*/&m/' leak.in >mixed.in
judged 0 -w 6.12 mixed.in
says '^walks .* badpte 0 '
printf 'scenario vmas\n' >vmas.in
for i in {1..70}; do
	printf 'vma 0x%x 0x%x r\nmap 0x%x 4k ro 5\n' "$((i * 8192))" "$((i * 8192 + 8192))" "$((i * 8192))"
done >>vmas.in
printf 'req 0x2000 0x3000 0 0 0\nrun\n' >>vmas.in
judged 0 -w 5.3 vmas.in
sed -i 's/^req .*/req 0x2000 0x8e000 0 0 0/' vmas.in
judged 3 -w 5.3 vmas.in # each VMA is a page walk, and all would be over soon

# Each word of a verdict is explained where it can be looked up. The words are those of the code.
root=$(realpath "$data/../../..")
# helped <verb> <word>...: --help has a line that begins with it.
helped() {
	local verb=$1 word
	shift
	[ "$#" -ge 4 ] || complain "$verb: no words in the code: $*"
	"$hmmsim" "$verb" --help >help
	for word in "$@"; do
		grep -qE "^  $word( |\$)" help || complain "$verb --help does not explain '$word'"
	done
}
# documented <verb> <word>...: a row of the README's table of verdicts, or of answers, has it too.
documented() {
	local word
	helped "$@"
	shift
	sed -n '/^## Verdicts/,/^## Outputs/p; /^## Answers/,/^## Layouts/p' "$root/src/text/README.md" >table
	for word in "$@"; do
		grep -qE "^\|.*[\` ]${word}[\` ]" table || complain "src/text/README.md does not explain '$word'"
	done
}
words() { grep -oE '"[ a-z-]+"' | tr -d '"' | sed 's/.* //' | tr '\n' ' '; }
# shellcheck disable=SC2046 # words
documented compare $(sed -n '/^const char \*hs_removal_verdict_name/,/^}/p' "$root/src/run/removal.c" | words)
# shellcheck disable=SC2046
documented walk $(grep 'answer_print_field(out, ' "$root/src/run/walk_answer.c" | words)
"$hmmsim" compare --no-time --removal -w 6.12 -s none -l full:2M >columns
# shellcheck disable=SC2046
helped compare $(sed -nE 's/^walker +strategy +//p' columns | tr -s ' ' '\n' |
	grep -vE '^(x|none|light|distro|tables|faults|waits|strategy)$' | sort -u)
for status in 0 1 2 3 4; do
	for arguments in --help 'walk --help' 'compare --help'; do
		# shellcheck disable=SC2086 # words
		"$hmmsim" $arguments | grep -qE "^  $status  " ||
			complain "$arguments: no exit status $status"
	done
	grep -qE "^\| $status \|" "$root/src/text/README.md" || complain "README: no exit status $status"
done

# The documents name the largest misses of the predictions.
"$hmmsim" list --costs | awk '/^# / { for (i = 3; i <= NF; i++) if ($i ~ /^[+-][0-9]+\.[0-9]$/) print $i + 0, $i }' |
	sort -g >misses
for miss in "$(head -n 1 misses)" "$(tail -n 1 misses)"; do
	for document in README.md src/cost/README.md; do
		grep -qF -- "${miss#* } %" "$root/$document" || complain "$document: no miss of ${miss#* } %"
	done
done

# The list is the same every time, and the program accepts every name on it.
run 0 '' list
cp out list
run 0 '' list
cmp -s out list || complain "list: differs from run to run"
while read -r kind name; do
	case $kind in
	verb) run 0 '' "$name" --help ;;
	walker | strategy | body) run 0 '' walk "--$kind" "$name" good.in ;;
	layout) ;;
	race)
		status=0
		"$hmmsim" explore --quiet --executions=1 "${name%% *}" >out 2>err || status=$?
		drop_asan_warning
		if [ "$status" = 2 ] || [ "$status" = 4 ] || [ -s err ]; then
			complain "explore ${name%% *}: expected a verdict"
		fi
		;;
	*) complain "list: unknown kind '$kind'" ;;
	esac
done <list
grep -qE '^race glisse-flag +the flag of v5\.3 ' list || complain "list: no word about races"
grep -qE '^layout holes +7 devmap pages and a hole' list || complain "list: no word about layouts"
awk '{ print $1, $2 }' list | sort | uniq -d | grep . >&2 && complain "list: a name twice"
for kind in verb walker strategy body layout race; do
	grep -q "^$kind " list || complain "list: no $kind"
done

# Cost profiles: a printed profile can be read again, and prints the same.
run 0 '' list --costs
says '^profile light base=light$'
says '^profile distro base=distro$'
says '^# devmap PTEs, per-range  *ns/page  *6\.26  *5\.99  *-4\.3$'
printf 'hmmsim 1\nprofile mine base=distro\ncost hit 0.5\n' >mine.cost
run 0 '' list --profile mine.cost
says '^profile mine base=distro$'
says '^cost hit 0\.500$'
says '^# hit  *ns  *6\.5  *0\.50  *-92\.3  used$'
cp out printed.cost
run 0 '' list -c -p - <printed.cost
cmp -s out printed.cost || complain "list: a profile that was printed reads differently"
run 2 "^hmmsim list: unexpected argument 'x'\$" list -p mine.cost x
run 2 '^hmmsim: none\.cost: No such file or directory$' list --profile none.cost
silent
printf 'hmmsim 1\nprofile mine\ncost hti 1\n' >mine.cost
run 2 '^mine\.cost:3: cost: expected page, .* or grace-period, found "hti"$' list -p mine.cost
silent
verdict
