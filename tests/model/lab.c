/* SPDX-License-Identifier: MIT */
#include "model/lab.h"

#include <hmmsim/fault.h>
#include <hmmsim/mapping.h>
#include <hmmsim/pgmap.h>

#include "mm/mm.h"
#include "mm/zap.h"
#include "support/machine.h"
#include "model/script.h"

#define PFN_A 8u
#define PFN_B 10u
#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE | HS_VM_SHARED)

struct lab {
	struct lab_param param;
	struct script script;
	struct hs_mm *mm;
	struct hs_mapping *file[2];
	struct hs_pgmap *map[2]; /* [0]: NULL when it is removed */
	struct hs_gate *gate;
	struct hs_mutex lock;
	struct hs_interval_sub sub, bystander;
	struct hs_hmm *hmm;
	struct hs_mirror mirror;
	struct hs_mirror_range range;
	struct hs_invalidation inv;
	struct script_actor writer;
	hs_u64 pte; /* the device's */
	struct outcome got;
	uint64_t failures; /* of lookups in W's walks */
	bool subscribed, began_in_peace;
	int refusal;
};

/* ---- the driver -------------------------------------------------------------------------- */

/* False: it would have to wait for the lock. @sub is NULL for the mirror. */
static bool clear(struct hs_task *self, struct lab *l, struct hs_interval_sub *sub,
		  const struct hs_invalidation *inv, uint64_t cur_seq)
{
	if (inv->blockable)
		hs_mutex_lock(self, &l->lock);
	else if (!hs_mutex_trylock(self, &l->lock))
		return false;
	if (sub)
		hs_interval_set_seq(self, sub, cur_seq);
	hs_u64_store(self, &l->pte, 0, HS_RELAXED);
	hs_mutex_unlock(self, &l->lock);
	return true;
}

static bool invalidate(struct hs_task *self, struct hs_interval_sub *sub,
		       const struct hs_invalidation *inv, uint64_t cur_seq)
{
	return clear(self, CONTAINER_OF(sub, struct lab, sub), sub, inv, cur_seq);
}

static int sync_mirror(struct hs_task *self, struct hs_mirror *mirror,
		       const struct hs_invalidation *inv)
{
	return clear(self, CONTAINER_OF(mirror, struct lab, mirror), NULL, inv, 0) ? 0 : -EAGAIN;
}

static bool pass_by(struct hs_task *self, struct hs_interval_sub *sub,
		    const struct hs_invalidation *inv, uint64_t cur_seq)
{
	(void)inv;
	hs_interval_set_seq(self, sub, cur_seq);
	return true;
}

static const struct hs_interval_ops driver_ops = { invalidate };
static const struct hs_interval_ops bystander_ops = { pass_by };
static const struct hs_mirror_ops mirror_ops = { sync_mirror, NULL };

static bool changed(struct hs_task *self, struct lab *l, uint64_t seq)
{
	return l->param.validity == HS_VALIDITY_SEQ ? hs_interval_read_retry(self, &l->sub, seq)
						    : !hs_mirror_range_valid(self, &l->range);
}

static uint64_t begin(struct hs_task *self, struct lab *l)
{
	uint64_t seq;

	if (l->param.validity == HS_VALIDITY_FLAG)
		return !hs_mirror_range_wait_until_valid(self, &l->range, HS_RANGE_DEFAULT_TICKS);
	seq = hs_interval_read_begin(self, &l->sub);
	l->began_in_peace = hs_notifiers_idle(hs_mm_notifiers(l->mm));
	return seq;
}

struct reading {
	struct lab *lab;
	uint64_t seq;
};

static bool walk_retry(struct hs_task *self, struct hs_range *range, void *arg)
{
	struct reading *r = arg;

	(void)range;
	return changed(self, r->lab, r->seq);
}

/* per-range, that stops in the middle of the second pgmap, and when it is refused a reference. */
static int get_and_stop(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot,
			uint64_t pfn, void *arg)
{
	struct lab *l = arg;

	(void)range;
	*slot = hs_pgmap_get(self, pfn, *slot);
	if (!*slot)
		script_step(self, &l->writer, "spun");
	if (pfn >= PFN_B) {
		script_step(self, &l->writer, "in-b");
		script_step(self, &l->writer, "out-b");
	}
	return *slot ? 0 : -EBUSY;
}

static void drop(struct hs_task *self, struct hs_range *range, struct hs_pgmap **slot, void *arg)
{
	(void)range;
	(void)arg;
	hs_pgmap_put(self, *slot);
	*slot = NULL;
}

