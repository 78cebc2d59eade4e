/* SPDX-License-Identifier: MIT */
/*
 * Bug 23: lib/test_hmm.c, the driver of the self-tests, freed what it knows of an open file while
 * pages of its device were still mapped by the process.
 *
 *	   CPU					close
 *	1.					frees the mirror of the file
 *	2. touches its page: migrate_to_ram()
 *	   finds the mirror by the page, and
 *	   takes its lock: use after free
 *
 * CVE-2026-46280, repaired by 744dd97752ef: close evicts the pages first. That leaves a window:
 *
 *	   CPU					close
 *	1. touches its page: a reference, and
 *	   migrate_to_ram()
 *	2.					evicts: skips the page, because another
 *						task has a reference to it
 *	3.					frees the mirror of the file
 *	4. takes its lock: use after free
 *
 * The fix that leaves none: each page on the device has a reference to the mirror, and page_free
 * puts it.
 *
 * The same driver said that it had mapped a range when the address space had ended, CVE-2026-90391:
 *
 *	   another task				driver
 *	1. is the last user of the mm, ends
 *	2.					mmget_not_zero() fails: returns 0, and
 *						has mapped nothing
 *
 * The switches: how the mirror is closed, a parameter of the driver below; and DMIRROR_DEAD_MM.
 *
 * What finds them: "use after free", of the mirror; and an assertion of the result.
 */
#include <errno.h>

#include <hmmsim/fault.h>
#include <hmmsim/linux.h>
#include <hmmsim/sync.h>

#include "regress/regress.h"

#define DEVICE_PFN 16 /* in the scenario a section has 8 pages, a subsection 2 */
#define DEVICE_PAGES 2
#define CONTENTS 7

/* How a file is closed. */
enum closing {
	CLOSE_FREES,
	CLOSE_EVICTS_AND_FREES,
	CLOSE_EVICTS_AND_PUTS, /* each page on the device has a reference */
	CLOSE_PUTS,
};

/* An open file: what the device has of its process. */
struct mirror {
	struct hs_sync_mutex mutex; /* protects the table: */
	unsigned long table;	    /* pfn + 1 of the page at 0; 0: none */
	struct hs_sync_u32 users;
};

struct state {
	struct dev_pagemap pagemap;
	struct hs_sync_spinlock lock; /* protects the list: */
	struct hs_page *free; /* linked by page_private(), which of others is their mirror */
	struct mirror *mirror;
	struct mm_struct *mm;
	enum closing closing;
};

/* ---- the driver -------------------------------------------------------------------------- */

static bool counts(const struct state *s)
{
	return s->closing == CLOSE_PUTS || s->closing == CLOSE_EVICTS_AND_PUTS;
}

static void mirror_get(struct mirror *mirror)
{
	hs_sync_u32_add(hs_linux_task(), &mirror->users, 1, HS_SYNC_RELAXED);
}

static void mirror_put(struct mirror *mirror)
{
	if (hs_sync_u32_add(hs_linux_task(), &mirror->users, -1u, HS_SYNC_ACQ_REL) == 1)
		hs_sync_free(hs_linux_task(), mirror);
}

static struct state *state_of(struct hs_page *page)
{
	return CONTAINER_OF(page_pgmap(page), struct state, pagemap);
}

static void list_page(struct state *s, struct hs_page *page)
{
	hs_sync_spin_lock(hs_linux_task(), &s->lock);
	set_page_private(page, (unsigned long)s->free);
	s->free = page;
	hs_sync_spin_unlock(hs_linux_task(), &s->lock);
}

static void device_page_free(struct hs_page *page)
{
	struct state *s = state_of(page);

	if (counts(s))
		mirror_put((struct mirror *)page_private(page));
	list_page(s, page);
}

static struct hs_page *device_page_alloc(struct state *s)
{
	struct hs_page *page;

	hs_sync_spin_lock(hs_linux_task(), &s->lock);
	page = s->free;
	s->free = (struct hs_page *)page_private(page);
	hs_sync_spin_unlock(hs_linux_task(), &s->lock);
	set_page_private(page, (unsigned long)s->mirror);
	mirror_get(s->mirror);
	zone_device_page_init(page);
	return page;
}

