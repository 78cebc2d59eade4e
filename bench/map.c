/* SPDX-License-Identifier: MIT */
/*
 * map.c - times mmap, munmap and mprotect, and the building of large address spaces
 *
 * Spaces are built in three ways: by filled tables (the cheapest: make the table, store the entries
 * in place), by hs_pt_set() page by page, and by faults. With --large that is all, up to 1 TiB.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "ground.h"
#include "space.h"

#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)
#define VMA_PAGES 16u

static struct hs_machine *machine;
static struct hs_task *self;

static uint64_t bench_map_page_address(uint64_t page)
{
	return BENCH_BASE + page * HS_PAGE_BYTES;
}

static void bench_map_touch(struct hs_mm *mm, uint64_t pages)
{
	uint64_t pfn;

	for (uint64_t i = 0; i < pages; i++)
		bench_must((int)hs_cpu_access(self, mm, bench_map_page_address(i), true, &pfn),
			   "fault");
}

static struct hs_mm *bench_map_new_mm(void)
{
	struct hs_mm *mm;

	bench_must(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &mm), "mm");
	return mm;
}

/* ---- VMAs -------------------------------------------------------------------------------- */

/* *arg is the number of other VMAs, half of them below. None touches another. */
static double bench_map_mmap_munmap(const struct bench_variant *v, uint64_t operations)
{
	uint64_t others = *(const uint64_t *)v->arg, at = others / 2 * 2 * VMA_PAGES;
	struct hs_mm *mm = bench_map_new_mm();
	double begin, ns;

	for (uint64_t i = 0; i <= others; i++) {
		uint64_t page = i * 2 * VMA_PAGES;

		if (page != at)
			bench_must(hs_mmap(self, mm, bench_map_page_address(page),
					   bench_map_page_address(page + VMA_PAGES), RW, NULL, 0),
				   "mmap");
	}
	begin = bench_now_ns();
	for (uint64_t i = 0; i < operations; i++) {
		bench_must(hs_mmap(self, mm, bench_map_page_address(at),
				   bench_map_page_address(at + VMA_PAGES), RW, NULL, 0),
			   "mmap");
		bench_must(hs_munmap(self, mm, bench_map_page_address(at),
				     bench_map_page_address(at + VMA_PAGES)),
			   "munmap");
	}
	ns = (bench_now_ns() - begin) / (double)operations;
	hs_mm_destroy(self, mm);
	return ns;
}

/* Maps behind a VMA of the same kind, so that the VMA grows, and cuts that off again. */
static double bench_map_grow_cut(const struct bench_variant *v, uint64_t operations)
{
	struct hs_mm *mm = bench_map_new_mm();
	double begin, ns;

	(void)v;
	bench_must(hs_mmap(self, mm, bench_map_page_address(0), bench_map_page_address(VMA_PAGES),
			   RW, NULL, 0),
		   "mmap");
	begin = bench_now_ns();
	for (uint64_t i = 0; i < operations; i++) {
		bench_must(hs_mmap(self, mm, bench_map_page_address(VMA_PAGES),
				   bench_map_page_address(2 * VMA_PAGES), RW, NULL, 0),
			   "mmap");
		bench_must(hs_munmap(self, mm, bench_map_page_address(VMA_PAGES),
				     bench_map_page_address(2 * VMA_PAGES)),
			   "munmap");
	}
	ns = (bench_now_ns() - begin) / (double)operations;
	hs_mm_destroy(self, mm);
	return ns;
}

/* Protects the middle half of a VMA of *arg present pages, or for 0 of 64 missing ones. */
static double bench_map_split_merge(const struct bench_variant *v, uint64_t operations)
{
	uint64_t present = *(const uint64_t *)v->arg, pages = present ? present : 64;
	uint64_t start = bench_map_page_address(pages / 4),
		 end = bench_map_page_address(pages / 4 * 3);
	struct hs_mm *mm = bench_map_new_mm();
	double begin, ns;

	bench_must(hs_mmap(self, mm, bench_map_page_address(0), bench_map_page_address(pages), RW,
			   NULL, 0),
		   "mmap");
	bench_map_touch(mm, present);
	begin = bench_now_ns();
	for (uint64_t i = 0; i < operations; i++) {
		bench_must(hs_mprotect(self, mm, start, end, HS_VM_READ), "mprotect");
		bench_must(hs_mprotect(self, mm, start, end, HS_VM_READ | HS_VM_WRITE), "mprotect");
	}
	ns = (bench_now_ns() - begin) / (double)operations;
	hs_mm_destroy(self, mm);
	return ns;
}

/* Unmaps *arg anonymous pages, all present. ns a page. */
static double bench_map_munmap_pages(const struct bench_variant *v, uint64_t operations)
{
	uint64_t pages = *(const uint64_t *)v->arg;
	struct hs_mm *mm = bench_map_new_mm();
	double ns = 0;

	for (uint64_t i = 0; i < operations; i++) {
		double begin;

		bench_must(hs_mmap(self, mm, bench_map_page_address(0),
				   bench_map_page_address(pages), RW, NULL, 0),
			   "mmap");
		bench_map_touch(mm, pages);
		begin = bench_now_ns();
		bench_must(hs_munmap(self, mm, bench_map_page_address(0),
				     bench_map_page_address(pages)),
			   "munmap");
		ns += bench_now_ns() - begin;
	}
	hs_mm_destroy(self, mm);
	return ns / (double)operations / (double)pages;
}

