/* SPDX-License-Identifier: MIT */
/*
 * mmap, munmap, mprotect: VMAs are cut and joined, entries change with them, notifiers are told.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mm/mm.h"
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

static bool probe(struct hs_task *self, struct hs_interval_sub *sub,
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

static int space_fill(struct space *s, enum hs_geometry_id id)
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

static void space_open(struct space *s, enum hs_geometry_id id)
{
	memset(s, 0, sizeof(*s));
	world_open_failing(&s->w, 0);
	assert_int_equal(space_fill(s, id), 0);
}

static void space_close(struct space *s)
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

static void expect_told(struct space *s, uint32_t n)
{
	assert_int_equal(s->told, n);
	s->told = 0;
}

static void expect_section(const struct space *s, uint32_t i, enum hs_invalidate_event event,
			   uint64_t start, uint64_t end)
{
	assert_int_equal(s->seen[i].event, event);
	assert_int_equal(s->seen[i].start, start);
	assert_int_equal(s->seen[i].end, end);
	assert_true(s->seen[i].blockable);
}

/* ---- what can be one, and what cannot ---------------------------------------------------- */

/* "0-2rw 2-4r 5-6rwF3": pages, access, and of a file the page that it begins with. */
static const char *layout(const struct hs_mm *mm, uint64_t base)
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

static void set_gate(struct hs_task *self, struct hs_vma *vma, uint64_t value)
{
	(void)self;
	vma->gate = (struct hs_gate *)(uintptr_t)value;
}

static int take_step(struct space *s, const struct step *p, uint64_t base)
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

