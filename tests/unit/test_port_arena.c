/* SPDX-License-Identifier: MIT */
/* Arenas through the public API and the seam: objects, counters, addresses, what is left behind. */
#include "support/play.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "memory/machine.h"
#include "port/common/region.h"
#include "port/common/sanitize.h"
#include "support/death.h"
#include "support/scale.h"

#define MIB ((size_t)1 << 20)

static struct hs_machine_config config_of(enum hs_arena_kind kind, enum hs_reuse reuse)
{
	struct hs_machine_config config;

	hs_machine_config_init(&config);
	config.kind = kind;
	config.reuse = reuse;
	config.size = 16 * MIB;
	config.max_tasks = 4;
	return config;
}

static const struct {
	enum hs_arena_kind kind;
	enum hs_reuse reuse;
} sorts[] = {
#ifdef HS_BACKEND_NATIVE
	{ HS_ARENA_HEAP, HS_REUSE_LIFO },
	{ HS_ARENA_REGION, HS_REUSE_LIFO },
#endif
	{ HS_ARENA_REGION, HS_REUSE_NEVER },
};

#define SORTS (sizeof(sorts) / sizeof(sorts[0]))

static const size_t sizes[] = { 1,    8,    15,	  16,	17,    32,    33,    48,
				64,   96,   100,  128,	500,   512,   513,   1024,
				1500, 4095, 4096, 4097, 10000, 65536, 65537, 200000 };

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static bool all_zero(const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static void objects_are_aligned_zeroed_and_apart(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < SORTS; s++) {
		struct hs_machine_config config = config_of(sorts[s].kind, sorts[s].reuse);
		unsigned char *p[HS_KIND_COUNT][SIZES];
		struct hs_arena *arena;
		struct hs_task *boot;

		assert_int_equal(hs_arena_create(&config, &arena), 0);
		boot = hs_arena_boot(arena);
		for (int round = 0; round < 3; round++) {
			for (int k = 0; k < HS_KIND_COUNT; k++)
				for (unsigned int i = 0; i < SIZES; i++) {
					p[k][i] = hs_alloc(boot, (enum hs_kind)k, sizes[i]);
					assert_non_null(p[k][i]);
					assert_int_equal(
						(uintptr_t)p[k][i] &
							(hs_kind_align((enum hs_kind)k, sizes[i]) -
							 1),
						0);
					assert_true(all_zero(p[k][i], sizes[i]));
					memset(p[k][i], k * 16 + (int)i + 1, sizes[i]);
				}
			for (int k = 0; k < HS_KIND_COUNT; k++)
				for (unsigned int i = 0; i < SIZES; i++) {
					assert_int_equal(p[k][i][0],
							 (unsigned char)(k * 16 + (int)i + 1));
					assert_int_equal(p[k][i][sizes[i] - 1], p[k][i][0]);
					hs_free(boot, p[k][i], (enum hs_kind)k, sizes[i]);
				}
			if (sorts[s].reuse == HS_REUSE_NEVER)
				break;
		}
		assert_int_equal(hs_arena_destroy(arena, NULL), 0);
	}
}

static void alignment_is_the_kinds_or_that_of_the_size(void **state)
{
	(void)state;
	assert_int_equal(hs_kind_align(HS_KIND_PAGE, 32), 32);
	assert_int_equal(hs_kind_align(HS_KIND_PAGE, 200), 32);
	assert_int_equal(hs_kind_align(HS_KIND_PAGE, 8), 16);
	assert_int_equal(hs_kind_align(HS_KIND_TABLE, 4096), 4096);
	assert_int_equal(hs_kind_align(HS_KIND_TABLE, 16), 16);
	assert_int_equal(hs_kind_align(HS_KIND_TABLE, 600), 1024);
	assert_int_equal(hs_kind_align(HS_KIND_OTHER, 4096), 16);
}

