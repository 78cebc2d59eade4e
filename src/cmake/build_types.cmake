# SPDX-License-Identifier: MIT
# Build types: Debug, Release (the default), RelWithDebInfo, ASan (with UBSan), TSan and Coverage.
#
# Included before project(), so that these are the defaults of the cache and -DCMAKE_C_FLAGS_...
# still overrides them. A project that embeds this one keeps its own.
if(NOT CMAKE_SOURCE_DIR STREQUAL CMAKE_CURRENT_SOURCE_DIR)
	return()
endif()

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
	set(CMAKE_BUILD_TYPE Release CACHE
		STRING "Debug, Release, RelWithDebInfo, ASan, TSan or Coverage" FORCE)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG" CACHE STRING "C flags of Release builds")

function(hs_instrumented_build_type type compile link)
	string(TOUPPER ${type} upper)
	set(CMAKE_C_FLAGS_${upper} "${compile} ${link}" CACHE STRING "C flags of ${type} builds")
	set(CMAKE_EXE_LINKER_FLAGS_${upper} "${link}"
		CACHE STRING "Flags for linking programs in ${type} builds")
	set(CMAKE_SHARED_LINKER_FLAGS_${upper} "${link}"
		CACHE STRING "Flags for linking shared libraries in ${type} builds")
	mark_as_advanced(CMAKE_C_FLAGS_${upper} CMAKE_EXE_LINKER_FLAGS_${upper}
		CMAKE_SHARED_LINKER_FLAGS_${upper})
endfunction()

set(sanitized "-O1 -g -fno-omit-frame-pointer")
hs_instrumented_build_type(ASan ${sanitized}
	"-fsanitize=address,undefined -fno-sanitize-recover=all")
hs_instrumented_build_type(TSan ${sanitized} "-fsanitize=thread")
# Threads count in the same words.
hs_instrumented_build_type(Coverage "-Og -g -fprofile-update=atomic" "--coverage")
