/* SPDX-License-Identifier: MIT */
/*
 * fields.c - what reports call the words of the model's objects
 *
 * Only what is a step has a line: words, locks, queues.
 */
#include "explore/fields.h"

#include <stdio.h>

#include "device/dmirror.h"
#include "memory/anon.h"
#include "memory/machine.h"
#include "memory/section.h"
#include "memory/swap.h"
#include "mm/gate.h"
#include "mm/mapping.h"
#include "mm/mm.h"
#include "notifier/notifier.h"
#include "pgmap/pgmap.h"

#define FIELD(kind, type, member)                                                                  \
	{                                                                                          \
		HS_KIND_##kind, offsetof(struct type, member), sizeof(((struct type *)0)->member), \
			0, "." #member                                                             \
	}
/* An array: its elements have numbers. */
#define ARRAY(kind, offset, item, name)                      \
	{                                                    \
		HS_KIND_##kind, offset, SIZE_MAX, item, name \
	}

static const struct {
	enum hs_kind kind;
	size_t offset, size;
	size_t item; /* 0: no array */
	const char *name;
} field_table[] = {
	FIELD(MACHINE, hs_machine, memory_lock),
	FIELD(MACHINE, hs_machine, sections),
	FIELD(MACHINE, hs_machine, page_queue),
	FIELD(MACHINE, hs_machine, page_unlocks),
	FIELD(MACHINE, hs_machine, swap_lock),
	FIELD(MACHINE, hs_machine, swap_slots),
	FIELD(MACHINE, hs_machine, anon_lock),
	FIELD(MACHINE, hs_machine, anons),
	FIELD(MACHINE, hs_machine, pagemap_lock),
	FIELD(MACHINE, hs_machine, pagemaps),
	FIELD(MACHINE, hs_machine, pagemap_queue),
	FIELD(MACHINE, hs_boot, zero.refcount),
	FIELD(MACHINE, hs_boot, zero.state),
	FIELD(MACHINE, hs_boot, zero_ext.contents),
	ARRAY(RADIX, offsetof(struct hs_radix_node, slot), sizeof(hs_ptr), ""),
	FIELD(SECTION, hs_section, early),
	FIELD(SECTION, hs_section, present),
	FIELD(SECTION, hs_section, ram),
	FIELD(SECTION, hs_section, stale),
	ARRAY(SECTION, offsetof(struct hs_section, memmap), sizeof(hs_ptr), ".memmap"),
	ARRAY(TABLE, 0, sizeof(hs_u64), ""),
	FIELD(PGMAP, hs_pgmap, ref.state),
	FIELD(PGMAP, hs_pgmap, ref.count),
	FIELD(PGMAP, hs_pgmap, started),
	FIELD(PGMAP, hs_pgmap, done),
	FIELD(PGMAP, hs_pgmap, pages_lock),
	FIELD(NOTIFIERS, hs_notifiers, lock),
	FIELD(NOTIFIERS, hs_notifiers, seq),
	FIELD(NOTIFIERS, hs_notifiers, active),
	FIELD(NOTIFIERS, hs_notifiers, plain_count),
	FIELD(NOTIFIERS, hs_notifiers, queue),
	FIELD(HMM, hs_hmm, notifier.calls),
	FIELD(HMM, hs_hmm, mirrors_sem),
	FIELD(HMM, hs_hmm, ranges_lock),
	FIELD(HMM, hs_hmm, queue),
	FIELD(MM, hs_mm, lock),
	FIELD(MM, hs_mm, page_table_lock),
	FIELD(MM, hs_mm, users),
	FIELD(MM, hs_mm, count),
	FIELD(MM, hs_mm, migrations),
	FIELD(MAPPING, hs_mapping, lock),
	FIELD(MAPPING, hs_mapping, alive),
	FIELD(MAPPING, hs_mapping, faults),
	FIELD(MAPPING, hs_mapping, queue),
	FIELD(MAPPING, hs_mapping, entry_lock),
	FIELD(GATE, hs_gate, open),
	FIELD(GATE, hs_gate, waiters),
	FIELD(GATE, hs_gate, vmas),
	FIELD(GATE, hs_gate, queue),
	FIELD(DEVICE, hs_dmirror, lock),
	FIELD(DEVICE, hs_dmirror, refusals),
	FIELD(DEVICE, hs_dmirror, sub.seq),
	FIELD(DEVICE, hs_dmirror, sub),
	FIELD(DEVICE, hs_dmirror, mirror),
	ARRAY(DEVICE, offsetof(struct hs_dmirror, table), sizeof(hs_u64), ".entry"),
	FIELD(PAGE, hs_page, refcount),
	FIELD(PAGE, hs_page, mapcount),
	FIELD(PAGE, hs_page, pgmap),
	FIELD(PAGE, hs_page, private),
	FIELD(PAGE, hs_page, state),
	FIELD(PAGE_EXT, hs_page_ext, contents),
	FIELD(PAGE_EXT, hs_page_ext, key),
	FIELD(ANON, hs_anon, lock),
	FIELD(ANON, hs_anon, mm),
	FIELD(SWAP_SLOT, hs_swap_slot, contents),
	FIELD(SWAP_SLOT, hs_swap_slot, used),
};

bool hs_field_print(enum hs_kind kind, size_t offset, char *text, size_t size)
{
	for (size_t i = 0; i < sizeof(field_table) / sizeof(field_table[0]); i++) {
		size_t at = offset - field_table[i].offset;

		if (field_table[i].kind != kind || offset < field_table[i].offset ||
		    at >= field_table[i].size)
			continue;
		if (field_table[i].item)
			snprintf(text, size, "%s[%zu]", field_table[i].name,
				 at / field_table[i].item);
		else
			snprintf(text, size, "%s", field_table[i].name);
		return true;
	}
	return false;
}