static const struct hs_strategy_ops per_range = { .page = get_and_stop, .vma_end = drop };

static long walk(struct hs_task *self, struct lab *l, uint64_t seq, uint64_t *pfns)
{
	struct reading reading = { l, seq };
	struct hs_range range;
	int ret;

	hs_range_init(&range, l->mm, 0, l->param.end, pfns);
	range.default_flags = HS_PFN_VALID | (l->param.special ? 0 : HS_PFN_WRITE);
	range.era = l->param.era;
	range.strategy = l->param.strategy;
	range.pte_map = HS_PTE_MAP_BARE; /* in-b waits inside a table */
	range.retry = walk_retry;
	range.retry_arg = &reading;
	range.ops = &per_range;
	range.ops_arg = l;
	hs_mm_lock_read(self, l->mm);
	ret = hs_range_fault(self, &range);
	hs_mm_unlock_read(self, l->mm);
	l->failures += range.counts.failures;
	return hs_range_kernel_ret(&range, ret);
}

/* ---- W ----------------------------------------------------------------------------------- */

static void touch(struct hs_task *self, struct lab *l, uint64_t pfn)
{
	l->got.s2 |= hs_pfn_life(self, pfn) != HS_PAGE_LIVE;
}

/* As GUP does it: the pgmap, the page, the pgmap back. */
static struct hs_page *pin(struct hs_task *self, uint64_t pfn)
{
	struct hs_pgmap *pgmap = hs_pgmap_get(self, pfn, NULL);
	struct hs_page *page = hs_pfn_to_page(self, pfn);

	hs_assert(self, pgmap && page, "pfn %llu cannot be pinned", (unsigned long long)pfn);
	hs_page_get(self, page);
	hs_pgmap_put(self, pgmap);
	return page;
}

static void escape(struct hs_task *self, struct lab *l, uint64_t pfn)
{
	struct hs_page *page = NULL;

	if (l->param.escape == PINNED) {
		script_step(self, &l->writer, "pin");
		page = pin(self, pfn);
	}
	script_step(self, &l->writer, "dma");
	touch(self, l, pfn);
	if (!page)
		return;
	script_step(self, &l->writer, "unpin");
	if (!l->got.s2)
		hs_page_put(self, page);
}

/* False: something changed, again. */
static bool program(struct hs_task *self, struct lab *l, uint64_t seq, uint64_t pfn)
{
	bool again;

	script_step(self, &l->writer, "w5");
	hs_mutex_lock(self, &l->lock);
	script_step(self, &l->writer, "w6");
	again = changed(self, l, seq);
	if (!again) {
		script_step(self, &l->writer, "w7");
		touch(self, l, pfn & HS_ENTRY_PFN);
		script_step(self, &l->writer, "w8");
		hs_u64_store(self, &l->pte, pfn, HS_RELAXED);
		l->got.programmed = true;
	}
	script_step(self, &l->writer, "w9");
	hs_mutex_unlock(self, &l->lock);
	return !again;
}

static void subscribe(struct hs_task *self, struct lab *l)
{
	struct hs_notifiers *ns = hs_mm_notifiers(l->mm);
	int ret;

	if (l->param.validity == HS_VALIDITY_SEQ)
		ret = hs_interval_insert(self, &l->sub, ns, 0, 4 * PAGE, &driver_ops);
	else
		ret = hs_mirror_range_register(self, &l->range, &l->mirror, 0, 4 * PAGE, 12);
	hs_assert(self, !ret, "subscribe: %d", ret);
	l->subscribed = true;
}

static void writer_main(struct hs_task *self, void *arg)
{
	struct lab *l = arg;
	uint64_t pfns[4] = { 0 };

	if (l->param.late) {
		script_step(self, &l->writer, "w0");
		subscribe(self, l);
	}
	for (;;) {
		uint64_t seq;

		script_step(self, &l->writer, "w1");
		seq = begin(self, l);
		script_step(self, &l->writer, "w2");
		l->got.ret = walk(self, l, seq, pfns);
		if (l->got.ret >= 0 && l->param.escape)
			escape(self, l, pfns[0] & HS_ENTRY_PFN);
		if (l->got.ret >= 0 && program(self, l, seq, pfns[0]))
			break;
		if (l->got.ret < 0 && l->got.ret != -EBUSY)
			break;
		l->got.retries++;
	}
	script_end(self, &l->writer);
}

/* ---- R, and others ----------------------------------------------------------------------- */

