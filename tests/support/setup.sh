# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by tests/run and bench/run: what a fresh Debian 12 needs before it can build.

# have_<package>: whether what we use of a Debian package is there, from wherever it came.
have_gcc() { command -v gcc; }
have_libc6-dev() { gcc_finds crt1.o; }
have_g++() { command -v g++; }
have_cmake() { command -v cmake; }
have_ninja-build() { command -v ninja; }
have_pkg-config() { command -v pkg-config; }
have_clang() { command -v clang; }
have_clang-format-14() { command -v clang-format-14; }
have_libclang-rt-14-dev() {
	compgen -G "$(clang -print-resource-dir)/lib/linux/libclang_rt.tsan-*.a"
}
have_clang-tidy-14() { command -v clang-tidy-14; }
have_gcovr() { command -v gcovr; }
have_python3() { command -v python3; }
have_gnuplot-nox() { command -v gnuplot; }
have_libcmocka-dev() { gcc_finds libcmocka.so; }
have_libjemalloc-dev() { gcc_finds libjemalloc_pic.a; }

gcc_finds() {
	local path
	path=$(gcc -print-file-name="$1") && [ "$path" != "$1" ]
}

missing_packages() {
	local package
	for package in "$@"; do
		"have_$package" >/dev/null 2>&1 || echo "$package"
	done
}

# install_missing <package>...: installs what is missing, or says how to and exits with 2.
install_missing() {
	local missing sudo=()
	mapfile -t missing < <(missing_packages "$@")
	[ "${#missing[@]}" -gt 0 ] || return 0

	local command="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
	[ "$(id -u)" = 0 ] || sudo=(sudo -n)
	if ! command -v apt-get >/dev/null ||
		{ [ "${#sudo[@]}" -gt 0 ] && ! sudo -n true 2>/dev/null; }; then
		echo "These packages are missing: ${missing[*]}. Run as root: $command" >&2
		exit 2
	fi
	echo "Installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	if ! { "${sudo[@]}" apt-get update -q &&
		"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
			apt-get install -q -y --no-install-recommends "${missing[@]}"; } >&2; then
		echo "Could not install ${missing[*]}. Run as root: $command" >&2
		exit 2
	fi
	mapfile -t missing < <(missing_packages "$@")
	if [ "${#missing[@]}" -gt 0 ]; then
		echo "Installed, but still not usable: ${missing[*]}" >&2
		exit 2
	fi
}

# No answers to questions, and no colours in what is not a terminal.
plain_output() {
	exec </dev/null
	unset CLICOLOR_FORCE GTEST_COLOR
	if [ ! -t 1 ]; then
		export NO_COLOR=1 CLICOLOR=0 TERM=dumb
	fi
}
