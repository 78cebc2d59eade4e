/* SPDX-License-Identifier: MIT */
/*
 * play.h - small scenarios in few lines: one state for all, tasks from a list
 */
#ifndef HS_TESTS_PLAY_H
#define HS_TESTS_PLAY_H

#include "port/port.h"
#include "support/exploration.h"

#define PLAY_TASKS 4

struct play_object {
	struct hs_rcu_head head;
	hs_u64 value;
	uint64_t plain;
};

struct play_state {
	hs_u64 word[8];
	hs_u32 flag;
	hs_ptr ptr;
	hs_u64 *counter;
	struct hs_mutex mutex;	 /* HS_LOCK_DRIVER */
	struct hs_spinlock spin; /* HS_LOCK_PAGE_TABLE */
	struct hs_rwsem sem;	 /* HS_LOCK_MMAP */
	struct hs_waitq queue;
	uint64_t plain[8]; /* not watched by the backend */
	void *tasks[PLAY_TASKS];
};

struct play {
	void (*setup)(struct hs_task *self, struct play_state *st);
	void (*task[PLAY_TASKS])(struct hs_task *self, void *state);
	void (*check)(struct hs_task *self, struct play_state *st);
};

extern const struct hs_scenario play_scenario;

struct play_object *play_object(struct hs_task *self);
void play_object_free(struct hs_task *self, struct play_object *o);
/* Set-ups. */
void play_with_object(struct hs_task *self, struct play_state *st);
void play_with_counter(struct hs_task *self, struct play_state *st);
/* Tasks: one reads the object of .ptr in a section, one takes it away, waits and frees it. */
void play_reads_object(struct hs_task *self, void *state);
void play_unlinks_and_waits(struct hs_task *self, void *state);
/*
 * Goes on only with the sole reference, counted in .word[1], and drops its own if another task has
 * one, too.
 */
void play_wants_the_only_reference(struct hs_task *self, void *state);
/* The state's flag is set. */
bool play_flag(struct hs_task *self, void *state);

/*
 * play_expect(play, verdict, number, r), explorer only: explore_found() or, without a verdict,
 * explore_none(); @number: which execution finds it, or how many come to their end.
 */
#define play_expect(...) play_expect_at(TEST_PLACE, __VA_ARGS__)
void play_expect_at(struct test_place at, const struct play *play, enum hs_verdict verdict,
		    uint64_t number, struct hs_explore_result *r);
/* Every interleaving, although some violate something. */
void play_all(const struct play *play, struct hs_explore_result *r);
/*
 * play_expect_exhaustive(play, complete): DPOR, sleep sets and DFS come to their end, find nothing
 * and see the same classes, @complete of them; DPOR completes one execution of each.
 */
#define play_expect_exhaustive(...) play_expect_exhaustive_at(TEST_PLACE, __VA_ARGS__)
void play_expect_exhaustive_at(struct test_place at, const struct play *play, uint64_t complete);
/*
 * play_expect_classes(play, complete, classes): the same where a search tells more apart than a
 * fingerprint does, and completes an execution or more of each class (timed waits).
 */
#define play_expect_classes(...) play_expect_classes_at(TEST_PLACE, __VA_ARGS__)
void play_expect_classes_at(struct test_place at, const struct play *play, uint64_t complete,
			    uint64_t classes);

#endif
