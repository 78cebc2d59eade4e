/* SPDX-License-Identifier: MIT */
/*
 * Device memory is created and removed while other tasks fault, mirror, unmap and hold it.
 *
 *	mirror	populates a device with every strategy, both eras
 *	user	loads and stores as a CPU, takes pages away in every way there is, unmaps and maps
 *	holder	takes a reference to a pgmap and keeps it until its owner waits for it
 *	owner	removes the memory of a device-dax instance and creates it again, in a loop, beside
 *		a second pgmap of its own; there are two owners
 *	guest	makes an address space that maps the file of the others, and puts it
 *	visitor	populates a device of the guest meanwhile, until the address space has ended
 *
 * On threads, until enough retries, lookups that failed because of a kill, drains that waited for a
 * reference, removals by each owner and ends of an address space have happened: HMMSIM_STRESS_TIMES
 * times 1000. How long that takes does not matter, the test's time limit aside.
 */
#include <time.h>

#include <hmmsim/dmirror.h>
#include <hmmsim/fault.h>
#include <hmmsim/mapping.h>
#include <hmmsim/pte_ops.h>

#include "port/port.h"
#include "support/machine.h"

#define PAGES 16ull /* of each of the three parts */
#define DAX_START (0 * PAGES * PAGE)
#define ANON_START (1 * PAGES * PAGE)
#define FILE_START (2 * PAGES * PAGE)
#define DAX_2_START (3 * PAGES * PAGE)
#define END (4 * PAGES * PAGE)
#define ENOUGH 1000u
#define OWNERS 2

#define RAM_END 0x400u /* pfns; the zero page is below */
#define DAX_PFN 0x400u
#define FILE_PFN 0x420u
#define DAX_2_PFN 0x440u
#define SECOND_PFN 0x460u /* of the first owner; the other's comes after it */

#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)

struct lab {
	struct machine m;
	struct hs_mm *mm;
	struct hs_pgmap *file_map;
	struct hs_mapping *file;
	hs_u32 stop;
	hs_u64 retries, failures, waits, ends, removals[OWNERS]; /* so far */
	hs_u32 holding;						 /* the holder has a reference */
	hs_u32 let_go; /* drains that have seen the holder */
	struct hs_waitq queue;
	struct hs_dmirror *guest_device; /* as long as arrived != left */
	struct hs_mm *guest_mm;
	hs_u32 arrived, left; /* guests: their devices are there, the visitor is done with them */
	hs_u32 last_has_left; /* no further one arrives */
};

static bool stopped(struct hs_task *self, struct lab *l)
{
	return hs_u32_load(self, &l->stop, HS_ACQUIRE);
}

static uint64_t draw(struct hs_task *self, uint64_t n)
{
	return hs_random(self) % n;
}

/* ---- the mirror -------------------------------------------------------------------------- */

static struct hs_dmirror *device_anew(struct hs_task *self, struct hs_mm *mm, bool *may_write)
{
	struct hs_dmirror_config config;
	struct hs_dmirror *device;
	int ret;

	hs_dmirror_config_init(&config, mm, 0, END);
	config.range.era = (enum hs_era)draw(self, HS_ERA_COUNT);
	config.range.strategy = (enum hs_strategy)draw(self, HS_STRATEGY_CUSTOM);
	config.touch = true;
	config.tries = 100;
	/* v5.3 retries for ever if a write is requested of a VMA that has lost WRITE. */
	*may_write = config.range.era != HS_ERA_5_3;
	ret = hs_dmirror_create(self, &config, &device);
	hs_assert(self, !ret, "device: %d", ret);
	return device;
}

static void device_done(struct hs_task *self, struct lab *l, struct hs_dmirror *device)
{
	struct hs_dmirror_stats stats;

	hs_dmirror_stats(self, device, &stats);
	hs_u64_add(self, &l->retries, stats.retries, HS_RELAXED);
	hs_u64_add(self, &l->failures, stats.walk.failures, HS_RELAXED);
	hs_dmirror_destroy(self, device);
}

