/* SPDX-License-Identifier: MIT */
/*
 * mmu_notifier_glue.c - the model's notifiers over mm/mmu_notifier.c
 *
 * It is linked before the library, in place of src/notifier/notifier.c and plain.c, so that tests
 * of the model are tests of the kernel's code. What tests look at in the model's objects is kept as
 * the kernel's code has it.
 */
#include <errno.h>

#include <hmmsim/races.h>

#include "notifier/notifier.h"

#include "mmu_notifier_kernel.h"

struct glue_notifiers {
	struct hs_notifiers ns;
	struct mm_struct *mm;
};

static struct mm_struct *glue_mm(const struct hs_notifiers *ns)
{
	return ((const struct glue_notifiers *)ns)->mm;
}

/* No steps: it is looked at when no other task runs. */
static void glue_note(struct hs_notifiers *ns)
{
	struct mm_struct *mm = glue_mm(ns);

	ns->seq.raw = kernel_mm_seq(mm);
	ns->active.raw = kernel_mm_active(mm);
	ns->kept = kernel_mm_defers(mm);
}

int hs_notifiers_create(struct hs_task *self, struct hs_notifiers **out)
{
	struct glue_notifiers *g = hs_alloc(self, HS_KIND_NOTIFIERS, sizeof(*g));

	if (!g)
		return -ENOMEM;
	g->mm = kernel_mm_create();
	if (!g->mm) {
		hs_free(self, g, HS_KIND_NOTIFIERS, sizeof(*g));
		return -ENOMEM;
	}
	*out = &g->ns;
	glue_note(&g->ns);
	return 0;
}

void hs_notifiers_destroy(struct hs_task *self, struct hs_notifiers *notifiers)
{
	struct mm_struct *mm = glue_mm(notifiers);

	hs_assert(self, !kernel_mm_active(mm) && !kernel_mm_defers(mm) && kernel_mm_is_empty(mm),
		  "an invalidation or a subscription is left");
	kernel_mm_destroy(mm);
	hs_free(self, notifiers, HS_KIND_NOTIFIERS, sizeof(struct glue_notifiers));
}

/* The kernel has one answer to each. */
int hs_notifiers_set_refusal(struct hs_task *self, struct hs_notifiers *notifiers,
			     enum hs_refusal refusal)
{
	(void)self;
	(void)notifiers;
	return refusal == HS_REFUSAL_6_12 ? 0 : -EINVAL;
}

int hs_notifiers_set_wait_order(struct hs_task *self, struct hs_notifiers *notifiers,
				enum hs_wait_order order)
{
	(void)self;
	(void)notifiers;
	(void)order;
	return 0;
}

/* ---- invalidations ----------------------------------------------------------------------- */

static struct kernel_range glue_range(const struct hs_invalidation *inv)
{
	return (struct kernel_range){ inv->start, inv->end, (int)inv->event,
				      (void *)(uintptr_t)inv->owner, inv->blockable };
}

static struct hs_invalidation glue_invalidation(const struct kernel_range *r)
{
	return (struct hs_invalidation){ r->start, r->end, (enum hs_invalidate_event)r->event,
					 r->owner, r->blockable };
}

int hs_invalidate_start(struct hs_task *self, struct hs_notifiers *notifiers,
			const struct hs_invalidation *inv)
{
	const struct kernel_range range = glue_range(inv);
	int ret;

	(void)self;
	ret = kernel_start(glue_mm(notifiers), &range);
	glue_note(notifiers);
	return ret;
}

void hs_invalidate_end(struct hs_task *self, struct hs_notifiers *notifiers,
		       const struct hs_invalidation *inv)
{
	const struct kernel_range range = glue_range(inv);

	(void)self;
	kernel_end(glue_mm(notifiers), &range);
	glue_note(notifiers);
}

void hs_notifiers_release(struct hs_task *self, struct hs_notifiers *notifiers)
{
	(void)self;
	kernel_mm_release(glue_mm(notifiers));
	glue_note(notifiers);
}

/* ---- interval subscriptions -------------------------------------------------------------- */

static struct kernel_sub *glue_sub(const struct hs_interval_sub *sub)
{
	return (struct kernel_sub *)sub->deferred_next;
}

bool glue_sub_invalidate(void *owner, const struct kernel_range *range, unsigned long seq)
{
	const struct hs_invalidation inv = glue_invalidation(range);
	struct hs_interval_sub *sub = owner;
	struct hs_task *self = hs_races_task();

	hs_deref(self, sub);
	return sub->ops->invalidate(self, sub, &inv, seq);
}

