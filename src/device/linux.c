/* SPDX-License-Identifier: MIT */
/*
 * linux.c - what <hmmsim/linux.h> needs beside its inline functions
 *
 * reduced: `current` of the kernel.
 */
#include <hmmsim/linux.h>

#include "port/port.h"

struct hs_task *hs_linux_task(void)
{
	struct hs_task *self = hs_task_current();

	hs_assert(self, self, "a function of linux.h: no task is attached");
	return self;
}
