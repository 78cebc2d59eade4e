/* SPDX-License-Identifier: MIT */
#include "support/retry_model.h"

#include <errno.h>

#include "port/port.h"

struct model;

struct driver {
	struct model *model;
	uint32_t first_slot;
};

struct model {
	struct retry_param param;
	struct hs_mutex lock;
	hs_u64 seq;
	hs_ptr cpu_pte;
	void *page; /* for the task that frees it: cpu_pte may be empty by then */
	hs_u32 done;
	struct driver driver[RETRY_DRIVERS_MAX];
	hs_ptr dev_pte[RETRY_SLOTS_MAX];
};

#define PAGE_BYTES 32

/* True: nothing more to do for this page. */
static bool driver_attempt(struct hs_task *self, struct model *m, hs_ptr *slot)
{
	enum retry_variant variant = m->param.variant;
	uint64_t seq = hs_u64_load(self, &m->seq, HS_ACQUIRE);
	void *page;

	if (seq & 1)
		return false;
	page = hs_ptr_load(self, &m->cpu_pte, HS_ACQUIRE);
	if (!page)
		return true;
	if (variant == RETRY_CHECK_OUTSIDE && hs_u64_load(self, &m->seq, HS_ACQUIRE) != seq)
		return false;
	hs_mutex_lock(self, &m->lock);
	if ((variant == RETRY_CORRECT || variant == RETRY_TOUCH_AFTER) &&
	    hs_u64_load(self, &m->seq, HS_RELAXED) != seq) {
		hs_mutex_unlock(self, &m->lock);
		return false;
	}
	if (variant != RETRY_TOUCH_AFTER)
		hs_deref(self, page);
	hs_ptr_store(self, slot, page, HS_RELAXED);
	hs_mutex_unlock(self, &m->lock);
	if (variant == RETRY_TOUCH_AFTER)
		hs_deref(self, page);
	return true;
}

static void driver_main(struct hs_task *self, void *arg)
{
	struct driver *d = arg;
	struct model *m = d->model;

	for (uint32_t page = 0; page < m->param.pages; page++)
		for (uint32_t try = 0; try < m->param.attempts; try++)
			if (driver_attempt(self, m, &m->dev_pte[d->first_slot + page]))
				break;
}

static void invalidator_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	void *page = m->page;

	hs_mutex_lock(self, &m->lock);
	hs_u64_store(self, &m->seq, 1, HS_RELAXED);
	for (uint32_t i = 0; i < m->param.drivers * m->param.pages; i++)
		hs_ptr_store(self, &m->dev_pte[i], NULL, HS_RELAXED);
	hs_mutex_unlock(self, &m->lock);
	hs_ptr_store(self, &m->cpu_pte, NULL, HS_RELEASE);
	hs_u64_store(self, &m->seq, 2, HS_RELEASE);
	if (!m->param.teardown) {
		hs_free(self, page, HS_KIND_PAGE, PAGE_BYTES);
		return;
	}
	hs_u32_store(self, &m->done, 1, HS_RELEASE);
}

static bool is_done(struct hs_task *self, void *arg)
{
	return hs_u32_load(self, &((struct model *)arg)->done, HS_ACQUIRE);
}

static void teardown_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_spin_until(self, is_done, m);
	hs_free(self, m->page, HS_KIND_PAGE, PAGE_BYTES);
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct model *m = state;
	void *page;

	m->param = *(const struct retry_param *)param;
	if (m->param.drivers > RETRY_DRIVERS_MAX ||
	    m->param.drivers * m->param.pages > RETRY_SLOTS_MAX)
		return -EINVAL;
	page = hs_alloc(self, HS_KIND_PAGE, PAGE_BYTES);
	if (!page)
		return -ENOMEM;
	hs_mutex_init(&m->lock, HS_LOCK_DRIVER);
	hs_ptr_init(&m->cpu_pte, page);
	m->page = page;
	for (uint32_t i = 0; i < m->param.drivers; i++) {
		m->driver[i] = (struct driver){ m, i * m->param.pages };
		hs_plan_task(plan, "driver", driver_main, &m->driver[i]);
	}
	hs_plan_task(plan, "invalidator", invalidator_main, m);
	if (m->param.teardown)
		hs_plan_task(plan, "teardown", teardown_main, m);
	return 0;
}

static void check(struct hs_task *self, void *state, const void *param)
{
	const struct model *m = state;

	(void)param;
	for (uint32_t i = 0; i < m->param.drivers * m->param.pages; i++)
		hs_assert(self, !m->dev_pte[i].raw || m->cpu_pte.raw,
			  "device entry %u is left, the page is gone", i);
}

const struct hs_scenario retry_scenario = {
	.name = "retry",
	.state_size = sizeof(struct model),
	.setup = setup,
	.check = check,
};
