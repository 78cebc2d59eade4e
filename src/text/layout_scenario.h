/* SPDX-License-Identifier: MIT */
/*
 * layout_scenario.h - what a walk scenario walks, as a layout
 *
 * invented.
 */
#ifndef HS_TEXT_LAYOUT_SCENARIO_H
#define HS_TEXT_LAYOUT_SCENARIO_H

#include "text/layout.h"
#include "text/walk_text.h"

/*
 * The VMAs and entries inside the request, and device memory. @text is where the scenario was read: 0,
 * or -EINVAL (no layout can say it) or -ENOMEM with text->error. What is scripted is not looked at.
 */
int hs_layout_of_scenario(struct hs_text *text, const struct hs_walk_scenario *s,
			  struct hs_layout *out);

#endif
