/* SPDX-License-Identifier: MIT */
#ifndef HS_PGMAP_PGMAP_H
#define HS_PGMAP_PGMAP_H

#include <hmmsim/pgmap.h>

#include "memory/machine.h"
#include "pgmap/percpu_ref.h"

struct hs_pgmap {
	uint64_t start, end; /* pfns */
	enum hs_pgmap_type type;
	const void *owner;
	struct hs_pgmap *next; /* of the machine's list, under the pagemap lock */
	struct hs_percpu_ref ref;
	hs_u32 released; /* the last reference is gone */
};

#endif