int hs_interval_insert(struct hs_task *self, struct hs_interval_sub *sub,
		       struct hs_notifiers *notifiers, uint64_t start, uint64_t length,
		       const struct hs_interval_ops *ops)
{
	struct kernel_sub **place = (struct kernel_sub **)(void *)&sub->deferred_next;
	int ret;

	(void)self;
	if (!ops || !ops->invalidate)
		return -EINVAL;
	sub->ops = ops;
	sub->notifiers = notifiers;
	sub->node.start = start;
	sub->node.last = start + length - 1;
	ret = kernel_sub_insert(glue_mm(notifiers), place, sub, start, length);
	if (ret)
		sub->notifiers = NULL;
	glue_note(notifiers);
	return ret;
}

void hs_interval_remove(struct hs_task *self, struct hs_interval_sub *sub)
{
	struct hs_notifiers *ns = sub->notifiers;

	hs_assert(self, ns, "hs_interval_remove: it is not subscribed");
	kernel_sub_remove(glue_sub(sub));
	sub->notifiers = NULL;
	glue_note(ns);
}

uint64_t hs_interval_read_begin(struct hs_task *self, struct hs_interval_sub *sub)
{
	hs_assert(self, sub->notifiers, "hs_interval_read_begin: it is not subscribed");
	return kernel_sub_read_begin(glue_sub(sub));
}

bool hs_interval_read_retry(struct hs_task *self, struct hs_interval_sub *sub, uint64_t seq)
{
	(void)self;
	return kernel_sub_read_retry(glue_sub(sub), seq);
}

bool hs_interval_check_retry(struct hs_task *self, struct hs_interval_sub *sub, uint64_t seq)
{
	(void)self;
	return kernel_sub_check_retry(glue_sub(sub), seq);
}

void hs_interval_set_seq(struct hs_task *self, struct hs_interval_sub *sub, uint64_t cur_seq)
{
	hs_assert(self, cur_seq & 1 && cur_seq == kernel_mm_seq(glue_mm(sub->notifiers)),
		  "hs_interval_set_seq: the callback's number is expected, found %llu",
		  (unsigned long long)cur_seq);
	kernel_sub_set_seq(glue_sub(sub), cur_seq);
}

/* ---- plain notifiers --------------------------------------------------------------------- */

static struct kernel_plain *glue_plain(const struct hs_notifier *n)
{
	return (struct kernel_plain *)n->next;
}

int glue_plain_start(void *owner, const struct kernel_range *range)
{
	const struct hs_invalidation inv = glue_invalidation(range);
	struct hs_notifier *n = owner;

	hs_deref(hs_races_task(), n);
	return n->ops->start ? n->ops->start(hs_races_task(), n, &inv) : 0;
}

void glue_plain_end(void *owner, const struct kernel_range *range)
{
	const struct hs_invalidation inv = glue_invalidation(range);
	struct hs_notifier *n = owner;

	hs_deref(hs_races_task(), n);
	n->ops->end(hs_races_task(), n, &inv);
}

/* The kernel's code calls it where a notifier is unregistered, too: not for one that is dead. */
void glue_plain_release(void *owner)
{
	struct hs_notifier *n = owner;

	hs_deref(hs_races_task(), n);
	if (n->ops->release && !n->dead)
		n->ops->release(hs_races_task(), n);
}

int hs_notifier_register(struct hs_task *self, struct hs_notifier *n,
			 struct hs_notifiers *notifiers, const struct hs_notifier_ops *ops)
{
	struct kernel_plain **place = (struct kernel_plain **)(void *)&n->next;
	int ret;

	(void)self;
	n->ops = ops;
	n->notifiers = notifiers;
	n->dead = false;
	ret = kernel_plain_register(glue_mm(notifiers), place, n, ops->end);
	if (ret)
		n->notifiers = NULL;
	return ret;
}

void hs_notifier_unregister(struct hs_task *self, struct hs_notifier *n)
{
	hs_assert(self, n->notifiers, "hs_notifier_unregister: it is not registered");
	kernel_plain_unregister(glue_plain(n));
	n->notifiers = NULL;
}

void hs_plain_unregister(struct hs_task *self, struct hs_notifier *n)
{
	n->dead = true;
	hs_notifier_unregister(self, n);
}
