/* SPDX-License-Identifier: MIT */
/*
 * crashes.h - ways in which the code under test crashes, and a task that does so
 */
#ifndef HS_TESTS_CRASHES_H
#define HS_TESTS_CRASHES_H

#include "support/play.h"

#define SANITIZED (HS_ASAN || HS_TSAN)
#define CRASHES 12

struct crash {
	void (*fn)(void);
	const char *says; /* the finding begins so */
};

extern const struct crash crashes[CRASHES];

/* Two tasks that add badly; in the third execution the first calls crash(). */
extern const struct play lost_update;
extern void (*crash)(void);

void writes_to_null(void);
void reads_behind_a_block(void); /* which only ASan sees */
void raises(void);
void recurses_deeply(void);
/* Frames of a kilobyte. */
int recurses(int depth);

/* Tasks. */
void increments_badly(struct hs_task *self, void *state);
void touches_a_word(struct hs_task *self, void *state);

/* With the default options; hs_explore() returns @ret. */
void explore_plainly(const struct hs_scenario *scenario, const struct play *play, int ret);
/* Skips the test under a sanitizer, which ends the process itself. */
void needs_handlers(void);

#endif
