/* SPDX-License-Identifier: MIT */
/* Objects of the author of a scenario: RCU, where they were allocated and freed, leaks. */
#include "support/machine.h"
#include "support/sync_play.h"

#ifdef HS_BACKEND_EXPLORE
#include "support/exploration.h"
#endif

/* ---- RCU ---------------------------------------------------------------------------------- */

struct node {
	struct hs_sync_rcu_head head;
	uint32_t value;
};

LINE_BELOW(node_at, 4);

static void publishes_node(struct hs_task *self, struct sync_state *st)
{
	struct node *n = hs_sync_alloc(self, &sync_node, sizeof(*n));

	hs_sync_assert(self, n && !n->value, "no memory, or not zeroed");
	hs_sync_assert(self, !((uintptr_t)n & 63), "not aligned");
	hs_sync_ptr_init(&st->ptr, n);
}

LINE_BELOW(reads_at, 9);

static void reads_node(struct hs_task *self, void *state)
{
	struct node *n;

	hs_sync_rcu_read_lock(self);
	n = hs_sync_ptr_load(self, &((struct sync_state *)state)->ptr, HS_SYNC_ACQUIRE);
	if (n)
		hs_sync_deref(self, n);
	hs_sync_assert(self, hs_sync_rcu_held(self), "not in a section");
	hs_sync_rcu_read_unlock(self);
}

static struct node *takes_node(struct hs_task *self, void *state)
{
	return hs_sync_ptr_xchg(self, &((struct sync_state *)state)->ptr, NULL, HS_SYNC_ACQ_REL);
}

static void frees_after_grace_period(struct hs_task *self, void *state)
{
	struct node *n = takes_node(self, state);

	hs_sync_synchronize_rcu(self);
	hs_sync_free(self, n);
}

static void frees_node(struct hs_task *self, struct hs_sync_rcu_head *head)
{
	hs_sync_free(self, CONTAINER_OF(head, struct node, head));
}

static void frees_by_callback(struct hs_task *self, void *state)
{
	struct node *n = takes_node(self, state);

	hs_sync_call_rcu(self, &n->head, frees_node);
	hs_sync_rcu_barrier(self);
}

static void rcu_keeps_what_a_reader_has(void **state)
{
	const struct sync_play waits_itself = { .setup = publishes_node,
						.task = { reads_node, frees_after_grace_period } };
	const struct sync_play calls_back = { .setup = publishes_node,
					      .task = { reads_node, frees_by_callback } };

	(void)state;
	sync_holds(&waits_itself);
	sync_holds(&calls_back);
}

LINE_BELOW(unlocks_at, 5);

static void leaves_no_section(struct hs_task *self, void *state)
{
	(void)state;
	hs_sync_rcu_read_unlock(self);
}

static void a_section_that_was_not_entered_is_not_left(void **state)
{
	const struct sync_play play = { .task = { leaves_no_section } };
	char text[SYNC_TEXT];

	(void)state;
	sync_refused(&play, PLACE(text, unlocks_at, "RCU read section left more often"));
}

/* ---- memory ------------------------------------------------------------------------------- */

static void frees_twice(struct hs_task *self, void *state)
{
	void *n = takes_node(self, state);

	hs_sync_free(self, n);
	hs_sync_free(self, n);
}

static void frees_the_middle(struct hs_task *self, void *state)
{
	char *n = hs_sync_ptr_load(self, &((struct sync_state *)state)->ptr, HS_SYNC_RELAXED);

	memset(n, 0, 64);
	hs_sync_free(self, n + 64);
}

static void publishes_bytes(struct hs_task *self, struct sync_state *st)
{
	hs_sync_ptr_init(&st->ptr, hs_sync_alloc(self, &sync_node, 256));
}

static void allocates_nothing(struct hs_task *self, void *state)
{
	(void)state;
	hs_sync_free(self, NULL);
	hs_sync_alloc(self, &sync_node, 0);
}

static void what_is_no_live_object_is_not_freed(void **state)
{
	const struct sync_play twice = { .setup = publishes_node, .task = { frees_twice } };
	const struct sync_play middle = { .setup = publishes_bytes, .task = { frees_the_middle } };
	const struct sync_play nothing = { .task = { allocates_nothing } };

	(void)state;
	if (!HS_TSAN) /* which ends the process with a report of its own */
		sync_refused_as(&twice, HS_VERDICT_FREED, " that was freed at " __FILE__ ":");
	sync_refused(&middle, "free of what hs_sync_alloc() did not return");
	sync_refused(&nothing, "allocation of a node of 0 bytes");
}

