# SPDX-License-Identifier: MIT
include(GNUInstallDirs)

option(BUILD_SHARED_LIBS "Build shared libraries instead of static ones" OFF)
option(HMMSIM_BUILD_TESTS "Build the tests (needs CMocka)" ${PROJECT_IS_TOP_LEVEL})
option(HMMSIM_BUILD_BENCH "Build the benchmarks" ${PROJECT_IS_TOP_LEVEL})
option(HMMSIM_PICKY "Warn about more, and treat warnings as errors" OFF)
option(HMMSIM_FULL_TESTS "Register the tests that take minutes as well" OFF)

set(HMMSIM_ALLOCATOR jemalloc CACHE STRING "Backing of native heap arenas: jemalloc or malloc")
set_property(CACHE HMMSIM_ALLOCATOR PROPERTY STRINGS jemalloc malloc)
if(NOT HMMSIM_ALLOCATOR MATCHES "^(jemalloc|malloc)$")
	message(FATAL_ERROR
		"HMMSIM_ALLOCATOR is '${HMMSIM_ALLOCATOR}'; it must be jemalloc or malloc.")
endif()

set(HMMSIM_LANES "" CACHE STRING
	"Entries per chunk of the native build: 1, 2, 4 or 8; empty means what suits the machine")
if(NOT HMMSIM_LANES MATCHES "^[1248]?$")
	message(FATAL_ERROR "HMMSIM_LANES is '${HMMSIM_LANES}'; it must be 1, 2, 4, 8 or empty.")
endif()

set(HS_SANITIZED OFF)
set(scale 100)
set(HS_ALLOCATOR ${HMMSIM_ALLOCATOR})
if(CMAKE_BUILD_TYPE MATCHES "^(ASan|TSan)$")
	set(HS_SANITIZED ON)
	set(scale 10)
	# Sanitizers see nothing inside memory that jemalloc hands out.
	set(HS_ALLOCATOR malloc)
endif()

set(HMMSIM_TEST_SCALE ${scale} CACHE STRING "Length of randomised tests, in percent")
if(NOT HMMSIM_TEST_SCALE MATCHES "^[1-9][0-9]*$")
	message(FATAL_ERROR
		"HMMSIM_TEST_SCALE is '${HMMSIM_TEST_SCALE}'; it must be a positive number of percent.")
endif()

set(HMMSIM_UNBUILT_TESTS "" CACHE STRING
	"Labels of tests that ctest -LE will leave out: their programs are not built by default")
option(HMMSIM_TEST_SAMPLE "Run a part of the longest tests; another build runs them whole" OFF)

set(fuzz OFF)
if(CMAKE_C_COMPILER_ID STREQUAL "Clang" AND CMAKE_BUILD_TYPE STREQUAL "ASan")
	set(fuzz ON)
endif()
option(HMMSIM_BUILD_FUZZ "Build the fuzzers with the tests (needs clang and its libFuzzer)" ${fuzz})
if(HMMSIM_BUILD_FUZZ AND NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
	message(FATAL_ERROR "HMMSIM_BUILD_FUZZ needs clang; the compiler is ${CMAKE_C_COMPILER_ID}.")
endif()
