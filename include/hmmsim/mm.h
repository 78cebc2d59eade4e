/* SPDX-License-Identifier: MIT */
/*
 * mm.h - address spaces: geometry, page tables, VMAs, and how faults get in
 *
 * Addresses are bytes, pfns count 4 KiB pages, ranges are [start, end). Everything lives in the
 * arena of one machine. Errors: -EINVAL (alignment, order, overlap, level), -ENOMEM, -EEXIST, -ENXIO,
 * -EAGAIN, -EACCES.
 *
 * Locking: hs_mm_lock_read/write() stand for the mmap lock. VMAs change under the write lock;
 * a walker holds the read lock. Entries change at any time: walkers read them racily, as the
 * kernel's do. Whoever takes an entry away tells the notifiers first.
 *
 * hs_mm	reduced: mm_struct (v6.12, include/linux/mm_types.h): no rss, no per-VMA locks, one page
 *		table lock
 * hs_vma	reduced: vm_area_struct: range, flags, and the mapping behind it (mapping.h)
 * hs_mmap ..	reduced: do_mmap() at a fixed address, do_munmap(), mprotect(2), MADV_DONTNEED
 * entry	invented encoding, see below; the states are those of the kernel's walkers
 * fault ops	reduced: handle_mm_fault() (mm/memory.c), reached through a pointer; fault.h has the
 *		handler that every mm begins with
 */
#ifndef HMMSIM_MM_H
#define HMMSIM_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hmmsim/export.h>
#include <hmmsim/machine.h>
#include <hmmsim/notifier.h>
#include <hmmsim/page.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- geometry ---------------------------------------------------------------------------- */

#define HS_LEVELS_MAX 5
#define HS_PAGE_SHIFT 12
#define HS_PAGE_BYTES ((uint64_t)1 << HS_PAGE_SHIFT)

enum hs_geometry_id {
	HS_GEOMETRY_X86_64, /* 4 levels of 9 bits */
	HS_GEOMETRY_MOCK,   /* 4 levels: 1, 1, 2, 2 bits: for exhaustive search */
	HS_GEOMETRY_X86_64_5L,
	HS_GEOMETRY_COUNT
};

/* Level 0 is the PTE table, then PMD, PUD, (P4D,) PGD. A leaf of level n maps 1 << order[n] pages. */
struct hs_geometry {
	const char *name;
	uint32_t levels;
	uint32_t bits[HS_LEVELS_MAX];  /* of index, per level */
	uint32_t order[HS_LEVELS_MAX]; /* log2 of the pages that an entry spans */
};

HMMSIM_API const struct hs_geometry *hs_geometry(enum hs_geometry_id id);
/* One past the highest address. */
HMMSIM_API uint64_t hs_geometry_end(const struct hs_geometry *g);

/* ---- entries ----------------------------------------------------------------------------- */

/*
 * invented. Chosen so that a snapshot is branch-free: what a present entry reports is its own upper
 * byte and pfn.
 *   63 VALID   a pfn can be handed out
 *   62 WRITE
 *   61 ERROR   special: reported as an error, VALID is clear
 *   60..56     order of the leaf: 0, 9, 18
 *   55 DEVMAP  54 DEVPRIV (VALID clear)  53 TABLE (47..0: address of the table)
 *   52 COUNTED made by a fault or the like: what it holds of its page is put when it is taken away
 *   47..40     type, enum hs_entry_type; 39..0 pfn
 * None is 0.
 */
#define HS_ENTRY_VALID ((uint64_t)1 << 63)
#define HS_ENTRY_WRITE ((uint64_t)1 << 62)
#define HS_ENTRY_ERROR ((uint64_t)1 << 61)
#define HS_ENTRY_ORDER_SHIFT 56
#define HS_ENTRY_ORDER ((uint64_t)0x1f << HS_ENTRY_ORDER_SHIFT)
#define HS_ENTRY_DEVMAP ((uint64_t)1 << 55)
#define HS_ENTRY_DEVPRIV ((uint64_t)1 << 54)
#define HS_ENTRY_TABLE ((uint64_t)1 << 53)
#define HS_ENTRY_COUNTED ((uint64_t)1 << 52)
#define HS_ENTRY_TYPE_SHIFT 40
#define HS_ENTRY_TYPE ((uint64_t)0xff << HS_ENTRY_TYPE_SHIFT)
#define HS_ENTRY_PFN (((uint64_t)1 << 40) - 1)
#define HS_ENTRY_TABLE_ADDR (((uint64_t)1 << 48) - 1)

enum hs_entry_type {
	HS_TYPE_NORMAL,	  /* present; or, with DEVPRIV or ERROR set, that */
	HS_TYPE_ZERO,	  /* present: the shared zero page */
	HS_TYPE_PROTNONE, /* NUMA prot-none: pfn kept, not VALID */
	HS_TYPE_SWAP,
	HS_TYPE_MIGRATION, /* WRITE: a writable one */
	HS_TYPE_EXCLUSIVE, /* device-exclusive; WRITE likewise */
	HS_TYPE_HWPOISON,
	HS_TYPE_MARKER,
	HS_TYPE_POISON, /* poison marker */
	HS_TYPE_BAD,	/* a PMD that is neither leaf nor table */
	HS_TYPE_COUNT
};

