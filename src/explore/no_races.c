/* SPDX-License-Identifier: MIT */
/*
 * no_races.c - what the native library does with plain accesses: nothing
 */
#include <hmmsim/races.h>

void hs_races_report(void)
{
}

void hs_races_access(const void *data, size_t size, enum hs_races_access access)
{
	(void)data;
	(void)size;
	(void)access;
}
