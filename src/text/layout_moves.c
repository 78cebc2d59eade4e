/* SPDX-License-Identifier: MIT */
/*
 * layout_moves.c - the lines migrate and evict of a layout: what moves, in this order
 *
 * A move names a pgmap by its START_PFN. Whether it can be done is checked when the whole layout
 * has been read, because the lines of a layout come in any order.
 */
#include "text/layout.h"

#include <errno.h>
#include <inttypes.h>

/* Flags of VMAs from which a migration takes nothing. */
#define NOT_ANONYMOUS \
	(HS_VM_SHARED | HS_VM_HUGETLB | HS_VM_HUGETLB_1G | HS_VM_IO | HS_VM_PFNMAP | HS_VM_MIXEDMAP)

bool hs_layout_vma_migrates(const struct hs_layout_vma *vma)
{
	return !(vma->flags & NOT_ANONYMOUS);
}

/* ---- parsing ----------------------------------------------------------------------------- */

static int layout_moves_append(struct hs_text *text, struct hs_layout *layout,
			       const struct hs_layout_move *move)
{
	struct hs_layout_move *moves;

	if (layout->move_count == HS_LAYOUT_MOVES_MAX)
		return hs_text_error(text, text->number, text->keyword,
				     "expected at most %u migrate and evict lines",
				     HS_LAYOUT_MOVES_MAX);
	moves = hs_hostmem_grow(text->mem, layout->moves, layout->move_count, sizeof(*moves));
	if (!moves)
		return hs_text_no_memory(text);
	layout->moves = moves;
	moves[layout->move_count] = *move;
	moves[layout->move_count++].line = text->number;
	return 0;
}

static int layout_moves_take_target(struct hs_text *text, const struct hs_word *to,
				    struct hs_layout_move *move)
{
	if (!to->at)
		return hs_text_error(text, text->number, text->keyword,
				     "expected to=START_PFN of a pgmap or to=system, found none");
	move->kind = HS_MOVE_TO_SYSTEM;
	if (hs_word_is(to, "system"))
		return 0;
	move->kind = HS_MOVE_TO_DEVICE;
	return hs_text_number(text, to, 0, HS_PFN_END - 1, 1,
			      "to=START_PFN of a pgmap or to=system", &move->pgmap);
}

int hs_layout_parse_migrate(struct hs_text *text, const struct hs_line *line,
			    struct hs_layout *layout)
{
	struct hs_layout_move move = { .start = 0 };
	uint64_t most = HS_LAYOUT_MOVE_PAGES * HS_PAGE_BYTES, high = HS_SPACE_ADDR_END;
	int ret = hs_space_address(text, &line->word[0], "START", HS_PAGE_BYTES, &move.start);

	if (ret)
		return ret;
	if (high - move.start > most)
		high = move.start + most;
	ret = hs_space_end(text, &line->word[1], move.start + HS_PAGE_BYTES, high, &move.end);
	if (!ret)
		ret = layout_moves_take_target(text, &line->value[0], &move);
	return ret ? ret : layout_moves_append(text, layout, &move);
}

int hs_layout_parse_evict(struct hs_text *text, const struct hs_line *line,
			  struct hs_layout *layout)
{
	struct hs_layout_move move = { .kind = HS_MOVE_EVICT };
	int ret = hs_text_number(text, &line->word[0], 0, HS_PFN_END - 1, 1, "START_PFN of a pgmap",
				 &move.pgmap);

	return ret ? ret : layout_moves_append(text, layout, &move);
}

/* ---- checks ------------------------------------------------------------------------------ */

static int layout_moves_check_range(struct hs_text *text, const struct hs_layout *layout,
				    const struct hs_layout_move *move)
{
	size_t i = hs_layout_find_vma(layout, move->start);
	const struct hs_layout_vma *vma = i < layout->vma_count ? &layout->vmas[i] : NULL;

	if (!vma || move->start < vma->start || move->end > vma->end)
		return hs_text_error(text, move->line, "migrate",
				     "expected a range inside one vma, found 0x%" PRIx64
				     " to 0x%" PRIx64,
				     move->start, move->end);
	if (!hs_layout_vma_migrates(vma))
		return hs_text_error(text, move->line, "migrate",
				     "expected a vma without flags h, H, i, m, p and s, found that "
				     "of 0x%" PRIx64,
				     vma->start);
	return 0;
}

static int layout_moves_check_pgmap(struct hs_text *text, const struct hs_layout *layout,
				    const struct hs_layout_move *move)
{
	const char *keyword = move->kind == HS_MOVE_EVICT ? "evict" : "migrate";
	size_t i = hs_layout_find_pgmap(layout, move->pgmap);
	const struct hs_space_pgmap *pgmap = i < layout->pgmap_count ? &layout->pgmaps[i] : NULL;
	const char *type;

	if (!pgmap || pgmap->start != move->pgmap)
		return hs_text_error(text, move->line, keyword,
				     "expected the START_PFN of a pgmap, found 0x%" PRIx64,
				     move->pgmap);
	type = hs_pgmap_type_names[pgmap->type];
	if (pgmap->type != HS_PGMAP_PRIVATE && pgmap->type != HS_PGMAP_COHERENT)
		return hs_text_error(text, move->line, keyword,
				     "expected a pgmap of type=private or type=coherent, found "
				     "type=%s",
				     type);
	if (pgmap->dead)
		return hs_text_error(text, move->line, keyword,
				     "expected a pgmap that is not dead, found 0x%" PRIx64,
				     move->pgmap);
	if (!pgmap->owner)
		return hs_text_error(text, move->line, keyword,
				     "expected a pgmap with owner=K, found one without");
	return 0;
}

int hs_layout_check_moves(struct hs_text *text, const struct hs_layout *layout)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < layout->move_count; i++) {
		const struct hs_layout_move *move = &layout->moves[i];

		if (move->kind != HS_MOVE_EVICT)
			ret = layout_moves_check_range(text, layout, move);
		if (!ret && move->kind != HS_MOVE_TO_SYSTEM)
			ret = layout_moves_check_pgmap(text, layout, move);
	}
	return ret;
}

/* ---- printing ---------------------------------------------------------------------------- */

void hs_layout_print_move(const struct hs_layout_move *move, struct hs_out *out)
{
	if (move->kind == HS_MOVE_EVICT) {
		hs_out_text(out, "evict");
		hs_out_space_number(out, move->pgmap);
		return;
	}
	hs_out_text(out, "migrate");
	hs_out_space_number(out, move->start);
	hs_out_space_number(out, move->end);
	hs_out_text(out, " to=");
	if (move->kind == HS_MOVE_TO_SYSTEM) {
		hs_out_text(out, "system");
		return;
	}
	hs_out_text(out, "0x");
	hs_out_hex(out, move->pgmap);
}
