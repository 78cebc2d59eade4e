/* SPDX-License-Identifier: MIT */
/*
 * dmirror.c - a device that mirrors a window of an address space
 *
 * invented: see <hmmsim/dmirror.h>. Its page table is one word a page.
 *
 * States of a word, by predicate:
 *
 *	0		nothing is mapped
 *	VALID		the CPU's table had this page, and no callback has invalidated it since: the
 *			task that holds the lock may use the page
 *
 * States of a populate:
 *
 *	walked		it has pfns, which may be stale already
 *	checked		it holds the lock, and nothing has changed since it began: until it releases
 *			the lock it may use each of its pages
 *
 * Legal: populate, entry and access by many tasks at once; callbacks at any time; destroy when
 * none of the three is under way. A populate is a user of the address space, so that the address
 * space does not end before it.
 *
 * Lock order: mmap lock, mapping lock, mirrors lock < the lock (driver lock) < subscriptions lock.
 * A populate releases the mmap lock before it takes the lock, and holds none at mmput.
 *
 * Who may free what: hs_dmirror_destroy() frees the device, which keeps the struct of the mm until
 * then; a populate frees its pfn array, after it has unregistered its v5.3 range.
 *
 * Answers without a page (v5.3 gives them for swap and migration entries) and device-private pages
 * of other owners become words that map nothing, and populate succeeds.
 *
 * Populate against invalidation:
 *
 *	populate			invalidator
 *	s = read_begin
 *	walk: pfn			start: seq = odd
 *					  lock
 *	lock: waits			  sub->seq = seq, clear the words
 *					  unlock
 *	sub->seq != s: unlock, again	clear the CPU's entry, free the page
 *	read_begin: waits		end: seq = even, wake
 *	walk: what is there now
 *
 *	Required outcome: no word is left of a page that is freed, no such page is touched, and one
 *	invalidation costs one retry. With the flag of v5.3 the check may say "valid" after all of
 *	the right column: then a word is left, or the page is touched when it is free.
 *	(tests/model/test_device_model.c: populate_against_invalidation)
 *
 * Populate against a whole removal:
 *
 *	populate			owner of the memory
 *					disable: no fault maps it from now on
 *	s = read_begin
 *	walk: pfn
 *					invalidate: seq = odd
 *					  lock, sub->seq = seq, clear the words, unlock
 *					  clear the CPU's entries
 *					  seq = even, wake
 *	lock
 *	sub->seq != s: unlock, again	drain: kill, put pages, wait
 *	walk: fault, SIGBUS: -EFAULT	remove: struct pages, index, counters
 *
 *	Required outcome: no word is left when the struct pages go (S1), no struct page is touched
 *	when it is gone (S2), the removal ends and leaves nothing (S3). If disable comes after
 *	invalidate, the second walk faults the page in again, and no invalidation follows.
 *	(src/text/scenarios/populate.txt: populate)
 *
 * The lock as a fence:
 *
 *	populate			invalidator
 *	lock
 *	sub->seq == s			start: seq = odd
 *	touch the page			  lock: waits
 *	write the word
 *	unlock				  clear the word that was just written
 *					  unlock
 *					clear the CPU's entry, free the page
 *
 *	Required outcome: the page is live while it is touched, and the word is gone when the page
 *	is freed. Without the lock in the callback, or with the touch outside of it, neither holds.
 *	(tests/model/test_device_model.c: lock_as_fence)
 */
#include "device/dmirror.h"

#include "memory/memory.h"

#include <errno.h>

#include <hmmsim/pgmap.h>

#include "mm/mm.h"

#define PFN_MASK HS_ENTRY_PFN

/* One call of populate. In the arena, because invalidations write to the range. */
struct populate {
	struct hs_dmirror *dev;
	uint64_t start, end;
	bool write;
	uint64_t seq;		      /* HS_VALIDITY_SEQ */
	struct hs_mirror_range range; /* HS_VALIDITY_FLAG */
	struct hs_dmirror_stats stats;
	uint64_t pfns[];
};

