# SPDX-License-Identifier: MIT
# The target docs: the reference of the public headers, in docs/ of the build tree. Any warning of
# Doxygen fails it. It is no part of the build, and Doxygen is needed for nothing else.
if(NOT PROJECT_IS_TOP_LEVEL)
	return()
endif()

find_package(Doxygen 1.9.4 QUIET)
if(NOT DOXYGEN_FOUND)
	string(CONCAT advice "docs: Doxygen 1.9.4 or newer was not found. Install it "
		"(Debian: apt-get install doxygen) and run cmake again.")
	add_custom_target(docs
		COMMAND ${CMAKE_COMMAND} -E echo ${advice}
		COMMAND ${CMAKE_COMMAND} -E false
		VERBATIM)
	return()
endif()

set(docs_dir ${PROJECT_BINARY_DIR}/docs)
configure_file(${CMAKE_CURRENT_LIST_DIR}/Doxyfile.in ${PROJECT_BINARY_DIR}/Doxyfile @ONLY)
add_custom_target(docs
	COMMAND ${CMAKE_COMMAND} -E rm -rf ${docs_dir}
	COMMAND ${CMAKE_COMMAND} -E make_directory ${docs_dir}
	COMMAND Doxygen::doxygen ${PROJECT_BINARY_DIR}/Doxyfile
	COMMENT "Writing the reference to ${docs_dir}/index.html"
	VERBATIM)
