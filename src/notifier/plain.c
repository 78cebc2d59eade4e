/* SPDX-License-Identifier: MIT */
/*
 * plain.c - the list of plain notifiers
 *
 * reduced: mmu_notifier (v6.12, mm/mmu_notifier.c). Callbacks may sleep, so the kernel walks its
 * list under SRCU; here a walk holds a count of the notifier that it has reached.
 *
 * States of a notifier, by predicate (all under ns->lock):
 *
 *	!dead		linked; walks call it
 *	dead, calls	linked, so that a walk that has reached it finds the next; no call begins
 *	dead, !calls	no walk has reached it: the task that unregisters it unlinks it
 *
 * It becomes dead after its release(), when it is unregistered or the address space is released.
 * Registering waits until no invalidation is active, so that a notifier is not called for the end
 * of an invalidation that started before.
 *
 *	unregistering			invalidator
 *					next: calls = 1
 *	dead = true			callback
 *	wait until calls == 0		next: calls = 0, wake
 *	unlink it, free it
 *
 *	Required outcome: the notifier is not touched after it is freed.
 *	(tests/model/test_notifier_plain_model.c: unregister_meets_callback)
 *
 * The end of the address space and the task that unregisters each call release() of a notifier that
 * is not dead yet:
 *
 *	unregistering			release
 *	not dead			next: calls = 1
 *	release()			release()
 *	dead = true			dead = true
 *	wait until calls == 0		next: calls = 0, wake
 *	unlink it, free it
 *
 *	Required outcome: release() is called once or twice, and not after the notifier is freed.
 *	Twice at once is the kernel's, and the driver's to bear.
 *	(tests/model/test_notifier_plain_model.c: unregister_meets_release)
 *
 *	registering			invalidator
 *					start: active = 1, calls of all that are linked
 *	active: wait
 *					end: calls of all that are linked; active = 0, wake
 *	lock; not active: link it
 *
 *	Required outcome: a notifier hears start and end of an invalidation, or neither.
 *	(tests/model/test_notifier_plain_model.c: register_meets_invalidation)
 */
#include "notifier/notifier.h"

#include <errno.h>

/*
 * Gives back the count of @n (NULL allowed). ns->lock is held. True: the caller wakes the waiters.
 */
static bool plain_put(struct hs_task *self, struct hs_notifier *n)
{
	return n && hs_u32_count(self, hs_notifier_calls(n), -1u, 0, HS_RELEASE) == 1 && n->dead;
}

/* Leaves @n (NULL: the walk begins) and returns the next live notifier; NULL: the list ends. */
static struct hs_notifier *plain_next(struct hs_task *self, struct hs_notifiers *ns,
				      struct hs_notifier *n)
{
	struct hs_notifier *to;
	bool awaited;

	hs_spin_lock(self, &ns->lock);
	hs_assert_spin(self, &ns->lock);
	to = n ? n->next : ns->plain;
	while (to && to->dead)
		to = to->next;
	HS_BREAK_SPIN_GAP(PLAIN_NEXT_GAP, self, &ns->lock);
	if (to)
		hs_u32_count(self, hs_notifier_calls(to), 1, 0, HS_RELAXED);
	awaited = plain_put(self, n);
	hs_spin_unlock(self, &ns->lock);
	if (awaited)
		hs_wake_all(self, &ns->queue);
	return to;
}

static void plain_leave(struct hs_task *self, struct hs_notifiers *ns, struct hs_notifier *n)
{
	bool awaited;

	hs_spin_lock(self, &ns->lock);
	hs_assert_spin(self, &ns->lock);
	awaited = plain_put(self, n);
	hs_spin_unlock(self, &ns->lock);
	if (awaited)
		hs_wake_all(self, &ns->queue);
}

/* Read without the lock, because the count does not grow while an invalidation is active. */
static bool plain_is_empty(struct hs_task *self, struct hs_notifiers *ns)
{
	return !hs_u32_load(self, &ns->plain_count, HS_RELAXED);
}

/* Calls end() of the notifiers that are older than @born. */
static void plain_end_older(struct hs_task *self, struct hs_notifiers *ns,
			    const struct hs_invalidation *inv, uint64_t born)
{
	struct hs_notifier *n = plain_next(self, ns, NULL);

	while (n && n->born < born) {
		hs_deref(self, n);
		if (n->ops->end)
			n->ops->end(self, n, inv);
		n = plain_next(self, ns, n);
	}
	if (n)
		plain_leave(self, ns, n);
}

