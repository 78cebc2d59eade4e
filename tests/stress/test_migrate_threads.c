/* SPDX-License-Identifier: MIT */
/*
 * Migrations to a device and back, faults that bring pages back, evictions, zaps and munmap() under
 * many threads, with each policy of faults: what a CPU stored last is what it loads.
 */
#include <hmmsim/migrate.h>

#include "support/scale.h"
#include "support/space.h"

#define CPUS 2
#define KEPT 8	   /* pages with contents; page i is the CPU's with the number i % CPUS */
#define UNMAPPED 8 /* the pages after them, which come and go */
#define PAGES (KEPT + UNMAPPED)
#define ON_DEVICE 32 /* pages of the device: more than are handed out at once */
#define AT_ONCE 4

struct stress {
	struct space space;
	struct hs_pgmap *pgmap;
	uint64_t wanted;		    /* of each of the last four */
	hs_u64 running;			    /* CPUs */
	hs_u64 out, back, evicted, faulted; /* pages that have moved */
};

static struct stress *stress;

static uint64_t any(struct hs_task *self, uint64_t n)
{
	return hs_random(self) % n;
}

/* ---- a driver ---------------------------------------------------------------------------- */

static struct hs_page *new_page(struct hs_task *self, bool device)
{
	struct hs_page *page = NULL;

	if (device)
		hs_pgmap_page_alloc(self, stress->pgmap, &page);
	else
		hs_page_alloc(self, &page);
	return page;
}

/* Some copies fail, but not in a fault. */
static void copy(struct hs_task *self, const uint64_t *src, uint64_t *dst, uint64_t n, bool device,
		 bool fails)
{
	for (uint64_t i = 0; i < n; i++) {
		struct hs_page *from = hs_migrate_pfn_to_page(self, src[i]), *to;

		if (!(src[i] & HS_MIGRATE_PFN_MIGRATE) || (fails && !any(self, 8)))
			continue;
		to = new_page(self, device);
		if (!to)
			continue;
		hs_page_lock(self, to);
		hs_dma_set_contents(self, to, from ? hs_dma_contents(self, from) : 0);
		dst[i] = hs_migrate_pfn(hs_page_to_pfn(self, to));
	}
}

static void count(struct hs_task *self, const uint64_t *src, uint64_t n, hs_u64 *moved)
{
	for (uint64_t i = 0; i < n; i++)
		hs_u64_add(self, moved, src[i] & HS_MIGRATE_PFN_MIGRATE ? 1 : 0, HS_RELAXED);
}

static uint32_t bring_back(struct hs_task *self, struct hs_vm_fault *vmf)
{
	uint64_t src, dst;
	struct hs_migrate_vma m = { .vma = vmf->vma,
				    .src = &src,
				    .dst = &dst,
				    .start = vmf->addr,
				    .end = vmf->addr + PAGE,
				    .owner = hs_pgmap_owner(stress->pgmap),
				    .flags = HS_MIGRATE_SELECT_DEVICE_PRIVATE,
				    .fault_page = vmf->page };

	hs_assert(self, !hs_migrate_vma_setup(self, &m), "the first step of a fault");
	if (!m.cpages)
		return 0;
	copy(self, &src, &dst, 1, false, false);
	hs_migrate_vma_pages(self, &m);
	count(self, &src, 1, &stress->faulted);
	hs_migrate_vma_finalize(self, &m);
	return 0;
}

static const struct hs_pgmap_ops driver_ops = { .page_free = note_freed,
						.migrate_to_ram = bring_back };

/* ---- threads ----------------------------------------------------------------------------- */

static void touch_unmapped(struct hs_task *self)
{
	uint64_t addr = BASE + (KEPT + any(self, UNMAPPED)) * PAGE;
	uint32_t ret = hs_cpu_access(self, stress->space.mm, addr, any(self, 2), NULL);

	hs_assert(self, !ret || ret == HS_VM_FAULT_SIGSEGV, "an access ends in a signal: 0x%x",
		  ret);
}

static bool has_enough(struct hs_task *self)
{
	const hs_u64 *moved[] = { &stress->out, &stress->back, &stress->evicted, &stress->faulted };

	for (size_t i = 0; i < 4; i++)
		if (hs_u64_load(self, moved[i], HS_RELAXED) < stress->wanted)
			return false;
	return true;
}

/* Loads what it stored last, stores, and touches what the others unmap. */
static void cpu(struct hs_task *self, void *arg)
{
	struct hs_mm *mm = stress->space.mm;
	uint64_t last[KEPT] = { 0 }, value, number = (uint64_t)(uintptr_t)arg;

	for (uint64_t i = 1; !has_enough(self); i++) {
		uint64_t page = any(self, KEPT / CPUS) * CPUS + number, addr = BASE + page * PAGE;

		hs_assert(self, !hs_cpu_read(self, mm, addr, &value), "a load");
		hs_assert(self, value == last[page], "page %llu: %llu was stored, %llu is there",
			  (unsigned long long)page, (unsigned long long)last[page],
			  (unsigned long long)value);
		if (any(self, 2)) {
			last[page] = i;
			hs_assert(self, !hs_cpu_write(self, mm, addr, i), "a store");
		}
		touch_unmapped(self);
	}
	hs_u64_add(self, &stress->running, (uint64_t)-1, HS_RELEASE);
}

