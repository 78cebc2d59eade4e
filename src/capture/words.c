/* SPDX-License-Identifier: MIT */
/*
 * words.c - what the words of pagemap say
 *
 * Since 4.2 bits 55 to 60 are flags, and a present word has none of bits 58 to 60. Before, all six
 * were the page shift, 12, in every word. Since 3.11 that ended with the first time that a process
 * of the machine cleared soft-dirty bits; then only bit 55 says something, and such words are
 * recognized by the version of the kernel alone. Neither says which pages are mapped once.
 *
 * A word that is not present has a swap type, unless the kernel hides it (since 5.14 from users
 * without CAP_SYS_ADMIN, who see bit 62 alone). The last types of 32 are no swap areas. From the
 * end:
 *
 *	since 6.2	marker		a pte marker; its offset says of what
 *	5.19 to 6.1	poison, marker
 *	4.14		device-private	writable, read-only
 *	5.14		device-private	the same, and device-exclusive: writable, read-only
 *	6.15		device-private	the same, and device-exclusive
 *	before 5.19	migration	read-only, writable
 *	since 5.19	migration	read-only, read-only but exclusive, writable
 *	always		hwpoison
 *
 * A kernel that is built without device-private memory or hwpoison leaves them out, so that a type
 * means something else. kpageflags tells: the frame of a device-private entry has no page that is
 * online, those of the others have. Where it cannot be read the entry is what the version says,
 * and without a version device-private, because the others do not last; both count as guesses.
 * Swap areas are numbered from 0: that type 22 or a later one is one has not been seen.
 *
 * Bits 56 and 61 of a word that is not present describe a page, and swap has none. Bit 61 says
 * that it is a page of a file: then it is a migration entry.
 */
#include "capture/proc.h"

#define SHIFT_BITS (HS_PM_UNUSED | HS_PM_UFFD_WP | HS_PM_EXCLUSIVE)
#define SHIFT_LOW 55
#define TYPES (1u << HS_PM_TYPE_BITS)

/* ---- the format -------------------------------------------------------------------------- */

/* The bits where the page shift was, if all words have the same and it cannot be flags; else 0. */
static uint64_t words_find_shift(const struct hs_proc *proc)
{
	uint64_t shift = 0;
	bool present = false, first = true;

	if (proc->version >= HS_PROC_VERSION(4, 2))
		return 0;
	for (size_t i = 0; i < proc->span_count; i++) {
		uint64_t bits = proc->spans[i].bits & SHIFT_BITS;

		present |= (proc->spans[i].bits & HS_PM_PRESENT) != 0;
		if (!first && bits != shift)
			return 0;
		shift = bits;
		first = false;
	}
	/* Guards alone have bit 58 as well, but the process has no stack then. */
	return shift & HS_PM_UNUSED && present ? shift : 0;
}

static bool words_have_exclusive(const struct hs_proc *proc)
{
	for (size_t i = 0; i < proc->span_count; i++)
		if (proc->spans[i].bits & HS_PM_PRESENT && proc->spans[i].bits & HS_PM_EXCLUSIVE)
			return true;
	return false;
}

static unsigned int words_find_format(struct hs_proc *proc)
{
	bool old = proc->version && proc->version < HS_PROC_VERSION(4, 2);
	uint64_t shift = words_find_shift(proc);

	proc->page_shift = shift != 0;
	proc->no_exclusive = shift || (old && !words_have_exclusive(proc));
	for (size_t i = 0; i < proc->span_count; i++) {
		struct hs_proc_span *span = &proc->spans[i];
		uint64_t unknown = HS_PM_UNUSED;

		if (shift)
			span->bits &= ~SHIFT_BITS;
		if (!(span->bits & HS_PM_PRESENT))
			unknown &= ~HS_PM_GUARD;
		proc->unknown_pages += span->bits & unknown ? span->count : 0;
		span->bits &= ~unknown;
	}
	return shift ? (unsigned int)(shift >> SHIFT_LOW) : 12;
}

