/* SPDX-License-Identifier: MIT */
/**
 * @file machine.h
 * A simulated machine and the tasks that run on it.
 *
 * *invented*: there is no kernel object of this name. A machine is what a booted kernel is to its
 * processes: the one place that holds all simulated kernel state, the tasks (simulated threads,
 * each on a simulated CPU of its own), the RCU domain and the clock.
 *
 * All state of a machine is in its arena, see enum hs_arena_kind.
 *
 * Contracts: what a Context or a parameter demands is checked, by an assertion or an error that the
 * sentence names, or it says "not checked". Two things are checked nowhere: that a pointer is not
 * NULL unless it may be, and that an object belongs to the machine of the task. Every function that
 * may sleep asserts that its task is in no RCU read section or callback; the explore build, and a
 * debug build of the library, also that it holds no spinlock.
 *
 * Ownership: the caller of hs_machine_create() owns the machine and ends it with
 * hs_machine_destroy() when every task is detached. A forked child owns nothing: it detaches its
 * tasks and exits; the parent destroys the machine.
 *
 * The explore build (hmmsim::explore) has one machine at a time in a process, for the thread that
 * made it, in a region of its own that is not shared.
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

/** enum hs_arena_kind - where the state of a machine is */
enum hs_arena_kind {
	HS_ARENA_HEAP, /**< in the private allocator of the library; for threads of one process */
	/**
	 * In one range of addresses that is reserved at creation. With .shared set, children that
	 * are forked after hs_machine_create() can attach tasks of their own, and every lock, wait
	 * and grace period works across the processes.
	 */
	HS_ARENA_REGION,
};

/** enum hs_reuse - what happens to the address of a freed object */
enum hs_reuse {
	HS_REUSE_LIFO, /**< handed out again at once, while it is in the cache: for benchmarks */
	/**
	 * Never handed out again, so that a dangling pointer stays dangling. The region must be
	 * large enough for all allocations.
	 */
	HS_REUSE_NEVER,
};

/** Pages per section unless the config says otherwise, as log2: 128 MiB, as on x86-64. */
#define HS_SECTION_ORDER 15
/** Pages per subsection unless the config says otherwise, as log2: 2 MiB, as on x86-64. */
#define HS_SUBSECTION_ORDER 9

/** struct hs_machine_config - what hs_machine_create() makes; see hs_machine_config_init() */
struct hs_machine_config {
	enum hs_arena_kind kind; /**< default HS_ARENA_HEAP */
	bool shared;		 /**< region only: share it with processes that are forked later */
	enum hs_reuse reuse;	 /**< HS_REUSE_NEVER: region only; default HS_REUSE_LIFO */
	size_t size;	    /**< region only: bytes reserved, whole 4 KiB pages; default 64 MiB */
	uint64_t base;	    /**< region only: its address, 4 KiB aligned; default 0x7e9000000000 */
	uint32_t max_tasks; /**< tasks attached at a time, 1 to 62; default 32 */
	uint64_t seed;	    /**< of all random numbers of the machine; default 1 */
	uint64_t fail_at;   /**< the allocation with this index (from 1) fails; 0: none does */
	/** log2 of pages per section, at most 30; default HS_SECTION_ORDER */
	uint32_t section_order;
	/**
	 * log2 of pages per subsection, 0 to 6 less than .section_order; default
	 * HS_SUBSECTION_ORDER
	 */
	uint32_t subsection_order;
};

/** struct hs_leaks - what was left in a machine when it was destroyed */
struct hs_leaks {
	uint64_t objects; /**< of all kinds; pages and references below are included */
	/**
	 * For example "1 system page (pfn 0x1000 count 2), 1 percpu counter"; empty: none is left.
	 * Pages are named one by one as far as there is room for them.
	 */
	char text[504];
	uint64_t pages; /**< pages of system memory that were allocated and are not free again */
	/**
	 * References to device pages that had not been put when the memory of the pages was
	 * removed, and references to the zero page. No later put is possible.
	 */
	uint64_t page_refs;
	/** References to pgmaps that are left, but for those of their own (hs_pgmap_refs()). */
	uint64_t pgmap_refs;
};

/** struct hs_machine_info - figures of a machine, exact while no task runs */
struct hs_machine_info {
	uint64_t allocations;	/**< attempts so far, failed ones included */
	const char *failed_at;	/**< "file:line" of the one that .fail_at failed; NULL: none has */
	uint64_t objects;	/**< live objects of all kinds, without tasks */
	uint64_t bytes;		/**< that these objects requested */
	uint64_t image_bytes;	/**< region: bytes from its start to its highest object; heap: 0 */
	uint64_t grace_periods; /**< that have completed */
	uint64_t retry_spins;	/**< turns of loops that try again, those of detached tasks too */
	uint64_t ticks;		/**< model time: the machine's clock */
	uint32_t tasks;		/**< attached now */
	uint32_t dead_tasks;	/**< whose thread died before it detached them */
};

