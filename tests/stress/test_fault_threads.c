/* SPDX-License-Identifier: MIT */
/*
 * Faults, reclaim, migration to a device and back, exclusive access, mprotect and zaps under many
 * threads: the contents of a page move with it.
 */
#include "support/space.h"
#include "support/scale.h"

#define KEPT 8	 /* pages that are not zapped */
#define ZAPPED 8 /* the pages after them, which are */
#define CPUS 3
#define MARK 1000

struct stress {
	struct space space;
	struct hs_pgmap *pgmap;
	uint32_t rounds;
	hs_u64 accesses, changes;
};

static struct stress *stress;

static uint64_t any(struct hs_task *self, uint64_t n)
{
	return hs_random(self) % n;
}

static uint64_t kept(struct hs_task *self)
{
	return BASE + any(self, KEPT) * PAGE;
}

/* An mprotect() may forbid the store. */
static void cpu(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < stress->rounds; i++) {
		uint64_t addr = BASE + any(self, KEPT + ZAPPED) * PAGE;
		bool write = any(self, 2);
		uint32_t ret = hs_cpu_access(self, stress->space.mm, addr, write, NULL);

		hs_assert(self, !ret || (write && ret == HS_VM_FAULT_SIGSEGV),
			  "an access ends in a signal: 0x%x", ret);
		hs_u64_add(self, &stress->accesses, !ret, HS_RELAXED);
	}
}

/* To another page of the system, of the device, or nowhere. */
static int migrate(struct hs_task *self, uint64_t addr)
{
	struct hs_page *to = NULL;
	struct hs_migration m;
	int ret = hs_migration_start(self, stress->space.mm, addr, NULL, &m);

	if (ret)
		return ret;
	switch (any(self, 3)) {
	case 0:
		hs_page_alloc(self, &to);
		break;
	case 1:
		hs_pgmap_page_alloc(self, stress->pgmap, &to);
		break;
	default:
		break;
	}
	if (to)
		hs_dma_set_contents(self, to, hs_dma_contents(self, m.page));
	hs_migration_end(self, &m, to);
	return 0;
}

static int take_exclusively(struct hs_task *self, uint64_t addr)
{
	struct hs_page *page;
	int ret = hs_make_exclusive(self, stress->space.mm, addr, stress, &page);

	if (ret)
		return ret;
	hs_page_unlock(self, page);
	hs_page_put(self, page);
	return 0;
}

static void changer(struct hs_task *self, void *arg)
{
	struct hs_mm *mm = stress->space.mm;

	(void)arg;
	for (uint32_t i = 0; i < stress->rounds; i++) {
		uint64_t addr = kept(self);
		int ret;

		switch (any(self, 4)) {
		case 0:
			ret = hs_swap_out(self, mm, addr);
			break;
		case 1:
			ret = hs_make_protnone(self, mm, addr, addr + PAGE);
			break;
		case 2:
			ret = take_exclusively(self, addr);
			break;
		default:
			ret = migrate(self, addr);
			break;
		}
		hs_assert(self, !ret || ret == -ENOENT || ret == -EBUSY, "a change failed: %d",
			  ret);
		hs_u64_add(self, &stress->changes, !ret, HS_RELAXED);
	}
}

static void zapper(struct hs_task *self, void *arg)
{
	struct hs_mm *mm = stress->space.mm;

	(void)arg;
	for (uint32_t i = 0; i < stress->rounds; i++) {
		uint64_t start = BASE + (KEPT + any(self, ZAPPED)) * PAGE;
		uint64_t end = BASE + (KEPT + ZAPPED) * PAGE;
		uint64_t addr = kept(self);
		uint32_t access = any(self, 2) ? HS_VM_READ | HS_VM_WRITE : HS_VM_READ;

		hs_assert(self, !hs_madvise_dontneed(self, mm, start, end), "zap");
		if (!any(self, 8))
			hs_assert(self, !hs_mprotect(self, mm, addr, addr + PAGE, access),
				  "mprotect");
	}
}

static void mark_pages(struct space *s)
{
	map(s, BASE, KEPT + ZAPPED, RW);
	for (uint64_t i = 0; i < KEPT; i++) {
		assert_int_equal(write_fault(s, BASE + i * PAGE), 0);
		hs_page_set_contents(s->self, page_at(s, BASE + i * PAGE), MARK + i);
	}
}

static void contents_go_with_the_page(void **state)
{
	struct hs_thread *threads[CPUS + 3];
	struct stress s;
	uint32_t n = 0;

	(void)state;
	memset(&s, 0, sizeof(s));
	stress = &s;
	s.rounds = test_scaled(100000);
	space_open(&s.space);
	space_unregister(&s.space); /* not for many threads */
	s.pgmap = device_memory(&s.space, HS_PGMAP_PRIVATE, HS_PAGE_REFS_6_1, &device_memory_ops);
	mark_pages(&s.space);
	while (n < CPUS)
		threads[n++] = hs_thread_start(s.space.self, "cpu", cpu, NULL);
	threads[n++] = hs_thread_start(s.space.self, "changer", changer, NULL);
	threads[n++] = hs_thread_start(s.space.self, "changer", changer, NULL);
	threads[n++] = hs_thread_start(s.space.self, "zapper", zapper, NULL);
	while (n--)
		hs_thread_join(s.space.self, threads[n]);
	assert_int_equal(
		hs_mprotect(s.space.self, s.space.mm, BASE, BASE + KEPT * PAGE, HS_VM_READ), 0);
	for (uint64_t i = 0; i < KEPT; i++) {
		assert_int_equal(
			hs_cpu_access(s.space.self, s.space.mm, BASE + i * PAGE, false, NULL), 0);
		assert_int_equal(hs_page_contents(s.space.self, page_at(&s.space, BASE + i * PAGE)),
				 MARK + i);
	}
	assert_true(s.accesses.raw && s.changes.raw);
	assert_int_equal(hs_pgmap_pages_allocated(s.space.self, s.pgmap), 0);
	assert_int_equal(hs_munmap(s.space.self, s.space.mm, BASE, BASE + (KEPT + ZAPPED) * PAGE),
			 0);
	assert_int_equal(hs_pages_allocated(s.space.self), 0);
	hs_pgmap_destroy(s.space.self, s.pgmap);
	space_close(&s.space);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(contents_go_with_the_page) };

	return cmocka_run_group_tests_name("fault threads", tests, NULL, NULL);
}
