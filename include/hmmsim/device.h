/* SPDX-License-Identifier: MIT */
/**
 * @file device.h
 * Devices: drivers above hmm_range_fault(), each after one of the kernel's, as it is in its year.
 *
 * Each has a page table of one word a page for a window of an address space, the driver lock that
 * protects it, and a handler of the faults of the device, which tasks run: hs_device_populate().
 * Callbacks of notifiers take away what the CPU's page table loses. The drivers differ in what
 * src/device/README.md says of each, with what is same, reduced and invented:
 *
 * @code{.unparsed}
 * model          stands for                             what protects a page that it touches
 * dmirror        the pattern of hmm.rst, test_hmm.c      lock, then the sequence
 * test-hmm       test_hmm.c, v6.12, as it is             lock, then the sequence, but for moves
 * nouveau-2019   nouveau_svm.c, nouveau_dmem.c, v5.3    lock, then the flag range->valid
 * nouveau        nouveau_svm.c, v6.12                   lock, then the sequence
 * amdgpu-2019    amdgpu_ttm.c, amdgpu_mn.c, v5.3        nothing: DMA mappings come before the lock
 * amdgpu         kfd_svm.c, v6.12                       nothing: DMA mappings come before the lock
 * odp            umem_odp.c, v6.12                      lock, then the sequence
 * p2pdma         a user of pages that are pinned        the pin: no notifier
 * @endcode
 *
 * Some of them are not sound. hs_device_config::corrections makes the smallest changes of the
 * driver after which they are: for verdicts of both.
 */
#ifndef HMMSIM_DEVICE_H
#define HMMSIM_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/fault.h>
#include <hmmsim/machine.h>
#include <hmmsim/mm.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hs_device;

/** enum hs_device_model - which driver */
enum hs_device_model {
	HS_DEVICE_DMIRROR,	/**< the mirror, sound */
	HS_DEVICE_TEST_HMM,	/**< the mirror, as lib/test_hmm.c of v6.12 has it */
	HS_DEVICE_NOUVEAU_2019, /**< nouveau of v5.3 */
	HS_DEVICE_NOUVEAU,	/**< nouveau of v6.12 */
	HS_DEVICE_AMDGPU_2019,	/**< userptr of amdgpu, v5.3 */
	HS_DEVICE_AMDGPU,	/**< SVM of amdgpu, v6.12 */
	HS_DEVICE_ODP,		/**< on-demand paging of RDMA, v6.12 */
	HS_DEVICE_P2PDMA,	/**< pages pinned, and mapped outside the lock */
	HS_DEVICE_MODEL_COUNT
};

/** enum hs_correction - a change of a driver that makes it sound, or is a part of that; bits */
enum hs_correction {
	/** A number that the callback counts up under the lock, in addition to range->valid. */
	HS_CORRECT_SEQUENCE = 1,
	/** A range whose wait has timed out is unregistered, too. */
	HS_CORRECT_UNREGISTER = 2,
	/** DMA mappings are made under the lock, after the check. */
	HS_CORRECT_MAP_LOCKED = 4,
	/** A private page that the walk hands out is known as the device's own. */
	HS_CORRECT_OWN_PAGES = 8,
	/** The callback does not skip the migrations of the device's own. */
	HS_CORRECT_OWN_EVENTS = 16,
	/** After a migration to the device the words come from a walk. */
	HS_CORRECT_MIGRATE_WALK = 32,
	/** The sequence is checked before the word of an exclusive page is written. */
	HS_CORRECT_EXCLUSIVE_CHECK = 64,
	/** An eviction goes on until no page is left on the device. */
	HS_CORRECT_EVICT_ALL = 128
};
/** How many corrections there are. */
#define HS_CORRECTION_COUNT 8

/** struct hs_device_config - what a device is made of; see hs_device_config_init() */
struct hs_device_config {
	enum hs_device_model model; /**< which driver */
	struct hs_mm *mm;	    /**< the address space; its struct is held */
	uint64_t start;		    /**< first byte of the window, page aligned */
	uint64_t end;		    /**< its end, exclusive, page aligned */
	/**
	 * Whose device-private pages the driver takes, and whose MIGRATE and EXCLUSIVE
	 * invalidations its callback skips, as far as that driver does; several devices of one
	 * owner are a cluster. Default NULL: none. ODP and P2PDMA ignore it.
	 */
	const void *owner;
	/** HS_CORRECT_* bits, of those that the model has; default 0. */
	uint32_t corrections;
	/** Strategy of the walks of models of 2019, which v5.3 has per-table, the default; of
	 * others #HS_STRATEGY_NONE. Not custom. */
	enum hs_strategy strategy;
	/** Most turns of one populate; default 0: no bound. */
	uint32_t tries;
	/** Struct pages are dereferenced where the driver does so; default true. */
	bool touch;
	/**
	 * Memory of the device's own, of a dmirror or test-hmm: of type PRIVATE or COHERENT, with
	 * references of 6.1 or later, of the same owner, and of no other device. It outlives the
	 * device, and its migrate_to_ram() calls hs_device_to_ram(). Default NULL: none.
	 */
	struct hs_pgmap *memory;
};