static size_t dmirror_bytes(uint64_t pages)
{
	return sizeof(struct hs_dmirror) + pages * sizeof(hs_u64);
}

static size_t dmirror_populate_bytes(uint64_t pages)
{
	return sizeof(struct populate) + pages * sizeof(uint64_t);
}

static uint64_t dmirror_index(const struct hs_dmirror *dev, uint64_t addr)
{
	return (addr - dev->config.range.start) >> HS_PAGE_SHIFT;
}

static void dmirror_add_stats(struct hs_dmirror_stats *to, const struct hs_dmirror_stats *from)
{
	to->populates += from->populates;
	to->retries += from->retries;
	hs_walk_counts_add(&to->walk, &from->walk);
}

/* ---- callbacks --------------------------------------------------------------------------- */

/* Clears the words of [start, end), as far as they are in the window. */
static void dmirror_clear(struct hs_task *self, struct hs_dmirror *dev, uint64_t start,
			  uint64_t end)
{
	const struct hs_dmirror_config *c = &dev->config;

	start = start > c->range.start ? start : c->range.start;
	end = end < c->range.end ? end : c->range.end;
	if (start >= end)
		return;
	for (uint64_t i = dmirror_index(dev, start); i <= dmirror_index(dev, end - 1); i++)
		hs_u64_store(self, &dev->table[i], 0, HS_RELAXED);
}

/* The device itself asked for this invalidation: its words stay. */
static bool dmirror_is_own(const struct hs_dmirror_config *c, const struct hs_invalidation *inv)
{
	return c->range.owner && inv->owner == c->range.owner &&
	       (inv->event == HS_INVALIDATE_MIGRATE || inv->event == HS_INVALIDATE_EXCLUSIVE);
}

/* False: @inv is not blockable and the lock is held. @cur_seq: NULL with HS_VALIDITY_FLAG. */
static bool dmirror_invalidate(struct hs_task *self, struct hs_dmirror *dev,
			       const struct hs_invalidation *inv, const uint64_t *cur_seq)
{
	const struct hs_dmirror_config *c = &dev->config;
	bool lock = c->protocol != HS_PROTOCOL_CALLBACK_NO_LOCK;

	if (c->protocol == HS_PROTOCOL_CALLBACK_SKIPS || dmirror_is_own(c, inv))
		return true;
	if (HS_BREAK(DMIRROR_CLEAR_EARLY))
		dmirror_clear(self, dev, inv->start, inv->end);
	if (lock && inv->blockable) {
		hs_mutex_lock(self, &dev->lock);
	} else if (lock && !hs_mutex_trylock(self, &dev->lock)) {
		hs_u64_add(self, &dev->refusals, 1, HS_RELAXED);
		return false;
	}
	if (cur_seq && !HS_BREAK(DMIRROR_SEQ_LATE))
		hs_interval_set_seq(self, &dev->sub, *cur_seq);
	if (!HS_BREAK(DMIRROR_CLEAR_EARLY))
		dmirror_clear(self, dev, inv->start, inv->end);
	if (!lock)
		return true;
	hs_assert_mutex(self, &dev->lock);
	dev->stats.invalidations++;
	hs_mutex_unlock(self, &dev->lock);
	if (cur_seq && HS_BREAK(DMIRROR_SEQ_LATE))
		hs_interval_set_seq(self, &dev->sub, *cur_seq);
	return true;
}

static bool dmirror_invalidate_interval(struct hs_task *self, struct hs_interval_sub *sub,
					const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct hs_dmirror *dev = hs_container_of(sub, struct hs_dmirror, sub);

	return dmirror_invalidate(self, dev, inv, &cur_seq);
}

static struct hs_dmirror *dmirror_of_mirror(struct hs_mirror *mirror)
{
	return hs_container_of(mirror, struct hs_dmirror, mirror);
}