static int allocates_and_fails(struct hs_task *self)
{
	struct hs_sync_mutex first, second;
	void *object = hs_sync_alloc(self, &sync_node, 100);
	int ret = object ? 0 : -ENOMEM;

	if (!ret)
		ret = hs_sync_mutex_init(self, &first, &sync_first);
	if (!ret)
		ret = hs_sync_mutex_init(self, &second, &sync_second);
	hs_sync_free(self, object);
	return ret;
}

/* The object; the table of the machine; the row of each class. */
static void each_allocation_may_fail(void **state)
{
	(void)state;
	assert_int_equal(machine_run_out(allocates_and_fails), 4);
}

/* Too large for any machine, and for a number of bytes. */
static void an_object_is_not_larger_than_memory(void **state)
{
	struct hs_task *self = machine_task(state);

	assert_null(hs_sync_alloc(self, &sync_node, SIZE_MAX));
	assert_null(hs_sync_alloc(self, &sync_node, SIZE_MAX - 63));
}

LINE_BELOW(leaks_at, 4);

static void leaks_node(struct hs_task *self)
{
	assert_non_null(hs_sync_alloc(self, &sync_node, 24));
}

static void a_leak_is_named_by_kind_and_place(void **state)
{
	struct hs_machine_config config;
	struct machine m;
	struct hs_leaks left;
	char text[SYNC_TEXT], one[160];
	void *freed;

	(void)state;
	machine_small_config(&config);
	machine_open(&m, &config);
	leaks_node(m.self);
	freed = hs_sync_alloc(m.self, &sync_node, 24);
	leaks_node(m.self);
	hs_sync_free(m.self, freed);
	assert_int_equal(hs_task_detach(m.self), 0);
	assert_int_equal(hs_machine_destroy(m.machine, &left), -ENOTEMPTY);
	assert_int_equal(left.objects, 2);
	PLACE(text, leaks_at, "");
	snprintf(one, sizeof(one), "2 node from %.*s", (int)strlen(text) - 2, text);
	assert_string_equal(left.text, one);
}

/* ---- verdicts of the explorer ------------------------------------------------------------- */

#ifdef HS_BACKEND_EXPLORE

static void frees_at_once(struct hs_task *self, void *state)
{
	hs_sync_free(self, takes_node(self, state));
}

static void a_use_after_free_names_three_places(void **state)
{
	const struct sync_play play = { .setup = publishes_node,
					.task = { reads_node, frees_at_once } };
	struct hs_explore_result r;
	char text[SYNC_TEXT];

	(void)state;
	explore_found(&sync_scenario, &play, HS_VERDICT_FREED,
		      PLACE(text, reads_at, "dereference of an object that is freed"), 2, &r);
	snprintf(text, sizeof(text), "(task one): node from %s:%d, freed at %s:", __FILE__, node_at,
		 __FILE__);
	assert_non_null(strstr(r.message, text));
	assert_non_null(strstr(r.message, " by two"));
	hs_explore_result_free(&r);
}

LINE_BELOW(loads_at, 8);

static void loads_word_of_object(struct hs_task *self, void *state)
{
	struct hs_sync_u32 *w =
		hs_sync_ptr_load(self, &((struct sync_state *)state)->ptr, HS_SYNC_ACQUIRE);

	if (w)
		hs_sync_u32_load(self, w, HS_SYNC_RELAXED);
}

static void a_word_that_is_freed_names_the_access(void **state)
{
	const struct sync_play play = { .setup = publishes_bytes,
					.task = { loads_word_of_object, frees_at_once } };
	struct hs_explore_result r;
	char text[SYNC_TEXT];

	(void)state;
	explore(&sync_scenario, &play, HS_SEARCH_DPOR, 0, NULL, &r);
	assert_int_equal(r.verdict, HS_VERDICT_FREED);
	assert_non_null(
		strstr(r.message, PLACE(text, loads_at, "load of an object that is freed")));
	hs_explore_result_free(&r);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rcu_keeps_what_a_reader_has),
		cmocka_unit_test(a_section_that_was_not_entered_is_not_left),
		cmocka_unit_test(what_is_no_live_object_is_not_freed),
		cmocka_unit_test(each_allocation_may_fail),
		machine_unit_test(an_object_is_not_larger_than_memory),
		cmocka_unit_test(a_leak_is_named_by_kind_and_place),
#ifdef HS_BACKEND_EXPLORE
		cmocka_unit_test(a_use_after_free_names_three_places),
		cmocka_unit_test(a_word_that_is_freed_names_the_access),
#endif
	};

	return cmocka_run_group_tests_name("sync memory", tests, NULL, NULL);
}