/** enum hs_device_prot - what a snapshot says of a page; bits, 0: nothing is mapped */
enum hs_device_prot {
	HS_DEVICE_PROT_READ = 1,    /**< it is mapped */
	HS_DEVICE_PROT_WRITE = 2,   /**< and writable */
	HS_DEVICE_PROT_HUGE = 4,    /**< by an entry above level 0 */
	HS_DEVICE_PROT_ZERO = 8,    /**< it is the zero page */
	HS_DEVICE_PROT_LOCAL = 16,  /**< private or coherent memory of the device's owner */
	HS_DEVICE_PROT_REMOTE = 32, /**< the same of another owner */
	HS_DEVICE_PROT_ERROR = 64   /**< it cannot be mapped */
};

/** struct hs_device_stats - what a device has done */
struct hs_device_stats {
	uint64_t populates;	/**< that succeeded */
	uint64_t retries;	/**< turns that met a change, or timed out, and wrote nothing */
	uint64_t timeouts;	/**< of them: v5.3, the range did not become valid in time */
	uint64_t invalidations; /**< callbacks that took the lock */
	uint64_t refusals;	/**< callbacks that might not sleep, and refused */
	uint64_t foreign;	/**< device-private pages of others that were turned down */
};

/**
 * hs_device_model_name() - the name of a model, as texts spell it
 * @param model  which
 *
 * Context: any.
 *
 * Return: "nouveau-2019" and so on; "?" for another value.
 */
HMMSIM_API const char *hs_device_model_name(enum hs_device_model model);

/**
 * hs_device_corrections() - the corrections that a model has
 * @param model  which
 *
 * Context: any.
 *
 * Return: HS_CORRECT_* bits; all of them together make it sound. 0: it needs none, or there is no
 * such model.
 */
HMMSIM_API uint32_t hs_device_corrections(enum hs_device_model model);

/**
 * hs_correction_name() - the name of a correction, as texts spell it
 * @param correction  one bit
 *
 * Context: any.
 *
 * Return: "sequence", "map-locked" and so on; "?" for another value.
 */
HMMSIM_API const char *hs_correction_name(enum hs_correction correction);

/**
 * hs_device_config_init() - set every field of a config
 * @param config  set as a whole, whatever it was
 * @param model   which driver
 * @param mm      the address space
 * @param start   first byte of the window, page aligned
 * @param end     its end, exclusive, page aligned
 *
 * Context: any.
 */
HMMSIM_API void hs_device_config_init(struct hs_device_config *config, enum hs_device_model model,
				      struct hs_mm *mm, uint64_t start, uint64_t end);

/**
 * hs_device_create() - make a device, and subscribe it as its driver does
 * @param self    the calling task, the one that the thread attached last (asserted)
 * @param config  what to make; copied
 * @param out     the device, on success; the caller's until hs_device_destroy()
 *
 * It maps nothing at first. It holds the struct of the address space, and is no user of it.
 *
 * Context: no lock held; may sleep.
 *
 * Return: 0, or
 * - -EINVAL: no mm; the window is empty, misaligned or beyond the geometry; no such model; a
 *   correction, a strategy or memory that it does not have; or the address space has ended
 * - -ENOMEM: no memory
 */
HMMSIM_API int hs_device_create(struct hs_task *self, const struct hs_device_config *config,
				struct hs_device **out);

/**
 * hs_device_destroy() - end the subscriptions and free a device
 * @param self  as of hs_device_create()
 * @param dev   freed; no other function of it may be under way
 *
 * Waits for callbacks that run. Pages that it has pinned are put. A dmirror evicts its memory
 * (hs_device_evict()), and unmaps what it has mapped for DMA; asserts that these pages are live and
 * not free, and that no mapping is left.
 *
 * Context: no lock held; may sleep.
 */
HMMSIM_API void hs_device_destroy(struct hs_task *self, struct hs_device *dev);

