/* SPDX-License-Identifier: MIT */
/*
 * fault.c - times faults by kind and by threads, beside a walked page
 *
 * Each thread touches pages of its own in one address space. The threads share the mmap lock (they
 * take it for reading), the page table lock and the allocators. Times are ns a page. They do not
 * include building and unmapping the space.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "ground.h"
#include "space.h"

#define PAGES 16384u
#define BASE 0x7f0000000000u
#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)

static struct hs_machine *machine;
static struct hs_task *boot;
static struct hs_pgmap *dax, *private;
static struct hs_mapping *file;

/* The address space of one repetition, and how many pages each thread touches. */
static struct {
	struct hs_mm *mm;
	uint64_t each;
	bool write;
} space;

static uint64_t bench_fault_page_address(uint64_t i)
{
	return BASE + i * HS_PAGE_BYTES;
}

static void bench_fault_touch(struct hs_task *self, uint64_t i, bool write)
{
	uint64_t pfn;
	uint32_t ret = hs_cpu_access(self, space.mm, bench_fault_page_address(i), write, &pfn);

	if (!ret)
		return;
	fprintf(stderr, "bench: a fault ended with 0x%x\n", ret);
	exit(1);
}

/* ---- before the time: the pages that are touched ----------------------------------------- */

static void bench_fault_mmap(struct hs_mapping *mapping, uint32_t flags)
{
	bench_must(hs_mmap(boot, space.mm, BASE, bench_fault_page_address(PAGES), RW | flags,
			   mapping, 0),
		   "mmap");
}

static void bench_fault_map_anonymous(uint64_t pages)
{
	(void)pages;
	bench_fault_mmap(NULL, 0);
}

static void bench_fault_map_tables(uint64_t pages)
{
	bench_fault_mmap(NULL, 0);
	for (uint64_t i = 0; i < pages; i += BENCH_TABLE_PAGES)
		bench_must(hs_pt_make(boot, space.mm, bench_fault_page_address(i), 0), "table");
}

static void bench_fault_map_zero_pages(uint64_t pages)
{
	bench_fault_mmap(NULL, 0);
	for (uint64_t i = 0; i < pages; i++)
		bench_fault_touch(boot, i, false);
}

static void bench_fault_map_pages(uint64_t pages)
{
	bench_fault_mmap(NULL, 0);
	for (uint64_t i = 0; i < pages; i++)
		bench_fault_touch(boot, i, true);
}

static void bench_fault_map_dax_file(uint64_t pages)
{
	(void)pages;
	bench_fault_mmap(file, HS_VM_SHARED);
}

static void bench_fault_map_device_private(uint64_t pages)
{
	bench_fault_mmap(NULL, 0);
	for (uint64_t i = 0; i < pages; i++) {
		struct hs_page *page;

		bench_must(hs_pgmap_page_alloc(boot, private, &page), "device page");
		bench_must(hs_migrate_insert_page(boot, space.mm, bench_fault_page_address(i), page,
						  true),
			   "device entry");
	}
}

/* ---- the faults -------------------------------------------------------------------------- */

struct kind {
	const char *name;
	void (*before)(uint64_t pages);
	bool write;
};