#ifdef HS_BACKEND_NATIVE
static void lifo_hands_out_what_was_freed_last(void **state)
{
	struct hs_machine_config config = config_of(HS_ARENA_REGION, HS_REUSE_LIFO);
	struct hs_arena *arena;
	struct hs_task *boot;

	(void)state;
	assert_int_equal(hs_arena_create(&config, &arena), 0);
	boot = hs_arena_boot(arena);
	for (unsigned int i = 0; i < SIZES; i++) {
		void *a = hs_alloc(boot, HS_KIND_OTHER, sizes[i]);
		void *b = hs_alloc(boot, HS_KIND_OTHER, sizes[i]), *c;

		memset(a, 0xff, sizes[i]);
		hs_free(boot, b, HS_KIND_OTHER, sizes[i]);
		hs_free(boot, a, HS_KIND_OTHER, sizes[i]);
		c = hs_alloc(boot, HS_KIND_OTHER, sizes[i]);
		assert_ptr_equal(c, a);
		assert_true(all_zero(c, sizes[i]));
		assert_ptr_equal(hs_alloc(boot, HS_KIND_OTHER, sizes[i]), b);
		hs_free(boot, b, HS_KIND_OTHER, sizes[i]);
		hs_free(boot, c, HS_KIND_OTHER, sizes[i]);
	}
	assert_int_equal(hs_arena_destroy(arena, NULL), 0);
}

/* A page of the model is 32 bytes on 32: they lie side by side. */
static void small_objects_are_packed_by_their_alignment(void **state)
{
	struct hs_machine_config config = config_of(HS_ARENA_REGION, HS_REUSE_LIFO);
	struct hs_machine_info before, after;
	struct hs_arena *arena;
	struct hs_task *boot;
	void *page[64];

	(void)state;
	assert_int_equal(hs_arena_create(&config, &arena), 0);
	boot = hs_arena_boot(arena);
	hs_arena_info(arena, &before);
	for (int i = 0; i < 64; i++)
		page[i] = hs_alloc(boot, HS_KIND_PAGE, 32);
	hs_arena_info(arena, &after);
	assert_true(after.image_bytes - before.image_bytes <= 64 * 32 + 32);
	before = after;
	for (int i = 0; i < 64; i++)
		hs_free(boot, page[i], HS_KIND_PAGE, 32);
	for (int i = 0; i < 64; i++)
		page[i] = hs_alloc(boot, HS_KIND_OTHER, 8);
	hs_arena_info(arena, &after);
	assert_true(after.image_bytes - before.image_bytes <= 64 * 16);
	for (int i = 0; i < 64; i++)
		hs_free(boot, page[i], HS_KIND_OTHER, 8);
	assert_int_equal(hs_arena_destroy(arena, NULL), 0);
}

/* Blocks of one list serve kinds of different alignment. */
static void a_reused_block_is_aligned_for_its_new_kind(void **state)
{
	struct hs_machine_config config = config_of(HS_ARENA_REGION, HS_REUSE_LIFO);
	struct hs_arena *arena;
	struct hs_task *boot;

	(void)state;
	assert_int_equal(hs_arena_create(&config, &arena), 0);
	boot = hs_arena_boot(arena);
	for (unsigned int i = 0; i < SIZES; i++) {
		void *small[3], *p;

		for (int n = 0; n < 3; n++)
			small[n] = hs_alloc(boot, HS_KIND_OTHER, sizes[i]);
		for (int n = 0; n < 3; n++)
			hs_free(boot, small[n], HS_KIND_OTHER, sizes[i]);
		p = hs_alloc(boot, HS_KIND_TABLE, sizes[i]);
		if (sizes[i] >= 16 && sizes[i] <= 4096 && !(sizes[i] & (sizes[i] - 1)))
			assert_ptr_equal(p, small[2]);
		assert_int_equal((uintptr_t)p & (hs_kind_align(HS_KIND_TABLE, sizes[i]) - 1), 0);
		hs_free(boot, p, HS_KIND_TABLE, sizes[i]);
	}
	assert_int_equal(hs_arena_destroy(arena, NULL), 0);
}

static void bad_configurations_are_refused(void **state)
{
	static const struct hs_machine_config good = {
		.kind = HS_ARENA_REGION, .size = 8 * MIB, .base = 0x7e9000000000, .max_tasks = 4
	};
	struct hs_machine_config bad[12];
	struct hs_machine *m = NULL;

	(void)state;
	for (unsigned int i = 0; i < 12; i++)
		bad[i] = good;
	bad[0].kind = (enum hs_arena_kind)2;
	bad[1].max_tasks = 0;
	bad[2].max_tasks = HS_TASKS_MAX - 1;
	bad[3].reuse = (enum hs_reuse)7;
	bad[4].base += 1;
	bad[5].size += 1;
	bad[6].size = 4096;
	bad[7].size = 0;
	bad[8].kind = HS_ARENA_HEAP;
	bad[8].shared = true;
	bad[9].kind = HS_ARENA_HEAP;
	bad[9].reuse = HS_REUSE_NEVER;
	bad[10].base = 0;
	bad[11].base = UINT64_MAX - 4095;
	for (unsigned int i = 0; i < 12; i++) {
		int ret = hs_machine_create(&bad[i], &m);

		if (ret != -EINVAL)
			fail_msg("configuration %u: %d", i, ret);
		assert_null(m);
	}
	assert_int_equal(hs_machine_create(&good, &m), 0);
	assert_int_equal(hs_machine_destroy(m, NULL), 0);
}

