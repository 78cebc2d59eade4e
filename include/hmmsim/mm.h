/* SPDX-License-Identifier: MIT */
/**
 * @file mm.h
 * Address spaces: geometry, page tables, VMAs, and how a fault reaches its handler.
 *
 * @code{.unparsed}
 * hs_mm      reduced: mm_struct (v6.12, include/linux/mm_types.h): no rss, no per-VMA locks, one
 *            page table lock
 * hs_vma     reduced: vm_area_struct: range, flags, and the mapping behind it (mapping.h)
 * hs_mmap    reduced: do_mmap() at a fixed address; do_munmap(), mprotect(2), MADV_DONTNEED
 * entry      invented encoding, see HS_ENTRY_VALID; the states are those of the kernel's walkers
 * fault ops  reduced: handle_mm_fault() (mm/memory.c), called through a pointer. fault.h has the
 *            handler that every mm begins with
 * @endcode
 *
 * Addresses are bytes, pfns count pages of 4 KiB, ranges are [start, end). Everything lives in the
 * arena of one machine.
 *
 * Locking: hs_mm_lock_read() and hs_mm_lock_write() take the mmap lock. VMAs change under the write
 * lock; a walker holds the read lock. Entries change at any time: walkers read them racily, as the
 * kernel's do. A task that takes an entry away notifies the subscribers first.
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

/** The most levels that a geometry has. */
#define HS_LEVELS_MAX 5
/** log2 of the bytes of a page. */
#define HS_PAGE_SHIFT 12
/** Bytes of a page. */
#define HS_PAGE_BYTES ((uint64_t)1 << HS_PAGE_SHIFT)

/** enum hs_geometry_id - the geometries that there are */
enum hs_geometry_id {
	HS_GEOMETRY_X86_64,    /**< 4 levels of 9 bits; addresses end at 2^47 */
	HS_GEOMETRY_MOCK,      /**< 4 levels of 1, 1, 2 and 2 bits, for exhaustive search */
	HS_GEOMETRY_X86_64_5L, /**< 5 levels of 9 bits; addresses end at 2^56 */
	HS_GEOMETRY_COUNT
};

/**
 * struct hs_geometry - the shape of page tables
 *
 * Level 0 is the PTE table, then PMD, PUD, P4D (with 5 levels), PGD. A leaf of level n maps
 * 1 << order[n] pages.
 */
struct hs_geometry {
	const char *name;	       /**< a word, as `hmmsim list` prints it */
	uint32_t levels;	       /**< how many; the root is level levels - 1 */
	uint32_t bits[HS_LEVELS_MAX];  /**< bits of index, per level */
	uint32_t order[HS_LEVELS_MAX]; /**< log2 of the pages that an entry spans, per level */
};

/**
 * hs_geometry() - look up a geometry
 * @param id  which one
 *
 * Context: any.
 *
 * Return: the geometry, a constant; NULL: there is none of that id.
 */
HMMSIM_API const struct hs_geometry *hs_geometry(enum hs_geometry_id id);

/**
 * hs_geometry_end() - where addresses end
 * @param g  a geometry
 *
 * Context: any.
 *
 * Return: one past the highest address that can be mapped, in bytes.
 */
HMMSIM_API uint64_t hs_geometry_end(const struct hs_geometry *g);

/* ---- entries ----------------------------------------------------------------------------- */

/**
 * Bit 63 of an entry: it is present, and its pfn can be handed out.
 *
 * The encoding is invented. What a present entry reports to a walker is its own upper byte and pfn,
 * so that a snapshot needs no branches. 0 is an empty entry.
 *
 * @code{.unparsed}
 * 63      VALID
 * 62      WRITE
 * 61      ERROR
 * 60..56  order of the leaf, as the geometry has it; x86-64: 0, 9 or 18
 * 55      DEVMAP
 * 54      DEVPRIV
 * 53      TABLE: bits 47..0 are the address of the next table
 * 52      COUNTED
 * 47..40  enum hs_entry_type
 * 39..0   pfn
 * @endcode
 */
