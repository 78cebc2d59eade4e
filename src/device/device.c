/* SPDX-License-Identifier: MIT */
/*
 * device.c - devices: what all drivers have in common
 *
 * invented: see <hmmsim/device.h> and README.md.
 *
 * States of a word of the page table, by predicate:
 *
 *	0		nothing is mapped
 *	VALID		the driver has mapped the page, and no callback has cleared the word since
 *
 * States of the word of faults:
 *
 *	n		n of them are handled
 *	STOPPED | n	no more are; the one that is the last completes .idle
 *
 * Legal: populate, access, entry, stats by many tasks at once, callbacks at any time, stop by any
 * task that is not in a populate; destroy when none of them is under way.
 *
 * Lock order: mmap lock, mapping lock, mirrors lock < the driver lock < subscriptions lock. Drivers
 * whose mmap lock is held meanwhile (of 2019) take the driver lock under it.
 *
 * Who may free what: hs_device_destroy() frees the device, which keeps the struct of the mm until
 * then; a populate frees its job.
 *
 * The fence:
 *
 *	populate			owner of device memory
 *	faults: 0 -> 1
 *					stop: STOPPED | 1, waits
 *	allocate a page of the device,
 *	write the word
 *	STOPPED | 1 -> STOPPED: idle
 *					goes on: no more pages are allocated, words change by
 *					invalidations alone
 *	populate: -ENODEV		remove the memory
 *
 *	Required outcome: when stop returns, no fault is handled, and none will be.
 *	(src/text/scenarios/drivers.txt: fence, fence-waits)
 */
#include "device/device.h"

#include <errno.h>
#include <string.h>

#include "memory/memory.h"
#include "mm/mm.h"
#include "pgmap/pgmap.h"

/* ---- models ------------------------------------------------------------------------------ */

static const struct hs_device_ops *const device_models[HS_DEVICE_MODEL_COUNT] = {
	[HS_DEVICE_DMIRROR] = &hs_device_ops_dmirror,
	[HS_DEVICE_TEST_HMM] = &hs_device_ops_test_hmm,
	[HS_DEVICE_NOUVEAU_2019] = &hs_device_ops_nouveau_2019,
	[HS_DEVICE_NOUVEAU] = &hs_device_ops_nouveau,
	[HS_DEVICE_AMDGPU_2019] = &hs_device_ops_amdgpu_2019,
	[HS_DEVICE_AMDGPU] = &hs_device_ops_amdgpu,
	[HS_DEVICE_ODP] = &hs_device_ops_odp,
	[HS_DEVICE_P2PDMA] = &hs_device_ops_p2pdma,
};

static bool device_is_model(enum hs_device_model model)
{
	return (unsigned int)model < HS_DEVICE_MODEL_COUNT;
}

const char *hs_device_model_name(enum hs_device_model model)
{
	return device_is_model(model) ? device_models[model]->name : "?";
}

uint32_t hs_device_corrections(enum hs_device_model model)
{
	return device_is_model(model) ? device_models[model]->corrections : 0;
}

const char *hs_correction_name(enum hs_correction correction)
{
	switch (correction) {
	case HS_CORRECT_SEQUENCE:
		return "sequence";
	case HS_CORRECT_UNREGISTER:
		return "unregister";
	case HS_CORRECT_MAP_LOCKED:
		return "map-locked";
	case HS_CORRECT_OWN_PAGES:
		return "own-pages";
	case HS_CORRECT_OWN_EVENTS:
		return "own-events";
	case HS_CORRECT_MIGRATE_WALK:
		return "migrate-walk";
	case HS_CORRECT_EXCLUSIVE_CHECK:
		return "exclusive-check";
	case HS_CORRECT_EVICT_ALL:
		return "evict-all";
	default:
		return "?";
	}
}

/* ---- words ------------------------------------------------------------------------------- */

bool hs_device_hits(const struct hs_device *dev, unsigned long start, unsigned long end)
{
	return start < dev->config.end && end > dev->config.start;
}

void hs_device_set(struct hs_device *dev, unsigned long addr, uint64_t pfn)
{
	struct hs_task *self = hs_linux_task();
	uint64_t word = pfn & HS_PFN_VALID ? pfn & (HS_DEVICE_ENTRY | HS_DEVICE_ATOMIC) : 0;

	hs_assert_mutex(self, dev->lock);
	hs_u64_store(self, &dev->table[hs_device_index(dev, addr)], word, HS_RELAXED);
}

