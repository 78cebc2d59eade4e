/* SPDX-License-Identifier: MIT */
/*
 * kinds.h - the names that the seam knows: lock classes and object kinds
 *
 * Each is one list whose order means something. A floor that brings a new lock or object adds its
 * line here, so that reports name it and nobody needs a pointer into another process.
 */
#ifndef HS_PORT_KINDS_H
#define HS_PORT_KINDS_H

#include <stddef.h>

/*
 * Lock classes in the order in which they may be taken: a task that holds a class may take only
 * classes further down. Checked in debug and explore builds. X(NAME, "words")
 */
#define HS_LOCK_CLASSES(X)                     \
	X(MMAP, "mmap lock")                   \
	X(DAX_ENTRY, "dax entry lock")         \
	X(MAPPING, "mapping lock")             \
	X(MIRRORS, "mirrors lock")             \
	X(DRIVER, "driver lock")               \
	X(SUBSCRIPTIONS, "subscriptions lock") \
	X(PAGE_TABLE, "page table lock")       \
	X(PAGEMAP_INDEX, "pagemap index lock") \
	X(PGMAP_PAGES, "free pages lock")      \
	X(MEMORY, "memory lock")               \
	X(ARENA, "arena lock")

/*
 * Kinds of objects that live in an arena. X(NAME, "words", alignment in bytes); reports print the
 * words, leaks are counted by kind.
 */
#define HS_OBJECT_KINDS(X)                \
	X(MACHINE, "machine", 16)         \
	X(SCENARIO, "scenario state", 64) \
	X(PERCPU, "percpu counter", 8)    \
	X(RADIX, "index node", 64)        \
	X(RAM, "memory range", 16)        \
	X(SECTION, "memory section", 16)  \
	X(MEMMAP, "memmap", 64)           \
	X(PAGE, "page", 32)               \
	X(PGMAP, "pgmap", 64)             \
	X(NOTIFIERS, "notifiers", 64)     \
	X(HMM, "mirrored mm", 64)         \
	X(MM, "mm", 64)                   \
	X(VMAS, "vma array", 64)          \
	X(VMA, "vma", 16)                 \
	X(MAPPING, "mapping", 16)         \
	X(BLOCKS, "block map", 64)        \
	X(GATE, "gate", 16)               \
	X(TABLE, "page table", 4096)      \
	X(DEVICE, "device", 64)           \
	X(PFNS, "pfn array", 64)          \
	X(OTHER, "other object", 16)

enum hs_lock_class {
#define X(name, words) HS_LOCK_##name,
	HS_LOCK_CLASSES(X)
#undef X
	HS_LOCK_CLASS_COUNT
};

enum hs_kind {
#define X(name, words, align) HS_KIND_##name,
	HS_OBJECT_KINDS(X)
#undef X
	HS_KIND_COUNT
};

const char *hs_lock_class_name(enum hs_lock_class cls);
const char *hs_kind_name(enum hs_kind kind);
/* Of an object of @size bytes: small ones need less, mock page tables are 16 bytes. */
size_t hs_kind_align(enum hs_kind kind, size_t size);

#endif
