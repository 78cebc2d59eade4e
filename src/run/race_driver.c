/* SPDX-License-Identifier: MIT */
/*
 * race_driver.c - a driver, step by step: subscription, begin, walk, lock, check, touch, program
 *
 * invented: the pattern of device/dmirror.c, with each of its steps in the hands of the scenario,
 * which may leave one out, or take it in another order.
 */
#include <errno.h>
#include <stdio.h>

#include <hmmsim/walk.h>

#include "run/race_state.h"

#define WORD (HS_PFN_VALID | HS_PFN_WRITE | HS_ENTRY_PFN)

static struct hs_race_device *race_driver_of(struct hs_race_actor *a,
					     const struct hs_race_step *step)
{
	return &a->state->thing[step->arg[0]].device;
}

/* What the task has of the driver: the number of begin, then an answer a page of the window. */
static uint64_t *race_driver_view(struct hs_race_actor *a, const struct hs_race_step *step)
{
	return a->view + a->state->program->views[step->arg[0]];
}

static uint64_t race_driver_index(const struct hs_race_device *d, uint64_t addr)
{
	return (addr - d->config->start) >> HS_PAGE_SHIFT;
}

static uint64_t race_driver_slot(struct hs_race_actor *a, const struct hs_race_step *step)
{
	return race_driver_view(a,
				step)[1 + race_driver_index(race_driver_of(a, step), step->arg[1])];
}

/* ---- callbacks --------------------------------------------------------------------------- */

/* The driver itself asked for this invalidation: its entries stay. */
static bool race_driver_is_own(const struct hs_race_driver *c, const struct hs_invalidation *inv)
{
	return c->owner && inv->owner == hs_race_owner(c->owner) &&
	       (inv->event == HS_INVALIDATE_MIGRATE || inv->event == HS_INVALIDATE_EXCLUSIVE);
}

static void race_driver_clear(struct hs_task *self, struct hs_race_device *d,
			      const struct hs_invalidation *inv)
{
	uint64_t start = inv->start > d->config->start ? inv->start : d->config->start;
	uint64_t end = inv->end < d->config->end ? inv->end : d->config->end;

	if (start >= end)
		return;
	hs_site(self, d->place);
	for (uint64_t i = race_driver_index(d, start); i <= race_driver_index(d, end - 1); i++)
		hs_u64_store(self, &d->entry[i], 0, HS_RELAXED);
	hs_site(self, NULL);
}

/* False: @inv may not sleep and the lock is held. @sub: NULL without a sequence. */
static bool race_driver_invalidate(struct hs_task *self, struct hs_race_device *d,
				   struct hs_interval_sub *sub, const struct hs_invalidation *inv,
				   uint64_t cur_seq)
{
	bool lock = d->config->protocol != HS_PROTOCOL_CALLBACK_NO_LOCK;

	if (d->config->protocol == HS_PROTOCOL_CALLBACK_SKIPS || race_driver_is_own(d->config, inv))
		return true;
	if (lock && inv->blockable)
		hs_mutex_lock_at(self, &d->lock, d->place);
	else if (lock && !hs_mutex_trylock_at(self, &d->lock, d->place))
		return false;
	if (sub)
		hs_interval_set_seq(self, sub, cur_seq);
	race_driver_clear(self, d, inv);
	if (lock)
		hs_mutex_unlock_at(self, &d->lock, d->place);
	return true;
}

static bool race_driver_interval(struct hs_task *self, struct hs_interval_sub *sub,
				 const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct hs_race_device *d = hs_container_of(sub, struct hs_race_sub, interval)->device;

	return race_driver_invalidate(self, d, sub, inv, cur_seq);
}

/* A mirror, as a plain notifier, is called for every invalidation of its address space. */
static bool race_driver_hits(const struct hs_race_device *d, const struct hs_invalidation *inv)
{
	return inv->start < d->config->end && inv->end > d->config->start;
}

