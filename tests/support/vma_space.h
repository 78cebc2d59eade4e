/* SPDX-License-Identifier: MIT */
/*
 * vma_space.h - an address space, a file and a probe that notes the sections, and steps on its VMAs
 */
#ifndef HS_TESTS_VMA_SPACE_H
#define HS_TESTS_VMA_SPACE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <hmmsim/fault.h>
#include <hmmsim/pgmap.h>
#include <hmmsim/pte_ops.h>

#include "mm/mapping.h"
#include "mm/mm.h"
#include "mm/vma.h"
#include "support/world.h"

#define BASE 0x7f0000000000ull
#define PAGE 0x1000ull
#define R HS_VM_READ
#define W (HS_VM_READ | HS_VM_WRITE)
#define MAY HS_VM_MAYWRITE
#define PRESENT (HS_ENTRY_VALID | HS_ENTRY_WRITE)
#define LEAF_2M (PRESENT | (uint64_t)9 << HS_ENTRY_ORDER_SHIFT)

#define SEEN 8

struct space {
	struct world w;
	struct hs_mm *mm;
	struct hs_pgmap *pgmap;
	struct hs_mapping *file;
	struct hs_interval_sub sub; /* of everything */
	struct hs_invalidation seen[SEEN];
	uint32_t told; /* sections begun */
};

static inline bool probe(struct hs_task *self, struct hs_interval_sub *sub,
			 const struct hs_invalidation *inv, uint64_t cur_seq)
{
	struct space *s = (struct space *)((char *)sub - offsetof(struct space, sub));

	hs_interval_set_seq(self, sub, cur_seq);
	if (s->told < SEEN)
		s->seen[s->told] = *inv;
	s->told++;
	return true;
}

static const struct hs_interval_ops probe_ops = { probe };

static inline int space_fill(struct space *s, enum hs_geometry_id id)
{
	struct hs_mapping_config config = { .kind = HS_MAPPING_DAX_FILE,
					    .first = 0x200000,
					    .pages = 64 };
	struct hs_task *self = s->w.self;
	int ret = hs_mm_create(self, hs_geometry(id), &s->mm);

	if (ret)
		return ret;
	ret = hs_pgmap_add(self, HS_PGMAP_FS_DAX, 0x200000, 0x200400, NULL, &s->pgmap);
	if (ret)
		return ret;
	config.pgmap = s->pgmap;
	ret = hs_mapping_create(self, &config, &s->file);
	if (ret)
		return ret;
	return hs_interval_insert(self, &s->sub, s->mm->notifiers, 0, UINT64_MAX, &probe_ops);
}

static inline void space_open(struct space *s, enum hs_geometry_id id)
{
	memset(s, 0, sizeof(*s));
	world_open_failing(&s->w, 0);
	assert_int_equal(space_fill(s, id), 0);
}

static inline void space_close(struct space *s)
{
	struct hs_task *self = s->w.self;

	if (s->sub.notifiers)
		hs_interval_remove(self, &s->sub);
	if (s->mm)
		hs_mm_destroy(self, s->mm);
	if (s->file)
		hs_mapping_destroy(self, s->file);
	if (s->pgmap)
		hs_pgmap_remove(self, s->pgmap);
	world_close(&s->w);
}

static inline void expect_told(struct space *s, uint32_t n)
{
	assert_int_equal(s->told, n);
	s->told = 0;
}

static inline void expect_section(const struct space *s, uint32_t i, enum hs_invalidate_event event,
				  uint64_t start, uint64_t end)
{
	assert_int_equal(s->seen[i].event, event);
	assert_int_equal(s->seen[i].start, start);
	assert_int_equal(s->seen[i].end, end);
	assert_true(s->seen[i].blockable);
}

/* ---- VMAs as text, and steps ------------------------------------------------------------- */

/* "0-2rw 2-4r 5-6rwF3": pages, access, and of a file the page that it begins with. */
static inline const char *layout(const struct hs_mm *mm, uint64_t base)
{
	static char text[256];
	size_t n = 0;

	text[0] = 0;
	for (uint32_t i = 0; i < mm->vma_count; i++) {
		const struct hs_vma *v = mm->vmas[i].vma;
		char of[24] = "";

		assert_int_equal(mm->vmas[i].end, v->end);
		if (v->mapping)
			snprintf(of, sizeof(of), "F%u", (unsigned int)v->pgoff);
		else
			assert_int_equal(v->pgoff, v->start >> HS_PAGE_SHIFT);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u-%u%s%s%s%s", n ? " " : "",
				      (unsigned int)((v->start - base) / PAGE),
				      (unsigned int)((v->end - base) / PAGE),
				      v->flags & HS_VM_READ ? "r" : "",
				      v->flags & HS_VM_WRITE ? "w" : "", of, v->gate ? "G" : "");
	}
	return text;
}

enum op {
	END,
	MAP,
	FILE_AT,
	UNMAP,
	PROTECT,
	GATE
};

struct step {
	enum op op;
	uint32_t start, end, flags, pgoff;
};

static inline void set_gate(struct hs_task *self, struct hs_vma *vma, uint64_t value)
{
	(void)self;
	vma->gate = (struct hs_gate *)(uintptr_t)value;
}

static inline int take_step(struct space *s, const struct step *p, uint64_t base)
{
	struct hs_task *self = s->w.self;
	uint64_t start = base + p->start * PAGE, end = base + p->end * PAGE;
	int ret;

	switch (p->op) {
	case MAP:
		return hs_mmap(self, s->mm, start, end, p->flags | MAY, NULL, 77);
	case FILE_AT:
		return hs_mmap(self, s->mm, start, end, p->flags | MAY | HS_VM_SHARED, s->file,
			       p->pgoff);
	case UNMAP:
		return hs_munmap(self, s->mm, start, end);
	case PROTECT:
		return hs_mprotect(self, s->mm, start, end, p->flags);
	default:
		hs_mm_lock_write(self, s->mm);
		ret = hs_vma_modify(self, s->mm, start, end, set_gate, p->flags);
		hs_mm_unlock_write(self, s->mm);
		return ret;
	}
}

#endif