static const struct {
	struct step step[4];
	const char *layout;
	uint32_t vmas_of_file;
} cases[] = {
	{ { { MAP, 0, 4, W, 0 } }, "0-4rw", 0 },
	/* mmap: the lower neighbour, the upper one, both, none of other flags */
	{ { { MAP, 0, 2, W, 0 }, { MAP, 2, 4, W, 0 } }, "0-4rw", 0 },
	{ { { MAP, 2, 4, W, 0 }, { MAP, 0, 2, W, 0 } }, "0-4rw", 0 },
	{ { { MAP, 0, 2, W, 0 }, { MAP, 4, 6, W, 0 }, { MAP, 2, 4, W, 0 } }, "0-6rw", 0 },
	{ { { MAP, 0, 2, R, 0 }, { MAP, 4, 6, R, 0 }, { MAP, 2, 4, W, 0 } }, "0-2r 2-4rw 4-6r", 0 },
	{ { { MAP, 0, 2, R, 0 }, { MAP, 4, 6, W, 0 }, { MAP, 2, 4, W, 0 } }, "0-2r 2-6rw", 0 },
	{ { { MAP, 0, 2, W, 0 }, { MAP, 3, 4, W, 0 } }, "0-2rw 3-4rw", 0 },
	/* a file: pgoff must go on */
	{ { { FILE_AT, 0, 2, W, 5 }, { FILE_AT, 2, 4, W, 7 } }, "0-4rwF5", 1 },
	{ { { FILE_AT, 2, 4, W, 7 }, { FILE_AT, 0, 2, W, 5 } }, "0-4rwF5", 1 },
	{ { { FILE_AT, 0, 2, W, 5 }, { FILE_AT, 2, 4, W, 8 } }, "0-2rwF5 2-4rwF8", 2 },
	{ { { FILE_AT, 2, 4, W, 5 }, { FILE_AT, 0, 2, W, 5 } }, "0-2rwF5 2-4rwF5", 2 },
	{ { { FILE_AT, 0, 2, W, 5 }, { FILE_AT, 3, 5, W, 7 } }, "0-2rwF5 3-5rwF7", 2 },
	{ { { FILE_AT, 0, 2, W, 5 }, { FILE_AT, 4, 6, W, 9 }, { FILE_AT, 2, 4, W, 7 } },
	  "0-6rwF5",
	  1 },
	{ { { FILE_AT, 0, 2, W, 5 }, { MAP, 2, 4, W | HS_VM_SHARED, 0 } }, "0-2rwF5 2-4rw", 1 },
	/* munmap: middle, head, tail, all, over gaps and borders, nothing */
	{ { { FILE_AT, 0, 6, W, 1 }, { UNMAP, 2, 4, 0, 0 } }, "0-2rwF1 4-6rwF5", 2 },
	{ { { FILE_AT, 0, 6, W, 1 }, { UNMAP, 0, 4, 0, 0 } }, "4-6rwF5", 1 },
	{ { { FILE_AT, 0, 6, W, 1 }, { UNMAP, 4, 6, 0, 0 } }, "0-4rwF1", 1 },
	{ { { FILE_AT, 0, 6, W, 1 }, { UNMAP, 0, 6, 0, 0 } }, "", 0 },
	{ { { FILE_AT, 0, 2, W, 1 }, { MAP, 4, 6, W, 0 }, { UNMAP, 1, 5, 0, 0 } },
	  "0-1rwF1 5-6rw",
	  1 },
	{ { { MAP, 0, 2, W, 0 }, { UNMAP, 2, 6, 0, 0 } }, "0-2rw", 0 },
	/* mprotect: the same, and back again */
	{ { { FILE_AT, 0, 6, W, 1 }, { PROTECT, 2, 4, R, 0 } }, "0-2rwF1 2-4rF3 4-6rwF5", 3 },
	{ { { FILE_AT, 0, 6, W, 1 }, { PROTECT, 2, 4, R, 0 }, { PROTECT, 2, 4, W, 0 } },
	  "0-6rwF1",
	  1 },
	{ { { FILE_AT, 0, 6, W, 1 }, { PROTECT, 0, 2, R, 0 }, { PROTECT, 2, 4, R, 0 } },
	  "0-4rF1 4-6rwF5",
	  2 },
	{ { { MAP, 0, 2, W, 0 }, { MAP, 2, 4, R, 0 }, { PROTECT, 0, 4, R, 0 } }, "0-4r", 0 },
	{ { { MAP, 0, 2, W, 0 }, { MAP, 2, 4, R, 0 }, { PROTECT, 1, 3, 0, 0 } },
	  "0-1rw 1-3 3-4r",
	  0 },
	/* a gate keeps VMAs apart */
	{ { { MAP, 0, 4, W, 0 }, { GATE, 1, 2, 16, 0 } }, "0-1rw 1-2rwG 2-4rw", 0 },
	{ { { MAP, 0, 4, W, 0 }, { GATE, 0, 4, 16, 0 }, { MAP, 4, 5, W, 0 } }, "0-4rwG 4-5rw", 0 },
	{ { { MAP, 0, 4, W, 0 }, { GATE, 1, 2, 16, 0 }, { GATE, 0, 4, 0, 0 } }, "0-4rw", 0 },
	{ { { MAP, 0, 4, W, 0 }, { GATE, 0, 4, 16, 0 }, { UNMAP, 1, 2, 0, 0 } },
	  "0-1rwG 2-4rwG",
	  0 },
};

static void vmas_are_cut_and_joined(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct space s;

		space_open(&s, HS_GEOMETRY_X86_64);
		for (const struct step *p = cases[i].step; p->op != END; p++)
			assert_int_equal(take_step(&s, p, BASE), 0);
		assert_string_equal(layout(s.mm, BASE), cases[i].layout);
		assert_int_equal(hs_mapping_vmas(s.w.self, s.file), cases[i].vmas_of_file);
		space_close(&s);
	}
}

