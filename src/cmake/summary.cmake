# SPDX-License-Identifier: MIT
function(hs_print_summary)
	if(NOT PROJECT_IS_TOP_LEVEL)
		return()
	endif()
	set(library static)
	if(BUILD_SHARED_LIBS)
		set(library shared)
	endif()
	set(lanes "${HMMSIM_LANES}")
	if(NOT lanes)
		set(lanes native)
	endif()
	message(STATUS "hmmsim ${PROJECT_VERSION}: ${CMAKE_BUILD_TYPE}, ${library}, "
		"allocator ${HS_ALLOCATOR}, lanes ${lanes}, picky ${HMMSIM_PICKY}")
	message(STATUS "tests ${HMMSIM_BUILD_TESTS} (full ${HMMSIM_FULL_TESTS}, "
		"scale ${HMMSIM_TEST_SCALE} %), bench ${HMMSIM_BUILD_BENCH}, "
		"prefix ${CMAKE_INSTALL_PREFIX}")
endfunction()