static unsigned long copy(struct hs_page *to, unsigned long src)
{
	copy_highpage(to, migrate_pfn_to_page(src));
	return migrate_pfn(page_to_pfn(to));
}

static unsigned long copy_to_ram(unsigned long src)
{
	struct hs_page *page = alloc_page(GFP_HIGHUSER_MOVABLE);

	if (!page)
		return 0;
	lock_page(page);
	return copy(page, src);
}

static vm_fault_t device_migrate_to_ram(struct vm_fault *vmf)
{
	struct mirror *mirror = (struct mirror *)page_private(vmf->page);
	unsigned long src = 0, dst = 0;
	struct migrate_vma m = {
		.vma = vmf->vma,
		.src = &src,
		.dst = &dst,
		.start = vmf->address,
		.end = vmf->address + HS_PAGE_BYTES,
		.pgmap_owner = page_pgmap(vmf->page)->owner,
		.flags = MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
		.fault_page = vmf->page,
	};

	if (migrate_vma_setup(&m))
		return VM_FAULT_SIGBUS;
	if (!m.cpages)
		return 0;
	dst = copy_to_ram(src);
	hs_sync_mutex_lock(hs_linux_task(), &mirror->mutex);
	mirror->table = 0;
	hs_sync_mutex_unlock(hs_linux_task(), &mirror->mutex);
	migrate_vma_pages(&m);
	migrate_vma_finalize(&m);
	return dst ? 0 : VM_FAULT_OOM;
}

static void evict(void)
{
	unsigned long src, dst = 0;

	migrate_device_range(&src, DEVICE_PFN, 1);
	if (src & MIGRATE_PFN_MIGRATE)
		dst = copy_to_ram(src);
	migrate_device_pages(&src, &dst, 1);
	migrate_device_finalize(&src, &dst, 1);
}

static int device_open(struct state *s)
{
	static const struct dev_pagemap_ops ops = { device_page_free, device_migrate_to_ram };
	static const struct hs_sync_class list = { .name = "free pages" };
	void *addr;
	int ret = hs_sync_spin_init(hs_linux_task(), &s->lock, &list);

	s->pagemap.type = MEMORY_DEVICE_PRIVATE;
	s->pagemap.range.start = DEVICE_PFN * HS_PAGE_BYTES;
	s->pagemap.range.end = (DEVICE_PFN + DEVICE_PAGES) * HS_PAGE_BYTES - 1;
	s->pagemap.nr_range = 1;
	s->pagemap.ops = &ops;
	s->pagemap.owner = s;
	addr = ret ? NULL : memremap_pages(&s->pagemap, NUMA_NO_NODE);
	if (ret || IS_ERR(addr))
		return ret ? ret : (int)PTR_ERR(addr);
	list_page(s, pfn_to_page(DEVICE_PFN));
	return 0;
}

static int mirror_open(struct state *s)
{
	static const struct hs_sync_class update = { .name = "mirror" };
	static const struct hs_sync_kind kind = { .name = "mirror" };

	s->mirror = hs_sync_alloc(hs_linux_task(), &kind, sizeof(*s->mirror));
	if (!s->mirror)
		return -ENOMEM;
	hs_sync_u32_init(&s->mirror->users, 1);
	return hs_sync_mutex_init(hs_linux_task(), &s->mirror->mutex, &update);
}

/* Moves the page of the process to the device. */
static int mirror_take(struct state *s)
{
	unsigned long src = 0, dst = 0;
	struct migrate_vma m = { .src = &src,
				 .dst = &dst,
				 .end = HS_PAGE_BYTES,
				 .pgmap_owner = s,
				 .flags = MIGRATE_VMA_SELECT_SYSTEM };
	int ret;

	mmap_read_lock(s->mm);
	m.vma = find_vma(s->mm, 0);
	ret = migrate_vma_setup(&m);
	if (!ret && m.cpages) {
		struct hs_page *page = device_page_alloc(s);

		dst = copy(page, src);
		s->mirror->table = page_to_pfn(page) + 1;
		migrate_vma_pages(&m);
		migrate_vma_finalize(&m);
	}
	mmap_read_unlock(s->mm);
	return ret;
}