/* To the device, or back. */
static void migrate(struct hs_task *self, bool device)
{
	struct hs_mm *mm = stress->space.mm;
	uint64_t src[AT_ONCE], dst[AT_ONCE], first = any(self, PAGES);
	uint64_t end = first + 1 + any(self, AT_ONCE);
	struct hs_migrate_vma m = { .src = src, .dst = dst, .start = BASE + first * PAGE };
	int ret;

	m.end = BASE + (end < PAGES ? end : PAGES) * PAGE;
	m.owner = hs_pgmap_owner(stress->pgmap);
	m.flags = device ? HS_MIGRATE_SELECT_SYSTEM : HS_MIGRATE_SELECT_DEVICE_PRIVATE;
	hs_mm_lock_read(self, mm);
	m.vma = hs_vma_find(mm, m.start);
	ret = hs_migrate_vma_setup(self, &m);
	if (!ret) {
		copy(self, src, dst, m.npages, device, true);
		hs_migrate_vma_pages(self, &m);
		count(self, src, m.npages, device ? &stress->out : &stress->back);
	}
	hs_mm_unlock_read(self, mm);
	if (!ret)
		hs_migrate_vma_finalize(self, &m);
	hs_assert(self, !ret || ret == -EINVAL, "the first step failed: %d", ret);
}

static void evict(struct hs_task *self, bool fails)
{
	uint64_t src[ON_DEVICE], dst[ON_DEVICE] = { 0 };

	hs_migrate_device_range(self, src, DEVICE_START, ON_DEVICE);
	copy(self, src, dst, ON_DEVICE, false, fails);
	hs_migrate_device_pages(self, src, dst, ON_DEVICE);
	count(self, src, ON_DEVICE, &stress->evicted);
	hs_migrate_device_finalize(self, src, dst, ON_DEVICE);
}

static void driver(struct hs_task *self, void *arg)
{
	(void)arg;
	while (hs_u64_load(self, &stress->running, HS_ACQUIRE)) {
		if (any(self, 8))
			migrate(self, any(self, 3));
		else
			evict(self, true);
	}
}

static void unmapper(struct hs_task *self, void *arg)
{
	struct hs_mm *mm = stress->space.mm;

	(void)arg;
	while (hs_u64_load(self, &stress->running, HS_ACQUIRE)) {
		uint64_t start = BASE + (KEPT + any(self, UNMAPPED)) * PAGE;
		uint64_t end = BASE + PAGES * PAGE;

		if (any(self, 4)) {
			hs_madvise_dontneed(self, mm, start, end);
			continue;
		}
		hs_assert(self, !hs_munmap(self, mm, start, end), "munmap");
		hs_assert(self, !hs_mmap(self, mm, start, end, RW, NULL, 0), "mmap");
	}
}

/* ---- tests ------------------------------------------------------------------------------- */

static void run(struct stress *s)
{
	struct hs_thread *threads[CPUS + 3];
	struct hs_task *self = s->space.self;
	uint32_t n = 0;

	hs_u64_init(&s->running, CPUS);
	for (uintptr_t i = 0; i < CPUS; i++)
		threads[n++] = hs_thread_start(self, "cpu", cpu, (void *)i);
	threads[n++] = hs_thread_start(self, "driver", driver, NULL);
	threads[n++] = hs_thread_start(self, "driver", driver, NULL);
	threads[n++] = hs_thread_start(self, "unmapper", unmapper, NULL);
	while (n--)
		hs_thread_join(self, threads[n]);
}

/* No task is left that could hold a page, so that one eviction takes all. */
static void go_without_the_device(struct stress *s)
{
	struct hs_task *self = s->space.self;

	evict(self, false);
	assert_int_equal(hs_pgmap_pages_allocated(self, s->pgmap), 0);
	hs_pgmap_destroy(self, s->pgmap);
	assert_int_equal(hs_munmap(self, s->space.mm, BASE, BASE + PAGES * PAGE), 0);
	assert_int_equal(hs_pages_allocated(self), 0);
}

static void contents_go_with_the_page(enum hs_private_fault policy)
{
	struct stress s;

	memset(&s, 0, sizeof(s));
	stress = &s;
	s.wanted = test_scaled(200);
	space_open(&s.space);
	space_unregister(&s.space); /* not for many threads */
	hs_mm_set_private_fault(s.space.mm, policy);
	s.pgmap = device_memory(&s.space, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &driver_ops);
	map(&s.space, BASE, PAGES, RW);
	run(&s);
	go_without_the_device(&s);
	space_close(&s.space);
}

static void contents_go_with_the_page_that_faults_hold(void **state)
{
	(void)state;
	contents_go_with_the_page(HS_PRIVATE_FAULT_REFERENCE);
}

static void contents_go_with_the_page_that_faults_try_to_lock(void **state)
{
	(void)state;
	contents_go_with_the_page(HS_PRIVATE_FAULT_TRYLOCK);
}

static void contents_go_with_the_page_that_faults_wait_for(void **state)
{
	(void)state;
	contents_go_with_the_page(HS_PRIVATE_FAULT_WAIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contents_go_with_the_page_that_faults_hold),
		cmocka_unit_test(contents_go_with_the_page_that_faults_try_to_lock),
		cmocka_unit_test(contents_go_with_the_page_that_faults_wait_for),
	};

	return cmocka_run_group_tests_name("migrate threads", tests, NULL, NULL);
}
