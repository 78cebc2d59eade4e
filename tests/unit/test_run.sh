#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# test_run.sh <tests/run>: its arguments, with programs that only note how they were called.
runner=$(realpath "${1:?usage: test_run.sh tests/run}")
# shellcheck source=tests/support/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/../support/shell.sh"

# A tree of its own, so that nothing is installed and nothing is built.
mkdir -p tree/tests/support bin
cp "$runner" tree/tests/run
cp "$(dirname "$runner")/support/coverage.sh" tree/tests/support/
cat >tree/tests/support/setup.sh <<'SH'
install_missing() { echo "packages $*" >>"$CALLS"; }
plain_output() { exec </dev/null; }
install_kernel_source() {
	echo "kernel source $*" >>"$CALLS"
	return "${DOWNLOAD:-0}"
}
SH
cat >bin/cmake <<'SH'
#!/bin/sh
echo "cmake $*" >>"$CALLS"
case $* in
*/gcc-release\ *)
	mkdir -p "$HMMSIM_BUILD_ROOT/gcc-release/tests/kernel/linux"
	echo "${KERNEL:-absent}" >"$HMMSIM_BUILD_ROOT/gcc-release/tests/kernel/linux/state" ;;
esac
echo "[3/7] Building C object a.o"
# Until progress was said twice: once at least after the line above.
if [ -n "$SLEEPS" ]; then
	: >"$SLEEPS"
	until [ "$(wc -l <"$SLEEPS")" -ge 2 ]; do /bin/sleep 0.01; done
fi
exit "${CMAKE_EXITS:-0}"
SH
cat >bin/ctest <<'SH'
#!/usr/bin/env bash
pattern=. list='' junit=''
all=" $*"
while [ $# -gt 0 ]; do
	case $1 in
	-R) pattern=$2 ;;
	-N) list=1 ;;
	--output-junit) junit=$2 ;;
	esac
	shift
done
count=$(printf '%s\n' test_notifier.native test_walk.native | grep -cE "$pattern" 2>/dev/null)
if [ -n "$list" ]; then
	echo "Total Tests: ${count:-0}"
	exit
fi
echo "ctest$all" >>"$CALLS"
printf '<testsuite\n\ttests="%s"\n\tfailures="%s"\n\tdisabled="0"\n\tskipped="0"\n>\n' \
	"$count" "${CTEST_FAILS:-0}" >"$junit"
