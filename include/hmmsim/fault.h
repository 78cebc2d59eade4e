/* SPDX-License-Identifier: MIT */
/**
 * @file fault.h
 * The fault handler, and gates, which make a fault wait.
 *
 * @code{.unparsed}
 * hs_handle_mm_fault  reduced: handle_mm_fault() (v6.12, mm/memory.c): anonymous memory, zero page,
 *                     copy-on-write and reuse, swap, NUMA prot-none, hwpoison, migration,
 *                     device-exclusive and device-private entries, DAX files, device-dax, P2PDMA.
 *                     No THP, no hugetlb (SIGBUS), no page cache
 * hs_gate             invented: what userfaultfd, a slow disk or a waiting driver do to a fault
 * @endcode
 *
 * What a fault maps, and with which flags:
 *
 * @code{.unparsed}
 * VMA           read                              write
 * anonymous     zero page, read-only              a new page, writable
 * present       nothing to do                     a copy (notified, event CLEAR), or, if the page
 *                                                 belongs to this entry alone, writable in place
 * DAX, shared   a block: devmap, writable if the  a block is allocated, the zero page is replaced
 *               VMA is; a hole: zero page (type   everywhere (notified); devmap, writable
 *               ZERO, not ERROR)
 * DAX, private  as shared, read-only              a copy in system memory
 * device-dax    devmap, writable if the VMA is    same
 * P2PDMA        present, writable if the VMA is   same
 * @endcode
 */
#ifndef HMMSIM_FAULT_H
#define HMMSIM_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>
#include <hmmsim/mm.h>
#include <hmmsim/pgmap.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct hs_vm_fault - what migrate_to_ram() of a pgmap is told; struct vm_fault */
struct hs_vm_fault {
	struct hs_mm *mm;	  /**< the address space */
	const struct hs_vma *vma; /**< the VMA of the fault */
	uint64_t addr;		  /**< its address, page aligned */
	uint32_t flags;		  /**< HS_FAULT_* */
	uint64_t entry;		  /**< the device-private entry that the fault has seen */
	struct hs_page *page;	  /**< its page; the fault handler holds a reference, and the page
				   * lock if hs_mm_private_fault_locks() */
};

/**
 * enum hs_private_fault - what a fault on device-private memory takes of the page before it calls
 * migrate_to_ram()
 *
 * The lock is released when migrate_to_ram() has returned, which therefore neither takes nor
 * releases it.
 */
enum hs_private_fault {
	HS_PRIVATE_FAULT_REFERENCE, /**< a reference: do_swap_page() of v6.1 to v6.14 */
	/** A reference and the page lock if it is free; if not, the fault returns 0 without either,
	 * so that it comes again at once: 1afaeb8293c9 (v6.15). In the explorer it comes again when
	 * what it has read has changed. */
	HS_PRIVATE_FAULT_TRYLOCK,
	/** The same; if the lock is not free, the fault waits until it is released, without a
	 * reference, and returns 0: the fix of CVE-2026-43404. */
	HS_PRIVATE_FAULT_WAIT,
};

/** enum hs_migration_wait - how a fault or a walker waits for the end of a migration */
enum hs_migration_wait {
	HS_MIGRATION_WAIT_ENTRY, /**< until the entry is another one; takes no reference */
	/** With a reference to the page, until its lock is released: migration_entry_wait() before
	 * fe60a0d41d25 (v5.17). An entry that was made by hand and names no struct page, and one
	 * above level 0, is waited for as with ENTRY. */
	HS_MIGRATION_WAIT_REFERENCE,
};

/**
 * hs_mm_set_private_fault() - choose what faults on device-private memory take of the page
 * @param mm    the mm
 * @param kind  what they take (asserted to be a value of the enum); a new mm has REFERENCE
 *
 * Context: no other task uses the mm (not checked).
 */
HMMSIM_API void hs_mm_set_private_fault(struct hs_mm *mm, enum hs_private_fault kind);

/**
 * hs_mm_private_fault_locks() - whether migrate_to_ram() is called with the page locked
 * @param mm  the mm
 *
 * Models no function: in the kernel it depends on the version alone. What migrates vmf->page and
 * asks neither locks nor unlocks that page where this is true.
 *
 * Context: any.
 *
 * Return: false with HS_PRIVATE_FAULT_REFERENCE, true otherwise.
 */
