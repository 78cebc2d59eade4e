# SPDX-License-Identifier: MIT
# Drivers and other code that were written for no explorer, in programs that explore them (README.md).
# Part of the installed package, and of the tests.

# hmmsim_foreign_objects(<name> SOURCES a.c ... [OPTIONS <compile option>...]): an object library for
# hmmsim_foreign(), so that several of those compile it once.
function(hmmsim_foreign_objects name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;OPTIONS")
	# The compiler tells what is volatile apart, and calls for each access from the line that it is in.
	set(options -gdwarf-4 -O2 -fno-strict-aliasing -fno-common -fno-optimize-sibling-calls)
	if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
		list(APPEND options "SHELL:-mllvm -tsan-distinguish-volatile=1")
	else()
		list(APPEND options "SHELL:--param tsan-distinguish-volatile=1"
			-fno-reorder-blocks-and-partition -Wno-tsan)
	endif()
	add_library(${name} OBJECT EXCLUDE_FROM_ALL ${arg_SOURCES})
	target_compile_options(${name} PRIVATE ${options} ${arg_OPTIONS})
	target_link_libraries(${name} PRIVATE hmmsim::races)
endfunction()

# hmmsim_foreign(<name> SOURCES a.c ... [OBJECTS <library of hmmsim_foreign_objects()>...]
#                [OPTIONS <compile option>...] [PREFIXES <directory/>...] [RUNTIME <library>...])
#
# A static library: the objects as one, its code and its writable data in sections of their own, and
# what tells the explorer of them. Places of steps name files without the prefixes. RUNTIME takes the
# place of the package's libraries.
function(hmmsim_foreign name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;OBJECTS;OPTIONS;PREFIXES;RUNTIME")
	set(dir ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
	set(linked ${CMAKE_CURRENT_BINARY_DIR}/${name}_foreign.o)
	set(places ${CMAKE_CURRENT_BINARY_DIR}/${name}_places.c)
	set(script ${CMAKE_CURRENT_BINARY_DIR}/${name}_foreign.ld)
	string(MAKE_C_IDENTIFIER ${name} symbol)
	configure_file(${dir}/module.ld.in ${script} @ONLY)

	# That of binutils, whichever one the compiler has.
	find_program(HMMSIM_OBJCOPY NAMES objcopy REQUIRED)
	mark_as_advanced(HMMSIM_OBJCOPY)

	hmmsim_foreign_objects(${name}_objects SOURCES ${arg_SOURCES} OPTIONS ${arg_OPTIONS})
	set(objects)
	foreach(library IN ITEMS ${name}_objects LISTS arg_OBJECTS)
		list(APPEND objects $<TARGET_OBJECTS:${library}>)
	endforeach()
	add_custom_command(OUTPUT ${linked}
		COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -Wl,-T,${script}
			-Wl,-u,foreign_${symbol}_places -o ${linked} ${objects}
		# Calls that clang makes of copies of structs.
		COMMAND ${HMMSIM_OBJCOPY} --redefine-sym memcpy=__tsan_memcpy
			--redefine-sym memmove=__tsan_memmove --redefine-sym memset=__tsan_memset
			${linked}
		DEPENDS ${objects} ${script}
		COMMAND_EXPAND_LISTS VERBATIM)
	add_custom_command(OUTPUT ${places}
		COMMAND ${dir}/module_places.sh ${symbol} ${linked}
			${PROJECT_SOURCE_DIR}/ ${arg_PREFIXES} > ${places}
		DEPENDS ${linked} ${dir}/module_places.sh VERBATIM)
	set_source_files_properties(${linked} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
	add_library(${name} STATIC EXCLUDE_FROM_ALL ${places} ${linked})
	# Its users are not compiled as it is.
	if(NOT arg_RUNTIME)
		set(arg_RUNTIME hmmsim::explore $<LINK_ONLY:hmmsim::races>)
	endif()
	target_link_libraries(${name} PUBLIC ${arg_RUNTIME})
endfunction()

# hmmsim_explore_module(<name> SOURCES driver.c ... SCENARIOS scenarios.c ...
#                       [INCLUDES <directory>...] [OPTIONS <compile option>...]
#                       [PREFIXES <directory/>...])
#
# A program of a driver and of its scenarios. The driver is compiled as it is, with <linux/...> of
# this package and each access a step; the scenarios are ordinary users of hmmsim.
# Places name files without the prefixes, and without the folder of the CMakeLists.txt.
function(hmmsim_explore_module name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;SCENARIOS;INCLUDES;OPTIONS;PREFIXES")
	if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES OR NOT arg_SCENARIOS)
		message(FATAL_ERROR "hmmsim_explore_module(${name}): SOURCES and SCENARIOS are "
			"required; not understood: '${arg_UNPARSED_ARGUMENTS}'.")
	endif()
	if(NOT CMAKE_C_COMPILER_ID MATCHES "^(GNU|Clang)$")
		message(FATAL_ERROR "hmmsim_explore_module(${name}): it needs gcc or clang, not "
			"'${CMAKE_C_COMPILER_ID}'.")
	endif()
	string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
	if("${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${type}}" MATCHES "-fsanitize=")
		message(FATAL_ERROR "hmmsim_explore_module(${name}): a driver is compiled with "
			"-fsanitize=thread, which goes with no other sanitizer.")
	endif()
	set(includes)
	# The kernel's name of the struct is that of the model for both.
	# Of prefixes that match gcc takes the last.
	set(options -std=gnu11 -Dhs_page=page)
	foreach(prefix IN ITEMS ${CMAKE_CURRENT_SOURCE_DIR}/ LISTS arg_PREFIXES)
		list(APPEND options -fmacro-prefix-map=${prefix}=)
	endforeach()
	set(linux ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/include)
	foreach(folder IN LISTS arg_INCLUDES)
		get_filename_component(folder ${folder} ABSOLUTE)
		list(APPEND includes ${folder})
		list(APPEND options -I${folder})
	endforeach()
	list(APPEND options -isystem ${linux})
	hmmsim_foreign(${name}_module SOURCES ${arg_SOURCES} OPTIONS ${options} ${arg_OPTIONS}
		PREFIXES ${CMAKE_CURRENT_SOURCE_DIR}/ ${arg_PREFIXES})
	add_executable(${name} ${arg_SCENARIOS})
	target_include_directories(${name} PRIVATE ${includes})
	target_include_directories(${name} SYSTEM PRIVATE ${linux})
	target_compile_options(${name} PRIVATE -Dhs_page=page -fmacro-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}/=)
	target_link_libraries(${name} PRIVATE ${name}_module)
endfunction()
