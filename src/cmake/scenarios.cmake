# SPDX-License-Identifier: MIT
# Built-in texts come along as arrays of bytes, so that an installed program has them.

# hs_embed_texts(<table> <struct> <target> <pattern>): a header <table>.h with the array <table> of
# <struct>, an element { name, bytes, length } for each text that matches, in the order of their names.
function(hs_embed_texts table struct)
	list(POP_BACK ARGN pattern)
	file(GLOB texts CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${pattern})
	list(SORT texts)
	set(arrays)
	set(entries)
	foreach(path IN LISTS texts)
		set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
		get_filename_component(file ${path} NAME)
		string(MAKE_C_IDENTIFIER "${table}_${file}" id)
		file(READ ${path} bytes HEX)
		string(REGEX REPLACE "(................................)" "\\1\n\t" bytes "${bytes}")
		string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1, " bytes "${bytes}")
		string(APPEND arrays "static const char ${id}[] = {\n\t${bytes}\n};\n")
		string(APPEND entries "\t{ \"${file}\", ${id}, sizeof(${id}) },\n")
	endforeach()
	file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/generated/${table}.h CONTENT
"@arrays@static const struct @struct@ @table@[] = {\n@entries@};\n" @ONLY)
	foreach(target IN LISTS ARGN)
		target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/generated)
	endforeach()
endfunction()

hs_embed_texts(race_texts hs_race_builtin hmmsim_native_language hmmsim_explore_language
	text/scenarios/*.txt)
hs_embed_texts(claim_texts hs_claim_text hmmsim_explore_program claims/c*.txt)
hs_embed_texts(claim_expected_texts hs_claim_text hmmsim_explore_program claims/expected.txt)
