/* SPDX-License-Identifier: MIT */
/*
 * Removals of a pgmap against what no race of src/text/scenarios/removal.txt can say: a failed
 * creation, an entry of v6.15, a registration without memory. The scenarios in which faults of the
 * model are looked for are those of races.
 */
#include "support/broken.h"
#include "support/pgmap_race.h"

static void failed_creation_waits_for_a_lookup(void **state)
{
	(void)state;
	holds(37, (struct param){ .type = HS_PGMAP_GENERIC,
				  .refs = HS_PAGE_REFS_6_1,
				  .roles = { READER, CREATOR } });
	both_were_seen();
}

/* The drain does not wait for an entry: the file system does so, before the drain. */
static void entry_of_6_15_does_not_hold_the_memory(void **state)
{
	const struct param p = { .type = HS_PGMAP_FS_DAX,
				 .refs = HS_PAGE_REFS_6_15,
				 .removal_order = HS_REMOVAL_ORDER_6_0,
				 .roles = { MAPPER, REMOVER } };

	(void)state;
	fails(p, HS_VERDICT_FREED, "is freed (task mapper)", 6);
}

/* ---- registrations alone ----------------------------------------------------------------- */

struct registration {
	struct hs_pgmap *pgmap;
	hs_u32 killed;
};

static void registration_owner(struct hs_task *self, void *arg)
{
	struct registration *r = arg;

	hs_pgmap_kill(self, r->pgmap);
	hs_u32_store(self, &r->killed, 1, HS_RELEASE);
	hs_pgmap_remove(self, r->pgmap);
}

static void registration_reader(struct hs_task *self, void *arg)
{
	struct registration *r = arg;

	if (hs_u32_load(self, &r->killed, HS_ACQUIRE))
		hs_assert(self, !hs_pgmap_get(self, 9, NULL), "a killed pgmap is found");
}

static int registration_setup(struct hs_task *self, struct hs_plan *plan, void *state,
			      const void *param)
{
	struct registration *r = state;
	int ret = hs_pgmap_add(self, HS_PGMAP_FS_DAX, 8, 10, NULL, &r->pgmap);

	if (!ret)
		ret = hs_plan_task(plan, "owner", registration_owner, r);
	return ret || !*(const bool *)param ? ret
					    : hs_plan_task(plan, "reader", registration_reader, r);
}

static const struct hs_scenario registration = { "registration", sizeof(struct registration),
						 registration_setup, NULL };

/* With the callback of the kill, which the explorer runs as a task of its own. */
static void end_of_a_registration_waits_for_the_kill(void **state)
{
	static const bool reader[] = { false, true };

	(void)state;
	explore_holds(&registration, &reader[0], 6);
	explore_holds(&registration, &reader[1], 24);
}

/* ---- faults of the model ------------------------------------------------------------------ */

static const struct param looked_up = { .type = HS_PGMAP_GENERIC,
					.refs = HS_PAGE_REFS_6_1,
					.removal_order = HS_REMOVAL_ORDER_6_0,
					.roles = { READER, REMOVER } };
static const struct param looked_up_atomic = { .type = HS_PGMAP_GENERIC,
					       .refs = HS_PAGE_REFS_6_1,
					       .removal_order = HS_REMOVAL_ORDER_6_0,
					       .atomic = true,
					       .roles = { READER, REMOVER } };
static const struct param cached = { .type = HS_PGMAP_GENERIC,
				     .refs = HS_PAGE_REFS_6_1,
				     .removal_order = HS_REMOVAL_ORDER_6_0,
				     .roles = { CACHER, REMOVER } };
static const struct param failed_creation = { .type = HS_PGMAP_GENERIC,
					      .refs = HS_PAGE_REFS_6_1,
					      .roles = { READER, CREATOR } };
static const struct param last_put = { .type = HS_PGMAP_PRIVATE,
				       .refs = HS_PAGE_REFS_6_1,
				       .removal_order = HS_REMOVAL_ORDER_6_0,
				       .roles = { PUTTER, REMOVER } };
static const struct param handed_out = { .type = HS_PGMAP_PRIVATE,
					 .refs = HS_PAGE_REFS_6_1,
					 .roles = { TAKER, DRAINER } };
static const struct param handed_out_5_3 = { .type = HS_PGMAP_PRIVATE,
					     .refs = HS_PAGE_REFS_5_3,
					     .roles = { TAKER, DRAINER } };
static const bool with_reader = true, without_reader;

