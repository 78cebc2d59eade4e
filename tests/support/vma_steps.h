/* SPDX-License-Identifier: MIT */
/*
 * vma_steps.h - steps on the VMAs of a space with a file, and its VMAs as text
 */
#ifndef HS_TESTS_VMA_STEPS_H
#define HS_TESTS_VMA_STEPS_H

#include "support/space.h"

#define R HS_VM_READ
#define W (HS_VM_READ | HS_VM_WRITE)
#define MAY HS_VM_MAYWRITE
#define MAPPED (HS_ENTRY_VALID | HS_ENTRY_WRITE)

enum op {
	END,
	MAP,
	FILE_AT,
	UNMAP,
	PROTECT,
	GATE
};

struct step {
	enum op op;
	uint32_t start, end, flags, pgoff; /* pages */
};

/* With a DAX file. */
int vma_space_try(struct space *s, enum hs_geometry_id id, uint64_t fail);
void vma_space_open(struct space *s, enum hs_geometry_id id);
int vma_space_setup(void **state);

#define vma_unit_test(f) cmocka_unit_test_setup_teardown(f, vma_space_setup, space_teardown)

int take_step(struct space *s, const struct step *p, uint64_t base);
/* "0-2rw 2-4r 5-6rwF3": pages, access, and for a file the page that the VMA begins with. */
const char *layout(const struct hs_mm *mm, uint64_t base);

#endif
