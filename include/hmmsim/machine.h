/* SPDX-License-Identifier: MIT */
/*
 * machine.h - a simulated machine and the tasks that run on it
 *
 * invented: there is no kernel object of this name. A machine is what a booted kernel is to its
 * processes: the one place that holds all simulated kernel state, the tasks (simulated threads, each
 * on a simulated CPU of its own), the RCU domain and the clock.
 *
 * All state of a machine lives in its arena:
 *
 *   HS_ARENA_HEAP    in the library's private allocator; threads of one process share it
 *   HS_ARENA_REGION  in one range of addresses reserved beforehand. With .shared set, children
 *                    that are forked after hs_machine_create() attach tasks of their own and
 *                    every lock, wait and grace period works across the processes.
 *
 * Ownership: hs_machine_create() gives the machine to the caller, who ends it with
 * hs_machine_destroy() when every task is detached. A forked child owns nothing: it detaches its
 * tasks and goes, the parent destroys.
 *
 * Errors are negative errno: -EINVAL (a field is out of range), -ENOMEM, -EEXIST (the region's
 * addresses are taken), -EBUSY (tasks are attached), -EAGAIN (no free task slot), -ENOSYS (this
 * process may not use membarrier(2), but the machine's creator could), -EOWNERDEAD (see hs_guard),
 * -ENOTEMPTY (objects were left behind).
 */
#ifndef HMMSIM_MACHINE_H
#define HMMSIM_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hmmsim/export.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hs_machine;
struct hs_task;

enum hs_arena_kind {
	HS_ARENA_HEAP,
	HS_ARENA_REGION,
};

/* What happens to the address of a freed object. */
enum hs_reuse {
	HS_REUSE_LIFO, /* handed out again at once, warm: for benchmarks */
	HS_REUSE_NEVER, /* never again: a dangling pointer stays one; the region must be large enough */
};

/* Fill it with hs_machine_config_init(), then change fields. */
struct hs_machine_config {
	enum hs_arena_kind kind; /* default HS_ARENA_HEAP */
	bool shared;		 /* region only: MAP_SHARED, for processes forked later */
	enum hs_reuse reuse;	 /* region only; default HS_REUSE_LIFO */
	size_t size;	    /* region only: bytes reserved (touched on demand); default 64 MiB */
	uint64_t base;	    /* region only: its address; default 0x7e9000000000 */
	uint32_t max_tasks; /* tasks attached at one time, 1..62; default 32 */
	uint64_t seed;	    /* of every random number that the machine draws; default 1 */
	uint64_t fail_at;   /* the allocation with this index (from 1) fails; 0: none does */
	uint32_t section_order;	   /* log2 of the pages of a memory section; default 15 (128 MiB) */
	uint32_t subsection_order; /* at most 6 less; default 9 (2 MiB) */
	uint32_t trace_records;	   /* capacity of the event trace; 0 (default): no tracing */
};

/* What a machine still held when it was destroyed. */
struct hs_leaks {
	uint64_t objects; /* all kinds together */
	char text[504];	  /* "2 page, 1 percpu counter"; empty when there are none */
};

/* A machine's own figures, exact at a quiet moment. */
struct hs_machine_info {
	uint64_t allocations;	/* attempts so far, failed ones included */
	const char *failed_at;	/* file:line of the one that .fail_at failed; NULL: none has */
	uint64_t objects;	/* live objects of all kinds, tasks not counted */
	uint64_t bytes;		/* what these objects asked for */
	uint64_t image_bytes;	/* region: bytes from its start to the highest object; heap: 0 */
	uint64_t grace_periods; /* completed */
	uint64_t
		retry_spins; /* turns that tasks spent in hs_retry_wait(), detached ones included */
	uint64_t ticks;	     /* model time */
	uint32_t tasks;	     /* attached now */
	uint32_t dead_tasks; /* whose thread died without detaching */
};

HMMSIM_API void hs_machine_config_init(struct hs_machine_config *config);
HMMSIM_API int hs_machine_create(const struct hs_machine_config *config, struct hs_machine **out);

/*
 * Frees everything. -EBUSY with tasks attached: nothing was done. -ENOTEMPTY: the machine is gone,
 * but objects had been left in it, a leak of the caller's or of the model's; @left (may be NULL)
 * names them by kind.
 */
HMMSIM_API int hs_machine_destroy(struct hs_machine *machine, struct hs_leaks *left);
HMMSIM_API void hs_machine_info(struct hs_machine *machine, struct hs_machine_info *info);

/*
 * Makes the calling thread a task of the machine. The task is for this thread alone; a thread may
 * hold tasks of several machines. @name is copied (15 bytes). hs_task_detach() must be called by
 * the same thread, holding no lock; -EBUSY when it holds one or is in an RCU read section.
 */
HMMSIM_API int hs_task_attach(struct hs_machine *machine, const char *name, struct hs_task **out);
HMMSIM_API int hs_task_detach(struct hs_task *self);
HMMSIM_API struct hs_machine *hs_task_machine(struct hs_task *self);
/* The task that the calling thread attached last; NULL: none. Only for <hmmsim/linux.h> and such. */
HMMSIM_API struct hs_task *hs_task_current(void);

/*
 * Runs fn(self, arg) and returns its result. If another process that shares the machine dies while
 * it holds a lock, or waits for one, the machine is broken, as a kernel is after an oops under a
 * lock: whoever waits, now or later, would wait for ever. Such a wait ends here instead, with
 * -EOWNERDEAD. The task then holds nothing and can only be detached. Without a guard around it
 * such a wait aborts.
 */
HMMSIM_API int hs_guard(struct hs_task *self, int (*fn)(struct hs_task *self, void *arg),
			void *arg);

#ifdef __cplusplus
}
#endif

#endif
