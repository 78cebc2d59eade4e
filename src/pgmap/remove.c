/* SPDX-License-Identifier: MIT */
/*
 * remove.c - the steps of a removal: disable and drain of "disable, invalidate, drain"
 *
 * same: memunmap_pages() (v6.12, mm/memremap.c), and the orders of its steps before 50f44ee7248a
 * (merged for v5.2), in v5.3 and in v6.0.
 *
 * States of a pgmap by predicate (bits of .started and .done are those of enum hs_pgmap_step):
 *
 *	registered, not dying		alive: lookups obtain references
 *	dying, not done WAIT		killed: a lookup that begins now obtains no reference; those
 *					that are held, cached ones too, keep the memory
 *	done WAIT			drained: no task holds a reference or can obtain one
 *	done MEMORY			its struct pages are gone, or stale
 *	done ERASE			no lookup finds it
 *	done EXIT			its counters are freed; the reference stays dead
 *
 * Legal: each step once; WAIT and EXIT after KILL; free after all. Every other order is allowed,
 * but may be a bug: pgmap_remove_orders[] has the orders of the kernel.
 *
 * Who may free what: the owner frees the pgmap, or the struct of its own that holds it, after all
 * steps. The task that completes a step
 * touches nothing of the pgmap after .done; therefore the queue is in the machine.
 *
 * Grace periods: the callback of the kill sums the counters after one, and erase waits for one.
 * With an atomic reference there is nothing to sum, so erase waits for the only one. The number of
 * pages does not matter.
 *
 * A lookup against a removal, and what keeps it safe at each step:
 *
 *	lookup				removal
 *	rcu_read_lock			kill: dead
 *	index: the pgmap		put pages, wait: for references obtained before
 *	tryget_live			memory: no reference is held
 *	rcu_read_unlock			erase; a grace period
 *	touch a page, put		exit, free: no lookup that read the index is still running
 *
 *	Required outcome: page and pgmap are live when they are touched.
 *	(src/text/scenarios/removal.txt: lookup)
 *
 * A cached reference is counted, and the removal waits for it:
 *
 *	lookup				removal
 *	tryget_live: true, cached
 *					kill, wait: not yet
 *	touch pages
 *	put the cached one		drained
 *
 *	Required outcome: memory is removed after the put.
 *	(src/text/scenarios/removal.txt: cached-lookup)
 *
 * Memory before the wait, as before 50f44ee7248a:
 *
 *	lookup				removal
 *	tryget_live: true
 *					kill, memory
 *	touch a page			wait: too late
 *
 *	Required outcome: none. The lookup touches a freed page.
 *	(src/text/scenarios/removal.txt: lookup, order=5.2)
 *
 * Exit before erase, as in 5.3: the index still names the pgmap when the counters are freed.
 *
 *	lookup				removal
 *	rcu_read_lock			kill; the callback, a grace period later; drained
 *	index: the pgmap		exit: state = dead without counters, free them
 *	tryget_live: state is dead
 *	rcu_read_unlock			erase; a grace period; free
 *
 *	Required outcome: the lookup finds it dead. A lookup that read the state before the kill has
 *	left its RCU section when the counters are freed, because the drain took a grace period.
 *	(src/text/scenarios/removal.txt: lookup, order=5.3)
 *
 * With an atomic reference the drain takes none, and a lookup that read the state before the kill
 * meets a count that exit has freed: percpu_ref.h has the drawing. In v5.3 itself the count was in
 * the struct, and could be read.
 */
#include "memory/hotplug.h"
#include "pgmap/pgmap.h"

static const enum hs_pgmap_step pgmap_remove_orders[HS_REMOVAL_ORDER_COUNT][HS_PGMAP_STEP_COUNT] = {
	[HS_REMOVAL_ORDER_5_2] = { HS_PGMAP_KILL, HS_PGMAP_PUT_PAGES, HS_PGMAP_MEMORY,
				   HS_PGMAP_ERASE, HS_PGMAP_WAIT, HS_PGMAP_EXIT },
	[HS_REMOVAL_ORDER_5_3] = { HS_PGMAP_KILL, HS_PGMAP_PUT_PAGES, HS_PGMAP_WAIT, HS_PGMAP_EXIT,
				   HS_PGMAP_MEMORY, HS_PGMAP_ERASE },
	[HS_REMOVAL_ORDER_6_0] = { HS_PGMAP_KILL, HS_PGMAP_PUT_PAGES, HS_PGMAP_WAIT,
				   HS_PGMAP_MEMORY, HS_PGMAP_ERASE, HS_PGMAP_EXIT },
};

