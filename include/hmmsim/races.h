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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>
#include <hmmsim/sync_words.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum hs_races_access - what a plain access does */
enum hs_races_access {
	HS_RACES_READ,	 /**< it reads */
	HS_RACES_WRITE,	 /**< it writes, or reads and writes */
	HS_RACES_ATOMIC, /**< it is atomic, but no call of sync_words.h: asserted not to happen;
			      where accesses are steps see hs_races_atomic() */
	/**
	 * It reads what is volatile, and the compiler tells that apart: as HS_RACES_READ, but where
	 * accesses are steps it is a relaxed load, which races with plain accesses alone.
	 */
	HS_RACES_VOLATILE_READ,
	HS_RACES_VOLATILE_WRITE, /**< the same for a write, or a read and a write */
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

/**
 * hs_races_access_at() - tell a plain access, and its place
 * @param data    as of hs_races_access()
 * @param size    as of hs_races_access()
 * @param access  as of hs_races_access()
 * @param where   "file:line", a string that lives as long as the program; NULL: not known
 *
 * As hs_races_access(). Where the access is a step, reports name the place of it, and not that of
 * the last step before.
 *
 * Context: any; no task is needed.
 */
HMMSIM_API void hs_races_access_at(const void *data, size_t size, enum hs_races_access access,
				   const char *where);

/* ---- foreign code ------------------------------------------------------------------------ */

/**
 * hs_races_foreign() - say that the accesses that are told are those of foreign code
 * @param data  its writable data, together; NULL: it has none
 * @param size  bytes of it
 *
 * Foreign code is written for no explorer: it has no words of sync_words.h, and its static data is
 * named in no plan. In explorations that begin later
 *
 * - HS_PLAIN_CHECKED, the default of hs_explore_options.plain, is HS_PLAIN_STEPS
 * - @p data is as what hs_plan_data() names. What it holds now is put back before each set-up
 * - an access of a task to an address at which no object can be, such as NULL or the poison of a
 *   list, is HS_VERDICT_FREED
 *
 * It cannot be taken back.
 *
 * Context: any thread, before it calls hs_explore(); no task is needed.
 *
 * Return: 0, or
 * - -ENOMEM: no memory
 * - -ENOSPC: four pieces of data are known already
 */
HMMSIM_API int hs_races_foreign(void *data, size_t size);

/**
 * hs_races_task() - the task that runs
 *
 * For functions that foreign code calls, and that need the task of their caller. In the predicate
 * of a wait it is the task that waits; in set-up and check it is the boot task.
 *
 * Context: any.
 *
 * Return: the task, or NULL: no exploration runs on this thread, or it ignores what is told.
 */
HMMSIM_API struct hs_task *hs_races_task(void);

/** enum hs_races_op - what an atomic access does */
enum hs_races_op {
	HS_RACES_LOAD,
	HS_RACES_STORE,
	HS_RACES_XCHG,
	HS_RACES_CMPXCHG, /**< strong: it does not fail where the values are equal */
	HS_RACES_ADD,
	HS_RACES_AND,
	HS_RACES_OR,
	HS_RACES_XOR,
	HS_RACES_NAND,
};

/** struct hs_races_atomic - an atomic access of foreign code */
struct hs_races_atomic {
	void *data;		  /**< aligned to its size */
	size_t size;		  /**< 1, 2, 4 or 8 bytes */
	enum hs_races_op op;	  /**< what it does */
	enum hs_sync_order order; /**< as sync_words.h has it for the operation */
	/** of HS_RACES_CMPXCHG where nothing is written: RELAXED, ACQUIRE or SEQ_CST */
	enum hs_sync_order failing;
	uint64_t operand;  /**< what is stored, added ... */
	uint64_t expected; /**< of HS_RACES_CMPXCHG */
	uint64_t before;   /**< receives what the object held, or what the load sees */
	const char *where; /**< as of hs_races_access_at() */
};

/**
 * hs_races_atomic() - make an atomic access, if it is a step
 * @param access  the access; .before is set
 *
 * It is one where plain accesses to the object are steps. Then it is what the call of sync_words.h
 * of that name and order is, also with HS_MEMORY_VIEWS. One of less than 4 bytes is an access to
 * the 4 bytes around it, and a store of less than 4 bytes reads and writes them.
 *
 * Context: any; no task is needed.
 *
 * Return: true: it has been made. False: it is none, and the caller makes it.
 */
HMMSIM_API bool hs_races_atomic(struct hs_races_atomic *access);

/**
 * hs_races_fence() - make a fence, if it is one of foreign code
 * @param order  not HS_SYNC_RELAXED
 * @param where  as of hs_races_access_at()
 *
 * As hs_sync_fence() of the task that runs, where plain accesses are steps by default.
 *
 * Context: any; no task is needed.
 */
HMMSIM_API void hs_races_fence(enum hs_sync_order order, const char *where);

/** struct hs_races_side - one of two accesses that race */
struct hs_races_side {
	const char *place; /**< of the access, if known, else of the step before it */
	const char *task;  /**< its name */
	uintptr_t addr;	   /**< its first byte */
	size_t size;	   /**< bytes of it */
	bool plain;	   /**< neither volatile nor atomic */
	bool writes;	   /**< it writes, or reads and writes */
};

/**
 * hs_races_watch() - be told of races between accesses that are steps
 * @param fn   called for two accesses of two tasks to a byte, one of them plain, one of them a
 *             write, that nothing orders; the one that came first is first. NULL: no more
 * @param ctx  passed to @p fn; the caller's
 *
 * Such races are no findings, because what they lead to is explored. They are told in each
 * execution that has them, so @p fn keeps what it has not seen. Of the plain reads of a task of a
 * byte the last one before the other access counts; so of its plain writes, and of those that are
 * not plain. @p fn must not call the library. While there is one, a plain access and a free that
 * nothing orders are HS_VERDICT_FREED, whichever comes first, as where accesses are checked.
 *
 * Context: any thread, before it calls hs_explore().
 */
HMMSIM_API void hs_races_watch(void (*fn)(void *ctx, const struct hs_races_side *first,
					  const struct hs_races_side *second),
			       void *ctx);

#ifdef __cplusplus
}
#endif

#endif
