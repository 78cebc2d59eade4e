/* SPDX-License-Identifier: MIT */
/*
 * mirror_memory.c - the mirror's own memory: pages move there and back
 *
 * reduced: dmirror_migrate_to_device(), _to_system(), dmirror_devmem_fault(),
 * dmirror_device_evict_chunk() of lib/test_hmm.c (v6.12), page by page. A page of the device holds
 * what it holds; there, a page of system memory behind it does.
 *
 * After a migration the words come from a walk, as all others do, because what was moved may be
 * gone again:
 *
 *	migration			madvise, under the mmap lock for read
 *	setup: migration entry
 *	copy, pages
 *					seq = odd, no word, take the entry away
 *	(word of dst: stale)
 *	finalize: no migration entry,
 *	put dst: it is free
 *
 *	Required outcome: no word is left of a page that is free.
 *	(src/text/scenarios/mirror.txt: mirror-migrate-dontneed)
 *
 * The callback takes part in the device's own migrations as in all others. If it leaves them out,
 * what the driver clears itself comes too late for a populate, whose sequence has not changed:
 *
 *	populate			fault of a CPU: migrate_to_ram()
 *	s = read_begin
 *	walk: page of the device
 *					setup, clear the word, copy, pages, finalize:
 *					the page of the device is free
 *	lock
 *	sub->seq == s: the word
 *
 *	Required outcome: the populate sees that the page has moved. (mirror.txt: mirror-fault-read)
 *
 * The end of the device evicts until no page of it is allocated. A fault that is in
 * migrate_to_ram() has a reference to its page, so that it is over by then:
 *
 *	close				fault of a CPU
 *					get the page, migrate_to_ram(): waits for .moves
 *	evict: the page is held
 *	release .moves			takes .moves: setup, copy, pages, finalize
 *	evict: waits for .moves
 *					release .moves, put the page: it is free
 *	none is allocated:
 *	free the device
 *
 *	Required outcome: the fault uses no device that is freed, and both come to their end.
 *	Without .moves each could find what the other holds, and undo its own, for ever.
 *	(mirror.txt: mirror-close-fault)
 *
 * Lock order: mmap lock < .moves < page lock, which is only tried, and what an invalidation takes.
 */
#include <errno.h>

#include "device/mirror.h"

#include "pgmap/pgmap.h"

/* A page that moves. */
struct mirror_move {
	struct migrate_vma args;
	unsigned long src, dst;
};

static void mirror_memory_init(struct mirror *m, struct mirror_move *v,
			       const struct vm_area_struct *vma, unsigned long addr,
			       unsigned long flags)
{
	*v = (struct mirror_move){
		.args = {
			.vma = vma,
			.src = &v->src,
			.dst = &v->dst,
			.start = addr,
			.end = addr + HS_PAGE_BYTES,
			.pgmap_owner = mirror_owner(m),
			.flags = flags,
		},
	};
}

static unsigned long mirror_memory_own(const struct mirror *m)
{
	return hs_pgmap_type(m->dev.config.memory) == HS_PGMAP_PRIVATE
		       ? MIGRATE_VMA_SELECT_DEVICE_PRIVATE
		       : MIGRATE_VMA_SELECT_DEVICE_COHERENT;
}

/* The slot of a page of the device with what @from holds; NULL: nothing. 0: none is free. */
static unsigned long mirror_memory_copy_in(struct mirror *m, struct hs_page *from)
{
	struct hs_page *page;

	if (hs_pgmap_page_alloc(hs_linux_task(), m->dev.config.memory, &page))
		return 0;
	lock_page(page);
	if (from)
		copy_highpage(page, from);
	return migrate_pfn(page_to_pfn(page));
}

/* The slot of a page of system memory with what @from, of the device, holds. 0: no memory. */
static unsigned long mirror_memory_copy_out(struct mirror *m, struct hs_page *from,
					    unsigned long addr)
{
	struct hs_page *page = alloc_page(GFP_HIGHUSER_MOVABLE);

	if (!page)
		return 0;
	lock_page(page);
	if (!mirror_corrects(m, HS_CORRECT_OWN_EVENTS))
		hs_device_zap_unlocked(&m->dev, addr);
	copy_highpage(page, from);
	return migrate_pfn(page_to_pfn(page));
}

/* ---- ranges of addresses ----------------------------------------------------------------- */

/* The word of a page that moves to the device, whether it is still mapped or not. */
static void mirror_memory_set(struct mirror *m, const struct mirror_move *v)
{
	const struct vm_area_struct *vma = v->args.vma;
	uint64_t word = HMM_PFN_VALID | (v->dst >> MIGRATE_PFN_SHIFT);

	if (!(v->src & MIGRATE_PFN_MIGRATE) || !v->dst)
		return;
	if (v->src & MIGRATE_PFN_WRITE || (!(v->src & MIGRATE_PFN_VALID) && vma->flags & VM_WRITE))
		word |= HMM_PFN_WRITE;
	mutex_lock(m->dev.lock);
	hs_device_mirror_set(m, v->args.start, word, true);
	mutex_unlock(m->dev.lock);
}

