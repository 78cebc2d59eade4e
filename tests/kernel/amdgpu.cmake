# SPDX-License-Identifier: MIT
# A driver as it is, with what a driver author has: hmmsim_explore_module(), and the public library.
set(amdgpu_hmm drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.c)

# hs_amdgpu_program(<name> <folder of amdgpu_hmm.c>)
function(hs_amdgpu_program name folder)
	hmmsim_explore_module(${name} SOURCES ${folder}/${amdgpu_hmm} SCENARIOS amdgpu/amdgpu_scenarios.c
		INCLUDES amdgpu ${HS_KERNEL} ${HS_KERNEL}/drivers/gpu/drm/amd/amdgpu
		OPTIONS ${ARGN} PREFIXES ${folder}/)
	set_target_properties(${name} ${name}_module_objects PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
	target_link_libraries(${name} PRIVATE hmmsim_warnings)
	hs_leave_unbuilt(${name} kernel)
endfunction()

if(HS_KERNEL_KNOWN)
	hs_amdgpu_program(amdgpu_scenarios ${HS_KERNEL} -Wall -Wextra -Werror)
endif()
hs_add_kernel_test(test_kernel_amdgpu TIMEOUT 60 COMMAND amdgpu_scenarios)

set(programs)
if(HS_KERNEL_LONG)
	set(list ${CMAKE_CURRENT_SOURCE_DIR}/amdgpu_mutants.txt)
	hs_mutant_names(names ${list})
	foreach(name IN LISTS names)
		set(folder ${CMAKE_CURRENT_BINARY_DIR}/mutants/amdgpu/${name})
		hs_mutate(${list} ${name} ${HS_KERNEL}/${amdgpu_hmm} ${folder}/${amdgpu_hmm})
		hs_amdgpu_program(amdgpu.${name} ${folder} -w)
		list(APPEND programs $<TARGET_FILE:amdgpu.${name}>)
	endforeach()
endif()
hs_add_kernel_test(test_kernel_amdgpu_mutants LONG TIMEOUT 60
	COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/amdgpu_mutants.sh ${programs})
