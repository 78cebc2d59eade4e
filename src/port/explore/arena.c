/* SPDX-License-Identifier: MIT */
/*
 * arena.c (explore) - the machine's memory, and tasks outside an execution
 *
 * One arena at a time, at the start of the scheduler's region. No address is used twice. The life
 * map says of each granule of the region whether an object lives there, so that an access to a
 * freed object is a finding.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "port/explore/arena.h"
#include "port/explore/sched.h"

#define ARENA_TASKS_MAX (HS_SCHED_TASKS - 2)
#define ARENA_COUNTERS (HS_PCPU_STRIDE / HS_GRANULE)

static void explore_arena_set_life(struct hs_sched *s, void *object, size_t size, enum hs_life life)
{
	size_t first = (size_t)((char *)object - s->region) / HS_GRANULE;
	size_t count = (size + HS_GRANULE - 1) / HS_GRANULE;

	memset(s->life + first, life, count);
}

int hs_arena_create(const struct hs_machine_config *config, struct hs_arena **out)
{
	struct hs_sched *s = hs_sched_get();
	struct hs_arena *arena;
	uint32_t cpus;
	size_t head, used;

	if (!s)
		return -ENOMEM;
	if (s->arena)
		return -EBUSY;
	if (config->max_tasks < 1 || config->max_tasks > HS_TASKS_MAX - 2)
		return -EINVAL;
	if ((config->kind != HS_ARENA_HEAP && config->kind != HS_ARENA_REGION) || config->shared)
		return -EINVAL;
	if (config->reuse != HS_REUSE_LIFO && config->reuse != HS_REUSE_NEVER)
		return -EINVAL;
	if (config->reuse == HS_REUSE_NEVER && config->kind != HS_ARENA_REGION)
		return -EINVAL;
	if (config->fail_at == 1)
		return -ENOMEM;
	cpus = s->cpus ? s->cpus : 2;
	head = (sizeof(*arena) + HS_GRANULE - 1) & ~(size_t)(HS_GRANULE - 1);
	used = head + (size_t)cpus * HS_PCPU_STRIDE;
	arena = (struct hs_arena *)s->region;
	hs_unpoison(s->region, used); /* an arena of fewer CPUs may have ended before there */
	memset(s->region, 0, used);
	memset(s->life, HS_LIFE_NEVER, HS_ARENA_BYTES / HS_GRANULE / 64);
	arena->config = *config;
	arena->allocations = 1;
	arena->cpus = cpus;
	arena->pcpu = s->region + head;
	hs_region_init(&arena->region, s->region, HS_ARENA_BYTES, used, HS_REUSE_NEVER, true);
	arena->region.high = s->high > used ? s->high : used;
	explore_arena_set_life(s, s->region, used, HS_LIFE_LIVE);
	s->arena = arena;
	hs_arena_boot(arena);
	*out = arena;
	return 0;
}

static uint32_t explore_arena_attached(const struct hs_sched *s)
{
	uint32_t n = 0;

	for (uint32_t i = 1; i < s->tasks; i++)
		n += s->task[i].live;
	return n;
}

int hs_arena_destroy(struct hs_arena *arena, struct hs_leaks *left)
{
	struct hs_sched *s = hs_sched_get();
	struct hs_leaks mine;
	hs_u64 live[HS_KIND_COUNT];

	if (explore_arena_attached(s))
		return -EBUSY;
	hs_rcu_flush(hs_arena_boot(arena));
	for (int k = 0; k < HS_KIND_COUNT; k++)
		live[k].raw = k == HS_KIND_TRACKED ? 0 : arena->live[k];
	hs_leaks_name(live, &mine);
	hs_arena_name_tracked(arena, &mine);
	if (left)
		*left = mine;
	hs_unpoison(s->region, arena->region.used);
	memset(s->life, HS_LIFE_NEVER, arena->region.used / HS_GRANULE + 1);
	s->high = arena->region.high;
	hs_sched_end(s);
	s->arena = NULL;
	return mine.objects ? -ENOTEMPTY : 0;
}

