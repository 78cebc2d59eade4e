/* SPDX-License-Identifier: MIT */
/*
 * contract.h - sentences of public headers that a caller breaks: each must be an assertion
 */
#ifndef HS_TESTS_CONTRACT_H
#define HS_TESTS_CONTRACT_H

#include <hmmsim/fault.h>
#include <hmmsim/pgmap.h>

#include "support/machine.h"

#define PFN 8u
#define PAGES 8u
#define RW (HS_VM_READ | HS_VM_WRITE | HS_VM_MAYWRITE)

#define NOT_HELD "the mmap lock is not held"
#define IN_RCU "inside an RCU read section"

struct state; /* of the test: what its callers have */

struct contract {
	const char *name;
	void (*breach)(struct hs_task *self, struct state *s);
	const char *text; /* in the message */
};

struct contracts {
	size_t state_size;
	enum hs_page_refs refs; /* for open() */
	int (*open)(struct hs_task *self, struct state *s, enum hs_page_refs refs);
	const struct contract *row;
	size_t count;
};

/*
 * An address space with four pages of anonymous memory from 0 on, coherent memory of PAGES pages
 * from PFN on, and a page of that. 0 or an error, for open().
 */
int contract_space(struct hs_task *self, enum hs_page_refs refs, struct hs_mm **mm,
		   struct hs_pgmap **pgmap, struct hs_page **page);
/* Each breach ends its caller natively, and is a verdict in the explorer. */
void expect_contracts(const struct contracts *contracts);

#endif
