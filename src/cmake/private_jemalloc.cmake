# SPDX-License-Identifier: MIT
# cmake -DARCHIVE= -DOUTPUT= -DSETTINGS= -DFUNCTIONS=a,b -DCC= -DAR= -DLD= -DNM= -DOBJCOPY=
#	-P this-file
#
# Makes one object of a jemalloc archive: its public names get the prefix hs_je_, and only FUNCTIONS
# remain global, hidden from the dynamic linker. SETTINGS is a C file
# whose names take the place of jemalloc's, and of those that it would take from outside.
cmake_minimum_required(VERSION 3.25)
string(REPLACE "," ";" FUNCTIONS "${FUNCTIONS}")
set(work ${OUTPUT}.d)
file(REMOVE_RECURSE ${work} ${OUTPUT})
file(MAKE_DIRECTORY ${work})

function(run)
	execute_process(COMMAND ${ARGV} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(list_symbols out)
	execute_process(COMMAND ${NM} -g -P ${ARGN} OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
	string(REGEX REPLACE "[ \t][^\n]*" "" names "${text}")
	string(REGEX MATCHALL "[^\n]+" names "${names}")
	set(${out} ${names} PARENT_SCOPE)
endfunction()

# Members are deleted from a copy of the archive and never extracted: two may have the same name.
# jemalloc_cpp is the one that defines operator new and delete.
file(COPY_FILE ${ARCHIVE} ${work}/jemalloc.a)
execute_process(COMMAND ${AR} t ${work}/jemalloc.a OUTPUT_VARIABLE members
	COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "jemalloc_cpp[^\n]*" cpp_members "${members}")
foreach(member IN LISTS cpp_members)
	run(${AR} d ${work}/jemalloc.a ${member})
endforeach()

# The linker merges visibilities: a hidden reference hides the definition in the result.
set(assembly "\t.section .note.GNU-stack,\"\",%progbits\n")
foreach(name IN LISTS FUNCTIONS)
	string(APPEND assembly "\t.global ${name}\n\t.hidden ${name}\n")
endforeach()
file(WRITE ${work}/hidden.s "${assembly}")
run(${CC} -c ${work}/hidden.s -o ${work}/hidden.o)
# A name that the settings define is theirs in the whole: the archive's own is weak or missing.
run(${CC} -c -O2 -fPIC ${SETTINGS} -o ${work}/settings.o)
run(${LD} -r -o ${work}/whole.o ${work}/hidden.o --whole-archive ${work}/jemalloc.a
	--no-whole-archive ${work}/settings.o)

# Renamed, not only made local: a debugger asked for malloc should stop in the host's.
list_symbols(defined --defined-only ${work}/whole.o)
list(FILTER defined EXCLUDE REGEX "^_?je_")
list(TRANSFORM defined REPLACE "^(.+)$" "\\1 hs_je_\\1" OUTPUT_VARIABLE renames)
list(TRANSFORM FUNCTIONS PREPEND "hs_je_" OUTPUT_VARIABLE kept)
list(JOIN renames "\n" renames)
list(JOIN kept "\n" kept_lines)
file(WRITE ${work}/renames "${renames}\n")
file(WRITE ${work}/kept "${kept_lines}\n")
run(${OBJCOPY} --redefine-syms=${work}/renames ${work}/whole.o ${work}/renamed.o)
run(${OBJCOPY} --keep-global-symbols=${work}/kept ${work}/renamed.o ${work}/private.o)

list_symbols(defined --defined-only ${work}/private.o)
list(SORT defined)
list(SORT kept)
if(NOT defined STREQUAL kept)
	message(FATAL_ERROR "${ARCHIVE}: expected to define ${kept}; defined are ${defined}")
endif()
list_symbols(undefined --undefined-only ${work}/private.o)
list(FILTER undefined INCLUDE REGEX
	"^(hs_je_|_?je_|_Zn|_Zd|(malloc|calloc|realloc|free|posix_memalign|aligned_alloc)$|(secure_)?getenv$|readlink)")
if(undefined)
	message(FATAL_ERROR "${ARCHIVE}: the private copy still needs ${undefined}")
endif()
# jemalloc ignores a setting that it does not know, with a message at every start of a program.
file(STRINGS ${ARCHIVE} known LIMIT_COUNT 1 REGEX "lg_extent_max_active_fit")
if(NOT known)
	message(FATAL_ERROR "${ARCHIVE}: jemalloc 5.1 or newer is needed")
endif()
file(RENAME ${work}/private.o ${OUTPUT})
file(REMOVE_RECURSE ${work})
