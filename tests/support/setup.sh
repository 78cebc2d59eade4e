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

# may_install: whether packages can be installed without a question. Sets sudo.
may_install() {
	sudo=()
	command -v apt-get >/dev/null || return 1
	[ "$(id -u)" = 0 ] && return
	sudo=(sudo -n)
	sudo -n true 2>/dev/null
}

# run_apt <argument>...: answers no questions; what it says goes to stderr.
run_apt() {
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >&2
}

# install_missing <package>...: installs what is missing, or says how to and exits with 2.
install_missing() {
	local missing sudo
	mapfile -t missing < <(missing_packages "$@")
	[ "${#missing[@]}" -gt 0 ] || return 0

	local command="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
	if ! may_install; then
		echo "These packages are missing: ${missing[*]}. Run as root: $command" >&2
		exit 2
	fi
	echo "Installing ${missing[*]}"
	if ! { run_apt update && run_apt install -y --no-install-recommends "${missing[@]}"; }; then
		echo "Could not install ${missing[*]}. Run as root: $command" >&2
		exit 2
	fi
	mapfile -t missing < <(missing_packages "$@")
	if [ "${#missing[@]}" -gt 0 ]; then
		echo "Installed, but still not usable: ${missing[*]}" >&2
		exit 2
	fi
}

# install_kernel_source <package> <version>: that version, or else what the suite has. It is no
# package that a build needs. Returns 1 if the download fails, 2 if nothing may be installed.
install_kernel_source() {
	local sudo package=$1
	[ ! -e "/usr/src/$package.tar.xz" ] || return 0
	may_install || return 2
	echo "Installing $package"
	run_apt update || true
	run_apt install -y --no-install-recommends "$package=$2" ||
		run_apt install -y --no-install-recommends "$package" || return 1
	[ -e "/usr/src/$package.tar.xz" ] || return 1
}

# No answers to questions, and no colours in what is not a terminal.
plain_output() {
	exec </dev/null
	unset CLICOLOR_FORCE GTEST_COLOR
	if [ ! -t 1 ]; then
		export NO_COLOR=1 CLICOLOR=0 TERM=dumb
	fi
}
