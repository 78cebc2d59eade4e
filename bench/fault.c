/* SPDX-License-Identifier: MIT */
/*
 * fault.c - what a fault costs, by kind and by threads, beside a walked page
 *
 * Each thread touches pages of its own in one address space: they share the mmap lock, for
 * reading, the page table lock and the allocators. Times are per page; building and unmapping the
 * space is not in them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "ground.h"

#define PAGES 16384u
#define BASE 0x7f0000000000u
#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)

static struct hs_machine *machine;
static struct hs_task *boot;
static struct hs_pgmap *dax, *private;
static struct hs_mapping *file;

/* One repetition: an address space and the pages that each thread touches. */
static struct {
	struct hs_mm *mm;
	uint64_t each;
	bool write;
} space;

static uint64_t page_address(uint64_t i)
{
	return BASE + i * HS_PAGE_BYTES;
}

static void touch(struct hs_task *self, uint64_t i, bool write)
{
	uint64_t pfn;
	uint32_t ret = hs_cpu_access(self, space.mm, page_address(i), write, &pfn);

	if (!ret)
		return;
	fprintf(stderr, "bench: a fault ended with 0x%x\n", ret);
	exit(1);
}

/* ---- before: what the pages are when they are touched ------------------------------------ */

static void map(struct hs_mapping *mapping, uint32_t flags)
{
	bench_must(hs_mmap(boot, space.mm, BASE, page_address(PAGES), RW | flags, mapping, 0),
		   "mmap");
}

static void anonymous(uint64_t pages)
{
	(void)pages;
	map(NULL, 0);
}

static void with_tables(uint64_t pages)
{
	map(NULL, 0);
	for (uint64_t i = 0; i < pages; i += 512)
		bench_must(hs_pt_make(boot, space.mm, page_address(i), 0), "table");
}

static void with_zero_pages(uint64_t pages)
{
	map(NULL, 0);
	for (uint64_t i = 0; i < pages; i++)
		touch(boot, i, false);
}

static void with_pages(uint64_t pages)
{
	map(NULL, 0);
	for (uint64_t i = 0; i < pages; i++)
		touch(boot, i, true);
}

static void dax_file(uint64_t pages)
{
	(void)pages;
	map(file, HS_VM_SHARED);
}

static void with_device_private(uint64_t pages)
{
	map(NULL, 0);
	for (uint64_t i = 0; i < pages; i++) {
		struct hs_page *page;

		bench_must(hs_pgmap_page_alloc(boot, private, &page), "device page");
		bench_must(hs_migrate_insert_page(boot, space.mm, page_address(i), page, true),
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
	{ "first touch, without tables", anonymous, true },
	{ "first touch", with_tables, true },
	{ "zero page", with_tables, false },
	{ "copy-on-write of the zero page", with_zero_pages, true },
	{ "DAX file, block is there", dax_file, true },
	{ "device-private, back to the CPU", with_device_private, false },
	{ "access without a fault", with_pages, true },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void touch_own(unsigned int thread, void *arg)
{
	struct hs_task *self = bench_attach(machine);

	(void)arg;
	for (uint64_t i = 0; i < space.each; i++)
		touch(self, thread * space.each + i, space.write);
	bench_detach(self);
}

static void open_space(void)
{
	bench_must(hs_mm_create(boot, hs_geometry(HS_GEOMETRY_X86_64), &space.mm), "mm");
}

static double faults(const struct bench_variant *v, uint64_t operations)
{
	const struct kind *kind = v->arg;
	double ns;

	open_space();
	space.each = operations / v->threads;
	space.write = kind->write;
	kind->before(space.each * v->threads);
	ns = bench_threads(v->threads, touch_own, NULL) / (double)space.each;
	hs_mm_destroy(boot, space.mm);
	return ns;
}

/* ---- the walker -------------------------------------------------------------------------- */

static uint64_t pfns[PAGES];

static double walk_once(uint64_t pages, bool fault)
{
	struct hs_range range;
	double begin;
	int ret;

	hs_range_init(&range, space.mm, BASE, page_address(pages), pfns);
	range.default_flags = fault ? HS_PFN_VALID | HS_PFN_WRITE : 0;
	begin = bench_now_ns();
	hs_mm_lock_read(boot, space.mm);
	ret = hs_range_fault(boot, &range);
	hs_mm_unlock_read(boot, space.mm);
	bench_must(ret, "walk");
	return (bench_now_ns() - begin) / (double)pages;
}

static double walk_present(const struct bench_variant *v, uint64_t operations)
{
	double ns;

	(void)v;
	open_space();
	with_pages(operations);
	walk_once(operations, false);
	ns = walk_once(operations, false);
	hs_mm_destroy(boot, space.mm);
	return ns;
}

static double walk_faulting(const struct bench_variant *v, uint64_t operations)
{
	double ns;

	(void)v;
	open_space();
	with_tables(operations);
	ns = walk_once(operations, true);
	hs_mm_destroy(boot, space.mm);
	return ns;
}

/* ---- groups ------------------------------------------------------------------------------ */

#define VARIANTS (KINDS * BENCH_THREAD_COUNTS + 2)

static void groups(const struct bench_options *options)
{
	static struct bench_variant variants[VARIANTS];
	static char names[VARIANTS][64];
	unsigned int counts[BENCH_THREAD_COUNTS], many = bench_thread_counts(counts), n = 2;

	variants[0] =
		(struct bench_variant){ "walked page, present", walk_present, PAGES, 1, NULL };
	variants[1] = (struct bench_variant){ "walker's fault, first touch", walk_faulting, PAGES,
					      1, NULL };
	for (size_t k = 0; k < KINDS; k++)
		for (unsigned int t = 0; t < many && n < BENCH_VARIANTS_MAX; t++, n++) {
			snprintf(names[n], sizeof(names[n]), "%s/threads:%u", kinds[k].name,
				 counts[t]);
			variants[n] = (struct bench_variant){ names[n], faults, PAGES, counts[t],
							      &kinds[k] };
		}
	bench_group(options, "a page, by what happens", variants, n);
}

static void page_free(struct hs_task *self, struct hs_pgmap *pgmap, struct hs_page *page)
{
	(void)self;
	(void)pgmap;
	(void)page;
}

static uint32_t migrate_to_ram(struct hs_task *self, struct hs_vm_fault *vmf)
{
	return hs_migrate_to_ram(self, vmf);
}

static const struct hs_pgmap_ops ops = { page_free, migrate_to_ram };

static struct hs_pgmap *device(enum hs_pgmap_type type, uint64_t start)
{
	struct hs_pgmap_config config;
	struct hs_pgmap *pgmap;

	hs_pgmap_config_init(&config, type, start, start + PAGES);
	config.ops = &ops;
	config.owner = &ops;
	bench_must(hs_pgmap_create(boot, &config, &pgmap), "pgmap");
	return pgmap;
}

static void make_file(void)
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
	dax = device(HS_PGMAP_FS_DAX, BENCH_DEVICE_PFN);
	private = device(HS_PGMAP_PRIVATE, BENCH_DEVICE_PFN + PAGES);
	make_file();
	groups(&options);
	hs_mapping_destroy(boot, file);
	hs_pgmap_destroy(boot, dax);
	hs_pgmap_destroy(boot, private);
	bench_detach(boot);
	bench_machine_end(machine);
	return 0;
}