/**
 * hs_device_populate() - the device faults on a part of its window, and its driver handles that
 * @param self   as of hs_device_create()
 * @param dev    the device; several tasks may populate at once
 * @param start  first byte, page aligned
 * @param end    end, exclusive, page aligned
 * @param write  whether the device wants to write: missing pages are faulted in for writing
 *
 * Faults in what is missing and writes the words of all pages in [start, end). While the driver
 * says -EBUSY or -EAGAIN the device faults again. Pages without an answer, and device-private ones
 * of others, become words that map nothing. Without success words that were there are gone or as
 * they were.
 *
 * Context: no lock held; may sleep.
 *
 * Return: 0, or
 * - -EINVAL: empty, misaligned, or outside the window
 * - -ENODEV: hs_device_stop() was called
 * - -ENOMEM: no memory for the job; amdgpu-2019: or an answer without a page
 * - -EFAULT: see hs_range_fault(); the address space has ended; or a page that was to be pinned
 *   cannot be
 * - -EPERM: see hs_range_fault()
 * - -EBUSY: each of hs_device_config::tries turns met a change
 */
HMMSIM_API int hs_device_populate(struct hs_task *self, struct hs_device *dev, uint64_t start,
				  uint64_t end, bool write);

/**
 * hs_device_stop() - the fence: the driver handles no faults from now on
 * @param self  as of hs_device_create()
 * @param dev   the device
 *
 * As a driver does before its own memory goes: faults are blocked, and those under way are waited
 * for. A driver that pins pages takes away what it has mapped, and puts them; of others words stay
 * as they are, because invalidations find them. May be called again.
 *
 * Context: no lock held, not in hs_device_populate(); may sleep.
 */
HMMSIM_API void hs_device_stop(struct hs_task *self, struct hs_device *dev);

/**
 * hs_device_entry() - what the device has for an address
 * @param self  as of hs_device_create()
 * @param dev   the device
 * @param addr  a byte
 *
 * Context: takes the driver lock; may sleep.
 *
 * Return: #HS_PFN_VALID, #HS_PFN_WRITE if it may write, and the pfn; 0: nothing is mapped, or the
 * address is outside the window.
 */
HMMSIM_API uint64_t hs_device_entry(struct hs_task *self, struct hs_device *dev, uint64_t addr);

/**
 * hs_device_access() - the device reads or writes a page that it maps
 * @param self   as of hs_device_create()
 * @param dev    the device
 * @param addr   a byte
 * @param write  whether it writes
 *
 * Touches the page under the driver lock, which stands for what keeps a word while the device uses
 * it; asserts that the page is live, if hs_device_config::touch says so.
 *
 * Context: takes the driver lock; may sleep.
 *
 * Return: true if it did; false: no word allows it, or the address is outside the window.
 */
HMMSIM_API bool hs_device_access(struct hs_task *self, struct hs_device *dev, uint64_t addr,
				 bool write);

/**
 * hs_device_read() - the device loads what a page holds
 * @param self   as of hs_device_create()
 * @param dev    the device
 * @param addr   a byte
 * @param value  what the page holds (hs_dma_contents()), on success
 *
 * Through its page table, under the driver lock; where no word allows the load, the device faults
 * (hs_device_populate()) and tries again. If hs_device_config::touch says so, asserts that the page
 * is live and not free.
 *
 * Context: no lock held; may sleep.
 *
 * Return: 0; -EINVAL: the address is outside the window; -EFAULT, where pages are not judged: the
 * page has no struct, or is gone; or as hs_device_populate()
 */
HMMSIM_API int hs_device_read(struct hs_task *self, struct hs_device *dev, uint64_t addr,
			      uint64_t *value);

/**
 * hs_device_write() - the device stores to a page
 * @param self   as of hs_device_create()
 * @param dev    the device
 * @param addr   a byte
 * @param value  what the page holds then
 *
 * As hs_device_read(), through a word that may be written.
 *
 * Context: no lock held; may sleep.
 *
 * Return: as hs_device_read().
 */
HMMSIM_API int hs_device_write(struct hs_task *self, struct hs_device *dev, uint64_t addr,
			       uint64_t value);

/**
 * hs_device_exclusive() - the device takes pages for itself, so that it may do atomics
 * @param self   as of hs_device_create()
 * @param dev    the device; a dmirror or test-hmm
 * @param start  first byte, page aligned
 * @param end    end, exclusive, page aligned
 *
 * Page by page, each faulted in for writing: hs_make_exclusive_locked(), and a word that allows
 * hs_device_add() until a CPU or another device reaches for the page.
 *
 * Context: no lock held; may sleep.
 *
 * Return: 0; -EOPNOTSUPP: another model; -EINVAL: or the VMA is shared; or as hs_device_populate(),
 * with -EFAULT in place of -EPERM
 */
