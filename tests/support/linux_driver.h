/* SPDX-License-Identifier: MIT */
/*
 * linux_driver.h - a driver that knows nothing but <hmmsim/linux.h>
 */
#ifndef HS_TESTS_LINUX_DRIVER_H
#define HS_TESTS_LINUX_DRIVER_H

#include <hmmsim/mm.h>

#define DRIVER_PAGES 16

struct driver {
	struct hs_mm *mm;
	void *owner;
	uint64_t table[DRIVER_PAGES]; /* pfn + 1; 0: not mapped */
	bool writable[DRIVER_PAGES];
};

/* Mirrors [start, end), for writing if told so. 0 or -errno; nothing is mirrored on an error. */
int driver_mirror(struct driver *d, unsigned long start, unsigned long end, bool write);
/* The pgmap of a mirrored page is alive. */
bool driver_page_is_backed(const struct driver *d, unsigned int i);

#endif
