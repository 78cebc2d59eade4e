/* SPDX-License-Identifier: MIT */
/*
 * notifier.c - invalidations, and the sequence numbers of interval subscriptions
 *
 * same: mmu_interval_notifier (v6.12, mm/mmu_notifier.c), but for the order of the last two steps
 * of an invalidation, see below.
 *
 * States of the address space, by predicate:
 *
 *	active == 0, seq even	idle: the tree may change
 *	active != 0, seq even	invalidations that hit no subscription: the tree may change
 *	active != 0, seq odd	a subscription was hit: the tree is frozen. Invalidations read it
 *				without the lock to call back; changes wait until active == 0
 *
 * An invalidation that a plain notifier refused stays active for the tree and its subscriptions, if
 * there ever was one (HS_REFUSAL_6_12). It is counted in .kept instead, because plain notifiers
 * register without waiting for it. Above, active then means active + kept.
 *
 * seq grows by one when it turns from even to odd and when the last invalidation ends.
 * Invalidations that overlap in time share one odd value. States of a subscription (sub->seq is
 * always odd):
 *
 *	sub->seq == seq		hit, or inserted, in the current period: a reader waits for its end
 *	sub->seq != seq		the value of the last period in which it was hit: a reader takes it,
 *				and every invalidation that hits the subscription changes it
 *
 * Legal operations: set_seq in the callback, under the driver lock; read_retry under the driver
 * lock; begin, insert and check_retry anywhere (begin waits); remove where no lock is held that the
 * callback takes.
 *
 * Lock order: what the caller of an invalidation holds (mmap, entry and mapping lock) < the driver
 * lock < ns->lock. No callback runs under ns->lock.
 *
 * Who may free what: the caller of hs_interval_remove() frees the subscription, once it returned;
 * the owner of the address space frees ns, when no call is in progress.
 *
 * A reader copies an entry of the CPU's table to the device's:
 *
 *	reader				invalidator
 *	s = read_begin			start: seq = odd
 *	look at the CPU's entry		  driver lock
 *	driver lock			  sub->seq = seq, clear the device's entry
 *	sub->seq != s: again		  driver unlock
 *	write the device's entry	clear the CPU's entry
 *	driver unlock			end: seq = even, wake
 *					free the page
 *
 *	Required outcome: the page is live while the reader holds the lock and has seen no change;
 *	no device entry is left when it is freed; one invalidation costs at most one retry.
 *	(src/text/scenarios/notifier.txt: reader)
 *
 * Orders of seq. A reader waits until seq is not its number any more. It may then see not the even
 * number that ends the period but the odd one of the next:
 *
 *	reader				invalidator A		invalidator B
 *	read_begin: 3 is current	clear the CPU's entry
 *					end: seq = 4
 *								start: seq = 5
 *	moved: sees 5
 *	look at the CPU's entry
 *
 *	Required outcome: the reader sees the entry as A left it. What B does it need not see,
 *	because B calls it back.
 *	(tests/model/test_views_model.c: odd_sequence_needs_a_release)
 *
 * So both numbers are stored with release, and ns_moved() loads with acquire. The kernel stores
 * both plainly and is safe there: what A did before it released ns->lock comes, for every observer,
 * before what B does when it has taken it, by the kernel's memory model. C11 has no such rule for
 * an observer without the lock. The acquire is stronger than the kernel's order: wait_event() looks
 * with READ_ONCE, and if it need not sleep, nothing orders that look before the reads of the page
 * tables. In theory a reader may then copy a stale entry, and its check does not notice. x86 does
 * not do that, and it was not observed. HS_WAIT_ONCE has the kernel's order.
 * (tests/model/test_views_model.c: wait_without_acquire_sees_what_is_over)
 *
 * Overlapping invalidations. If seq were even between the two ends, a reader hit by both could
 * begin in the second's period with a number that looks settled:
 *
 *	reader		invalidator A		invalidator B
 *			start: seq = 3, hit
 *						start: seq stays 3, hit
 *			end: active = 1
 *	read_begin: waits			clear the CPU's entry
 *						end: active = 0, seq = 4
 *	goes on
 *
 *	Required outcome: as above, whichever of the two frees the page.
 *	(src/text/scenarios/notifier.txt: reader-other)
 *
 * Inserting meets an invalidation whose callbacks have returned, or run without the lock:
 *
 *	inserter			invalidator
 *					start: seq = odd
 *	tree frozen: defer		  callbacks, walking the tree
 *	sub->seq = seq			clear the CPU's entries
 *	read_begin: waits		end: insert it, seq = even, wake
 *	goes on
 *
 *	Required outcome: no reader of the new subscription copies an entry that this invalidation
 *	clears, and the next invalidation calls the subscription. If no subscription was hit yet
 *	(seq even), the inserter makes seq odd itself, and the reader waits as well.
 *	(src/text/scenarios/notifier.txt: insert)
 *
 * Removing. The remover frees the subscription as soon as seq changes, and it reads seq without the
 * lock. So the tree is changed first and seq last.
 *
 *	remover				invalidator
 *	tree frozen: defer		start: seq = odd
 *	wait until seq changes		  callbacks, this one as well
 *					end: erase it from the tree
 *					  seq = even
 *	free it				  wake
 *
 *	Required outcome: the subscription is not touched after it is freed.
 *	(src/text/scenarios/notifier.txt: remove)
 *
 * Subscribing meets the end of the address space. The state changes before the callbacks, because
 * after them it would leave a gap in which a subscription is accepted and never called:
 *
 *	subscriber			release
 *	lock; not released: accepted
 *					lock; released = true
 *	lock; released: -EINVAL		callbacks of all that were accepted
 *
 *	Required outcome: a plain notifier or a mirror that was accepted is released, once. The
 *	first interval subscription of the address space is called with RELEASE, if it was accepted.
 *	(One that is still deferred is not, as in the kernel; no reader has copied an entry for it,
 *	because its first read_begin waits until it is in the tree.)
 *	(tests/model/test_notifier_plain_model.c: subscribing_meets_release)
 *
 * The kernel asks for users of the mm when it makes room for interval subscriptions, and not again.
 * So one that is inserted later is accepted, and not called, if its inserter is no user:
 *
 *	inserter			release
 *					lock; released = true
 *					callbacks of all that were accepted
 *	lock; there was one: accepted
 *
 *	Required outcome: none without a user. An inserter that is one (mmget) keeps release away.
 *	(tests/model/test_notifier_plain_model.c: insert_without_a_user_is_never_called)
 */