/* ---- pages that are not present ---------------------------------------------------------- */

/* The types that a kernel has at the end. */
struct types {
	unsigned int markers, device, migration;
};

static struct types words_types(unsigned int version)
{
	unsigned int v = version ? version : HS_PROC_VERSION(6, 15);
	struct types types = { .migration = v < HS_PROC_VERSION(5, 19) ? 2 : 3 };

	types.markers = v < HS_PROC_VERSION(5, 19) ? 0 : v < HS_PROC_VERSION(6, 2) ? 2 : 1;
	types.device = v < HS_PROC_VERSION(4, 14)   ? 0
		       : v < HS_PROC_VERSION(5, 14) ? 2
		       : v < HS_PROC_VERSION(6, 15) ? 4
						    : 3;
	return types;
}

/* Entry @index of the device types: writable and read-only, private and then exclusive. */
static void words_set_device(struct hs_proc_span *span, unsigned int index)
{
	span->entry = index < 2 ? HS_ENTRY_PRIVATE : HS_ENTRY_EXCLUSIVE;
	span->write = index % 2 == 0;
}

/* Decides by the type what the entry is. False: the type is one that only swap has. */
static bool words_set_by_type(struct hs_proc_span *span, struct types types)
{
	unsigned int from_end = TYPES - 1 - span->type; /* how many types follow */

	if (from_end < types.markers) { /* with a frame: poison of 5.19 to 6.1 */
		span->entry = HS_ENTRY_POISON;
		return true;
	}
	from_end -= types.markers;
	if (from_end < types.device) {
		words_set_device(span, types.device - 1 - from_end);
		return true;
	}
	from_end -= types.device;
	if (from_end < types.migration) {
		span->entry = HS_ENTRY_MIGRATION;
		span->write = from_end == 0;
		return true;
	}
	span->entry = HS_ENTRY_HWPOISON;
	return from_end == types.migration;
}

static bool words_set_online(const struct hs_proc *proc, struct hs_proc_span *span)
{
	struct types types = words_types(proc->version);
	bool special;

	if (span->flags & HS_KPF_HWPOISON) {
		span->entry = HS_ENTRY_HWPOISON;
		return true;
	}
	special = words_set_by_type(span, types);
	if (proc->version && !special)
		return false;
	if (span->entry == HS_ENTRY_PRIVATE) { /* a kernel without device-private memory */
		types.device = 0;
		special = words_set_by_type(span, types);
	}
	if (!special || span->entry == HS_ENTRY_HWPOISON) {
		span->entry = HS_ENTRY_MIGRATION;
		span->write = false;
	}
	return true;
}

/* An entry with the frame of a page. False: it is swap after all. */
static bool words_set_page(const struct hs_proc *proc, const struct hs_proc_vma *vma,
			   struct hs_proc_span *span)
{
	bool known = span->flags & HS_KPF_KNOWN;

	if (known && !(span->flags & HS_KPF_NOPAGE))
		return words_set_online(proc, span);
	if (proc->version && !words_set_by_type(span, words_types(proc->version)))
		return false;
	if (span->bits & HS_PM_FILE) {
		if (!proc->version || span->entry != HS_ENTRY_MIGRATION)
			span->write = vma->flags & HS_VM_WRITE;
		span->entry = HS_ENTRY_MIGRATION;
		return true;
	}
	if (!proc->version || (known && span->entry != HS_ENTRY_PRIVATE)) {
		span->entry = HS_ENTRY_PRIVATE;
		span->write = vma->flags & HS_VM_WRITE && !(span->bits & HS_PM_UFFD_WP);
	}
	span->guessed = !known && span->entry != HS_ENTRY_POISON;
	return true;
}

