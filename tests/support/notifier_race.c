/* SPDX-License-Identifier: MIT */
#include "support/notifier_race.h"

#define PAGE_BYTES 32

struct device {
	struct hs_interval_sub sub;
	struct model *model;
};

struct model {
	struct race_param param;
	struct hs_notifiers *ns;
	struct hs_mutex lock;
	struct device *device; /* NULL: removed and freed */
	struct hs_interval_sub bystander;
	void *page;
	hs_ptr cpu, dev; /* the entries */
	bool subscribed;
};

/* ---- the device -------------------------------------------------------------------------- */

/* False: it would have to wait for the lock. */
static bool invalidate(struct hs_task *self, struct hs_interval_sub *sub,
		       const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct model *m = ((struct device *)sub)->model;

	if (inv->blockable)
		hs_mutex_lock(self, &m->lock);
	else if (!hs_mutex_trylock(self, &m->lock))
		return false;
	hs_interval_set_seq(self, sub, cur_seq);
	hs_ptr_store(self, &m->dev, NULL, HS_RELAXED);
	hs_mutex_unlock(self, &m->lock);
	return true;
}

static bool pass_by(struct hs_task *self, struct hs_interval_sub *sub,
		    const struct hs_invalidation *inv, uint64_t cur_seq)
{
	(void)inv;
	hs_interval_set_seq(self, sub, cur_seq);
	return true;
}

static const struct hs_interval_ops device_ops = { invalidate };
const struct hs_interval_ops bystander_ops = { pass_by };

/* True: nothing more to do. */
static bool attempt(struct hs_task *self, struct model *m)
{
	uint64_t seq = hs_interval_read_begin(self, &m->device->sub);
	void *page = hs_ptr_load(self, &m->cpu, HS_ACQUIRE);
	bool again;

	if (!page)
		return true;
	hs_mutex_lock(self, &m->lock);
	again = hs_interval_read_retry(self, &m->device->sub, seq);
	if (!again) {
		if (m->param.judged == S2)
			hs_deref(self, page);
		hs_ptr_store(self, &m->dev, page, HS_RELAXED);
	}
	hs_mutex_unlock(self, &m->lock);
	return !again;
}

static void insert(struct hs_task *self, struct model *m)
{
	int ret = hs_interval_insert(self, &m->device->sub, m->ns, 0, PAGE, &device_ops);

	hs_assert(self, !ret, "insert: %d", ret);
	m->subscribed = true;
}

static void reader(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	const struct race_param *p = &m->param;
	uint32_t tries = 0, most = 2 + p->warm_ups + p->other + p->nonblocking;

	if (p->late)
		insert(self, m);
	while (!p->no_reader && !attempt(self, m))
		hs_assert(self, ++tries < most, "one invalidation costs more than one retry");
	if (!p->remove)
		return;
	hs_interval_remove(self, &m->device->sub);
	hs_free(self, m->device, HS_KIND_OTHER, sizeof(*m->device));
	m->device = NULL;
}

/* ---- those who take pages ---------------------------------------------------------------- */

static void take(struct hs_task *self, struct model *m, bool page)
{
	struct hs_invalidation inv = { 0, PAGE, m->param.event, m, !m->param.nonblocking };

	if (hs_invalidate_start(self, m->ns, &inv)) {
		inv.blockable = true;
		hs_invalidate_start(self, m->ns, &inv);
	}
	if (page)
		hs_ptr_store(self, &m->cpu, NULL, HS_RELEASE);
	hs_invalidate_end(self, m->ns, &inv);
}

static void invalidator(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	void *page = m->page;

	for (uint32_t i = 0; i < m->param.warm_ups; i++)
		take(self, m, false);
	take(self, m, true);
	if (m->param.judged == S1)
		hs_assert(self, !hs_ptr_load(self, &m->dev, HS_RELAXED),
			  "a device entry is left of a page that is about to be freed");
	hs_free(self, page, HS_KIND_PAGE, PAGE_BYTES);
}

static void other_invalidator(struct hs_task *self, void *arg)
{
	take(self, arg, false);
}

/* ---- the scenario ------------------------------------------------------------------------ */

static void subscribe(struct hs_task *self, struct model *m)
{
	m->device = hs_alloc(self, HS_KIND_OTHER, sizeof(*m->device));
	m->device->model = m;
	if (!m->param.late)
		insert(self, m);
	if (m->param.bystander)
		hs_interval_insert(self, &m->bystander, m->ns, 0, PAGE, &bystander_ops);
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct model *m = state;
	int ret;

	m->param = *(const struct race_param *)param;
	ret = hs_notifiers_create(self, &m->ns);
	if (ret)
		return ret;
	ret = hs_notifiers_set_wait_order(self, m->ns, m->param.wait_order);
	if (ret)
		return ret;
	hs_mutex_init(&m->lock, HS_LOCK_DRIVER);
	m->page = hs_alloc(self, HS_KIND_PAGE, PAGE_BYTES);
	hs_ptr_init(&m->cpu, m->page);
	subscribe(self, m);
	hs_plan_task(plan, "reader", reader, m);
	hs_plan_task(plan, "invalidator", invalidator, m);
	if (m->param.other)
		hs_plan_task(plan, "other", other_invalidator, m);
	return 0;
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct model *m = state;

	(void)param;
	hs_assert(self, hs_notifiers_idle(m->ns), "the counters are not idle at the end");
	if (m->param.judged == S1)
		hs_assert(self, !m->dev.raw, "a device entry is left at the end");
	if (m->device) {
		hs_interval_remove(self, &m->device->sub);
		hs_free(self, m->device, HS_KIND_OTHER, sizeof(*m->device));
	}
	if (m->param.bystander)
		hs_interval_remove(self, &m->bystander);
	hs_notifiers_destroy(self, m->ns);
}

const struct hs_scenario notifier_race = {
	.name = "notifier",
	.state_size = sizeof(struct model),
	.setup = setup,
	.check = check,
};
