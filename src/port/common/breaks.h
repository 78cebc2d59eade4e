/* SPDX-License-Identifier: MIT */
/*
 * breaks.h - faults of the model that a test build switches on, one at a time
 *
 * breaks.def lists them. Protocol code says where each is: `if (!HS_BREAK(GATE_NO_WAKE)) wake`. A
 * library that is built without HMMSIM_BREAKS has none of it, because there HS_BREAK() compares two
 * constants. Which libraries have them: src/cmake/library.cmake.
 */
#ifndef HS_PORT_COMMON_BREAKS_H
#define HS_PORT_COMMON_BREAKS_H

enum hs_break {
	HS_BREAK_NONE,
#define HS_BREAK_DEF(name, file, what) HS_BREAK_##name,
#include "port/common/breaks.def"
#undef HS_BREAK_DEF
	HS_BREAK_COUNT
};

#ifdef HMMSIM_BREAKS
extern enum hs_break hs_break_now;
#else
#define hs_break_now HS_BREAK_NONE
#endif

/* Whether the fault is switched on. No step. */
#define HS_BREAK(name) (hs_break_now == HS_BREAK_##name)

/* The fault: what a task does inside a section or under a lock is torn in two here. */
#define HS_BREAK_RCU_GAP(name, self)      \
	do {                              \
		if (!HS_BREAK(name))      \
			break;            \
		hs_rcu_read_unlock(self); \
		hs_rcu_read_lock(self);   \
	} while (0)
#define HS_BREAK_SPIN_GAP(name, self, lock) \
	do {                                \
		if (!HS_BREAK(name))        \
			break;              \
		hs_spin_unlock(self, lock); \
		hs_spin_lock(self, lock);   \
	} while (0)
#define HS_BREAK_MUTEX_GAP(name, self, lock) \
	do {                                 \
		if (!HS_BREAK(name))         \
			break;               \
		hs_mutex_unlock(self, lock); \
		hs_mutex_lock(self, lock);   \
	} while (0)

/*
 * In libraries with HMMSIM_BREAKS: switches one fault on, HS_BREAK_NONE: none, for all machines of
 * the process, while no task runs. The program begins with the one that the environment variable
 * HMMSIM_BREAK names.
 */
void hs_break_set(enum hs_break fault);

#endif