/* Equal in all else, even in pgoff: another mapping, and none. */
static void neighbours_of_other_mappings_stay_apart(void **state)
{
	struct hs_mapping_config config = { .kind = HS_MAPPING_DAX_FILE,
					    .first = 0x200000,
					    .pages = 4 };
	const uint32_t flags = W | HS_VM_SHARED;
	struct hs_mapping *other = NULL;
	struct space s;
	struct hs_task *self;

	(void)state;
	space_open(&s, HS_GEOMETRY_X86_64);
	self = s.w.self;
	config.pgmap = s.pgmap;
	assert_int_equal(hs_mapping_create(self, &config, &other), 0);
	assert_int_equal(hs_mmap(self, s.mm, BASE, BASE + PAGE, flags, s.file, BASE / PAGE), 0);
	assert_int_equal(hs_mmap(self, s.mm, BASE + PAGE, BASE + 2 * PAGE, flags, other,
				 BASE / PAGE + 1),
			 0);
	assert_int_equal(hs_mmap(self, s.mm, BASE + 2 * PAGE, BASE + 3 * PAGE, flags, NULL, 0), 0);
	assert_int_equal(hs_vma_count(s.mm), 3);
	assert_int_equal(hs_munmap(self, s.mm, BASE, BASE + 3 * PAGE), 0);
	hs_mapping_destroy(self, other);
	space_close(&s);
}

/* One VMA becomes three where the array has room for one. */
static void the_array_grows_for_both_cuts_at_once(void **state)
{
	struct space s;

	(void)state;
	space_open(&s, HS_GEOMETRY_X86_64);
	for (uint32_t i = 0; i < 7; i++) {
		const struct step p = { MAP, 8 * i, 8 * i + 4, W, 0 };

		assert_int_equal(take_step(&s, &p, BASE), 0);
	}
	assert_int_equal(s.mm->vma_room, 8);
	assert_int_equal(hs_mprotect(s.w.self, s.mm, BASE + PAGE, BASE + 2 * PAGE, R), 0);
	assert_int_equal(hs_vma_count(s.mm), 9);
	assert_true(s.mm->vma_room >= 9);
	space_close(&s);
}

/* ---- every pair of operations against an array of pages ---------------------------------- */

#define PAGES 6

struct model {
	int access[PAGES]; /* -1: not mapped */
	uint64_t entry[PAGES];
};

static const uint64_t kinds[] = {
	PRESENT | 0x300,
	HS_ENTRY_VALID | HS_ENTRY_DEVMAP | 0x301,
	HS_ENTRY_VALID | (uint64_t)HS_TYPE_ZERO << HS_ENTRY_TYPE_SHIFT | HS_ZERO_PFN,
	HS_ENTRY_WRITE | (uint64_t)HS_TYPE_MIGRATION << HS_ENTRY_TYPE_SHIFT | 0x303,
	HS_ENTRY_WRITE | HS_ENTRY_DEVPRIV | 0x304,
	(uint64_t)HS_TYPE_HWPOISON << HS_ENTRY_TYPE_SHIFT | 0x305,
};

/* What mprotect does to an entry, case by case. */
static uint64_t model_protected(uint64_t e, int access)
{
	const uint64_t none = (uint64_t)HS_TYPE_PROTNONE << HS_ENTRY_TYPE_SHIFT;
	const uint64_t zero = (uint64_t)HS_TYPE_ZERO << HS_ENTRY_TYPE_SHIFT;

	if (!(access & HS_VM_WRITE))
		e &= ~HS_ENTRY_WRITE;
	if (!access && e & HS_ENTRY_VALID)
		return (e & (HS_ENTRY_DEVMAP | HS_ENTRY_PFN)) | none;
	if (access && (e & HS_ENTRY_TYPE) == none) {
		e = (e & ~none) | HS_ENTRY_VALID;
		return (e & HS_ENTRY_PFN) == HS_ZERO_PFN ? e | zero : e;
	}
	return e;
}

static int model_step(struct model *m, const struct step *p)
{
	for (uint32_t i = p->start; i < p->end; i++) {
		if (p->op == PROTECT && m->access[i] < 0)
			return -ENOMEM;
		if ((p->op == MAP || p->op == FILE_AT) && m->access[i] >= 0)
			return -EEXIST;
	}
	for (uint32_t i = p->start; i < p->end; i++) {
		if (p->op == PROTECT && m->access[i] != (int)p->flags)
			m->entry[i] = model_protected(m->entry[i], (int)p->flags);
		if (p->op == UNMAP)
			m->entry[i] = 0;
		m->access[i] = p->op == UNMAP ? -1 : (int)p->flags;
	}
	return 0;
}

