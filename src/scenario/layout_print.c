/* SPDX-License-Identifier: MIT */
/*
 * layout_print.c - a layout as text: device memory, then each VMA with what is mapped in it
 */
#include "scenario/layout.h"

void hs_layout_print(const struct hs_layout *layout, struct hs_out *out)
{
	size_t m = 0;

	hs_out_text(out, "layout ");
	hs_out_text(out, layout->name);
	hs_out_char(out, '\n');
	for (size_t i = 0; i < layout->pgmap_count; i++)
		hs_space_print_pgmap(&layout->pgmaps[i], out);
	for (size_t i = 0; i < layout->vma_count; i++) {
		const struct hs_layout_vma *vma = &layout->vmas[i];

		hs_space_print_vma(vma->start, vma->end, vma->flags, vma->name, out);
		while (m < layout->map_count && layout->maps[m].addr < vma->end)
			hs_space_print_map(&layout->maps[m++], out);
	}
}