#define HS_ENTRY_VALID ((uint64_t)1 << 63)
/** The CPU may write; also what a migration or device-exclusive entry will allow again. */
#define HS_ENTRY_WRITE ((uint64_t)1 << 62)
/** pte_special(): walkers report an error. VALID is clear. */
#define HS_ENTRY_ERROR ((uint64_t)1 << 61)
/** Where the order begins: log2 of the pages that the leaf maps. */
#define HS_ENTRY_ORDER_SHIFT 56
/** The bits of the order. */
#define HS_ENTRY_ORDER ((uint64_t)0x1f << HS_ENTRY_ORDER_SHIFT)
/** pte_devmap(), which v6.17 removed: FS_DAX or GENERIC device memory. */
#define HS_ENTRY_DEVMAP ((uint64_t)1 << 55)
/** A device-private page, which the CPU cannot reach. VALID is clear. */
#define HS_ENTRY_DEVPRIV ((uint64_t)1 << 54)
/** Not a leaf: the other bits are the address of the next table. */
#define HS_ENTRY_TABLE ((uint64_t)1 << 53)
/**
 * A fault or an operation of pte_ops.h or migrate.h made the entry. A page that it maps has a
 * reference and a mapcount from it, which are put when it is taken away (FS_DAX and GENERIC: see
 * hs_pgmap_page_map()). So its struct page is there: what looks it up asserts that. Clear: made by
 * hand, it holds nothing, and its pfn need not have a struct page.
 */
#define HS_ENTRY_COUNTED ((uint64_t)1 << 52)
/** Where enum hs_entry_type begins. */
#define HS_ENTRY_TYPE_SHIFT 40
/** The bits of enum hs_entry_type. */
#define HS_ENTRY_TYPE ((uint64_t)0xff << HS_ENTRY_TYPE_SHIFT)
/** The bits of the pfn. */
#define HS_ENTRY_PFN (((uint64_t)1 << 40) - 1)
/** With TABLE: the bits of the address of the next table. */
#define HS_ENTRY_TABLE_ADDR (((uint64_t)1 << 48) - 1)

/** enum hs_entry_type - what an entry is */
enum hs_entry_type {
	HS_TYPE_NORMAL,	   /**< a page; with DEVPRIV or ERROR what those say */
	HS_TYPE_ZERO,	   /**< the shared zero page, present */
	HS_TYPE_PROTNONE,  /**< prot-none, of NUMA or mprotect: the pfn is kept, VALID is clear */
	HS_TYPE_SWAP,	   /**< swapped out; the pfn field is the swap slot's number, or, made by
				hand, without COUNTED, what the page holds */
	HS_TYPE_MIGRATION, /**< a migration is in progress; WRITE: from a writable entry */
	HS_TYPE_EXCLUSIVE, /**< device-exclusive; WRITE: from a writable entry */
	HS_TYPE_HWPOISON,  /**< the page has failed */
	HS_TYPE_MARKER,	   /**< a PTE marker that counts as empty */
	HS_TYPE_POISON,	   /**< a poison marker */
	HS_TYPE_BAD,	   /**< a PMD that is neither leaf nor table */
	HS_TYPE_COUNT
};

/**
 * hs_entry_type() - the type of an entry
 * @param e  an entry that is no table
 *
 * Context: any.
 *
 * Return: the type.
 */
static inline enum hs_entry_type hs_entry_type(uint64_t e)
{
	return (enum hs_entry_type)((e & HS_ENTRY_TYPE) >> HS_ENTRY_TYPE_SHIFT);
}

/**
 * hs_entry_pfn() - the pfn of an entry
 * @param e  an entry that is no table
 *
 * Context: any.
 *
 * Return: the pfn; of a leaf, that of its first page.
 */
static inline uint64_t hs_entry_pfn(uint64_t e)
{
	return e & HS_ENTRY_PFN;
}

/**
 * hs_entry_typed() - compose an entry
 * @param type   what it is
 * @param pfn    the pfn, below 2^40
 * @param flags  HS_ENTRY_VALID, HS_ENTRY_WRITE and the like, and the order
 *
 * Context: any.
 *
 * Return: the entry.
 */
static inline uint64_t hs_entry_typed(enum hs_entry_type type, uint64_t pfn, uint64_t flags)
{
	return flags | ((uint64_t)type << HS_ENTRY_TYPE_SHIFT) | pfn;
}

/* ---- address spaces ---------------------------------------------------------------------- */

struct hs_mm;
struct hs_mapping;
struct hs_gate;

