# SPDX-License-Identifier: MIT
# The linker's options that make a program which explores call port/explore/refuse.c in place of
# what refuse.def lists. HS_REFUSE_OPTIONS: their words, joined by commas.
set(refuse_list ${CMAKE_CURRENT_SOURCE_DIR}/port/explore/refuse.def)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${refuse_list})

# Without a reference, the archive's member would stay out where all references are weak.
set(HS_REFUSE_OPTIONS --undefined=__wrap_syscall)
file(STRINGS ${refuse_list} refuse_lines REGEX "^HS_REFUSE")
foreach(line IN LISTS refuse_lines)
	if(NOT line MATCHES "^HS_REFUSE[A-Z_]*\\(([A-Za-z0-9_]+)[,)]")
		message(FATAL_ERROR "${refuse_list}: expected HS_REFUSE...(symbol, found: ${line}")
	endif()
	list(APPEND HS_REFUSE_OPTIONS --wrap=${CMAKE_MATCH_1})
endforeach()
list(JOIN HS_REFUSE_OPTIONS "," HS_REFUSE_OPTIONS)
