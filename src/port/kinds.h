/* SPDX-License-Identifier: MIT */
/*
 * kinds.h - the names that the seam knows: lock classes and object kinds
 *
 * A floor that brings a new lock or object adds a line here. So reports can name it, and a process
 * that shares a machine needs no pointer into another process.
 */
#ifndef HS_PORT_KINDS_H
#define HS_PORT_KINDS_H

#include <stddef.h>

/*
 * Lock classes in the order in which a task may take them: while it holds a lock of one class it
 * takes only locks of classes further down. X(NAME, "words of reports")
 */
#define HS_LOCK_CLASSES(X)                     \
	X(MMAP, "mmap lock")                   \
	X(DEVICE_MEMORY, "device memory lock") \
	X(DAX_ENTRY, "dax entry lock")         \
	X(MAPPING, "mapping lock")             \
	X(ANON, "anon lock")                   \
	X(MIRRORS, "mirrors lock")             \
	X(DRIVER, "driver lock")               \
	X(SUBSCRIPTIONS, "subscriptions lock") \
	X(PAGE_TABLE, "page table lock")       \
	X(PAGEMAP_INDEX, "pagemap index lock") \
	X(PGMAP_PAGES, "free pages lock")      \
	X(SWAP, "swap lock")                   \
	X(ANONS, "anon list lock")             \
	X(MEMORY, "memory lock")               \
	X(ARENA, "arena lock")

/*
 * Kinds of objects that live in an arena, in the order in which leaks are reported.
 * X(NAME, "words of reports", largest alignment in bytes)
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
	X(PAGE_EXT, "page extension", 16) \
	X(SWAP_SLOT, "swap slot", 16)     \
	X(ANON, "anon", 64)               \
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
	X(TRACKED, "tracked object", 64)  \
	X(SUB, "subscription", 16)        \
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
/*
 * Alignment of an object of @size bytes: the kind's, but no more than the next power of two of
 * @size, from 16 on (a mock page table is 16 bytes).
 */
size_t hs_kind_align(enum hs_kind kind, size_t size);

#endif