static inline enum hs_entry_type hs_entry_type(uint64_t e)
{
	return (enum hs_entry_type)((e & HS_ENTRY_TYPE) >> HS_ENTRY_TYPE_SHIFT);
}

static inline uint64_t hs_entry_pfn(uint64_t e)
{
	return e & HS_ENTRY_PFN;
}

/* VALID, WRITE and the like in @flags. */
static inline uint64_t hs_entry_typed(enum hs_entry_type type, uint64_t pfn, uint64_t flags)
{
	return flags | ((uint64_t)type << HS_ENTRY_TYPE_SHIFT) | pfn;
}

/* ---- address spaces ---------------------------------------------------------------------- */

struct hs_mm;
struct hs_mapping;
struct hs_gate;

/* VMA flags. */
#define HS_VM_READ 0x1u
#define HS_VM_WRITE 0x2u
#define HS_VM_EXEC 0x4u
#define HS_VM_SHARED 0x8u
#define HS_VM_PFNMAP 0x10u
#define HS_VM_IO 0x20u
#define HS_VM_MIXEDMAP 0x40u
#define HS_VM_HUGETLB 0x80u	/* of level 1 leaves */
#define HS_VM_HUGETLB_1G 0x100u /* of level 2 leaves; set together with HS_VM_HUGETLB */
#define HS_VM_MAYWRITE 0x200u	/* mprotect() may add WRITE; WRITE does not need it here */

#define HS_VM_ACCESS (HS_VM_READ | HS_VM_WRITE | HS_VM_EXEC)

struct hs_vma {
	uint64_t start, end;
	uint32_t flags;
	uint64_t pgoff; /* of start, in pages of the mapping */
	struct hs_mm *mm;
	struct hs_mapping *mapping; /* NULL: anonymous */
	struct hs_vma *next;	    /* of the mapping's; the mapping lock protects it */
	struct hs_gate *gate;	    /* faults wait for it first (fault.h); NULL: they do not */
};

/* Fault flags and results: the kernel's bits. */
#define HS_FAULT_WRITE 0x1u
#define HS_FAULT_ALLOW_RETRY 0x4u
#define HS_FAULT_REMOTE 0x80u

#define HS_VM_FAULT_OOM 0x1u
#define HS_VM_FAULT_SIGBUS 0x2u
#define HS_VM_FAULT_HWPOISON 0x10u
#define HS_VM_FAULT_SIGSEGV 0x40u
#define HS_VM_FAULT_NOPAGE 0x100u
#define HS_VM_FAULT_RETRY 0x400u
#define HS_VM_FAULT_FALLBACK 0x800u
#define HS_VM_FAULT_COMPLETED 0x4000u
#define HS_VM_FAULT_ERROR                                                                    \
	(HS_VM_FAULT_OOM | HS_VM_FAULT_SIGBUS | HS_VM_FAULT_HWPOISON | HS_VM_FAULT_SIGSEGV | \
	 HS_VM_FAULT_FALLBACK)

/* Who resolves faults and waits for migrations in an mm. Called with the mmap lock held for read. */
struct hs_fault_ops {
	/*
	 * A page at @addr is wanted. HS_VM_FAULT_* bits; 0: look again. @vma is NULL where v5.3's
	 * walker faults in a gap (the kernel would oops): answer HS_VM_FAULT_SIGSEGV. With RETRY the
	 * mmap lock is dropped, which takes ALLOW_RETRY; with COMPLETED it is held here.
	 */
	uint32_t (*fault)(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
			  uint64_t addr, uint32_t flags, void *arg);
	/* A migration entry of @level (0: PTE, 1: PMD) at @addr: wait until it is gone. */
	void (*migration_wait)(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
			       uint32_t level, void *arg);
};

/* With the handler of fault.h, one user, and notifiers of its own. */
HMMSIM_API int hs_mm_create(struct hs_task *self, const struct hs_geometry *g, struct hs_mm **out);
/*
 * mmget_not_zero(), mmput(): users of the address space. The last mmput() ends it: notifiers'
 * release, every VMA unmapped, tables freed. Sleeps. No lock may be held.
 */
HMMSIM_API bool hs_mmget_not_zero(struct hs_task *self, struct hs_mm *mm);
HMMSIM_API void hs_mmput(struct hs_task *self, struct hs_mm *mm);
/* mmgrab(), mmdrop(): users of the struct and its notifiers, which outlive the address space. */
HMMSIM_API void hs_mmgrab(struct hs_task *self, struct hs_mm *mm);
HMMSIM_API void hs_mmdrop(struct hs_task *self, struct hs_mm *mm);
/* The creator's mmput(); asserts that nobody else uses the mm. */
HMMSIM_API void hs_mm_destroy(struct hs_task *self, struct hs_mm *mm);

