/* SPDX-License-Identifier: MIT */
/**
 * @file races.h
 * Plain accesses to memory, told to the explorer: data races, and use of what is freed.
 *
 * *invented*, as KCSAN and KASAN are. A program seldom calls this itself: objects that are compiled
 * with -fsanitize=thread and linked with hmmsim::races do it for each access of theirs. What is
 * checked, and how, is in src/sync/README.md.
 *
 * The calls are in both libraries. In hmmsim::hmmsim they do nothing.
 */
#ifndef HMMSIM_RACES_H
#define HMMSIM_RACES_H

#include <stddef.h>

#include <hmmsim/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum hs_races_access - what a plain access does */
enum hs_races_access {
	HS_RACES_READ,	 /**< it reads */
	HS_RACES_WRITE,	 /**< it writes, or reads and writes */
	HS_RACES_ATOMIC, /**< it is atomic, but no call of sync_words.h: asserted not to happen */
};

/**
 * hs_races_report() - say that the program tells its plain accesses
 *
 * Explorations that begin later look for races, unless hs_explore_options.plain, hs_plan_plain() or
 * hs_plan_plain_kind() says otherwise. It cannot be taken back.
 *
 * Context: any thread, before it calls hs_explore(); no task is needed.
 */
HMMSIM_API void hs_races_report(void);

/**
 * hs_races_access() - tell a plain access
 * @param data    what is accessed, directly after this call (HS_PLAIN_STEPS), or about now
 * @param size    bytes of it
 * @param access  what the access does
 *
 * Looked at are accesses of tasks, set-up and check of a scenario in hs_explore(), to the state, to
 * objects of hs_sync_alloc() and of the model, and to what hs_plan_data() names. All else is
 * ignored, and so is what a predicate accesses before its wait ends, unless that is a step. What is
 * done with it, enum hs_plain says. A finding ends the execution (HS_VERDICT_RACE,
 * HS_VERDICT_FREED), and this call does not return then.
 *
 * Context: any; no task is needed.
 */
HMMSIM_API void hs_races_access(const void *data, size_t size, enum hs_races_access access);

#ifdef __cplusplus
}
#endif

#endif
