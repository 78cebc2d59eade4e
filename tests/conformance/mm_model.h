/* SPDX-License-Identifier: MIT */
/*
 * mm_model.h - two address spaces as sets: what each page is, and what follows from that
 *
 * The model knows nothing of page tables, VMA arrays or reference counts of the implementation. An
 * address space is an array of places. Each says what is mapped there (attributes of a VMA) and
 * what is in it (an entry). Places are numbered through: those of the second space follow those of
 * the first, and a range of places is in one space. Pages are objects that entries and the test
 * hold. A page is where the implementation put it: it is bound to a pfn when it is first seen.
 *
 * VMAs are the longest runs of places whose attributes go on. The only thing that the model is told
 * is how deep the page tables are (depth), on which the spans of the range-fault walkers depend.
 */
#ifndef HS_TESTS_MM_MODEL_H
#define HS_TESTS_MM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hmmsim/hmmsim.h>

#define MODEL_PAGES 64 /* of each address space */
#define MODEL_MMS 2
#define MODEL_PLACES (MODEL_MMS * MODEL_PAGES)
#define MODEL_OBJECTS 320
#define MODEL_FILE_PAGES 40
#define MODEL_DEVICE_PAGES 64
/* In the slots of a walk: the pfn of an object that has none yet; the object is added. */
#define MODEL_UNBOUND ((uint64_t)1 << 39)

/* Where pages come from. The first four have a mapping; from the fourth on pages are allocated. */
enum model_memory {
	MODEL_FILE_0,
	MODEL_FILE_1, /* pages are counted as in v6.15; with leaves where there are any */
	MODEL_DEVICE_DAX,
	MODEL_P2P,
	MODEL_MAPPINGS,
	MODEL_ANON = MODEL_MAPPINGS, /* as the mapping of a VMA: none */
	MODEL_PRIVATE_0 = MODEL_MAPPINGS,
	MODEL_PRIVATE_1,
	MODEL_COHERENT,
	MODEL_PGMAPS,
	MODEL_SYSTEM = MODEL_PGMAPS,
};

enum model_what {
	MODEL_NONE,
	MODEL_ZERO,
	MODEL_PAGE,    /* present: a page of system, coherent or P2PDMA memory */
	MODEL_DEVMAP,  /* present: a page of a file or of device-dax */
	MODEL_PRIVATE, /* a device-private page */
	MODEL_SWAP,
	MODEL_MIGRATION,
	MODEL_EXCLUSIVE,
	MODEL_HWPOISON
};

struct model_entry {
	enum model_what what;
	bool write, protnone;
	uint32_t level;	 /* of the leaf */
	uint32_t object; /* 0: none */
	uint64_t value;	 /* DEVMAP, HWPOISON: pfn; SWAP: contents */
};

struct model_vma {
	bool mapped;
	bool gate;
	uint32_t flags;
	uint32_t mapping; /* enum model_memory */
	uint64_t pgoff;	  /* of this page */
};

struct model_place {
	struct model_vma vma;
	struct model_entry entry;
	/* The level of the entry that ends the descent: 0 where there is a PTE table. */
	uint8_t depth;
};

struct model_object {
	bool used, bound;
	bool exclusive, locked;
	uint32_t memory; /* enum model_memory */
	uint64_t pfn;
	uint32_t refs, maps;
	uint64_t contents;
};

struct model_mapping {
	enum hs_mapping_kind kind;
	uint64_t first, pages; /* pfn; size */
	uint64_t memory;       /* pages of the pgmap from first on */
	uint32_t level;
	bool alive;
	enum hs_page_refs refs;
	bool block[MODEL_FILE_PAGES];
	uint64_t block_pfn[MODEL_FILE_PAGES];
	uint64_t next;
	uint64_t contents[MODEL_DEVICE_PAGES]; /* by page of the memory */
	bool taken[MODEL_DEVICE_PAGES];	       /* device-dax: an object has a reference */
};

struct model_reached;

struct model {
	const struct hs_geometry *g;
	uint64_t base; /* address of the first page of each space; 0: the mock geometry's */
	struct model_place place[MODEL_PLACES];
	struct model_object object[MODEL_OBJECTS]; /* the first is never used */
	struct model_mapping mapping[MODEL_MAPPINGS];
	enum hs_page_refs refs; /* of all device memory but the second file's, which is 6.15 */
	enum hs_private_fault private_fault;
	bool waits; /* the last prediction would wait, or try again for ever */
	struct model_reached *reached;
};