static void a_taken_address_is_refused(void **state)
{
	struct hs_machine_config config = config_of(HS_ARENA_REGION, HS_REUSE_LIFO);
	struct hs_machine *first, *second;
	void *end;

	(void)state;
	assert_int_equal(hs_machine_create(&config, &first), 0);
	assert_int_equal(hs_machine_create(&config, &second), -EEXIST);
	config.base += config.size;
	end = mmap((void *)(uintptr_t)(config.base + config.size - 4096), 4096, PROT_READ,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	assert_true(end != MAP_FAILED);
	assert_int_equal(hs_machine_create(&config, &second), -EEXIST);
	munmap(end, 4096);
	assert_int_equal(hs_machine_create(&config, &second), 0);
	assert_int_equal(hs_machine_destroy(second, NULL), 0);
	assert_int_equal(hs_machine_destroy(first, NULL), 0);
}

static void two_machines_know_nothing_of_each_other(void **state)
{
	struct hs_machine_config config = config_of(HS_ARENA_HEAP, HS_REUSE_LIFO);
	struct hs_machine *m[2];
	struct hs_task *t[2];
	struct hs_machine_info info;
	void *p;

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(hs_machine_create(&config, &m[i]), 0);
		assert_int_equal(hs_task_attach(m[i], "here", &t[i]), 0);
		assert_ptr_equal(hs_task_machine(t[i]), m[i]);
	}
	p = hs_alloc(t[0], HS_KIND_OTHER, 100);
	hs_ticks_advance(t[0], 5);
	hs_rcu_read_lock(t[0]);
	hs_synchronize_rcu(t[1]);
	hs_rcu_read_unlock(t[0]);
	hs_machine_info(m[1], &info);
	assert_int_equal(info.objects, 0);
	assert_int_equal(info.ticks, 0);
	assert_int_equal(info.grace_periods, 1);
	hs_machine_info(m[0], &info);
	assert_int_equal(info.objects, 1);
	assert_int_equal(info.bytes, 100);
	assert_int_equal(info.ticks, 5);
	assert_int_equal(info.grace_periods, 0);
	hs_task_detach(t[1]);
	assert_int_equal(hs_machine_destroy(m[1], NULL), 0);
	memset(p, 1, 100);
	hs_free(t[0], p, HS_KIND_OTHER, 100);
	hs_task_detach(t[0]);
	assert_int_equal(hs_machine_destroy(m[0], NULL), 0);
}

static void machines_come_and_go(void **state)
{
	struct hs_machine_config config = config_of(HS_ARENA_HEAP, HS_REUSE_LIFO);

	(void)state;
	config.size = MIB;
	for (uint32_t i = 0; i < test_scaled(1000) + 100; i++) {
		struct hs_machine *m;
		struct hs_task *t;
		unsigned char *p;

		config.kind = i & 1 ? HS_ARENA_REGION : HS_ARENA_HEAP;
		assert_int_equal(hs_machine_create(&config, &m), 0);
		assert_int_equal(hs_task_attach(m, "task", &t), 0);
		p = hs_alloc(t, HS_KIND_OTHER, 5000);
		assert_true(all_zero(p, 5000));
		memset(p, 0xee, 5000);
		if (i % 4 < 2)
			hs_free(t, p, HS_KIND_OTHER, 5000);
		hs_task_detach(t);
		assert_int_equal(hs_machine_destroy(m, NULL), i % 4 < 2 ? 0 : -ENOTEMPTY);
	}
}