uint64_t hs_device_get(struct hs_device *dev, unsigned long addr)
{
	struct hs_task *self = hs_linux_task();

	hs_assert_mutex(self, dev->lock);
	return hs_u64_load(self, &dev->table[hs_device_index(dev, addr)], HS_RELAXED);
}

void hs_device_zap(struct hs_device *dev, unsigned long start, unsigned long end)
{
	struct hs_task *self = hs_linux_task();
	const struct hs_device_config *c = &dev->config;

	hs_assert_mutex(self, dev->lock);
	start = start > c->start ? start : c->start;
	end = end < c->end ? end : c->end;
	if (start >= end)
		return;
	for (uint64_t i = hs_device_index(dev, start); i <= hs_device_index(dev, end - 1); i++)
		hs_u64_store(self, &dev->table[i], 0, HS_RELAXED);
}

void hs_device_zap_unlocked(struct hs_device *dev, unsigned long addr)
{
	struct hs_task *self = hs_linux_task();

	if (hs_device_has(dev, addr))
		hs_u64_store(self, &dev->table[hs_device_index(dev, addr)], 0, HS_RELAXED);
}

/* ---- counts ------------------------------------------------------------------------------ */

void hs_device_invalidated(struct hs_device *dev)
{
	hs_assert_mutex(hs_linux_task(), dev->lock);
	dev->stats.invalidations++;
}

void hs_device_turned_down(struct hs_device *dev)
{
	hs_assert_mutex(hs_linux_task(), dev->lock);
	dev->stats.foreign++;
}

void hs_device_refused(struct hs_device *dev)
{
	hs_u64_add(hs_linux_task(), &dev->refusals, 1, HS_RELAXED);
}

void hs_device_timed_out(struct hs_device *dev)
{
	hs_u64_add(hs_linux_task(), &dev->timeouts, 1, HS_RELAXED);
}

bool hs_device_again(struct hs_device *dev, struct hs_device_job *job)
{
	if (dev->config.tries && job->turns + 1 >= dev->config.tries)
		return false;
	job->turns++;
	return true;
}

void hs_device_touch_at(struct hs_device *dev, uint64_t pfn, const char *where)
{
	struct hs_task *self = hs_linux_task();

	pfn &= HS_ENTRY_PFN;
	if (!dev->config.touch || hs_pfn_life(self, pfn) == HS_PAGE_LIVE)
		return;
	hs_note_gone_use(self);
	hs_fail(self, where, "%s touches page %#llx, which is gone", dev->ops->name,
		(unsigned long long)pfn);
}

/* A page that is gone, where that is not judged, counts as the device's own. */
bool hs_device_owns_at(struct hs_device *dev, uint64_t pfn, const char *where)
{
	struct hs_task *self = hs_linux_task();
	struct hs_pgmap *pgmap;
	struct hs_page *page;

	hs_device_touch_at(dev, pfn, where);
	page = hs_pfn_to_page(self, pfn & HS_ENTRY_PFN);
	if (!page)
		return true;
	pgmap = hs_page_pgmap(self, page);
	return pgmap && hs_pgmap_owner(pgmap) == dev->config.owner;
}

/* ---- faults ------------------------------------------------------------------------------ */

/* False: it is stopped. A failed exchange means that another task's succeeded. */
static bool device_enter(struct hs_task *self, struct hs_device *dev)
{
	uint32_t seen = hs_u32_load(self, &dev->faults, HS_RELAXED);

	while (!(seen & HS_DEVICE_STOPPED))
		if (hs_u32_cmpxchg(self, &dev->faults, &seen, seen + 1, HS_ACQUIRE))
			return true;
	return false;
}

/* The device may be freed as soon as the last fault is over. */
static void device_leave(struct hs_task *self, struct hs_device *dev)
{
	if (hs_u32_add(self, &dev->faults, -1u, HS_ACQ_REL) == (HS_DEVICE_STOPPED | 1))
		hs_complete(self, NULL, &dev->idle, 1);
}

void hs_device_stop(struct hs_task *self, struct hs_device *dev)
{
	hs_might_sleep(self);
	if (hs_u32_or(self, &dev->faults, HS_DEVICE_STOPPED, HS_ACQ_REL) & ~HS_DEVICE_STOPPED)
		hs_wait_for_completion(self, NULL, &dev->idle, 1);
	if (dev->ops->stop)
		dev->ops->stop(dev);
}

