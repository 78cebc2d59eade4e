# SPDX-License-Identifier: MIT
# Three interface targets that are never installed: hmmsim_warnings, hmmsim_native_flags and
# hmmsim_explore_flags. Whatever is compiled in this project links the first and one of the others.
include(CheckCCompilerFlag)

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
# The seam needs GNU C (assembly, vectors); the public headers do not, a lint test sees to that.
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
# The same objects go into static, shared and internal libraries.
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

function(hs_keep_known_flags out)
	set(known)
	foreach(flag IN LISTS ARGN)
		string(MAKE_C_IDENTIFIER "HMMSIM_HAVE${flag}" have)
		check_c_compiler_flag(${flag} ${have})
		if(${have})
			list(APPEND known ${flag})
		endif()
	endforeach()
	set(${out} ${known} PARENT_SCOPE)
endfunction()

set(warnings -Wall -Wextra -Wpedantic)
if(HMMSIM_PICKY)
	list(APPEND warnings -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
		-Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wvla -Wformat=2
		-Wconversion -Wno-sign-conversion # which clang counts to the one, gcc does not
		-Wnull-dereference -Wlogical-op -Wduplicated-cond)
endif()
hs_keep_known_flags(warnings ${warnings})
add_library(hmmsim_warnings INTERFACE)
target_compile_options(hmmsim_warnings INTERFACE ${warnings})

# hs_backend_flags(<backend> <HS_DEBUG> <compile option>...)
function(hs_backend_flags backend debug)
	set(flags hmmsim_${backend}_flags)
	add_library(${flags} INTERFACE)
	target_include_directories(${flags} INTERFACE
		${PROJECT_SOURCE_DIR}/src/port/${backend}
		${PROJECT_SOURCE_DIR}/src
		${PROJECT_SOURCE_DIR}/include)
	target_compile_definitions(${flags} INTERFACE HS_DEBUG=${debug})
	target_compile_options(${flags} INTERFACE ${ARGN})
endfunction()

# Assertion messages and traces name files as the repository does, wherever it was built.
# Interposition is no feature of this library, and it would cost the native walker its inlining.
hs_keep_known_flags(common_flags
	-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/= -fno-semantic-interposition)
hs_backend_flags(native $<IF:$<CONFIG:Debug,ASan,TSan,Coverage>,1,0> ${common_flags})
if(HMMSIM_LANES)
	target_compile_definitions(hmmsim_native_flags INTERFACE HS_LANES=${HMMSIM_LANES})
endif()
if(HS_ALLOCATOR STREQUAL "malloc")
	target_compile_definitions(hmmsim_native_flags INTERFACE HS_NO_JEMALLOC=1)
endif()

# The walkers' loops are a few instructions long. Without this another link order makes them up to
# twice as slow, and strategies that do the same on a layout seem to differ (bench_walk measures it).
hs_keep_known_flags(HS_WALKER_FLAGS -falign-functions=64 -falign-loops=32 -falign-jumps=32)

# The explorer checks whatever can be checked, in every build type. A fiber switch pushes on the
# stack that it leaves, where a leaf function may keep its red zone.
hs_keep_known_flags(fiber_flags -mno-red-zone)
hs_backend_flags(explore 1 ${common_flags} ${fiber_flags})

# Beside -fsanitize=thread, for those who use hmmsim::races: calls of memcpy() and its like are told
# by hmmsim/races_calls.h. Of x++ clang tells the write alone, which is too little where accesses are
# steps.
set(HS_RACES_OPTIONS --include=hmmsim/races_calls.h
	-fno-builtin-memcpy -fno-builtin-memmove -fno-builtin-memset)
set(HS_RACES_CLANG_OPTIONS -mllvm -tsan-instrument-read-before-write=1)
