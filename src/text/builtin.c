/* SPDX-License-Identifier: MIT */
/*
 * builtin.c - makes the built-in layouts, and the table of their names
 */
#include "text/builtin.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FIRST_ADDR 0x7f0000000000
#define TABLE hs_map_pages(1) /* pages of a PTE table */
#define VMA_PAGES 16

struct making {
	struct hs_hostmem *mem;
	struct hs_layout *out;
	uint64_t pages;
	unsigned int parameter;
};

struct builtin {
	const char *name, *summary;
	int (*make)(struct making *m);
	uint32_t level; /* of the leaves */
	unsigned int parameter;
};

/* ---- lines ------------------------------------------------------------------------------- */

static int builtin_add_vma(struct making *m, uint64_t page, uint64_t pages, uint32_t flags)
{
	uint64_t start = FIRST_ADDR + page * HS_PAGE_BYTES;

	return hs_layout_add_vma(m->mem, m->out, start, start + pages * HS_PAGE_BYTES, flags, NULL);
}

static int builtin_add_space(struct making *m)
{
	return builtin_add_vma(m, 0, m->pages, HS_VM_READ | HS_VM_WRITE);
}

/* Adds pgmap number @index. @index decides its first pfn; @pages is rounded up to subsections. */
static int builtin_add_pgmap(struct making *m, unsigned int index, uint64_t pages,
			     enum hs_pgmap_type type, uint64_t owner)
{
	uint64_t start = HS_SPACE_DEVICE_PFN + index * (HS_BUILTIN_BYTES_MAX / HS_PAGE_BYTES);
	struct hs_space_pgmap pgmap = { .start = start, .type = type, .owner = owner };

	pgmap.end = start +
		    (pages + HS_SPACE_SUBSECTION - 1) / HS_SPACE_SUBSECTION * HS_SPACE_SUBSECTION;
	return hs_layout_add_pgmap(m->mem, m->out, &pgmap);
}

static int builtin_add_map(struct making *m, uint64_t page, uint32_t level, enum hs_map_kind kind,
			   uint64_t pfn, uint64_t count)
{
	struct hs_space_map map = {
		.addr = FIRST_ADDR + page * HS_PAGE_BYTES,
		.level = level,
		.kind = kind,
		.pfn = pfn,
		.count = count,
	};

	if (hs_map_has_pfn(kind))
		map.of = kind == HS_MAP_DEVRO || kind == HS_MAP_DEVRW ? HS_OF_FILE : HS_OF_ANON;
	return hs_layout_add_map(m->mem, m->out, &map);
}

static int builtin_add_anon(struct making *m, uint64_t page)
{
	return builtin_add_map(m, page, 0, HS_MAP_RW, HS_SPACE_FIRST_PFN + page, 1);
}

static int builtin_add_dev(struct making *m, uint64_t page)
{
	return builtin_add_map(m, page, 0, HS_MAP_DEVRW, HS_SPACE_DEVICE_PFN + page, 1);
}

/* One VMA, and one pgmap of the same size. */
static int builtin_add_devmap_space(struct making *m)
{
	int ret = builtin_add_space(m);

	return ret ? ret : builtin_add_pgmap(m, 0, m->pages, HS_PGMAP_FS_DAX, 0);
}

/* ---- layouts ----------------------------------------------------------------------------- */

static int builtin_make_anon(struct making *m)
{
	uint32_t level = m->parameter;
	int ret = builtin_add_space(m);

	return ret ? ret
		   : builtin_add_map(m, 0, level, HS_MAP_RW, HS_SPACE_FIRST_PFN,
				     m->pages / hs_map_pages(level));
}

static int builtin_make_full(struct making *m)
{
	uint32_t level = m->parameter;
	int ret = builtin_add_devmap_space(m);

	return ret ? ret
		   : builtin_add_map(m, 0, level, HS_MAP_DEVRW, HS_SPACE_DEVICE_PFN,
				     m->pages / hs_map_pages(level));
}

static int builtin_make_every8(struct making *m)
{
	int ret = builtin_add_devmap_space(m);

	for (uint64_t i = 0; !ret && i < m->pages; i++)
		ret = i % 8 ? builtin_add_anon(m, i) : builtin_add_dev(m, i);
	return ret;
}

