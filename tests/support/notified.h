/* SPDX-License-Identifier: MIT */
/*
 * notified.h - an address space's notifiers, and probes of every kind that note what they are told
 */
#ifndef HS_TESTS_NOTIFIED_H
#define HS_TESTS_NOTIFIED_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "notifier/notifier.h"
#include "support/world.h"

#define PAGE 0x1000ull

#define PROBES 4

struct probe {
	struct hs_interval_sub sub; /* exactly one of these three is in use */
	struct hs_notifier plain;
	struct hs_mirror mirror;
	char name;
	bool refuse;
	uint32_t hits;
	uint64_t cur_seq;
	struct hs_invalidation inv;   /* of the last call */
	struct hs_mutex *lock;	      /* NULL: none */
	struct hs_interval_sub *peek; /* callback: begin a read there */
	uint64_t peeked;	      /* ... which gave this */
};

struct fixture {
	struct world w;
	struct hs_notifiers *ns;
	struct hs_hmm *hmm;
	struct hs_mutex lock;
	struct probe probe[PROBES];
	char log[64]; /* a name per call; '+' after a start, '-' an end, '!' a release */
};

static struct fixture *now;

static inline void note(char name, char what)
{
	size_t n = strlen(now->log);

	if (n + 2 < sizeof(now->log)) {
		now->log[n] = name;
		now->log[n + 1] = what;
	}
}

static inline void expect_log(const char *text)
{
	assert_string_equal(now->log, text);
	memset(now->log, 0, sizeof(now->log));
}

#define of(type, member, p) ((struct type *)((char *)(p)-offsetof(struct type, member)))

static inline bool probe_invalidate(struct hs_task *self, struct hs_interval_sub *sub,
				    const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct probe *p = of(probe, sub, sub);

	note(p->name, p->refuse ? '?' : '+');
	if (p->refuse)
		return false;
	if (p->lock && inv->blockable)
		hs_mutex_lock(self, p->lock);
	else if (p->lock && !hs_mutex_trylock(self, p->lock))
		return false;
	hs_interval_set_seq(self, sub, cur_seq);
	p->hits++;
	p->cur_seq = cur_seq;
	p->inv = *inv;
	if (p->lock)
		hs_mutex_unlock(self, p->lock);
	if (p->peek)
		p->peeked = hs_interval_read_begin(self, p->peek);
	return true;
}

static const struct hs_interval_ops probe_ops = { probe_invalidate };

static inline int plain_start(struct hs_task *self, struct hs_notifier *n,
			      const struct hs_invalidation *inv)
{
	struct probe *p = of(probe, plain, n);

	(void)self;
	note(p->name, p->refuse ? '?' : '+');
	p->inv = *inv;
	return p->refuse ? -EAGAIN : 0;
}

static inline void plain_end(struct hs_task *self, struct hs_notifier *n,
			     const struct hs_invalidation *inv)
{
	(void)self;
	(void)inv;
	note(of(probe, plain, n)->name, '-');
}

static inline void plain_release(struct hs_task *self, struct hs_notifier *n)
{
	(void)self;
	note(of(probe, plain, n)->name, '!');
}

static const struct hs_notifier_ops plain_ops = { plain_start, plain_end, plain_release };

static inline int mirror_sync(struct hs_task *self, struct hs_mirror *m,
			      const struct hs_invalidation *inv)
{
	struct probe *p = of(probe, mirror, m);

	(void)self;
	note(p->name, p->refuse ? '?' : '+');
	p->inv = *inv;
	return p->refuse ? -EAGAIN : 0;
}

static inline void mirror_release(struct hs_task *self, struct hs_mirror *m)
{
	(void)self;
	note(of(probe, mirror, m)->name, '!');
}

static const struct hs_mirror_ops mirror_ops = { mirror_sync, mirror_release };

static inline int up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	world_open_failing(&f->w, 0);
	assert_int_equal(hs_notifiers_create(f->w.self, &f->ns), 0);
	hs_mutex_init(&f->lock, HS_LOCK_DRIVER);
	for (int i = 0; i < PROBES; i++)
		f->probe[i].name = (char)('a' + i);
	now = f;
	*state = f;
	return 0;
}

static inline int down(void **state)
{
	struct fixture *f = *state;

	hs_notifiers_destroy(f->w.self, f->ns);
	world_close(&f->w);
	test_free(f);
	return 0;
}

#define notifier_unit_test(f) cmocka_unit_test_setup_teardown(f, up, down)

static inline uint64_t seq_now(void)
{
	return now->ns->seq.raw;
}

static inline struct hs_invalidation range(uint64_t start, uint64_t end)
{
	return (struct hs_invalidation){ start, end, HS_INVALIDATE_UNMAP, NULL, true };
}

static inline void insert(int i, uint64_t start, uint64_t length)
{
	struct probe *p = &now->probe[i];

	assert_int_equal(
		hs_interval_insert(now->w.self, &p->sub, now->ns, start, length, &probe_ops), 0);
}

static inline void remove_probe(int i)
{
	hs_interval_remove(now->w.self, &now->probe[i].sub);
}

static inline void start(const struct hs_invalidation *inv)
{
	assert_int_equal(hs_invalidate_start(now->w.self, now->ns, inv), 0);
}

static inline void end(const struct hs_invalidation *inv)
{
	hs_invalidate_end(now->w.self, now->ns, inv);
}

/* Direct mode: the explorer's backend fails it if it would wait. */
static inline uint64_t read_begin(int i)
{
	return hs_interval_read_begin(now->w.self, &now->probe[i].sub);
}

static inline bool read_retry(int i, uint64_t seq)
{
	struct hs_interval_sub *sub = &now->probe[i].sub;
	bool retry = hs_interval_read_retry(now->w.self, sub, seq);

	assert_int_equal(hs_interval_check_retry(now->w.self, sub, seq), retry);
	return retry;
}

#endif