static int race_driver_sync(struct hs_task *self, struct hs_mirror *mirror,
			    const struct hs_invalidation *inv)
{
	struct hs_race_device *d = hs_container_of(mirror, struct hs_race_device, mirror);

	if (!race_driver_hits(d, inv))
		return 0;
	return race_driver_invalidate(self, d, NULL, inv, 0) ? 0 : -EAGAIN;
}

static int race_driver_start(struct hs_task *self, struct hs_notifier *n,
			     const struct hs_invalidation *inv)
{
	struct hs_race_device *d = hs_container_of(n, struct hs_race_sub, plain)->device;

	if (!race_driver_hits(d, inv))
		return 0;
	return race_driver_invalidate(self, d, NULL, inv, 0) ? 0 : -EAGAIN;
}

static const struct hs_interval_ops race_driver_interval_ops = { race_driver_interval };
static const struct hs_notifier_ops race_driver_plain_ops = { .start = race_driver_start };
const struct hs_mirror_ops hs_race_mirror_ops = { race_driver_sync, NULL };

/* ---- subscriptions ----------------------------------------------------------------------- */

static struct hs_race_sub *race_driver_sub(struct hs_task *self, struct hs_race_device *d,
					   const char *place)
{
	struct hs_race_sub *sub = hs_alloc_at(self, HS_KIND_SUB, sizeof(*sub), place);

	if (sub)
		sub->device = d;
	return sub;
}

static void race_driver_free(struct hs_task *self, struct hs_race_sub *sub, const char *place)
{
	hs_free_at(self, sub, HS_KIND_SUB, sizeof(*sub), place);
}

int hs_race_subscribe(struct hs_task *self, struct hs_race_device *d, const char *place)
{
	const struct hs_race_driver *c = d->config;
	struct hs_race_sub *sub = race_driver_sub(self, d, place);
	int ret;

	if (!sub)
		return -ENOMEM;
	if (c->validity == HS_VALIDITY_FLAG)
		ret = hs_mirror_range_register(self, &sub->range, &d->mirror, c->start, c->end,
					       HS_PAGE_SHIFT);
	else
		ret = hs_interval_insert(self, &sub->interval, hs_mm_notifiers(d->mm), c->start,
					 c->end - c->start, &race_driver_interval_ops);
	if (ret)
		race_driver_free(self, sub, place);
	else
		d->sub = sub;
	d->subscribed = !ret;
	return ret;
}

void hs_race_unsubscribe(struct hs_task *self, struct hs_race_device *d, const char *place)
{
	struct hs_race_sub *sub = d->sub;

	if (d->config->validity == HS_VALIDITY_FLAG)
		hs_mirror_range_unregister(self, &sub->range);
	else
		hs_interval_remove(self, &sub->interval);
	d->subscribed = false;
	race_driver_free(self, sub, place);
}

void hs_race_unplug(struct hs_task *self, struct hs_race_device *d, const char *place)
{
	struct hs_race_sub *plain = d->plain;

	hs_notifier_unregister(self, &plain->plain);
	d->plugged = false;
	race_driver_free(self, plain, place);
}

HS_RACE_DO(INSERT)
{
	struct hs_race_device *d = race_driver_of(a, step);

	hs_race_assert(self, a, !d->subscribed, "%s is subscribed already", d->name);
	return hs_race_subscribe(self, d, a->place);
}

HS_RACE_DO(REMOVE_SUB)
{
	struct hs_race_device *d = race_driver_of(a, step);

	hs_race_assert(self, a, d->sub, "%s is not subscribed", d->name);
	hs_race_unsubscribe(self, d, a->place);
	return 0;
}

HS_RACE_DO(PLAIN_INSERT)
{
	struct hs_race_device *d = race_driver_of(a, step);
	struct hs_race_sub *plain;
	int ret;

	hs_race_assert(self, a, !d->plugged, "%s has a plain notifier already", d->name);
	plain = race_driver_sub(self, d, a->place);
	if (!plain)
		return -ENOMEM;
	ret = hs_notifier_register(self, &plain->plain, hs_mm_notifiers(d->mm),
				   &race_driver_plain_ops);
	if (ret)
		race_driver_free(self, plain, a->place);
	else
		d->plain = plain;
	d->plugged = !ret;
	return ret;
}

