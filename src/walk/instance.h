/* SPDX-License-Identifier: MIT */
/*
 * instance.h - both walkers for one strategy
 *
 * The file that makes an instance includes walk.h, then the header of its strategy, then this one,
 * with WALKER set to the name of the struct hs_walker that it defines.
 */
#include <hmmsim/page.h>

#include "mm/geometry.h"
#include "walk/hooks.h"

#include "walk/era_5_3.h"
#include "walk/era_6_12.h"

/* Constants to the compiler: levels and shifts of the usual tables are computed at build time. */
static const struct hs_geometry instance_x86_64 = HS_GEOMETRY_X86_64_VALUE;

/*
 * The functions carry the name of WALKER, because the functions of the templates are called the
 * same in every instance: a backtrace names the strategy here.
 */
#define INSTANCE_PASTE(walker, name) walker##_##name
#define INSTANCE_NAME(walker, name) INSTANCE_PASTE(walker, name)
#define INSTANCE(name) INSTANCE_NAME(WALKER, name)

static bool INSTANCE(is_x86_64)(const struct hs_walk *w)
{
	return w->mm->geometry == hs_geometry(HS_GEOMETRY_X86_64);
}

static int INSTANCE(fault_5_3)(struct hs_walk *w)
{
	w->snapshot = false;
	return INSTANCE(is_x86_64)(w) ? v53_range(w, &instance_x86_64)
				      : v53_range(w, w->mm->geometry);
}

static int INSTANCE(snapshot_5_3)(struct hs_walk *w)
{
	w->snapshot = true;
	return INSTANCE(is_x86_64)(w) ? v53_range(w, &instance_x86_64)
				      : v53_range(w, w->mm->geometry);
}

static int INSTANCE(fault_6_12)(struct hs_walk *w)
{
	return INSTANCE(is_x86_64)(w) ? v612_range(w, &instance_x86_64)
				      : v612_range(w, w->mm->geometry);
}

const struct hs_walker WALKER = {
	.fault_5_3 = INSTANCE(fault_5_3),
	.snapshot_5_3 = INSTANCE(snapshot_5_3),
	.fault_6_12 = INSTANCE(fault_6_12),
};
