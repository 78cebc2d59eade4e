/* SPDX-License-Identifier: MIT */
/*
 * Every pair of mmap, munmap and mprotect on six pages, against an array of pages.
 */
#include "support/vma_steps.h"

#define PAGES 6

struct model {
	int access[PAGES]; /* -1: not mapped */
	uint64_t entry[PAGES];
};

static const uint64_t kinds[] = {
	MAPPED | 0x300,
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

		if (hs_pt_get(s->self, s->mm, addr, 0) != m->entry[i])
			fail_msg("page %u: entry %llx, expected %llx", i,
				 (unsigned long long)hs_pt_get(s->self, s->mm, addr, 0),
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
		assert_int_equal(hs_pt_set(s->self, s->mm, base + i * PAGE, 0, kinds[i]), 0);
	}
}

static void every_pair(const char *start, bool file)
{
	const uint64_t base = 8 * PAGE;
	struct space s;
	struct model m;

	vma_space_open(&s, HS_GEOMETRY_MOCK);
	for (uint32_t first = 0; first < STEPS; first++) {
		for (uint32_t second = 0; second < STEPS; second++) {
			const struct step p = nth_step(first, file), q = nth_step(second, file);

			model_start(&s, &m, start, file, base);
			assert_int_equal(take_step(&s, &p, base), model_step(&m, &p));
			if (!second)
				expect_model(&s, &m, file, base);
			assert_int_equal(take_step(&s, &q, base), model_step(&m, &q));
			expect_model(&s, &m, file, base);
			assert_int_equal(hs_munmap(s.self, s.mm, base, base + PAGES * PAGE), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_of_operations_is_as_on_an_array_of_pages),
	};

	return cmocka_run_group_tests_name("vma pairs", tests, NULL, NULL);
}