HMMSIM_API bool hs_mm_private_fault_locks(const struct hs_mm *mm);

/**
 * hs_mm_set_migration_wait() - choose how the end of a migration is waited for
 * @param mm    the mm
 * @param kind  how (asserted to be a value of the enum); a new mm has ENTRY
 *
 * With REFERENCE a wait is over when the page is unlocked, whatever the entry is then, and at once
 * where the migration has not locked the page, as hs_migration_start() has not: the fault is
 * repeated.
 *
 * Context: no other task uses the mm (not checked).
 */
HMMSIM_API void hs_mm_set_migration_wait(struct hs_mm *mm, enum hs_migration_wait kind);

/**
 * hs_handle_mm_fault() - handle a fault
 * @param self   the calling task
 * @param mm     the address space
 * @param vma    the VMA that contains @p addr (asserted); NULL: none
 * @param addr   a byte
 * @param flags  HS_FAULT_*
 * @param arg    not used; for struct hs_fault_ops
 *
 * Changes at most one entry of the mm, and takes away the entries that map the zero page where a
 * block is allocated. An mm calls it until hs_mm_set_fault_ops() chooses another handler.
 *
 * An entry that counts (HS_ENTRY_COUNTED) keeps its page: asserts that the struct page is there. So
 * do blocks of a mapping whose pgmap has struct pages.
 *
 * Context: the mmap lock is held for read (asserted); may sleep.
 *
 * Return: 0: look again; or
 * - HS_VM_FAULT_OOM: no memory for a page or a table
 * - HS_VM_FAULT_SIGBUS: a VMA of hugetlb, I/O or pfns; beyond the file or device; a disabled
 *   mapping; no free block or P2PDMA page; memory that never had a struct page; a device-private
 *   page without migrate_to_ram(); a leaf that does not fit; a BAD entry
 * - HS_VM_FAULT_SIGSEGV: no VMA, or access that it does not allow: a missing READ; a write without
 *   WRITE, except in a private VMA with MAYWRITE
 * - HS_VM_FAULT_HWPOISON: the page has failed, or a poison marker
 * - HS_VM_FAULT_RETRY: only with ALLOW_RETRY: it had to wait at a gate. It has dropped the mmap
 *   lock and waited without it
 * - what migrate_to_ram() of the pgmap returned
 */
HMMSIM_API uint32_t hs_handle_mm_fault(struct hs_task *self, struct hs_mm *mm,
				       const struct hs_vma *vma, uint64_t addr, uint32_t flags,
				       void *arg);

/** The handler that every mm begins with: hs_handle_mm_fault(), and waits for migrations. */
HMMSIM_API extern const struct hs_fault_ops hs_mm_fault_ops;

/**
 * hs_cpu_access() - a load or store by a CPU
 * @param self   the calling task
 * @param mm     the address space
 * @param addr   a byte
 * @param write  a store
 * @param pfn    where the access went, on success; may be NULL
 *
 * *invented*. Faults until the entry allows the access. Asserts that the memory of an entry that
 * counts is there.
 *
 * Context: no lock held; takes the mmap lock for read, may sleep.
 *
 * Return: 0; or the bits of HS_VM_FAULT_ERROR that the fault returned, HS_VM_FAULT_SIGSEGV where
 * the VMA does not allow the access.
 */
HMMSIM_API uint32_t hs_cpu_access(struct hs_task *self, struct hs_mm *mm, uint64_t addr, bool write,
				  uint64_t *pfn);

/**
 * hs_cpu_read() - a load by a CPU, with what it finds
 * @param self   the calling task
 * @param mm     the address space
 * @param addr   a byte
 * @param value  the contents of the page (hs_page_contents()), on success; of the zero page 0
 *
 * hs_cpu_access(), and the load. A task that takes the entry away waits for it, as it would for the
 * TLBs: so a load that comes to its end finds what was there before, never what the page holds
 * when it is free.
 *
 * Context: no lock held; takes the mmap lock for read, may sleep.
 *
 * Return: as hs_cpu_access(); HS_VM_FAULT_SIGBUS where an entry that was made by hand maps a pfn
 * without struct page.
 */