static const struct broken faults[] = {
	{ HS_BREAK_PERCPU_REF_TRYGET_GAP, false, &pgmap_scenario, &handed_out, HS_VERDICT_ASSERT,
	  "hs_percpu_ref_put_many: the count is 0, 1 are put", 21 },
	{ HS_BREAK_PERCPU_REF_PUT_GAP, true, &pgmap_scenario, &last_put, HS_VERDICT_DEADLOCK,
	  "nothing can move: remover in wait for completion", 4 },
	{ HS_BREAK_PERCPU_REF_TRYGET_DYING, false, &registration, &with_reader, HS_VERDICT_ASSERT,
	  "a killed pgmap is found (task reader)", 13 },
	{ HS_BREAK_PGMAP_GET_GAP, true, &pgmap_scenario, &looked_up_atomic, HS_VERDICT_FREED,
	  "load of an object that is freed (task reader)", 15 },
	{ HS_BREAK_PGMAP_GET_DEAD, false, &pgmap_scenario, &looked_up_atomic, HS_VERDICT_FREED,
	  "load of an object that is freed (task reader)", 5 },
	{ HS_BREAK_PGMAP_GET_PUTS_CACHED, false, &pgmap_scenario, &cached, HS_VERDICT_ASSERT,
	  "hs_percpu_ref_put_many: the count is 0, 1 are put", 1 },
	{ HS_BREAK_REMOVE_TOUCHES_DONE, true, &pgmap_scenario, &looked_up, HS_VERDICT_FREED,
	  "dereference of an object that is freed (task rcu callback)", 2 },
	{ HS_BREAK_REMOVE_PUTS_UNLOCKED, false, &pgmap_scenario, &handed_out_5_3, HS_VERDICT_ASSERT,
	  "hs_page_get: refcount is 0 (task taker)", 52 },
	{ HS_BREAK_REMOVE_NO_WAIT, false, &pgmap_scenario, &last_put, HS_VERDICT_ASSERT,
	  "hs_pgmap_free: the removal step \"drain\" is not done", 2 },
	{ HS_BREAK_REMOVE_ERASE_NO_GRACE, false, &pgmap_scenario, &looked_up_atomic,
	  HS_VERDICT_FREED, "read-modify-write of an object that is freed (task reader)", 5 },
	{ HS_BREAK_REMOVE_ERASE_LATE, true, &pgmap_scenario, &looked_up_atomic, HS_VERDICT_FREED,
	  "load of an object that is freed (task reader)", 24 },
	{ HS_BREAK_CREATE_FAILED_NO_WAIT, false, &pgmap_scenario, &failed_creation,
	  HS_VERDICT_FREED, "read-modify-write of an object that is freed", 2 },
	{ HS_BREAK_PGMAP_REMOVE_NO_GRACE, true, &registration, &with_reader, HS_VERDICT_FREED,
	  "load of an object that is freed (task reader)", 3 },
	{ HS_BREAK_PGMAP_REMOVE_NO_BARRIER, false, &registration, &without_reader,
	  HS_VERDICT_ASSERT, "hs_pgmap_remove: 1 references to the pgmap of pfn 0x8 are held", 2 },
	{ HS_BREAK_PAGES_ALLOC_DEAD, false, &pgmap_scenario, &handed_out, HS_VERDICT_ASSERT,
	  "hs_percpu_ref_kill: 1 references were put and never taken", 21 },
	{ HS_BREAK_PAGES_LOOK_UNLOCKED, false, &pgmap_scenario, &handed_out_5_3, HS_VERDICT_ASSERT,
	  "hs_page_get: refcount is 0 (task taker)", 57 },
	{ HS_BREAK_PAGES_COUNT_LATE, false, &pgmap_scenario, &handed_out_5_3, HS_VERDICT_ASSERT,
	  "hs_page_get: refcount is 0 (task taker)", 57 },
	{ HS_BREAK_PAGE_PUT_PGMAP_FIRST, false, &pgmap_scenario, &last_put, HS_VERDICT_FREED,
	  "unlock of an object that is freed (task putter)", 4 },
	{ HS_BREAK_PAGE_PUT_KEEPS_PGMAP, false, &pgmap_scenario, &last_put, HS_VERDICT_DEADLOCK,
	  "nothing can move: remover in wait for completion", 1 },
};

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failed_creation_waits_for_a_lookup),
		cmocka_unit_test(entry_of_6_15_does_not_hold_the_memory),
		cmocka_unit_test(end_of_a_registration_waits_for_the_kill),
	};

	return model_main("removal model", tests, faults);
}