/* A mirror is called for every invalidation of its address space. */
static int dmirror_sync_mirror(struct hs_task *self, struct hs_mirror *mirror,
			       const struct hs_invalidation *inv)
{
	struct hs_dmirror *dev = dmirror_of_mirror(mirror);

	if (inv->start >= dev->config.range.end || inv->end <= dev->config.range.start)
		return 0;
	return dmirror_invalidate(self, dev, inv, NULL) ? 0 : -EAGAIN;
}

static void dmirror_release_mirror(struct hs_task *self, struct hs_mirror *mirror)
{
	struct hs_dmirror *dev = dmirror_of_mirror(mirror);
	const struct hs_invalidation all = {
		.start = dev->config.range.start,
		.end = dev->config.range.end,
		.event = HS_INVALIDATE_RELEASE,
		.blockable = true,
	};

	dmirror_invalidate(self, dev, &all, NULL);
}

static const struct hs_interval_ops dmirror_interval_ops = { dmirror_invalidate_interval };
static const struct hs_mirror_ops dmirror_mirror_ops = { dmirror_sync_mirror,
							 dmirror_release_mirror };

/* ---- populate ---------------------------------------------------------------------------- */

static bool dmirror_has_changed(struct hs_task *self, struct populate *p)
{
	if (p->dev->config.validity == HS_VALIDITY_FLAG)
		return !hs_mirror_range_valid(self, &p->range);
	return hs_interval_read_retry(self, &p->dev->sub, p->seq);
}

static bool dmirror_walk_is_late(struct hs_task *self, struct hs_range *range, void *arg)
{
	(void)range;
	return dmirror_has_changed(self, arg);
}

/* If the flag does not come true in time, the walk finds it false. */
static void dmirror_begin(struct hs_task *self, struct populate *p)
{
	if (p->dev->config.validity == HS_VALIDITY_SEQ)
		p->seq = hs_interval_read_begin(self, &p->dev->sub);
	else
		hs_mirror_range_wait_until_valid(self, &p->range,
						 hs_ticks(self) + HS_RANGE_DEFAULT_TICKS);
}

static int dmirror_walk(struct hs_task *self, struct populate *p)
{
	const struct hs_dmirror_config *c = &p->dev->config;
	struct hs_range range = c->range;
	int ret;

	range.start = p->start;
	range.end = p->end;
	range.pfns = p->pfns;
	range.default_flags = HS_PFN_VALID | (p->write ? HS_PFN_WRITE : 0);
	range.retry = dmirror_walk_is_late;
	range.retry_arg = p;
	hs_mm_lock_read(self, range.mm);
	ret = hs_range_fault(self, &range);
	hs_assert_at(self, HS_HERE, ret != -EAGAIN,
		     "the walk's fault dropped the mmap lock without ALLOW_RETRY");
	hs_mm_unlock_read(self, range.mm);
	hs_walk_counts_add(&p->stats.walk, &range.counts);
	return ret;
}

/* The zero page is never removed. */
static void dmirror_touch(struct hs_task *self, uint64_t pfn)
{
	bool live = pfn == HS_ZERO_PFN || hs_pfn_life(self, pfn) == HS_PAGE_LIVE;

	if (!live)
		hs_note_gone_use(self);
	hs_assert_at(self, HS_HERE, live, "the device touches page %#llx, which is gone",
		     (unsigned long long)pfn);
}

/*
 * v5.3 hands out device-private pages of every owner; in 6.12 the walker compares owners. Nothing
 * has changed since the walk, so that the entry still keeps its page.
 */
static bool dmirror_is_foreign(struct hs_task *self, const struct hs_dmirror_config *c,
			       uint64_t slot)
{
	struct hs_page *page;
	struct hs_pgmap *pgmap;

	if (c->range.era != HS_ERA_5_3 || !(slot & HS_PFN_DEVICE))
		return false;
	page = hs_pfn_to_page(self, slot & PFN_MASK);
	hs_page_live(self, page);
	pgmap = hs_page_pgmap(self, page);
	if (pgmap)
		hs_deref(self, pgmap);
	return !pgmap || hs_pgmap_owner(pgmap) != c->range.owner;
}

