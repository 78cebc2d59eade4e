/* SPDX-License-Identifier: MIT */
/*
 * fault.h - the parts of the fault handler: what fault.c calls by the state of the entry
 *
 * The mmap lock is held for read, and hs_fault_look() has filled the fault. Each returns
 * HS_VM_FAULT_* bits; 0: look again.
 */
#ifndef HS_MM_FAULT_H
#define HS_MM_FAULT_H

#include "mm/fault_entry.h"

/* fault_anon.c: nothing is there yet, in anonymous memory. */
uint32_t hs_fault_anon(struct hs_fault *f);
/* fault_anon.c: a write to a read-only page of a VMA that copies. */
uint32_t hs_fault_copy(struct hs_fault *f);
/* fault_dax.c: in a VMA with a mapping: nothing is there yet, or a write to a read-only entry. */
uint32_t hs_fault_dax(struct hs_fault *f);
/* fault_swap.c: an entry that is not present. */
uint32_t hs_fault_swap(struct hs_fault *f);
/* fault_swap.c: waits until f->seen is gone, if that is a migration entry. */
void hs_fault_migration_wait(struct hs_fault *f);

#endif
