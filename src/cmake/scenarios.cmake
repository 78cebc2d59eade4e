# SPDX-License-Identifier: MIT
# The built-in races come along as arrays of bytes, so that an installed program has them: a header
# with race_texts, made of text/scenarios/*.txt in the order of their names.
file(GLOB scenarios CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/text/scenarios/*.txt)
list(SORT scenarios)
set(arrays)
set(entries)
foreach(path IN LISTS scenarios)
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
	get_filename_component(file ${path} NAME)
	string(MAKE_C_IDENTIFIER "race_text_${file}" id)
	file(READ ${path} bytes HEX)
	string(REGEX REPLACE "(................................)" "\\1\n\t" bytes "${bytes}")
	string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1, " bytes "${bytes}")
	string(APPEND arrays "static const char ${id}[] = {\n\t${bytes}\n};\n")
	string(APPEND entries "\t{ \"${file}\", ${id}, sizeof(${id}) },\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/generated/race_texts.h CONTENT
"@arrays@static const struct hs_race_builtin race_texts[] = {\n@entries@};\n" @ONLY)
foreach(backend native explore)
	target_include_directories(hmmsim_${backend}_language PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/generated)
endforeach()
