# SPDX-License-Identifier: MIT
# Code that was written for no explorer, as a library for tests.
include(${PROJECT_SOURCE_DIR}/src/module/module.cmake)

# In place of libtsan; beside the libraries of tests. A sanitizer's runtime has the same functions.
if(NOT HS_SANITIZED)
	add_library(foreign_runtime STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:hmmsim_races_objects>)
	target_link_libraries(foreign_runtime PUBLIC hmmsim_explore_internal)
endif()

# hs_foreign(<name> ...): hmmsim_foreign(), for tests.
function(hs_foreign name)
	hmmsim_foreign(${name} RUNTIME foreign_runtime ${ARGN})
endfunction()
