/* SPDX-License-Identifier: MIT */
/* Interval subscriptions and plain notifiers under many threads. */

#include "support/notifier_lab.h"
#include "support/scale.h"

#define PAGES 8

/* A CPU's page table of values that only grow; a device's copy of it, under the lock. */
struct stress {
	struct hs_notifiers *ns;
	struct hs_mutex lock;
	struct hs_interval_sub sub;
	hs_u64 cpu[PAGES], device[PAGES];
	hs_u32 busy; /* workers that have turns left; the others go on meanwhile */
	uint32_t rounds;
};

static struct stress *stress;

/* Spins without giving up the processor, because on a busy machine a yield takes very long. */
static void dawdle(struct hs_task *self)
{
	for (uint64_t n = hs_random(self) % 500; n; n--)
		hs_u32_load(self, &stress->busy, HS_RELAXED);
}

static bool stress_invalidate(struct hs_task *self, struct hs_interval_sub *sub,
			      const struct hs_invalidation *inv, uint64_t cur_seq)
{
	if (inv->blockable)
		hs_mutex_lock(self, &stress->lock);
	else if (!hs_mutex_trylock(self, &stress->lock))
		return false;
	hs_interval_set_seq(self, sub, cur_seq);
	for (uint64_t i = inv->start / PAGE; sub == &stress->sub && i < inv->end / PAGE; i++)
		hs_u64_store(self, &stress->device[i], 0, HS_RELAXED);
	hs_mutex_unlock(self, &stress->lock);
	if (sub != &stress->sub)
		dawdle(self);
	return true;
}

static const struct hs_interval_ops stress_ops = { stress_invalidate };

/* One more turn for a worker that has had @n. */
static bool turn(struct hs_task *self, uint32_t n)
{
	if (n == stress->rounds)
		hs_u32_add(self, &stress->busy, -1u, HS_RELEASE);
	return n < stress->rounds || hs_u32_load(self, &stress->busy, HS_ACQUIRE);
}

/* Runs its rounds and stops, so that a task that waits for invalidations to end goes on at last. */
static void stress_writer(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < stress->rounds; i++) {
		uint64_t page = hs_random(self) % PAGES;
		struct hs_invalidation inv = range(page * PAGE, (page + 1) * PAGE);

		inv.blockable = hs_random(self) & 1;
		if (hs_invalidate_start(self, stress->ns, &inv))
			continue;
		hs_u64_add(self, &stress->cpu[page], 1, HS_RELAXED);
		dawdle(self);
		hs_invalidate_end(self, stress->ns, &inv);
		dawdle(self);
	}
	hs_u32_add(self, &stress->busy, -1u, HS_RELEASE);
}

/*
 * The device holds what the CPU holds while the lock is held and no retry is needed. At least one
 * copy succeeds: once the writers are done, nothing stands against it.
 */
static void stress_reader(struct hs_task *self, void *arg)
{
	bool copied = false;

	(void)arg;
	for (uint32_t i = 0; turn(self, i) || !copied; i++) {
		uint64_t page = hs_random(self) % PAGES, value, seq;

		seq = hs_interval_read_begin(self, &stress->sub);
		value = hs_u64_load(self, &stress->cpu[page], HS_RELAXED);
		hs_mutex_lock(self, &stress->lock);
		if (!hs_interval_read_retry(self, &stress->sub, seq)) {
			uint64_t cpu = hs_u64_load(self, &stress->cpu[page], HS_RELAXED);

			hs_assert(self, cpu == value, "a stale value is about to be copied");
			hs_u64_store(self, &stress->device[page], value, HS_RELAXED);
			copied = true;
		}
		hs_mutex_unlock(self, &stress->lock);
	}
}

static void stress_subscriber(struct hs_task *self, void *arg)
{
	(void)arg;
	for (uint32_t i = 0; turn(self, i); i++) {
		struct hs_interval_sub *sub = hs_alloc(self, HS_KIND_OTHER, sizeof(*sub));
		uint64_t page = hs_random(self) % PAGES, seq;

		hs_interval_insert(self, sub, stress->ns, page * PAGE, PAGE, &stress_ops);
		if (hs_random(self) & 1) {
			seq = hs_interval_read_begin(self, sub);
			hs_interval_check_retry(self, sub, seq);
		}
		dawdle(self);
		hs_interval_remove(self, sub);
		hs_free(self, sub, HS_KIND_OTHER, sizeof(*sub));
	}
}

static int stress_plain_start(struct hs_task *self, struct hs_notifier *n,
			      const struct hs_invalidation *inv)
{
	(void)n;
	(void)inv;
	return inv->blockable || hs_random(self) & 7 ? 0 : -EAGAIN;
}

static void stress_listener(struct hs_task *self, void *arg)
{
	static const struct hs_notifier_ops ops = { stress_plain_start, NULL, NULL };

	(void)arg;
	for (uint32_t i = 0; turn(self, i); i++) {
		struct hs_notifier *n = hs_alloc(self, HS_KIND_OTHER, sizeof(*n));

		hs_notifier_register(self, n, stress->ns, &ops);
		hs_retry_wait(self, "another turn");
		hs_notifier_unregister(self, n);
		hs_free(self, n, HS_KIND_OTHER, sizeof(*n));
	}
}

static void stressed(void (*const fn[4])(struct hs_task *self, void *arg))
{
	struct hs_thread *thread[4];
	struct hs_task *self = now->m.self;

	stress = hs_alloc(self, HS_KIND_OTHER, sizeof(*stress));
	stress->ns = now->ns;
	/* Otherwise the first refusal ends all reading. */
	assert_int_equal(hs_notifiers_set_refusal(now->m.self, now->ns, HS_REFUSAL_UNDONE), 0);
	stress->rounds = test_scaled(5000);
	hs_u32_init(&stress->busy, 4);
	hs_mutex_init(&stress->lock, HS_LOCK_DRIVER);
	hs_interval_insert(self, &stress->sub, stress->ns, 0, PAGES * PAGE, &stress_ops);
	for (int i = 0; i < 4; i++) {
		thread[i] = hs_thread_start(self, "worker", fn[i], NULL);
		assert_non_null(thread[i]);
	}
	for (int i = 0; i < 4; i++)
		hs_thread_join(self, thread[i]);
	hs_interval_remove(self, &stress->sub);
	hs_free(self, stress, HS_KIND_OTHER, sizeof(*stress));
	assert_true(hs_notifiers_idle(now->ns));
}

static void threads_never_copy_a_stale_value(void **state)
{
	void (*const two_writers[4])(struct hs_task *, void *) = { stress_reader, stress_reader,
								   stress_writer, stress_writer };
	void (*const changing_tree[4])(struct hs_task *, void *) = { stress_reader, stress_writer,
								     stress_subscriber,
								     stress_subscriber };
	void (*const listening[4])(struct hs_task *, void *) = { stress_reader, stress_writer,
								 stress_writer, stress_listener };

	(void)state;
	stressed(two_writers);
	stressed(changing_tree);
	stressed(listening);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		notifier_unit_test(threads_never_copy_a_stale_value),
	};

	return cmocka_run_group_tests_name("notifier_threads", tests, NULL, NULL);
}