#include "notifier/notifier.h"

#include <errno.h>

static struct hs_interval_sub *ns_sub_of(struct hs_interval_node *node)
{
	return hs_container_of(node, struct hs_interval_sub, node);
}

int hs_notifiers_create(struct hs_task *self, struct hs_notifiers **out)
{
	struct hs_notifiers *ns = hs_alloc(self, HS_KIND_NOTIFIERS, sizeof(*ns));

	if (!ns)
		return -ENOMEM;
	hs_spin_init(&ns->lock, HS_LOCK_SUBSCRIPTIONS);
	hs_waitq_init(&ns->queue);
	hs_u64_init(&ns->seq, HS_SEQ_FIRST);
	*out = ns;
	return 0;
}

void hs_notifiers_destroy(struct hs_task *self, struct hs_notifiers *notifiers)
{
	hs_assert_at(self, HS_HERE, !notifiers->active.raw,
		     "hs_notifiers_destroy: %llu invalidations have not ended",
		     (unsigned long long)notifiers->active.raw);
	hs_assert_at(self, HS_HERE, !notifiers->deferred,
		     "hs_notifiers_destroy: a change of subscriptions is deferred");
	hs_assert_at(self, HS_HERE, !notifiers->tree.root,
		     "hs_notifiers_destroy: an interval subscription is left");
	hs_assert(self, !notifiers->plain, "hs_notifiers_destroy: a plain notifier is left");
	hs_free(self, notifiers, HS_KIND_NOTIFIERS, sizeof(*notifiers));
}

int hs_notifiers_set_refusal(struct hs_task *self, struct hs_notifiers *notifiers,
			     enum hs_refusal refusal)
{
	if ((unsigned int)refusal >= HS_REFUSAL_COUNT)
		return -EINVAL;
	hs_spin_lock(self, &notifiers->lock);
	notifiers->refusal = refusal;
	hs_spin_unlock(self, &notifiers->lock);
	return 0;
}