static void mirror_main(struct hs_task *self, void *arg)
{
	struct lab *l = arg;

	while (!stopped(self, l)) {
		bool may_write;
		struct hs_dmirror *device = device_anew(self, l->mm, &may_write);

		for (int i = 0; i < 64; i++) {
			uint64_t start = draw(self, END / PAGE) * PAGE;
			uint64_t pages = 1 + draw(self, (END - start) / PAGE);
			int ret = hs_dmirror_populate(self, device, start, start + pages * PAGE,
						      may_write && draw(self, 2));

			hs_assert(self, !ret || ret == -EFAULT || ret == -EPERM || ret == -EBUSY,
				  "populate: %d", ret);
			hs_dmirror_access(self, device, draw(self, END / PAGE) * PAGE,
					  draw(self, 2));
		}
		device_done(self, l, device);
	}
}

/* ---- a holder of references -------------------------------------------------------------- */

struct release {
	struct lab *lab;
	uint32_t seen;
};

static bool released(struct hs_task *self, void *arg)
{
	struct release *r = arg;

	return hs_u32_load(self, &r->lab->let_go, HS_ACQUIRE) != r->seen || stopped(self, r->lab);
}

/* Holds the pgmap until the owner waits for it. */
static void holder_main(struct hs_task *self, void *arg)
{
	struct release release = { arg, 0 };
	struct lab *l = arg;

	while (!stopped(self, l)) {
		struct hs_pgmap *pgmap;

		release.seen = hs_u32_load(self, &l->let_go, HS_ACQUIRE);
		pgmap = hs_pgmap_get(
			self, (draw(self, 2) ? DAX_PFN : DAX_2_PFN) + draw(self, PAGES), NULL);
		if (!pgmap) {
			hs_u64_add(self, &l->failures, 1, HS_RELAXED);
			hs_retry_wait(self, "the pgmap is dead or not there");
			continue;
		}
		hs_u32_store(self, &l->holding, 1, HS_RELAXED);
		hs_wait_event(self, &l->queue, released, &release);
		hs_u32_store(self, &l->holding, 0, HS_RELAXED);
		hs_pgmap_put(self, pgmap);
	}
}

/* ---- the user ---------------------------------------------------------------------------- */

static void migrate(struct hs_task *self, struct lab *l, uint64_t addr)
{
	struct hs_migration m;
	struct hs_page *to = NULL;

	if (hs_migration_start(self, l->mm, addr, NULL, &m))
		return;
	if (draw(self, 2) && hs_page_alloc(self, &to))
		to = NULL;
	hs_migration_end(self, &m, to);
}

static void make_exclusive(struct hs_task *self, struct lab *l, uint64_t addr)
{
	struct hs_page *page;

	if (hs_make_exclusive(self, l->mm, addr, l, &page))
		return;
	hs_page_unlock(self, page);
	hs_page_put(self, page);
}

static void send_away(struct hs_task *self, struct lab *l, uint64_t addr)
{
	switch (draw(self, 4)) {
	case 0:
		hs_swap_out(self, l->mm, addr);
		break;
	case 1:
		migrate(self, l, addr);
		break;
	case 2:
		make_exclusive(self, l, addr);
		break;
	default:
		hs_make_protnone(self, l->mm, ANON_START, ANON_START + 4 * PAGE);
	}
}

/* Cuts the VMA of the file and joins it again, while a guest links and unlinks its own. */
static void change_file_map(struct hs_task *self, struct lab *l)
{
	uint64_t first = draw(self, PAGES), start = FILE_START + first * PAGE;
	uint64_t end = start + (1 + draw(self, PAGES - first)) * PAGE;
	int ret = hs_munmap(self, l->mm, start, end);

	hs_assert(self, !ret, "munmap: %d", ret);
	ret = hs_mmap(self, l->mm, start, end, RW, l->file, first);
	hs_assert(self, !ret, "mmap: %d", ret);
}

