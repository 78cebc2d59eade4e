# SPDX-License-Identifier: MIT
# Kernel code under the explorer.

# hs_kernel_headers(...) for code whose steps are explored: every header that is no algorithm.
set(HS_EXPLORED_HEADERS ${CMAKE_CURRENT_BINARY_DIR}/explored)
function(hs_explored_headers shim)
	list(TRANSFORM ARGN PREPEND linux/)
	hs_kernel_headers(${HS_EXPLORED_HEADERS} shim/${shim} ${ARGN})
endfunction()
hs_explored_headers(explored.h compiler.h const.h container_of.h err.h export.h kernel.h stddef.h
	types.h)
hs_kernel_headers(${HS_EXPLORED_HEADERS} shim/explored.h asm/barrier.h)
hs_explored_headers(atomic.h atomic.h)
hs_explored_headers(locks.h sched.h spinlock.h wait.h)
hs_explored_headers(memory.h gfp.h percpu.h slab.h)
hs_explored_headers(notified_mm.h mm.h mm_types.h mmap_lock.h sched/mm.h)
hs_kernel_headers(${HS_EXPLORED_HEADERS} shim/notified_mm.h vma.h)
hs_explored_headers(rcu.h rcupdate.h srcu.h)

# hs_explored_kernel(<name> [SOURCES a.c ...] FILES <path in the kernel> ...): a library as hs_foreign()
# makes it, of kernel files as they are, and of our own ones that are compiled as they are. With
# KERNEL <folder> the files are those of another folder.
function(hs_explored_kernel name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "KERNEL" "FILES;SOURCES;INCLUDES")
	if(NOT arg_KERNEL)
		set(arg_KERNEL ${HS_KERNEL})
	endif()
	list(TRANSFORM arg_FILES PREPEND ${arg_KERNEL}/)
	hs_foreign(${name} SOURCES ${arg_FILES} ${arg_SOURCES}
		OPTIONS -std=gnu11 -w -D__KERNEL__=1 -DSHIM_EXPLORED=1 -I${arg_KERNEL}
			-I${CMAKE_CURRENT_SOURCE_DIR} -I${CMAKE_CURRENT_SOURCE_DIR}/shim
			-I${HS_EXPLORED_HEADERS} -I${HS_KERNEL} -I${HS_KERNEL}/include
			-fmacro-prefix-map=${arg_KERNEL}/= -fmacro-prefix-map=${HS_KERNEL}/=
			-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=
		PREFIXES ${arg_KERNEL}/ ${HS_KERNEL}/)
	if(arg_INCLUDES)
		target_sources(${name}_objects PRIVATE ${arg_INCLUDES})
		set_source_files_properties(${arg_INCLUDES} PROPERTIES HEADER_FILE_ONLY ON)
	endif()
endfunction()

# hs_explored_test(<name> SOURCES a.c ... LIBS <library> ...): a program with the shim, its test, and
# the same answers as every test of the model but exact numbers.
function(hs_explored_program name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "SHIM" "SOURCES;LIBS")
	if(NOT arg_SHIM)
		set(arg_SHIM ${CMAKE_CURRENT_SOURCE_DIR}/shim)
	endif()
	add_executable(${name} ${arg_SOURCES} ${arg_SHIM}/explored.c inexact.c)
	target_compile_definitions(${name} PRIVATE HS_BACKEND_EXPLORE=1)
	target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${arg_SHIM})
	target_link_libraries(${name} PRIVATE ${arg_LIBS} fixtures_explore)
	hs_leave_unbuilt(${name} kernel)
endfunction()

# hs_same_outcomes(<stem> COUNTS <count,count> SOURCES a.c ... GLUE b.c ... LIBS <library> ...
# [MODEL c.c ...]): one scenario over the model and over the kernel's code (outcomes.h).
function(hs_same_outcomes stem)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "COUNTS" "SOURCES;GLUE;LIBS;MODEL")
	if(HS_KERNEL_KNOWN)
		hs_explored_program(${stem}.model SOURCES ${arg_SOURCES} ${arg_MODEL} outcomes.c)
		hs_explored_program(${stem}.kernel SOURCES ${arg_SOURCES} outcomes.c ${arg_GLUE}
			LIBS ${arg_LIBS})
		set(programs $<TARGET_FILE:${stem}.model> $<TARGET_FILE:${stem}.kernel>)
	endif()
	hs_add_kernel_test(test_kernel_${stem} TIMEOUT 60
		COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/same_outcomes.sh ${arg_COUNTS} ${programs})
