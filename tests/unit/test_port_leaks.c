/* SPDX-License-Identifier: MIT */
/* What is counted in an arena: per-CPU counters, what is left behind, allocations that fail. */
#include "support/play.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "memory/machine.h"

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

/* ---- what is left ------------------------------------------------------------------------ */

static void what_is_left_is_named(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < SORTS; s++) {
		struct hs_machine_config config = config_of(sorts[s].kind, sorts[s].reuse);
		struct hs_machine *m;
		struct hs_leaks left;
		struct hs_task *t;
		void *p;

		assert_int_equal(hs_machine_create(&config, &m), 0);
		assert_int_equal(hs_task_attach(m, "leaky", &t), 0);
		assert_non_null(hs_alloc(t, HS_KIND_PAGE, 32));
		assert_non_null(hs_alloc(t, HS_KIND_PAGE, 32));
		p = hs_alloc(t, HS_KIND_TABLE, 4096);
		assert_non_null(hs_pcpu_alloc(t));
		hs_free(t, p, HS_KIND_TABLE, 4096);
		left.objects = 77;
		assert_int_equal(hs_machine_destroy(m, &left), -EBUSY);
		assert_int_equal(left.objects, 77);
		assert_ptr_equal(hs_task_machine(t), m);
		assert_int_equal(hs_task_detach(t), 0);
		assert_int_equal(hs_machine_destroy(m, &left), -ENOTEMPTY);
		assert_int_equal(left.objects, 3);
		assert_string_equal(left.text, "1 percpu counter, 2 page");
		assert_int_equal(hs_machine_create(&config, &m), 0);
		assert_int_equal(hs_machine_destroy(m, &left), 0);
		assert_int_equal(left.objects, 0);
		assert_string_equal(left.text, "");
	}
}

static void all_kinds_fit_into_the_text(void **state)
{
	struct hs_leaks left;
	hs_u64 live[HS_KIND_COUNT];

	(void)state;
	for (int k = 0; k < HS_KIND_COUNT; k++)
		hs_u64_init(&live[k], 9999);
	hs_leaks_name(live, &left);
	assert_int_equal(left.objects, 9999 * HS_KIND_COUNT);
	for (int k = 0; k < HS_KIND_COUNT; k++)
		assert_non_null(strstr(left.text, hs_kind_name((enum hs_kind)k)));
}

static void a_text_too_long_ends_with_a_whole_item(void **state)
{
	struct hs_leaks left;
	hs_u64 live[HS_KIND_COUNT];
	const char *last;
	bool whole = false;

	(void)state;
	for (int k = 0; k < HS_KIND_COUNT; k++)
		hs_u64_init(&live[k], UINT64_MAX / HS_KIND_COUNT);
	hs_leaks_name(live, &left);
	assert_true(strlen(left.text) < sizeof(left.text));
	last = strrchr(left.text, ',');
	assert_non_null(last);
	last = strchr(last + 2, ' ');
	assert_non_null(last);
	for (int k = 0; k < HS_KIND_COUNT; k++)
		whole |= !strcmp(last + 1, hs_kind_name((enum hs_kind)k));
	assert_true(whole);
}

/* Two items, and a comma and a blank between them. */
static void an_item_is_kept_where_it_fits_to_the_last_byte(void **state)
{
	const int room = (int)sizeof(((struct hs_leaks *)NULL)->text) - 1;

	(void)state;
	for (int more = 0; more < 2; more++) {
		struct hs_leaks left = { .objects = 0 }, other = { .objects = 0 };

		hs_leaks_add(&left, 1, "%0100d", 0);
		hs_leaks_add(&left, 1, "%0*d", room - 102 + more, 0);
		assert_int_equal(left.objects, 2);
		assert_int_equal(strlen(left.text), more ? 100 : room);
		hs_leaks_add(&other, 1, "%0100d", 0);
		left.text[room - 102 + more] = '\0';
		hs_leaks_join(&other, &left);
		assert_int_equal(other.objects, 3);
		assert_int_equal(strlen(other.text), more ? 202 : room);
	}
}

/* ---- counters ---------------------------------------------------------------------------- */

static void counters_run_out_and_come_back_zeroed(void **state)
{
	struct hs_machine_config config = config_of(sorts[0].kind, sorts[0].reuse);
	struct hs_machine_info info;
	struct hs_arena *arena;
	struct hs_task *t;
	hs_u64 *c[4096];
	uint32_t n = 0;

	(void)state;
	assert_int_equal(hs_arena_create(&config, &arena), 0);
	assert_int_equal(hs_arena_attach(arena, "counter", &t), 0);
	while (n < 4096 && (c[n] = hs_pcpu_alloc(t))) {
		assert_int_equal((uintptr_t)c[n] & 7, 0);
		hs_pcpu_add(t, c[n], n + 1);
		hs_pcpu_add(hs_arena_boot(arena), c[n++], 1000000);
	}
#ifdef HS_BACKEND_NATIVE
	assert_int_equal(n, 2048);
#else
	assert_int_equal(n, 16);
#endif
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(hs_pcpu_sum(t, c[i]), i + 1 + 1000000);
	hs_pcpu_free(t, c[n / 2]);
	c[n / 2] = hs_pcpu_alloc(t);
	assert_non_null(c[n / 2]);
	assert_int_equal(hs_pcpu_sum(t, c[n / 2]), 0);
	assert_null(hs_pcpu_alloc(t));
	hs_arena_info(arena, &info);
	assert_int_equal(info.objects, n);
	for (uint32_t i = 0; i < n; i++)
		hs_pcpu_free(t, c[i]);
	hs_arena_detach(t);
	assert_int_equal(hs_arena_destroy(arena, NULL), 0);
}