static int builtin_make_sparse(struct making *m)
{
	int ret = builtin_add_devmap_space(m);

	for (uint64_t table = 0; !ret && table < m->pages; table += TABLE)
		for (unsigned int i = 0; !ret && i < m->parameter; i++)
			ret = builtin_add_dev(m, table + i * TABLE / m->parameter);
	return ret;
}

/* splitmix64 */
static uint64_t builtin_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* Exactly half of the pages: each is taken with chance (pages still wanted) / (pages left). */
static int builtin_make_half(struct making *m)
{
	uint64_t state = 1, wanted = m->pages / 2;
	int ret = builtin_add_devmap_space(m);

	for (uint64_t i = 0; !ret && i < m->pages; i++) {
		bool device = builtin_random(&state) % (m->pages - i) < wanted;

		wanted -= device;
		ret = device ? builtin_add_dev(m, i) : builtin_add_anon(m, i);
	}
	return ret;
}

static int builtin_make_alternating(struct making *m)
{
	uint64_t apart = HS_BUILTIN_BYTES_MAX / HS_PAGE_BYTES;
	int ret = builtin_add_space(m);

	for (unsigned int i = 0; !ret && i < 2; i++)
		ret = builtin_add_pgmap(m, i, m->pages / 2, HS_PGMAP_FS_DAX, 0);
	for (uint64_t i = 0; !ret && i < m->pages; i++)
		ret = builtin_add_map(m, i, 0, HS_MAP_DEVRW,
				      HS_SPACE_DEVICE_PFN + i % 2 * apart + i / 2, 1);
	return ret;
}

static int builtin_make_holes(struct making *m)
{
	int ret = builtin_add_devmap_space(m);

	for (uint64_t i = 0; !ret && i < m->pages; i += 8)
		ret = builtin_add_map(m, i, 0, HS_MAP_DEVRW, HS_SPACE_DEVICE_PFN + i, 7);
	return ret;
}

static int builtin_make_empty_tables(struct making *m)
{
	int ret = builtin_add_space(m);

	for (uint64_t table = 0; !ret && table < m->pages; table += TABLE)
		ret = builtin_add_map(m, table, 0, HS_MAP_TBL, 0, 1);
	return ret;
}

static int builtin_make_vmas(struct making *m)
{
	int ret = builtin_add_pgmap(m, 0, m->pages, HS_PGMAP_FS_DAX, 0);

	for (uint64_t i = 0; !ret && i < m->pages; i += VMA_PAGES) {
		bool write = !(i / VMA_PAGES % 2);

		ret = builtin_add_vma(m, i, VMA_PAGES, HS_VM_READ | (write ? HS_VM_WRITE : 0));
		if (!ret)
			ret = builtin_add_map(m, i, 0, write ? HS_MAP_DEVRW : HS_MAP_DEVRO,
					      HS_SPACE_DEVICE_PFN + i, VMA_PAGES);
	}
	return ret;
}

static int builtin_add_private(struct making *m, uint64_t page, unsigned int index)
{
	struct hs_space_map map = {
		.addr = FIRST_ADDR + page * HS_PAGE_BYTES,
		.kind = HS_MAP_DPW,
		.pfn = HS_SPACE_DEVICE_PFN + index * (HS_BUILTIN_BYTES_MAX / HS_PAGE_BYTES) +
		       page / 4,
		.count = 1,
		.owner = index + 1,
		.of = HS_OF_ANON,
	};

	return hs_layout_add_map(m->mem, m->out, &map);
}

static int builtin_make_private(struct making *m)
{
	int ret = builtin_add_space(m);

	for (unsigned int i = 0; !ret && i < 2; i++)
		ret = builtin_add_pgmap(m, i, m->pages / 4, HS_PGMAP_PRIVATE, i + 1);
	for (uint64_t i = 0; !ret && i < m->pages; i++)
		ret = i % 4 < 2 ? builtin_add_anon(m, i) : builtin_add_private(m, i, i % 4 == 3);
	return ret;
}

/* ---- names ------------------------------------------------------------------------------- */