int hs_notifiers_set_wait_order(struct hs_task *self, struct hs_notifiers *notifiers,
				enum hs_wait_order order)
{
	if ((unsigned int)order >= HS_WAIT_ORDER_COUNT)
		return -EINVAL;
	hs_spin_lock(self, &notifiers->lock);
	notifiers->wait_order = order;
	hs_spin_unlock(self, &notifiers->lock);
	return 0;
}

/* ---- invalidations ----------------------------------------------------------------------- */

/*
 * Returns the first subscription that is hit (NULL: none) and in *cur_seq the number to call it
 * with.
 */
static struct hs_interval_node *ns_begin(struct hs_task *self, struct hs_notifiers *ns,
					 uint64_t start, uint64_t last, uint64_t *cur_seq)
{
	struct hs_interval_node *hit;

	if (HS_BREAK(START_SEQ_EARLY))
		*cur_seq = hs_u64_load(self, &ns->seq, HS_RELAXED);
	hs_spin_lock(self, &ns->lock);
	hs_assert_spin(self, &ns->lock);
	hs_u64_count(self, &ns->active, 1, 0, HS_RELAXED);
	if (!HS_BREAK(START_SEQ_EARLY))
		*cur_seq = hs_u64_load(self, &ns->seq, HS_RELAXED);
	hit = hs_interval_tree_first(&ns->tree, start, last);
	if (HS_BREAK(START_NO_CALL) && *cur_seq & 1)
		hit = NULL;
	if (hit && !(*cur_seq & 1)) {
		*cur_seq |= 1;
		hs_u64_store(self, &ns->seq, *cur_seq, HS_RELEASE);
	}
	hs_spin_unlock(self, &ns->lock);
	return hit;
}

/* The tree is frozen: seq is odd, and this invalidation is active. */
static int ns_call(struct hs_task *self, struct hs_interval_node *hit, uint64_t start,
		   uint64_t last, const struct hs_invalidation *inv, uint64_t cur_seq)
{
	for (; hit; hit = hs_interval_tree_next(hit, start, last)) {
		struct hs_interval_sub *sub = ns_sub_of(hit);

		hs_deref(self, sub);
		if (sub->ops->invalidate(self, sub, inv, cur_seq))
			continue;
		hs_assert(self, !inv->blockable, "a callback refuses a blockable invalidation");
		return -EAGAIN;
	}
	return 0;
}

static void ns_apply_deferred(struct hs_task *self, struct hs_notifiers *ns)
{
	struct hs_interval_sub *sub;

	hs_assert_spin(self, &ns->lock);
	while ((sub = ns->deferred)) {
		hs_deref(self, sub);
		ns->deferred = sub->deferred_next;
		if (sub->in_tree)
			hs_interval_tree_erase(&ns->tree, &sub->node);
		else
			hs_interval_tree_insert(&ns->tree, &sub->node);
		sub->in_tree = !sub->in_tree;
	}
}

/* @keep: what is over is over for plain notifiers only. */
static void ns_finish(struct hs_task *self, struct hs_notifiers *ns, bool keep)
{
	uint64_t was, seq;

	hs_spin_lock(self, &ns->lock);
	hs_assert_spin(self, &ns->lock);
	was = hs_u64_count(self, &ns->active, (uint64_t)-1, 0, HS_RELEASE);
	hs_assert(self, was, "hs_invalidate_end: no invalidation is in progress");
	seq = hs_u64_load(self, &ns->seq, HS_RELAXED);
	ns->kept += keep && ns->has_intervals && ns->refusal == HS_REFUSAL_6_12;
	if ((was == 1 || HS_BREAK(END_OF_ANY)) && seq & 1 && !ns->kept) {
		if (!HS_BREAK(END_DEFERRED_LATE))
			ns_apply_deferred(self, ns);
		/*
		 * Pairs with ns_moved(): a task that sees it sees the page tables as they are now.
		 */
		hs_u64_store(self, &ns->seq, seq + 1, HS_RELEASE);
		if (HS_BREAK(END_DEFERRED_LATE))
			ns_apply_deferred(self, ns);
	}
	hs_spin_unlock(self, &ns->lock);
	if (was == 1 && !HS_BREAK(END_NO_WAKE))
		hs_wake_all(self, &ns->queue);
}

