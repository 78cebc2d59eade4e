/* SPDX-License-Identifier: MIT */
/*
 * version.c - the version of the library
 */
#include <hmmsim/hmmsim.h>

/* HS_VERSION comes from project() in the top CMakeLists.txt. */
const char *hs_version(void)
{
	return HS_VERSION;
}