static const struct builtin builtins[] = {
	{ "full", "devmap pages, every table full", builtin_make_full, 0, 0 },
	{ "anon", "ordinary pages only", builtin_make_anon, 0, 0 },
	{ "every8", "every 8th page is devmap, the others are ordinary", builtin_make_every8, 0,
	  0 },
	{ "sparse1", "1 devmap page a table, nothing else", builtin_make_sparse, 0, 1 },
	{ "sparse2", "2 devmap pages a table, nothing else", builtin_make_sparse, 0, 2 },
	{ "sparse3", "3 devmap pages a table, nothing else", builtin_make_sparse, 0, 3 },
	{ "sparse4", "4 devmap pages a table, nothing else", builtin_make_sparse, 0, 4 },
	{ "sparse5", "5 devmap pages a table, nothing else", builtin_make_sparse, 0, 5 },
	{ "sparse6", "6 devmap pages a table, nothing else", builtin_make_sparse, 0, 6 },
	{ "sparse7", "7 devmap pages a table, nothing else", builtin_make_sparse, 0, 7 },
	{ "sparse8", "8 devmap pages a table, nothing else", builtin_make_sparse, 0, 8 },
	{ "half", "a random half is devmap, the other ordinary", builtin_make_half, 0, 0 },
	{ "thp", "ordinary leaves of 2 MiB", builtin_make_anon, 1, 1 },
	{ "dev2m", "devmap leaves of 2 MiB", builtin_make_full, 1, 1 },
	{ "dev1g", "devmap leaves of 1 GiB", builtin_make_full, 2, 2 },
	{ "alternating", "devmap pages of two pgmaps in turns", builtin_make_alternating, 0, 0 },
	{ "holes", "7 devmap pages and a hole, to be faulted", builtin_make_holes, 0, 0 },
	{ "empty-tables", "tables without entries", builtin_make_empty_tables, 0, 0 },
	{ "vmas", "devmap pages, a vma for every 16, in turns rw and r", builtin_make_vmas, 0, 0 },
	{ "private", "2 ordinary pages, one private to owner 1, one to 2", builtin_make_private, 0,
	  0 },
};
#define BUILTINS (sizeof(builtins) / sizeof(builtins[0]))

unsigned int hs_builtin_count(void)
{
	return BUILTINS;
}

const char *hs_builtin_name(unsigned int i)
{
	return builtins[i].name;
}

const char *hs_builtin_summary(unsigned int i)
{
	return builtins[i].summary;
}

static uint64_t builtin_pages(const struct builtin *b, uint64_t bytes)
{
	uint64_t unit = b->level == 2 ? hs_map_pages(2) : TABLE;

	return ((bytes - 1) / (unit * HS_PAGE_BYTES) + 1) * unit;
}

/* NAME, or NAME:SIZE if the size is not HS_BUILTIN_BYTES: layouts of two sizes have two names. */
static void builtin_name(const struct builtin *b, uint64_t pages, char name[64])
{
	static const char units[] = "MGT";
	uint64_t size = pages * HS_PAGE_BYTES >> 20;
	unsigned int unit = 0;

	for (; !(size % 1024); size /= 1024)
		unit++;
	if (pages == builtin_pages(b, HS_BUILTIN_BYTES))
		snprintf(name, 64, "%s", b->name);
	else
		snprintf(name, 64, "%s:%llu%c", b->name, (unsigned long long)size, units[unit]);
}

static int builtin_make(const struct builtin *b, struct hs_hostmem *mem, uint64_t bytes,
			struct hs_layout *out)
{
	struct making m = { .mem = mem, .out = out, .parameter = b->parameter };
	char name[64];
	int ret;

	m.pages = builtin_pages(b, bytes);
	builtin_name(b, m.pages, name);
	ret = hs_layout_begin(mem, out, name);
	if (!ret)
		ret = b->make(&m);
	if (ret)
		hs_layout_free(mem, out);
	return ret;
}

int hs_builtin_make(struct hs_hostmem *mem, const char *name, uint64_t bytes, struct hs_layout *out)
{
	*out = (struct hs_layout){ .name = NULL };
	if (!bytes || bytes > HS_BUILTIN_BYTES_MAX)
		return -EINVAL;
	for (unsigned int i = 0; i < BUILTINS; i++)
		if (!strcmp(name, builtins[i].name))
			return builtin_make(&builtins[i], mem, bytes, out);
	return -ENOENT;
}