static void change_map(struct hs_task *self, struct lab *l)
{
	uint64_t start = ANON_START + draw(self, PAGES) * PAGE;
	uint64_t end = start + (1 + draw(self, (FILE_START - start) / PAGE)) * PAGE;
	struct hs_invalidation zap = { start, end, HS_INVALIDATE_CLEAR, NULL, draw(self, 2) };

	switch (draw(self, 5)) {
	case 4:
		change_file_map(self, l);
		break;
	case 0:
		hs_munmap(self, l->mm, start, end);
		hs_mmap(self, l->mm, start, end, RW, NULL, 0);
		break;
	case 1:
		hs_mprotect(self, l->mm, start, end, HS_VM_READ);
		hs_mprotect(self, l->mm, start, end, HS_VM_READ | HS_VM_WRITE);
		break;
	case 2:
		hs_unmap_mapping_range(self, l->file, draw(self, PAGES), 1, draw(self, 2));
		break;
	default:
		hs_zap_range_event(self, l->mm, &zap);
	}
}

static void user_main(struct hs_task *self, void *arg)
{
	struct lab *l = arg;

	while (!stopped(self, l)) {
		uint64_t addr = draw(self, END / PAGE) * PAGE, pfn;

		switch (draw(self, 8)) {
		case 0:
			send_away(self, l, addr);
			break;
		case 1:
			change_map(self, l);
			break;
		default:
			hs_cpu_access(self, l->mm, addr, draw(self, 2), &pfn);
		}
	}
}

/* ---- the owner --------------------------------------------------------------------------- */

static struct hs_pgmap *memory_anew(struct hs_task *self, enum hs_pgmap_type type, uint64_t pfn)
{
	struct hs_pgmap_config config;
	struct hs_pgmap *pgmap;
	int ret;

	hs_pgmap_config_init(&config, type, pfn, pfn + PAGES);
	config.page_refs = (enum hs_page_refs)draw(self, HS_PAGE_REFS_COUNT);
	config.removal_order = draw(self, 2) ? HS_REMOVAL_ORDER_5_3 : HS_REMOVAL_ORDER_6_0;
	/* Not in the order of v5.3, which ends a reference that lookups still find. */
	config.atomic = !draw(self, 8) && config.removal_order != HS_REMOVAL_ORDER_5_3;
	ret = hs_pgmap_create(self, &config, &pgmap);
	hs_assert(self, !ret, "pgmap: %d", ret);
	return pgmap;
}

static struct hs_mapping *mapping_anew(struct hs_task *self, struct hs_pgmap *pgmap,
				       enum hs_mapping_kind kind, uint64_t pfn)
{
	struct hs_mapping_config config = { kind, pgmap, pfn, PAGES, 0, 0 };
	struct hs_mapping *mapping;
	int ret = hs_mapping_create(self, &config, &mapping);

	hs_assert(self, !ret, "mapping: %d", ret);
	return mapping;
}

/* Kills before the invalidation: entries are still mapped, but lookups fail. */
static void kill_early(struct hs_task *self, struct hs_pgmap *pgmap)
{
	hs_pgmap_step(self, pgmap, HS_PGMAP_KILL);
	for (uint64_t n = draw(self, 500); n; n--)
		hs_retry_wait(self, "a lookup of the dead pgmap");
}

static void drain(struct hs_task *self, struct lab *l, struct hs_pgmap *pgmap)
{
	hs_pgmap_step_start(self, pgmap, HS_PGMAP_WAIT);
	hs_rcu_barrier(self);
	if (!hs_pgmap_step_poll(self, pgmap, HS_PGMAP_WAIT))
		hs_u64_add(self, &l->waits, 1, HS_RELAXED);
	hs_u32_add(self, &l->let_go, 1, HS_RELEASE);
	hs_wake_all(self, &l->queue);
	hs_pgmap_step_wait(self, pgmap, HS_PGMAP_WAIT);
}

static void remove_memory(struct hs_task *self, struct lab *l, struct hs_pgmap *pgmap,
			  struct hs_mapping *mapping, uint64_t start)
{
	const enum hs_pgmap_step *steps = hs_removal_steps(hs_pgmap_removal_order(pgmap));
	bool early = draw(self, 2);

	for (uint64_t n = draw(self, 2000); n && !hs_u32_load(self, &l->holding, HS_RELAXED); n--)
		hs_retry_wait(self, "the holder takes the pgmap");
	if (early)
		kill_early(self, pgmap);
	hs_mapping_disable(self, mapping);
	hs_unmap_mapping_range(self, mapping, 0, PAGES, true);
	for (int i = 0; i < HS_PGMAP_STEP_COUNT; i++) {
		if (steps[i] == HS_PGMAP_WAIT)
			drain(self, l, pgmap);
		else if (steps[i] != HS_PGMAP_KILL || !early)
			hs_pgmap_step(self, pgmap, steps[i]);
	}
	hs_munmap(self, l->mm, start, start + PAGES * PAGE);
	hs_mapping_destroy(self, mapping);
	hs_pgmap_free(self, pgmap);
}

