#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_bench_run.sh <bench/run> <directory of the bench programs> <hmmsim>: options of bench/run,
# and its reports. Nothing is built: a false cmake puts the programs in place.
bench_run=$(realpath "${1:?usage: test_bench_run.sh bench/run directory hmmsim}")
programs=$(realpath "$2")
hmmsim=$(realpath "$3")
# shellcheck source=tests/support/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/shell.sh"

# run <exit status> <argument>...
run() {
	local status=$1 found=0
	shift
	HMMSIM_BUILD_ROOT=$work/build "$bench_run" "$@" >out 2>err || found=$?
	[ "$found" = "$status" ] || complain "bench/run $*: expected exit status $status, found $found"
}

# refused <pattern> <argument>...: with a message, before anything is built.
refused() {
	local pattern=$1
	shift
	run 2 "$@"
	grep -qE -- "^bench/run: $pattern; see bench/run --help$" err ||
		complain "bench/run $*: expected on stderr: $pattern"
	[ "$(wc -l <err)" = 1 ] || complain "bench/run $*: expected one line on stderr"
	[ ! -s out ] || complain "bench/run $*: expected nothing on stdout"
	[ ! -e build ] || complain "bench/run $*: expected that nothing is built"
	rm -rf build
}

# ---- tools ---------------------------------------------------------------------------------------

# All programs of this system but gnuplot, what could install it, and cmake.
mkdir tools
IFS=: read -ra folders <<<"$PATH"
for folder in "${folders[@]}" /usr/bin /bin; do
	ln -s "$folder"/* tools/ 2>/dev/null
done
gnuplot=$(command -v gnuplot)
rm -f tools/gnuplot* tools/apt-get tools/sudo tools/cmake
cat >tools/cmake <<'TEXT'
#!/usr/bin/env bash
[ "$1" = -S ] || exit 0
mkdir -p "$4/src" && ln -sfn "$BENCH_PROGRAMS" "$4/bench" && ln -sf "$BENCH_HMMSIM" "$4/src/hmmsim"
TEXT
printf '#!/bin/sh\nexit 1\n' | tee tools/sudo >tools/apt-get
chmod +x tools/cmake tools/sudo tools/apt-get
export PATH=$work/tools BENCH_PROGRAMS=$programs BENCH_HMMSIM=$hmmsim

# ---- options -------------------------------------------------------------------------------------

for number in '' 0 abc -1 1.5 1025 ' 1' 18446744073709551617; do
	refused "--large: expected a number from 1 to 1024, found '$number'" "--large=$number"
done
refused 'expected --quick or --large, found both' --quick --large
refused 'expected --quick or --large, found both' --large=1 --quick
for word in '' none 'seam walk' --quick; do
	refused "--only: expected one of seam .* explore compare, found '$word'" "--only=$word"
done
for word in compare seam; do
	refused "--only: expected one of map walk with --large, found '$word'" --only=$word --large
done
refused "--only: expected one of map walk with --large, found 'compare'" \
	--large=1 --only=walk --only=compare
refused "--report: expected a folder, found ''" --report=
refused '--report: expected a folder without control characters' "--report=$(printf 'a\tb')"
touch file
for folder in file file/below; do
	refused "--report: '$work/$folder' is no folder that can be written to" --report=$folder
done
for word in --nonsense --quick=1 --only --report --larger seam ''; do
	refused "unknown argument '$word'" --quick "$word"
done
run 0 --help
grep -q '^Usage: bench/run ' out || complain "--help: no usage"
[ ! -e build ] || complain "--help: something was built"
HMMSIM_BUILD_ROOT="file" "$bench_run" --quick >out 2>err
[ "$?" = 2 ] || complain "HMMSIM_BUILD_ROOT=file: not exit status 2"
grep -q "^bench/run: HMMSIM_BUILD_ROOT: '$work/file/bench' is no folder" err ||
	complain "HMMSIM_BUILD_ROOT=file: no message"

# ---- reports -------------------------------------------------------------------------------------

# A test installs nothing: where a package is missing the reports are not checked.
# shellcheck source=tests/support/setup.sh
. "$(dirname "$bench_run")/../tests/support/setup.sh"
packages=$(missing_packages gcc libc6-dev cmake ninja-build libjemalloc-dev)
if [ -n "$packages" ]; then
	unchecked=("reports: ${packages//$'\n'/, } missing")
else
	# Without gnuplot, which cannot be installed here, there are no pictures but all other files.
	run 0 --quick --only=removal --report="it's bare"
	grep -qE '(missing: gnuplot-nox\.|install gnuplot-nox\.) Run as root: apt-get ' err ||
		complain "no gnuplot: how to install it is not said"
	grep -q '^bench/run: there will be no pictures' err || complain "no gnuplot: not said"
	grep -q "^The report is in $work/it's bare\$" out || complain "no last line"
	for file in machine.txt bench_removal.txt bench_removal.json bench_removal.tsv; do
		[ -s "it's bare/$file" ] || complain "$file is missing"
	done
	[ "$(cut -f 1 "it's bare/bench_removal.tsv" | sort -u | wc -l)" = 5 ] ||
		complain "expected five groups in bench_removal.tsv"
	[ -z "$(find "it's bare" -name '*.svg')" ] || complain "pictures, but no gnuplot"

	# A gnuplot that fails.
	printf '#!/bin/sh\nexit 1\n' >tools/gnuplot
	chmod +x tools/gnuplot
	run 1 --quick --only=removal --report=failed
	grep -q '^bench/run: gnuplot failed on bench_removal\.1\.svg$' err || complain "no message"
	# One that draws nothing; it must not read the user's start files.
	printf '#!/bin/sh\n[ "$1" = -d ] || touch started\n' >tools/gnuplot
	run 1 --quick --only=removal --report=failed
	grep -q '^bench/run: gnuplot failed on bench_removal\.1\.svg$' err ||
		complain "no picture: no message"
	[ ! -e failed/started ] || complain "gnuplot reads the user's start files"
	[ -z "$(find failed -name '*.svg' -o -name plot.tsv)" ] || complain "no picture: a file is left"
	rm tools/gnuplot

	# A gnuplot that works, in a folder whose name has an apostrophe.
	if [ -n "$gnuplot" ]; then
		ln -s "$gnuplot" tools/gnuplot
		run 0 --quick --only=removal --only=compare --report="it's" --report="it's drawn"
		[ ! -e "it's" ] || complain "expected the last --report"
		for picture in bench_removal.{1..5} compare_builtin compare_process; do
			grep -q '</svg>' "it's drawn/$picture.svg" || complain "no $picture.svg"
		done
		[ ! -e "it's drawn/plot.tsv" ] || complain "plot.tsv is left"
	else
		unchecked+=("pictures: gnuplot is missing")
	fi
fi
verdict
