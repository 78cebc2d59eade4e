/* SPDX-License-Identifier: MIT */
/*
 * fuzz_smaps.c - names of /proc/PID/smaps become one word, and its VMAs are the same when they are
 * written as /proc/PID/maps
 */
#include "fuzz/fuzz.h"

#include <errno.h>
#include <string.h>

#include "capture/proc.h"
#include "text/out.h"

/* r w x s */
#define ACCESS 0xfu

/* A name as the kernel shows it: \ooo is the byte. */
static void print_name(const char *name, struct hs_out *out)
{
	hs_out_char(out, ' ');
	for (; *name; name++) {
		fuzz_must((unsigned char)*name > ' ' && *name != '\177', "a name is no word");
		if (*name != '\\') {
			hs_out_char(out, *name);
			continue;
		}
		for (unsigned int i = 1; i <= 3; i++)
			fuzz_must(name[i] >= '0' && name[i] <= '7', "a backslash in a name");
		hs_out_char(out,
			    (char)((name[1] - '0') << 6 | (name[2] - '0') << 3 | (name[3] - '0')));
		name += 3;
	}
}

static void print_vma(const struct hs_proc_vma *vma, struct hs_out *out)
{
	hs_out_hex(out, vma->start);
	hs_out_char(out, '-');
	hs_out_hex(out, vma->end);
	hs_out_char(out, ' ');
	for (unsigned int i = 0; i < 4; i++)
		hs_out_char(out, (vma->flags >> i & 1 ? "rwxs" : "---p")[i]);
	hs_out_text(out, vma->anonymous ? " 0 0:0 0" : " 0 0:0 1");
	if (vma->name)
		print_name(vma->name, out);
	hs_out_char(out, '\n');
}

static void must_equal(const struct hs_proc_vma *a, const struct hs_proc_vma *b)
{
	fuzz_must(a->start == b->start && a->end == b->end && a->start < a->end, "another range");
	fuzz_must((a->flags & ACCESS) == (b->flags & ACCESS), "another access");
	fuzz_must(a->anonymous == b->anonymous, "another file");
	fuzz_must(!a->name == !b->name && (!a->name || !strcmp(a->name, b->name)), "another name");
}

static void round_trip(struct hs_hostmem *mem, const struct hs_proc *proc)
{
	struct hs_out out = { .mem = mem };
	struct hs_proc again;
	char error[512];

	for (size_t i = 0; i < proc->vma_count; i++)
		print_vma(&proc->vmas[i], &out);
	fuzz_must(!out.failed, "no memory");
	hs_proc_init(&again, mem);
	fuzz_must(!hs_proc_parse_vmas(&again, FUZZ_NAME, out.bytes, out.used, error),
		  "cannot read what was printed");
	fuzz_must(again.vma_count == proc->vma_count, "another number of VMAs");
	for (size_t i = 0; i < proc->vma_count; i++)
		must_equal(&proc->vmas[i], &again.vmas[i]);
	hs_proc_free(&again);
	hs_out_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_proc proc;
	char error[512] = "";
	int ret;

	hs_proc_init(&proc, &mem);
	ret = hs_proc_parse_vmas(&proc, FUZZ_NAME, (const char *)data, size, error);
	fuzz_must(!ret || ret == -EINVAL, "no memory");
	fuzz_must_say_where(ret < 0, error);
	if (!ret && proc.vma_count)
		round_trip(&mem, &proc);
	hs_proc_free(&proc);
	fuzz_must(!mem.live, "host memory is left");
	return 0;
}
