/* SPDX-License-Identifier: MIT */
/*
 * capture.c - turns what /proc shows of a process into a layout
 *
 * VMAs come from smaps: r w x s from the line of the VMA, i p m from io pf mm in VmFlags, h or H
 * from ht in VmFlags with KernelPageSize. Without smaps they come from maps, and a comment says
 * so. A VMA that ends above 0x800000000000 ([vsyscall]) is left out.
 *
 * What is mapped in them is decided in three steps, after all files were read: words.c says what
 * each word of pagemap means, figures.c decides by smaps what words leave open, and entries.c
 * makes entries of it.
 *
 * The process runs meanwhile: entries that do not fit together are clipped. If the process ends
 * before all is read there is no layout, because it would be only a part of one (files.c).
 */
#include "capture/capturing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROC_MAX 256 /* bytes of the directory's name */

/* ---- VMAs -------------------------------------------------------------------------------- */

/* Why a layout cannot hold the VMA, or NULL. Sets the flags of a hugetlb VMA. */
static const char *capture_vma_refusal(struct hs_proc_vma *vma, uint64_t low)
{
	uint64_t huge = HS_PAGE_BYTES, kb = vma->kb[HS_SMAPS_PAGE];

	if (vma->end > HS_SPACE_ADDR_END)
		return "above 0x800000000000";
	if (vma->start < low)
		return "overlaps the vma before, the process is changing";
	if (vma->hugetlb) {
		if (kb != 2048 && kb != 1048576)
			return "its pages have another size than 2 MiB and 1 GiB";
		vma->flags |= HS_VM_HUGETLB | (kb == 2048 ? 0 : HS_VM_HUGETLB_1G);
		huge = kb << 10;
	} else if (kb != 4 && !vma->dax) {
		return "its pages have another size than 4 KiB";
	}
	return (vma->start | vma->end) & (huge - 1) ? "not aligned to its huge pages" : NULL;
}

/* Drops the VMAs that a layout cannot hold. */
static void capture_keep_possible_vmas(struct hs_capturing *c)
{
	struct hs_proc *proc = &c->proc;
	uint64_t low = 0;
	size_t kept = 0;

	for (size_t i = 0; i < proc->vma_count; i++) {
		struct hs_proc_vma *vma = &proc->vmas[i];
		const char *why = capture_vma_refusal(vma, low);

		if (why) {
			hs_capture_comment(c, "left out: 0x%" PRIx64 "-0x%" PRIx64 ": %s",
					   vma->start, vma->end, why);
			hs_hostmem_free(proc->mem, vma->name);
			continue;
		}
		low = vma->end;
		proc->vmas[kept++] = *vma;
	}
	proc->vma_count = kept;
}

static int capture_add_vmas(struct hs_capturing *c)
{
	int ret = 0;

	hs_devices_begin(c);
	for (size_t i = 0; !ret && i < c->proc.vma_count; i++) {
		c->vma = &c->proc.vmas[i];
		ret = hs_layout_add_vma(c->proc.mem, c->layout, c->vma->start, c->vma->end,
					c->vma->flags, c->vma->name);
		if (!ret)
			ret = hs_capture_add_pages(c);
	}
	return ret;
}

/* ---- files ------------------------------------------------------------------------------- */

static int capture_refuse(const struct hs_capturing *c, const char *what,
			  char error[HS_CAPTURE_ERROR])
{
	snprintf(error, HS_CAPTURE_ERROR, "process %.20s: %.400s", c->ask->pid, what);
	return -EINVAL;
}

static int capture_refuse_ended(const struct hs_capturing *c, char error[HS_CAPTURE_ERROR])
{
	return capture_refuse(c, "it ended meanwhile, or called execve()", error);
}

static int capture_open_files(struct hs_capturing *c, char error[HS_CAPTURE_ERROR])
{
	int ret = hs_proc_open(&c->proc, c->ask->proc, c->ask->pid);

	char why[64];

	if (!ret)
		return 0;
	if (!c->proc.failed)
		return capture_refuse(
			c, ret == -ENOENT || ret == -ESRCH ? "no such process" : strerror(-ret),
			error);
	snprintf(why, sizeof(why), "%s: %s", c->proc.failed, strerror(-ret));
	return capture_refuse(c, why, error);
}

/* -ENOENT means that the process has ended only if its directory is gone too. */
static int capture_refuse_vmas(const struct hs_capturing *c, int why, char error[HS_CAPTURE_ERROR])
{
	char path[512];

	snprintf(path, sizeof(path), "%.256s/%.20s", c->ask->proc, c->ask->pid);
	if (why == -ESRCH || (why == -ENOENT && access(path, F_OK)))
		return capture_refuse_ended(c, error);
	snprintf(path, sizeof(path), "smaps: %s", strerror(-why));
	return capture_refuse(c, path, error);
}