static void drain(struct hs_task *self, struct lab *l, struct script_actor *actor)
{
	hs_pgmap_step_start(self, l->map[0], HS_PGMAP_WAIT);
	hs_rcu_barrier(self);
	l->got.waited = !hs_pgmap_step_poll(self, l->map[0], HS_PGMAP_WAIT);
	script_step(self, actor, "wait");
	if (l->param.no_wait)
		hs_pgmap_put(self, l->map[0]);
	hs_pgmap_step_wait(self, l->map[0], HS_PGMAP_WAIT);
}

static void remove_memory(struct hs_task *self, struct lab *l)
{
	uint64_t pte;

	hs_pgmap_step(self, l->map[0], HS_PGMAP_MEMORY);
	pte = hs_u64_load(self, &l->pte, HS_RELAXED);
	l->got.s1 = pte & HS_PFN_VALID && hs_pgmap_covers(l->map[0], pte & HS_ENTRY_PFN);
	hs_pgmap_step(self, l->map[0], HS_PGMAP_ERASE);
	hs_pgmap_step(self, l->map[0], HS_PGMAP_EXIT);
	hs_pgmap_free(self, l->map[0]);
	l->map[0] = NULL;
}

/* Without the padding, which is what the stack held: final states are compared by their bytes. */
static void keep_invalidation(struct hs_invalidation *to, struct hs_invalidation from)
{
	to->start = from.start;
	to->end = from.end;
	to->event = from.event;
	to->owner = from.owner;
	to->blockable = from.blockable;
}

static void remover_step(struct hs_task *self, struct lab *l, struct script_actor *actor, char step)
{
	switch (step) {
	case '1':
		hs_mapping_disable(self, l->file[0]);
		break;
	case '2':
		keep_invalidation(&l->inv, hs_mm_invalidate_start(self, l->mm, 0, 2 * PAGE,
								  HS_INVALIDATE_CLEAR, NULL));
		break;
	case '3':
		hs_zap_entries(self, l->mm, 0, 2 * PAGE, NULL);
		break;
	case '4':
		hs_mm_invalidate_end(self, l->mm, &l->inv);
		break;
	case '5':
		hs_pgmap_step(self, l->map[0], HS_PGMAP_KILL);
		break;
	case '6':
		hs_pgmap_step(self, l->map[0], HS_PGMAP_PUT_PAGES);
		break;
	case '7':
		drain(self, l, actor);
		break;
	case '8':
		remove_memory(self, l);
		break;
	case 'q': /* r2 to r4 as the kernel calls them */
		hs_unmap_mapping_range(self, l->file[0], 0, 2, false);
		break;
	}
}

static void remover_main(struct hs_task *self, void *arg)
{
	struct lab *l = arg;
	struct script_actor actor = { &l->script, 0, false };
	char name[] = "r?";

	for (const char *step = l->param.remover; *step; step++) {
		name[1] = *step;
		script_step(self, &actor, name);
		remover_step(self, l, &actor, *step);
	}
	script_end(self, &actor);
}

static void monitor_main(struct hs_task *self, void *arg)
{
	struct lab *l = arg;
	struct script_actor actor = { &l->script, 0, false };

	script_step(self, &actor, "asleep");
	while (!hs_gate_waiters(self, l->gate))
		hs_retry_wait(self, "no fault stands before the gate");
	script_step(self, &actor, "open");
	hs_gate_open(self, l->gate);
	script_end(self, &actor);
}

static void other_main(struct hs_task *self, void *arg)
{
	struct lab *l = arg;
	struct script_actor actor = { &l->script, 0, false };
	struct hs_invalidation inv = { 0, PAGE, HS_INVALIDATE_CLEAR, NULL, false };

	script_step(self, &actor, "n");
	l->refusal = hs_invalidate_start(self, hs_mm_notifiers(l->mm), &inv);
	hs_assert(self, hs_notifiers_idle(hs_mm_notifiers(l->mm)), "a refusal leaves traces");
	hs_assert(self, !l->hmm || !l->hmm->active, "a refusal leaves the mirror's counter up");
	script_end(self, &actor);
}

/* ---- the laboratory ---------------------------------------------------------------------- */