static int mirror_memory_page_to_device(struct mirror *m, const struct vm_area_struct *vma,
					unsigned long addr)
{
	struct mirror_move v;
	int ret;

	mirror_memory_init(m, &v, vma, addr, MIGRATE_VMA_SELECT_SYSTEM);
	ret = migrate_vma_setup(&v.args);
	if (ret)
		return ret;
	if (v.src & MIGRATE_PFN_MIGRATE)
		v.dst = mirror_memory_copy_in(m, migrate_pfn_to_page(v.src));
	migrate_vma_pages(&v.args);
	if (!mirror_corrects(m, HS_CORRECT_MIGRATE_WALK))
		mirror_memory_set(m, &v);
	migrate_vma_finalize(&v.args);
	return 0;
}

static int mirror_memory_page_to_system(struct mirror *m, const struct vm_area_struct *vma,
					unsigned long addr)
{
	struct mirror_move v;
	struct hs_page *from;
	int ret;

	mirror_memory_init(m, &v, vma, addr, mirror_memory_own(m));
	ret = migrate_vma_setup(&v.args);
	if (ret)
		return ret;
	from = migrate_pfn_to_page(v.src);
	if (from && v.src & MIGRATE_PFN_MIGRATE)
		v.dst = mirror_memory_copy_out(m, from, addr);
	migrate_vma_pages(&v.args);
	migrate_vma_finalize(&v.args);
	return 0;
}

static int mirror_memory_range(struct mirror *m, const struct hs_device_job *job, bool to_device)
{
	struct mm_struct *mm = m->notifier.mm;
	int ret = 0;

	mmap_read_lock(mm);
	for (unsigned long addr = job->start; !ret && addr < job->end; addr += HS_PAGE_BYTES) {
		const struct vm_area_struct *vma = find_vma(mm, addr);

		if (!vma || vma->start > addr)
			ret = -EFAULT;
		else if (to_device)
			ret = mirror_memory_page_to_device(m, vma, addr);
		else
			ret = mirror_memory_page_to_system(m, vma, addr);
	}
	mmap_read_unlock(mm);
	return ret;
}

int hs_device_mirror_to_device(struct hs_device *dev, struct hs_device_job *job)
{
	struct mirror *m = mirror_of(dev);
	int ret;

	if (!mmget_not_zero(m->notifier.mm))
		return -EFAULT;
	ret = mirror_memory_range(m, job, true);
	mmput(m->notifier.mm);
	return ret;
}

int hs_device_mirror_to_system(struct hs_device *dev, struct hs_device_job *job)
{
	struct mirror *m = mirror_of(dev);
	int ret;

	if (!mmget_not_zero(m->notifier.mm))
		return -EFAULT;
	ret = mirror_memory_range(m, job, false);
	mmput(m->notifier.mm);
	return ret;
}

/* ---- faults of CPUs ---------------------------------------------------------------------- */

/* A page that another task moves is none of this fault, which comes again. */
static uint32_t mirror_memory_page_to_ram(struct mirror *m, struct hs_vm_fault *vmf)
{
	struct mirror_move v;
	struct hs_page *from;

	mirror_memory_init(m, &v, vmf->vma, vmf->addr, MIGRATE_VMA_SELECT_DEVICE_PRIVATE);
	v.args.fault_page = vmf->page;
	if (migrate_vma_setup(&v.args))
		return HS_VM_FAULT_SIGBUS;
	from = migrate_pfn_to_page(v.src);
	if (from)
		v.dst = mirror_memory_copy_out(m, from, vmf->addr);
	migrate_vma_pages(&v.args);
	migrate_vma_finalize(&v.args);
	return from && !v.dst ? HS_VM_FAULT_OOM : 0;
}

uint32_t hs_device_mirror_to_ram(struct hs_device *dev, struct hs_vm_fault *vmf)
{
	struct mirror *m = mirror_of(dev);
	uint32_t ret;

	if (!mirror_corrects(m, HS_CORRECT_EVICT_ALL))
		return mirror_memory_page_to_ram(m, vmf);
	mutex_lock(&m->moves);
	ret = mirror_memory_page_to_ram(m, vmf);
	mutex_unlock(&m->moves);
	return ret;
}

/* ---- eviction ---------------------------------------------------------------------------- */

static void mirror_memory_evict_page(unsigned long pfn)
{
	unsigned long src, dst = 0;

	migrate_device_range(&src, pfn, 1);
	if (!src)
		return;
	if (src & MIGRATE_PFN_MIGRATE) {
		struct hs_page *page = alloc_page(GFP_HIGHUSER_MOVABLE);

		if (page) {
			lock_page(page);
			copy_highpage(page, migrate_pfn_to_page(src));
			dst = migrate_pfn(page_to_pfn(page));
		}
	}
	migrate_device_pages(&src, &dst, 1);
	migrate_device_finalize(&src, &dst, 1);
}

static void mirror_memory_evict_once(struct hs_pgmap *memory)
{
	for (uint64_t pfn = memory->first; pfn < memory->end; pfn++)
		mirror_memory_evict_page(pfn);
}

/* A page that is locked or held stays in one pass. */
void hs_device_mirror_evict(struct hs_device *dev)
{
	struct mirror *m = mirror_of(dev);
	struct hs_pgmap *memory = dev->config.memory;

	if (!mirror_corrects(m, HS_CORRECT_EVICT_ALL)) {
		mirror_memory_evict_once(memory);
		return;
	}
	for (;;) {
		mutex_lock(&m->moves);
		mirror_memory_evict_once(memory);
		mutex_unlock(&m->moves);
		if (!hs_pgmap_pages_allocated(hs_linux_task(), memory))
			return;
		hs_retry_wait(hs_linux_task(), "a page of the device is locked or held");
	}
}