static void dmirror_touch_pages(struct hs_task *self, struct populate *p)
{
	uint64_t pages = (p->end - p->start) >> HS_PAGE_SHIFT;

	for (uint64_t i = 0; p->dev->config.touch && i < pages; i++)
		if (p->pfns[i] & HS_PFN_VALID)
			dmirror_touch(self, p->pfns[i] & PFN_MASK);
}

/* The lock is held. */
static void dmirror_write_words(struct hs_task *self, struct populate *p)
{
	struct hs_dmirror *dev = p->dev;
	uint64_t first = dmirror_index(dev, p->start), pages = (p->end - p->start) >> HS_PAGE_SHIFT;

	for (uint64_t i = 0; i < pages; i++) {
		uint64_t word = p->pfns[i] & (HS_PFN_VALID | HS_PFN_WRITE | PFN_MASK);

		if (!(word & HS_PFN_VALID) || dmirror_is_foreign(self, &dev->config, p->pfns[i]))
			word = 0;
		hs_u64_store(self, &dev->table[first + i], word, HS_RELAXED);
	}
	hs_assert_mutex(self, &dev->lock);
	p->stats.populates++;
	dmirror_add_stats(&dev->stats, &p->stats);
}

/* -EAGAIN: something has changed since dmirror_begin(), and nothing was written. */
static int dmirror_commit(struct hs_task *self, struct populate *p)
{
	struct hs_dmirror *dev = p->dev;
	enum hs_protocol protocol = dev->config.protocol;
	bool check = protocol != HS_PROTOCOL_NO_CHECK && protocol != HS_PROTOCOL_CHECK_OUTSIDE;
	int ret = 0;

	if (protocol == HS_PROTOCOL_CHECK_OUTSIDE && dmirror_has_changed(self, p))
		return -EAGAIN;
	if (protocol == HS_PROTOCOL_TOUCH_OUTSIDE)
		dmirror_touch_pages(self, p);
	hs_mutex_lock(self, &dev->lock);
	if (check && dmirror_has_changed(self, p)) {
		ret = -EAGAIN;
	} else {
		HS_BREAK_MUTEX_GAP(DMIRROR_CHECK_GAP, self, &dev->lock);
		if (protocol != HS_PROTOCOL_TOUCH_OUTSIDE)
			dmirror_touch_pages(self, p);
		dmirror_write_words(self, p);
	}
	hs_mutex_unlock(self, &dev->lock);
	return ret;
}

/*
 * A turn that failed has met a change, so the next dmirror_begin() waits for its end. The wait for
 * the flag also ends at its deadline: if the walk then finds the flag false, the turn waits until
 * it changes.
 */
static int dmirror_turns(struct hs_task *self, struct populate *p)
{
	uint32_t tries = p->dev->config.tries;
	int ret;

	for (uint64_t n = 1;; n++) {
		if (!HS_BREAK(DMIRROR_BEGIN_LATE))
			dmirror_begin(self, p);
		ret = dmirror_walk(self, p);
		if (HS_BREAK(DMIRROR_BEGIN_LATE))
			dmirror_begin(self, p);
		if (ret && ret != -EBUSY)
			return ret;
		if (!ret && !dmirror_commit(self, p))
			return 0;
		p->stats.retries++;
		if (n == tries)
			return -EBUSY;
		if (ret && p->dev->config.validity == HS_VALIDITY_FLAG)
			hs_retry_wait(self, "the range is not valid");
	}
}

