/* SPDX-License-Identifier: MIT */
/*
 * cost.c - the linear form and the built-in profiles
 */
#include "cost/cost.h"

const char *const hs_cost_class_names[HS_COST_CLASS_COUNT] = {
	[HS_COST_PAGE] = "page",
	[HS_COST_LEAF_PAGE] = "leaf-page",
	[HS_COST_HOLE] = "hole",
	[HS_COST_UNREADABLE] = "unreadable",
	[HS_COST_EMPTY_PTE] = "empty-pte",
	[HS_COST_PRIVATE_OWN] = "private-own",
	[HS_COST_PRIVATE_FOREIGN] = "private-foreign",
	[HS_COST_DEVMAP_PAGE] = "devmap-page",
	[HS_COST_DEVMAP_LEAF_PAGE] = "devmap-leaf-page",
	[HS_COST_CALL] = "call",
	[HS_COST_TABLE] = "table",
	[HS_COST_HIT] = "hit",
	[HS_COST_MISS] = "miss",
	[HS_COST_PUT] = "put",
	[HS_COST_FAULT] = "fault",
	[HS_COST_ZERO_FAULT] = "zero-fault",
	[HS_COST_READ] = "read",
	[HS_COST_GRACE] = "grace-period",
};

/* cost.h says how each number was derived. */
static const struct hs_cost_profile cost_builtin[HS_COST_BUILD_COUNT] = {
	[HS_COST_LIGHT] = {
		.name = "light",
		.base = HS_COST_LIGHT,
		.ns = {
			[HS_COST_PAGE] = 3.192,
			[HS_COST_LEAF_PAGE] = 0.472,
			[HS_COST_HOLE] = 0.412,
			[HS_COST_UNREADABLE] = 0.412,
			[HS_COST_EMPTY_PTE] = 1.292,
			[HS_COST_PRIVATE_OWN] = 2.712,
			[HS_COST_PRIVATE_FOREIGN] = 2.972,
			[HS_COST_DEVMAP_PAGE] = 4.272,
			[HS_COST_DEVMAP_LEAF_PAGE] = 0.377,
			[HS_COST_CALL] = 52.808,
			[HS_COST_TABLE] = 45,
			[HS_COST_HIT] = 1.63,
			[HS_COST_MISS] = 7.54,
			[HS_COST_PUT] = 0.31,
			[HS_COST_FAULT] = 1850,
			[HS_COST_ZERO_FAULT] = 500,
			[HS_COST_READ] = 10.8,
			[HS_COST_GRACE] = 14e6,
		},
		.estimated = { [HS_COST_GRACE] = true },
	},
	[HS_COST_DISTRO] = {
		.name = "distro",
		.base = HS_COST_DISTRO,
		.ns = {
			[HS_COST_PAGE] = 7.196,
			[HS_COST_LEAF_PAGE] = 0.574,
			[HS_COST_HOLE] = 0.501,
			[HS_COST_UNREADABLE] = 0.501,
			[HS_COST_EMPTY_PTE] = 2.912,
			[HS_COST_PRIVATE_OWN] = 6.114,
			[HS_COST_PRIVATE_FOREIGN] = 6.7,
			[HS_COST_DEVMAP_PAGE] = 9.631,
			[HS_COST_DEVMAP_LEAF_PAGE] = 0.459,
			[HS_COST_CALL] = 119.061,
			[HS_COST_TABLE] = 101.456,
			[HS_COST_HIT] = 6.5,
			[HS_COST_MISS] = 52.2,
			[HS_COST_PUT] = 11.4,
			[HS_COST_FAULT] = 4170.986,
			[HS_COST_ZERO_FAULT] = 1127.294,
			[HS_COST_READ] = 48,
			[HS_COST_GRACE] = 14e6,
		},
		.estimated = {
			[HS_COST_PAGE] = true,
			[HS_COST_LEAF_PAGE] = true,
			[HS_COST_HOLE] = true,
			[HS_COST_UNREADABLE] = true,
			[HS_COST_EMPTY_PTE] = true,
			[HS_COST_PRIVATE_OWN] = true,
			[HS_COST_PRIVATE_FOREIGN] = true,
			[HS_COST_DEVMAP_LEAF_PAGE] = true,
			[HS_COST_CALL] = true,
			[HS_COST_TABLE] = true,
			[HS_COST_FAULT] = true,
			[HS_COST_ZERO_FAULT] = true,
			[HS_COST_GRACE] = true,
		},
	},
};

const struct hs_cost_profile *hs_cost_builtin(enum hs_cost_build build)
{
	return &cost_builtin[build];
}

__extension__ typedef unsigned __int128 wide;

uint64_t hs_cost_ps(const struct hs_cost_counts *counts, const struct hs_cost_profile *profile)
{
	wide sum = 0;

	for (unsigned int i = 0; i < HS_COST_CLASS_COUNT; i++)
		sum += (wide)counts->of[i] * (uint64_t)(profile->ns[i] * 1000 + 0.5);
	return sum < UINT64_MAX ? (uint64_t)sum : UINT64_MAX;
}

void hs_cost_count_call(struct hs_cost_counts *counts, const struct hs_walk_counts *walk)
{
	counts->of[HS_COST_CALL]++;
	counts->of[HS_COST_HIT] += walk->hits;
	counts->of[HS_COST_MISS] += walk->lookups;
	counts->of[HS_COST_PUT] += walk->puts;
	counts->of[HS_COST_FAULT] += walk->faults;
}
