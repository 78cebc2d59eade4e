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
hs_explored_headers(rcu.h rcupdate.h)
hs_explored_headers(srcu.h srcu.h)

# hs_explored_options(<variable> <folder>...): how code is compiled whose files are in these folders of
# kernel files.
function(hs_explored_options variable)
	# Of prefixes that match gcc takes the last, clang the longest.
	set(options -std=gnu11 -w -D__KERNEL__=1 -DSHIM_EXPLORED=1
		-fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)
	foreach(folder IN LISTS ARGN)
		list(APPEND options -I${folder} -fmacro-prefix-map=${folder}/=)
	endforeach()
	list(APPEND options -I${CMAKE_CURRENT_SOURCE_DIR} -I${HS_EXPLORED_HEADERS}
		-I${HS_KERNEL}/include)
	set(${variable} ${options} PARENT_SCOPE)
endfunction()

# hs_explored_objects(<name> [SOURCES a.c ...] [FILES <path in the kernel> ...]): what the kernel code of
# several libraries has in common, for their OBJECTS.
function(hs_explored_objects name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FILES;SOURCES")
	list(TRANSFORM arg_FILES PREPEND ${HS_KERNEL}/)
	hs_explored_options(options ${HS_KERNEL})
	hmmsim_foreign_objects(${name} SOURCES ${arg_FILES} ${arg_SOURCES} OPTIONS ${options})
endfunction()

# hs_explored_kernel(<name> [SOURCES a.c ...] [FILES <path in the kernel> ...] [OBJECTS <library> ...]): a
# library as hs_foreign() makes it, of kernel files as they are, and of our own ones that are compiled as
# they are. With CHANGED <folder> <path>, that file, which is in this folder, takes the place of the
# kernel's or the shim's.
function(hs_explored_kernel name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FILES;SOURCES;OBJECTS;CHANGED")
	set(folders ${HS_KERNEL})
	if(arg_CHANGED)
		list(POP_FRONT arg_CHANGED folder)
		list(PREPEND folders ${folder})
	endif()
	foreach(file IN LISTS arg_FILES)
		if(file IN_LIST arg_CHANGED)
			list(APPEND arg_SOURCES ${folder}/${file})
		else()
			list(APPEND arg_SOURCES ${HS_KERNEL}/${file})
		endif()
	endforeach()
	hs_explored_options(options ${folders})
	list(TRANSFORM folders APPEND /)
	hs_foreign(${name} SOURCES ${arg_SOURCES} OBJECTS ${arg_OBJECTS} OPTIONS ${options}
		PREFIXES ${folders})
	# Made before the first source that may include it is compiled.
	foreach(file IN LISTS arg_CHANGED)
		if(NOT file IN_LIST arg_FILES)
			target_sources(${name}_objects PRIVATE ${folder}/${file})
			set_source_files_properties(${folder}/${file} PROPERTIES HEADER_FILE_ONLY ON)
		endif()
	endforeach()
endfunction()

# hs_explored_own(<name> a.c ...): objects of ours for programs that explore kernel code.
function(hs_explored_own name)
	add_library(${name} OBJECT EXCLUDE_FROM_ALL ${ARGN})
	target_compile_definitions(${name} PRIVATE HS_BACKEND_EXPLORE=1)
	target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
	target_link_libraries(${name} PRIVATE fixtures_explore)
endfunction()
hs_explored_own(explored_shim shim/explored.c)
hs_explored_own(explored_inexact inexact.c)

# hs_explored_program(<name> SOURCES a.c ... LIBS <library> ...): a program with the shim, or with what
# SHIM names instead, and the same answers as every test of the model but exact numbers.
function(hs_explored_program name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "SHIM" "SOURCES;LIBS")
	if(NOT arg_SHIM)
		set(arg_SHIM $<TARGET_OBJECTS:explored_shim>)
	endif()
	add_executable(${name} ${arg_SOURCES} ${arg_SHIM} $<TARGET_OBJECTS:explored_inexact>)
	target_compile_definitions(${name} PRIVATE HS_BACKEND_EXPLORE=1)
	target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
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
	set(model ${PROJECT_SOURCE_DIR}/tests/model)
	hs_explored_kernel(kernel_shim SOURCES shim_code.c)
	hs_explored_program(test_kernel_shim SOURCES test_shim.c LIBS kernel_shim)
	hs_explored_objects(percpu_ref_side SOURCES percpu_ref_kernel.c)
	hs_explored_kernel(kernel_percpu_ref FILES lib/percpu-refcount.c OBJECTS percpu_ref_side)
	hs_explored_program(test_kernel_percpu_ref_model
		SOURCES ${model}/test_percpu_ref_model.c percpu_ref_glue.c LIBS kernel_percpu_ref)
	hs_explored_objects(mmu_notifier_side FILES lib/rbtree.c lib/interval_tree.c)
	hs_explored_kernel(kernel_mmu_notifier SOURCES mmu_notifier_kernel.c OBJECTS mmu_notifier_side)
	hs_explored_program(test_kernel_notifier_model SOURCES ${model}/test_notifier_model.c
		../support/notifier_race.c mmu_notifier_glue.c LIBS kernel_mmu_notifier)
	hs_explored_program(test_kernel_notifier_plain_model
		SOURCES ${model}/test_notifier_plain_model.c ../support/notifier_race.c
			mmu_notifier_glue.c LIBS kernel_mmu_notifier)
	hs_explored_program(test_kernel_notifier_views SOURCES test_notifier_views.c
		../support/notifier_race.c mmu_notifier_glue.c LIBS kernel_mmu_notifier)
endif()
hs_add_kernel_test(test_kernel_notifier_views TIMEOUT 60 COMMAND test_kernel_notifier_views)
hs_add_kernel_test(test_kernel_notifier_model TIMEOUT 60 COMMAND test_kernel_notifier_model)
hs_add_kernel_test(test_kernel_notifier_plain_model TIMEOUT 60
	COMMAND test_kernel_notifier_plain_model)
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
	GLUE percpu_ref_glue.c percpu_ref_switch.c LIBS kernel_percpu_ref)
if(HS_KERNEL_KNOWN)
	target_compile_definitions(percpu_ref_outcomes.kernel PRIVATE PERCPU_REF_GLUE_SUMS=false)
endif()
hs_same_outcomes(mmu_notifier_outcomes COUNTS 13,31,9,3,5,12,6,4,8,1,1,1,1,1,1
	SOURCES mmu_notifier_outcomes.c ../support/notifier_race.c
	GLUE mmu_notifier_glue.c LIBS kernel_mmu_notifier)

# ---- mutants ---------------------------------------------------------------------------------------

# hs_mutant_names(<variable> <list>): the names of a list of mutants.
function(hs_mutant_names variable list)
	set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${list})
	file(STRINGS ${list} lines REGEX "^[a-z]")
	list(TRANSFORM lines REPLACE "^([a-z_./]+).*" "\\1")
	set(${variable} ${lines} PARENT_SCOPE)