/* Places [first, end). */
struct model_span {
	uint32_t first, end;
};

/* ---- mm_model.c: VMAs, entries, pages ---------------------------------------------------- */

/* The number of the page in its address space. */
static inline uint64_t model_vpn(const struct model *m, uint32_t at)
{
	return m->base / HS_PAGE_BYTES + at % MODEL_PAGES;
}

/* The VMA of @at, which is mapped; whether one begins there; the leaf. */
struct model_span model_vma(const struct model *m, uint32_t at);
bool model_vma_begins(const struct model *m, uint32_t at);
struct model_span model_leaf(const struct model *m, uint32_t at);

uint32_t model_object_new(struct model *m, uint32_t memory, uint64_t contents);
void model_object_put(struct model *m, uint32_t object);
/* Takes what is at @at away, the whole leaf. */
void model_clear(struct model *m, uint32_t at);
/* An entry for the page, in place of what is there; the entry takes over a reference. */
void model_map_object(struct model *m, uint32_t at, uint32_t object, bool write);
void model_zap(struct model *m, uint32_t first, uint32_t end);

int model_mmap(struct model *m, uint32_t first, uint32_t end, uint32_t flags, uint32_t mapping,
	       uint64_t pgoff);
int model_munmap(struct model *m, uint32_t first, uint32_t end);
int model_mprotect(struct model *m, uint32_t first, uint32_t end, uint32_t access);
int model_set_gate(struct model *m, uint32_t first, uint32_t end, bool gate);
int model_zap_call(struct model *m, uint32_t first, uint32_t end);
int model_allocate(struct model *m, uint32_t mapping, uint64_t index);
void model_unmap_mapping(struct model *m, uint32_t mapping, uint64_t first, uint64_t count,
			 bool even_cows);

/* What the entry says, as the implementation spells it; 0: none. Objects must be bound. */
uint64_t model_entry_word(const struct model *m, uint32_t at);
static inline bool model_present(const struct model_entry *e)
{
	return e->what == MODEL_ZERO || e->what == MODEL_PAGE || e->what == MODEL_DEVMAP;
}

/* Pages of the memory that are not free, and the references to its pgmap. */
uint64_t model_objects(const struct model *m, uint32_t memory);
uint64_t model_pgmap_refs(const struct model *m, uint32_t memory);
/* The count of an object's page, and of a page of a file or device-dax. */
uint32_t model_count(const struct model *m, const struct model_object *o);
uint32_t model_block_count(const struct model *m, uint32_t mapping, uint64_t pfn);

/* ---- mm_model_fault.c -------------------------------------------------------------------- */

/* HS_VM_FAULT_*; sets m->waits, and has done nothing then. */
uint32_t model_fault(struct model *m, uint32_t at, bool write);
/* A load or store by a CPU: the same, and the VMA is asked first. */
uint32_t model_access(struct model *m, uint32_t at, bool write);
/* What a load finds; the page behind a present entry has been written. */
uint64_t model_contents(struct model *m, uint32_t at);
void model_written(struct model *m, uint32_t at, uint64_t contents);

int model_swap_out(struct model *m, uint32_t at);
int model_migration_start(struct model *m, uint32_t at, uint32_t *object);
/* @to 0: back to the page itself. */
void model_migration_end(struct model *m, uint32_t at, uint32_t object, uint32_t to);
int model_make_exclusive(struct model *m, uint32_t at, uint32_t *object);
int model_make_protnone(struct model *m, uint32_t first, uint32_t end);
int model_memory_failure(struct model *m, uint32_t at);
int model_insert_device(struct model *m, uint32_t at, uint32_t object, bool write);

/* ---- mm_model_walk.c --------------------------------------------------------------------- */

struct model_walk {
	enum hs_era era;
	uint32_t first, end;
	uint64_t default_flags, mask;
	uint32_t owner;	 /* memory whose private pages are the caller's; 0: none */
	uint32_t valid;	 /* the range is valid that many times */
	bool snapshot;	 /* 5.3 */
	uint64_t *slots; /* in and out */
};

/* What hs_range_fault() or hs_range_snapshot() returns to a kernel; sets m->waits. */
long model_walk(struct model *m, const struct model_walk *walk);

#endif