/* @number: which of the owners. Each has addresses and pfns of its own. */
static void own(struct hs_task *self, struct lab *l, uint32_t number)
{
	uint64_t pfn = number ? DAX_2_PFN : DAX_PFN, start = number ? DAX_2_START : DAX_START;

	while (!stopped(self, l)) {
		struct hs_pgmap *pgmap = memory_anew(self, HS_PGMAP_GENERIC, pfn), *second;
		struct hs_mapping *mapping = mapping_anew(self, pgmap, HS_MAPPING_DEVICE_DAX, pfn);
		int ret = hs_mmap(self, l->mm, start, start + PAGES * PAGE, RW | HS_VM_SHARED,
				  mapping, 0);
		struct hs_pgmap *second_last = NULL;
		uint64_t at;

		hs_assert(self, !ret, "mmap: %d", ret);
		second = memory_anew(self, HS_PGMAP_GENERIC, SECOND_PFN + number * PAGES);
		for (uint64_t i = 0; i < PAGES; i++)
			hs_cpu_access(self, l->mm, start + i * PAGE, true, &at);
		if (draw(self, 2))
			hs_pgmap_destroy(self, second);
		else
			second_last = second;
		remove_memory(self, l, pgmap, mapping, start);
		if (second_last)
			hs_pgmap_destroy(self, second_last);
		hs_u64_add(self, &l->removals[number], 1, HS_RELAXED);
	}
}

static void owner_main(struct hs_task *self, void *arg)
{
	own(self, arg, 0);
}

static void other_owner_main(struct hs_task *self, void *arg)
{
	own(self, arg, 1);
}

/* ---- an address space that ends ---------------------------------------------------------- */

static struct hs_mm *mm_anew(struct hs_task *self, struct lab *l)
{
	struct hs_mm *mm;
	int ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &mm);

	hs_assert(self, !ret, "mm: %d", ret);
	ret = hs_mmap(self, mm, ANON_START, FILE_START, RW, NULL, 0);
	hs_assert(self, !ret, "mmap: %d", ret);
	ret = hs_mmap(self, mm, FILE_START, FILE_START + PAGES * PAGE, RW, l->file, 0);
	hs_assert(self, !ret, "mmap: %d", ret);
	return mm;
}

static void guest_main(struct hs_task *self, void *arg)
{
	struct lab *l = arg;

	for (uint32_t n = 1; !stopped(self, l); n++) {
		struct hs_mm *mm = mm_anew(self, l);
		bool may_write;

		hs_mmgrab(self, mm);
		l->guest_mm = mm;
		l->guest_device = device_anew(self, mm, &may_write);
		hs_u32_store(self, &l->arrived, n, HS_RELEASE);
		for (uint64_t i = draw(self, 50); i; i--)
			hs_retry_wait(self, "the visitor populates");
		if (draw(self, 2))
			hs_munmap(self, mm, FILE_START, FILE_START + PAGE);
		hs_mmput(self, mm);
		while (hs_u32_load(self, &l->left, HS_ACQUIRE) != n)
			hs_retry_wait(self, "the visitor leaves");
		device_done(self, l, l->guest_device);
		hs_mmdrop(self, mm);
		hs_u64_add(self, &l->ends, 1, HS_RELAXED);
	}
	hs_u32_store(self, &l->last_has_left, 1, HS_RELEASE);
}

/* The last task that puts the address space ends it: the guest, or this one inside populate. */
static void visit(struct hs_task *self, struct lab *l)
{
	while (hs_mmget_not_zero(self, l->guest_mm)) {
		uint64_t start = draw(self, DAX_2_START / PAGE) * PAGE;
		uint64_t pages = 1 + draw(self, (DAX_2_START - start) / PAGE);

		hs_mmput(self, l->guest_mm);
		hs_dmirror_populate(self, l->guest_device, start, start + pages * PAGE, false);
	}
}