static uint32_t model_vmas(const struct model *m)
{
	uint32_t n = 0;

	for (int i = 0; i < PAGES; i++)
		n += m->access[i] >= 0 && (!i || m->access[i] != m->access[i - 1]);
	return n;
}

static void expect_model(struct space *s, const struct model *m, bool file, uint64_t base)
{
	uint32_t n = model_vmas(m);

	assert_int_equal(s->mm->vma_count, n);
	assert_int_equal(s->file->vma_count, file ? n : 0);
	for (uint32_t i = 0; i < PAGES; i++) {
		uint64_t addr = base + i * PAGE;
		const struct hs_vma *v = hs_vma_at(s->mm, addr);

		if (hs_pt_get(s->w.self, s->mm, addr, 0) != m->entry[i])
			fail_msg("page %u: entry %llx, expected %llx", i,
				 (unsigned long long)hs_pt_get(s->w.self, s->mm, addr, 0),
				 (unsigned long long)m->entry[i]);
		assert_int_equal(!v, m->access[i] < 0);
		if (!v)
			continue;
		assert_int_equal(v->flags & HS_VM_ACCESS, m->access[i]);
		assert_int_equal(v->pgoff + (addr - v->start) / PAGE,
				 file ? i : addr >> HS_PAGE_SHIFT);
	}
}

/* Operation @n of all: five kinds on 21 ranges. */
#define STEPS (6 * 21)

static struct step nth_step(uint32_t n, bool file)
{
	static const struct step kind[] = { { MAP, 0, 0, W, 0 },     { MAP, 0, 0, R, 0 },
					    { UNMAP, 0, 0, 0, 0 },   { PROTECT, 0, 0, R, 0 },
					    { PROTECT, 0, 0, W, 0 }, { PROTECT, 0, 0, 0, 0 } };
	struct step p = kind[n % 6];
	uint32_t range = n / 6;

	if (file && p.op == MAP)
		p.op = FILE_AT;
	for (p.start = 0; range >= PAGES - p.start; p.start++)
		range -= PAGES - p.start;
	p.end = p.start + 1 + range;
	p.pgoff = p.start;
	return p;
}

static const char *const starts[] = { "------", "wwwwww", "wwr-ww", "-rrw0w" };

static void model_start(struct space *s, struct model *m, const char *text, bool file,
			uint64_t base)
{
	for (uint32_t i = 0; i < PAGES; i++) {
		struct step p = { file ? FILE_AT : MAP, i, i + 1, 0, i };

		m->access[i] = -1;
		m->entry[i] = 0;
		if (text[i] == '-')
			continue;
		p.flags = text[i] == 'w' ? W : text[i] == 'r' ? R : 0;
		assert_int_equal(model_step(m, &p), 0);
		assert_int_equal(take_step(s, &p, base), 0);
		m->entry[i] = kinds[i];
		assert_int_equal(hs_pt_set(s->w.self, s->mm, base + i * PAGE, 0, kinds[i]), 0);
	}
}

static void every_pair(const char *start, bool file)
{
	const uint64_t base = 8 * PAGE;
	struct space s;
	struct model m;

	space_open(&s, HS_GEOMETRY_MOCK);
	for (uint32_t first = 0; first < STEPS; first++) {
		for (uint32_t second = 0; second < STEPS; second++) {
			const struct step p = nth_step(first, file), q = nth_step(second, file);

			model_start(&s, &m, start, file, base);
			assert_int_equal(take_step(&s, &p, base), model_step(&m, &p));
			if (!second)
				expect_model(&s, &m, file, base);
			assert_int_equal(take_step(&s, &q, base), model_step(&m, &q));
			expect_model(&s, &m, file, base);
			assert_int_equal(hs_munmap(s.w.self, s.mm, base, base + PAGES * PAGE), 0);
		}
	}
	space_close(&s);
}

static void every_pair_of_operations_is_as_on_an_array_of_pages(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		every_pair(starts[i], false);
		every_pair(starts[i], true);
	}
}

/* ---- errors ------------------------------------------------------------------------------ */

