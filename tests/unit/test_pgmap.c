/* SPDX-License-Identifier: MIT */
#include "pgmap/pgmap.h"
#include "support/death.h"
#include "support/machine.h"

static const char owner[] = "owner";

static struct hs_pgmap *added(struct hs_task *self, uint64_t start, uint64_t end)
{
	struct hs_pgmap *p = NULL;

	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_FS_DAX, start, end, owner, &p), 0);
	return p;
}

static void lookups_find_the_pgmap_of_a_pfn(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_pgmap *a = added(self, 0x200000, 0x200400), *b = added(self, 0x200400, 0x200401);

	assert_ptr_equal(hs_pgmap_get(self, 0x200000, NULL), a);
	assert_ptr_equal(hs_pgmap_get(self, 0x2003ff, NULL), a);
	assert_ptr_equal(hs_pgmap_get(self, 0x200400, NULL), b);
	assert_null(hs_pgmap_get(self, 0x200401, NULL));
	assert_null(hs_pgmap_get(self, 0x1fffff, NULL));
	assert_int_equal(hs_pgmap_refs(self, a), 2);
	hs_pgmap_put(self, a);
	hs_pgmap_put(self, a);
	hs_pgmap_put(self, b);
	assert_int_equal(hs_pgmap_refs(self, a), 0);
	assert_ptr_equal(hs_pgmap_owner(a), owner);
	hs_pgmap_remove(self, a);
	assert_null(hs_pgmap_get(self, 0x200000, NULL));
	hs_pgmap_remove(self, b);
}

static void a_cached_pgmap_answers_without_a_reference(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_pgmap *a = added(self, 100, 200), *b = added(self, 300, 400), *cached;

	cached = hs_pgmap_get(self, 100, NULL);
	assert_ptr_equal(hs_pgmap_get(self, 199, cached), a);
	assert_int_equal(hs_pgmap_refs(self, a), 1);
	/* A cached pgmap that does not cover the pfn is put, whatever the lookup finds. */
	assert_ptr_equal(hs_pgmap_get(self, 300, cached), b);
	assert_int_equal(hs_pgmap_refs(self, a), 0);
	assert_null(hs_pgmap_get(self, 200, b));
	assert_int_equal(hs_pgmap_refs(self, b), 0);
	/* The pfns just before and just after the range are not covered. */
	assert_null(hs_pgmap_get(self, 200, hs_pgmap_get(self, 199, NULL)));
	assert_null(hs_pgmap_get(self, 99, hs_pgmap_get(self, 100, NULL)));
	assert_int_equal(hs_pgmap_refs(self, a), 0);
	hs_pgmap_put(self, NULL);
	hs_pgmap_remove(self, a);
	hs_pgmap_remove(self, b);
}

static void overlap_and_nonsense_are_refused(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_pgmap *a = added(self, 100, 200), *p;

	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_FS_DAX, 199, 300, NULL, &p), -EEXIST);
	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_FS_DAX, 50, 300, NULL, &p), -EEXIST);
	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_FS_DAX, 300, 300, NULL, &p), -EINVAL);
	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_FS_DAX, 300, (1ull << 40) + 1, NULL, &p),
			 -EINVAL);
	assert_int_equal(hs_pgmap_add(self, HS_PGMAP_TYPE_COUNT, 300, 301, NULL, &p), -EINVAL);
	hs_pgmap_remove(self, a);
}

static void a_killed_pgmap_gives_no_reference_but_a_cached_one_stays(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_pgmap *a = added(self, 100, 200), *held = hs_pgmap_get(self, 100, NULL);

	hs_pgmap_kill(self, a);
	assert_null(hs_pgmap_get(self, 100, NULL));
	assert_ptr_equal(hs_pgmap_get(self, 150, held), a);
	hs_rcu_barrier(self);
	assert_int_equal(a->done.raw >> HS_PGMAP_WAIT & 1, 0);
	assert_int_equal(hs_pgmap_refs(self, a), 1);
	hs_pgmap_put(self, held);
	assert_int_equal(a->done.raw >> HS_PGMAP_WAIT & 1, 1);
	hs_pgmap_remove(self, a);
}

/* References that were taken in percpu mode are still counted after the kill. */
static void release_waits_for_the_last_reference(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_pgmap *a = added(self, 100, 200);

	hs_percpu_ref_get_many(self, &a->ref, 8);
	assert_int_equal(hs_percpu_ref_sum(self, &a->ref), 9);
	hs_pgmap_kill(self, a);
	assert_true(hs_percpu_ref_is_dying(self, &a->ref));
	hs_percpu_ref_put_many(self, &a->ref, 8);
	assert_int_equal(a->done.raw >> HS_PGMAP_WAIT & 1, 0);
	hs_rcu_barrier(self);
	assert_int_equal(a->done.raw >> HS_PGMAP_WAIT & 1, 1);
	hs_pgmap_remove(self, a);
}