static void visitor_main(struct hs_task *self, void *arg)
{
	struct lab *l = arg;

	/* Not until the test stops: then a guest may be about to arrive, and waits for it. */
	for (uint32_t n = 1; !hs_u32_load(self, &l->last_has_left, HS_ACQUIRE);) {
		if (hs_u32_load(self, &l->arrived, HS_ACQUIRE) != n) {
			hs_retry_wait(self, "the next guest");
			continue;
		}
		visit(self, l);
		hs_u32_store(self, &l->left, n++, HS_RELEASE);
	}
}

/* ---- the test ---------------------------------------------------------------------------- */

static void lab_open(struct lab *l)
{
	struct hs_machine_config config;
	struct hs_task *self;

	hs_machine_config_init(&config);
	config.section_order = 6;
	config.subsection_order = 4;
	machine_open(&l->m, &config);
	self = l->m.self;
	hs_waitq_init(&l->queue);
	assert_int_equal(hs_memory_add(self, 0, RAM_END, true), 0);
	assert_int_equal(hs_mm_create(self, hs_geometry(HS_GEOMETRY_X86_64), &l->mm), 0);
	assert_int_equal(hs_mmap(self, l->mm, ANON_START, FILE_START, RW, NULL, 0), 0);
	l->file_map = memory_anew(self, HS_PGMAP_FS_DAX, FILE_PFN);
	l->file = mapping_anew(self, l->file_map, HS_MAPPING_DAX_FILE, FILE_PFN);
	assert_int_equal(hs_mmap(self, l->mm, FILE_START, DAX_2_START, RW, l->file, 0), 0);
}

static void lab_close(struct lab *l)
{
	struct hs_task *self = l->m.self;

	hs_mm_destroy(self, l->mm);
	assert_int_equal(hs_pages_allocated(self), 0);
	hs_mapping_destroy(self, l->file);
	hs_pgmap_destroy(self, l->file_map);
	machine_close(&l->m);
}

static uint64_t enough(void)
{
	const char *times = getenv("HMMSIM_STRESS_TIMES");

	return ENOUGH * (times ? strtoull(times, NULL, 10) : 1);
}

static bool has_come_to(struct lab *l, uint64_t n)
{
	const hs_u64 *const counts[] = { &l->retries, &l->failures,    &l->waits,
					 &l->ends,    &l->removals[0], &l->removals[1] };

	for (unsigned int i = 0; i < COUNT(counts); i++)
		if (hs_u64_load(l->m.self, counts[i], HS_RELAXED) < n)
			return false;
	return true;
}

static void memory_comes_and_goes_under_use(void **state)
{
	static void (*const mains[])(struct hs_task *, void *) = {
		mirror_main,	  user_main,  holder_main,  owner_main,
		other_owner_main, guest_main, visitor_main,
	};
	const struct timespec pause = { 0, 1000000 };
	struct hs_thread *threads[COUNT(mains)];
	struct lab l = { .stop = { 0 } };

	(void)state;
	lab_open(&l);
	for (unsigned int i = 0; i < COUNT(mains); i++) {
		threads[i] = hs_thread_start(l.m.self, "worker", mains[i], &l);
		assert_non_null(threads[i]);
	}
	while (!has_come_to(&l, enough()))
		nanosleep(&pause, NULL);
	hs_u32_store(l.m.self, &l.stop, 1, HS_RELEASE);
	hs_wake_all(l.m.self, &l.queue);
	for (unsigned int i = 0; i < COUNT(mains); i++)
		hs_thread_join(l.m.self, threads[i]);
	print_message("%llu and %llu removals, %llu drains waited, %llu retries, "
		      "%llu failed lookups, %llu address spaces\n",
		      (unsigned long long)l.removals[0].raw, (unsigned long long)l.removals[1].raw,
		      (unsigned long long)l.waits.raw, (unsigned long long)l.retries.raw,
		      (unsigned long long)l.failures.raw, (unsigned long long)l.ends.raw);
	lab_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_comes_and_goes_under_use),
	};

	return cmocka_run_group_tests_name("lifetime_threads", tests, NULL, NULL);
}
