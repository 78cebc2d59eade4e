#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# run.sh <source> <build>: install, move, use.
#
# Installs the build tree, and a second build with the other kind of library (static or shared),
# each under a prefix that is then renamed, and builds programs against both, through find_package
# and pkg-config. The environment comes from CMakeLists.txt beside this file.
set -euo pipefail
source=${1:?usage: run.sh source-directory build-directory}
build=${2:?usage: run.sh source-directory build-directory}
here=$source/tests/package
: "${CC:=cc}" "${NM:=nm}" "${CMAKE:=cmake}" "${GENERATOR:=Ninja}" "${ALLOCATOR:=jemalloc}"
: "${SHARED_LIBS:=0}" "${BUILD_TYPE:=Release}" "${CXX:=}"

case $CXX in
"" | *-NOTFOUND)
	echo "no C++ compiler: half of this test needs one"
	exit 77 ;;
esac
export CC CXX
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
[ "$ALLOCATOR" = jemalloc ] || export HMMSIM_HOST_MALLOC=1
unset LD_LIBRARY_PATH PKG_CONFIG_PATH CMAKE_PREFIX_PATH DESTDIR

# Shows the output of a command only when it fails.
quietly() {
	"$@" >"$work/log" 2>&1 || {
		echo "failed: $*" >&2
		cat "$work/log" >&2
		exit 1
	}
}

fail() {
	echo "$*" >&2
	exit 1
}

# install_moved <build> <kind>
install_moved() {
	quietly "$CMAKE" --install "$1" --prefix "$work/before-$2"
	mv "$work/before-$2" "$work/$2"
	if grep -rlI -e "$work/before" -e "$source/" "$work/$2" >&2; then
		fail "^ installed text files of the $2 build name the place where they were made"
	fi
}

# check_licences <kind>: of what is installed, jemalloc's included if it has a copy of that.
check_licences() {
	local docs=$work/$1/share/doc/hmmsim
	cmp "$source/LICENSE" "$docs/LICENSE" >&2 || fail "$1: LICENSE is not installed"
	if [ "$ALLOCATOR" = jemalloc ]; then
		grep -q 'Jason Evans' "$docs/LICENSE.jemalloc" ||
			fail "$1: the copyright notice of jemalloc is not installed"
	elif [ -e "$docs/LICENSE.jemalloc" ]; then
		fail "$1: there is a notice of jemalloc, but no jemalloc"
	fi
}

build_other_kind() {
	local shared=ON
	[ "$SHARED_LIBS" = 0 ] || shared=OFF
	quietly "$CMAKE" -S "$source" -B "$work/other" -G "$GENERATOR" \
		-DCMAKE_BUILD_TYPE="$BUILD_TYPE" -DHMMSIM_ALLOCATOR="$ALLOCATOR" \
		-DBUILD_SHARED_LIBS=$shared -DHMMSIM_BUILD_TESTS=OFF -DHMMSIM_BUILD_BENCH=OFF
	quietly "$CMAKE" --build "$work/other"
}

# Programs that have found libhmmsim.so at link time must find it at run time as well.
run_program() {
	quietly env LD_LIBRARY_PATH="$libdir" "$@"
}

use_find_package() {
	local kind=$1 program
	quietly "$CMAKE" -S "$here/consumer" -B "$work/use-$kind" -G "$GENERATOR" \
		-DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$work/$kind" \
		-DWITH_JEMALLOC="$([ "$ALLOCATOR" = jemalloc ] && echo ON || echo OFF)"
	quietly "$CMAKE" --build "$work/use-$kind"
	for program in "$work/use-$kind"/use_*; do
		run_program "$program"
	done
}

# link_by_line <compiler> <source> <pkg-config word>...: the plain line of the README.
link_by_line() {
	local compiler=$1 file=$2 flags
	shift 2
	flags=$(pkg-config --cflags --libs "$@") || fail "pkg-config $*"
	# shellcheck disable=SC2086 # flags are words
	quietly "$compiler" "$here/consumer/$file" -o "$work/by-line" $flags
	run_program "$work/by-line"
}

# link_races <compiler>: the two lines of src/sync/README.md. Only the compiler is told to instrument.
link_races() {
	local compiler=$1 flags
	flags=$(pkg-config --cflags hmmsim-races) || fail "pkg-config hmmsim-races"
	# shellcheck disable=SC2086 # flags are words
	quietly "$compiler" -O2 -fsanitize=thread -c "$here/consumer/use_races.c" \
		-o "$work/use_races.o" $flags
	flags=$(pkg-config --libs hmmsim-races) || fail "pkg-config hmmsim-races"
	# shellcheck disable=SC2086
	quietly "$compiler" "$work/use_races.o" -o "$work/by-line" $flags
	run_program "$work/by-line"
	if readelf -d "$work/by-line" | grep -q 'NEEDED.*libtsan'; then
		fail "hmmsim-races: the program links libtsan"
	fi
}

