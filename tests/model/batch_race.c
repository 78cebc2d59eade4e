/* SPDX-License-Identifier: MIT */
#include "batch_race.h"

#include <string.h>

#include "port/explore/views.h"
#include "port/port.h"
#include "support/test.h"

#define READERS 2

static struct batch_param now;

/* ---- words and a lock whose orders can be left out ------------------------------------------- */

static enum hs_order order_of(const char *function, enum hs_order o)
{
	return now.relaxed && !strcmp(now.relaxed, function) ? HS_RELAXED : o;
}

static bool is_left_out(const char *barrier)
{
	return now.none && !strcmp(now.none, barrier);
}

static bool lock_is_free(struct hs_task *self, void *lock)
{
	return !hs_u32_load(self, &((struct hs_spinlock *)lock)->word, HS_RELAXED);
}

static bool trylock(struct hs_task *self, struct hs_spinlock *l)
{
	uint32_t seen = 0;

	if (!now.words)
		return hs_spin_trylock(self, l);
	return hs_u32_cmpxchg(self, &l->word, &seen, 1, order_of("lock", HS_ACQUIRE));
}

static void lock(struct hs_task *self, struct hs_spinlock *l)
{
	if (!now.words) {
		hs_spin_lock(self, l);
		return;
	}
	while (!trylock(self, l))
		hs_spin_until(self, lock_is_free, l);
}

static void unlock(struct hs_task *self, struct hs_spinlock *l)
{
	if (now.words)
		hs_u32_xchg(self, &l->word, 0, order_of("unlock", HS_RELEASE));
	else
		hs_spin_unlock(self, l);
}

#undef hs_spin_lock
#undef hs_spin_trylock
#undef hs_spin_unlock
#define hs_spin_lock lock
#define hs_spin_trylock trylock
#define hs_spin_unlock unlock
#pragma push_macro("hs_u32_store")
#undef hs_u32_store
#pragma push_macro("hs_u32_load")
#undef hs_u32_load
#pragma push_macro("hs_u64_load")
#undef hs_u64_load
#pragma push_macro("hs_u64_add")
#undef hs_u64_add
#define hs_u32_store(self, a, v, o) hs_u32_store_at(self, a, v, order_of(__func__, o), HS_HERE)
#define hs_u32_load(self, a, o) hs_u32_load_at(self, a, order_of(__func__, o), HS_HERE)
#define hs_u64_load(self, a, o) hs_u64_load_at(self, a, order_of(__func__, o), HS_HERE)
#define hs_u64_add(self, a, v, o) hs_u64_add_at(self, a, v, order_of(__func__, o), HS_HERE)
#include "port/common/batch.h"
#pragma pop_macro("hs_u32_store")
#pragma pop_macro("hs_u32_load")
#pragma pop_macro("hs_u64_load")
#pragma pop_macro("hs_u64_add")

void hs_membarrier(struct hs_task *self)
{
	if (is_left_out("membarrier"))
		return;
	if (now.fences)
		hs_fence(self, HS_SEQ_CST);
	else
		hs_views_membarrier(self);
}

/* ---- what is shared -------------------------------------------------------------------------- */

struct model;

struct reader {
	struct model *model;
	hs_u32 word;
};

/* What readers find. */
struct object {
	struct hs_rcu_head head;
	struct model *model;
	hs_u64 noted; /* how many readers were here */
};

/* What a callback needs. Its owner frees it when the callback has run. */
struct driver {
	hs_u32 done;
};

struct call {
	struct hs_rcu_head head;
	struct model *model;
};

struct model {
	hs_ptr pointer; /* to the object */
	struct reader reader[READERS];
	struct hs_batches batches;
	struct driver *driver;
	struct call call[2];
	hs_u64 saw;  /* how many readers have seen the object */
	hs_u64 runs; /* how many callbacks have run that count */
	hs_u32 sent; /* the callback is queued */
};

static struct hs_grace_readers readers_of(const struct model *m)
{
	return (struct hs_grace_readers){ &m->reader[0].word, sizeof(m->reader[0]), now.readers };
}

static bool poll(struct hs_task *self, struct model *m)
{
	struct hs_grace_readers readers = readers_of(m);

	return hs_batch_poll(self, &m->batches, &readers);
}