/* It is not shared, so that each process has one of its own. */
void hs_arena_check_destroyer(struct hs_arena *arena)
{
	(void)arena;
}

void hs_arena_info(struct hs_arena *arena, struct hs_machine_info *info)
{
	memset(info, 0, sizeof(*info));
	info->allocations = arena->allocations;
	info->failed_at = arena->failed_at;
	for (int k = 0; k < HS_KIND_COUNT; k++)
		info->objects += arena->live[k];
	info->bytes = arena->bytes;
	info->image_bytes = arena->region.used;
	info->grace_periods = arena->grace_periods;
	info->retry_spins = arena->retries;
	info->ticks = arena->ticks;
	info->tasks = explore_arena_attached(hs_sched_get());
}

const uint64_t *hs_arena_live(const struct hs_arena *arena)
{
	return arena->live;
}

void hs_arena_set_root(struct hs_arena *arena, void *root)
{
	arena->root = root;
}

void *hs_arena_root(struct hs_arena *arena)
{
	return arena->root;
}

/* ---- tasks ------------------------------------------------------------------------------- */

struct hs_task *hs_task_current(void)
{
	struct hs_sched *s = hs_sched_get();

	return s ? &s->task[s->current] : NULL;
}

struct hs_task *hs_task_make_current(struct hs_task *task)
{
	(void)task;
	return hs_task_current();
}

const char *hs_arena_task_name(const struct hs_arena *arena, uint32_t id)
{
	struct hs_sched *s = hs_sched_get();

	(void)arena;
	return id < s->tasks ? s->task[id].name : NULL;
}

struct hs_task *hs_arena_boot(struct hs_arena *arena)
{
	struct hs_sched *s = hs_sched_get();

	s->task[0].arena = arena;
	return &s->task[0];
}

/* Outside an execution all tasks run on the calling thread, without steps. */
int hs_arena_attach(struct hs_arena *arena, const char *name, struct hs_task **out)
{
	struct hs_sched *s = hs_sched_get();
	uint32_t id = 1;

	if (s->running)
		return -EBUSY;
	if (explore_arena_attached(s) >= arena->config.max_tasks)
		return -EAGAIN;
	while (id < s->tasks && s->task[id].live)
		id++;
	if (id > ARENA_TASKS_MAX)
		return -EAGAIN;
	if (id == s->tasks)
		s->tasks++;
	hs_task_clear(s, &s->task[id], id, name);
	s->task[id].live = true;
	s->current = id;
	*out = &s->task[id];
	return 0;
}

int hs_arena_detach(struct hs_task *self)
{
	hs_check_detach(self);
	hs_assert(self, !self->sched->running, "hs_task_detach: a task of a scenario is detached");
	if (self->rcu_nest || self->held_count)
		return -EBUSY;
	self->live = false;
	self->sched->current = 0;
	return 0;
}

/* No other process shares the machine, so that none can break it. */
int hs_guard(struct hs_task *self, int (*fn)(struct hs_task *self, void *arg), void *arg)
{
	return fn(self, arg);
}

/* ---- objects ----------------------------------------------------------------------------- */

bool hs_arena_may_alloc(struct hs_arena *arena, const char *where)
{
	if (++arena->allocations != arena->config.fail_at)
		return true;
	arena->failed_at = where;
	return false;
}

void *hs_alloc_at(struct hs_task *self, enum hs_kind kind, size_t size, const char *where)
{
	struct hs_arena *arena = self->arena;
	void *p;

	hs_check_alloc(self, size, where);
	if (!hs_arena_may_alloc(arena, where))
		return NULL;
	p = hs_region_alloc(&arena->region, size, hs_kind_align(kind, size));
	if (!p)
		return NULL;
	explore_arena_set_life(self->sched, p, size, HS_LIFE_LIVE);
	arena->live[kind]++;
	arena->bytes += size;
	hs_births_add(self, p, size, kind, where);
	if (hs_unlikely(self->sched->trace.on))
		hs_trace_alloc(self->sched, self, p);
	return p;
}

