/* SPDX-License-Identifier: MIT */
/*
 * Device-private memory of a driver that knows nothing but <hmmsim/linux.h>, and tests of it. The
 * fixtures are included below the driver, because it must not see more than that header.
 */
#include <hmmsim/linux.h>

#include <errno.h>
#include <pthread.h>
#include <stddef.h>

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

struct devmem {
	unsigned int id;
	struct dev_pagemap pagemap;
	pthread_mutex_t lock; /* protects the list */
	struct hs_page *free; /* linked by page->private */
	unsigned int frees, faults;
};

static struct devmem *devmem_of(struct hs_page *page)
{
	return container_of(page_pgmap(page), struct devmem, pagemap);
}

static void devmem_page_free(struct hs_page *page)
{
	struct devmem *m = devmem_of(page);

	pthread_mutex_lock(&m->lock);
	set_page_private(page, (unsigned long)m->free);
	m->free = page;
	m->frees++;
	pthread_mutex_unlock(&m->lock);
}

static vm_fault_t devmem_migrate_to_ram(struct vm_fault *vmf)
{
	devmem_of(vmf->page)->faults++;
	return hs_migrate_to_ram(hs_linux_task(), vmf->hs);
}

static const struct dev_pagemap_ops devmem_ops = {
	.page_free = devmem_page_free,
	.migrate_to_ram = devmem_migrate_to_ram,
};

/* 0 or -errno. */
static int devmem_open(struct devmem *m, uint64_t start, uint64_t end)
{
	void *addr;

	m->pagemap.type = MEMORY_DEVICE_PRIVATE;
	m->pagemap.ops = &devmem_ops;
	m->pagemap.owner = m;
	m->pagemap.nr_range = 1;
	m->pagemap.range.start = start;
	m->pagemap.range.end = end - 1;
	addr = memremap_pages(&m->pagemap, 0);
	if (IS_ERR(addr))
		return (int)PTR_ERR(addr);
	pthread_mutex_init(&m->lock, NULL);
	for (unsigned long pfn = start >> HS_PAGE_SHIFT; pfn < end >> HS_PAGE_SHIFT; pfn++) {
		set_page_private(pfn_to_page(pfn), (unsigned long)m->free);
		m->free = pfn_to_page(pfn);
	}
	return 0;
}

static void devmem_close(struct devmem *m)
{
	memunmap_pages(&m->pagemap);
	pthread_mutex_destroy(&m->lock);
}

/* Locked, with one reference. NULL: none is free. */
static struct hs_page *devmem_page_alloc(struct devmem *m)
{
	struct hs_page *page;

	pthread_mutex_lock(&m->lock);
	page = m->free;
	if (page)
		m->free = (struct hs_page *)page_private(page);
	pthread_mutex_unlock(&m->lock);
	if (page)
		zone_device_page_init(page);
	return page;
}

/* ---- tests ------------------------------------------------------------------------------- */

#include <hmmsim/pte_ops.h>

#include "support/space.h"

#define START 0x40000000ull
#define BYTES 0x200000ull

static void a_driver_hands_its_pages_out_and_gets_them_back(void **state)
{
	struct space *s = *state;
	struct devmem m = { .id = 7 };
	struct hs_page *page[512], *none;
	struct dev_pagemap *pgmap;

	(void)s;
	assert_int_equal(devmem_open(&m, START, START + BYTES), 0);
	pgmap = get_dev_pagemap(START >> HS_PAGE_SHIFT, NULL);
	assert_ptr_equal(pgmap, &m.pagemap);
	put_dev_pagemap(pgmap);
	for (int i = 0; i < 512; i++) {
		page[i] = devmem_page_alloc(&m);
		assert_non_null(page[i]);
		assert_ptr_equal(devmem_of(page[i]), &m);
		assert_int_equal(page_count(page[i]), 1);
		assert_false(trylock_page(page[i]));
	}
	none = devmem_page_alloc(&m);
	assert_null(none);
	for (int i = 0; i < 512; i++) {
		unlock_page(page[i]);
		put_page(page[i]);
	}
	assert_int_equal(m.frees, 512);
	assert_ptr_equal(devmem_page_alloc(&m), page[511]);
	unlock_page(page[511]);
	put_page(page[511]);
	devmem_close(&m);
	assert_null(get_dev_pagemap(START >> HS_PAGE_SHIFT, NULL));
}

