# SPDX-License-Identifier: MIT
# Device memory: mm/memremap.c over lib/percpu-refcount.c, under the explorer.

hs_explored_headers(memremap.h device.h io.h ioport.h kasan.h memory_hotplug.h mmzone.h pfn_t.h
	range.h swap.h swapops.h wait_bit.h xarray.h)
hs_kernel_headers(${HS_EXPLORED_HEADERS} shim/memremap.h internal.h)

if(HS_KERNEL_KNOWN)
	hs_explored_objects(memremap_side FILES lib/percpu-refcount.c SOURCES memremap_kernel.c)
	hs_explored_kernel(kernel_memremap FILES mm/memremap.c OBJECTS memremap_side)
endif()
hs_same_outcomes(memremap_outcomes COUNTS 6,4,16,8,12,10 SOURCES memremap_outcomes.c MODEL device_model.c
	GLUE memremap_glue.c LIBS kernel_memremap)
hs_explored_mutants(memremap MUTATES mm/memremap.c)

set(programs)
if(HS_KERNEL_KNOWN)
	set(programs $<TARGET_FILE:memremap_outcomes.model> $<TARGET_FILE:memremap_outcomes.kernel>)
endif()
hs_add_kernel_test(test_kernel_memremap_p2pdma TIMEOUT 60
	COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/memremap_p2pdma.sh ${programs})
