/* SPDX-License-Identifier: MIT */
/*
 * layout_scenario.h - makes a layout of the address space that a walk scenario's request covers
 *
 * invented.
 */
#ifndef HS_TEXT_LAYOUT_SCENARIO_H
#define HS_TEXT_LAYOUT_SCENARIO_H

#include "text/layout.h"
#include "text/walk_text.h"

/*
 * @out gets the VMAs and entries inside the request, and the pgmaps. Other lines of the scenario
 * are ignored. @text is the text that the scenario was read from. Returns 0, or, with a sentence in
 * text->error, -EINVAL (a layout cannot say it) or -ENOMEM.
 */
int hs_layout_of_scenario(struct hs_text *text, const struct hs_walk_scenario *s,
			  struct hs_layout *out);

#endif
