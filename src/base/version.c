/* SPDX-License-Identifier: MIT */
#include <hmmsim/hmmsim.h>

/* HS_VERSION comes from project() in the top CMakeLists.txt, the only place that knows it. */
const char *hs_version(void)
{
	return HS_VERSION;
}
