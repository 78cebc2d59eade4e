/* SPDX-License-Identifier: MIT */
/**
 * @file hmmsim.h
 * The whole public interface, except linux.h and its parts, which take names of the kernel.
 *
 * This is API 0.2. Until 1.0 a minor version may change the API or the ABI; a patch version changes
 * neither. Headers and library must be of the same minor version; hs_version() tells the library's.
 *
 * Words of this reference:
 *
 * - *same*, *reduced*, *invented*: how near a construct is to that of the kernel, and for "reduced"
 *   what is left out
 * - page: 4 KiB; pfn: the number of a page of physical memory; tick: the unit of the machine's
 *   clock. Ranges are [start, end), of bytes or of pfns as the parameter says
 * - `self`: the task of the calling thread, in every function. A pointer that may be NULL says so
 * - asserts: if it does not hold, the process aborts; in hmmsim::explore it is a verdict
 * - not checked: a caller that breaks any other sentence of a contract gets an error or fails an
 *   assertion. Nowhere checked: NULL where it is not allowed, and that `self` belongs to the
 *   thread. That an object is used after it is freed ("outlives", "no other task uses") is seen
 *   by hmmsim::explore and by AddressSanitizer
 * - "Context: any": also with any lock held, in an RCU read section and in callbacks; does not
 *   sleep
 * - may sleep: no spinlock held, not in an RCU read section, not in a callback that must not sleep.
 *   Asserted where the task sleeps or takes a lock that may sleep; the spinlocks in debug builds of
 *   the library and in hmmsim::explore
 * - takes the x lock: neither this lock nor one that comes after it is held. The order is: mmap,
 *   entry (of a DAX file), mapping, anon (of the reverse map), mirrors, driver (notifier.h); then
 *   the spinlocks subscriptions, page table, pagemap index, free pages, memory. The page lock is
 *   taken under the mmap lock or under none. Asserted in debug builds of the library and in
 *   hmmsim::explore
 */
#ifndef HMMSIM_HMMSIM_H
#define HMMSIM_HMMSIM_H

#include <hmmsim/device.h>
#include <hmmsim/dmirror.h>
#include <hmmsim/explore.h>
#include <hmmsim/export.h>
#include <hmmsim/fault.h>
#include <hmmsim/interval.h>
#include <hmmsim/machine.h>
#include <hmmsim/mapping.h>
#include <hmmsim/migrate.h>
#include <hmmsim/mm.h>
#include <hmmsim/notifier.h>
#include <hmmsim/page.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/pte_ops.h>
#include <hmmsim/races.h>
#include <hmmsim/scenario.h>
#include <hmmsim/sync.h>
#include <hmmsim/sync_locks.h>
#include <hmmsim/sync_words.h>
#include <hmmsim/token.h>
#include <hmmsim/walk.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * hs_version() - the version of the library that runs
 *
 * It may differ from the version of the headers that a program was compiled with.
 *
 * Context: any; no task is needed.
 *
 * Return: "major.minor.patch", a constant string.
 */
HMMSIM_API const char *hs_version(void);

#ifdef __cplusplus
}
#endif

#endif