static void task_slots_run_out(void **state)
{
	struct hs_machine_config config = config_of(HS_ARENA_HEAP, HS_REUSE_LIFO);
	struct hs_machine *m;
	struct hs_task *t[5];

	(void)state;
	assert_int_equal(hs_machine_create(&config, &m), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(hs_task_attach(m, "task", &t[i]), 0);
	assert_int_equal(hs_task_attach(m, "task", &t[4]), -EAGAIN);
	assert_int_equal(hs_task_detach(t[2]), 0);
	assert_int_equal(hs_task_attach(m, "task", &t[4]), 0);
	assert_int_equal(hs_task_id(t[4]), hs_task_id(t[2]));
	for (int i = 0; i < 5; i++)
		if (i != 2)
			assert_int_equal(hs_task_detach(t[i]), 0);
	assert_int_equal(hs_machine_destroy(m, NULL), 0);
}
#endif

static void never_reuses_an_address(void **state)
{
	struct hs_machine_config config = config_of(HS_ARENA_REGION, HS_REUSE_NEVER);
	struct hs_arena *arena;
	struct hs_task *boot;
	uintptr_t last = 0;

	(void)state;
	assert_int_equal(hs_arena_create(&config, &arena), 0);
	boot = hs_arena_boot(arena);
	for (unsigned int i = 0; i < 200; i++) {
		size_t size = sizes[i % SIZES] % 5000 + 1;
		void *p = hs_alloc(boot, HS_KIND_OTHER, size);

		assert_true((uintptr_t)p > last);
		last = (uintptr_t)p + size - 1;
		memset(p, 0xff, size);
		hs_free(boot, p, HS_KIND_OTHER, size);
	}
	assert_int_equal(hs_arena_destroy(arena, NULL), 0);
	/* The next arena at this address starts from zeros all the same. */
	assert_int_equal(hs_arena_create(&config, &arena), 0);
	for (unsigned int i = 0; i < 100; i++) {
		unsigned char *p = hs_alloc(hs_arena_boot(arena), HS_KIND_OTHER, 4000);

		assert_true(all_zero(p, 4000));
		hs_free(hs_arena_boot(arena), p, HS_KIND_OTHER, 4000);
	}
	assert_int_equal(hs_arena_destroy(arena, NULL), 0);
}

static void a_full_region_says_no(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < SORTS; s++) {
		struct hs_machine_config config = config_of(sorts[s].kind, sorts[s].reuse);
		struct hs_machine_info info;
		struct hs_arena *arena;
		struct hs_task *boot;
		void *p[80];
		int n = 0;

		if (config.kind != HS_ARENA_REGION)
			continue;
		assert_int_equal(hs_arena_create(&config, &arena), 0);
		boot = hs_arena_boot(arena);
		assert_null(hs_alloc(boot, HS_KIND_OTHER, SIZE_MAX));
		assert_null(hs_alloc(boot, HS_KIND_OTHER, SIZE_MAX - 4096));
		assert_null(hs_alloc(boot, HS_KIND_TABLE, 64 * MIB));
		while ((p[n] = hs_alloc(boot, HS_KIND_OTHER, MIB)))
			n++;
		assert_in_range(n, 12, 64);
		hs_arena_info(arena, &info);
		assert_int_equal(info.objects, n);
		assert_int_equal(info.bytes, (uint64_t)n * MIB);
		for (int i = 0; i < n; i++)
			hs_free(boot, p[i], HS_KIND_OTHER, MIB);
		p[0] = hs_alloc(boot, HS_KIND_OTHER, MIB);
		assert_int_equal(p[0] != NULL, sorts[s].reuse == HS_REUSE_LIFO);
		hs_free(boot, p[0], HS_KIND_OTHER, MIB);
		assert_int_equal(hs_arena_destroy(arena, NULL), 0);
	}
}

static void figures_follow_what_happens(void **state)
{
	struct hs_machine_config config = config_of(sorts[SORTS - 1].kind, sorts[SORTS - 1].reuse);
	struct hs_machine_info info, before;
	struct hs_machine *m;
	struct hs_task *t;
	void *p;

	(void)state;
	assert_int_equal(hs_machine_create(&config, &m), 0);
	hs_machine_info(m, &before);
	assert_int_equal(before.objects, 0);
	assert_int_equal(before.bytes, 0);
	assert_int_equal(before.tasks, 0);
	assert_true(before.image_bytes > 0);
	assert_int_equal(hs_task_attach(m, "counted", &t), 0);
	p = hs_alloc(t, HS_KIND_OTHER, 1000);
	hs_ticks_advance(t, 17);
	hs_machine_info(m, &info);
	assert_int_equal(info.tasks, 1);
	assert_int_equal(info.objects, 1);
	assert_int_equal(info.bytes, 1000);
	assert_int_equal(info.allocations, before.allocations + 1);
	assert_true(info.image_bytes >= before.image_bytes + 1000);
	assert_int_equal(info.ticks, 17);
	assert_int_equal(info.dead_tasks, 0);
	hs_free(t, p, HS_KIND_OTHER, 1000);
	hs_free(t, NULL, HS_KIND_OTHER, 1000);
	hs_task_detach(t);
	hs_machine_info(m, &info);
	assert_int_equal(info.objects + info.bytes + info.tasks, 0);
	assert_int_equal(hs_machine_destroy(m, NULL), 0);
}