static void ranges_must_make_sense(void **state)
{
	const uint64_t end = 1ull << 47;
	const struct {
		uint64_t start, end;
	} bad[] = { { BASE, BASE },
		    { BASE + PAGE, BASE },
		    { BASE + 1, BASE + PAGE },
		    { BASE, BASE + PAGE + 1 },
		    { end, end + PAGE },
		    { end - PAGE, end + PAGE } };
	struct space s;

	(void)state;
	space_open(&s, HS_GEOMETRY_X86_64);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct hs_invalidation inv = { .start = bad[i].start, .end = bad[i].end };
		struct hs_task *self = s.w.self;

		assert_int_equal(hs_mmap(self, s.mm, bad[i].start, bad[i].end, W, NULL, 0),
				 -EINVAL);
		assert_int_equal(hs_munmap(self, s.mm, bad[i].start, bad[i].end), -EINVAL);
		assert_int_equal(hs_mprotect(self, s.mm, bad[i].start, bad[i].end, R), -EINVAL);
		assert_int_equal(hs_zap(self, s.mm, &inv), -EINVAL);
	}
	assert_int_equal(hs_mmap(s.w.self, s.mm, end - PAGE, end, W, NULL, 0), 0);
	assert_int_equal(hs_munmap(s.w.self, s.mm, end - PAGE, end), 0);
	space_close(&s);
}

static void mprotect_asks_before_it_changes(void **state)
{
	struct space s;
	struct hs_task *self;

	(void)state;
	space_open(&s, HS_GEOMETRY_X86_64);
	self = s.w.self;
	assert_int_equal(hs_mmap(self, s.mm, BASE, BASE + 2 * PAGE, W | MAY, NULL, 0), 0);
	assert_int_equal(hs_mmap(self, s.mm, BASE + 2 * PAGE, BASE + 4 * PAGE, R, NULL, 0), 0);
	assert_int_equal(hs_mmap(self, s.mm, BASE + 5 * PAGE, BASE + 6 * PAGE, R | MAY, NULL, 0),
			 0);
	assert_int_equal(hs_mprotect(self, s.mm, BASE, BASE + 4 * PAGE, HS_VM_SHARED), -EINVAL);
	assert_int_equal(hs_mprotect(self, s.mm, BASE, BASE + 4 * PAGE, W), -EACCES);
	assert_int_equal(hs_mprotect(self, s.mm, BASE, BASE + 6 * PAGE, W), -EACCES);
	assert_int_equal(hs_mprotect(self, s.mm, BASE, BASE + 6 * PAGE, R), -ENOMEM);
	assert_int_equal(hs_mprotect(self, s.mm, BASE + 4 * PAGE, BASE + 6 * PAGE, W), -ENOMEM);
	assert_int_equal(hs_mprotect(self, s.mm, BASE + 5 * PAGE, BASE + 7 * PAGE, R), -ENOMEM);
	assert_string_equal(layout(s.mm, BASE), "0-2rw 2-4r 5-6r");
	expect_told(&s, 0);
	assert_int_equal(hs_mprotect(self, s.mm, BASE + 5 * PAGE, BASE + 6 * PAGE, W), 0);
	space_close(&s);
}

/* ---- notifier sections ------------------------------------------------------------------- */

static void munmap_is_one_section_over_the_whole_range(void **state)
{
	struct space s;
	struct hs_task *self;

	(void)state;
	space_open(&s, HS_GEOMETRY_X86_64);
	self = s.w.self;
	assert_int_equal(hs_mmap(self, s.mm, BASE, BASE + 2 * PAGE, W, NULL, 0), 0);
	assert_int_equal(hs_mmap(self, s.mm, BASE + 3 * PAGE, BASE + 6 * PAGE, R, NULL, 0), 0);
	expect_told(&s, 0);
	assert_int_equal(hs_munmap(self, s.mm, BASE + 8 * PAGE, BASE + 9 * PAGE), 0);
	assert_int_equal(hs_munmap(self, s.mm, BASE + 2 * PAGE, BASE + 3 * PAGE), 0);
	expect_told(&s, 0);
	assert_int_equal(hs_munmap(self, s.mm, BASE + PAGE, BASE + 5 * PAGE), 0);
	expect_section(&s, 0, HS_INVALIDATE_UNMAP, BASE + PAGE, BASE + 5 * PAGE);
	expect_told(&s, 1);
	space_close(&s);
}