HMMSIM_API uint32_t hs_cpu_read(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				uint64_t *value);

/**
 * hs_cpu_write() - a store by a CPU, with what it writes
 * @param self   the calling task
 * @param mm     the address space
 * @param addr   a byte
 * @param value  the new contents of the page
 *
 * As hs_cpu_read(): the store reaches the page while the entry allows it, or faults.
 *
 * Context: no lock held; takes the mmap lock for read, may sleep.
 *
 * Return: as hs_cpu_read().
 */
HMMSIM_API uint32_t hs_cpu_write(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
				 uint64_t value);

/**
 * hs_migrate_to_ram() - what a driver's migrate_to_ram() does
 * @param self  the calling task
 * @param vmf   what migrate_to_ram() was told
 *
 * A system page with the contents of vmf->page takes its place (event MIGRATE, with the pgmap's
 * owner), and the device page loses the entry's reference. *reduced*: it does not look whether
 * other tasks hold the page. The kernel's drivers call migrate_vma_setup() with .fault_page, as can
 * be done here (migrate.h).
 *
 * Context: in migrate_to_ram(), with the mmap lock held for read (asserted); may sleep.
 *
 * Return: 0, also if another task has changed the entry first; or
 * - HS_VM_FAULT_OOM: no memory
 */
HMMSIM_API uint32_t hs_migrate_to_ram(struct hs_task *self, struct hs_vm_fault *vmf);

/* ---- gates ------------------------------------------------------------------------------- */

/**
 * hs_gate_create() - make a gate, closed
 * @param self  the calling task
 * @param out   the gate, on success; the caller's until hs_gate_destroy()
 *
 * A closed gate holds every fault in the VMAs that it is set on. Once open it stays open.
 *
 * Context: any.
 *
 * Return: 0, or
 * - -ENOMEM: no memory
 */
HMMSIM_API int hs_gate_create(struct hs_task *self, struct hs_gate **out);

/**
 * hs_gate_destroy() - free a gate
 * @param self  the calling task
 * @param gate  the gate. Asserts that no VMA has it and no fault waits at it
 *
 * Context: no other task uses the gate; does not sleep.
 */
HMMSIM_API void hs_gate_destroy(struct hs_task *self, struct hs_gate *gate);

/**
 * hs_gate_open() - open a gate for good
 * @param self  the calling task
 * @param gate  the gate; asserts that it does not follow a pgmap
 *
 * Context: any.
 */
HMMSIM_API void hs_gate_open(struct hs_task *self, struct hs_gate *gate);

/**
 * hs_gate_follow() - let a gate open when a step of a removal is complete
 * @param gate   the gate
 * @param pgmap  whose removal it follows, asserted not to be NULL; freed when no fault waits at the
 *               gate and no VMA has it
 * @param step   from its completion on the gate is open, and not before; asserts that there is such
 *               a step
 *
 * Context: no VMA has the gate, or no fault runs there: asserts that none waits at the gate.
 */
HMMSIM_API void hs_gate_follow(struct hs_gate *gate, struct hs_pgmap *pgmap,
			       enum hs_pgmap_step step);

/**
 * hs_gate_waiters() - how many faults wait at a gate
 * @param self  the calling task
 * @param gate  the gate
 *
 * Context: any.
 *
 * Return: their number.
 */
HMMSIM_API uint32_t hs_gate_waiters(struct hs_task *self, struct hs_gate *gate);

/**
 * hs_vma_set_gate() - set a gate on the VMAs of a range
 * @param self   the calling task
 * @param mm     the address space
 * @param start  first byte
 * @param end    end, exclusive
 * @param gate   the gate, which stays as long as a VMA has it; NULL: none
 *
 * Cuts VMAs at the borders.
 *
 * Context: no lock held; takes the mmap lock for write, may sleep.
 *
 * Return: 0, or, with nothing changed,
 * - -EINVAL: not page aligned, empty, or beyond the geometry; or a VMA of device-dax would be cut
 *   inside a leaf
 * - -ENOMEM: there is a gap, or no memory
 */
HMMSIM_API int hs_vma_set_gate(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
			       struct hs_gate *gate);

#ifdef __cplusplus
}
#endif

#endif
