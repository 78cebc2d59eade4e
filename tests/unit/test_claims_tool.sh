#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_claims_tool.sh <hmmsim>: hmmsim claims: options, the table, JSON, exit statuses.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/support/tool.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/tool.sh" "$1" claims

# ---- usage -------------------------------------------------------------------------------------

for id in 8 C C0 C08 C100 cx C8x D8 ''; do
	run 2 "^hmmsim claims: expected an ID such as C8, found '$id'\$" "$id"
done
run 2 '^hmmsim claims: there is no claim C99$' C99
run 2 'see hmmsim claims --help' C99
run 2 '^hmmsim claims: --json: ' --json=a --json=b
run 2 '--json: ' --json= C17
run 2 '^hmmsim claims: --html: ' --html=a --html=b
run 2 "^hmmsim claims: --html: expected another file than that of --json, found 'a'\$" --html=a --json=a
run 2 "^hmmsim claims: --html: expected another file than that of --json, found '-'\$" --html=- --json=-
for other in --check --json=a --html=a C17; do
	run 2 '^hmmsim claims: --summary: expected nothing else, found ' --summary "$other"
done

# ---- what fails --------------------------------------------------------------------------------

# The memory does for the texts, and not for a run. Sanitizers need more than any limit leaves.
little() (
	ulimit -v 80000
	exec "$hmmsim" claims "$@" >out 2>err
)
if ! grep -qE '__(asan|tsan)_init' "$hmmsim"; then
	little C17
	[ "$?" = 4 ] || complain "little memory: not exit status 4"
	grep -qx 'hmmsim claims: out of memory' err || complain "little memory: no message"
	little C17 C99
	[ "$?" = 2 ] || complain "an unknown ID: not refused before a claim runs"
	grep -qx 'hmmsim claims: there is no claim C99' err || complain "an unknown ID: no message"
fi
if [ -w /dev/full ]; then
	"$hmmsim" claims C17 --json=/dev/full >out 2>err
	[ "$?" = 4 ] || complain "claims --json=/dev/full: not exit status 4"
	grep -q '^hmmsim: /dev/full: No space left' err || complain "--json=/dev/full: no message"
	"$hmmsim" claims C17 >/dev/full 2>err
	[ "$?" = 4 ] || complain "claims >/dev/full: not exit status 4"
fi

# ---- the table ---------------------------------------------------------------------------------

# Of one claim the story is printed, of several the table.
run 0 '' C17 C25
says '^claim +by +date +found +expected +settled by +executions$'
says '^C17 +Jason Gunthorpe +2019-08-16 +confirmed +confirmed +every schedule +[0-9]+$'

# ---- stories, the page, the strategies -----------------------------------------------------------

run 0 '' C17
says '^C17  Jason Gunthorpe, 2019-08-16$'
says '^    Verdict: confirmed, as expected. Settled by every schedule \([0-9]+ executions\)\.$'
says '^    hmmsim replay hmmsim1:pin'
cp out upper
run 0 '' c17 C17
cmp -s out upper || complain "c17: not what C17 prints"

run 0 '' C17 --html=a.html
same upper
run 0 '' C17 --html=-
cmp -s out a.html || complain "--html=-: not what the file has"
[ "$(head -n 1 a.html)" = '<!DOCTYPE html>' ] || complain "a.html: no page"
grep -q '<section id="C17">' a.html || complain "a.html: no C17"
grep -q '<section id="summary">' a.html && complain "a.html: the strategies, from one claim"
if command -v tidy >/dev/null; then
	tidy -q -e a.html 2>tidied || [ $? -lt 2 ] || complain "a.html: $(head -n 1 tidied)"
fi

run 0 '' --summary
says '^strategy +a removal waits for +safe +unchecked +live +waiting +leaked +light +distro$'
says '^per-range +2047 pages; 2020 faults .* 5\.99 +16\.33$'
says '^per-table +511 pages .* 1 +6\.00 +16\.44$'
# README.md shows the head of it.
table=$root/tests/data/claims/summary.out
same "$table"
sed -n '/^    \$ hmmsim claims --summary | head -8$/,/^$/s/^    //p' "$root/README.md" | sed 1d >shown
head -n 8 "$table" | cmp -s - shown || complain "README.md: not the table of strategies"

# ---- JSON --------------------------------------------------------------------------------------

run 0 '' C17 --json=a.json
same upper
run 0 '' C17 --json=-
cmp -s out a.json || complain "--json=-: not what the file has"
for line in '  "schema": "hmmsim claims 2",' '      "id": "C17",' '      "found": "confirmed",' \
	'          "control_of": "walk",' '              "property": "live",'; do
	grep -qxF -- "$line" a.json || complain "a.json: no line $line"
done
if command -v python3 >/dev/null; then
	python3 -c '
import json, sys
claims = json.load(open("a.json"))["claims"]
cells = claims[0]["cells"]
assert [c["row"] for c in cells] == ["walk"] * 7 + ["counts"] * 7 + ["pinned", "pin"], cells
assert all(c["fields"]["live"] == "holds" for c in cells[:7])
example = cells[15]["counterexamples"][0]
assert example["token"].startswith("hmmsim1:pin") and len(example["trace_hash"]) == 16
assert {s["task"] for s in example["steps"]} == {"W", "R"}
print(example["token"])' >token || complain "a.json: not as it should be"
	verb=replay
	run 1 '' "$(cat token)"
	says '^deadlock: replayed'
fi
verb=explore
run 1 '' --quiet pin-against-removal
verdict
