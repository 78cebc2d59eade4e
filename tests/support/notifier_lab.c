/* SPDX-License-Identifier: MIT */
#include "support/notifier_lab.h"

struct notifier_lab *now;

void probe_note(struct probe *p, char what)
{
	size_t n = strlen(now->log);

	if (n + 2 < sizeof(now->log)) {
		now->log[n] = p->name;
		now->log[n + 1] = what;
	}
}

bool probe_told(struct probe *p, const struct hs_invalidation *inv)
{
	probe_note(p, p->refuse ? '?' : '+');
	p->inv = *inv;
	return !p->refuse;
}

void expect_log(const char *text)
{
	assert_string_equal(now->log, text);
	memset(now->log, 0, sizeof(now->log));
}

static bool probe_invalidate(struct hs_task *self, struct hs_interval_sub *sub,
			     const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct probe *p = CONTAINER_OF(sub, struct probe, sub);

	if (!probe_told(p, inv))
		return false;
	if (p->lock && inv->blockable)
		hs_mutex_lock(self, p->lock);
	else if (p->lock && !hs_mutex_trylock(self, p->lock))
		return false;
	hs_interval_set_seq(self, sub, cur_seq);
	p->hits++;
	p->cur_seq = cur_seq;
	if (p->lock)
		hs_mutex_unlock(self, p->lock);
	if (p->peek)
		p->peeked = hs_interval_read_begin(self, p->peek);
	return true;
}

const struct hs_interval_ops probe_ops = { probe_invalidate };

int notifier_lab_setup(void **state)
{
	now = *state = test_calloc(1, sizeof(*now));
	machine_open_failing(&now->m, 0);
	assert_int_equal(hs_notifiers_create(now->m.self, &now->ns), 0);
	hs_mutex_init(&now->lock, HS_LOCK_DRIVER);
	for (int i = 0; i < PROBES; i++)
		now->probe[i].name = (char)('a' + i);
	return 0;
}

int notifier_lab_teardown(void **state)
{
	hs_notifiers_destroy(now->m.self, now->ns);
	machine_close(&now->m);
	test_free(*state);
	return 0;
}

uint64_t seq_now(void)
{
	return now->ns->seq.raw;
}

struct hs_invalidation range(uint64_t start, uint64_t end)
{
	return (struct hs_invalidation){ start, end, HS_INVALIDATE_UNMAP, NULL, true };
}

void insert(int i, uint64_t start, uint64_t length)
{
	struct probe *p = &now->probe[i];

	assert_int_equal(
		hs_interval_insert(now->m.self, &p->sub, now->ns, start, length, &probe_ops), 0);
}

void remove_probe(int i)
{
	hs_interval_remove(now->m.self, &now->probe[i].sub);
}

void section_start(const struct hs_invalidation *inv)
{
	assert_int_equal(hs_invalidate_start(now->m.self, now->ns, inv), 0);
}

void section_end(const struct hs_invalidation *inv)
{
	hs_invalidate_end(now->m.self, now->ns, inv);
}

uint64_t read_begin(int i)
{
	return hs_interval_read_begin(now->m.self, &now->probe[i].sub);
}

bool read_retry(int i, uint64_t seq)
{
	struct hs_interval_sub *sub = &now->probe[i].sub;
	bool retry = hs_interval_read_retry(now->m.self, sub, seq);

	assert_int_equal(hs_interval_check_retry(now->m.self, sub, seq), retry);
	return retry;
}