static void note_release(struct hs_task *self, struct hs_percpu_ref *ref)
{
	(void)self;
	hs_u64_init(&ref->count, 77);
}

static void an_atomic_ref_counts_from_the_start(void **state)
{
	struct hs_task *self = machine_task(state);
	struct hs_percpu_ref ref;

	assert_int_equal(hs_percpu_ref_init(self, &ref, note_release, HS_PERCPU_REF_ATOMIC), 0);
	assert_true(hs_percpu_ref_tryget_live(self, &ref));
	assert_int_equal(hs_percpu_ref_sum(self, &ref), 2);
	hs_percpu_ref_kill(self, &ref);
	assert_false(hs_percpu_ref_tryget_live(self, &ref));
	hs_percpu_ref_get_many(self, &ref, 1);
	hs_percpu_ref_put_many(self, &ref, 1);
	assert_int_equal(ref.count.raw, 1);
	hs_percpu_ref_put_many(self, &ref, 1);
	assert_int_equal(ref.count.raw, 77);
	hs_u64_init(&ref.count, 0);
	hs_percpu_ref_exit(self, &ref);
}

static int add_and_remove(struct hs_task *self)
{
	struct hs_pgmap *p = NULL;
	int ret = hs_pgmap_add(self, HS_PGMAP_GENERIC, 100, 2000, NULL, &p);

	if (!ret)
		hs_pgmap_remove(self, p);
	return ret;
}

static void every_allocation_can_fail(void **state)
{
	(void)state;
	assert_true(machine_run_out(add_and_remove) > 2);
}

/* The callback of the kill is pending; it wakes the queue of the machine. */
static void a_killed_pgmap_that_is_left_behind_is_reported(void **state)
{
	struct hs_leaks left;
	struct hs_pgmap *p;
	struct machine m;

	(void)state;
	machine_open_failing(&m, 0);
	assert_int_equal(hs_pgmap_add(m.self, HS_PGMAP_FS_DAX, 0, 8, NULL, &p), 0);
	hs_pgmap_kill(m.self, p);
	assert_int_equal(hs_task_detach(m.self), 0);
	assert_int_equal(hs_machine_destroy(m.machine, &left), -ENOTEMPTY);
	assert_string_equal(left.text, "1 percpu counter, 1 pgmap");
}

/* ---- programmer errors ------------------------------------------------------------------- */

static void remove_held(void *arg)
{
	struct hs_pgmap *p;
	struct machine m;

	machine_open_failing(&m, 0);
	assert_int_equal(hs_pgmap_add(m.self, HS_PGMAP_FS_DAX, 8, 16, NULL, &p), 0);
	hs_pgmap_get(m.self, 8, NULL);
	if (*(bool *)arg)
		hs_pgmap_kill(m.self, p);
	hs_pgmap_remove(m.self, p);
}

static void remove_in_section(void *arg)
{
	struct hs_pgmap *p;
	struct machine m;

	(void)arg;
	machine_open_failing(&m, 0);
	assert_int_equal(hs_pgmap_add(m.self, HS_PGMAP_FS_DAX, 8, 16, NULL, &p), 0);
	hs_rcu_read_lock(m.self);
	hs_pgmap_remove(m.self, p);
}

static void put_never_taken(void *arg)
{
	struct hs_pgmap *p;
	struct machine m;

	(void)arg;
	machine_open_failing(&m, 0);
	assert_int_equal(hs_pgmap_add(m.self, HS_PGMAP_FS_DAX, 8, 16, NULL, &p), 0);
	hs_pgmap_put(m.self, p);
	hs_pgmap_put(m.self, p);
	hs_pgmap_kill(m.self, p);
	hs_pgmap_remove(m.self, p);
}

static void misuse_is_named(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		bool killed = i;

		death_expect(remove_held, &killed,
			     "hs_pgmap_remove: 1 references to the pgmap of pfn 0x8 are held");
	}
	death_expect(remove_in_section, NULL, "inside an RCU read section");
	death_expect(put_never_taken, NULL, "2 references were put and never taken");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		machine_unit_test(lookups_find_the_pgmap_of_a_pfn),
		machine_unit_test(a_cached_pgmap_answers_without_a_reference),
		machine_unit_test(overlap_and_nonsense_are_refused),
		machine_unit_test(a_killed_pgmap_gives_no_reference_but_a_cached_one_stays),
		machine_unit_test(release_waits_for_the_last_reference),
		machine_unit_test(an_atomic_ref_counts_from_the_start),
		cmocka_unit_test(a_killed_pgmap_that_is_left_behind_is_reported),
		cmocka_unit_test(every_allocation_can_fail),
		cmocka_unit_test(misuse_is_named),
	};

	return cmocka_run_group_tests_name("pgmap", tests, NULL, NULL);
}
