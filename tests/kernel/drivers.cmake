# SPDX-License-Identifier: MIT
# Drivers as they are, with what a driver author has: hmmsim_explore_module(), and the public library.

# hs_driver_program(<name> <driver> <folder> <path> <scenarios> <compile option>...): the driver's file of
# that path in the folder.
function(hs_driver_program name driver folder path scenarios)
	get_filename_component(beside ${HS_KERNEL}/${path} DIRECTORY)
	hmmsim_explore_module(${name} SOURCES ${folder}/${path} SCENARIOS ${scenarios}
		INCLUDES ${driver} ${HS_KERNEL} ${beside} OPTIONS ${ARGN} PREFIXES ${folder}/)
	set_target_properties(${name} ${name}_module_objects PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
	target_link_libraries(${name} PRIVATE hmmsim_warnings)
	hs_leave_unbuilt(${name} kernel)
endfunction()

# hs_driver(<driver> <path in the kernel>): its scenarios, and the mutants of <driver>_mutants.txt.
function(hs_driver driver path)
	if(HS_KERNEL_KNOWN)
		hs_driver_program(${driver}_scenarios ${driver} ${HS_KERNEL} ${path}
			${driver}/${driver}_scenarios.c -Wall -Werror)
	endif()
	hs_add_kernel_test(test_kernel_${driver} TIMEOUT 60 COMMAND ${driver}_scenarios)
	set(programs)
	if(HS_KERNEL_LONG)
		set(list ${CMAKE_CURRENT_SOURCE_DIR}/${driver}_mutants.txt)
		hs_mutant_names(names ${list})
		foreach(name IN LISTS names)
			set(folder ${CMAKE_CURRENT_BINARY_DIR}/mutants/${driver}/${name})
			hs_mutate(${list} ${name} ${HS_KERNEL}/${path} ${folder}/${path})
			hs_driver_program(${driver}.${name} ${driver} ${folder} ${path}
				$<TARGET_OBJECTS:${driver}_scenarios> -w)
			list(APPEND programs $<TARGET_FILE:${driver}.${name}>)
		endforeach()
	endif()
	hs_add_kernel_test(test_kernel_${driver}_mutants LONG TIMEOUT 120
		COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/driver_mutants.sh ${programs})
endfunction()

hs_driver(amdgpu drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.c)
hs_driver(umem_odp drivers/infiniband/core/umem_odp.c)
hs_driver(test_hmm lib/test_hmm.c)