static void counts_of_tasks_that_left_remain(void **state)
{
	struct hs_machine_config config = config_of(sorts[0].kind, sorts[0].reuse);
	struct hs_arena *arena;
	struct hs_task *t[4];
	hs_u64 *c, *d;

	(void)state;
	assert_int_equal(hs_arena_create(&config, &arena), 0);
	c = hs_pcpu_alloc(hs_arena_boot(arena));
	d = hs_pcpu_alloc(hs_arena_boot(arena));
	for (unsigned int round = 0; round < 200; round++) {
		for (int i = 0; i < 4; i++) {
			assert_int_equal(hs_arena_attach(arena, "short", &t[i]), 0);
			hs_pcpu_add(t[i], c, 3);
			hs_pcpu_add(t[i], d, (uint64_t)-1);
		}
		for (int i = 0; i < 4; i++)
			assert_int_equal(hs_arena_detach(t[(i + round) % 4]), 0);
	}
	assert_int_equal(hs_pcpu_sum(hs_arena_boot(arena), c), 2400);
	assert_true(hs_pcpu_sum(hs_arena_boot(arena), d) == (uint64_t)-800);
	hs_pcpu_free(hs_arena_boot(arena), c);
	hs_pcpu_free(hs_arena_boot(arena), d);
	assert_int_equal(hs_arena_destroy(arena, NULL), 0);
}

/* ---- allocations that fail --------------------------------------------------------------- */

/* Everything that can fail for want of memory, undone in reverse. */
static int build_and_undo(struct hs_task *self)
{
	hs_u64 *counter[2] = { NULL, NULL };
	void *page = hs_alloc(self, HS_KIND_PAGE, 32);
	void *table = page ? hs_alloc(self, HS_KIND_TABLE, 4096) : NULL;
	void *big = table ? hs_alloc(self, HS_KIND_OTHER, 100000) : NULL;
	int ret = -ENOMEM;

	if (big)
		counter[0] = hs_pcpu_alloc(self);
	if (counter[0])
		counter[1] = hs_pcpu_alloc(self);
	if (counter[1])
		ret = 0;
	for (int i = 0; i < 2; i++)
		if (counter[i])
			hs_pcpu_free(self, counter[i]);
	hs_free(self, big, HS_KIND_OTHER, 100000);
	hs_free(self, table, HS_KIND_TABLE, 4096);
	hs_free(self, page, HS_KIND_PAGE, 32);
	return ret;
}

static void every_allocation_fails_cleanly(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < SORTS; s++) {
		struct hs_machine_config config = config_of(sorts[s].kind, sorts[s].reuse);
		uint64_t site = 0;
		int ret = -ENOMEM;

		while (ret) {
			struct hs_machine *m = NULL;

			config.fail_at = ++site;
			assert_true(site < 20);
			ret = hs_machine_create(&config, &m);
			if (ret) {
				assert_int_equal(ret, -ENOMEM);
				assert_null(m);
				continue;
			}
			ret = build_and_undo(hs_arena_boot(m->arena));
			assert_int_equal(hs_machine_destroy(m, NULL), 0);
			if (ret)
				assert_int_equal(ret, -ENOMEM);
		}
		/* arena, machine; page, table, object, two counters */
		assert_int_equal(site - 1, 7);
	}
}

/* An allocation on each of the next three lines after the one that is returned. */
static int allocate(struct hs_task *self, void **object, void **page, hs_u64 **counter)
{
	int line = __LINE__;
	*object = hs_alloc(self, HS_KIND_OTHER, 64);
	*counter = hs_pcpu_alloc(self);
	*page = hs_alloc(self, HS_KIND_PAGE, 32);
	return line;
}

static void the_place_that_failed_is_known(void **state)
{
	(void)state;
	for (uint64_t fail = 2; fail < 7; fail++) {
		struct hs_machine_config config = config_of(HS_ARENA_REGION, HS_REUSE_NEVER);
		struct hs_machine_info info;
		char expected[64] = "";
		void *object, *page;
		struct hs_machine *m;
		hs_u64 *counter;
		int line;

		config.fail_at = fail;
		if (fail == 2) { /* the machine's own */
			assert_int_equal(hs_machine_create(&config, &m), -ENOMEM);
			continue;
		}
		assert_int_equal(hs_machine_create(&config, &m), 0);
		hs_machine_info(m, &info);
		assert_null(info.failed_at);
		line = allocate(hs_arena_boot(m->arena), &object, &page, &counter);
		assert_int_equal(!object, fail == 3);
		assert_int_equal(!counter, fail == 4);
		assert_int_equal(!page, fail == 5);
		hs_machine_info(m, &info);
		snprintf(expected, sizeof(expected), __FILE__ ":%d", line + (int)fail - 2);
		if (fail == 6)
			assert_null(info.failed_at);
		else
			assert_string_equal(info.failed_at, expected);
		hs_free(hs_arena_boot(m->arena), object, HS_KIND_OTHER, 64);
		hs_free(hs_arena_boot(m->arena), page, HS_KIND_PAGE, 32);
		if (counter)
			hs_pcpu_free(hs_arena_boot(m->arena), counter);
		assert_int_equal(hs_machine_destroy(m, NULL), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_left_is_named),
		cmocka_unit_test(a_text_too_long_ends_with_a_whole_item),
		cmocka_unit_test(all_kinds_fit_into_the_text),
		cmocka_unit_test(counters_run_out_and_come_back_zeroed),
		cmocka_unit_test(counts_of_tasks_that_left_remain),
		cmocka_unit_test(every_allocation_fails_cleanly),
		cmocka_unit_test(the_place_that_failed_is_known),
		cmocka_unit_test(an_item_is_kept_where_it_fits_to_the_last_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
