#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# api_docs.sh <include>: every public function has a reference of its own, complete in form.
#
# Directly above each function that is marked HMMSIM_API or static inline is a block that begins
# "name() - purpose", has "@param" for each parameter, "Context:", and "Return:" unless it returns
# nothing. Each header has an "@file" block that says whether it is the same as in the kernel,
# reduced, or invented. Doxygen (target docs) checks the rest.
set -euo pipefail
include=${1:?usage: api_docs.sh include-directory}
compgen -G "$include/hmmsim/*.h" >/dev/null || { echo "$include/hmmsim: no headers" >&2; exit 2; }
failed=0

for header in "$include"/hmmsim/*.h; do
	awk '
	function complain(what) {
		print FILENAME ":" line ": " what
		failed = 1
	}
	function has(block, pattern) {
		return ("\n" block "\n") ~ pattern
	}
	# The name in one parameter; "" for none.
	function parameter_name(text) {
		if (match(text, /\(\*[A-Za-z0-9_]+\)/)) # a function
			return substr(text, RSTART + 2, RLENGTH - 3)
		gsub(/\[[^]]*\]/, "", text)
		gsub(/^[ \t]+|[ \t]+$/, "", text)
		if (text == "void" || text == "..." || text == "")
			return ""
		sub(/^.*[^A-Za-z0-9_]/, "", text)
		return text
	}
	function check_parameter(text,    parameter) {
		parameter = parameter_name(text)
		if (parameter != "" &&
		    !has(doc, "@param(\\[[a-z,]+\\])?[ \t]+" parameter "[^A-Za-z0-9_]"))
			complain(name "(): no @param " parameter)
	}
	function check_parameters(text,    i, c, depth, one) {
		for (i = 1; i <= length(text); i++) {
			c = substr(text, i, 1)
			if (c == "(") depth++
			if (c == ")" && --depth < 0) break
			if (c == "," && !depth) {
				check_parameter(one)
				one = ""
			} else {
				one = one c
			}
		}
		check_parameter(one)
	}
	function check_function(text,    type) {
		gsub(/__attribute__\(\(([^()]|\([^()]*\))*\)\)/, "", text)
		if (!match(text, /[A-Za-z_][A-Za-z0-9_]*\(/))
			return # an object
		name = substr(text, RSTART, RLENGTH - 1)
		type = substr(text, 1, RSTART - 1)
		text = substr(text, RSTART + RLENGTH)
		if (doc == "" || doc_end != line - 1) {
			complain(name "(): no /** block directly above it")
			return
		}
		if (doc !~ "^[ \t\n]*" name "\\(\\) - [^ ]")
			complain(name "(): its block does not begin \"" name "() - \"")
		check_parameters(text)
		if (!has(doc, "\n[ \t]*Context: *[^ \n]"))
			complain(name "(): no Context:")
		if (type !~ /(^|[ \t])void[ \t]*$/ && !has(doc, "\n[ \t]*Return: *[^ \n]"))
			complain(name "(): no Return:")
	}
	!inside && /^[ \t]*\/\*\*([^*\/]|$)/ {
		inside = 1
		block = ""
	}
	inside {
		text = $0
		sub(/^[ \t]*\/\*\*[ \t]?/, "", text)
		ends = sub(/[ \t]*\*\/.*$/, "", text)
		sub(/^[ \t]*\*[ \t]?/, "", text)
		block = block "\n" text
		if (ends) {
			inside = 0
			doc = block
			doc_end = FNR
			if (has(block, "\n[ \t]*@file[ \n]")) {
				file_block = 1
				line = FNR
				if (!has(block, "[^A-Za-z](same|reduced|invented)[^A-Za-z]"))
					complain("@file: expected one of same, reduced, invented")
			}
		}
		next
	}
	/^(HMMSIM_API|static inline)[ \t]/ {
		line = FNR
		text = $0
		while (text !~ /[;{]/ && (getline more) > 0)
			text = text " " more
		check_function(text)
	}
	END {
		line = 1
		if (!file_block)
			complain("no @file block")
		exit failed
	}' "$header" >&2 || failed=1
done
exit "$failed"
