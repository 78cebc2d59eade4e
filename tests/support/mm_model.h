/* SPDX-License-Identifier: MIT */
/*
 * mm_model.h - an address space as sets: what each page is, and what follows from that
 *
 * The model knows nothing of page tables, VMA arrays or reference counts of the implementation. An
 * address space is two maps from page index: what is mapped there (attributes of a VMA), and what is
 * in it (an entry). Pages are objects that entries and the test hold; a page is where the
 * implementation put it: it is bound to a pfn when it is first seen.
 *
 * VMAs are the longest runs of pages whose attributes go on. The only thing that the model is told is
 * how deep the page tables are (depth), on which the spans of the range-fault walkers depend.
 */
#ifndef HS_TESTS_MM_MODEL_H
#define HS_TESTS_MM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <hmmsim/hmmsim.h>

#define MODEL_PAGES 64
#define MODEL_MMS 2
#define MODEL_OBJECTS 320
#define MODEL_FILE_PAGES 40
#define MODEL_DEVICE_PAGES 64
#define MODEL_NOBODY UINT32_MAX
/* In the slots of a walk: the pfn of an object that has none yet; the object is added. */
#define MODEL_UNBOUND ((uint64_t)1 << 39)

/* What a VMA maps. */
enum model_mapping_id {
	MODEL_FILE_0,
	MODEL_FILE_1, /* pages are counted as in v6.15; with leaves where there are any */
	MODEL_DEVICE_DAX,
	MODEL_P2P,
	MODEL_MAPPINGS,
	MODEL_ANON = MODEL_MAPPINGS,
};

/* Where allocated device pages come from. */
enum model_pool {
	MODEL_PRIVATE_0,
	MODEL_PRIVATE_1,
	MODEL_COHERENT,
	MODEL_POOLS,
	MODEL_SYSTEM = MODEL_POOLS,
	MODEL_P2P_POOL,
	MODEL_ALL_POOLS
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
	uint32_t object; /* MODEL_NOBODY: none */
	uint64_t value;	 /* DEVMAP, HWPOISON: pfn; SWAP: contents */
};

struct model_vma {
	bool mapped;
	bool gate;
	uint32_t flags;
	uint32_t mapping; /* enum model_mapping_id */
	uint64_t pgoff;	  /* of this page */
};

struct model_object {
	bool used, bound;
	bool exclusive, locked;
	enum model_pool pool;
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
};

struct model_space {
	struct model_vma vma[MODEL_PAGES];
	struct model_entry entry[MODEL_PAGES];
	/* The level of the entry that ends the descent: 0 where there is a PTE table. */
	uint8_t depth[MODEL_PAGES];
};

struct model {
	const struct hs_geometry *g;
	uint64_t base; /* address of page 0 */
	struct model_space mm[MODEL_MMS];
	struct model_object object[MODEL_OBJECTS];
	struct model_mapping mapping[MODEL_MAPPINGS];
	enum hs_page_refs refs; /* of all device memory but the second file's, which is 6.15 */
	bool waits;		/* the last prediction would wait for somebody */
};

/* ---- mm_model.c: VMAs, entries, pages ---------------------------------------------------- */

void model_init(struct model *m, const struct hs_geometry *g, uint64_t base);

/* The run of pages that is one VMA with @page; @page is mapped. */
void model_vma_run(const struct model_space *s, uint32_t page, uint32_t *first, uint32_t *end);
uint32_t model_vma_count(const struct model_space *s);
/* The pages that the leaf at @page spans. */
void model_leaf(const struct model *m, const struct model_space *s, uint32_t page, uint32_t *first,
		uint32_t *end);

uint32_t model_object_new(struct model *m, enum model_pool pool, uint64_t contents);
void model_object_put(struct model *m, uint32_t object);
/* Takes what is at @page away, the whole leaf. */
void model_clear(struct model *m, uint32_t mm, uint32_t page);
void model_zap(struct model *m, uint32_t mm, uint32_t first, uint32_t end);

int model_mmap(struct model *m, uint32_t mm, uint32_t first, uint32_t end, uint32_t flags,
	       uint32_t mapping, uint64_t pgoff);
int model_munmap(struct model *m, uint32_t mm, uint32_t first, uint32_t end);
int model_mprotect(struct model *m, uint32_t mm, uint32_t first, uint32_t end, uint32_t access);
int model_set_gate(struct model *m, uint32_t mm, uint32_t first, uint32_t end, bool gate);
int model_zap_call(struct model *m, uint32_t mm, uint32_t first, uint32_t end);
int model_allocate(struct model *m, uint32_t mapping, uint64_t index);
void model_unmap_mapping(struct model *m, uint32_t mapping, uint64_t first, uint64_t count,
			 bool even_cows);

/* What the entry says, as the implementation spells it; 0: none. Objects must be bound. */
uint64_t model_entry_word(const struct model *m, const struct model_space *s, uint32_t page);
bool model_present(const struct model_entry *e);
/* Pages of the pool that are not free, and the references to its pgmap. */
uint64_t model_objects(const struct model *m, enum model_pool pool);
uint64_t model_pool_refs(const struct model *m, enum model_pool pool);
/* The count that an allocated device page has beyond its references. */
uint32_t model_extra_count(const struct model *m, enum model_pool pool);
/* Of a page of a file or device-dax: its count; and the references to the pgmap. */
uint32_t model_block_count(const struct model *m, uint32_t mapping, uint64_t pfn);
uint64_t model_mapping_refs(const struct model *m, uint32_t mapping);

/* ---- mm_model_fault.c -------------------------------------------------------------------- */

/* HS_VM_FAULT_*; sets m->waits, and has done nothing then. */
uint32_t model_fault(struct model *m, uint32_t mm, uint32_t page, bool write);
/* A load or store by a CPU: the same, and the VMA is asked first. */
uint32_t model_access(struct model *m, uint32_t mm, uint32_t page, bool write);
/* The page behind a present entry has been written. */
void model_written(struct model *m, uint32_t mm, uint32_t page, uint64_t contents);

int model_swap_out(struct model *m, uint32_t mm, uint32_t page);
int model_migration_start(struct model *m, uint32_t mm, uint32_t page, uint32_t *object);
void model_migration_end(struct model *m, uint32_t mm, uint32_t page, uint32_t object, uint32_t to);
int model_make_exclusive(struct model *m, uint32_t mm, uint32_t page, uint32_t *object);
int model_make_protnone(struct model *m, uint32_t mm, uint32_t first, uint32_t end);
int model_memory_failure(struct model *m, uint32_t mm, uint32_t page);
int model_insert_device(struct model *m, uint32_t mm, uint32_t page, uint32_t object, bool write);

/* ---- mm_model_walk.c --------------------------------------------------------------------- */

struct model_walk {
	uint32_t mm, first, end;
	uint64_t default_flags, mask;
	uint32_t owner;	 /* pool whose private pages are the caller's; MODEL_NOBODY: none */
	uint32_t valid;	 /* the range is valid that many times */
	bool snapshot;	 /* 5.3 */
	uint64_t *slots; /* in and out */
};

long model_walk_6_12(struct model *m, const struct model_walk *walk);
long model_walk_5_3(struct model *m, const struct model_walk *walk);

#endif
