/* SPDX-License-Identifier: MIT */
#ifndef HS_MEMORY_MACHINE_H
#define HS_MEMORY_MACHINE_H

#include <hmmsim/machine.h>

struct hs_machine {
	struct hs_arena *arena;
};

#endif