/** VMA flag: the CPU may read. Without it every fault is SIGSEGV. */
#define HS_VM_READ 0x1u
/** VMA flag: the CPU may write. */
#define HS_VM_WRITE 0x2u
/** VMA flag: the CPU may execute; nothing asks for it. */
#define HS_VM_EXEC 0x4u
/** VMA flag: writes reach the mapping; without it they make private copies. */
#define HS_VM_SHARED 0x8u
/** VMA flag: pfns without struct page; a fault is SIGBUS. */
#define HS_VM_PFNMAP 0x10u
/** VMA flag: memory of a device; a fault is SIGBUS. */
#define HS_VM_IO 0x20u
/** VMA flag: may hold pages and bare pfns; set for P2PDMA mappings. */
#define HS_VM_MIXEDMAP 0x40u
/** VMA flag: leaves of level 1 (2 MiB), as hugetlb; a fault is SIGBUS. */
#define HS_VM_HUGETLB 0x80u
/** VMA flag: leaves of level 2 (1 GiB); set together with HS_VM_HUGETLB. */
#define HS_VM_HUGETLB_1G 0x100u
/**
 * VMA flag: hs_mprotect() may ask for WRITE, and in a private VMA a write fault makes a copy even
 * without WRITE. A VMA may have WRITE without it.
 */
#define HS_VM_MAYWRITE 0x200u

/** The VMA flags that hs_mprotect() changes. */
#define HS_VM_ACCESS (HS_VM_READ | HS_VM_WRITE | HS_VM_EXEC)

/** struct hs_vma - a range of an address space; read under the mmap lock (not checked) */
struct hs_vma {
	uint64_t start;	  /**< first byte */
	uint64_t end;	  /**< end, exclusive */
	uint32_t flags;	  /**< HS_VM_* */
	uint64_t pgoff;	  /**< page of the mapping at start; anonymous: start's own page */
	struct hs_mm *mm; /**< the address space */
	struct hs_mapping *mapping; /**< what it maps; NULL: anonymous memory */
	struct hs_vma *next;	    /**< the next VMA of the mapping; under the mapping lock */
	struct hs_gate *gate;	    /**< faults wait for it first (fault.h); NULL: they do not */
};

/** Fault flag: a write. The fault flags and HS_VM_FAULT_* are the kernel's bits. */
#define HS_FAULT_WRITE 0x1u
/** Fault flag: the handler may drop the mmap lock and return HS_VM_FAULT_RETRY. */
#define HS_FAULT_ALLOW_RETRY 0x4u
/**
 * Fault flag: not an access of the mm's own task; walkers set it, and repeat the fault at once. In
 * the explorer one that has left a device-private or a migration entry as it was ends the body of
 * that loop: it returns when something that the task has read has changed.
 */
#define HS_FAULT_REMOTE 0x80u

/** Fault result, an error: no memory. */
#define HS_VM_FAULT_OOM 0x1u
/** Fault result, an error: nothing can be mapped there. */
#define HS_VM_FAULT_SIGBUS 0x2u
/** Fault result, an error: the page has failed. */
#define HS_VM_FAULT_HWPOISON 0x10u
/** Fault result, an error: no VMA, or it does not allow the access. */
#define HS_VM_FAULT_SIGSEGV 0x40u
/** Fault result: the entry is installed, there is no page to return. */
#define HS_VM_FAULT_NOPAGE 0x100u
/** Fault result: the mmap lock has been dropped; try again. Only with HS_FAULT_ALLOW_RETRY. */
#define HS_VM_FAULT_RETRY 0x400u
/** Fault result, an error to a walker: a huge fault gave up in favour of small pages. */
#define HS_VM_FAULT_FALLBACK 0x800u
/** Fault result (kernel: v6.0 on): done. There the mmap lock is dropped; here it is still held. */
#define HS_VM_FAULT_COMPLETED 0x4000u
/** The fault results that are errors. */
#define HS_VM_FAULT_ERROR                                                                    \
	(HS_VM_FAULT_OOM | HS_VM_FAULT_SIGBUS | HS_VM_FAULT_HWPOISON | HS_VM_FAULT_SIGSEGV | \
	 HS_VM_FAULT_FALLBACK)