endfunction()

if(HS_KERNEL_KNOWN)
	set(trees lib/rbtree.c lib/interval_tree.c)
	set(model ${PROJECT_SOURCE_DIR}/tests/model)
	hs_explored_kernel(kernel_shim SOURCES shim_code.c)
	hs_explored_program(test_kernel_shim SOURCES test_shim.c LIBS kernel_shim)
	hs_explored_kernel(kernel_percpu_ref FILES lib/percpu-refcount.c SOURCES percpu_ref_kernel.c)
	hs_explored_program(test_kernel_percpu_ref_model
		SOURCES ${model}/test_percpu_ref_model.c percpu_ref_glue.c LIBS kernel_percpu_ref)
	hs_explored_kernel(kernel_mmu_notifier FILES ${trees} SOURCES mmu_notifier_kernel.c)
	hs_explored_program(test_kernel_notifier_model SOURCES ${model}/test_notifier_model.c
		../support/notifier_race.c mmu_notifier_glue.c LIBS kernel_mmu_notifier)
	hs_explored_program(test_kernel_notifier_views SOURCES test_notifier_views.c
		../support/notifier_race.c mmu_notifier_glue.c LIBS kernel_mmu_notifier)
endif()
hs_add_kernel_test(test_kernel_notifier_views TIMEOUT 60 COMMAND test_kernel_notifier_views)
hs_add_kernel_test(test_kernel_notifier_model TIMEOUT 60 COMMAND test_kernel_notifier_model)
hs_add_kernel_test(test_kernel_shim TIMEOUT 30 COMMAND test_kernel_shim)
hs_add_kernel_test(test_kernel_percpu_ref_model TIMEOUT 60 COMMAND test_kernel_percpu_ref_model)

# What stands on both: tests of the model as they are.
set(both_page_model ../support/pgmap_race.c)
set(both_removal_model ../support/pgmap_race.c)
set(both_fault_model ../support/fault_race.c)
foreach(stem page_model removal_model fault_model)
	if(HS_KERNEL_KNOWN)
		hs_explored_program(test_kernel_both_${stem} SOURCES ${model}/test_${stem}.c ${both_${stem}}
			percpu_ref_glue.c mmu_notifier_glue.c
			LIBS kernel_percpu_ref kernel_mmu_notifier)
	endif()
	hs_add_kernel_test(test_kernel_both_${stem} TIMEOUT 60 COMMAND test_kernel_both_${stem})
endforeach()

hs_same_outcomes(percpu_ref_outcomes COUNTS 85,447 SOURCES percpu_ref_outcomes.c
	GLUE percpu_ref_glue.c LIBS kernel_percpu_ref)
if(HS_KERNEL_KNOWN)
	target_compile_definitions(percpu_ref_outcomes.kernel PRIVATE PERCPU_REF_GLUE_SUMS=false)
endif()
hs_same_outcomes(mmu_notifier_outcomes COUNTS 13,31,9,3,5,12,6,4,8,1,1,1,1,1,1
	SOURCES mmu_notifier_outcomes.c ../support/notifier_race.c
	GLUE mmu_notifier_glue.c LIBS kernel_mmu_notifier)