int hs_plain_start(struct hs_task *self, struct hs_notifiers *ns, const struct hs_invalidation *inv)
{
	if (plain_is_empty(self, ns))
		return 0;
	for (struct hs_notifier *n = plain_next(self, ns, NULL); n; n = plain_next(self, ns, n)) {
		int ret;

		hs_deref(self, n);
		ret = n->ops->start ? n->ops->start(self, n, inv) : 0;
		if (!ret)
			continue;
		hs_assert_at(self, HS_HERE, ret == -EAGAIN && !inv->blockable,
			     "a notifier returned %d for a %sblockable invalidation", ret,
			     inv->blockable ? "" : "non-");
		plain_end_older(self, ns, inv, n->born);
		plain_leave(self, ns, n);
		return ret;
	}
	return 0;
}

void hs_plain_end(struct hs_task *self, struct hs_notifiers *ns, const struct hs_invalidation *inv)
{
	if (!plain_is_empty(self, ns))
		plain_end_older(self, ns, inv, UINT64_MAX);
}

static void plain_mark_dead(struct hs_task *self, struct hs_notifiers *ns, struct hs_notifier *n)
{
	hs_spin_lock(self, &ns->lock);
	hs_assert_spin(self, &ns->lock);
	n->dead = true;
	hs_spin_unlock(self, &ns->lock);
}

void hs_plain_release(struct hs_task *self, struct hs_notifiers *ns)
{
	for (struct hs_notifier *n = plain_next(self, ns, NULL); n; n = plain_next(self, ns, n)) {
		if (n->ops->release)
			n->ops->release(self, n);
		plain_mark_dead(self, ns, n);
	}
}

/* ---- registering ------------------------------------------------------------------------- */

static bool plain_is_idle(struct hs_task *self, void *arg)
{
	return !hs_u64_load(self, &((struct hs_notifiers *)arg)->active, HS_ACQUIRE);
}

/* -EAGAIN: an invalidation is active; -EINVAL: the address space has ended. */
static int plain_enter(struct hs_task *self, struct hs_notifiers *ns, struct hs_notifier *n)
{
	struct hs_notifier **at = &ns->plain;
	int ret = 0;

	hs_spin_lock(self, &ns->lock);
	hs_assert_spin(self, &ns->lock);
	if (!plain_is_idle(self, ns) && !HS_BREAK(PLAIN_REGISTER_ACTIVE)) {
		ret = -EAGAIN;
	} else if (ns->released) {
		ret = -EINVAL;
	} else {
		while (*at)
			at = &(*at)->next;
		*at = n;
		n->notifiers = ns;
		n->born = ns->births++;
		hs_u32_count(self, &ns->plain_count, 1, 0, HS_RELAXED);
	}
	hs_spin_unlock(self, &ns->lock);
	return ret;
}

int hs_notifier_register(struct hs_task *self, struct hs_notifier *n,
			 struct hs_notifiers *notifiers, const struct hs_notifier_ops *ops)
{
	int ret;

	n->notifiers = NULL;
	if (!ops)
		return -EINVAL;
	hs_might_sleep(self);
	n->ops = ops;
	n->next = NULL;
	n->dead = false;
	hs_u32_init(hs_notifier_calls(n), 0);
	while ((ret = plain_enter(self, notifiers, n)) == -EAGAIN)
		hs_wait_event(self, &notifiers->queue, plain_is_idle, notifiers);
	return ret;
}

static bool plain_has_no_call(struct hs_task *self, void *arg)
{
	return !hs_u32_load(self, hs_notifier_calls(arg), HS_ACQUIRE);
}

void hs_plain_unregister(struct hs_task *self, struct hs_notifier *n)
{
	struct hs_notifiers *ns = n->notifiers;
	struct hs_notifier **at;

	plain_mark_dead(self, ns, n);
	if (!HS_BREAK(PLAIN_UNREGISTER_NO_WAIT))
		hs_wait_event(self, &ns->queue, plain_has_no_call, n);
	hs_spin_lock(self, &ns->lock);
	hs_assert_spin(self, &ns->lock);
	for (at = &ns->plain; *at && *at != n;)
		at = &(*at)->next;
	hs_assert(self, *at, "hs_notifier_unregister: it is not on the list");
	*at = n->next;
	hs_u32_count(self, &ns->plain_count, -1u, 0, HS_RELAXED);
	hs_spin_unlock(self, &ns->lock);
	n->notifiers = NULL;
}

/* Not under ns->lock, and before it is dead: the end of the address space may call it, too. */
static void plain_release_alone(struct hs_task *self, struct hs_notifier *n)
{
	struct hs_notifiers *ns = n->notifiers;
	bool dead;

	hs_spin_lock(self, &ns->lock);
	hs_assert_spin(self, &ns->lock);
	dead = n->dead;
	hs_spin_unlock(self, &ns->lock);
	if (!dead)
		n->ops->release(self, n);
}

void hs_notifier_unregister(struct hs_task *self, struct hs_notifier *n)
{
	hs_assert(self, n->notifiers, "hs_notifier_unregister: it is not registered");
	hs_might_sleep(self);
	if (n->ops->release)
		plain_release_alone(self, n);
	hs_plain_unregister(self, n);
}