static void mprotect_is_a_section_for_each_vma_that_changes(void **state)
{
	struct space s;
	struct hs_task *self;

	(void)state;
	space_open(&s, HS_GEOMETRY_X86_64);
	self = s.w.self;
	for (uint64_t i = 0; i < 3; i++)
		assert_int_equal(hs_mmap(self, s.mm, BASE + 2 * i * PAGE, BASE + 2 * (i + 1) * PAGE,
					 (i == 1 ? R : W) | MAY, NULL, 0),
				 0);
	assert_int_equal(hs_mprotect(self, s.mm, BASE + PAGE, BASE + 5 * PAGE, R), 0);
	expect_section(&s, 0, HS_INVALIDATE_PROTECTION_VMA, BASE + PAGE, BASE + 2 * PAGE);
	expect_section(&s, 1, HS_INVALIDATE_PROTECTION_VMA, BASE + 4 * PAGE, BASE + 5 * PAGE);
	expect_told(&s, 2);
	assert_string_equal(layout(s.mm, BASE), "0-1rw 1-5r 5-6rw");
	assert_int_equal(hs_mprotect(self, s.mm, BASE + PAGE, BASE + 5 * PAGE, R), 0);
	expect_told(&s, 0);
	space_close(&s);
}

/* A leaf that is hit in part goes as a whole, and its whole span is told. */
static void a_leaf_that_is_hit_in_part_is_told_and_goes_as_a_whole(void **state)
{
	const uint64_t huge = 0x200000, from = BASE + huge - 4 * PAGE, to = from + 8 * PAGE;
	struct space s;
	struct hs_task *self;

	(void)state;
	space_open(&s, HS_GEOMETRY_X86_64);
	self = s.w.self;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(hs_mmap(self, s.mm, BASE, BASE + 4 * huge, W | MAY, NULL, 0), 0);
		for (uint64_t k = 0; k < 3; k++)
			assert_int_equal(hs_pt_set(self, s.mm, BASE + k * huge, 1,
						   LEAF_2M | (k + 1) << 9),
					 0);
		assert_int_equal(i ? hs_mprotect(self, s.mm, from, to, R)
				   : hs_munmap(self, s.mm, from, to),
				 0);
		expect_section(&s, 0, i ? HS_INVALIDATE_PROTECTION_VMA : HS_INVALIDATE_UNMAP, BASE,
			       BASE + 2 * huge);
		expect_told(&s, 1);
		for (uint64_t k = 0; k < 3; k++)
			assert_int_equal(hs_pt_get(self, s.mm, BASE + k * huge, 1),
					 k < 2 ? 0 : LEAF_2M | 3 << 9);
		assert_int_equal(hs_munmap(self, s.mm, BASE, BASE + 4 * huge), 0);
		s.told = 0;
	}
	/* As a whole: it stays, and only its access changes. */
	assert_int_equal(hs_mmap(self, s.mm, BASE, BASE + 2 * huge, W | MAY, NULL, 0), 0);
	assert_int_equal(hs_pt_set(self, s.mm, BASE, 1, LEAF_2M | 1 << 9), 0);
	assert_int_equal(hs_mprotect(self, s.mm, BASE, BASE + huge, R), 0);
	assert_int_equal(hs_pt_get(self, s.mm, BASE, 1), (LEAF_2M | 1 << 9) & ~HS_ENTRY_WRITE);
	space_close(&s);
}