const enum hs_pgmap_step *hs_removal_steps(enum hs_removal_order order)
{
	return (unsigned int)order < HS_REMOVAL_ORDER_COUNT ? pgmap_remove_orders[order] : NULL;
}

enum hs_removal_order hs_pgmap_removal_order(const struct hs_pgmap *pgmap)
{
	return pgmap->removal_order;
}

const char *hs_pgmap_step_name(enum hs_pgmap_step step)
{
	static const char *const names[HS_PGMAP_STEP_COUNT] = {
		[HS_PGMAP_KILL] = "kill",   [HS_PGMAP_PUT_PAGES] = "put-pages",
		[HS_PGMAP_WAIT] = "drain",  [HS_PGMAP_MEMORY] = "memory",
		[HS_PGMAP_ERASE] = "erase", [HS_PGMAP_EXIT] = "exit-ref",
	};

	return (unsigned int)step < HS_PGMAP_STEP_COUNT ? names[step] : "?";
}

static void pgmap_remove_check_step(struct hs_task *self, enum hs_pgmap_step step)
{
	hs_assert_at(self, HS_HERE, (unsigned int)step < HS_PGMAP_STEP_COUNT,
		     "there is no removal step %d", (int)step);
}

/* ---- completion -------------------------------------------------------------------------- */

/* The last access to the pgmap: afterwards its owner may free it. */
static void pgmap_remove_complete(struct hs_task *self, struct hs_pgmap *p, enum hs_pgmap_step step)
{
	struct hs_machine *m = hs_machine_of(self);

	hs_complete(self, &m->pagemap_queue, &p->done, 1u << step);
	if (HS_BREAK(REMOVE_TOUCHES_DONE))
		hs_deref(self, p);
}

void hs_pgmap_released(struct hs_task *self, struct hs_percpu_ref *ref)
{
	pgmap_remove_complete(self, hs_container_of(ref, struct hs_pgmap, ref), HS_PGMAP_WAIT);
}

static void pgmap_remove_erased(struct hs_task *self, struct hs_rcu_head *head)
{
	pgmap_remove_complete(self, hs_container_of(head, struct hs_pgmap, erased), HS_PGMAP_ERASE);
}

/* ---- steps ------------------------------------------------------------------------------- */

/*
 * With the references of 5.3 the core's reference to each page is put; a page that is pinned puts
 * its reference to the pgmap later, with the last pin. No page can be allocated after the lock was
 * held once: pages.c has the drawing.
 */
static void pgmap_remove_put_pages(struct hs_task *self, struct hs_pgmap *p)
{
	uint64_t bulk = hs_pgmap_bulk(p);

	if (p->page_refs == HS_PAGE_REFS_5_3) {
		if (!HS_BREAK(REMOVE_PUTS_UNLOCKED)) {
			hs_spin_lock(self, &p->pages_lock);
			hs_spin_unlock(self, &p->pages_lock);
		}
		for (uint64_t pfn = p->first; pfn < p->end; pfn++) {
			struct hs_page *page = hs_pfn_to_page(self, pfn);

			hs_assert_at(self, HS_HERE, page,
				     "the removal step \"put-pages\" comes after \"memory\"");
			hs_page_put(self, page);
		}
	} else if (bulk) {
		hs_percpu_ref_put_many(self, &p->ref, bulk);
	}
}

/* The count of a page that only the core refers to: of 5.3, PUT_PAGES has put that reference. */
static uint32_t pgmap_remove_idle_count(const struct hs_pgmap *p)
{
	bool put = p->page_refs == HS_PAGE_REFS_5_3 && p->started.raw >> HS_PGMAP_PUT_PAGES & 1;

	return put ? 0 : hs_page_idle_count(p);
}

static void pgmap_remove_note_start(struct hs_task *self, struct hs_pgmap *p,
				    enum hs_pgmap_step step)
{
	uint32_t was;

	pgmap_remove_check_step(self, step);
	hs_assert_at(self, HS_HERE, p->first < p->end,
		     "a removal step of a pgmap without memory; use hs_pgmap_remove()");
	was = hs_u32_or(self, &p->started, 1u << step, HS_ACQ_REL);
	hs_assert_at(self, HS_HERE, !(was >> step & 1), "the removal step \"%s\" is started twice",
		     hs_pgmap_step_name(step));
	hs_assert_at(self, HS_HERE,
		     (step != HS_PGMAP_WAIT && step != HS_PGMAP_EXIT) || was >> HS_PGMAP_KILL & 1,
		     "the removal step \"%s\" is started before \"kill\"",
		     hs_pgmap_step_name(step));
}

