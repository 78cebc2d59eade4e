/* SPDX-License-Identifier: MIT */
/*
 * fault.h - the fault handler, and things that make a fault wait
 *
 * hs_handle_mm_fault	reduced: handle_mm_fault() (v6.12, mm/memory.c): anonymous memory, zero page,
 *			copy-on-write and reuse, swap, NUMA prot-none, hwpoison, migration, device-exclusive
 *			and device-private entries, DAX files, device-dax, P2PDMA. No THP, no hugetlb
 *			(SIGBUS), no page cache
 * hs_gate		invented: what userfaultfd, a slow disk or a waiting driver do to a fault
 *
 * What maps what, with the flags that an entry gets:
 *
 *	VMA		read				write
 *	anonymous	zero page, read-only		a new page, writable
 *	present		nothing to do			copy (notified, event CLEAR) or, if the page is
 *							this entry's alone, writable in place
 *	DAX, shared	devmap, writable if a block	block allocated, zero page replaced everywhere
 *			is there and the VMA is; hole:	(notified), devmap, writable
 *			zero page (special: ERROR bit
 *			clear, type ZERO)
 *	DAX, private	as shared, read-only		a copy in system memory
 *	device-dax	devmap, writable if the VMA is	same
 *	P2PDMA		present, writable if the VMA is	same
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

/* struct vm_fault: what migrate_to_ram() is told. */
struct hs_vm_fault {
	struct hs_mm *mm;
	const struct hs_vma *vma;
	uint64_t addr;
	uint32_t flags;	      /* HS_FAULT_* */
	uint64_t entry;	      /* that the fault is about */
	struct hs_page *page; /* device-private: the page, with a reference of the handler's */
};

/*
 * The handler: an mm has it from the start. Called with the mmap lock held for read. Results:
 *
 *	0			look again
 *	HS_VM_FAULT_OOM		no page, no table
 *	HS_VM_FAULT_SIGBUS	beyond the file, a dead device, device memory that cannot be reached,
 *				a leaf that does not fit
 *	HS_VM_FAULT_SIGSEGV	no VMA, access that the VMA does not allow (a missing READ, a write
 *				without WRITE to anything but a VMA that may copy)
 *	HS_VM_FAULT_HWPOISON	the page is poisoned
 *	HS_VM_FAULT_RETRY	only with ALLOW_RETRY: it would have had to wait at a gate; it has waited
 *				without the mmap lock, and the lock is dropped
 */
HMMSIM_API uint32_t hs_handle_mm_fault(struct hs_task *self, struct hs_mm *mm,
				       const struct hs_vma *vma, uint64_t addr, uint32_t flags,
				       void *arg);
HMMSIM_API extern const struct hs_fault_ops hs_mm_fault_ops;

/*
 * invented: a load or store by a CPU: takes the mmap lock for read, and faults until the entry allows
 * it. 0 with the pfn; otherwise the HS_VM_FAULT_ERROR bits of the signal.
 */
HMMSIM_API uint32_t hs_cpu_access(struct hs_task *self, struct hs_mm *mm, uint64_t addr, bool write,
				  uint64_t *pfn);

/*
 * What a driver's migrate_to_ram() comes to: a system page with the contents of vmf->page takes its
 * place (event MIGRATE, with the pgmap's owner), and the device page loses the entry's reference. 0,
 * also if somebody else was faster; HS_VM_FAULT_OOM.
 */
HMMSIM_API uint32_t hs_migrate_to_ram(struct hs_task *self, struct hs_vm_fault *vmf);

/* ---- gates ------------------------------------------------------------------------------- */

/* A closed gate holds every fault in the VMAs that it is set on. It is opened once, for good. */
HMMSIM_API int hs_gate_create(struct hs_task *self, struct hs_gate **out);
/* No VMA may have it. */
HMMSIM_API void hs_gate_destroy(struct hs_task *self, struct hs_gate *gate);
HMMSIM_API void hs_gate_open(struct hs_task *self, struct hs_gate *gate);
/*
 * From now on open when @step of @pgmap's removal is complete, and not before. Set at a quiet moment.
 * Faults look at the pgmap: it is freed when none stands before the gate and no VMA has it.
 */
HMMSIM_API void hs_gate_follow(struct hs_gate *gate, struct hs_pgmap *pgmap,
			       enum hs_pgmap_step step);
/* Faults that stand before it. */
HMMSIM_API uint32_t hs_gate_waiters(struct hs_task *self, struct hs_gate *gate);
/* Takes the mmap lock for write, cuts VMAs at the borders. NULL: none. -EINVAL, -ENOMEM as mprotect. */
HMMSIM_API int hs_vma_set_gate(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
			       struct hs_gate *gate);

#ifdef __cplusplus
}
#endif

#endif