static void device_dax_is_cut_at_leaves_only(void **state)
{
	struct hs_mapping_config config = { .kind = HS_MAPPING_DEVICE_DAX,
					    .first = 0x400000,
					    .pages = 2048,
					    .level = 1,
					    .leaf_order = 9 };
	struct hs_mapping *dax = NULL;
	const uint64_t huge = 0x200000;
	struct space s;
	struct hs_task *self;

	(void)state;
	space_open(&s, HS_GEOMETRY_X86_64);
	self = s.w.self;
	assert_int_equal(
		hs_pgmap_add(self, HS_PGMAP_GENERIC, 0x400000, 0x400800, NULL, &config.pgmap), 0);
	assert_int_equal(hs_mapping_create(self, &config, &dax), 0);
	assert_int_equal(hs_mmap(self, s.mm, BASE, BASE + 4 * huge, W | HS_VM_SHARED, dax, 0), 0);
	assert_int_equal(hs_munmap(self, s.mm, BASE + PAGE, BASE + 2 * huge), -EINVAL);
	assert_int_equal(hs_munmap(self, s.mm, BASE + huge, BASE + 2 * huge + PAGE), -EINVAL);
	assert_int_equal(hs_mprotect(self, s.mm, BASE, BASE + PAGE, R), -EINVAL);
	assert_string_equal(layout(s.mm, BASE), "0-2048rwF0");
	assert_int_equal(hs_munmap(self, s.mm, BASE + huge, BASE + 2 * huge), 0);
	assert_string_equal(layout(s.mm, BASE), "0-512rwF0 1024-2048rwF1024");
	assert_int_equal(hs_munmap(self, s.mm, BASE, BASE + 4 * huge), 0);
	hs_mapping_destroy(self, dax);
	hs_pgmap_remove(self, config.pgmap);
	space_close(&s);
}

/* ---- tables ------------------------------------------------------------------------------ */

static uint64_t objects(struct hs_task *self)
{
	struct hs_machine_info info;

	hs_machine_info(hs_task_machine(self), &info);
	return info.objects;
}

/* In the mock geometry a PTE table spans 2 pages, the next one 4, the next one 16. */
static void munmap_frees_tables_that_no_neighbour_needs(void **state)
{
	static const struct {
		uint32_t start, end; /* unmapped of pages 0 to 16 */
		uint64_t freed;	     /* tables */
	} of[] = { { 0, 1, 0 }, { 0, 2, 1 }, { 1, 3, 0 }, { 1, 4, 1 }, { 0, 3, 1 },  { 0, 4, 3 },
		   { 2, 6, 2 }, { 4, 8, 3 }, { 3, 9, 3 }, { 2, 8, 4 }, { 0, 16, 13 } };

	(void)state;
	for (size_t i = 0; i < sizeof(of) / sizeof(of[0]); i++) {
		uint64_t before;
		struct space s;

		space_open(&s, HS_GEOMETRY_MOCK);
		/* A VMA beyond keeps the root's other half in use. */
		assert_int_equal(hs_mmap(s.w.self, s.mm, 32 * PAGE, 33 * PAGE, W, NULL, 0), 0);
		assert_int_equal(hs_mmap(s.w.self, s.mm, 0, 16 * PAGE, W, NULL, 0), 0);
		for (uint64_t k = 0; k < 16; k++)
			assert_int_equal(hs_pt_set(s.w.self, s.mm, k * PAGE, 0, PRESENT | k), 0);
		/* The VMA that a cut makes is one object more, one that goes is one less. */
		before = objects(s.w.self) - s.mm->vma_count;
		assert_int_equal(hs_munmap(s.w.self, s.mm, of[i].start * PAGE, of[i].end * PAGE),
				 0);
		assert_int_equal(before - (objects(s.w.self) - s.mm->vma_count), of[i].freed);
		for (uint64_t k = 0; k < 16; k++)
			assert_int_equal(hs_pt_get(s.w.self, s.mm, k * PAGE, 0),
					 k < of[i].start || k >= of[i].end ? PRESENT | k : 0);
		space_close(&s);
	}
}

