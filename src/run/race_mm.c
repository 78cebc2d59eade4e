/* SPDX-License-Identifier: MIT */
/*
 * race_mm.c - what happens to an address space, and what tasks tell each other
 *
 * invented.
 */
#include <errno.h>

#include <hmmsim/fault.h>

#include "mm/zap.h"
#include "run/race_state.h"
#include "text/entries.h"
#include "text/error_name.h"

static struct hs_race_mm *race_mm_of(struct hs_race_actor *a, const struct hs_race_step *step)
{
	return &a->state->thing[step->arg[0]].mm;
}

static int race_mm_status(int ret)
{
	return ret == -EBUSY ? HS_RACE_AGAIN : ret;
}

/* ---- accesses and invalidations ---------------------------------------------------------- */

HS_RACE_DO(FAULT)
{
	uint64_t pfn;

	return hs_cpu_access(self, race_mm_of(a, step)->mm, step->arg[1],
			     step->arg[2] & HS_VM_WRITE, &pfn)
		       ? -EFAULT
		       : 0;
}

HS_RACE_DO(STORE)
{
	return hs_cpu_write(self, race_mm_of(a, step)->mm, step->arg[1], step->arg[2]) ? -EFAULT
										       : 0;
}

/* Field by field, because the padding of a struct on the stack is what the stack held. */
static void race_mm_keep(struct hs_invalidation *inv, const struct hs_race_step *step,
			 bool blockable)
{
	inv->start = step->arg[1];
	inv->end = step->arg[2];
	inv->event = (enum hs_invalidate_event)step->arg[3];
	inv->owner = hs_race_owner(step->arg[4]);
	inv->blockable = blockable;
}

static int race_mm_invalidate(struct hs_task *self, struct hs_race_actor *a,
			      const struct hs_race_step *step, bool blockable)
{
	struct hs_race_hold *hold = hs_race_take(self, a, HS_RACE_INV_START, step->arg[0]);
	int ret;

	race_mm_keep(&hold->inv, step, blockable);
	ret = hs_invalidate_start(self, hs_mm_notifiers(race_mm_of(a, step)->mm), &hold->inv);
	if (ret)
		hs_race_drop(a, hold);
	return ret == -EAGAIN ? HS_RACE_AGAIN : ret;
}

HS_RACE_DO(INV_START)
{
	return race_mm_invalidate(self, a, step, true);
}

HS_RACE_DO(INV_TRY)
{
	return race_mm_invalidate(self, a, step, false);
}

HS_RACE_DO(INV_END)
{
	struct hs_race_hold *hold = hs_race_held(a, HS_RACE_BIT(INV_START), step->arg[0], 0);

	hs_race_assert(self, a, hold, "the task has started no invalidation of %s",
		       hs_race_name(a->state, step->arg[0]));
	hs_invalidate_end(self, hs_mm_notifiers(race_mm_of(a, step)->mm), &hold->inv);
	hs_race_drop(a, hold);
	return 0;
}

/* ---- entries and VMAs -------------------------------------------------------------------- */

/* The mmap lock keeps the tables, as in MADV_DONTNEED. */
HS_RACE_DO(ZAP)
{
	struct hs_mm *mm = race_mm_of(a, step)->mm;

	hs_mm_lock_read(self, mm);
	hs_zap_entries(self, mm, step->arg[1], step->arg[2], NULL);
	hs_mm_unlock_read(self, mm);
	return 0;
}

HS_RACE_DO(MUNMAP)
{
	return hs_munmap(self, race_mm_of(a, step)->mm, step->arg[1], step->arg[2]);
}

HS_RACE_DO(MPROTECT)
{
	return hs_mprotect(self, race_mm_of(a, step)->mm, step->arg[1], step->arg[2],
			   (uint32_t)step->arg[3]);
}

HS_RACE_DO(DONTNEED)
{
	return hs_madvise_dontneed(self, race_mm_of(a, step)->mm, step->arg[1], step->arg[2]);
}

HS_RACE_DO(SWAP_OUT)
{
	return race_mm_status(hs_swap_out(self, race_mm_of(a, step)->mm, step->arg[1]));
}

HS_RACE_DO(MIGRATE_START)
{
	struct hs_race_hold *hold = hs_race_take(self, a, HS_RACE_MIGRATE_START, step->arg[0]);
	int ret = hs_migration_start(self, race_mm_of(a, step)->mm, step->arg[1], NULL,
				     &hold->migration);

	if (ret)
		hs_race_drop(a, hold);
	return race_mm_status(ret);
}

HS_RACE_DO(MIGRATE_END)
{
	struct hs_race_hold *hold = hs_race_held(a, HS_RACE_BIT(MIGRATE_START), step->arg[0], 0);

	hs_race_assert(self, a, hold, "the task has started no migration in %s",
		       hs_race_name(a->state, step->arg[0]));
	hs_migration_end(self, &hold->migration, NULL);
	hs_race_drop(a, hold);
	return 0;
}