static void words_set_absent(const struct hs_proc *proc, const struct hs_proc_vma *vma,
			     struct hs_proc_span *span)
{
	if (span->bits & HS_PM_GUARD) {
		span->entry = HS_ENTRY_POISON;
		span->frame = 0;
	} else if (hs_proc_is_marker(span)) {
		span->entry = span->frame & ~(uint64_t)1 ? HS_ENTRY_POISON : HS_ENTRY_MARKER;
		span->frame = 0;
	} else if (hs_proc_has_page(span) && words_set_page(proc, vma, span)) {
		return;
	} else if (span->type != HS_PM_NO_TYPE) {
		span->entry = HS_ENTRY_SWAP;
	} else if (span->bits & HS_PM_FILE) {
		span->entry = HS_ENTRY_MIGRATION;
		span->write = vma->flags & HS_VM_WRITE;
	} else if (span->bits & HS_PM_EXCLUSIVE) {
		span->entry = HS_ENTRY_PRIVATE;
		span->write = vma->flags & HS_VM_WRITE;
		span->guessed = true;
	} else {
		span->entry = HS_ENTRY_BARE;
	}
}

/* ---- present pages ----------------------------------------------------------------------- */

/*
 * No other huge page of a VMA without a file says that it is one of a file. (Before 6.11 no huge
 * page says it.)
 */
static bool words_is_huge_zero(const struct hs_proc_vma *vma, const struct hs_proc_span *span)
{
	uint64_t leaf = hs_map_pages(1);

	return span->bits & HS_PM_FILE && vma->anonymous && !vma->hugetlb &&
	       !(span->addr / HS_PAGE_BYTES % leaf) && !(span->count % leaf);
}

/* A frame of which the kernel says that no page is online there. */
static void words_set_offline(const struct hs_proc_vma *vma, struct hs_proc_span *span)
{
	bool own = !(vma->flags & HS_VM_SHARED) && !(span->bits & HS_PM_FILE) &&
		   span->bits & HS_PM_EXCLUSIVE;

	span->entry = HS_ENTRY_DEVICE;
	span->device = HS_PGMAP_FS_DAX;
	if (vma->anonymous || own)
		span->device = HS_PGMAP_COHERENT;
	else if (vma->name && strstr(vma->name, "/p2pmem/"))
		span->device = HS_PGMAP_P2PDMA;
	else if (vma->flags & HS_VM_MIXEDMAP && hs_proc_is_named(vma, "/dev/"))
		span->entry = HS_ENTRY_SPECIAL;
}

static void words_set_present(const struct hs_proc *proc, const struct hs_proc_vma *vma,
			      struct hs_proc_span *span)
{
	bool shared = vma->flags & HS_VM_SHARED;

	span->of_file = shared || span->bits & HS_PM_FILE;
	span->entry = HS_ENTRY_PAGE;
	span->write = vma->flags & HS_VM_WRITE;
	if (hs_proc_is_special(vma)) {
		span->entry = HS_ENTRY_SPECIAL;
	} else if (vma->hugetlb) {
		return;
	} else if (vma->dax) {
		span->entry = HS_ENTRY_DEVICE;
		span->device = HS_PGMAP_GENERIC;
	} else if (span->flags & HS_KPF_NOPAGE) {
		words_set_offline(vma, span);
	} else if (span->flags & HS_KPF_ZERO_PAGE || words_is_huge_zero(vma, span)) {
		span->entry = HS_ENTRY_ZERO;
	} else if (!(span->bits & (HS_PM_FILE | HS_PM_EXCLUSIVE)) &&
		   (proc->no_exclusive || !(span->flags & HS_KPF_KNOWN))) {
		span->entry = HS_ENTRY_DOUBTFUL;
	}
}

unsigned int hs_proc_classify(struct hs_proc *proc)
{
	unsigned int shift = words_find_format(proc);

	if (shift != 12)
		return shift;
	for (size_t v = 0; v < proc->vma_count; v++) {
		const struct hs_proc_vma *vma = &proc->vmas[v];

		for (size_t i = vma->first_span; i < vma->first_span + vma->spans; i++) {
			struct hs_proc_span *span = &proc->spans[i];

			if (span->bits & HS_PM_PRESENT)
				words_set_present(proc, vma, span);
			else
				words_set_absent(proc, vma, span);
		}
	}
	return 0;
}