use_pkg_config() {
	local kind=$1
	if ! command -v pkg-config >/dev/null; then
		fail "pkg-config is not installed"
	fi
	export PKG_CONFIG_PATH=$libdir/pkgconfig
	link_by_line "$CC" use_machine.c hmmsim
	link_by_line "$CXX" use_cxx.cpp hmmsim
	link_by_line "$CC" use_explore.c hmmsim-explore
	link_by_line "$CC" use_sync.c hmmsim
	link_by_line "$CC" use_sync.c hmmsim-explore
	link_by_line "$CC" use_outside.c hmmsim
	link_by_line "$CC" use_outside.c hmmsim-explore
	check_wrapped
	link_races "$CC"
	! command -v clang >/dev/null || link_races clang
	# With --static as well: a shared library names then what it needs itself.
	link_by_line "$CC" use_machine.c --static hmmsim
	link_by_line "$CC" use_explore.c --static hmmsim-explore
	if [ "$kind" = static ]; then
		links_static_library use_machine.c hmmsim
		links_static_library use_explore.c hmmsim-explore
	fi
	unset PKG_CONFIG_PATH
}

# The calls that are refused: a program is linked with all of them, by pkg-config as by CMake.
wrapped_names() {
	sed -nE 's/^HS_REFUSE[A-Z_]*\(([A-Za-z0-9_]+)[,)].*/\1/p' \
		"$source/src/port/explore/refuse.def" | sort -u
}

check_wrapped() {
	wrapped_names >"$work/wrapped"
	grep -qx pthread_mutex_lock "$work/wrapped" || fail "the list of refused calls is not understood"
	pkg-config --libs hmmsim-explore | grep -oE -e '--wrap=[A-Za-z0-9_]+' | sed 's/.*=//' |
		sort -u | diff "$work/wrapped" - >&2 ||
		fail "^ refuse.def, and what hmmsim-explore.pc wraps"
	grep -oE -e '--wrap=[A-Za-z0-9_]+' "$libdir/cmake/hmmsim/hmmsim-targets.cmake" |
		sed 's/.*=//' | sort -u | diff "$work/wrapped" - >&2 ||
		fail "^ refuse.def, and what hmmsim::explore wraps"
	if pkg-config --libs hmmsim | grep -e --wrap >&2; then
		fail "^ hmmsim.pc wraps calls, which only hmmsim-explore may"
	fi
}

# links_static_library <source> <package>: the program of the plain line needs no libhmmsim.so.
links_static_library() {
	link_by_line "$CC" "$@"
	if readelf -d "$work/by-line" | grep -q 'NEEDED.*libhmmsim'; then
		fail "$2: the static package links a shared library"
	fi
}

# The program finds the one that explores, wherever the tree is, and both find their libraries.
use_program() {
	local status=0
	"$work/$1/bin/hmmsim" explore --quiet glisse-flag >"$work/log" 2>&1 || status=$?
	if [ "$status" != 1 ] || ! grep -q '^assertion: in execution ' "$work/log"; then
		cat "$work/log" >&2
		fail "$1: hmmsim explore glisse-flag: exit status $status"
	fi
}

# The examples as a project of their own, as a user builds them.
use_examples() {
	quietly "$CMAKE" -S "$source/tests/examples" -B "$work/examples" -G "$GENERATOR" \
		-DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$work/$1"
	quietly "$CMAKE" --build "$work/examples"
	quietly "$CMAKE" -E chdir "$work/examples" "${CMAKE%cmake}ctest" --no-tests=error
}

# The library must be found by its installed config only, and the two libraries must not meet.
refuse_both() {
	local kind=$1
	if "$CMAKE" -S "$here/both" -B "$work/both-$kind" -G "$GENERATOR" \
		-DCMAKE_PREFIX_PATH="$work/$kind" >"$work/log" 2>&1; then
		fail "CMake links hmmsim::hmmsim and hmmsim::explore ($kind) into one program"
	fi
	grep -q 'HMMSIM_BACKEND' "$work/log" || {
		cat "$work/log" >&2
		fail "CMake refuses to link both libraries ($kind), but for another reason"
	}
}