HS_RACE_DO(PLAIN_REMOVE)
{
	struct hs_race_device *d = race_driver_of(a, step);

	hs_race_assert(self, a, d->plain, "%s has no plain notifier", d->name);
	hs_race_unplug(self, d, a->place);
	return 0;
}

/* ---- the protocol ------------------------------------------------------------------------ */

static bool race_driver_has_changed(struct hs_task *self, struct hs_race_device *d, uint64_t seq)
{
	if (d->config->validity == HS_VALIDITY_FLAG)
		return !hs_mirror_range_valid(self, &d->sub->range);
	return hs_interval_read_retry(self, &d->sub->interval, seq);
}

/* The flag may not come true in time: then it is as if it had changed. */
HS_RACE_DO(BEGIN)
{
	struct hs_race_device *d = race_driver_of(a, step);
	uint64_t *view = race_driver_view(a, step);

	hs_race_assert(self, a, d->sub, "%s is not subscribed", d->name);
	if (d->config->validity == HS_VALIDITY_FLAG)
		return hs_mirror_range_wait_until_valid(self, &d->sub->range,
							hs_ticks_at(self, a->place) +
								HS_RANGE_DEFAULT_TICKS)
			       ? 0
			       : HS_RACE_AGAIN;
	*view = hs_interval_read_begin(self, &d->sub->interval);
	return 0;
}

struct race_driver_reading {
	struct hs_race_device *device;
	uint64_t seq;
};

static bool race_driver_is_late(struct hs_task *self, struct hs_range *range, void *arg)
{
	struct race_driver_reading *r = arg;

	(void)range;
	return race_driver_has_changed(self, r->device, r->seq);
}

/*
 * The request is what the driver wants of each page. Slots are request and answer: with slots-once
 * the second turn of a loop requests what the walk of the first has left in them (nouveau before
 * 0cafc62e4daf).
 */
static void race_driver_request(const struct hs_race_actor *a, const struct hs_race_driver *c,
				uint64_t access, struct hs_range *range)
{
	uint64_t pages = (range->end - range->start) >> HS_PAGE_SHIFT;
	bool again = a->depth && a->block[a->depth - 1].turns;
	uint64_t request = access ? HS_PFN_VALID : 0;

	request |= access & HS_VM_WRITE ? HS_PFN_WRITE : 0;
	if (c->requests == HS_RACE_REQUESTS_ALL)
		range->default_flags = request;
	else
		range->pfn_flags_mask = UINT64_MAX;
	if (c->requests == HS_RACE_REQUESTS_SLOTS_ONCE && again)
		return;
	for (uint64_t i = 0; i < pages; i++)
		range->pfns[i] = range->pfn_flags_mask & request;
}

HS_RACE_DO(WALK)
{
	struct hs_race_device *d = race_driver_of(a, step);
	uint64_t *view = race_driver_view(a, step);
	struct race_driver_reading reading = { d, view[0] };
	uint64_t *pfns = view + 1 + race_driver_index(d, step->arg[1]);
	struct hs_range range;
	int ret;

	hs_range_init(&range, d->mm, step->arg[1], step->arg[2], pfns);
	race_driver_request(a, d->config, step->arg[3], &range);
	range.owner = hs_race_owner(d->config->owner);
	range.era = d->config->era;
	range.strategy = d->config->strategy;
	range.retry = d->sub ? race_driver_is_late : NULL;
	range.retry_arg = &reading;
	hs_mm_lock_read(self, d->mm);
	ret = hs_range_fault(self, &range);
	hs_race_assert(self, a, ret != -EAGAIN,
		       "the fault of the walk dropped the mmap lock without ALLOW_RETRY");
	hs_mm_unlock_read(self, d->mm);
	a->result = ret;
	return ret == -EBUSY ? HS_RACE_AGAIN : ret;
}

