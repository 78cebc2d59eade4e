/* SPDX-License-Identifier: MIT */
/*
 * space.c - the option --large, and large address spaces with filled tables
 */
#include "space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ground.h"

#define PAGES_PER_GIB (BENCH_GIB / HS_PAGE_BYTES)
#define MOST_GIB 1024u
#define MOST_BYTES (16 * BENCH_GIB)

/* MemAvailable in bytes; 0: not known. */
static uint64_t bench_space_available_bytes(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long long kib = 0;
	char line[128];

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			break;
	fclose(f);
	return kib * 1024;
}

uint64_t bench_parse_large(int argc, char **argv, struct bench_options *options)
{
	uint64_t gib = 0;
	int kept = 1;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--large"))
			gib = MOST_GIB;
		else if (!strncmp(argv[i], "--large=", 8))
			gib = bench_number(argv[0], argv[i], MOST_GIB);
		else
			argv[kept++] = argv[i];
	}
	bench_parse(kept, argv, " [--large[=GIB]]", options);
	return gib;
}

uint64_t bench_large_pages(uint64_t gib, unsigned int bytes_per_page)
{
	uint64_t available = bench_space_available_bytes(), room = available / 5 * 4;
	uint64_t pages = gib * PAGES_PER_GIB;

	if (!available || room > MOST_BYTES)
		room = MOST_BYTES;
	room -= room / 16; /* for struct pages and the lists of the program */
	while (pages * bytes_per_page > room)
		pages /= 2;
	if (pages < BENCH_TABLE_PAGES) {
		fprintf(stderr, "bench: no memory is left on this machine\n");
		exit(1);
	}
	printf("large: %.1f million pages (%.1f GiB of address space), about %.2f GiB of memory"
	       " (%u bytes a page); %.1f GiB are available\n",
	       (double)pages / 1e6, (double)pages / PAGES_PER_GIB,
	       (double)(pages * bytes_per_page) / (double)BENCH_GIB, bytes_per_page,
	       (double)available / (double)BENCH_GIB);
	if (pages != gib * PAGES_PER_GIB)
		printf("large: %u GiB of address space did not fit in %.1f GiB of memory\n",
		       (unsigned int)gib, (double)room / (double)BENCH_GIB);
	printf("\n");
	return pages;
}

struct hs_mm *bench_space(struct hs_task *self, uint64_t pages)
{
	struct hs_mm *mm;

	bench_must(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &mm), "mm");
	bench_must(hs_vma_add(self, mm, BENCH_BASE, BENCH_BASE + pages * HS_PAGE_BYTES,
			      HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE),
		   "vma");
	return mm;
}

void bench_space_fill(struct hs_task *self, struct hs_mm *mm, uint64_t pages, uint64_t entry)
{
	for (uint64_t i = 0; i < pages; i += BENCH_TABLE_PAGES) {
		uint64_t addr = BENCH_BASE + i * HS_PAGE_BYTES, *table;

		bench_must(hs_pt_make(self, mm, addr, 0), "table");
		table = hs_pt_find(mm, addr, 0, NULL);
		for (uint64_t j = 0; j < BENCH_TABLE_PAGES && i + j < pages; j++)
			table[j] = entry + i + j;
	}
}

const uint64_t **bench_space_tables(const struct hs_mm *mm, uint64_t pages)
{
	const uint64_t **tables = malloc(pages / BENCH_TABLE_PAGES * sizeof(*tables) + 1);

	if (!tables)
		bench_must(-1, "list of tables");
	for (uint64_t i = 0; i < pages / BENCH_TABLE_PAGES; i++)
		tables[i] =
			hs_pt_find(mm, BENCH_BASE + i * BENCH_TABLE_PAGES * HS_PAGE_BYTES, 0, NULL);
	return tables;
}