/* Two halves of a table go one after the other: the second one takes it along. */
static void a_table_goes_with_the_last_vma_in_it(void **state)
{
	struct space s;
	struct hs_task *self;
	uint64_t before;

	(void)state;
	space_open(&s, HS_GEOMETRY_X86_64);
	self = s.w.self;
	assert_int_equal(hs_mmap(self, s.mm, BASE, BASE + PAGE, W, NULL, 0), 0);
	assert_int_equal(hs_mmap(self, s.mm, BASE + 2 * PAGE, BASE + 3 * PAGE, W, NULL, 0), 0);
	before = objects(self);
	assert_int_equal(hs_pt_set(self, s.mm, BASE, 0, PRESENT | 1), 0);
	assert_int_equal(hs_munmap(self, s.mm, BASE, BASE + PAGE), 0);
	assert_int_equal(objects(self), before - 1 + 3);
	assert_int_equal(hs_munmap(self, s.mm, BASE + 2 * PAGE, BASE + 3 * PAGE), 0);
	assert_int_equal(objects(self), before - 2);
	space_close(&s);
}

/* ---- no memory --------------------------------------------------------------------------- */

static const struct step memory_steps[] = {
	{ MAP, 0, 6, W, 0 },	   { FILE_AT, 8, 14, W, 0 },  { PROTECT, 2, 4, R, 0 },
	{ UNMAP, 9, 11, 0, 0 },	   { GATE, 0, 1, 16, 0 },     { UNMAP, 1, 3, 0, 0 },
	{ PROTECT, 11, 12, 0, 0 }, { FILE_AT, 20, 21, W, 3 }, { MAP, 22, 23, W, 0 },
	{ MAP, 24, 25, W, 0 },	   { END, 0, 0, 0, 0 },
};

/* Runs the steps; one that fails has changed nothing, and succeeds when it is taken again. */
static uint32_t run_out_of_memory(struct space *s)
{
	uint32_t failures = 0;
	char before[256];

	for (const struct step *p = memory_steps; p->op != END; p++) {
		uint64_t count = objects(s->w.self);
		uint32_t file = s->file->vma_count, told = s->told;
		int ret;

		strcpy(before, layout(s->mm, BASE));
		ret = take_step(s, p, BASE);
		if (!ret)
			continue;
		assert_int_equal(ret, -ENOMEM);
		failures++;
		assert_string_equal(layout(s->mm, BASE), before);
		assert_int_equal(objects(s->w.self), count);
		assert_int_equal(s->file->vma_count, file);
		assert_int_equal(s->told, told);
		assert_int_equal(take_step(s, p, BASE), 0);
	}
	return failures;
}

static void every_allocation_can_fail_and_changes_nothing(void **state)
{
	uint64_t fail, failed = 0;
	uint32_t failures = 1;
	int ret = -1;

	(void)state;
	for (fail = 3; ret || failures; fail++) {
		struct space s;

		memset(&s, 0, sizeof(s));
		world_open_failing(&s.w, fail);
		ret = space_fill(&s, HS_GEOMETRY_X86_64);
		assert_true(!ret || ret == -ENOMEM);
		failures = ret ? 0 : run_out_of_memory(&s);
		failed += failures;
		if (!ret)
			assert_string_equal(layout(s.mm, BASE),
					    "0-1rwG 3-4r 4-6rw 8-9rwF0 11-12F3 "
					    "12-14rwF4 20-21rwF3 22-23rw 24-25rw");
		space_close(&s);
	}
	assert_true(failed > 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vmas_are_cut_and_joined),
		cmocka_unit_test(neighbours_of_other_mappings_stay_apart),
		cmocka_unit_test(the_array_grows_for_both_cuts_at_once),
		cmocka_unit_test(every_pair_of_operations_is_as_on_an_array_of_pages),
		cmocka_unit_test(ranges_must_make_sense),
		cmocka_unit_test(mprotect_asks_before_it_changes),
		cmocka_unit_test(munmap_is_one_section_over_the_whole_range),
		cmocka_unit_test(mprotect_is_a_section_for_each_vma_that_changes),
		cmocka_unit_test(a_leaf_that_is_hit_in_part_is_told_and_goes_as_a_whole),
		cmocka_unit_test(device_dax_is_cut_at_leaves_only),
		cmocka_unit_test(munmap_frees_tables_that_no_neighbour_needs),
		cmocka_unit_test(a_table_goes_with_the_last_vma_in_it),
		cmocka_unit_test(every_allocation_can_fail_and_changes_nothing),
	};

	return cmocka_run_group_tests_name("vma", tests, NULL, NULL);
}
