/* SPDX-License-Identifier: MIT */
/*
 * linux_driver.h - a driver that knows nothing but <hmmsim/linux.h>
 *
 * It mirrors a window of an address space in a table of its own, after the pattern of
 * Documentation/mm/hmm.rst.
 */
#ifndef HS_TESTS_LINUX_DRIVER_H
#define HS_TESTS_LINUX_DRIVER_H

#include <hmmsim/mm.h>

#define DRIVER_PAGES 16

struct driver;

/* Of [start, start + DRIVER_PAGES pages). NULL: it cannot subscribe. */
struct driver *driver_open(struct hs_mm *mm, unsigned long start, void *owner);
void driver_close(struct driver *d);
/* Mirrors [start, end), for writing if told so. 0 or -errno; nothing changes on an error. */
int driver_mirror(struct driver *d, unsigned long start, unsigned long end, bool write);
/* Walks as driver_mirror() did last, believing that nothing has happened since. 0 or -errno. */
int driver_walk_late(struct driver *d, unsigned long start, unsigned long end);
/* Turns of driver_mirror() that had to be taken again, and callbacks. */
unsigned int driver_retries(const struct driver *d);
unsigned int driver_invalidations(const struct driver *d);
/* While it is stopped, callbacks that may not block refuse. */
void driver_stop(struct driver *d);
void driver_go(struct driver *d);

/* Of page @i: pfn + 1; 0: not mapped. */
uint64_t driver_page(const struct driver *d, unsigned int i);
bool driver_page_is_writable(const struct driver *d, unsigned int i);
/* The pgmap of a mirrored page is alive. */
bool driver_page_is_backed(const struct driver *d, unsigned int i);
/* Takes a reference to a mirrored page and puts it; the count it saw in between. */
int driver_page_pin(const struct driver *d, unsigned int i);

#endif