HS_RACE_DO(LOCK)
{
	hs_mutex_lock_at(self, &race_driver_of(a, step)->lock, a->place);
	hs_race_take(self, a, HS_RACE_LOCK, step->arg[0]);
	return 0;
}

HS_RACE_DO(UNLOCK)
{
	struct hs_race_hold *hold = hs_race_held(a, HS_RACE_BIT(LOCK), step->arg[0], 0);

	hs_mutex_unlock_at(self, &race_driver_of(a, step)->lock, a->place);
	if (hold)
		hs_race_drop(a, hold);
	return 0;
}

HS_RACE_DO(CHECK)
{
	struct hs_race_device *d = race_driver_of(a, step);

	hs_race_assert(self, a, d->sub, "%s is not subscribed", d->name);
	return race_driver_has_changed(self, d, race_driver_view(a, step)[0]) ? HS_RACE_AGAIN : 0;
}

HS_RACE_DO(TOUCH)
{
	uint64_t slot = race_driver_slot(a, step);

	if (!(slot & HS_PFN_VALID))
		return HS_RACE_NOTHING;
	hs_race_judge_s2(self, a, slot & HS_ENTRY_PFN, race_driver_of(a, step)->name);
	return 0;
}

HS_RACE_DO(PROGRAM)
{
	struct hs_race_device *d = race_driver_of(a, step);
	uint64_t word = race_driver_slot(a, step) & WORD;
	hs_u64 *entry = &d->entry[race_driver_index(d, step->arg[1])];

	if (!(word & HS_PFN_VALID))
		word = 0;
	hs_race_judge_s4(self, a, d->name, d->config->owner, word);
	HS_RACE_WORD(self, a, hs_u64_store(self, entry, word, HS_RELAXED));
	return word ? 0 : HS_RACE_NOTHING;
}

/* The lock stands for what keeps an entry while the device uses it: no callback clears it then. */
HS_RACE_DO(DEVICE_ACCESS)
{
	struct hs_race_device *d = race_driver_of(a, step);
	bool held = hs_race_held(a, HS_RACE_BIT(LOCK), step->arg[0], 0);
	const hs_u64 *entry = &d->entry[race_driver_index(d, step->arg[1])];
	uint64_t word;

	if (!held)
		hs_mutex_lock_at(self, &d->lock, a->place);
	HS_RACE_WORD(self, a, word = hs_u64_load(self, entry, HS_RELAXED));
	if (word & HS_PFN_VALID)
		hs_race_judge_s2(self, a, word & HS_ENTRY_PFN, d->name);
	if (!held)
		hs_mutex_unlock_at(self, &d->lock, a->place);
	return word & HS_PFN_VALID ? 0 : HS_RACE_NOTHING;
}

/* ---- a whole driver ---------------------------------------------------------------------- */

static bool race_driver_is_dmirror(const struct hs_race_actor *a, const struct hs_race_step *step)
{
	return hs_race_of(a)->object[step->arg[0]].kind == HS_RACE_DMIRROR;
}

HS_RACE_DO(POPULATE)
{
	const struct hs_race_thing *thing = &a->state->thing[step->arg[0]];
	uint64_t start = step->arg[1], end = step->arg[2];
	bool write = step->arg[3] & HS_VM_WRITE;

	a->result = race_driver_is_dmirror(a, step)
			    ? hs_dmirror_populate(self, thing->dmirror, start, end, write)
			    : hs_device_populate(self, hs_race_device(self, a, step->arg[0]), start,
						 end, write);
	return a->result == -EBUSY ? HS_RACE_AGAIN : a->result;
}

HS_RACE_DO(ACCESS)
{
	const struct hs_race_thing *thing = &a->state->thing[step->arg[0]];
	bool write = step->arg[2] & HS_VM_WRITE;

	if (race_driver_is_dmirror(a, step))
		hs_dmirror_access(self, thing->dmirror, step->arg[1], write);
	else
		hs_device_access(self, hs_race_device(self, a, step->arg[0]), step->arg[1], write);
	return 0;
}

HS_RACE_DO(STOP)
{
	hs_device_stop(self, hs_race_device(self, a, step->arg[0]));
	return 0;
}