void hs_pgmap_step_start(struct hs_task *self, struct hs_pgmap *pgmap, enum hs_pgmap_step step)
{
	pgmap_remove_note_start(self, pgmap, step);
	switch (step) {
	case HS_PGMAP_KILL:
		hs_percpu_ref_kill(self, &pgmap->ref);
		break;
	case HS_PGMAP_PUT_PAGES:
		pgmap_remove_put_pages(self, pgmap);
		break;
	case HS_PGMAP_MEMORY:
		hs_memory_remove_device(self, pgmap->start, pgmap->end,
					pgmap_remove_idle_count(pgmap));
		break;
	case HS_PGMAP_EXIT:
		hs_percpu_ref_exit(self, &pgmap->ref);
		break;
	case HS_PGMAP_ERASE:
		if (!HS_BREAK(REMOVE_ERASE_LATE))
			hs_pgmap_unregister(self, pgmap);
		if (HS_BREAK(REMOVE_ERASE_NO_GRACE))
			pgmap_remove_erased(self, &pgmap->erased);
		else
			hs_call_rcu(self, &pgmap->erased, pgmap_remove_erased);
		if (HS_BREAK(REMOVE_ERASE_LATE))
			hs_pgmap_unregister(self, pgmap);
		return;
	default: /* WAIT: the last put completes it */
		return;
	}
	pgmap_remove_complete(self, pgmap, step);
}

static bool pgmap_remove_step_is_done(struct hs_task *self, struct hs_pgmap *p,
				      enum hs_pgmap_step step)
{
	return hs_u32_load(self, &p->done, HS_ACQUIRE) >> step & 1;
}

bool hs_pgmap_step_done(struct hs_task *self, struct hs_pgmap *pgmap, enum hs_pgmap_step step)
{
	pgmap_remove_check_step(self, step);
	return pgmap_remove_step_is_done(self, pgmap, step);
}

bool hs_pgmap_step_poll(struct hs_task *self, struct hs_pgmap *pgmap, enum hs_pgmap_step step)
{
	if (hs_pgmap_step_done(self, pgmap, step))
		return true;
	hs_rcu_poll(self);
	return pgmap_remove_step_is_done(self, pgmap, step);
}

int64_t hs_pgmap_refs(struct hs_task *self, struct hs_pgmap *pgmap)
{
	uint64_t sum = hs_percpu_ref_sum(self, &pgmap->ref);
	uint64_t own = hs_percpu_ref_is_dying(self, &pgmap->ref) ? 0 : 1;

	if (!hs_pgmap_step_done(self, pgmap, HS_PGMAP_PUT_PAGES))
		own += hs_pgmap_bulk(pgmap);
	return (int64_t)(sum - own);
}

void hs_pgmap_step_wait(struct hs_task *self, struct hs_pgmap *pgmap, enum hs_pgmap_step step)
{
	pgmap_remove_check_step(self, step);
	hs_wait_for_completion(self, &hs_machine_of(self)->pagemap_queue, &pgmap->done, 1u << step);
}

void hs_pgmap_step(struct hs_task *self, struct hs_pgmap *pgmap, enum hs_pgmap_step step)
{
	bool waits = (step == HS_PGMAP_WAIT && !HS_BREAK(REMOVE_NO_WAIT)) || step == HS_PGMAP_ERASE;

	if (waits)
		hs_might_sleep(self);
	hs_pgmap_step_start(self, pgmap, step);
	if (waits)
		hs_pgmap_step_wait(self, pgmap, step);
}

void hs_pgmap_free(struct hs_task *self, struct hs_pgmap *pgmap)
{
	const enum hs_pgmap_step *steps = hs_removal_steps(pgmap->removal_order);
	uint32_t done = hs_u32_load(self, &pgmap->started, HS_ACQUIRE) &
			hs_u32_load(self, &pgmap->done, HS_ACQUIRE);

	for (int i = 0; i < HS_PGMAP_STEP_COUNT; i++)
		hs_assert_at(self, HS_HERE, done >> steps[i] & 1,
			     "hs_pgmap_free: the removal step \"%s\" is not done",
			     hs_pgmap_step_name(steps[i]));
	hs_pgmap_release_object(self, pgmap);
}

void hs_pgmap_destroy(struct hs_task *self, struct hs_pgmap *pgmap)
{
	const enum hs_pgmap_step *steps =
		pgmap_remove_orders[HS_BREAK(REMOVE_MEMORY_EARLY) ? HS_REMOVAL_ORDER_5_2
								  : pgmap->removal_order];

	hs_might_sleep(self);
	for (int i = 0; i < HS_PGMAP_STEP_COUNT; i++)
		hs_pgmap_step(self, pgmap, steps[i]);
	hs_pgmap_free(self, pgmap);
}