HMMSIM_API int hs_device_exclusive(struct hs_task *self, struct hs_device *dev, uint64_t start,
				   uint64_t end);

/**
 * hs_device_add() - the device adds to what a page holds, in one
 * @param self   as of hs_device_create()
 * @param dev    the device; a dmirror or test-hmm
 * @param addr   a byte
 * @param value  what it adds
 *
 * As hs_device_write(), through a word of hs_device_exclusive(), which is called on a miss.
 *
 * Context: no lock held; may sleep.
 *
 * Return: as hs_device_read(), with the errors of hs_device_exclusive().
 */
HMMSIM_API int hs_device_add(struct hs_task *self, struct hs_device *dev, uint64_t addr,
			     uint64_t value);

/**
 * hs_device_migrate() - pages move to the memory of the device, or back
 * @param self       as of hs_device_create()
 * @param dev        the device, with hs_device_config::memory
 * @param start      first byte, page aligned
 * @param end        end, exclusive, page aligned
 * @param to_device  whether they move there
 *
 * Page by page, as <hmmsim/migrate.h> says. What does not move stays where it is: pages that are
 * locked or held, and where no page is free. Where nothing was, a page of the device is mapped. Of
 * what is on the device then its words are written.
 *
 * Context: no lock held; may sleep.
 *
 * Return: 0; -EOPNOTSUPP: it has no memory of its own; -EFAULT: no VMA; -EINVAL: or a VMA from
 * which no page moves; or as hs_device_populate()
 */
HMMSIM_API int hs_device_migrate(struct hs_task *self, struct hs_device *dev, uint64_t start,
				 uint64_t end, bool to_device);

/**
 * hs_device_evict() - all pages of the device's memory move back to system memory
 * @param self  as of hs_device_create()
 * @param dev   the device; without memory nothing happens
 *
 * A dmirror goes on until it has seen that none is allocated, waits for tasks that lock or hold
 * one, and for memory. So what is migrated to the device meanwhile is to be stopped first.
 *
 * Context: no lock held; may sleep.
 */
HMMSIM_API void hs_device_evict(struct hs_task *self, struct hs_device *dev);

/**
 * hs_device_to_ram() - migrate_to_ram() of the device's memory
 * @param self  as of hs_device_create()
 * @param dev   the device whose memory it is; asserts that it is not freed
 * @param vmf   what the fault says
 *
 * For hs_pgmap_ops::migrate_to_ram of the pgmap, which finds the device.
 *
 * Context: as there: the mmap lock is held; may sleep.
 *
 * Return: 0, also where another task moves the page; HS_VM_FAULT_OOM: no memory;
 * HS_VM_FAULT_SIGBUS: it cannot be migrated.
 */
HMMSIM_API uint32_t hs_device_to_ram(struct hs_task *self, struct hs_device *dev,
				     struct hs_vm_fault *vmf);

/**
 * hs_device_snapshot() - how the address space maps pages, without a fault
 * @param self   as of hs_device_create()
 * @param dev    the device; a dmirror or test-hmm
 * @param start  first byte, page aligned
 * @param end    end, exclusive, page aligned
 * @param prot   the caller's memory, one a page: #hs_device_prot bits, on success
 *
 * All of them at one moment, at which the driver lock is held. Words stay as they are.
 *
 * Context: no lock held; may sleep.
 *
 * Return: 0; -EOPNOTSUPP: another model; or as hs_device_populate()
 */
HMMSIM_API int hs_device_snapshot(struct hs_task *self, struct hs_device *dev, uint64_t start,
				  uint64_t end, uint32_t *prot);

/**
 * hs_device_maps() - count the pages whose words, or DMA mappings, are of pfns of a span
 * @param dev    the device
 * @param start  first pfn
 * @param end    end pfn, exclusive
 *
 * When the memory of these pfns is removed, there must be none.
 *
 * Context: takes no lock and is no step of the explorer: for moments when no task changes the
 * device (not checked).
 *
 * Return: how many.
 */
HMMSIM_API uint64_t hs_device_maps(const struct hs_device *dev, uint64_t start, uint64_t end);

/**
 * hs_device_stats() - what the device has done so far
 * @param self   as of hs_device_create()
 * @param dev    the device
 * @param stats  set as a whole
 *
 * Context: takes the driver lock; may sleep.
 */
HMMSIM_API void hs_device_stats(struct hs_task *self, struct hs_device *dev,
				struct hs_device_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