/* Tracing has no name for it, because no step touches it. */
void *hs_keep_at(struct hs_task *self, size_t size, const char *where)
{
	struct hs_arena *arena = self->arena;
	void *p;

	hs_check_alloc(self, size, where);
	if (!hs_arena_may_alloc(arena, where))
		return NULL;
	p = hs_region_alloc(&arena->region, size, HS_CACHE_LINE);
	if (p)
		explore_arena_set_life(self->sched, p, size, HS_LIFE_LIVE);
	return p;
}

struct hs_class_table **hs_arena_classes(const struct hs_task *self)
{
	return &self->arena->classes;
}

static void explore_arena_give_back(struct hs_task *self, void *object, enum hs_kind kind,
				    size_t size, const char *where)
{
	struct hs_arena *arena = self->arena;

	hs_check_free(self, kind, size, arena->live[kind], arena->bytes, where);
	arena->live[kind]--;
	arena->bytes -= size;
	explore_arena_set_life(self->sched, object, size, HS_LIFE_FREED);
	hs_births_end(self, object, where);
	hs_region_free(&arena->region, object, size, hs_kind_align(kind, size));
}

void hs_free_at(struct hs_task *self, void *object, enum hs_kind kind, size_t size,
		const char *where)
{
	if (!object)
		return;
	hs_step(self, HS_OP_FREE, HS_WRITE, object, size, where);
	explore_arena_give_back(self, object, kind, size, where);
}

/* An exploration keeps what it says of objects where no code under test writes over it. */
void hs_tracked_link(struct hs_task *self, struct hs_tracked *t)
{
	if (self->sched->births.on) {
		hs_births_name(&self->sched->births, t->kind);
		return;
	}
	t->next = self->arena->tracked;
	self->arena->tracked = t;
}

/* It says where it is freed only when that happens: before the step another task may do it. */
void hs_tracked_release(struct hs_task *self, struct hs_tracked *t, size_t size, const char *where)
{
	hs_step(self, HS_OP_FREE, HS_WRITE, t, size, where);
	hs_tracked_mark_freed(self, t, where);
	explore_arena_give_back(self, t, HS_KIND_TRACKED, size, where);
}

void hs_arena_name_tracked(struct hs_arena *arena, struct hs_leaks *left)
{
	hs_tracked_name_leaks(arena->tracked, left);
}

/* ---- counters ---------------------------------------------------------------------------- */

static hs_u64 *explore_arena_counter_slot(hs_u64 *counter, uint32_t cpu)
{
	return (hs_u64 *)((char *)counter + cpu * HS_PCPU_STRIDE);
}

hs_u64 *hs_pcpu_alloc_at(struct hs_task *self, const char *where)
{
	struct hs_arena *arena = self->arena;
	uint16_t taken = arena->pcpu_map | arena->pcpu_spent;
	hs_u64 *counter;
	int bit;

	if (!hs_arena_may_alloc(arena, where) || taken == UINT16_MAX)
		return NULL;
	bit = __builtin_ctz(~(unsigned int)taken);
	arena->pcpu_map |= (uint16_t)(1u << bit);
	counter = (hs_u64 *)(arena->pcpu + bit * HS_GRANULE);
	for (uint32_t i = 0; i < arena->cpus; i++) {
		explore_arena_set_life(self->sched, explore_arena_counter_slot(counter, i),
				       HS_GRANULE, HS_LIFE_LIVE);
		hs_unpoison(explore_arena_counter_slot(counter, i), HS_GRANULE);
		hs_u64_init(explore_arena_counter_slot(counter, i), 0);
	}
	arena->live[HS_KIND_PERCPU]++;
	if (hs_unlikely(self->sched->trace.on))
		hs_trace_alloc_counter(self->sched, self, (unsigned int)bit);
	return counter;
}