/**
 * hs_machine_config_init() - fill in the defaults
 * @param config  all fields are set; change them afterwards
 *
 * Context: any.
 */
HMMSIM_API void hs_machine_config_init(struct hs_machine_config *config);

/**
 * hs_machine_create() - make a machine
 * @param config  what to make; copied
 * @param out     the machine, on success; the caller's until hs_machine_destroy()
 *
 * Context: any thread; no task is needed.
 *
 * Return: 0, or
 * - -EINVAL: a field is out of range, or .shared or HS_REUSE_NEVER without HS_ARENA_REGION, or the
 *   region is too small for its tasks; explore build: .shared
 * - -EEXIST: the addresses of the region are in use
 * - -ENOMEM: no memory, or .fail_at has failed one of its own allocations
 * - -EBUSY: explore build: another machine exists
 */
HMMSIM_API int hs_machine_create(const struct hs_machine_config *config, struct hs_machine **out);

/**
 * hs_machine_destroy() - free a machine and everything in it
 * @param machine  unusable afterwards, unless the result is -EBUSY
 * @param left     what the caller or the model had leaked, by kind; may be NULL
 *
 * RCU callbacks that are pending run first, unless the machine is broken (see hs_guard()). System
 * memory, sections and struct pages are the machine's own; pages that are allocated are not, nor
 * are references that a page had when its memory was removed. Locks that dead tasks held are no
 * obstacle.
 *
 * Context: one thread (not checked); no task is attached. In shared regions: the process that
 * created it, which is asserted.
 *
 * Return: 0, or
 * - -EBUSY: tasks are attached; nothing was done
 * - -ENOTEMPTY: the machine is freed, but objects, pages or references were left in it
 */
HMMSIM_API int hs_machine_destroy(struct hs_machine *machine, struct hs_leaks *left);

/**
 * hs_machine_info() - read the figures of a machine
 * @param machine  the machine
 * @param info     all fields are set
 *
 * Also notices tasks whose thread has died.
 *
 * Context: any thread.
 */
HMMSIM_API void hs_machine_info(struct hs_machine *machine, struct hs_machine_info *info);

/**
 * hs_task_attach() - make the calling thread a task of a machine
 * @param machine  the machine
 * @param name     for messages; its first 15 bytes are copied
 * @param out      the task, on success; until hs_task_detach()
 *
 * Only this thread may use the task (not checked, because every access would pay for it). A thread
 * may hold tasks of several machines.
 *
 * Context: any thread. Explore build: outside an execution.
 *
 * Return: 0, or
 * - -EAGAIN: .max_tasks tasks are attached; explore build: or 30
 * - -ENOSYS: this process may not use membarrier(2), while the creator of the machine could
 * - -EBUSY: explore build: a scenario is running
 */
HMMSIM_API int hs_task_attach(struct hs_machine *machine, const char *name, struct hs_task **out);

/**
 * hs_task_detach() - end a task
 * @param self  the calling task; unusable afterwards, unless the result is -EBUSY
 *
 * Context: asserts that it is the thread that attached it, and that no scenario made the task.
 *
 * Return: 0, or
 * - -EBUSY: the task holds a lock or is in an RCU read section; nothing was done
 */
HMMSIM_API int hs_task_detach(struct hs_task *self);

/**
 * hs_task_machine() - the machine of a task
 * @param self  the task
 *
 * Context: any.
 *
 * Return: the machine.
 */
HMMSIM_API struct hs_machine *hs_task_machine(struct hs_task *self);

/**
 * hs_task_current() - the task that the calling thread attached last
 *
 * For entry points that get no task, as in linux.h. Everything else passes the task on.
 *
 * Context: any.
 *
 * Return: the task; NULL: the thread has none, or has detached it. In the set-up and the check of a
 * scenario the boot task. Explore build: the task that runs.
 */
HMMSIM_API struct hs_task *hs_task_current(void);

/**
 * hs_guard() - run a function that may have to give up a wait
 * @param self  the calling task
 * @param fn    called once, with @p self and @p arg
 * @param arg   passed on
 *
 * If the thread of a task dies while the task holds a lock or runs an RCU callback, the machine is
 * broken, as a kernel is after an oops under a lock: a task that waits for that lock would wait for
 * ever. Inside a guard such a wait leaves @p fn by longjmp(); outside it aborts the process. Guards
 * nest; the outermost returns. After -EOWNERDEAD from it the task counts as holding nothing, and
 * can only be detached. The locks that it held stay taken; tasks that wait for them leave in the
 * same way. In the explore build no thread dies, and the guard only calls @p fn.
 *
 * Context: the thread of the task (not checked); otherwise that of @p fn.
 *
 * Return: the result of @p fn, or
 * - -EOWNERDEAD: the machine is broken; if it was broken before the call, @p fn was not called, and
 *   the task still holds what it held
 */
HMMSIM_API int hs_guard(struct hs_task *self, int (*fn)(struct hs_task *self, void *arg),
			void *arg);

#ifdef __cplusplus
}
#endif

#endif