static int dmirror_populate(struct hs_task *self, struct populate *p)
{
	struct hs_dmirror *dev = p->dev;
	bool flag = dev->config.validity == HS_VALIDITY_FLAG;
	int ret = 0;

	if (!hs_mmget_not_zero(self, dev->config.range.mm))
		return HS_BREAK(DMIRROR_DEAD_MM) ? 0 : -EFAULT;
	if (flag)
		ret = hs_mirror_range_register(self, &p->range, &dev->mirror, p->start, p->end,
					       HS_PAGE_SHIFT);
	hs_assert_at(self, HS_HERE, !ret,
		     "hs_mirror_range_register: %d while the address space is in use", ret);
	ret = dmirror_turns(self, p);
	if (flag)
		hs_mirror_range_unregister(self, &p->range);
	hs_mmput(self, dev->config.range.mm);
	if (!ret)
		return 0;
	hs_mutex_lock(self, &dev->lock);
	hs_assert_mutex(self, &dev->lock);
	dmirror_add_stats(&dev->stats, &p->stats);
	hs_mutex_unlock(self, &dev->lock);
	return ret;
}

static bool dmirror_in_window(const struct hs_dmirror *dev, uint64_t start, uint64_t end)
{
	return start < end && start >= dev->config.range.start && end <= dev->config.range.end &&
	       !((start | end) & (HS_PAGE_BYTES - 1));
}

int hs_dmirror_populate(struct hs_task *self, struct hs_dmirror *dev, uint64_t start, uint64_t end,
			bool write)
{
	struct populate *p;
	size_t bytes;
	int ret;

	if (!dmirror_in_window(dev, start, end))
		return -EINVAL;
	hs_might_sleep(self);
	bytes = dmirror_populate_bytes((end - start) >> HS_PAGE_SHIFT);
	p = hs_alloc(self, HS_KIND_PFNS, bytes);
	if (!p)
		return -ENOMEM;
	p->dev = dev;
	p->start = start;
	p->end = end;
	p->write = write;
	ret = dmirror_populate(self, p);
	hs_free(self, p, HS_KIND_PFNS, bytes);
	return ret;
}

/* ---- what the device has ----------------------------------------------------------------- */

uint64_t hs_dmirror_entry(struct hs_task *self, struct hs_dmirror *dev, uint64_t addr)
{
	uint64_t word;

	if (addr < dev->config.range.start || addr >= dev->config.range.end)
		return 0;
	hs_mutex_lock(self, &dev->lock);
	hs_assert_mutex(self, &dev->lock);
	word = hs_u64_load(self, &dev->table[dmirror_index(dev, addr)], HS_RELAXED);
	hs_mutex_unlock(self, &dev->lock);
	return word;
}

bool hs_dmirror_access(struct hs_task *self, struct hs_dmirror *dev, uint64_t addr, bool write)
{
	uint64_t need = HS_PFN_VALID | (write ? HS_PFN_WRITE : 0), word;

	if (addr < dev->config.range.start || addr >= dev->config.range.end)
		return false;
	hs_mutex_lock(self, &dev->lock);
	hs_assert_mutex(self, &dev->lock);
	word = hs_u64_load(self, &dev->table[dmirror_index(dev, addr)], HS_RELAXED);
	if ((word & need) == need)
		dmirror_touch(self, word & PFN_MASK);
	hs_mutex_unlock(self, &dev->lock);
	return (word & need) == need;
}

uint64_t hs_dmirror_maps(const struct hs_dmirror *dev, uint64_t start, uint64_t end)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < dev->pages; i++) {
		uint64_t word = dev->table[i].raw, pfn = word & PFN_MASK;

		count += word & HS_PFN_VALID && pfn >= start && pfn < end;
	}
	return count;
}

void hs_dmirror_stats(struct hs_task *self, struct hs_dmirror *dev, struct hs_dmirror_stats *stats)
{
	hs_mutex_lock(self, &dev->lock);
	hs_assert_mutex(self, &dev->lock);
	*stats = dev->stats;
	hs_mutex_unlock(self, &dev->lock);
	stats->refusals = hs_u64_load(self, &dev->refusals, HS_RELAXED);
}

