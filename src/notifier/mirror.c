/* SPDX-License-Identifier: MIT */
/*
 * mirror.c - the mirror of v5.3 and its flag
 *
 * reduced: struct hmm, hmm_mirror and the validity of hmm_range (v5.3, mm/hmm.c). One hs_hmm per
 * address space is a plain notifier; it counts the invalidations in progress and notifies the
 * mirrors.
 *
 * States of a range, by predicate. active is the kernel's hmm->notifiers, the number of
 * invalidations in progress:
 *
 *	hmm == NULL		not registered; never valid
 *	valid			(P1) no invalidation that hit it is in progress; some may have begun
 *				and ended before. (P3) Others may be in progress.
 *	!valid, active != 0	it was hit, or registered while an invalidation was in progress. It
 *				stays so until active is 0: (P2) a long invalidation of something
 *				else keeps every range that was hit invalid
 *	!valid, active == 0	impossible under ranges_lock
 *
 * An invalidation hits a range unless it ends before the range's first byte or starts at or after
 * its end. So one that ends exactly where the range starts hits as well, though its end is
 * exclusive. The kernel did so too; it costs a retry.
 *
 * Lock order: mirrors_sem < the driver lock; ranges_lock is taken alone.
 *
 * Who may free what: the caller of an unregister function frees the mirror or range, once it
 * returned.
 *
 * What the flag cannot see:
 *
 *	reader				invalidator
 *	wait until valid
 *	look at the CPU's entry
 *					start: valid = false, sync clears the device's entry
 *					clear the CPU's entry
 *					end: valid = true
 *	driver lock
 *	valid: write the device's entry
 *	driver unlock			free the page
 *
 *	Required outcome: a device entry of a freed page is left, or the freed page is touched. For
 *	this reason commit 04ec32fbc2b2 (v5.5) removed the flag.
 *	(src/text/scenarios/notifier.txt: flag)
 */
#include "notifier/notifier.h"

#include <errno.h>

static struct hs_hmm *mirror_hmm_of(struct hs_notifier *n)
{
	return hs_container_of(n, struct hs_hmm, notifier);
}

/* ---- invalidations ----------------------------------------------------------------------- */

static bool mirror_is_hit(const struct hs_mirror_range *r, const struct hs_invalidation *inv)
{
	return !(inv->end < r->start || inv->start >= r->end);
}

static void mirror_set_valid(struct hs_task *self, struct hs_mirror_range *r, bool valid)
{
	hs_u32_store(self, hs_range_flag(r), valid, HS_RELEASE);
}

static void mirror_count_down(struct hs_task *self, struct hs_hmm *hmm)
{
	bool none;

	hs_spin_lock(self, &hmm->ranges_lock);
	hs_assert_spin(self, &hmm->ranges_lock);
	none = !--hmm->active;
	for (struct hs_mirror_range *r = hmm->ranges; none && r; r = r->next)
		mirror_set_valid(self, r, true);
	hs_spin_unlock(self, &hmm->ranges_lock);
	if (none)
		hs_wake_all(self, &hmm->queue);
}

static void mirror_count_up(struct hs_task *self, struct hs_hmm *hmm,
			    const struct hs_invalidation *inv)
{
	hs_spin_lock(self, &hmm->ranges_lock);
	hs_assert_spin(self, &hmm->ranges_lock);
	hmm->active++;
	for (struct hs_mirror_range *r = hmm->ranges; r; r = r->next)
		if (mirror_is_hit(r, inv))
			mirror_set_valid(self, r, false);
	hs_spin_unlock(self, &hmm->ranges_lock);
}

static int mirror_sync_all(struct hs_task *self, struct hs_hmm *hmm,
			   const struct hs_invalidation *inv)
{
	int ret = 0;

	if (inv->blockable)
		hs_down_read(self, &hmm->mirrors_sem);
	else if (!hs_down_read_trylock(self, &hmm->mirrors_sem))
		return -EAGAIN;
	hs_assert_read(self, &hmm->mirrors_sem);
	for (struct hs_mirror *m = hmm->mirrors; m && !ret; m = m->next) {
		ret = m->ops->sync(self, m, inv);
		hs_assert_at(self, HS_HERE, !ret || (ret == -EAGAIN && !inv->blockable),
			     "a mirror returned %d for a %sblockable invalidation", ret,
			     inv->blockable ? "" : "non-");
	}
	hs_up_read(self, &hmm->mirrors_sem);
	return ret;
}

