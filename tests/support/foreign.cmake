# SPDX-License-Identifier: MIT
# Code that was written for no explorer, as a library for programs that explore it.

set(HS_FOREIGN_DIR ${CMAKE_CURRENT_LIST_DIR})

# The compiler tells what is volatile apart, and calls for each access from the line that it is in.
set(HS_FOREIGN_OPTIONS -fsanitize=thread -gdwarf-4 -O2 -fno-strict-aliasing -fno-common
	-fno-optimize-sibling-calls ${HS_RACES_OPTIONS})
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
	list(APPEND HS_FOREIGN_OPTIONS ${HS_RACES_CLANG_OPTIONS}
		"SHELL:-mllvm -tsan-distinguish-volatile=1")
else()
	list(APPEND HS_FOREIGN_OPTIONS "SHELL:--param tsan-distinguish-volatile=1"
		-fno-reorder-blocks-and-partition -Wno-tsan)
endif()

# That of binutils, as the other tools here, whichever one the compiler has.
find_program(HS_FOREIGN_OBJCOPY NAMES objcopy REQUIRED)
mark_as_advanced(HS_FOREIGN_OBJCOPY)

# In place of libtsan; beside the libraries of tests.
if(NOT HS_SANITIZED)
	add_library(foreign_runtime STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:hmmsim_races_objects>)
	target_link_libraries(foreign_runtime PUBLIC hmmsim_explore_internal)
endif()

# hs_foreign_objects(<name> SOURCES a.c ... [OPTIONS <compile option>...]): an object library for
# hs_foreign(), so that several of those compile it once.
function(hs_foreign_objects name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;OPTIONS")
	add_library(${name} OBJECT EXCLUDE_FROM_ALL ${arg_SOURCES})
	target_compile_options(${name} PRIVATE ${HS_FOREIGN_OPTIONS} ${arg_OPTIONS})
	target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/include)
endfunction()

# hs_foreign(<name> SOURCES a.c ... [OBJECTS <library of hs_foreign_objects()>...]
#            [OPTIONS <compile option>...] [PREFIXES <directory/>...])
#
# A static library: the objects as one, its code and its writable data in sections of their own, and
# what tells the explorer of them. Places of steps name files without the prefixes. There is none with
# a sanitizer, whose runtime has the same functions.
function(hs_foreign name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;OBJECTS;OPTIONS;PREFIXES")
	set(linked ${CMAKE_CURRENT_BINARY_DIR}/${name}_foreign.o)
	set(places ${CMAKE_CURRENT_BINARY_DIR}/${name}_places.c)
	set(script ${CMAKE_CURRENT_BINARY_DIR}/${name}_foreign.ld)
	configure_file(${HS_FOREIGN_DIR}/foreign.ld.in ${script} @ONLY)

	hs_foreign_objects(${name}_objects SOURCES ${arg_SOURCES} OPTIONS ${arg_OPTIONS})
	set(objects)
	foreach(library IN ITEMS ${name}_objects LISTS arg_OBJECTS)
		list(APPEND objects $<TARGET_OBJECTS:${library}>)
	endforeach()
	add_custom_command(OUTPUT ${linked}
		COMMAND ${CMAKE_C_COMPILER} -r -nostdlib -Wl,-T,${script}
			-Wl,-u,foreign_${name}_places -o ${linked} ${objects}
		# Calls that clang makes of copies of structs.
		COMMAND ${HS_FOREIGN_OBJCOPY} --redefine-sym memcpy=__tsan_memcpy
			--redefine-sym memmove=__tsan_memmove --redefine-sym memset=__tsan_memset
			${linked}
		DEPENDS ${objects} ${script}
		COMMAND_EXPAND_LISTS VERBATIM)
	add_custom_command(OUTPUT ${places}
		COMMAND ${HS_FOREIGN_DIR}/foreign_places.sh ${name} ${linked}
			${PROJECT_SOURCE_DIR}/ ${arg_PREFIXES} > ${places}
		DEPENDS ${linked} ${HS_FOREIGN_DIR}/foreign_places.sh VERBATIM)
	set_source_files_properties(${linked} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
	add_library(${name} STATIC EXCLUDE_FROM_ALL ${places} ${linked})
	target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
	target_link_libraries(${name} PUBLIC foreign_runtime)
endfunction()