/* NULL: every fault is SIGBUS, and nobody waits for migrations. */
HMMSIM_API void hs_mm_set_fault_ops(struct hs_mm *mm, const struct hs_fault_ops *ops, void *arg);
HMMSIM_API const struct hs_geometry *hs_mm_geometry(const struct hs_mm *mm);
HMMSIM_API struct hs_notifiers *hs_mm_notifiers(const struct hs_mm *mm);

HMMSIM_API void hs_mm_lock_read(struct hs_task *self, struct hs_mm *mm);
HMMSIM_API void hs_mm_unlock_read(struct hs_task *self, struct hs_mm *mm);
HMMSIM_API void hs_mm_lock_write(struct hs_task *self, struct hs_mm *mm);
HMMSIM_API void hs_mm_unlock_write(struct hs_task *self, struct hs_mm *mm);

/* ---- VMAs -------------------------------------------------------------------------------- */

/*
 * A VMA of its own, anonymous, never merged; the caller holds the write lock or is alone. -EINVAL:
 * not page aligned, empty, beyond the geometry; -EEXIST: overlaps another VMA.
 */
HMMSIM_API int hs_vma_add(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
			  uint32_t flags);
/* The first VMA with end > addr, as find_vma(); NULL: none. It may begin after addr. */
HMMSIM_API const struct hs_vma *hs_vma_find(const struct hs_mm *mm, uint64_t addr);
HMMSIM_API uint32_t hs_vma_count(const struct hs_mm *mm);

/*
 * These four take the mmap lock: mmap, munmap and mprotect for write, zap for read. Every one of
 * them leaves everything as it was when it fails, except that zap has zapped what it could. A VMA of
 * device-dax is not cut inside a leaf: -EINVAL.
 *
 * hs_mmap(): [start, end) of @mapping from page @pgoff on (NULL: anonymous). The VMA becomes one
 * with neighbours of equal flags, mapping, gate and contiguous pgoff. -EINVAL as hs_vma_add(), and
 * what the mapping refuses; -ENXIO: a device that is disabled; -EEXIST.
 */
HMMSIM_API int hs_mmap(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
		       uint32_t flags, struct hs_mapping *mapping, uint64_t pgoff);
/* Whatever is mapped there, VMAs cut at the borders. Event UNMAP. -EINVAL, -ENOMEM. */
HMMSIM_API int hs_munmap(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end);
/*
 * @access: of HS_VM_ACCESS. Event PROTECTION_VMA, for each VMA that changes. -EINVAL; -ENOMEM: there
 * is a gap, or no memory; -EACCES: WRITE where MAYWRITE is missing. The kernel stops half-way at a
 * gap; this looks first.
 */
HMMSIM_API int hs_mprotect(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
			   uint32_t access);
/*
 * MADV_DONTNEED: takes the pages of [start, end) away, event CLEAR; the VMAs stay. -EINVAL; -ENOMEM:
 * there was a gap, all else is done.
 */
HMMSIM_API int hs_madvise_dontneed(struct hs_task *self, struct hs_mm *mm, uint64_t start,
				   uint64_t end);
/*
 * invented, for tests of what callbacks do by event and owner: the same with an invalidation of the
 * caller's choice. -EAGAIN: not blockable, and a callback refused: nothing was done.
 */
HMMSIM_API int hs_zap_range_event(struct hs_task *self, struct hs_mm *mm,
				  const struct hs_invalidation *inv);

/* ---- page tables ------------------------------------------------------------------------- */

/*
 * Entries by hand: for tests and layouts. These know nothing of references, mapcounts, notifiers or
 * the page table lock. Without COUNTED nothing is put when such an entry is taken away.
 *
 * The entry of @level that spans @addr: NULL if a table above it is missing or a leaf is in the
 * way; @missing (may be NULL) then is the level whose entry stopped the descent.
 */
HMMSIM_API uint64_t *hs_pt_find(const struct hs_mm *mm, uint64_t addr, uint32_t level,
				uint32_t *missing);
/* Makes the tables above that entry; a leaf in the way is split. 0 or -ENOMEM. */
HMMSIM_API int hs_pt_make(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level);
/*
 * Puts @entry (no table) at @addr on @level, making tables; what was there is replaced, a table
 * below it freed. @entry carries its order. -EINVAL: addr not aligned to the level, level too high.
 */
HMMSIM_API int hs_pt_set(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level,
			 uint64_t entry);
/* Racy read of one entry: 0 where there is none. */
HMMSIM_API uint64_t hs_pt_get(struct hs_task *self, const struct hs_mm *mm, uint64_t addr,
			      uint32_t level);

#ifdef __cplusplus
}
#endif

#endif
