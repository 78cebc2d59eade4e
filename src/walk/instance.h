/* SPDX-License-Identifier: MIT */
/*
 * instance.h - both walkers for one strategy
 *
 * The instantiating file includes walk.h, then its strategy's header, then this one with WALKER set
 * to the name of the table that it defines.
 */
#include <hmmsim/page.h>

#include "mm/geometry.h"
#include "walk/hooks.h"

#include "walk/era_5_3.h"
#include "walk/era_6_12.h"

/* Known to the compiler, so that levels and shifts of the usual tables are constants. */
static const struct hs_geometry x86_64 = HS_GEOMETRY_X86_64_VALUE;

static bool is_x86_64(const struct hs_walk *w)
{
	return w->mm->geometry == hs_geometry(HS_GEOMETRY_X86_64);
}

static int range_5_3(struct hs_walk *w)
{
	w->snapshot = false;
	return is_x86_64(w) ? o_range(w, &x86_64) : o_range(w, w->mm->geometry);
}

static int snapshot_5_3(struct hs_walk *w)
{
	w->snapshot = true;
	return is_x86_64(w) ? o_range(w, &x86_64) : o_range(w, w->mm->geometry);
}

static int range_6_12(struct hs_walk *w)
{
	return is_x86_64(w) ? m_range(w, &x86_64) : m_range(w, w->mm->geometry);
}

const struct hs_walker WALKER = { range_5_3, snapshot_5_3, range_6_12 };