int hs_invalidate_start(struct hs_task *self, struct hs_notifiers *notifiers,
			const struct hs_invalidation *inv)
{
	struct hs_interval_node *hit;
	uint64_t last = inv->end - 1, cur_seq;
	int ret;

	hs_assert(self, inv->start < inv->end, "hs_invalidate_start: the range is empty");
	if ((unsigned int)inv->event >= HS_INVALIDATE_EVENT_COUNT)
		return -EINVAL;
	if (inv->blockable)
		hs_might_sleep(self);
	hit = ns_begin(self, notifiers, inv->start, last, &cur_seq);
	ret = ns_call(self, hit, inv->start, last, inv, cur_seq);
	if (ret) {
		if (!HS_BREAK(REFUSED_NO_END))
			ns_finish(self, notifiers, false);
		return ret;
	}
	ret = hs_plain_start(self, notifiers, inv);
	if (ret)
		ns_finish(self, notifiers, true);
	return ret;
}

/*
 * The plain ends come first. A notifier registers when active is 0, so that it is not called for
 * the end of an invalidation that started before.
 */
void hs_invalidate_end(struct hs_task *self, struct hs_notifiers *notifiers,
		       const struct hs_invalidation *inv)
{
	if (!HS_BREAK(END_PLAIN_LAST))
		hs_plain_end(self, notifiers, inv);
	ns_finish(self, notifiers, false);
	if (HS_BREAK(END_PLAIN_LAST))
		hs_plain_end(self, notifiers, inv);
}

void hs_notifiers_release(struct hs_task *self, struct hs_notifiers *notifiers)
{
	const struct hs_invalidation all = {
		.start = 0,
		.end = UINT64_MAX,
		.event = HS_INVALIDATE_RELEASE,
		.blockable = true,
	};
	struct hs_interval_node *hit;
	uint64_t cur_seq;
	bool again;

	hs_might_sleep(self);
	hs_spin_lock(self, &notifiers->lock);
	hs_assert_spin(self, &notifiers->lock);
	again = notifiers->released;
	notifiers->released = !HS_BREAK(RELEASE_STATE_LATE);
	hs_spin_unlock(self, &notifiers->lock);
	hs_assert(self, !again, "hs_notifiers_release: called twice");
	hit = ns_begin(self, notifiers, 0, UINT64_MAX, &cur_seq);
	ns_call(self, hit, 0, UINT64_MAX, &all, cur_seq);
	ns_finish(self, notifiers, false);
	hs_plain_release(self, notifiers);
	if (HS_BREAK(RELEASE_STATE_LATE))
		notifiers->released = true;
}

/* ---- subscriptions ----------------------------------------------------------------------- */

static void ns_defer(struct hs_notifiers *ns, struct hs_interval_sub *sub)
{
	sub->deferred_next = ns->deferred;
	ns->deferred = sub;
}

static void ns_undefer(struct hs_notifiers *ns, struct hs_interval_sub *sub)
{
	struct hs_interval_sub **at = &ns->deferred;

	while (*at != sub)
		at = &(*at)->deferred_next;
	*at = sub->deferred_next;
}

/* ns->lock is held. */
static void ns_enter(struct hs_task *self, struct hs_notifiers *ns, struct hs_interval_sub *sub)
{
	uint64_t seq = hs_u64_load(self, &ns->seq, HS_RELAXED);
	uint64_t active = hs_u64_load(self, &ns->active, HS_RELAXED) + ns->kept;

	hs_assert_spin(self, &ns->lock);
	ns->has_intervals = true;
	if (active && seq & 1) {
		ns_defer(ns, sub);
		hs_u64_init(hs_sub_seq(sub), HS_BREAK(INSERT_SETTLED) ? seq - 2 : seq);
		return;
	}
	hs_interval_tree_insert(&ns->tree, &sub->node);
	sub->in_tree = true;
	if (!active || HS_BREAK(INSERT_NO_ODD)) {
		hs_u64_init(hs_sub_seq(sub), seq - 1);
		return;
	}
	hs_u64_store(self, &ns->seq, seq | 1, HS_RELEASE);
	hs_u64_init(hs_sub_seq(sub), seq | 1);
}