static int mirror_hmm_start(struct hs_task *self, struct hs_notifier *n,
			    const struct hs_invalidation *inv)
{
	struct hs_hmm *hmm = mirror_hmm_of(n);
	int ret;

	mirror_count_up(self, hmm, inv);
	ret = mirror_sync_all(self, hmm, inv);
	if (ret)
		mirror_count_down(self, hmm);
	return ret;
}

static void mirror_hmm_end(struct hs_task *self, struct hs_notifier *n,
			   const struct hs_invalidation *inv)
{
	(void)inv;
	mirror_count_down(self, mirror_hmm_of(n));
}

/* The kernel warns about ranges: each holds the address space, so that its end cannot begin. */
static void mirror_hmm_release(struct hs_task *self, struct hs_notifier *n)
{
	struct hs_hmm *hmm = mirror_hmm_of(n);
	bool ranges;

	hs_spin_lock(self, &hmm->ranges_lock);
	hs_assert_spin(self, &hmm->ranges_lock);
	hmm->dead = true;
	ranges = hmm->ranges;
	hs_spin_unlock(self, &hmm->ranges_lock);
	hs_assert_at(self, HS_HERE, !ranges,
		     "hs_notifiers_release: a range of the address space is registered");
	hs_down_read(self, &hmm->mirrors_sem);
	hs_assert_read(self, &hmm->mirrors_sem);
	for (struct hs_mirror *m = hmm->mirrors; m; m = m->next)
		if (m->ops->release)
			m->ops->release(self, m);
	hs_up_read(self, &hmm->mirrors_sem);
}

static const struct hs_notifier_ops mirror_hmm_ops = { mirror_hmm_start, mirror_hmm_end,
						       mirror_hmm_release };

/* ---- mirrors ----------------------------------------------------------------------------- */

int hs_hmm_create(struct hs_task *self, struct hs_notifiers *notifiers, struct hs_hmm **out)
{
	struct hs_hmm *hmm = hs_alloc(self, HS_KIND_HMM, sizeof(*hmm));
	int ret;

	if (!hmm)
		return -ENOMEM;
	hs_rwsem_init(&hmm->mirrors_sem, HS_LOCK_MIRRORS);
	hs_spin_init(&hmm->ranges_lock, HS_LOCK_SUBSCRIPTIONS);
	hs_waitq_init(&hmm->queue);
	ret = hs_notifier_register(self, &hmm->notifier, notifiers, &mirror_hmm_ops);
	if (ret) {
		hs_free(self, hmm, HS_KIND_HMM, sizeof(*hmm));
		return ret;
	}
	*out = hmm;
	return 0;
}

void hs_hmm_destroy(struct hs_task *self, struct hs_hmm *hmm)
{
	hs_might_sleep(self);
	hs_plain_unregister(self, &hmm->notifier);
	hs_assert(self, !hmm->mirrors, "hs_hmm_destroy: a mirror is left");
	hs_assert(self, !hmm->ranges, "hs_hmm_destroy: a range is left");
	hs_free(self, hmm, HS_KIND_HMM, sizeof(*hmm));
}

static bool mirror_is_dead(struct hs_task *self, struct hs_hmm *hmm)
{
	bool dead;

	hs_spin_lock(self, &hmm->ranges_lock);
	dead = hmm->dead;
	hs_spin_unlock(self, &hmm->ranges_lock);
	return dead;
}

/*
 * The release sets dead before it takes mirrors_sem: it finds each mirror that was accepted here.
 */