static size_t device_job_bytes(const struct hs_device *dev, uint64_t pages)
{
	return sizeof(struct hs_device_job) + dev->ops->job_bytes + pages * sizeof(uint64_t);
}

/* What failed is counted, too. */
static void device_count(struct hs_task *self, struct hs_device *dev, bool populated,
			 uint32_t turns)
{
	if (!populated && !turns)
		return;
	hs_mutex_lock(self, dev->lock);
	hs_assert_mutex(self, dev->lock);
	dev->stats.populates += populated;
	dev->stats.retries += turns;
	hs_mutex_unlock(self, dev->lock);
}

/* Handles the fault once, with a job of its own: what a driver leaves there is freed with it. */
static int device_handle(struct hs_task *self, struct hs_device *dev,
			 const struct hs_device_job *what, hs_device_work work, uint32_t *turns)
{
	size_t bytes = device_job_bytes(dev, what->npages);
	struct hs_device_job *job = hs_alloc(self, HS_KIND_PFNS, bytes);
	int ret;

	if (!job)
		return -ENOMEM;
	*job = *what;
	job->turns = *turns;
	job->more = job + 1;
	job->pfns = (uint64_t *)((char *)(job + 1) + dev->ops->job_bytes);
	ret = work(dev, job);
	*turns = job->turns;
	hs_free(self, job, HS_KIND_PFNS, bytes);
	return ret;
}

/* The device asks again while the driver says that something has changed. */
static int device_turns(struct hs_task *self, struct hs_device *dev,
			const struct hs_device_job *what, hs_device_work work)
{
	uint32_t tries = dev->config.tries, turns = 0;
	int ret;

	for (;;) {
		ret = device_handle(self, dev, what, work, &turns);
		if (ret != -EBUSY && ret != -EAGAIN)
			break;
		turns++;
		ret = -EBUSY;
		if (turns == tries)
			break;
		hs_retry_wait(self, "the device faults again");
	}
	device_count(self, dev, !ret && work == dev->ops->fault, turns);
	return ret;
}

int hs_device_run(struct hs_task *self, struct hs_device *dev, const struct hs_device_job *what,
		  hs_device_work work)
{
	struct hs_device_job job = *what;
	int ret;

	if (job.start >= job.end || job.start < dev->config.start || job.end > dev->config.end ||
	    (job.start | job.end) & (HS_PAGE_BYTES - 1))
		return -EINVAL;
	if (!work)
		return -EOPNOTSUPP;
	job.npages = (job.end - job.start) >> HS_PAGE_SHIFT;
	hs_assert(self, self == hs_linux_task(), "hs_device_*(): self is another task");
	hs_might_sleep(self);
	if (!device_enter(self, dev))
		return -ENODEV;
	ret = device_turns(self, dev, &job, work);
	device_leave(self, dev);
	return ret;
}

int hs_device_populate(struct hs_task *self, struct hs_device *dev, uint64_t start, uint64_t end,
		       bool write)
{
	const struct hs_device_job what = { .start = start, .end = end, .write = write };

	return hs_device_run(self, dev, &what, dev->ops->fault);
}

/* ---- what the device has ----------------------------------------------------------------- */

uint64_t hs_device_entry(struct hs_task *self, struct hs_device *dev, uint64_t addr)
{
	uint64_t word;

	if (!hs_device_has(dev, addr))
		return 0;
	hs_mutex_lock(self, dev->lock);
	word = hs_u64_load(self, &dev->table[hs_device_index(dev, addr)], HS_RELAXED);
	hs_mutex_unlock(self, dev->lock);
	return word & HS_DEVICE_ENTRY;
}

bool hs_device_access(struct hs_task *self, struct hs_device *dev, uint64_t addr, bool write)
{
	uint64_t need = HS_PFN_VALID | (write ? HS_PFN_WRITE : 0), word;

	if (!hs_device_has(dev, addr))
		return false;
	hs_mutex_lock(self, dev->lock);
	word = hs_u64_load(self, &dev->table[hs_device_index(dev, addr)], HS_RELAXED);
	if ((word & need) == need)
		hs_device_touch(dev, word);
	hs_mutex_unlock(self, dev->lock);
	return (word & need) == need;
}