static void barrier(struct hs_task *self, struct model *m)
{
	struct hs_grace_readers readers = readers_of(m);

	hs_batch_barrier(self, &m->batches, &readers);
}

static struct object *unlink_object(struct hs_task *self, struct model *m)
{
	struct object *o = hs_ptr_load(self, &m->pointer, HS_RELAXED);

	hs_ptr_store(self, &m->pointer, NULL, HS_RELAXED);
	return o;
}

/* ---- callbacks ------------------------------------------------------------------------------- */

static void free_object(struct hs_task *self, struct hs_rcu_head *head)
{
	struct object *o = hs_container_of(head, struct object, head);

	if (now.notes) {
		uint64_t noted = hs_u64_load(self, &o->noted, HS_RELAXED);

		hs_assert(self, noted == hs_u64_load(self, &o->model->saw, HS_SEQ_CST),
			  "what a reader did in its section is not seen");
	}
	hs_free(self, o, HS_KIND_OTHER, sizeof(*o));
}

static void unlink_and_queue_again(struct hs_task *self, struct hs_rcu_head *head)
{
	struct model *m = hs_container_of(head, struct object, head)->model;

	unlink_object(self, m);
	hs_batch_queue(self, &m->batches, head, free_object);
}

/* Not atomic: two that run at once, or the later of which does not see the first, count one. */
static void count(struct hs_task *self, struct hs_rcu_head *head)
{
	struct model *m = hs_container_of(head, struct call, head)->model;
	uint64_t runs = hs_u64_load(self, &m->runs, HS_RELAXED);

	hs_u64_store(self, &m->runs, runs + 1, HS_RELAXED);
}

static void drive(struct hs_task *self, struct hs_rcu_head *head)
{
	struct driver *driver = hs_container_of(head, struct call, head)->model->driver;

	hs_assert(self, driver, "a callback runs after its driver is gone");
	hs_u32_store(self, &driver->done, 1, HS_RELAXED);
}

static void free_driver(struct hs_task *self, struct model *m)
{
	hs_assert(self, hs_u32_load(self, &m->driver->done, HS_RELAXED),
		  "what the callback did is not seen");
	hs_free(self, m->driver, HS_KIND_OTHER, sizeof(*m->driver));
	m->driver = NULL;
}

/* ---- tasks ----------------------------------------------------------------------------------- */

static void read_object(struct hs_task *self, struct reader *r, bool polls)
{
	struct model *m = r->model;
	struct object *o;

	hs_grace_enter(self, &r->word, now.fences && !is_left_out("fence"));
	o = hs_ptr_load(self, &m->pointer, HS_RELAXED);
	if (polls)
		poll(self, m);
	if (o && !now.notes) {
		hs_deref(self, o);
	} else if (o) {
		hs_u64_add(self, &m->saw, 1, HS_SEQ_CST);
		hs_u64_add(self, &o->noted, 1, HS_RELAXED);
	}
	hs_grace_leave(self, &r->word);
}

static void reader_main(struct hs_task *self, void *arg)
{
	read_object(self, arg, false);
}

static void polling_reader_main(struct hs_task *self, void *arg)
{
	read_object(self, arg, true);
}

static void queue_object_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct object *o = unlink_object(self, m);

	hs_batch_queue(self, &m->batches, &o->head, free_object);
}

static void reclaim_main(struct hs_task *self, void *arg)
{
	queue_object_main(self, arg);
	barrier(self, arg);
}

static void queue_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_batch_queue(self, &m->batches, &m->call[0].head, count);
}

static void queue_and_poll_main(struct hs_task *self, void *arg)
{
	queue_main(self, arg);
	poll(self, arg);
}

static void late_main(struct hs_task *self, void *arg)
{
	queue_and_poll_main(self, arg);
	queue_object_main(self, arg);
	poll(self, arg);
}

static void queue_and_poll_twice_main(struct hs_task *self, void *arg)
{
	queue_and_poll_main(self, arg);
	poll(self, arg);
}

static void chain_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;
	struct object *o = hs_ptr_load(self, &m->pointer, HS_RELAXED);

	hs_batch_queue(self, &m->batches, &o->head, unlink_and_queue_again);
	queue_main(self, m);
	barrier(self, m);
	hs_assert(self, !hs_ptr_load(self, &m->pointer, HS_RELAXED),
		  "what the callback did is not seen");
	hs_assert(self, hs_u64_load(self, &m->runs, HS_RELAXED) == 1,
		  "what the callback did is not seen");
	barrier(self, m);
}

