#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_claims_tool.sh <hmmsim>: hmmsim claims: options, the table, JSON, exit statuses.
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

# ---- the table ---------------------------------------------------------------------------------

run 0 '' C17
says '^claim +by +date +found +expected +settled by +executions$'
says '^C17 +Jason Gunthorpe +2019-08-16 +confirmed +confirmed +every schedule +[0-9]+$'
cp out upper
run 0 '' c17 C17
cmp -s out upper || complain "c17: not what C17 prints"

# ---- JSON --------------------------------------------------------------------------------------

run 0 '' C17 --json=a.json
same upper
run 0 '' C17 --json=-
cmp -s out a.json || complain "--json=-: not what the file has"
for line in '  "schema": "hmmsim claims 1",' '      "id": "C17",' '      "found": "confirmed",' \
	'          "control_of": "walk",' '              "property": "live",'; do
	grep -qxF -- "$line" a.json || complain "a.json: no line $line"
done
if command -v python3 >/dev/null; then
	python3 -c '
import json, sys
claims = json.load(open("a.json"))["claims"]
cells = claims[0]["cells"]
assert [c["row"] for c in cells] == ["walk"] * 7 + ["pin"], cells
assert all(c["fields"]["live"] == "holds" for c in cells[:7])
example = cells[7]["counterexamples"][0]
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