int hs_mirror_register(struct hs_task *self, struct hs_mirror *mirror, struct hs_hmm *hmm,
		       const struct hs_mirror_ops *ops)
{
	struct hs_mirror **at = &hmm->mirrors;
	bool dead;

	mirror->hmm = NULL;
	if (!ops || !ops->sync)
		return -EINVAL;
	mirror->ops = ops;
	mirror->next = NULL;
	dead = HS_BREAK(MIRROR_LOOKS_EARLY) && mirror_is_dead(self, hmm);
	hs_down_write(self, &hmm->mirrors_sem);
	hs_assert_write(self, &hmm->mirrors_sem);
	if (!HS_BREAK(MIRROR_LOOKS_EARLY))
		dead = mirror_is_dead(self, hmm);
	if (!dead) {
		mirror->hmm = hmm;
		while (*at)
			at = &(*at)->next;
		*at = mirror;
	}
	hs_up_write(self, &hmm->mirrors_sem);
	return dead ? -EINVAL : 0;
}

void hs_mirror_unregister(struct hs_task *self, struct hs_mirror *mirror)
{
	struct hs_hmm *hmm = mirror->hmm;
	struct hs_mirror **at;

	hs_assert(self, hmm, "hs_mirror_unregister: it is not registered");
	hs_down_write(self, &hmm->mirrors_sem);
	hs_assert_write(self, &hmm->mirrors_sem);
	for (at = &hmm->mirrors; *at && *at != mirror;)
		at = &(*at)->next;
	hs_assert(self, *at, "hs_mirror_unregister: it is not on the list");
	*at = mirror->next;
	hs_up_write(self, &hmm->mirrors_sem);
	mirror->hmm = NULL;
}

/* ---- ranges ------------------------------------------------------------------------------ */

int hs_mirror_range_register(struct hs_task *self, struct hs_mirror_range *range,
			     struct hs_mirror *mirror, uint64_t start, uint64_t end,
			     uint32_t page_shift)
{
	struct hs_hmm *hmm = mirror->hmm;
	uint64_t mask;
	bool dead;

	hs_assert(self, hmm, "hs_mirror_range_register: the mirror is not registered");
	range->hmm = NULL;
	hs_u32_init(hs_range_flag(range), false);
	if (page_shift > 63)
		return -EINVAL;
	mask = ((uint64_t)1 << page_shift) - 1;
	if (start >= end || start & mask || end & mask)
		return -EINVAL;
	range->start = start;
	range->end = end;
	hs_spin_lock(self, &hmm->ranges_lock);
	hs_assert_spin(self, &hmm->ranges_lock);
	dead = hmm->dead;
	if (!dead) {
		range->hmm = hmm;
		range->next = hmm->ranges;
		hmm->ranges = range;
		mirror_set_valid(self, range, !hmm->active);
	}
	hs_spin_unlock(self, &hmm->ranges_lock);
	return dead ? -EFAULT : 0;
}

void hs_mirror_range_unregister(struct hs_task *self, struct hs_mirror_range *range)
{
	struct hs_hmm *hmm = range->hmm;
	struct hs_mirror_range **at;

	hs_assert(self, hmm, "hs_mirror_range_unregister: it is not registered");
	hs_spin_lock(self, &hmm->ranges_lock);
	hs_assert_spin(self, &hmm->ranges_lock);
	for (at = &hmm->ranges; *at && *at != range;)
		at = &(*at)->next;
	hs_assert(self, *at, "hs_mirror_range_unregister: it is not on the list");
	*at = range->next;
	mirror_set_valid(self, range, false);
	hs_spin_unlock(self, &hmm->ranges_lock);
	range->hmm = NULL;
}

/*
 * Pairs with mirror_set_valid(): a task that sees true sees the page tables as the end left them.
 */
static bool mirror_is_valid(struct hs_task *self, void *arg)
{
	return hs_u32_load(self, hs_range_flag(arg), HS_ACQUIRE);
}

bool hs_mirror_range_wait_until_valid(struct hs_task *self, struct hs_mirror_range *range,
				      uint64_t deadline)
{
	hs_assert(self, range->hmm, "hs_mirror_range_wait_until_valid: it is not registered");
	return hs_wait_event_until(self, &range->hmm->queue, mirror_is_valid, range, deadline);
}

bool hs_mirror_range_valid(struct hs_task *self, struct hs_mirror_range *range)
{
	return mirror_is_valid(self, range);
}