/*
 * A later add to the counter is a use after free. Tasks allocate counters without a step. So in an
 * execution the slots are not used again: which counter a task is given, and what a late add hits,
 * would depend on the order of steps that touch nothing in common.
 */
void hs_pcpu_free_at(struct hs_task *self, hs_u64 *counter, const char *where)
{
	struct hs_arena *arena = self->arena;
	size_t bit = (size_t)((char *)counter - (char *)arena->pcpu) / HS_GRANULE;

	if (bit >= ARENA_COUNTERS)
		hs_fail(self, where, "free of what is no counter");
	for (uint32_t i = 0; i < arena->cpus; i++) {
		hs_step(self, HS_OP_FREE, HS_WRITE, explore_arena_counter_slot(counter, i),
			sizeof(*counter), where);
		if (!(arena->pcpu_map >> bit & 1))
			hs_fail(self, where, "free of a counter that is not live");
		explore_arena_set_life(self->sched, explore_arena_counter_slot(counter, i),
				       HS_GRANULE, HS_LIFE_FREED);
	}
	arena->pcpu_map &= (uint16_t) ~(1u << bit);
	if (self->mode == HS_MODE_STEP)
		arena->pcpu_spent |= (uint16_t)(1u << bit);
	arena->live[HS_KIND_PERCPU]--;
}

uint64_t hs_pcpu_sum_at(struct hs_task *self, hs_u64 *counter, const char *where)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < self->arena->cpus; i++)
		sum += hs_u64_load_at(self, explore_arena_counter_slot(counter, i), HS_RELAXED,
				      where);
	return sum;
}

/* ---- names ------------------------------------------------------------------------------- */

/* An address in the counters may carry bits of its user. */
void hs_arena_name_word(const struct hs_arena *arena, uintptr_t addr, char *text, size_t size)
{
	size_t offset = addr - (uintptr_t)arena, slot = addr - (uintptr_t)arena->pcpu;
	size_t cpu = slot / HS_PCPU_STRIDE, number = slot % HS_PCPU_STRIDE / HS_GRANULE;
	char bits[24] = "";

	if (slot < arena->cpus * (size_t)HS_PCPU_STRIDE) {
		if (slot % HS_GRANULE)
			snprintf(bits, sizeof(bits), "+0x%zx", slot % HS_GRANULE);
		snprintf(text, size, "%s %zu[%zu]%s", hs_kind_name(HS_KIND_PERCPU), number, cpu,
			 bits);
	} else if (offset - offsetof(struct hs_arena, ticks) < sizeof(arena->ticks)) {
		snprintf(text, size, "clock");
	} else if (offset - offsetof(struct hs_arena, rcu.callbacks) < sizeof(uint64_t)) {
		snprintf(text, size, "RCU callbacks");
	} else {
		snprintf(text, size, "arena+0x%zx", offset);
	}
}

/* ---- chance, choice ---------------------------------------------------------------------- */

uint64_t hs_random(struct hs_task *self)
{
	return hs_random_next(&self->rng);
}

/* A decision of the execution, as the choice of the next task is, but no step. */
uint32_t hs_choose(struct hs_task *self, uint32_t n, const char *why)
{
	const struct hs_sched *s = self->sched;

	hs_assert(self, n && n < HS_CHOICE, "a choice among %u: %s", n, why);
	if (self->mode == HS_MODE_PEEK || self->mode == HS_MODE_LOG)
		hs_fail(self, why, "a choice in the predicate of a wait, which may only read");
	if (self->mode != HS_MODE_STEP)
		return hs_random_below(&self->rng, n);
	/* Before the first step there is no execution in which to decide. */
	if (!s->step)
		hs_step(self, HS_OP_LOAD, HS_READ, self->arena, 1, why);
	/* Schedule and search tree have room for as many choices as steps. */
	hs_assert(self, s->decisions - s->step < s->max_steps, "too many choices: %s", why);
	return hs_sched_choose(self, n, why);
}
