# SPDX-License-Identifier: MIT
# Every source is compiled once per backend, into object libraries; the public and the internal
# libraries are made of the same objects.

function(hs_objects name backend)
	add_library(${name} OBJECT ${ARGN})
	target_link_libraries(${name} PRIVATE hmmsim_${backend}_flags hmmsim_warnings)
endfunction()

# Both backends define the same symbols. CMake refuses a target whose link closure has two values
# of HMMSIM_BACKEND; the property is exported, so that this holds for users as well.
function(hs_set_backend name backend)
	set_target_properties(${name} PROPERTIES
		LINKER_LANGUAGE C
		INTERFACE_HMMSIM_BACKEND ${backend}
		COMPATIBLE_INTERFACE_STRING HMMSIM_BACKEND)
endfunction()

function(hs_link_private name backend)
	target_link_libraries(${name} PRIVATE Threads::Threads)
	if(backend STREQUAL "native" AND HS_ALLOCATOR STREQUAL "jemalloc")
		add_dependencies(${name} hmmsim_private_jemalloc)
		target_link_libraries(${name} PRIVATE ${HS_JEMALLOC_LIBS})
	endif()
endfunction()

# For tests and benchmarks: private headers and all symbols.
function(hs_internal_library backend)
	set(name hmmsim_${backend}_internal)
	add_library(${name} STATIC ${ARGN})
	hs_set_backend(${name} ${backend})
	hs_link_private(${name} ${backend})
	target_link_libraries(${name} INTERFACE hmmsim_${backend}_flags)
endfunction()

# For tests as well: the model with the faults of port/common/breaks.def, one of which is switched on
# at run time. Only the model has any, so that all else are the same objects.
function(hs_broken_library backend)
	set(name hmmsim_${backend}_broken)
	hs_objects(${name}_model ${backend} ${HS_MODEL_SOURCES} port/common/breaks.c)
	target_compile_definitions(${name}_model PRIVATE HMMSIM_BREAKS)
	set_target_properties(${name}_model PROPERTIES EXCLUDE_FROM_ALL ON)
	add_library(${name} STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:${name}_model> ${ARGN})
	hs_set_backend(${name} ${backend})
	hs_link_private(${name} ${backend})
	target_link_libraries(${name} INTERFACE hmmsim_${backend}_flags)
endfunction()

function(hs_public_library name export_name backend)
	add_library(${name} ${ARGN})
	add_library(hmmsim::${export_name} ALIAS ${name})
	hs_set_backend(${name} ${backend})
	hs_link_private(${name} ${backend})
	target_include_directories(${name} INTERFACE
		$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
		$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
	# No ABI is promised while the major version is 0: every minor version is a new soname.
	set_target_properties(${name} PROPERTIES
		EXPORT_NAME ${export_name}
		VERSION ${PROJECT_VERSION}
		SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
	if(NOT HS_SANITIZED)
		# A sanitizer's runtime is linked into the program, not into libraries.
		target_link_options(${name} PRIVATE LINKER:-z,defs)
	endif()
endfunction()

set(native_objects)
set(HS_JEMALLOC_LIBS)
if(HS_ALLOCATOR STREQUAL "jemalloc")
	include(cmake/jemalloc.cmake)
	hs_private_jemalloc(native_objects)
	set(HS_JEMALLOC_LIBS m ${CMAKE_DL_LIBS})
endif()

hs_objects(hmmsim_native_model native ${HS_MODEL_SOURCES})
hs_objects(hmmsim_native_port native ${HS_PORT_COMMON_SOURCES} ${HS_PORT_NATIVE_SOURCES})
hs_objects(hmmsim_native_host native ${HS_EXPLORE_COMMON_SOURCES} ${HS_EXPLORE_NATIVE_SOURCES})
hs_objects(hmmsim_native_program native ${HS_TEXT_SOURCES} ${HS_COST_SOURCES} ${HS_CAPTURE_SOURCES}
	${HS_RUN_SOURCES} ${HS_COMPARE_SOURCES})
hs_objects(hmmsim_native_language native ${HS_LANGUAGE_SOURCES})
list(APPEND native_objects $<TARGET_OBJECTS:hmmsim_native_port> $<TARGET_OBJECTS:hmmsim_native_host>
	$<TARGET_OBJECTS:hmmsim_native_language>)

hs_objects(hmmsim_explore_model explore ${HS_MODEL_SOURCES})
hs_objects(hmmsim_explore_port explore ${HS_PORT_COMMON_SOURCES} ${HS_PORT_EXPLORE_SOURCES})
hs_objects(hmmsim_explore_engine explore ${HS_EXPLORE_COMMON_SOURCES} ${HS_EXPLORE_ENGINE_SOURCES})
hs_objects(hmmsim_explore_language explore ${HS_LANGUAGE_SOURCES})
hs_objects(hmmsim_explore_program explore ${HS_EXPLORE_PROGRAM_SOURCES})
set(explore_objects
	$<TARGET_OBJECTS:hmmsim_explore_port> $<TARGET_OBJECTS:hmmsim_explore_engine>
	$<TARGET_OBJECTS:hmmsim_explore_language>)

if(HMMSIM_BUILD_TESTS)
	hs_broken_library(native ${native_objects})
	hs_broken_library(explore ${explore_objects})
endif()
list(PREPEND native_objects $<TARGET_OBJECTS:hmmsim_native_model>)
list(PREPEND explore_objects $<TARGET_OBJECTS:hmmsim_explore_model>)
hs_public_library(hmmsim hmmsim native ${native_objects})
hs_public_library(hmmsim_explore explore explore ${explore_objects})
# Of its users, and where it is shared of its own link, which resolves what refuse.c passes calls on to.
target_link_options(hmmsim_explore PUBLIC LINKER:${HS_REFUSE_OPTIONS})

# Programs whose objects are compiled with -fsanitize=thread link this in place of libtsan: so the
# options are for compilers alone. A build with libtsan, or with a sanitizer that excludes it, has
# none.
if(NOT HS_SANITIZED)
	hs_objects(hmmsim_races_objects explore ${HS_RACES_SOURCES})
	add_library(hmmsim_races STATIC $<TARGET_OBJECTS:hmmsim_races_objects>)
	add_library(hmmsim::races ALIAS hmmsim_races)
	target_link_libraries(hmmsim_races INTERFACE hmmsim_explore)
	list(JOIN HS_RACES_CLANG_OPTIONS " " races_clang)
	string(PREPEND races_clang "SHELL:")
	target_compile_options(hmmsim_races INTERFACE -fsanitize=thread
		"$<$<COMPILE_LANGUAGE:C,CXX>:${HS_RACES_OPTIONS}>"
		"$<$<OR:$<COMPILE_LANG_AND_ID:C,Clang>,$<COMPILE_LANG_AND_ID:CXX,Clang>>:${races_clang}>")
	set_target_properties(hmmsim_races PROPERTIES EXPORT_NAME races LINKER_LANGUAGE C)
endif()

if(HMMSIM_BUILD_TESTS OR HMMSIM_BUILD_BENCH)
	hs_internal_library(native ${native_objects} $<TARGET_OBJECTS:hmmsim_native_program>)
	hs_internal_library(explore ${explore_objects} $<TARGET_OBJECTS:hmmsim_explore_program>)
endif()