/** struct hs_fault_ops - what resolves faults in an mm; called with the mmap lock held for read */
struct hs_fault_ops {
	/**
	 * A page at addr is wanted. Returns HS_VM_FAULT_* bits; 0: look again. vma is NULL where
	 * the walker of v5.3 faults in a gap (the kernel would oops): the answer is
	 * HS_VM_FAULT_SIGSEGV. With RETRY the mmap lock has been dropped, for which flags need
	 * ALLOW_RETRY (not checked).
	 */
	uint32_t (*fault)(struct hs_task *self, struct hs_mm *mm, const struct hs_vma *vma,
			  uint64_t addr, uint32_t flags, void *arg);
	/** Waits until the migration entry of level (0: PTE, 1: PMD) at addr is gone. May be NULL
	 * where there are none: asserted when it is called. */
	void (*migration_wait)(struct hs_task *self, struct hs_mm *mm, uint64_t addr,
			       uint32_t level, void *arg);
};

/**
 * hs_mm_create() - make an address space
 * @param self  the calling task
 * @param g     its geometry, as of hs_geometry() (not checked); not copied, outlives the mm
 * @param out   the mm, on success; it has one user, the caller
 *
 * It has notifiers of its own and the fault handler of fault.h.
 *
 * Context: any.
 *
 * Return: 0, or
 * - -EINVAL: @p g is NULL
 * - -ENOMEM: no memory
 */
HMMSIM_API int hs_mm_create(struct hs_task *self, const struct hs_geometry *g, struct hs_mm **out);

/**
 * hs_mmget_not_zero() - become a user of an address space, if it has not ended
 * @param self  the calling task
 * @param mm    the mm; the caller holds the struct (hs_mmgrab()) or is a user
 *
 * Models mmget_not_zero().
 *
 * Context: any.
 *
 * Return: true if the caller is a user now, until hs_mmput().
 */
HMMSIM_API bool hs_mmget_not_zero(struct hs_task *self, struct hs_mm *mm);

/**
 * hs_mmput() - stop being a user of an address space
 * @param self  the calling task
 * @param mm    the mm
 *
 * The last user ends it: calls release of the notifiers, unmaps every VMA and frees the tables.
 * Models mmput().
 *
 * Context: no lock held; may sleep.
 */
HMMSIM_API void hs_mmput(struct hs_task *self, struct hs_mm *mm);

/**
 * hs_mmgrab() - hold the struct of an address space
 * @param self  the calling task
 * @param mm    the mm; the caller is a user or holds the struct
 *
 * The struct and its notifiers stay until hs_mmdrop(), also after the address space has ended.
 * Models mmgrab().
 *
 * Context: any.
 */
HMMSIM_API void hs_mmgrab(struct hs_task *self, struct hs_mm *mm);

/**
 * hs_mmdrop() - stop holding the struct of an address space
 * @param self  the calling task
 * @param mm    the mm
 *
 * Frees it for the last holder. Models mmdrop().
 *
 * Context: any.
 */
HMMSIM_API void hs_mmdrop(struct hs_task *self, struct hs_mm *mm);

/**
 * hs_mm_destroy() - end an address space that has one user and no other holder
 * @param self  the calling task
 * @param mm    the mm; asserts that the caller is its only user and nothing else holds the struct
 *
 * hs_mmput(), which here frees the struct too.
 *
 * Context: no lock held; may sleep.
 */
HMMSIM_API void hs_mm_destroy(struct hs_task *self, struct hs_mm *mm);

/**
 * hs_mm_set_fault_ops() - choose what resolves faults
 * @param mm   the mm
 * @param ops  the handler; it outlives the mm. NULL: every fault is SIGBUS, and migrations are not
 *             waited for. Asserts that it has a function for faults
 * @param arg  passed to the handler; may be NULL
 *
 * Context: no other task uses the mm (not checked).
 */
HMMSIM_API void hs_mm_set_fault_ops(struct hs_mm *mm, const struct hs_fault_ops *ops, void *arg);

/** struct hs_entry_ops - what mirrors the page tables of an mm */
struct hs_entry_ops {
	/**
	 * The entry of @p level whose span begins at @p addr was @p was and is @p now; 0: empty.
	 * Tables are entries, too (HS_ENTRY_TABLE). A new table is empty; if it takes the place of
	 * a leaf, calls for what it begins with follow. With a table goes all that is below it,
	 * without a call for each.
	 *
	 * Context: the page table lock is held, so that the calls come in the order of the changes,
	 * and what the entry held is not put yet. hs_pt_make() and hs_pt_set() do not hold it. Does
	 * not sleep, and takes no lock but those that may come after it; changes no entry.
	 */
	void (*changed)(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level,
			uint64_t was, uint64_t now, void *arg);
};

