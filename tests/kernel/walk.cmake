# SPDX-License-Identifier: MIT
# The walker: mm/hmm.c, mutants of it, and mm/pagewalk.c.

# hs_add_kernel_object(<target> <file> [<compile definition>...]): warnings are the compiler's own ones,
# because the text is not ours; what a shim declares wrongly is among them.
function(hs_add_kernel_object target file)
	add_library(${target} OBJECT EXCLUDE_FROM_ALL ${file})
	target_include_directories(${target} PRIVATE ${walk_headers} ${HS_KERNEL}/include
		${CMAKE_CURRENT_SOURCE_DIR})
	target_compile_definitions(${target} PRIVATE ${ARGN})
	target_compile_options(${target} PRIVATE -fno-strict-aliasing
		$<$<BOOL:${HMMSIM_PICKY}>:-Werror>)
	set_target_properties(${target} PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
endfunction()

if(HS_KERNEL_KNOWN)
	set(walk_headers ${CMAKE_CURRENT_BINARY_DIR}/walk_headers)
	hs_kernel_headers(${walk_headers} shim/walk.h
		internal.h linux/dma-mapping.h linux/highmem.h linux/hugetlb.h linux/init.h
		linux/jump_label.h linux/memory_hotplug.h linux/memremap.h linux/mm.h
		linux/mmu_notifier.h linux/mmzone.h linux/pagemap.h linux/rmap.h linux/sched.h
		linux/sched/mm.h linux/slab.h linux/swap.h linux/swapops.h)
	hs_add_kernel_object(kernel_hmm ${HS_KERNEL}/mm/hmm.c)
	hs_add_kernel_object(kernel_pagewalk ${HS_KERNEL}/mm/pagewalk.c)

	set(mutants_txt ${CMAKE_CURRENT_SOURCE_DIR}/walk_mutants.txt)
	hs_mutant_names(names ${mutants_txt})
	set(inc)
	set(mutants)
	foreach(name IN LISTS names)
		set(mutant ${CMAKE_CURRENT_BINARY_DIR}/mutants/${name}.c)
		hs_mutate(${mutants_txt} ${name} ${HS_KERNEL}/mm/hmm.c ${mutant})
		hs_add_kernel_object(kernel_hmm_${name} ${mutant}
			hmm_range_fault=hmm_range_fault_${name})
		list(APPEND mutants $<TARGET_OBJECTS:kernel_hmm_${name}>)
		string(APPEND inc "MUTANT(${name})\n")
	endforeach()
	file(CONFIGURE OUTPUT mutants/walk_mutants.inc CONTENT "${inc}")

	add_executable(test_walk_oracle test_walk_oracle.c walk_glue.c shim/native.c
		../support/walk_differ.c ../support/walk_gen.c ../support/walk_print.c
		$<TARGET_OBJECTS:kernel_hmm> $<TARGET_OBJECTS:kernel_pagewalk> ${mutants})
	target_compile_definitions(test_walk_oracle PRIVATE HS_BACKEND_NATIVE=1)
	target_include_directories(test_walk_oracle PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}
		${CMAKE_CURRENT_BINARY_DIR}/mutants)
	target_include_directories(test_walk_oracle SYSTEM PRIVATE ${walk_headers}
		${HS_KERNEL}/include)
	target_link_libraries(test_walk_oracle PRIVATE fixtures_native -Wl,--wrap=hs_range_fault)
	hs_leave_unbuilt(test_walk_oracle kernel)
endif()
set(walk_data HMMSIM_WALK_DATA=${CMAKE_CURRENT_SOURCE_DIR}/../data/walk)
hs_add_kernel_test(test_walk_oracle TIMEOUT 60 COMMAND test_walk_oracle ENV ${walk_data})
if(HMMSIM_FULL_TESTS)
	hs_add_kernel_test(test_walk_oracle_full TIMEOUT 180 COMMAND test_walk_oracle
		ENV ${walk_data} HMMSIM_ORACLE_SCENARIOS=100000)
endif()

# ---- under the explorer, on the geometry of the models ----------------------------------------------