static void other_counter_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	hs_batch_queue(self, &m->batches, &m->call[1].head, count);
	poll(self, m);
}

static void queue_driver(struct hs_task *self, struct model *m)
{
	hs_batch_queue(self, &m->batches, &m->call[1].head, drive);
}

static void owner_main(struct hs_task *self, void *arg)
{
	queue_driver(self, arg);
	barrier(self, arg);
	free_driver(self, arg);
}

static void sender_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	queue_driver(self, m);
	hs_u32_store(self, &m->sent, 1, HS_RELEASE);
	poll(self, m);
}

static void receiver_main(struct hs_task *self, void *arg)
{
	struct model *m = arg;

	if (!hs_u32_load(self, &m->sent, HS_ACQUIRE))
		return;
	barrier(self, m);
	free_driver(self, m);
}

static void poller_main(struct hs_task *self, void *arg)
{
	poll(self, arg);
}

static void asker_main(struct hs_task *self, void *arg)
{
	queue_driver(self, arg);
	while (poll(self, arg))
		hs_retry_wait(self, "callbacks");
	free_driver(self, arg);
}

/* ---- plays ----------------------------------------------------------------------------------- */

typedef void (*task_main)(struct hs_task *self, void *arg);

static const struct cast {
	task_main reader, task[3];
} casts[BATCH_PLAYS] = {
	[RECLAIM] = { reader_main, { reclaim_main } },
	[LATE] = { polling_reader_main, { late_main } },
	[JOINED] = { reader_main, { queue_object_main, queue_and_poll_twice_main } },
	[CHAIN] = { reader_main, { chain_main } },
	[COUNTERS] = { NULL, { queue_and_poll_main, other_counter_main } },
	[OWNER] = { NULL, { queue_and_poll_main, owner_main } },
	[SENT] = { NULL, { sender_main, receiver_main } },
	[CROWD] = { NULL, { sender_main, receiver_main, queue_main } },
	[ASKED] = { NULL, { poller_main, asker_main } },
};

const char *const batch_plays[BATCH_PLAYS] = {
	[RECLAIM] = "reclaim", [LATE] = "late",		[JOINED] = "joined",
	[CHAIN] = "chain",     [COUNTERS] = "counters", [OWNER] = "owner",
	[SENT] = "sent",       [CROWD] = "crowd",	[ASKED] = "asked",
};

static int race_setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	static const char *const names[] = { "first", "second", "third" };
	struct model *m = state;
	const struct cast *cast;
	struct object *o;

	now = *(const struct batch_param *)param;
	cast = &casts[now.play];
	hs_batch_init(&m->batches);
	m->driver = hs_alloc(self, HS_KIND_OTHER, sizeof(*m->driver));
	o = hs_alloc(self, HS_KIND_OTHER, sizeof(*o));
	if (!m->driver || !o)
		return -1;
	o->model = m;
	hs_ptr_init(&m->pointer, o);
	for (uint32_t i = 0; i < COUNT(m->call); i++)
		m->call[i].model = m;
	for (uint32_t i = 0; i < now.readers; i++) {
		m->reader[i].model = m;
		hs_plan_task(plan, "reader", cast->reader, &m->reader[i]);
	}
	for (uint32_t i = 0; i < COUNT(cast->task) && cast->task[i]; i++)
		hs_plan_task(plan, names[i], cast->task[i], m);
	return 0;
}

static void race_check(struct hs_task *self, void *state, const void *param)
{
	struct model *m = state;
	void *o = m->pointer.raw;

	(void)param;
	for (int i = 0; poll(self, m); i++)
		hs_assert(self, i < 10, "a callback is lost");
	if (now.play == COUNTERS)
		hs_assert(self, m->runs.raw == COUNT(m->call), "%llu ran, or two at once",
			  (unsigned long long)m->runs.raw);
	if (m->driver)
		hs_free(self, m->driver, HS_KIND_OTHER, sizeof(*m->driver));
	if (o)
		hs_free(self, o, HS_KIND_OTHER, sizeof(struct object));
}

const struct hs_scenario batch_race = {
	.name = "batch race",
	.state_size = sizeof(struct model),
	.setup = race_setup,
	.check = race_check,
};
