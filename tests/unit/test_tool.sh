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
run 2 '^hmmsim list: .*profile' list --profile
run 2 'see hmmsim walk --help' walk --nonsense good.in
run 2 '^hmmsim: none.in: No such file or directory$' walk none.in
run 2 '^hmmsim: \.: Is a directory$' walk .

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
[ "$(cat status)" = 4 ] || complain "walk into a closed pipe: exit status $(cat status)"
grep -q '^hmmsim: standard output: Broken pipe' err || complain "walk into a closed pipe: no message"

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
	*) complain "list: unknown kind '$kind'" ;;
	esac
done <list
grep -qE '^layout holes +7 devmap pages and a hole' list || complain "list: no word about layouts"
for kind in verb walker strategy body layout; do
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