# hs_explored_mutants(<stem> MUTATES <path> FILES ... SOURCES ... OUTCOMES a.c ...): each mutant of the
# list <stem>_mutants.txt in the place of that kernel file (mutants.sh).
function(hs_explored_mutants stem)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "MUTATES" "FILES;SOURCES;OUTCOMES")
	set(list ${CMAKE_CURRENT_SOURCE_DIR}/${stem}_mutants.txt)
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${list})
	file(STRINGS ${list} lines REGEX "^[a-z]")
	set(programs)
	foreach(line IN LISTS lines)
		string(REGEX MATCH "^[a-z_]+" name "${line}")
		set(folder ${CMAKE_CURRENT_BINARY_DIR}/mutants/${stem}/${name})
		add_custom_command(OUTPUT ${folder}/${arg_MUTATES}
			COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/mutate.sh ${list} ${name}
				${HS_KERNEL}/${arg_MUTATES} ${folder}/${arg_MUTATES}
			DEPENDS ${list} mutate.sh ${HS_KERNEL}/${arg_MUTATES} VERBATIM)
		set(included ${folder}/${arg_MUTATES})
		if(arg_FILES)
			set(included)
		endif()
		hs_explored_kernel(${stem}_${name} KERNEL ${folder} FILES ${arg_FILES}
			SOURCES ${arg_SOURCES} INCLUDES ${included})
		hs_explored_program(${stem}.${name} SOURCES ${arg_OUTCOMES} outcomes.c
			LIBS ${stem}_${name})
		target_compile_definitions(${stem}.${name} PRIVATE PERCPU_REF_GLUE_SUMS=false)
		list(APPEND programs $<TARGET_FILE:${stem}.${name}>)
	endforeach()
	hs_add_kernel_test(test_kernel_${stem}_mutants TIMEOUT 120
		COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/mutants.sh
			$<TARGET_FILE:${stem}_outcomes.kernel> ${programs})
endfunction()

if(HS_KERNEL_KNOWN)
	hs_explored_mutants(percpu_ref MUTATES lib/percpu-refcount.c FILES lib/percpu-refcount.c
		SOURCES percpu_ref_kernel.c OUTCOMES percpu_ref_outcomes.c percpu_ref_glue.c)
	hs_explored_mutants(mmu_notifier MUTATES mm/mmu_notifier.c SOURCES mmu_notifier_kernel.c
		${HS_KERNEL}/lib/rbtree.c ${HS_KERNEL}/lib/interval_tree.c
		OUTCOMES mmu_notifier_outcomes.c mmu_notifier_glue.c ../support/notifier_race.c)
endif()

# A mutant of the shim is a copy of all of it, with one line of one file changed.
set(shim_list ${CMAKE_CURRENT_SOURCE_DIR}/shim_mutants.txt)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${shim_list})
file(STRINGS ${shim_list} lines REGEX "^[a-z]")
set(shim_files explored.c base.h explored.h atomic.h locks.h memory.h rcu.h notified_mm.h shim.h)
set(shim_programs)
foreach(line IN LISTS lines)
	if(NOT HS_KERNEL_KNOWN)
		break()
	endif()
	string(REGEX MATCH "^([a-z.]+)/([a-z_]+)" whole "${line}")
	set(file ${CMAKE_MATCH_1})
	set(name ${CMAKE_MATCH_2})
	set(folder ${CMAKE_CURRENT_BINARY_DIR}/mutants/shim/${name})
	foreach(other IN LISTS shim_files)
		if(NOT other STREQUAL file)
			configure_file(shim/${other} ${folder}/shim/${other} COPYONLY)
		endif()
	endforeach()
	add_custom_command(OUTPUT ${folder}/shim/${file}
		COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/mutate.sh ${shim_list} ${whole}
			${CMAKE_CURRENT_SOURCE_DIR}/shim/${file} ${folder}/shim/${file}
		DEPENDS ${shim_list} mutate.sh shim/${file} VERBATIM)
	set(included)
	if(file MATCHES "[.]h$")
		set(included ${folder}/shim/${file})
	endif()
	hs_explored_kernel(shim_${name} KERNEL ${folder} SOURCES shim_code.c INCLUDES ${included})
	hs_explored_program(shim.${name} SHIM ${folder}/shim SOURCES test_shim.c ${included}
		LIBS shim_${name})
	# Behind the other options, of which clang lets -Wextra bring it back.
	get_target_property(sources shim.${name} SOURCES)
	set_property(SOURCE ${sources} APPEND PROPERTY COMPILE_OPTIONS -Wno-unused-parameter)
	list(APPEND shim_programs $<TARGET_FILE:shim.${name}>)
endforeach()
hs_add_kernel_test(test_kernel_shim_mutants TIMEOUT 60
	COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/shim_mutants.sh ${shim_programs})