static void bench_map_vmas(const struct bench_options *options)
{
	static const uint64_t none = 0, few = 64, some = 1000, many = 20000;
	static const uint64_t table = 512, large = 16384;
	const struct bench_variant pairs[] = {
		{ "mmap+munmap, the only VMA", bench_map_mmap_munmap, 20000, 1, &none },
		{ "mmap+munmap, among 1000 VMAs", bench_map_mmap_munmap, 20000, 1, &some },
		{ "mmap+munmap, among 20000 VMAs", bench_map_mmap_munmap, 2000, 1, &many },
		{ "mmap merged, munmap cut off", bench_map_grow_cut, 20000, 1, NULL },
		{ "mprotect, split and merged, no page", bench_map_split_merge, 20000, 1, &none },
		{ "mprotect, split and merged, 64 pages", bench_map_split_merge, 20000, 1, &few },
		{ "mprotect, split and merged, 16384 pages", bench_map_split_merge, 50, 1, &large },
	};
	const struct bench_variant unmaps[] = {
		{ "munmap, 64 pages", bench_map_munmap_pages, 500, 1, &few },
		{ "munmap, 512 pages", bench_map_munmap_pages, 100, 1, &table },
		{ "munmap, 16384 pages", bench_map_munmap_pages, 5, 1, &large },
	};

	bench_group(options, "a pair of calls", pairs, sizeof(pairs) / sizeof(pairs[0]));
	bench_group(options, "a page that is unmapped", unmaps, sizeof(unmaps) / sizeof(unmaps[0]));
}

/* ---- building ---------------------------------------------------------------------------- */

#define ENTRY (HS_ENTRY_VALID | HS_ENTRY_WRITE | 0x1000u)

static double bench_map_build_filled(const struct bench_variant *v, uint64_t pages)
{
	struct hs_mm *mm = bench_space(self, pages);
	double begin = bench_now_ns(), ns;

	(void)v;
	bench_space_fill(self, mm, pages, ENTRY);
	ns = bench_now_ns() - begin;
	hs_mm_destroy(self, mm);
	return ns / (double)pages;
}

static double bench_map_build_set(const struct bench_variant *v, uint64_t pages)
{
	struct hs_mm *mm = bench_space(self, pages);
	double begin = bench_now_ns(), ns;

	(void)v;
	for (uint64_t i = 0; i < pages; i++)
		bench_must(hs_pt_set(self, mm, bench_map_page_address(i), 0, ENTRY + i), "entry");
	ns = bench_now_ns() - begin;
	hs_mm_destroy(self, mm);
	return ns / (double)pages;
}

static double bench_map_build_faults(const struct bench_variant *v, uint64_t pages)
{
	struct hs_mm *mm = bench_space(self, pages);
	double begin = bench_now_ns(), ns;

	(void)v;
	bench_map_touch(mm, pages);
	ns = bench_now_ns() - begin;
	hs_mm_destroy(self, mm);
	return ns / (double)pages;
}

static double bench_map_destroy_filled(const struct bench_variant *v, uint64_t pages)
{
	struct hs_mm *mm = bench_space(self, pages);
	double begin;

	(void)v;
	bench_space_fill(self, mm, pages, ENTRY);
	begin = bench_now_ns();
	hs_mm_destroy(self, mm);
	return (bench_now_ns() - begin) / (double)pages;
}

#define FAULTED_MOST ((uint64_t)16 << 20) /* each page needs a struct page too */

static void bench_map_building(const struct bench_options *options, const uint64_t *sizes,
			       size_t count)
{
	static const struct {
		const char *name;
		double (*run)(const struct bench_variant *v, uint64_t pages);
		uint64_t most;
	} ways[] = {
		{ "filled tables", bench_map_build_filled, UINT64_MAX },
		{ "hs_pt_set", bench_map_build_set, UINT64_MAX },
		{ "faults", bench_map_build_faults, FAULTED_MOST },
		{ "destroy", bench_map_destroy_filled, UINT64_MAX },
	};
	struct bench_variant variants[BENCH_VARIANTS_MAX];
	char names[BENCH_VARIANTS_MAX][48], part[16] = "";
	unsigned int n = 0;

	if (options->divisor > 1)
		snprintf(part, sizeof(part), " / %u", options->divisor);
	for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++)
		for (size_t s = 0; s < count; s++) {
			if (sizes[s] > ways[w].most)
				continue;
			snprintf(names[n], sizeof(names[n]), "%s, %.2f million pages%s",
				 ways[w].name, (double)sizes[s] / 1e6, part);
			variants[n] =
				(struct bench_variant){ names[n], ways[w].run, sizes[s], 1, NULL };
			n++;
		}
	bench_group(options, "a page of a space that is built", variants, n);
}

int main(int argc, char **argv)
{
	static const uint64_t sizes[] = { 1 << 16, 1 << 20, 1 << 22 };
	struct bench_options options;
	uint64_t gib = bench_parse_large(argc, argv, &options);
	uint64_t pages = gib ? bench_large_pages(gib, 9) : 1 << 22;
	uint64_t most = pages < FAULTED_MOST ? pages : FAULTED_MOST;

	machine = bench_machine(most);
	self = bench_attach(machine);
	if (gib) {
		const uint64_t larger[] = { most, pages };

		options.repetitions = 3;
		bench_map_building(&options, larger, most == pages ? 1 : 2);
	} else {
		bench_map_vmas(&options);
		bench_map_building(&options, sizes, 3);
	}
	bench_detach(self);
	bench_machine_end(machine);
	return 0;
}