/* ---- begin and end ----------------------------------------------------------------------- */

void hs_dmirror_config_init(struct hs_dmirror_config *config, struct hs_mm *mm, uint64_t start,
			    uint64_t end)
{
	*config = (struct hs_dmirror_config){
		.validity = HS_VALIDITY_SEQ,
		.protocol = HS_PROTOCOL_SOUND,
	};
	hs_range_init(&config->range, mm, start, end, NULL);
}

static bool dmirror_config_valid(const struct hs_dmirror_config *c)
{
	const struct hs_range *r = &c->range;

	return r->mm && r->start < r->end && !((r->start | r->end) & (HS_PAGE_BYTES - 1)) &&
	       r->end <= hs_geometry_end(hs_mm_geometry(r->mm)) && !r->pfn_flags_mask &&
	       (unsigned int)r->era < HS_ERA_COUNT &&
	       (unsigned int)r->strategy < HS_STRATEGY_BUILTIN_COUNT &&
	       (unsigned int)r->body < HS_BODY_COUNT &&
	       (unsigned int)r->pte_map < HS_PTE_MAP_COUNT &&
	       (unsigned int)c->validity < HS_VALIDITY_COUNT &&
	       (unsigned int)c->protocol < HS_PROTOCOL_COUNT;
}

/* The caller is a user of the address space. */
static int dmirror_subscribe_user(struct hs_task *self, struct hs_dmirror *dev)
{
	const struct hs_dmirror_config *c = &dev->config;
	struct hs_notifiers *notifiers = hs_mm_notifiers(c->range.mm);
	int ret;

	if (c->validity == HS_VALIDITY_SEQ)
		return hs_interval_insert(self, &dev->sub, notifiers, c->range.start,
					  c->range.end - c->range.start, &dmirror_interval_ops);
	ret = hs_hmm_create(self, notifiers, &dev->hmm);
	if (ret)
		return ret;
	return hs_mirror_register(self, &dev->mirror, dev->hmm, &dmirror_mirror_ops);
}

static int dmirror_subscribe(struct hs_task *self, struct hs_dmirror *dev)
{
	struct hs_mm *mm = dev->config.range.mm;
	int ret;

	if (!hs_mmget_not_zero(self, mm))
		return -EINVAL;
	ret = dmirror_subscribe_user(self, dev);
	hs_mmput(self, mm);
	return ret;
}

int hs_dmirror_create(struct hs_task *self, const struct hs_dmirror_config *config,
		      struct hs_dmirror **out)
{
	struct hs_dmirror *dev;
	uint64_t pages;
	int ret;

	if (!dmirror_config_valid(config))
		return -EINVAL;
	pages = (config->range.end - config->range.start) >> HS_PAGE_SHIFT;
	dev = hs_alloc(self, HS_KIND_DEVICE, dmirror_bytes(pages));
	if (!dev)
		return -ENOMEM;
	dev->config = *config;
	dev->pages = pages;
	hs_mutex_init(&dev->lock, HS_LOCK_DRIVER);
	hs_mmgrab(self, config->range.mm);
	ret = dmirror_subscribe(self, dev);
	if (ret) {
		hs_mmdrop(self, config->range.mm);
		hs_free(self, dev, HS_KIND_DEVICE, dmirror_bytes(pages));
		return ret;
	}
	*out = dev;
	return 0;
}

void hs_dmirror_destroy(struct hs_task *self, struct hs_dmirror *dev)
{
	struct hs_mm *mm = dev->config.range.mm;

	if (dev->config.validity == HS_VALIDITY_SEQ) {
		hs_interval_remove(self, &dev->sub);
	} else {
		hs_mirror_unregister(self, &dev->mirror);
		hs_hmm_destroy(self, dev->hmm);
	}
	hs_mmdrop(self, mm);
	hs_free(self, dev, HS_KIND_DEVICE, dmirror_bytes(dev->pages));
}
