/* SPDX-License-Identifier: MIT */
/*
 * mirror_driver.h - the driver of mirror_module.c
 */
#ifndef EXAMPLE_MIRROR_DRIVER_H
#define EXAMPLE_MIRROR_DRIVER_H

#include <linux/hmm.h>

#define MIRROR_PAGES 2

struct mirror;

/* What the driver leaves out. */
enum mirror_bug {
	MIRROR_SOUND,
	MIRROR_NO_RETRY,
	MIRROR_NO_LOCK,
	MIRROR_FREES_FIRST,
	MIRROR_BUGS
};

/* NULL: no memory. */
struct mirror *mirror_open(struct mm_struct *mm, enum mirror_bug bug);
int mirror_fault(struct mirror *m);
void mirror_touch(struct mirror *m);
void mirror_close(struct mirror *m);

#endif