static void names_are_copied(void **state)
{
	struct hs_machine_config config = config_of(sorts[0].kind, sorts[0].reuse);
	char name[] = "a name that is rather long";
	struct hs_arena *arena;
	struct hs_task *t;

	(void)state;
	assert_int_equal(hs_arena_create(&config, &arena), 0);
	assert_int_equal(hs_arena_attach(arena, name, &t), 0);
	memset(name, 'x', sizeof(name) - 1);
	assert_string_equal(hs_arena_task_name(arena, hs_task_id(t)), "a name that is ");
	assert_string_equal(hs_arena_task_name(arena, 0), "boot");
	assert_null(hs_arena_task_name(arena, 1000));
	assert_ptr_equal(hs_task_current(), t);
	assert_int_equal(hs_arena_detach(t), 0);
	assert_int_equal(hs_arena_destroy(arena, NULL), 0);
}

/* ---- use after free ---------------------------------------------------------------------- */

#if HS_ASAN
static void touch_freed(void *arg)
{
	struct hs_machine_config *config = arg;
	struct hs_arena *arena;
	struct play_object *o;

	if (hs_arena_create(config, &arena))
		_Exit(3);
	o = play_object(hs_arena_boot(arena));
	play_object_free(hs_arena_boot(arena), o);
#ifdef HS_BACKEND_NATIVE
	hs_deref(hs_arena_boot(arena), o);
#else
	*(volatile uint64_t *)&o->plain = 1;
#endif
}

static void asan_sees_a_use_after_free(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < SORTS; s++) {
		struct hs_machine_config config = config_of(sorts[s].kind, sorts[s].reuse);
		struct death death;

		death_of(touch_freed, &config, &death);
		assert_true(death.signal || death.status);
		if (!strstr(death.text, sorts[s].kind == HS_ARENA_HEAP ? "heap-use-after-free"
								       : "use-after-poison"))
			fail_msg("%s", death.text);
	}
}
#endif

static void an_object_may_end_where_the_region_ends(void **state)
{
	static char memory[4 * HS_REGION_PAGE] __attribute__((__aligned__(HS_REGION_PAGE)));
	const enum hs_reuse reuses[] = { HS_REUSE_LIFO, HS_REUSE_NEVER };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct hs_region r;

		hs_region_init(&r, memory, sizeof(memory), HS_REGION_PAGE, reuses[i], false);
		assert_null(hs_region_alloc(&r, 3 * HS_REGION_PAGE + 1, 16));
		assert_ptr_equal(hs_region_alloc(&r, 2 * HS_REGION_PAGE, 16),
				 memory + HS_REGION_PAGE);
		for (size_t at = 3 * HS_REGION_PAGE; at < sizeof(memory); at += 32)
			assert_ptr_equal(hs_region_alloc(&r, 32, 32), memory + at);
		assert_null(hs_region_alloc(&r, 1, 16));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_aligned_zeroed_and_apart),
		cmocka_unit_test(alignment_is_the_kinds_or_that_of_the_size),
#ifdef HS_BACKEND_NATIVE
		cmocka_unit_test(lifo_hands_out_what_was_freed_last),
		cmocka_unit_test(small_objects_are_packed_by_their_alignment),
		cmocka_unit_test(a_reused_block_is_aligned_for_its_new_kind),
		cmocka_unit_test(bad_configurations_are_refused),
		cmocka_unit_test(a_taken_address_is_refused),
		cmocka_unit_test(two_machines_know_nothing_of_each_other),
		cmocka_unit_test(machines_come_and_go),
		cmocka_unit_test(task_slots_run_out),
#endif
		cmocka_unit_test(never_reuses_an_address),
		cmocka_unit_test(a_full_region_says_no),
		cmocka_unit_test(figures_follow_what_happens),
		cmocka_unit_test(names_are_copied),
#if HS_ASAN
		cmocka_unit_test(asan_sees_a_use_after_free),
#endif
		cmocka_unit_test(an_object_may_end_where_the_region_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