# hs_walk_foreign(<name> <folder>): a library as hs_foreign() makes it, with mm/hmm.c of that folder.
function(hs_walk_foreign name folder)
	set(options -std=gnu11 -DSHIM_MOCK -I${walk_headers} -I${HS_KERNEL}/include
		-I${CMAKE_CURRENT_SOURCE_DIR} -fmacro-prefix-map=${folder}/=
		-fmacro-prefix-map=${HS_KERNEL}/=)
	if(NOT TARGET walk_side)
		hmmsim_foreign_objects(walk_side SOURCES ${HS_KERNEL}/mm/pagewalk.c OPTIONS ${options})
		set_target_properties(walk_side PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
	endif()
	hs_foreign(${name} SOURCES ${folder}/mm/hmm.c OBJECTS walk_side OPTIONS ${options}
		PREFIXES ${folder}/ ${HS_KERNEL}/)
	set_target_properties(${name}_objects PROPERTIES EXPORT_COMPILE_COMMANDS OFF)
endfunction()

# hs_walk_explored(<program>): its walks are those of the kernel.
function(hs_walk_explored program)
	target_sources(${program} PRIVATE $<TARGET_OBJECTS:walk_explored>)
	target_link_options(${program} PRIVATE -Wl,--wrap=hs_range_fault)
endfunction()

if(HS_KERNEL_KNOWN)
	hs_walk_foreign(kernel_walk ${HS_KERNEL})
	hs_explored_own(walk_explored walk_explored.c walk_glue.c)
	target_compile_definitions(walk_explored PRIVATE SHIM_MOCK)
	target_include_directories(walk_explored SYSTEM PRIVATE ${walk_headers} ${HS_KERNEL}/include)
endif()

foreach(program test_kernel_walk_model test_kernel_pte_map_model)
	string(REPLACE kernel_ "" stem ${program})
	if(HS_KERNEL_KNOWN)
		hs_explored_program(${program} SOURCES ../model/${stem}.c LIBS kernel_walk)
		hs_walk_explored(${program})
	endif()
	hs_add_kernel_test(${program} TIMEOUT 120 COMMAND ${program})
endforeach()

# On the walker, the notifiers and percpu_ref together. Of rows that differ in a strategy, which is ours, a
# sample.
if(HS_KERNEL_LONG)
	hs_explored_program(test_kernel_device_model SOURCES ../model/test_device_model.c
		percpu_ref_glue.c mmu_notifier_glue.c
		LIBS kernel_walk kernel_percpu_ref kernel_mmu_notifier)
	hs_walk_explored(test_kernel_device_model)
endif()
hs_add_kernel_test(test_kernel_device_model LONG TIMEOUT 600 COMMAND test_kernel_device_model
	ENV HMMSIM_TEST_SAMPLE=1)

hs_same_outcomes(walk_outcomes COUNTS 4,4,2,2,2,4,2,4,3,2,1,1,4,3,6,5,2,1,1,1,6
	SOURCES walk_outcomes.c LIBS kernel_walk)
if(HS_KERNEL_KNOWN)
	hs_walk_explored(walk_outcomes.kernel)
endif()

# Mutants that read too often.
set(programs)
if(HS_KERNEL_LONG)
	set(list ${CMAKE_CURRENT_SOURCE_DIR}/walk_reads_mutants.txt)
	hs_mutant_names(names ${list})
	foreach(name IN LISTS names)
		set(folder ${CMAKE_CURRENT_BINARY_DIR}/mutants/walk_reads/${name})
		hs_mutate(${list} ${name} ${HS_KERNEL}/mm/hmm.c ${folder}/mm/hmm.c)
		hs_walk_foreign(kernel_walk_${name} ${folder})
		hs_explored_program(walk_outcomes.${name}
			SOURCES $<TARGET_OBJECTS:walk_outcomes.kernel> LIBS kernel_walk_${name})
		hs_walk_explored(walk_outcomes.${name})
		list(APPEND programs $<TARGET_FILE:walk_outcomes.${name}>)
	endforeach()
endif()
hs_add_kernel_test(test_kernel_walk_mutants LONG TIMEOUT 60
	COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/mutants.sh $<TARGET_FILE:walk_outcomes.kernel>
		${programs})