static void a_cpu_fault_brings_a_page_back(void **state)
{
	struct space *s = *state;
	struct devmem m = { .id = 7 };
	struct hs_page *page;
	uint64_t value = 0;

	assert_int_equal(devmem_open(&m, START, START + BYTES), 0);
	map(s, BASE, 1, RW);
	page = devmem_page_alloc(&m);
	hs_dma_set_contents(s->self, page, 55);
	unlock_page(page);
	assert_int_equal(hs_migrate_insert_page(s->self, s->mm, BASE, page, true), 0);
	assert_int_equal(hs_cpu_read(s->self, s->mm, BASE, &value), 0);
	assert_int_equal(value, 55);
	assert_int_equal(m.faults, 1);
	assert_int_equal(m.frees, 1);
	assert_ptr_equal(m.free, page);
	devmem_close(&m);
}

static void nonsense_is_an_error_pointer(void **state)
{
	struct devmem m = { .id = 7 };

	(void)state;
	assert_false(IS_ERR(NULL));
	assert_false(IS_ERR(&m));
	assert_int_equal(devmem_open(&m, START, START), -EINVAL);
	assert_int_equal(devmem_open(&m, START + 1, START + BYTES), -EINVAL);
	assert_int_equal(devmem_open(&m, START, START + BYTES + 1), -EINVAL);
	assert_int_equal(devmem_open(&m, START, START + PAGE), -EINVAL);
	assert_int_equal(devmem_open(&m, 0, BYTES), -ENXIO);
	m.pagemap.range = (struct range){ START, START + BYTES - 1 };
	m.pagemap.nr_range = 2;
	assert_int_equal(PTR_ERR(memremap_pages(&m.pagemap, 0)), -EINVAL);
	m.pagemap.nr_range = 1;
	m.pagemap.type = (enum memory_type)0;
	assert_int_equal(PTR_ERR(memremap_pages(&m.pagemap, 0)), -EINVAL);
	m.pagemap.type = (enum memory_type)(MEMORY_DEVICE_PCI_P2PDMA + 1);
	assert_int_equal(PTR_ERR(memremap_pages(&m.pagemap, 0)), -EINVAL);
	m.pagemap.type = MEMORY_DEVICE_PRIVATE;
	m.pagemap.owner = NULL;
	assert_int_equal(PTR_ERR(memremap_pages(&m.pagemap, 0)), -EINVAL);
	m.pagemap.ops = NULL;
	assert_int_equal(PTR_ERR(memremap_pages(&m.pagemap, 0)), -EINVAL);
}

static void each_type_is_the_simulators(void **state)
{
	static const enum hs_pgmap_type types[] = {
		[MEMORY_DEVICE_PRIVATE] = HS_PGMAP_PRIVATE,
		[MEMORY_DEVICE_COHERENT] = HS_PGMAP_COHERENT,
		[MEMORY_DEVICE_FS_DAX] = HS_PGMAP_FS_DAX,
		[MEMORY_DEVICE_GENERIC] = HS_PGMAP_GENERIC,
		[MEMORY_DEVICE_PCI_P2PDMA] = HS_PGMAP_P2PDMA,
	};

	(void)state;
	for (int type = MEMORY_DEVICE_PRIVATE; type <= MEMORY_DEVICE_PCI_P2PDMA; type++) {
		struct devmem m = { .id = 7 };
		struct hs_pgmap *pgmap;

		m.pagemap.type = (enum memory_type)type;
		m.pagemap.ops = type <= MEMORY_DEVICE_COHERENT ? &devmem_ops : NULL;
		m.pagemap.owner = &m;
		m.pagemap.nr_range = 1;
		m.pagemap.range = (struct range){ START, START + BYTES - 1 };
		pgmap = memremap_pages(&m.pagemap, 0);
		assert_false(IS_ERR(pgmap));
		assert_int_equal(hs_pgmap_type(pgmap), types[type]);
		assert_int_equal(hs_pgmap_start(pgmap), START >> HS_PAGE_SHIFT);
		assert_int_equal(hs_pgmap_end(pgmap), (START + BYTES) >> HS_PAGE_SHIFT);
		assert_ptr_equal(hs_pgmap_owner(pgmap), &m);
		memunmap_pages(&m.pagemap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		space_unit_test(a_driver_hands_its_pages_out_and_gets_them_back),
		space_unit_test(a_cpu_fault_brings_a_page_back),
		space_unit_test(nonsense_is_an_error_pointer),
		space_unit_test(each_type_is_the_simulators),
	};

	return cmocka_run_group_tests_name("linux devmem", tests, NULL, NULL);
}