static int capture_read_vmas(struct hs_capturing *c, char error[HS_CAPTURE_ERROR])
{
	const char *name;
	char path[512], *bytes;
	size_t length;
	int ret = hs_proc_read_vmas(&c->proc, &name, &bytes, &length);

	if (ret)
		return ret == -ENOMEM ? ret : capture_refuse_vmas(c, ret, error);
	if (c->proc.smaps < 0)
		hs_capture_comment(c, "no huge pages, no flags i p m: smaps: %s",
				   strerror(-c->proc.smaps));
	snprintf(path, sizeof(path), "%.256s/%.20s/%s", c->ask->proc, c->ask->pid, name);
	ret = hs_proc_parse_vmas(&c->proc, path, bytes, length, error);
	hs_hostmem_free(c->proc.mem, bytes);
	if (!ret)
		hs_capture_comment_on_lines(c, name);
	return ret;
}

/* Kernels for pages of 16 or 64 KiB say so of all VMAs but those of huge pages. */
static int capture_check_page_size(const struct hs_capturing *c, char error[HS_CAPTURE_ERROR])
{
	uint64_t least = UINT64_MAX;
	char what[80];

	for (size_t i = 0; i < c->proc.vma_count; i++) {
		uint64_t kb = c->proc.vmas[i].kb[HS_SMAPS_PAGE];

		if (kb != 2048 && kb != 1048576 && kb < least)
			least = kb;
	}
	if (least == UINT64_MAX || least <= 4)
		return 0;
	snprintf(what, sizeof(what), "expected pages of 4 kB, found pages of %" PRIu64 " kB",
		 least);
	return capture_refuse(c, what, error);
}

static int capture_read_pages(struct hs_capturing *c, char error[HS_CAPTURE_ERROR])
{
	unsigned int bits;
	char what[80];
	int ret = 0;

	for (size_t i = 0; !ret && i < c->proc.vma_count; i++)
		ret = hs_proc_scan(&c->proc, &c->proc.vmas[i]);
	if (ret == -ESRCH || (!ret && hs_proc_has_ended(&c->proc)))
		return capture_refuse_ended(c, error);
	if (ret)
		return ret;
	bits = hs_proc_classify(&c->proc);
	if (!bits)
		return 0;
	snprintf(what, sizeof(what), "expected pages of 4 kB, pagemap says pages of 2^%u bytes",
		 bits);
	return capture_refuse(c, what, error);
}

static int capture_read_process(struct hs_capturing *c, char error[HS_CAPTURE_ERROR])
{
	int ret = capture_open_files(c, error);

	if (ret)
		return ret;
	hs_capture_comment(c,
			   "process %s, while it ran: vmas and entries may be of different moments",
			   c->ask->pid);
	if (c->proc.smaps != -ESRCH) /* no memory; older kernels open an empty file instead */
		ret = capture_read_vmas(c, error);
	if (ret)
		return ret;
	if (!c->proc.vma_count)
		return capture_refuse(c, "it has no memory: a kernel thread, or it has ended",
				      error);
	if (c->proc.pagemap == -ESRCH)
		return capture_refuse_ended(c, error);
	ret = capture_check_page_size(c, error);
	if (ret)
		return ret;
	capture_keep_possible_vmas(c);
	return capture_read_pages(c, error);
}

int hs_capture(struct hs_hostmem *mem, const struct hs_capture *ask, struct hs_layout *layout,
	       struct hs_out *comments, char error[HS_CAPTURE_ERROR])
{
	struct hs_capturing c = {
		.ask = ask,
		.layout = layout,
		.comments = comments,
		.next_pfn = HS_SPACE_FIRST_PFN,
		.next_swap = 1,
	};
	char name[32];
	int ret;

	hs_proc_init(&c.proc, mem);
	*comments = (struct hs_out){ .mem = mem };
	snprintf(name, sizeof(name), "process-%.20s", ask->pid);
	ret = hs_layout_begin(mem, layout, name);
	if (!ret && strlen(ask->proc) > PROC_MAX) {
		snprintf(error, HS_CAPTURE_ERROR, "expected a directory of at most %d bytes",
			 PROC_MAX);
		ret = -EINVAL;
	}
	if (!ret)
		ret = capture_read_process(&c, error);
	if (!ret)
		ret = capture_add_vmas(&c);
	if (!ret)
		ret = hs_devices_finish(&c);
	if (!ret)
		hs_capture_comment_on_all(&c);
	hs_hostmem_free(mem, c.devices);
	hs_proc_free(&c.proc);
	if (ret == -E2BIG)
		snprintf(error, HS_CAPTURE_ERROR, "%s: %s", ask->pid, HS_LAYOUT_LIMITS);
	if (!ret && comments->failed)
		ret = -ENOMEM;
	if (ret) {
		hs_layout_free(mem, layout);
		hs_out_free(comments);
	}
	return ret;
}

void hs_capture_drop_names(struct hs_hostmem *mem, struct hs_layout *layout)
{
	for (size_t i = 0; i < layout->vma_count; i++) {
		hs_hostmem_free(mem, layout->vmas[i].name);
		layout->vmas[i].name = NULL;
	}
}