static void mirror_close(struct state *s)
{
	if (s->closing == CLOSE_EVICTS_AND_FREES || s->closing == CLOSE_EVICTS_AND_PUTS)
		evict();
	if (counts(s))
		mirror_put(s->mirror);
	else
		hs_sync_free(hs_linux_task(), s->mirror);
}

/* ---- the scenario ------------------------------------------------------------------------ */

/* One fault. A CPU would repeat it where an eviction is under way: a search of that takes long. */
static void cpu(struct hs_task *self, void *arg)
{
	struct state *s = arg;
	uint32_t fault;

	mmap_read_lock(s->mm);
	fault = hs_handle_mm_fault(self, s->mm, find_vma(s->mm, 0), 0, 0, NULL);
	mmap_read_unlock(s->mm);
	hs_sync_assert(self, !fault, "fault %#x", fault);
}

static void closer(struct hs_task *self, void *arg)
{
	(void)self;
	mirror_close(arg);
}

static int setup(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	struct state *s = state;
	int ret = hs_memory_add(self, 0, DEVICE_PFN, true);

	s->closing = *(const enum closing *)param;
	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &s->mm);
	if (!ret) /* with REFERENCE the search takes long, because a fault and an eviction repeat */
		hs_mm_set_private_fault(s->mm, HS_PRIVATE_FAULT_WAIT);
	if (!ret)
		ret = hs_vma_add(self, s->mm, 0, HS_PAGE_BYTES, HS_VM_READ | HS_VM_WRITE);
	if (!ret)
		ret = device_open(s);
	if (!ret)
		ret = mirror_open(s);
	if (!ret && hs_cpu_write(self, s->mm, 0, CONTENTS))
		ret = -EFAULT;
	if (!ret)
		ret = mirror_take(s);
	if (!ret)
		ret = hs_plan_task(plan, "cpu", cpu, s);
	return ret ? ret : hs_plan_task(plan, "close", closer, s);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct state *s = state;
	uint64_t value = 0;

	(void)param;
	if (counts(s))
		hs_sync_assert(self, !hs_cpu_read(self, s->mm, 0, &value) && value == CONTENTS,
			       "a CPU reads %d", (int)value);
	hs_mm_destroy(self, s->mm);
	memunmap_pages(&s->pagemap);
}

static const struct hs_scenario scenario = { "bug-23", sizeof(struct state), setup, check };

static const char text[] = "hmmsim 1\n"
			   "race dead-mm\n"
			   "mm M\n"
			   "mmap M 0x0 0x1000 rw\n"
			   "dmirror D M 0x0 0x1000\n"
			   "task other\n"
			   "  mm-exit M as=exit\n"
			   "task driver\n"
			   "  populate D 0x0 0x1000 as=populate optional=yes\n"
			   "order exit populate\n"
			   "check\n"
			   "  assert-result driver -EFAULT\n";

static const enum closing closings[] = { CLOSE_FREES, CLOSE_EVICTS_AND_FREES, CLOSE_EVICTS_AND_PUTS,
					 CLOSE_PUTS };

#define CLOSING(how) .param = &closings[how], .words = #how

int main(int argc, char **argv)
{
	static const struct regress bug = {
		.number = 23,
		.title = "pages of a device outlive the file that knows of them",
		.text = text,
		.scenario = &scenario,
		.run = {
			{ CLOSING(CLOSE_FREES), REGRESS_FOUND(HS_VERDICT_FREED, "freed (task cpu): mirror", 2) },
			{ CLOSING(CLOSE_EVICTS_AND_FREES),
			  REGRESS_FOUND(HS_VERDICT_FREED, "freed (task cpu): mirror", 271) },
			{ .race = "dead-mm", .fault = HS_BREAK_DMIRROR_DEAD_MM,
			  REGRESS_FOUND(HS_VERDICT_ASSERT, "returned 0, expected -EFAULT", 1) },
			{ CLOSING(CLOSE_PUTS), REGRESS_CLEAN(2) },
			{ CLOSING(CLOSE_EVICTS_AND_PUTS), REGRESS_CLEAN(13865) },
			{ .race = "dead-mm", REGRESS_CLEAN(1) },
		},
	};

	return regress_main(argc, argv, &bug);
}