# A driver is explored by what is installed. What it lacks is named at its line, and another sanitizer is
# refused.
use_module() {
	local kind=$1
	quietly "$CMAKE" -S "$here/module" -B "$work/module-$kind" -G "$GENERATOR" \
		-DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$work/$kind"
	quietly "$CMAKE" --build "$work/module-$kind"
	run_program "$work/module-$kind/mirror"
	if "$CMAKE" --build "$work/module-$kind" --target lacks-a.function >"$work/log" 2>&1; then
		fail "a driver that lacks a function is linked ($kind)"
	fi
	grep -q "lacks_driver.c:[0-9]*: undefined reference to .lacks_such_a_function'" "$work/log" || {
		cat "$work/log" >&2
		fail "what a driver lacks is not named at its line ($kind)"
	}
	if "$CMAKE" -S "$here/module" -B "$work/module-asan-$kind" -G "$GENERATOR" \
		-DCMAKE_C_FLAGS=-fsanitize=address -DCMAKE_PREFIX_PATH="$work/$kind" >"$work/log" 2>&1; then
		fail "CMake explores a driver with -fsanitize=address ($kind)"
	fi
	grep -q 'goes with no other sanitizer' "$work/log" || {
		cat "$work/log" >&2
		fail "CMake refuses -fsanitize=address ($kind), but for another reason"
	}
}

# What the public headers mark HMMSIM_API: functions and objects, one name a line.
declared_names() {
	printf '#include <hmmsim/%s.h>\n' hmmsim linux |
		"$CC" -E -P -I "$work/shared/include" -x c - | tr '\n' ' ' | tr ';{}' '\n' |
		sed -n 's/.*__visibility__("default")))//p' |
		sed -E 's/\(.*//; s/\[.*//; s/.*[^A-Za-z0-9_]([A-Za-z0-9_]+) *$/\1/' | sort -u
}

exported_names() {
	"$NM" -D -P --defined-only "$1" | awk '$2 != "A" { print $1 }' | sort -u
}

check_exports() {
	local library
	declared_names >"$work/declared"
	exported_names "$libdir/libhmmsim.so" >"$work/native"
	exported_names "$libdir/libhmmsim_explore.so" >"$work/explore"
	# What takes the place of the refused calls is no interface.
	wrapped_names | sed 's/^/__wrap_/' | sort >"$work/wrappers"
	if comm -23 "$work/wrappers" "$work/explore" | grep . >&2; then
		fail "^ refused, but not exported by the explore library"
	fi
	comm -23 "$work/explore" "$work/wrappers" >"$work/explore-api"
	mv "$work/explore-api" "$work/explore"
	sort -u "$work/native" "$work/explore" >"$work/exported"
	[ -s "$work/declared" ] || fail "no HMMSIM_API declaration was found in the headers"
	if comm -13 "$work/declared" "$work/exported" | grep . >&2; then
		fail "^ exported, but not declared HMMSIM_API in a public header"
	fi
	for library in native explore; do
		if comm -23 "$work/declared" "$work/$library" | grep . >&2; then
			fail "^ declared HMMSIM_API, but not exported by the $library library"
		fi
	done
	if grep -v '^hs_' "$work/exported" >&2; then
		fail "^ exported without the prefix hs_"
	fi
}

# Makes the check above fail: a library with one symbol more.
selftest_exports() {
	printf 'hs_not_declared\n' | sort -u - "$work/declared" >"$work/more"
	[ "$(comm -13 "$work/declared" "$work/more")" = hs_not_declared ] ||
		fail "the comparison of exported and declared names sees no difference"
	grep -qx hs_version "$work/declared" || fail "hs_version is missing among the declarations"
	grep -qx hs_machine_create "$work/declared" ||
		fail "hs_machine_create is missing among the declarations"
}

kinds=(static shared)
[ "$SHARED_LIBS" = 0 ] || kinds=(shared static)
build_other_kind
install_moved "$build" "${kinds[0]}"
install_moved "$work/other" "${kinds[1]}"
for kind in static shared; do
	check_licences "$kind"
	libdir=$(dirname "$(find "$work/$kind" -name pkgconfig -type d)")
	use_find_package "$kind"
	use_pkg_config "$kind"
	use_program "$kind"
	refuse_both "$kind"
	use_module "$kind"
	if [ "$kind" = shared ]; then
		check_exports
		selftest_exports
	fi
	echo "$kind: ok"
done
use_examples "${kinds[0]}"