int hs_interval_insert(struct hs_task *self, struct hs_interval_sub *sub,
		       struct hs_notifiers *notifiers, uint64_t start, uint64_t length,
		       const struct hs_interval_ops *ops)
{
	bool released;

	sub->notifiers = NULL;
	if (!ops || !ops->invalidate)
		return -EINVAL;
	if (!length || length - 1 > UINT64_MAX - start)
		return -EOVERFLOW;
	sub->node.start = start;
	sub->node.last = start + length - 1;
	sub->ops = ops;
	sub->in_tree = false;
	hs_spin_lock(self, &notifiers->lock);
	hs_assert_spin(self, &notifiers->lock);
	released = notifiers->released && !notifiers->has_intervals;
	if (!released) {
		sub->notifiers = notifiers;
		ns_enter(self, notifiers, sub);
	}
	hs_spin_unlock(self, &notifiers->lock);
	return released ? -EINVAL : 0;
}

struct settled {
	struct hs_notifiers *ns;
	uint64_t seq;
};

static bool ns_moved(struct hs_task *self, void *arg)
{
	const struct settled *s = arg;

	if (s->ns->wait_order == HS_WAIT_ONCE)
		return hs_u64_load(self, &s->ns->seq, HS_RELAXED) != s->seq;
	return hs_u64_load(self, &s->ns->seq, HS_ACQUIRE) != s->seq;
}

void hs_interval_remove(struct hs_task *self, struct hs_interval_sub *sub)
{
	struct hs_notifiers *ns = sub->notifiers;
	struct settled open = { .ns = ns };
	bool wait = false;

	hs_assert(self, ns, "hs_interval_remove: it is not subscribed");
	hs_might_sleep(self);
	hs_spin_lock(self, &ns->lock);
	hs_assert_spin(self, &ns->lock);
	open.seq = hs_u64_load(self, &ns->seq, HS_RELAXED);
	if (!(open.seq & 1) || HS_BREAK(REMOVE_FROM_FROZEN)) {
		hs_interval_tree_erase(&ns->tree, &sub->node);
	} else if (!sub->in_tree) {
		ns_undefer(ns, sub);
	} else {
		ns_defer(ns, sub);
		wait = !HS_BREAK(REMOVE_SUB_NO_WAIT);
	}
	hs_spin_unlock(self, &ns->lock);
	if (wait)
		hs_wait_event(self, &ns->queue, ns_moved, &open);
	sub->notifiers = NULL;
}

uint64_t hs_interval_read_begin(struct hs_task *self, struct hs_interval_sub *sub)
{
	struct settled open = { .ns = sub->notifiers };
	uint64_t seq;

	hs_assert(self, open.ns, "hs_interval_read_begin: it is not subscribed");
	hs_might_sleep(self);
	hs_spin_lock(self, &open.ns->lock);
	hs_assert_spin(self, &open.ns->lock);
	open.seq = hs_u64_load(self, hs_sub_seq(sub), HS_RELAXED);
	seq = hs_u64_load(self, &open.ns->seq, HS_RELAXED);
	hs_spin_unlock(self, &open.ns->lock);
	if (open.seq == seq && !HS_BREAK(READ_BEGIN_NO_WAIT))
		hs_wait_event(self, &open.ns->queue, ns_moved, &open);
	return HS_BREAK(READ_BEGIN_SEQ_LATE) ? hs_u64_load(self, hs_sub_seq(sub), HS_RELAXED)
					     : open.seq;
}

/* Relaxed, because the driver lock orders it. Without that lock false is a guess. */
bool hs_interval_check_retry(struct hs_task *self, struct hs_interval_sub *sub, uint64_t seq)
{
	return hs_u64_load(self, hs_sub_seq(sub), HS_RELAXED) != seq;
}

bool hs_interval_read_retry(struct hs_task *self, struct hs_interval_sub *sub, uint64_t seq)
{
	return hs_interval_check_retry(self, sub, seq);
}

/* No step: seq stays as it is while an invalidation that called back is active. */
void hs_interval_set_seq(struct hs_task *self, struct hs_interval_sub *sub, uint64_t cur_seq)
{
	const struct hs_notifiers *ns = sub->notifiers;

	hs_assert(self, ns, "hs_interval_set_seq: it is not subscribed");
	hs_assert_at(self, HS_HERE, cur_seq & 1 && cur_seq == ns->seq.raw,
		     "hs_interval_set_seq: the callback's number is expected, found %llu",
		     (unsigned long long)cur_seq);
	hs_u64_store(self, hs_sub_seq(sub), cur_seq, HS_RELAXED);
}