HS_RACE_DO(MM_EXIT)
{
	struct hs_race_mm *mm = race_mm_of(a, step);
	uint32_t exited;

	HS_RACE_WORD(self, a, exited = hs_u32_xchg(self, &mm->exited, 1, HS_ACQ_REL));
	hs_race_assert(self, a, !exited, "%s has ended already",
		       hs_race_name(a->state, step->arg[0]));
	hs_mmput(self, mm->mm);
	return 0;
}

HS_RACE_DO(ENTRY)
{
	return hs_pt_set(self, race_mm_of(a, step)->mm, step->arg[1], 0,
			 hs_map_entry((enum hs_map_kind)step->arg[2], 0, step->arg[3]));
}

HS_RACE_DO(ASSERT_IDLE)
{
	struct hs_race_mm *mm = race_mm_of(a, step);

	hs_race_answer(self, a,
		       hs_notifiers_idle(hs_mm_notifiers(mm->mm)) && (!mm->hmm || !mm->hmm->active),
		       "an invalidation of %s is in progress",
		       hs_race_name(a->state, step->arg[0]));
	return 0;
}

/* ---- tasks ------------------------------------------------------------------------------- */

HS_RACE_DO(SET)
{
	HS_RACE_WORD(self, a,
		     hs_u32_store(self, &a->state->thing[step->arg[0]].flag, 1, HS_RELEASE));
	return 0;
}

static bool race_mm_flag_is_set(struct hs_task *self, void *arg)
{
	return hs_u32_load(self, arg, HS_ACQUIRE) != 0;
}

HS_RACE_DO(AWAIT)
{
	hs_sleep_until_at(self, race_mm_flag_is_set, &a->state->thing[step->arg[0]].flag, a->place);
	return 0;
}

HS_RACE_DO(GATE_AWAIT)
{
	struct hs_processor *left = NULL;

	while (!hs_gate_waiters(self, a->state->thing[step->arg[0]].gate)) {
		left = left ? left : hs_processor_leave_at(self, a->place);
		hs_retry_wait_at(self, "a fault stands at the gate", a->place);
	}
	hs_processor_take_at(self, left, a->place);
	return 0;
}

HS_RACE_DO(GATE_OPEN)
{
	(void)a;
	hs_gate_open(self, a->state->thing[step->arg[0]].gate);
	return 0;
}

HS_RACE_DO(RCU_READ)
{
	(void)step;
	hs_rcu_read_lock_at(self, a->place);
	hs_race_take(self, a, HS_RACE_RCU_READ, 0);
	return 0;
}

HS_RACE_DO(RCU_UNREAD)
{
	struct hs_race_hold *hold = hs_race_held(a, HS_RACE_BIT(RCU_READ), HS_RACE_ANY, 0);

	(void)step;
	hs_race_assert(self, a, hold, "the task is in no RCU read section");
	hs_rcu_read_unlock_at(self, a->place);
	hs_race_drop(a, hold);
	return 0;
}

HS_RACE_DO(RCU_SYNC)
{
	(void)step;
	hs_synchronize_rcu_at(self, a->place);
	return 0;
}

HS_RACE_DO(CALL)
{
	const struct hs_race_function *f = &a->state->program->function[step->arg[0]];

	f->fn(self, f->arg);
	return 0;
}

/* ---- what must hold ---------------------------------------------------------------------- */

static const char *race_mm_error(int error)
{
	const char *name = hs_error_name(error);

	return !error ? "0" : name ? name : "another error";
}

HS_RACE_DO(ASSERT_RESULT)
{
	const struct hs_race_actor *task = &a->state->actor[step->arg[0] + 1];

	hs_race_answer(self, a, task->result == -(int)step->arg[1],
		       "the last walk or populate of %s returned %s, expected %s",
		       hs_race_of(a)->task[step->arg[0]].name, race_mm_error(task->result),
		       race_mm_error(-(int)step->arg[1]));
	return 0;
}

HS_RACE_DO(ASSERT_TURNS)
{
	const struct hs_race_actor *task = &a->state->actor[step->arg[0] + 1];

	hs_race_answer(self, a, task->turns <= step->arg[1],
		       "%s tried again %llu times, expected at most %llu",
		       hs_race_of(a)->task[step->arg[0]].name, (unsigned long long)task->turns,
		       (unsigned long long)step->arg[1]);
	return 0;
}

HS_RACE_DO(ASSERT_VALUE)
{
	uint64_t value = 0;

	if (hs_cpu_read(self, race_mm_of(a, step)->mm, step->arg[1], &value))
		return hs_race_of(a)->judged & HS_RACE_ANSWER ? -EFAULT : 0;
	hs_race_answer(self, a, value == step->arg[2],
		       "a load from %#llx of %s found %llu, expected %llu",
		       (unsigned long long)step->arg[1], hs_race_name(a->state, step->arg[0]),
		       (unsigned long long)value, (unsigned long long)step->arg[2]);
	return 0;
}