uint64_t hs_device_maps(const struct hs_device *dev, uint64_t start, uint64_t end)
{
	uint64_t count = 0;

	for (uint64_t i = 0; i < dev->pages; i++) {
		uint64_t word = dev->table[i].raw, pfn = word & HS_ENTRY_PFN;

		count += word & HS_PFN_VALID && pfn >= start && pfn < end;
		if (!dev->dma || dev->dma[i] == (word & (HS_PFN_VALID | HS_ENTRY_PFN)))
			continue;
		pfn = dev->dma[i] & HS_ENTRY_PFN;
		count += dev->dma[i] && pfn >= start && pfn < end;
	}
	return count;
}

void hs_device_stats(struct hs_task *self, struct hs_device *dev, struct hs_device_stats *stats)
{
	hs_mutex_lock(self, dev->lock);
	*stats = dev->stats;
	hs_mutex_unlock(self, dev->lock);
	stats->refusals = hs_u64_load(self, &dev->refusals, HS_RELAXED);
	stats->timeouts = hs_u64_load(self, &dev->timeouts, HS_RELAXED);
}

/* ---- begin and end ----------------------------------------------------------------------- */

void hs_device_config_init(struct hs_device_config *config, enum hs_device_model model,
			   struct hs_mm *mm, uint64_t start, uint64_t end)
{
	*config = (struct hs_device_config){
		.model = model,
		.mm = mm,
		.start = start,
		.end = end,
		.touch = true,
	};
	if (device_is_model(model) && device_models[model]->v5_3)
		config->strategy = HS_STRATEGY_PER_TABLE;
}

/* What the driver lends to address spaces, and gets back from them. */
static bool device_memory_valid(const struct hs_device_config *c, const struct hs_device_ops *ops)
{
	const struct hs_pgmap *memory = c->memory;

	return !memory ||
	       (ops->to_device && hs_pgmap_is_private_or_coherent(memory) &&
		!hs_page_idle_count(memory) && c->owner && hs_pgmap_owner(memory) == c->owner);
}

static bool device_config_valid(const struct hs_device_config *c)
{
	const struct hs_device_ops *ops;

	if (!device_is_model(c->model) || !c->mm || c->start >= c->end ||
	    (c->start | c->end) & (HS_PAGE_BYTES - 1) ||
	    c->end > hs_geometry_end(hs_mm_geometry(c->mm)))
		return false;
	ops = device_models[c->model];
	return !(c->corrections & ~ops->corrections) &&
	       (unsigned int)c->strategy < HS_STRATEGY_BUILTIN_COUNT &&
	       (ops->v5_3 || c->strategy == HS_STRATEGY_NONE) && device_memory_valid(c, ops);
}

static size_t device_bytes(const struct hs_device_ops *ops, uint64_t pages)
{
	return ops->bytes + pages * (sizeof(hs_u64) + (ops->dma ? sizeof(uint64_t) : 0));
}

int hs_device_create(struct hs_task *self, const struct hs_device_config *config,
		     struct hs_device **out)
{
	const struct hs_device_ops *ops;
	struct hs_device *dev;
	uint64_t pages;
	int ret;

	if (!device_config_valid(config))
		return -EINVAL;
	hs_assert(self, self == hs_linux_task(), "hs_device_create: self is another task");
	ops = device_models[config->model];
	pages = (config->end - config->start) >> HS_PAGE_SHIFT;
	dev = hs_alloc(self, HS_KIND_DEVICE, device_bytes(ops, pages));
	if (!dev)
		return -ENOMEM;
	dev->ops = ops;
	dev->config = *config;
	dev->pages = pages;
	dev->table = (hs_u64 *)((char *)dev + ops->bytes);
	dev->dma = ops->dma ? (uint64_t *)(dev->table + pages) : NULL;
	hs_mutex_init(&dev->own, HS_LOCK_DRIVER);
	dev->lock = &dev->own;
	hs_mmgrab(self, config->mm);
	ret = ops->open(dev);
	if (ret) {
		hs_mmdrop(self, config->mm);
		hs_free(self, dev, HS_KIND_DEVICE, device_bytes(ops, pages));
		return ret;
	}
	*out = dev;
	return 0;
}

void hs_device_destroy(struct hs_task *self, struct hs_device *dev)
{
	struct hs_mm *mm = dev->config.mm;

	if (dev->ops->stop)
		dev->ops->stop(dev);
	dev->ops->close(dev);
	hs_device_expect_no_dma(dev);
	hs_mmdrop(self, mm);
	hs_free(self, dev, HS_KIND_DEVICE, device_bytes(dev->ops, dev->pages));
}