/* ---- what a device has ------------------------------------------------------------------- */

static void race_driver_print_entry(uint64_t word, char *text, size_t size)
{
	if (word & HS_PFN_VALID)
		snprintf(text, size, "pfn 0x%llx %s", (unsigned long long)(word & HS_ENTRY_PFN),
			 word & HS_PFN_WRITE ? "w" : "r");
	else
		snprintf(text, size, "no entry");
}

/* "none", "one", "w", "pfn 0x8", "pfn 0x8 w" */
static void race_driver_print_expected(enum hs_race_entry what, uint64_t pfn, char *text,
				       size_t size)
{
	bool names_access = what == HS_RACE_ENTRY_R || what == HS_RACE_ENTRY_W;
	const char *access = names_access ? hs_race_entry_names[what] : "one";

	if (what == HS_RACE_ENTRY_NO)
		snprintf(text, size, "none");
	else if (pfn == HS_RACE_ANY_PAGE)
		snprintf(text, size, "%s", access);
	else
		snprintf(text, size, "pfn 0x%llx%s%s", (unsigned long long)pfn,
			 names_access ? " " : "", names_access ? access : "");
}

static uint64_t race_driver_entry(struct hs_task *self, struct hs_race_actor *a,
				  const struct hs_race_step *step)
{
	struct hs_race_thing *thing = &a->state->thing[step->arg[0]];
	const hs_u64 *entry;
	uint64_t word;

	if (hs_race_of(a)->object[step->arg[0]].kind == HS_RACE_DEVICE)
		return hs_device_entry(self, hs_race_device(self, a, step->arg[0]), step->arg[1]);
	if (race_driver_is_dmirror(a, step))
		return hs_dmirror_entry(self, thing->dmirror, step->arg[1]);
	entry = &thing->device.entry[race_driver_index(&thing->device, step->arg[1])];
	HS_RACE_WORD(self, a, word = hs_u64_load(self, entry, HS_RELAXED));
	return word;
}

/* The page that the address space maps, which it has to. All tasks are done: nothing changes. */
static uint64_t race_driver_mapped(struct hs_task *self, struct hs_race_actor *a,
				   const struct hs_race_step *step)
{
	const struct hs_race_object *device = &hs_race_of(a)->object[step->arg[0]];
	struct hs_race_mm *mm = &a->state->thing[device->driver.mm].mm;
	uint64_t entry = mm->exited.raw ? 0 : hs_pt_get(self, mm->mm, step->arg[1], 0);

	hs_race_answer(self, a, entry & (HS_ENTRY_VALID | HS_ENTRY_DEVPRIV),
		       "%s maps no page at 0x%llx, expected one, which %s maps, too",
		       hs_race_name(a->state, device->driver.mm), (unsigned long long)step->arg[1],
		       device->name);
	return entry & HS_ENTRY_PFN;
}

HS_RACE_DO(ASSERT_ENTRY)
{
	enum hs_race_entry what = (enum hs_race_entry)step->arg[2];
	uint64_t pfn = step->arg[3], word = race_driver_entry(self, a, step);
	bool valid = word & HS_PFN_VALID, write = word & HS_PFN_WRITE, as_expected;
	char found[64], expected[64];

	if (pfn == HS_RACE_MAPPED)
		pfn = race_driver_mapped(self, a, step);
	as_expected = valid == (what != HS_RACE_ENTRY_NO);
	as_expected &= what != HS_RACE_ENTRY_R || !write;
	as_expected &= what != HS_RACE_ENTRY_W || write;
	as_expected &= pfn == HS_RACE_ANY_PAGE || (word & HS_ENTRY_PFN) == pfn;
	race_driver_print_entry(word, found, sizeof(found));
	race_driver_print_expected(what, pfn, expected, sizeof(expected));
	hs_race_answer(self, a, as_expected, "%s has %s for 0x%llx, expected %s",
		       hs_race_name(a->state, step->arg[0]), found,
		       (unsigned long long)step->arg[1], expected);
	return 0;
}
