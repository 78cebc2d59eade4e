/* SPDX-License-Identifier: MIT */
/*
 * first_walk.c - a file on device memory, mapped, and what hmm_range_fault() says of it
 *
 * Prints:
 *
 *	ret 0, 3 faults
 *	page 0: pfn 0x100000 writable
 *	page 1: pfn 0x77
 *	page 2: pfn 0x100001 writable
 */
#include <stdio.h>
#include <stdlib.h>

#include <hmmsim/hmmsim.h>

#define ADDR 0x7f0000000000
#define PAGES 3

/* 0 or -errno, as everywhere. */
static void must(int ret)
{
	if (ret)
		abort();
}

static void walk(struct hs_task *self, struct hs_mm *mm)
{
	uint64_t pfns[PAGES] = { 0 };
	struct hs_range range;
	int ret;

	hs_range_init(&range, mm, ADDR, ADDR + PAGES * HS_PAGE_BYTES, pfns);
	range.default_flags = HS_PFN_VALID; /* fault in what is missing, for reading */
	hs_mm_lock_read(self, mm);
	ret = hs_range_fault(self, &range);
	hs_mm_unlock_read(self, mm);
	printf("ret %d, %d faults\n", ret, (int)range.counts.faults);
	for (int i = 0; i < PAGES; i++)
		printf("page %d: pfn %#llx%s\n", i, (unsigned long long)(pfns[i] & HS_ENTRY_PFN),
		       pfns[i] & HS_PFN_WRITE ? " writable" : "");
}

int main(void)
{
	struct hs_machine_config machine_config;
	struct hs_machine *machine;
	struct hs_task *self;
	struct hs_pgmap_config memory_config;
	struct hs_mapping_config file_config = { .kind = HS_MAPPING_DAX_FILE, .pages = PAGES };
	struct hs_mapping *file;
	struct hs_mm *mm;

	hs_machine_config_init(&machine_config);
	must(hs_machine_create(&machine_config, &machine));
	must(hs_task_attach(machine, "worker", &self)); /* this thread is a task of it now */

	hs_pgmap_config_init(&memory_config, HS_PGMAP_FS_DAX, 0x100000, 0x100200); /* 2 MiB */
	must(hs_pgmap_create(self, &memory_config, &file_config.pgmap));
	file_config.first = 0x100000;
	must(hs_mapping_create(self, &file_config, &file));
	must(hs_mapping_allocate(self, file, 0));
	must(hs_mapping_allocate(self, file, 2)); /* page 1 is a hole: reads as the zero page */

	must(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &mm));
	must(hs_mmap(self, mm, ADDR, ADDR + PAGES * HS_PAGE_BYTES,
		     HS_VM_READ | HS_VM_WRITE | HS_VM_SHARED, file, 0));
	walk(self, mm);

	hs_mm_destroy(self, mm); /* unmaps everything */
	hs_mapping_destroy(self, file);
	hs_pgmap_destroy(self, file_config.pgmap); /* would wait for references */
	must(hs_task_detach(self));
	must(hs_machine_destroy(machine, NULL)); /* -ENOTEMPTY if something was left */
	return 0;
}
