/* SPDX-License-Identifier: MIT */
/*
 * walk_run.c - runs one walk scenario: machine, space, slots, the call, the answer
 */
#include "run/walk_run.h"

#include <errno.h>
#include <stdio.h>

#include "run/populate.h"
#include "text/error_name.h"

struct walk_run {
	const struct hs_walk_scenario *scenario;
	const struct hs_walk_setting *setting;
	struct hs_walk_answer *answer;
	struct hs_task *self;
	struct hs_populated space;
	struct hs_script script;
	uint64_t checks;	/* retry checks so far */
	uint64_t changes, vain; /* at the last of them; page walks since the last change */
};

/* ---- the request ------------------------------------------------------------------------- */

static uint64_t walk_run_bits(const struct walk_run *run, const struct hs_walk_flags *flags)
{
	bool device = flags->device && run->setting->era == HS_ERA_5_3;

	return flags->bits | (device ? HS_PFN_DEVICE : 0);
}

static bool walk_run_has_rule_ahead(const struct walk_run *run)
{
	const struct hs_fault_rules *rules = run->script.rules;

	for (size_t i = 0; i < rules->by_call_count; i++)
		if (rules->by_call[i].key > run->script.calls)
			return true;
	return false;
}

/*
 * A page walk that changed nothing, and after which no rule changes, would be the same for ever.
 * v5.3 asks between VMAs too, so that there it takes more walks in vain than there are VMAs.
 */
static bool walk_run_is_ahead(const struct walk_run *run)
{
	size_t vmas = run->setting->era == HS_ERA_5_3 ? run->scenario->layout.vma_count : 0;

	return run->vain <= vmas || walk_run_has_rule_ahead(run);
}

/*
 * Both eras ask before every page walk, and a page walk follows unless the call ends. Therefore the
 * number of page walks done is the number of checks before this one.
 */
static bool walk_run_retry(struct hs_task *self, struct hs_range *range, void *arg)
{
	struct walk_run *run = arg;
	uint64_t walks = run->checks++;
	uint64_t retry_at = run->scenario->retry_at;

	(void)self;
	(void)range;
	run->vain = run->script.changes == run->changes ? run->vain + (walks != 0) : 0;
	run->changes = run->script.changes;
	if (walks >= run->scenario->maxwalks) {
		run->answer->livelock = true;
		run->answer->ahead = walk_run_is_ahead(run);
		return true;
	}
	return (retry_at && run->checks >= retry_at) || run->script.invalidated ||
	       run->script.error;
}

static int walk_run_slots(struct walk_run *run)
{
	const struct hs_walk_scenario *s = run->scenario;
	struct hs_walk_answer *a = run->answer;

	a->pages = (s->req.end - s->req.start) / HS_PAGE_BYTES;
	a->pfns = hs_hostmem_zalloc(run->setting->mem, a->pages ? a->pages : 1, sizeof(*a->pfns));
	if (!a->pfns)
		return -ENOMEM;
	for (size_t i = 0; i < s->in_count; i++)
		for (uint64_t slot = 0; slot < s->ins[i].count; slot++)
			a->pfns[s->ins[i].index + slot] = walk_run_bits(run, &s->ins[i].flags);
	return 0;
}

static int walk_run_call(struct walk_run *run)
{
	const struct hs_walk_setting *set = run->setting;
	const struct hs_walk_req *req = &run->scenario->req;
	struct hs_walk_answer *a = run->answer;
	struct hs_range range;
	int ret;

	hs_range_init(&range, run->space.mm, req->start, req->end, a->pfns);
	range.default_flags = walk_run_bits(run, &req->defaults);
	range.pfn_flags_mask = walk_run_bits(run, &req->mask);
	range.owner = hs_populate_owner(req->owner);
	range.era = set->era;
	range.strategy = set->strategy;
	range.body = set->body;
	range.retry = walk_run_retry;
	range.retry_arg = run;
	hs_mm_set_fault_ops(run->space.mm, &hs_script_ops, &run->script);
	hs_mm_lock_read(run->self, run->space.mm);
	if (run->scenario->snapshot && set->era == HS_ERA_5_3)
		ret = hs_range_snapshot(run->self, &range);
	else
		ret = hs_range_fault(run->self, &range);
	hs_mm_unlock_read(run->self, run->space.mm);
	a->ret = hs_range_kernel_ret(&range, ret);
	a->counts = range.counts;
	a->null_vmas = run->script.null_vmas;
	/*
	 * The kernel's walkers never return -ENOMEM: here it means that the simulator has no
	 * memory.
	 */
	return run->script.error ? run->script.error : ret == -ENOMEM ? -ENOMEM : 0;
}

/* ---- the machine ----------- ------------------------------------------------------------- */

static int walk_run_space(struct walk_run *run)
{
	uint64_t refs;
	int ret = hs_populate(run->self, run->setting->mem, &run->scenario->layout, &run->space);

	if (!ret)
		ret = walk_run_slots(run);
	if (!ret)
		ret = walk_run_call(run);
	refs = hs_populate_put_left(&run->space);
	hs_populate_end(&run->space);
	return !ret && refs != run->answer->counts.leaked ? -EIO : ret;
}

static int walk_run_task(struct walk_run *run, struct hs_machine *machine)
{
	int ret = hs_task_attach(machine, "walk", &run->self);

	if (ret)
		return ret;
	ret = walk_run_space(run);
	hs_task_detach(run->self);
	return ret;
}

int hs_walk_run(const struct hs_walk_scenario *scenario, const struct hs_walk_setting *setting,
		struct hs_walk_answer *answer)
{
	struct walk_run run = {
		.scenario = scenario,
		.setting = setting,
		.answer = answer,
		.script = { .rules = &scenario->rules, .mem = setting->mem },
	};
	struct hs_machine_config standard;
	struct hs_machine *machine;
	int ret, end;

	*answer = (struct hs_walk_answer){
		.name = scenario->layout.name,
		.era = setting->era,
		.strategy = setting->strategy,
	};
	hs_machine_config_init(&standard);
	ret = hs_machine_create(setting->machine ? setting->machine : &standard, &machine);
	if (ret)
		return ret;
	ret = walk_run_task(&run, machine);
	answer->log = run.script.log;
	answer->log_count = run.script.log_count;
	end = hs_machine_destroy(machine, &answer->left);
	return ret ? ret : end;
}

void hs_walk_failure(int error, const struct hs_walk_answer *answer, char *words, size_t size)
{
	switch (error) {
	case -ENOTEMPTY:
		snprintf(words, size, "left behind: %s", answer->left.text);
		break;
	case -EIO:
		snprintf(words, size, "references are leaked that the walk did not count");
		break;
	case -ENOMEM:
		snprintf(words, size, "out of memory");
		break;
	default:
		snprintf(words, size, "%s", hs_error_word(error));
	}
}

void hs_walk_answer_free(struct hs_hostmem *mem, struct hs_walk_answer *answer)
{
	hs_hostmem_free(mem, answer->log);
	hs_hostmem_free(mem, answer->pfns);
	answer->log = NULL;
	answer->pfns = NULL;
}