/**
 * hs_mm_set_entry_ops() - choose what is told of every change of an entry
 * @param mm   the mm
 * @param ops  what mirrors the tables; it outlives the mm. NULL: nothing does, as in every new mm.
 *             Asserts that it has a function for changes
 * @param arg  passed on; may be NULL
 *
 * *invented*: what a TLB, or the page tables of a host, must be told; a notifier is told before and
 * after, when entries come and go. What is in the tables already is not told. Nor is the end of the
 * address space, which frees tables when all VMAs are unmapped.
 *
 * Context: no other task uses the mm (not checked).
 */
HMMSIM_API void hs_mm_set_entry_ops(struct hs_mm *mm, const struct hs_entry_ops *ops, void *arg);

/**
 * hs_mm_geometry() - the geometry of an mm
 * @param mm  the mm
 *
 * Context: any.
 *
 * Return: what hs_mm_create() was given.
 */
HMMSIM_API const struct hs_geometry *hs_mm_geometry(const struct hs_mm *mm);

/**
 * hs_mm_notifiers() - the notifiers of an mm
 * @param mm  the mm
 *
 * Context: any.
 *
 * Return: the notifiers, which live as long as the struct.
 */
HMMSIM_API struct hs_notifiers *hs_mm_notifiers(const struct hs_mm *mm);

/**
 * hs_mm_lock_read() - take the mmap lock for read
 * @param self  the calling task
 * @param mm    the mm
 *
 * Models mmap_read_lock().
 *
 * Context: takes the mmap lock, so it does not nest; may sleep.
 */
HMMSIM_API void hs_mm_lock_read(struct hs_task *self, struct hs_mm *mm);

/**
 * hs_mm_unlock_read() - release the mmap lock that is held for read
 * @param self  the calling task, which holds it for read
 * @param mm    the mm
 *
 * Context: any.
 */
HMMSIM_API void hs_mm_unlock_read(struct hs_task *self, struct hs_mm *mm);

/**
 * hs_mm_lock_write() - take the mmap lock for write
 * @param self  the calling task
 * @param mm    the mm
 *
 * Models mmap_write_lock(). A writer that waits keeps new readers out.
 *
 * Context: takes the mmap lock, so it does not nest; may sleep.
 */
HMMSIM_API void hs_mm_lock_write(struct hs_task *self, struct hs_mm *mm);

/**
 * hs_mm_unlock_write() - release the mmap lock that is held for write
 * @param self  the calling task, which holds it for write
 * @param mm    the mm
 *
 * Context: any.
 */
HMMSIM_API void hs_mm_unlock_write(struct hs_task *self, struct hs_mm *mm);

/**
 * hs_mm_assert_locked() - assert that the mmap lock is held, for read or for write
 * @param self  the calling task
 * @param mm    the mm
 *
 * Models mmap_assert_locked(). Release builds do not know which tasks read: there a task that holds
 * some lock passes if any task holds the mmap lock for read.
 *
 * Context: any.
 */
HMMSIM_API void hs_mm_assert_locked(struct hs_task *self, const struct hs_mm *mm);

/**
 * hs_mm_assert_write_locked() - assert that the mmap lock is held for write
 * @param self  the calling task
 * @param mm    the mm
 *
 * Models mmap_assert_write_locked().
 *
 * Context: any.
 */
HMMSIM_API void hs_mm_assert_write_locked(struct hs_task *self, const struct hs_mm *mm);

/* ---- VMAs -------------------------------------------------------------------------------- */

/**
 * hs_vma_add() - add an anonymous VMA that is not joined with its neighbours
 * @param self   the calling task
 * @param mm     the mm
 * @param start  first byte
 * @param end    end, exclusive
 * @param flags  HS_VM_*
 *
 * Later calls may join it with a neighbour when they change that one.
 *
 * Context: the mmap lock is held for write, or no other task uses the mm: asserts that no other
 * task holds the lock, and this one not for read. Does not sleep.
 *
 * Return: 0, or
 * - -EINVAL: not page aligned, empty, or beyond the geometry; or the address space has ended
 * - -EEXIST: it overlaps another VMA
 * - -ENOMEM: no memory
 */
HMMSIM_API int hs_vma_add(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
			  uint32_t flags);