endfunction()

# hs_mutate(<list> <name> <in> <out>): the file with the mutant's change.
function(hs_mutate list name in out)
	add_custom_command(OUTPUT ${out}
		COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/mutate.sh ${list} ${name} ${in} ${out}
		DEPENDS ${list} mutate.sh ${in} VERBATIM)
endfunction()

# hs_explored_mutants(<stem> MUTATES <path> [SOURCES a.c ...]): each mutant of the list <stem>_mutants.txt
# in the place of that kernel file (mutants.sh), or of the file that the sources include. All else is
# that of <stem>_outcomes.kernel.
function(hs_explored_mutants stem)
	cmake_parse_arguments(PARSE_ARGV 1 arg "" "MUTATES" "SOURCES")
	set(programs)
	if(HS_KERNEL_LONG)
		set(list ${CMAKE_CURRENT_SOURCE_DIR}/${stem}_mutants.txt)
		hs_mutant_names(names ${list})
		set(files ${arg_MUTATES})
		if(arg_SOURCES)
			set(files)
		endif()
		foreach(name IN LISTS names)
			set(folder ${CMAKE_CURRENT_BINARY_DIR}/mutants/${stem}/${name})
			hs_mutate(${list} ${name} ${HS_KERNEL}/${arg_MUTATES} ${folder}/${arg_MUTATES})
			hs_explored_kernel(${stem}_${name} CHANGED ${folder} ${arg_MUTATES}
				FILES ${files} SOURCES ${arg_SOURCES} OBJECTS ${stem}_side)
			hs_explored_program(${stem}.${name}
				SOURCES $<TARGET_OBJECTS:${stem}_outcomes.kernel>
				LIBS ${stem}_${name})
			list(APPEND programs $<TARGET_FILE:${stem}.${name}>)
		endforeach()
	endif()
	hs_add_kernel_test(test_kernel_${stem}_mutants LONG TIMEOUT 120
		COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/mutants.sh
			$<TARGET_FILE:${stem}_outcomes.kernel> ${programs})
endfunction()

hs_explored_mutants(percpu_ref MUTATES lib/percpu-refcount.c)
hs_explored_mutants(mmu_notifier MUTATES mm/mmu_notifier.c SOURCES mmu_notifier_kernel.c)

# A mutant of the shim is one file: explored.c, or a header as test_shim.c has kernel code see it.
set(shim_programs)
if(HS_KERNEL_LONG)
	set(list ${CMAKE_CURRENT_SOURCE_DIR}/shim_mutants.txt)
	hs_mutant_names(names ${list})
	foreach(whole IN LISTS names)
		get_filename_component(name ${whole} NAME)
		get_filename_component(file ${whole} DIRECTORY)
		set(folder ${CMAKE_CURRENT_BINARY_DIR}/mutants/shim/${name})
		set(mutant ${folder}/shim/${file})
		hs_mutate(${list} ${whole} ${CMAKE_CURRENT_SOURCE_DIR}/shim/${file} ${mutant})
		if(file STREQUAL explored.c)
			set(shim ${mutant})
			set(library kernel_shim)
			# Behind the other options, of which clang lets -Wextra bring it back.
			set_property(SOURCE ${mutant} APPEND PROPERTY COMPILE_OPTIONS
				-Wno-unused-parameter)
		else()
			set(shim)
			set(library shim_${name})
			hs_explored_kernel(${library} CHANGED ${folder} shim/${file} SOURCES shim_code.c)
		endif()
		hs_explored_program(shim.${name} SHIM ${shim}
			SOURCES $<TARGET_OBJECTS:test_kernel_shim> LIBS ${library})
		list(APPEND shim_programs $<TARGET_FILE:shim.${name}>)
	endforeach()
endif()
hs_add_kernel_test(test_kernel_shim_mutants LONG TIMEOUT 60
	COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/shim_mutants.sh ${shim_programs})
