/* SPDX-License-Identifier: MIT */
/*
 * sync_play.h - small scenarios of public primitives alone (sync.h), on both backends
 */
#ifndef HS_TESTS_SYNC_PLAY_H
#define HS_TESTS_SYNC_PLAY_H

#include <hmmsim/hmmsim.h>

#include "support/test.h"

#define SYNC_TASKS 3
#define SYNC_TEXT 256

extern const struct hs_sync_kind sync_node;
extern const struct hs_sync_class sync_first, sync_second, sync_third; /* of mutexes */
extern const struct hs_sync_class sync_spins, sync_sems, sync_any;     /* sync_any: unordered */

struct sync_state {
	struct hs_sync_u32 a, b, words[8];
	struct hs_sync_u64 wide;
	struct hs_sync_ptr ptr;
	struct hs_sync_mutex first, second, third;
	struct hs_sync_mutex any, other; /* sync_any */
	struct hs_sync_spinlock spin;
	struct hs_sync_rwsem sem;
	struct hs_sync_waitq queue;
	struct hs_sync_completion done;
	struct hs_mm *mm;
	uint32_t plain;
};

/* The tasks are called one, two, three. */
struct sync_play {
	const char *name;
	void (*setup)(struct hs_task *self, struct sync_state *st);
	void (*task[SYNC_TASKS])(struct hs_task *self, void *state);
	void (*check)(struct hs_task *self, struct sync_state *st);
};

extern const struct hs_scenario sync_scenario;

/* A constant @name: the line that is @down lines below. */
#define LINE_BELOW(name, down) static const int name __attribute__((__unused__)) = __LINE__ + (down)
/* PLACE(text, line, what): "file:line: what". Returns @text. */
#define PLACE(text, line, what) sync_place((text), __FILE__, (line), (what))
char *sync_place(char text[SYNC_TEXT], const char *file, int line, const char *what);

/* Nothing is refused or found. */
void sync_holds(const struct sync_play *play);
/* Both backends refuse it, in these words. */
void sync_refused(const struct sync_play *play, const char *text);
/* The same where the explorer has another verdict than a failed assertion. */
void sync_refused_as(const struct sync_play *play, enum hs_verdict verdict, const char *text);

#endif