/**
 * hs_vma_find() - find the VMA at or after an address
 * @param mm    the mm
 * @param addr  a byte
 *
 * Models find_vma().
 *
 * Context: the mmap lock is held, or no other task uses the mm (not checked, because there is no
 * task to ask; find_vma() in linux.h asserts it).
 *
 * Return: the first VMA with end > addr, which may begin after addr; NULL: none.
 */
HMMSIM_API const struct hs_vma *hs_vma_find(const struct hs_mm *mm, uint64_t addr);

/**
 * hs_vma_count() - the number of VMAs
 * @param mm  the mm
 *
 * Context: the mmap lock is held, or no other task uses the mm (not checked).
 *
 * Return: how many there are.
 */
HMMSIM_API uint32_t hs_vma_count(const struct hs_mm *mm);

/**
 * hs_mmap() - map a range at a fixed address
 * @param self     the calling task
 * @param mm       the mm
 * @param start    first byte
 * @param end      end, exclusive
 * @param flags    HS_VM_*
 * @param mapping  what to map; it outlives the VMA. NULL: anonymous memory
 * @param pgoff    the page of @p mapping at @p start; not used for anonymous memory
 *
 * The VMA is joined with neighbours of equal flags, mapping and gate whose pgoff is contiguous.
 * Models do_mmap().
 *
 * Context: no lock held; takes the mmap lock for write, may sleep.
 *
 * Return: 0, or, with nothing changed,
 * - -EINVAL: not page aligned, empty, or beyond the geometry; the address space has ended;
 *   @p pgoff overflows; a device: not SHARED, beyond its end, or (device-dax) not whole leaves
 * - -ENXIO: a device that is disabled
 * - -EEXIST: it overlaps another VMA
 * - -ENOMEM: no memory
 */
HMMSIM_API int hs_mmap(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
		       uint32_t flags, struct hs_mapping *mapping, uint64_t pgoff);

/**
 * hs_munmap() - unmap what is mapped in a range
 * @param self   the calling task
 * @param mm     the mm
 * @param start  first byte
 * @param end    end, exclusive
 *
 * Cuts VMAs at the borders and takes their pages away, event UNMAP. Gaps are allowed. Models
 * do_munmap().
 *
 * Context: no lock held; takes the mmap lock for write, may sleep.
 *
 * Return: 0, or, with nothing changed,
 * - -EINVAL: not page aligned, empty, or beyond the geometry; or a VMA of device-dax would be cut
 *   inside a leaf
 * - -ENOMEM: no memory
 */
HMMSIM_API int hs_munmap(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end);

/**
 * hs_mprotect() - change the access that a range allows
 * @param self    the calling task
 * @param mm      the mm
 * @param start   first byte
 * @param end     end, exclusive
 * @param access  of HS_VM_ACCESS
 *
 * Notifies the subscribers of each VMA that changes, event PROTECTION_VMA. Models mprotect(2),
 * which changes the VMAs before a gap; this looks for gaps first.
 *
 * Context: no lock held; takes the mmap lock for write, may sleep.
 *
 * Return: 0, or, with nothing changed,
 * - -EINVAL: not page aligned, empty, or beyond the geometry; bits that are not of HS_VM_ACCESS; or
 *   a VMA of device-dax would be cut inside a leaf
 * - -EACCES: WRITE, and a VMA before the first gap lacks MAYWRITE
 * - -ENOMEM: there is a gap, or no memory
 */
HMMSIM_API int hs_mprotect(struct hs_task *self, struct hs_mm *mm, uint64_t start, uint64_t end,
			   uint32_t access);

/**
 * hs_madvise_dontneed() - take the pages of a range away
 * @param self   the calling task
 * @param mm     the mm
 * @param start  first byte
 * @param end    end, exclusive
 *
 * The VMAs stay, and later accesses fault. One invalidation covers the whole range, and the leaves
 * that it hits; event CLEAR. Models MADV_DONTNEED.
 *
 * Context: no lock held; takes the mmap lock for read, may sleep.
 *
 * Return: 0, or
 * - -EINVAL: not page aligned, empty, or beyond the geometry; nothing was done
 * - -ENOMEM: there is a gap; what is mapped in the range is gone nevertheless. An address space
 *   that has ended is one gap
 */
HMMSIM_API int hs_madvise_dontneed(struct hs_task *self, struct hs_mm *mm, uint64_t start,
				   uint64_t end);

