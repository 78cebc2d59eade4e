/* SPDX-License-Identifier: MIT */
/*
 * native.c - what explored.c is where nothing is explored
 */
#include "port/port.h"

#include "shim/base.h"

bool shim_warn(bool is_true, const char *condition, const char *where)
{
	hs_assert_at(hs_task_current(), where, !is_true, "kernel code warns: %s", condition);
	return is_true;
}
