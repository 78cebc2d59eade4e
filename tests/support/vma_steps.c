/* SPDX-License-Identifier: MIT */
#include "support/vma_steps.h"

int vma_space_try(struct space *s, enum hs_geometry_id id, uint64_t fail)
{
	int ret = space_try(s, id, fail);

	if (!ret)
		ret = hs_gate_create(s->self, &s->gate);
	return ret ? ret : space_add_file(s, HS_MAPPING_DAX_FILE, 0, HS_PAGE_REFS_6_1);
}

void vma_space_open(struct space *s, enum hs_geometry_id id)
{
	assert_int_equal(vma_space_try(s, id, 0), 0);
}

int vma_space_setup(void **state)
{
	space_setup(state);
	assert_int_equal(
		hs_gate_create(((struct space *)*state)->self, &((struct space *)*state)->gate), 0);
	add_file(*state, HS_MAPPING_DAX_FILE, 0, HS_PAGE_REFS_6_1);
	return 0;
}

const char *layout(const struct hs_mm *mm, uint64_t base)
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

int take_step(struct space *s, const struct step *p, uint64_t base)
{
	struct hs_task *self = s->self;
	uint64_t start = base + p->start * PAGE, end = base + p->end * PAGE;

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
		return hs_vma_set_gate(s->self, s->mm, start, end, p->flags ? s->gate : NULL);
	}
}