/**
 * hs_zap_range_event() - hs_madvise_dontneed() with an invalidation of the caller's choice
 * @param self  the calling task
 * @param mm    the mm
 * @param inv   range, event, owner, and whether callbacks may block
 *
 * *invented*, for tests of what callbacks do by event and owner, and of callbacks that refuse.
 *
 * Context: as hs_madvise_dontneed().
 *
 * Return: as hs_madvise_dontneed(), or
 * - -EINVAL: @p inv has no such event
 * - -EAGAIN: @p inv is not blockable, and a callback refused; nothing was done
 */
HMMSIM_API int hs_zap_range_event(struct hs_task *self, struct hs_mm *mm,
				  const struct hs_invalidation *inv);

/**
 * hs_zap_range_event_locked() - hs_zap_range_event() under the mmap lock
 * @param self  the calling task
 * @param mm    the mm
 * @param inv   as of hs_zap_range_event()
 *
 * What a driver calls zap_vma_ptes() or zap_page_range_single() for.
 *
 * Context: the mmap lock is held (asserted), for read or write; may sleep.
 *
 * Return: as hs_zap_range_event().
 */
HMMSIM_API int hs_zap_range_event_locked(struct hs_task *self, struct hs_mm *mm,
					 const struct hs_invalidation *inv);

/* ---- page tables by hand ----------------------------------------------------------------- */

/**
 * hs_pt_find() - find an entry
 * @param mm       the mm
 * @param addr     a byte
 * @param level    of the entry
 * @param missing  may be NULL; after NULL is returned, the level of the entry that stopped the
 *                 descent
 *
 * This function and the next three make and read entries by hand, for tests and layouts. They know
 * nothing of references, mapcounts, notifiers or the page table lock. An entry without COUNTED
 * holds nothing, nothing is put when it is taken away, and its pfn need not have a struct page.
 * What comes to a COUNTED entry whose memory is gone, or whose swap slot is free, fails an
 * assertion.
 *
 * Context: no other task changes page tables of the mm (not checked).
 *
 * Return: the entry of @p level that spans @p addr; NULL: a table above it is missing, a leaf is in
 * the way, the address or the level is beyond the geometry, or the address space has ended.
 */
HMMSIM_API uint64_t *hs_pt_find(const struct hs_mm *mm, uint64_t addr, uint32_t level,
				uint32_t *missing);

/**
 * hs_pt_make() - make the tables above an entry
 * @param self   the calling task
 * @param mm     the mm
 * @param addr   a byte
 * @param level  of the entry
 *
 * A leaf in the way is split: a table takes its place and maps what it mapped. BAD and HWPOISON map
 * nothing, so that their table is empty.
 *
 * Context: no other task changes page tables of the mm (not checked); walkers may read them. Does
 * not sleep.
 *
 * Return: 0, or
 * - -EINVAL: the address or the level is beyond the geometry, or the address space has ended
 * - -ENOMEM: no memory; tables that were made stay
 */
HMMSIM_API int hs_pt_make(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level);

/**
 * hs_pt_set() - put an entry
 * @param self   the calling task
 * @param mm     the mm
 * @param addr   where its span begins
 * @param level  its level
 * @param entry  the entry, with its order; no table; 0: empty
 *
 * Makes the tables above it as hs_pt_make(). What was there is replaced without being put; a table
 * there is freed with all below it.
 *
 * Context: no other task changes page tables of the mm (not checked); walkers may read them, but
 * not below a table that is freed. Does not sleep.
 *
 * Return: 0, or
 * - -EINVAL: the address or the level is beyond the geometry, the address is not aligned to the
 *   level, @p entry is a table, or the address space has ended
 * - -ENOMEM: no memory
 */
HMMSIM_API int hs_pt_set(struct hs_task *self, struct hs_mm *mm, uint64_t addr, uint32_t level,
			 uint64_t entry);

/**
 * hs_pt_get() - read an entry racily
 * @param self   the calling task
 * @param mm     the mm
 * @param addr   a byte
 * @param level  of the entry
 *
 * Context: the mmap lock is held, or no other task changes page tables of the mm (not checked).
 * Does not sleep.
 *
 * Return: the entry; 0: it is empty, or there is none, as hs_pt_find().
 */
HMMSIM_API uint64_t hs_pt_get(struct hs_task *self, const struct hs_mm *mm, uint64_t addr,
			      uint32_t level);

#ifdef __cplusplus
}
#endif

#endif