exit "${CTEST_FAILS:-0}"
SH
cat >bin/gcovr <<'SH'
#!/bin/sh
echo "gcovr $*" >>"$CALLS"
while [ $# -gt 0 ]; do
	[ "$1" != --csv ] || csv=$2
	shift
done
cat >"$csv" <<'TEXT'
filename,line_total,line_covered,line_percent
src/port/kinds.h,10,10,1.0
src/port/native/heap.c,30,15,0.5
src/mm/vma.c,20,10,0.5
src/mm/zap.c,20,20,1.0
TEXT
SH
chmod +x bin/*
export CALLS=$work/calls PATH=$work/bin:$PATH HMMSIM_BUILD_ROOT=$work/build
unset HMMSIM_TEST_SCALE HMMSIM_REQUIRE_KERNEL

# run <exit status> <argument>...
run() {
	local status=$1 found=0
	shift
	rm -rf calls build
	: >calls
	tree/tests/run "$@" >out 2>err || found=$?
	what="tests/run $*"
	[ "$found" = "$status" ] || complain "$what: expected exit status $status, found $found"
}
# called <count> <pattern>: so many calls match it.
called() {
	local found
	found=$(grep -cE -- "$2" calls)
	[ "$found" = "$1" ] || complain "$what: expected $1 calls like '$2', found: $(cat calls)"
}
# ran <configuration>...: these were built, in this order, and no other.
ran() {
	[ "$(sed -n 's/^=== //p' out | tr '\n' ' ')" = "$* " ] || complain "$what: expected $*"
}
# refused <stderr pattern> <argument>...: exit status 2 before anything is built.
refused() {
	run 2 "${@:2}"
	grep -qE -- "$1" err || complain "$what: expected on stderr: $1"
	called 0 '--build'
	silent
}

run 0
ran gcc-release gcc-asan gcc-tsan clang-release
called 0 'kernel source'
[ "$(tail -n 1 out)" = "8 passed, 0 failed, 0 skipped" ] || complain "$what: the last line"
called 1 'cmake -S .*-DHMMSIM_FULL_TESTS=OFF'
called 2 'cmake -S .*-DHMMSIM_TEST_SCALE=10 '
# Another compiler has a sample of the longest tests, and of the lints those of what it has made.
called 1 'cmake -S .*-DHMMSIM_TEST_SAMPLE=ON'
called 1 'cmake -S .*/clang-release .*-DHMMSIM_TEST_SAMPLE=ON'
called 1 'ctest --test-dir .*/clang-release .*-LE sources'
run 0 --full
called 1 'cmake -S .*-DHMMSIM_TEST_SAMPLE=ON'
called 1 'ctest --test-dir .*/clang-release .*-LE sources'
ran gcc-release gcc-asan gcc-tsan clang-release gcc-debug clang-asan clang-tsan gcc-malloc \
	gcc-lanes-1 gcc-lanes-4 gcc-lanes-8
called 1 'cmake -S .*-DHMMSIM_FULL_TESTS=ON'
called 1 'cmake -S .*/gcc-lanes-4 .*-DHMMSIM_LANES=4'
called 1 'cmake -S .*-DHMMSIM_ALLOCATOR=malloc'
called 0 'gcovr'
# What does not run is not built.
called 2 'cmake -S .*-tsan .*-DHMMSIM_UNBUILT_TESTS=alone( |$)'
called 1 'cmake -S .*/gcc-malloc .*-DHMMSIM_UNBUILT_TESTS=explore$'
called 3 'cmake -S .*/gcc-lanes-. .*-DHMMSIM_UNBUILT_TESTS=explore;stress$'
called 5 'cmake -S .*-DHMMSIM_UNBUILT_TESTS=( |$)'
# Kernel code: installed by --full alone, tested in the releases, and missing only if that is allowed.
called 1 'kernel source linux-source-6\.12 6\.12\.117-1~deb12u1'
called 4 'cmake -S .*-DHMMSIM_KERNEL_SOURCE=OFF'
called 4 'ctest .*-LE [^ ]*kernel'
says '^kernel code: NOT TESTED: linux-source-6.12 is not installed$'
KERNEL='known 6.12.117-1~deb12u1' HMMSIM_REQUIRE_KERNEL=1 run 0 --full
says '^kernel code: tested, 6\.12\.117-1~deb12u1$'
DOWNLOAD=1 HMMSIM_REQUIRE_KERNEL=1 run 0 --full
says '^kernel code: NOT TESTED: linux-source-6\.12 could not be downloaded$'
DOWNLOAD=2 HMMSIM_REQUIRE_KERNEL=1 run 1 --full
says '^kernel code: NOT TESTED: linux-source-6\.12 is not installed$'
KERNEL='unknown 6.12.999' HMMSIM_REQUIRE_KERNEL=1 run 1 --full
says '^kernel code: NOT TESTED: no known set, 6\.12\.999 '
KERNEL='unknown 6.12.999' run 0 --full

run 0 gcc-tsan
ran gcc-tsan
called 0 'cmake -S .*-DHMMSIM_TEST_SAMPLE=ON'
called 1 'cmake -S .*-DCMAKE_BUILD_TYPE=TSan -DCMAKE_C_COMPILER=gcc'
called 1 'ctest .*-LE lint\|alone'
called 1 'cmake -S .*-DHMMSIM_UNBUILT_TESTS=alone( |$)'
run 0 clang-asan gcc-debug
ran clang-asan gcc-debug

run 0 notifier
ran gcc-release
called 1 'ctest .*-R notifier'
says '^1 passed, 0 failed, 0 skipped$'
run 0 gcc-tsan walk gcc-asan notifier
ran gcc-tsan gcc-asan
called 2 'ctest .*-R walk\|notifier'
called 0 'ctest .*-LE'
called 4 'cmake -S .*-DHMMSIM_UNBUILT_TESTS=( |$)' # to ask for names, and to build
called 4 'cmake -S '
refused "'gcc-tasn' is no configuration and matches no test of gcc-release" gcc-tasn
refused '^Configurations: gcc-release gcc-asan .* gcc-lanes-8$' notifier gcc-tasn
refused "'\(' is no configuration" '('
refused "unknown argument '--fast'" --fast
refused "unknown argument ''" ''
refused 'expected no configuration and no pattern' --full notifier
refused 'expected one of them, once' --full --coverage

run 0 --help
says '^  gcc-lanes-8$'
says '--coverage'

run 0 --coverage
ran gcc-coverage
called 1 'packages .* gcovr$'
called 1 'cmake -S .*-DCMAKE_BUILD_TYPE=Coverage .*-DHMMSIM_TEST_SCALE=5 '
called 1 'ctest .*-L unit\|model\|conformance'
says '^port/native +30 +15 +50\.0 %$'
says '^port +10 +10 +100\.0 %$'
says '^mm +40 +30 +75\.0 %$'
says '^total +80 +55 +68\.8 %$'

CTEST_FAILS=1 run 1 gcc-debug
says '^1 passed, 1 failed, 0 skipped$'
CMAKE_EXITS=1 run 1 gcc-debug
says '^--- gcc-debug: cmake failed'
HMMSIM_TEST_SCALE=0 run 2 gcc-debug
HMMSIM_TEST_SCALE=40 run 0 gcc-debug
called 1 'cmake -S .*-DHMMSIM_TEST_SCALE=4 '

# Progress, where there is a terminal.
run 0 gcc-debug
[ ! -s err ] || complain "$what: progress on stderr, but no terminal"
export SHELL=/bin/sh
if ! script -qec true /dev/null </dev/null >out 2>err; then
	unchecked+=("progress on a terminal: script: $(cat err out)")
	verdict
fi
cat >bin/sleep <<'SH'
#!/bin/sh
echo "$*" >>"$SLEEPS"
exec /bin/sleep 0.01
SH
chmod +x bin/sleep
SLEEPS=$PWD/sleeps script -qec 'tree/tests/run gcc-debug >stdout' /dev/null </dev/null |
	tr '\r' '\n' >out
says '^gcc-debug: configure 3 of 7, [0-9]+ s'
says '^gcc-debug: build 3 of 7, [0-9]+ s'
tail -n 1 out | grep -qE '^ *$' || complain "progress is left on the terminal"
if grep -q 'of 7' stdout; then complain "progress on stdout"; fi
verdict
