/* SPDX-License-Identifier: MIT */
/*
 * A driver that calls what neither the package nor its scenario has.
 */
#include <linux/kernel.h>

void lacks_such_a_function(int times);
int lacks_open(void);

static int times;

int lacks_open(void)
{
	lacks_such_a_function(++times);
	return READ_ONCE(times);
}