static const struct kind kinds[] = {
	{ "first touch, without tables", bench_fault_map_anonymous, true },
	{ "first touch", bench_fault_map_tables, true },
	{ "zero page", bench_fault_map_tables, false },
	{ "copy-on-write of the zero page", bench_fault_map_zero_pages, true },
	{ "DAX file, block is there", bench_fault_map_dax_file, true },
	{ "device-private, back to the CPU", bench_fault_map_device_private, false },
	{ "access without a fault", bench_fault_map_pages, true },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void bench_fault_touch_own(unsigned int thread, void *arg)
{
	struct hs_task *self = bench_attach(machine);

	(void)arg;
	for (uint64_t i = 0; i < space.each; i++)
		bench_fault_touch(self, thread * space.each + i, space.write);
	bench_detach(self);
}

static void bench_fault_open_space(void)
{
	bench_must(hs_mm_create(boot, hs_geometry(HS_GEOMETRY_X86_64), &space.mm), "mm");
}

static double bench_fault_touching(const struct bench_variant *v, uint64_t operations)
{
	const struct kind *kind = v->arg;
	double ns;

	bench_fault_open_space();
	space.each = operations / v->threads;
	space.write = kind->write;
	kind->before(space.each * v->threads);
	ns = bench_threads(v->threads, bench_fault_touch_own, NULL) / (double)space.each;
	hs_mm_destroy(boot, space.mm);
	return ns;
}

/* ---- the walker -------------------------------------------------------------------------- */

static uint64_t pfns[PAGES];

static double bench_fault_walk_once(uint64_t pages, bool fault)
{
	struct hs_range range;
	double begin;
	int ret;

	hs_range_init(&range, space.mm, BASE, bench_fault_page_address(pages), pfns);
	range.default_flags = fault ? HS_PFN_VALID | HS_PFN_WRITE : 0;
	begin = bench_now_ns();
	hs_mm_lock_read(boot, space.mm);
	ret = hs_range_fault(boot, &range);
	hs_mm_unlock_read(boot, space.mm);
	bench_must(ret, "walk");
	return (bench_now_ns() - begin) / (double)pages;
}

static double bench_fault_walk_present(const struct bench_variant *v, uint64_t operations)
{
	double ns;

	(void)v;
	bench_fault_open_space();
	bench_fault_map_pages(operations);
	bench_fault_walk_once(operations, false);
	ns = bench_fault_walk_once(operations, false);
	hs_mm_destroy(boot, space.mm);
	return ns;
}

static double bench_fault_walk_faulting(const struct bench_variant *v, uint64_t operations)
{
	double ns;

	(void)v;
	bench_fault_open_space();
	bench_fault_map_tables(operations);
	ns = bench_fault_walk_once(operations, true);
	hs_mm_destroy(boot, space.mm);
	return ns;
}

/* ---- groups ------------------------------------------------------------------------------ */

#define VARIANTS (KINDS * BENCH_THREAD_COUNTS + 2)

static void bench_fault_groups(const struct bench_options *options)
{
	static struct bench_variant variants[VARIANTS];
	static char names[VARIANTS][64];
	unsigned int counts[BENCH_THREAD_COUNTS], many = bench_thread_counts(options, counts),
						  n = 2;

	variants[0] = (struct bench_variant){ "walked page, present", bench_fault_walk_present,
					      PAGES, 1, NULL };
	variants[1] = (struct bench_variant){ "walker's fault, first touch",
					      bench_fault_walk_faulting, PAGES, 1, NULL };
	for (size_t k = 0; k < KINDS; k++)
		for (unsigned int t = 0; t < many && n < BENCH_VARIANTS_MAX; t++, n++) {
			snprintf(names[n], sizeof(names[n]), "%s/threads:%u", kinds[k].name,
				 counts[t]);
			variants[n] = (struct bench_variant){ names[n], bench_fault_touching, PAGES,
							      counts[t], &kinds[k] };
		}
	bench_group(options, "a page that is touched or walked", variants, n);
}

static void bench_fault_page_free(struct hs_task *self, struct hs_pgmap *pgmap,
				  struct hs_page *page)
{
	(void)self;
	(void)pgmap;
	(void)page;
}

static uint32_t bench_fault_migrate_to_ram(struct hs_task *self, struct hs_vm_fault *vmf)
{
	return hs_migrate_to_ram(self, vmf);
}

static const struct hs_pgmap_ops bench_fault_pgmap_ops = { bench_fault_page_free,
							   bench_fault_migrate_to_ram };

static struct hs_pgmap *bench_fault_make_pgmap(enum hs_pgmap_type type, uint64_t start)
{
	struct hs_pgmap_config config;
	struct hs_pgmap *pgmap;

	hs_pgmap_config_init(&config, type, start, start + PAGES);
	config.ops = &bench_fault_pgmap_ops;
	config.owner = &bench_fault_pgmap_ops;
	bench_must(hs_pgmap_create(boot, &config, &pgmap), "pgmap");
	return pgmap;
}

static void bench_fault_make_file(void)
{
	struct hs_mapping_config config = {
		.kind = HS_MAPPING_DAX_FILE,
		.pgmap = dax,
		.first = BENCH_DEVICE_PFN,
		.pages = PAGES,
	};

	bench_must(hs_mapping_create(boot, &config, &file), "file");
	for (uint64_t i = 0; i < PAGES; i++)
		bench_must(hs_mapping_allocate(boot, file, i), "block");
}

int main(int argc, char **argv)
{
	struct bench_options options;

	bench_parse(argc, argv, "", &options);
	machine = bench_machine(2 * PAGES);
	boot = bench_attach(machine);
	dax = bench_fault_make_pgmap(HS_PGMAP_FS_DAX, BENCH_DEVICE_PFN);
	private = bench_fault_make_pgmap(HS_PGMAP_PRIVATE, BENCH_DEVICE_PFN + PAGES);
	bench_fault_make_file();
	bench_fault_groups(&options);
	hs_mapping_destroy(boot, file);
	hs_pgmap_destroy(boot, dax);
	hs_pgmap_destroy(boot, private);
	bench_detach(boot);
	bench_machine_end(machine);
	return 0;
}