/* A file of two pages, the first one a block, mapped and touched. */
static void add_file(struct hs_task *self, struct lab *l, int i, uint64_t addr, uint64_t pfn)
{
	struct hs_pgmap_config config;
	struct hs_mapping_config mapping = { .kind = HS_MAPPING_DAX_FILE,
					     .first = pfn,
					     .pages = 2 };
	uint64_t found;
	int ret;

	device_memory_config(&config, HS_PGMAP_FS_DAX, l->param.page_refs, pfn, 2);
	ret = hs_pgmap_create(self, &config, &l->map[i]);
	mapping.pgmap = l->map[i];
	if (!ret)
		ret = hs_mapping_create(self, &mapping, &l->file[i]);
	if (!ret)
		ret = hs_mmap(self, l->mm, addr, addr + 2 * PAGE, RW, l->file[i], 0);
	hs_assert(self, !ret, "file: %d", ret);
	ret = (int)hs_cpu_access(self, l->mm, addr, true, &found);
	hs_assert(self, !ret && found == pfn, "access: %d", ret);
}

static void add_driver(struct hs_task *self, struct lab *l)
{
	struct hs_notifiers *ns = hs_mm_notifiers(l->mm);
	int ret = 0;

	hs_mutex_init(&l->lock, HS_LOCK_DRIVER);
	if (l->param.validity == HS_VALIDITY_FLAG) {
		ret = hs_hmm_create(self, ns, &l->hmm);
		if (!ret)
			ret = hs_mirror_register(self, &l->mirror, l->hmm, &mirror_ops);
	}
	if (!ret && l->param.late)
		ret = hs_interval_insert(self, &l->bystander, ns, 0, PAGE, &bystander_ops);
	hs_assert(self, !ret, "driver: %d", ret);
	if (!l->param.late)
		subscribe(self, l);
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct lab *l = state;
	int ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &l->mm);

	if (ret)
		return ret;
	l->param = *(const struct lab_param *)param;
	script_init(&l->script, l->param.text);
	l->writer.script = &l->script;
	add_file(self, l, 0, 0, PFN_A);
	if (l->param.end > 2 * PAGE)
		add_file(self, l, 1, 2 * PAGE, PFN_B);
	if (l->param.special)
		ret = hs_pt_set(self, l->mm, PAGE, 0, HS_ENTRY_ERROR);
	add_driver(self, l);
	if (!ret && l->param.gate) {
		ret = hs_gate_create(self, &l->gate);
		if (!ret)
			ret = hs_vma_set_gate(self, l->mm, 0, 2 * PAGE, l->gate);
		hs_plan_task(plan, "monitor", monitor_main, l);
	}
	if (l->param.nonblocking)
		hs_plan_task(plan, "other", other_main, l);
	hs_plan_task(plan, "W", writer_main, l);
	hs_plan_task(plan, "R", remover_main, l);
	return ret;
}

static void judge(struct hs_task *self, struct lab *l)
{
	const struct outcome *want = &l->param.want, *got = &l->got;
	bool open = strchr(l->param.text, '~');

	hs_assert(self, script_over(&l->script), "%u words of the schedule were run",
		  l->script.at.raw);
	hs_assert(self, got->s1 == want->s1, "S1 %d", got->s1);
	hs_assert(self, got->s2 == want->s2, "S2 %d", got->s2);
	hs_assert(self, got->waited == want->waited, "the drain waited: %d", got->waited);
	hs_assert(self, got->programmed == want->programmed, "programmed: %d", got->programmed);
	hs_assert(self, !want->spun || l->failures, "nothing was refused");
	hs_assert(self, got->retries == want->retries || (open && got->retries < want->retries),
		  "%u retries", got->retries);
	hs_assert(self, got->ret == want->ret, "the last walk returned %ld", got->ret);
	hs_assert(self, l->refusal == (l->param.nonblocking ? -EAGAIN : 0), "refusal: %d",
		  l->refusal);
	if (l->param.late)
		hs_assert(self, l->began_in_peace, "the reader did not wait");
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct lab *l = state;

	(void)param;
	judge(self, l);
	if (l->param.validity == HS_VALIDITY_SEQ)
		hs_interval_remove(self, &l->sub);
	else
		hs_mirror_range_unregister(self, &l->range);
	if (l->param.late)
		hs_interval_remove(self, &l->bystander);
	if (l->hmm) {
		hs_mirror_unregister(self, &l->mirror);
		hs_hmm_destroy(self, l->hmm);
	}
	hs_mm_destroy(self, l->mm);
	for (int i = 0; i < 2; i++) {
		if (l->file[i])
			hs_mapping_destroy(self, l->file[i]);
		if (l->map[i])
			hs_pgmap_destroy(self, l->map[i]);
	}
	if (l->gate)
		hs_gate_destroy(self, l->gate);
}

const struct hs_scenario lab_scenario = {
	.name = "schedule",
	.state_size = sizeof(struct lab),
	.setup = setup,
	.check = check,
};
