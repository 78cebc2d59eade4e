/* SPDX-License-Identifier: MIT */
/*
 * Captures of a live child with known mappings, of a child that changes all the time, and of the
 * sample of /proc when memory is short. test_capture.sh checks the layouts of the sample byte for
 * byte.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/proc.h"
#include "support/layout_text.h"
#include "support/live_child.h"

#define PAGE HS_PAGE_BYTES
#define LEAF ((uint64_t)2 << 20)
#define SPACE (16 * LEAF)
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

/* Where the child maps each thing: so far apart that no two VMAs become one. */
enum {
	UNTOUCHED,
	WRITTEN,
	ONLY_READ,
	MIXED,
	PROTECTED,
	PRIVATE_FILE,
	SHARED_FILE,
	SHARED_MEMORY,
	FORKED,
	GUARDED,
	HUGE_PAGE, /* aligned, as all are */
	HUGE_ZERO,
	PLACES
};

static char *space; /* PROT_NONE, in parent and child at the same address */
static bool guards; /* the kernel has guard pages */

static char *place(unsigned int i)
{
	return space + i * LEAF;
}

static uint64_t address(unsigned int i)
{
	return (uintptr_t)place(i);
}

static char *map_at(unsigned int i, uint64_t bytes, int access, int flags, int fd)
{
	char *at = mmap(place(i), bytes, access, flags | MAP_FIXED, fd, 0);

	if (at == MAP_FAILED)
		_exit(3);
	return at;
}

/* ---- the child --------------------------------------------------------------------------- */

static void map_files(void)
{
	const int both = PROT_READ | PROT_WRITE;
	int fd, memory = memfd_create("test", 0);
	char name[32], *at;

	snprintf(name, sizeof(name), "test_capture.%d", (int)getpid());
	fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || memory < 0 || unlink(name) || ftruncate(fd, 4 * PAGE) ||
	    ftruncate(memory, 4 * PAGE))
		_exit(4);
	at = map_at(SHARED_FILE, 4 * PAGE, both, MAP_SHARED, fd);
	live_touch(at, 2, true);
	at = map_at(PRIVATE_FILE, 4 * PAGE, both, MAP_PRIVATE, fd);
	live_touch(at, 1, false);
	live_touch(at + PAGE, 1, true);
	at = map_at(SHARED_MEMORY, 4 * PAGE, both, MAP_SHARED, memory);
	live_touch(at, 3, true);
}

static void map_everything(void)
{
	const int both = PROT_READ | PROT_WRITE, own = MAP_PRIVATE | MAP_ANONYMOUS;
	char *at;

	map_at(UNTOUCHED, 8 * PAGE, both, own, -1);
	live_touch(map_at(WRITTEN, 4 * PAGE, both, own, -1), 4, true);
	live_touch(map_at(ONLY_READ, 4 * PAGE, both, own, -1), 3, false);
	at = map_at(MIXED, 6 * PAGE, both, own, -1);
	live_touch(at, 1, true);
	live_touch(at + 2 * PAGE, 2, false);
	live_touch(at + 5 * PAGE, 1, true);
	live_touch(map_at(PROTECTED, 2 * PAGE, both, own, -1), 2, true);
	mprotect(place(PROTECTED), 2 * PAGE, PROT_READ);
	at = map_at(GUARDED, 4 * PAGE, both, own, -1);
	live_touch(at, 1, true);
	guards = !madvise(at + PAGE, 2 * PAGE, MADV_GUARD_INSTALL);
	at = map_at(HUGE_PAGE, LEAF, both, own, -1);
	madvise(at, LEAF, MADV_HUGEPAGE);
	live_touch(at, 512, true);
	at = map_at(HUGE_ZERO, LEAF, both, own, -1);
	madvise(at, LEAF, MADV_HUGEPAGE);
	live_touch(at, 1, false);
	live_touch(place(FORKED), 2, false);
	map_files();
}

static void everything(int report)
{
	map_everything();
	live_stay(report, guards ? 'g' : '-');
}

static pid_t start_everything(void)
{
	char said;
	pid_t child = live_start(everything, &said);

	guards = said == 'g';
	return child;
}

/* Maps, touches and unmaps without an end. */
static void churn(int report)
{
	live_report(report, '-');
	for (unsigned int i = 0;; i = (i + 7) % PLACES) {
		live_touch(map_at(i, LEAF / 2 + (i % 3) * PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1),
			   64, true);
		map_at((i + 3) % PLACES, LEAF, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	}
}

static int open_space(void **state)
{
	const int none = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	char *at = mmap(NULL, SPACE + LEAF, PROT_NONE, none, -1, 0);

	(void)state;
	if (at == MAP_FAILED)
		return -1;
	space = (char *)(((uintptr_t)at + LEAF - 1) & ~(LEAF - 1));
	live_touch(map_at(FORKED, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1),
		   2, true);
	return 0;
}

/* ---- what must be there ------------------------------------------------------------------ */

static const struct hs_layout_vma *vma_at(const struct hs_layout *layout, unsigned int i)
{
	const struct hs_layout_vma *vma = &layout->vmas[hs_layout_find_vma(layout, address(i))];

	assert_int_equal(vma->start, address(i));
	return vma;
}

/* Writes "KIND/of ADDR-IN-PAGES+COUNT" of each entry in the place, with commas between them. */
static void describe(const struct hs_layout *layout, unsigned int i, char text[256])
{
	uint64_t from = address(i);
	size_t used = 0;

	text[0] = '\0';
	for (size_t m = 0; m < layout->map_count && used < 200; m++) {
		const struct hs_space_map *map = &layout->maps[m];
		const char *of = hs_of_names[map->of];

		if (map->addr < from || map->addr >= from + LEAF)
			continue;
		used += (size_t)snprintf(text + used, 256 - used, "%s%s/%s %u+%u", used ? ", " : "",
					 hs_map_kind_names[map->kind], of ? of : "-",
					 (unsigned int)((map->addr - from) / PAGE),
					 (unsigned int)map->count);
	}
}

/* Entries that differ only in their pfns are one here, because frames can be anywhere. */
static void forget_frames(struct hs_layout *layout)
{
	size_t count = layout->map_count;

	layout->map_count = 0;
	for (size_t i = 0; i < count; i++) {
		struct hs_space_map map = layout->maps[i];

		map.pfn = hs_map_has_pfn(map.kind) ? map.addr / PAGE : 0;
		if (!hs_layout_extend(layout, &map))
			layout->maps[layout->map_count++] = map;
	}
}

static void check(const struct hs_layout *layout, unsigned int i, const char *expected)
{
	char text[256];

	describe(layout, i, text);
	assert_string_equal(text, expected);
}

/* The kernel decides whether a page is huge; smaps tells. */
static unsigned int huge_pages_by_smaps(pid_t pid)
{
	char path[64], line[512], start[32];
	unsigned long kb = 0;
	bool inside = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	snprintf(start, sizeof(start), "%lx-", (unsigned long)address(HUGE_PAGE));
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (strchr("0123456789abcdef", line[0]))
			inside = !strncmp(line, start, strlen(start));
		if (inside && sscanf(line, "AnonHugePages: %lu kB", &kb) == 1)
			break;
	}
	fclose(file);
	return (unsigned int)(kb / 2048);
}

static void a_live_child_is_as_it_was_made(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	pid_t child = start_everything();
	struct hs_layout layout;
	struct hs_out comments;
	unsigned int huge;
	char text[256];

	(void)state;
	live_capture(&mem, child, &layout, &comments);
	huge = huge_pages_by_smaps(child);
	live_end(child);
	layout_round_trip(&mem, &layout);
	forget_frames(&layout);
	check(&layout, UNTOUCHED, "");
	check(&layout, WRITTEN, "rw/anon 0+4");
	check(&layout, ONLY_READ, "zero/- 0+3");
	check(&layout, MIXED, "rw/anon 0+1, zero/- 2+2, rw/anon 5+1");
	check(&layout, PROTECTED, "ro/anon 0+2");
	check(&layout, FORKED, "ro/anon 0+2");
	check(&layout, SHARED_MEMORY, "rw/shmem 0+3");
	check(&layout, HUGE_PAGE, huge ? "rw/anon 0+1" : "rw/anon 0+512");
	describe(&layout, HUGE_ZERO, text);
	assert_true(!strcmp(text, "zero/- 0+1") || !strcmp(text, "zero/- 0+512"));
	check(&layout, GUARDED, guards ? "rw/anon 0+1, poison/- 1+2" : "rw/anon 0+1");
	assert_int_equal(vma_at(&layout, UNTOUCHED)->end, address(UNTOUCHED) + 8 * PAGE);
	assert_int_equal(vma_at(&layout, UNTOUCHED)->flags, HS_VM_READ | HS_VM_WRITE);
	assert_int_equal(vma_at(&layout, PROTECTED)->flags, HS_VM_READ);
	assert_int_equal(vma_at(&layout, SHARED_MEMORY)->flags,
			 HS_VM_READ | HS_VM_WRITE | HS_VM_SHARED);
	assert_non_null(strstr(vma_at(&layout, SHARED_MEMORY)->name, "/memfd:test\\040(deleted)"));
	assert_null(vma_at(&layout, WRITTEN)->name);
	hs_capture_drop_names(&mem, &layout);
	assert_null(vma_at(&layout, SHARED_MEMORY)->name);
	hs_layout_free(&mem, &layout);
	hs_out_free(&comments);
	assert_int_equal(mem.live, 0);
}

/* The test may run in a tmpfs, where files are shared memory. As root the capture shows that. */
static void files_are_shared_or_copied(void **state)
{
	struct hs_hostmem mem = { .attempts = 0 };
	pid_t child = start_everything();
	struct hs_layout layout;
	struct hs_out comments;
	char text[256];

	(void)state;
	live_capture(&mem, child, &layout, &comments);
	live_end(child);
	forget_frames(&layout);
	describe(&layout, SHARED_FILE, text);
	assert_true(!strcmp(text, "rw/file 0+2") || !strcmp(text, "rw/shmem 0+2"));
	describe(&layout, PRIVATE_FILE, text);
	/* Reading one page may map its neighbours. */
	assert_true(!strncmp(text, "ro/file 0+1, rw/anon 1+1", 24) ||
		    !strncmp(text, "ro/shmem 0+1, rw/anon 1+1", 25));
	hs_layout_free(&mem, &layout);
	hs_out_free(&comments);
	assert_int_equal(mem.live, 0);
}

static void a_changing_process_gives_a_layout(void **state)
{
	pid_t child = live_start(churn, NULL);

	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		struct hs_hostmem mem = { .attempts = 0 };
		struct hs_layout layout;
		struct hs_out comments;

		live_capture(&mem, child, &layout, &comments);
		layout_round_trip(&mem, &layout);
		hs_layout_free(&mem, &layout);
		hs_out_free(&comments);
		assert_int_equal(mem.live, 0);
	}
	live_end(child);
}

/* PAGEMAP_SCAN came with 6.7. */
static bool kernel_skips_holes(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	assert_int_equal(uname(&name), 0);
	assert_int_equal(sscanf(name.release, "%u.%u", &major, &minor), 2);
	return major > 6 || (major == 6 && minor >= 7);
}

/* A huge untouched VMA takes no time, or the test runs into its TIMEOUT. */
static void large_sparse_vmas_are_quick(void **state)
{
	const uint64_t bytes = (uint64_t)1 << 46, offset = (uint64_t)1 << 30;
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;
	struct hs_out comments;
	char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t touched = (uintptr_t)at + offset;
	uint64_t last = (uintptr_t)at + bytes - PAGE;
	bool found = false, zero = false;

	(void)state;
	if (at == MAP_FAILED)
		skip();
	at[offset] = 1;
	live_touch(at + bytes - PAGE, 1, false);
	live_capture(&mem, getpid(), &layout, &comments);
	for (size_t i = 0; i < layout.map_count; i++) {
		found |= layout.maps[i].addr == touched && layout.maps[i].kind == HS_MAP_RW;
		zero |= layout.maps[i].addr == last && layout.maps[i].kind == HS_MAP_ZERO;
	}
	assert_true(found);
	assert_true(zero == kernel_skips_holes());
	assert_true(zero == !strstr(comments.bytes, "not searched for the zero page: 1"));
	assert_int_equal(munmap(at, bytes), 0);
	hs_layout_free(&mem, &layout);
	hs_out_free(&comments);
	assert_int_equal(mem.live, 0);
}

/* ---- spans ------------------------------------------------------------------------------- */

/*
 * Spans of the heap of the sample. Two zero pages are one span, though their frames do not go on.
 */
static void pages_that_say_the_same_are_one_span(void **state)
{
	static const uint64_t starts[] = { 0x8000, 0xa000, 0xb000, 0xc000, 0xe000, 0xf000 };
	const char *data = getenv("HMMSIM_TEST_DATA");
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_proc proc;
	char error[512], *bytes;
	const char *name;
	size_t length;

	(void)state;
	assert_non_null(data);
	hs_proc_init(&proc, &mem);
	assert_int_equal(hs_proc_open(&proc, data, "100"), 0);
	assert_int_equal(hs_proc_read_vmas(&proc, &name, &bytes, &length), 0);
	assert_int_equal(hs_proc_parse_vmas(&proc, name, bytes, length, error), 0);
	hs_hostmem_free(&mem, bytes);
	assert_int_equal(proc.vmas[2].start, 0x8000);
	assert_int_equal(hs_proc_scan(&proc, &proc.vmas[2]), 0);
	assert_int_equal(proc.vmas[2].spans, 6);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(proc.spans[i].addr, starts[i]);
	hs_proc_free(&proc);
	assert_int_equal(mem.live, 0);
}

/* ---- errors ------------------------------------------------------------------------------ */

static void check_refused(const char *proc, const char *pid, const char *expected)
{
	struct hs_capture ask = { .proc = proc, .pid = pid };
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;
	struct hs_out comments;
	char error[512] = "";

	assert_int_equal(hs_capture(&mem, &ask, &layout, &comments, error), -EINVAL);
	if (!strstr(error, expected))
		fail_msg("%s, not %s", error, expected);
	assert_null(layout.name);
	assert_null(comments.bytes);
	assert_int_equal(mem.live, 0);
}

static void a_process_that_is_gone_is_bad_input(void **state)
{
	pid_t child = fork();
	char pid[32], expected[64], proc[300];

	(void)state;
	if (!child)
		_exit(0);
	snprintf(pid, sizeof(pid), "%d", (int)child);
	assert_int_equal(waitid(P_PID, (id_t)child, &(siginfo_t){ .si_pid = 0 }, WEXITED | WNOWAIT),
			 0);
	snprintf(expected, sizeof(expected), "process %s: ", pid); /* a zombie */
	check_refused("/proc", pid, expected);
	assert_int_equal(waitpid(child, NULL, 0), child);
	snprintf(expected, sizeof(expected), "process %s: no such process", pid);
	check_refused("/proc", pid, expected);
	memset(proc, 'p', sizeof(proc) - 1);
	proc[sizeof(proc) - 1] = '\0';
	check_refused(proc, "1", "expected a directory of at most 256 bytes");
}

static unsigned int open_files(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* The files that are already open take the lowest numbers, so @more can be opened. */
static int capture_with_files(const char *proc, unsigned int more, char error[512])
{
	struct hs_capture ask = { .proc = proc, .pid = "1" };
	struct hs_hostmem mem = { .attempts = 0 };
	struct hs_layout layout;
	struct hs_out comments;
	struct rlimit old, limit;
	unsigned int before = open_files();
	int lowest = dup(0), ret;

	close(lowest);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	limit = (struct rlimit){ (rlim_t)lowest + more, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ret = hs_capture(&mem, &ask, &layout, &comments, error);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	if (!ret) {
		hs_layout_free(&mem, &layout);
		hs_out_free(&comments);
	}
	assert_int_equal(mem.live, 0);
	assert_int_equal(open_files(), before);
	return ret;
}

/*
 * A file that could not be opened for that reason is not one that does not exist. The directory is
 * open until pagemap is, and smaps and maps come before; the sample has no maps.
 */
static void too_many_open_files_are_an_error(void **state)
{
	static const char *const failed[] = { "process 1: ", "process 1: smaps: ",
					      "process 1: maps: ", "process 1: version: " };
	const unsigned int count = sizeof(failed) / sizeof(failed[0]);
	const char *data = getenv("HMMSIM_TEST_DATA");
	char proc[512], error[512], expected[128];

	(void)state;
	assert_non_null(data);
	snprintf(proc, sizeof(proc), "%s/6.12", data);
	for (unsigned int more = 0; more < count; more++) {
		assert_int_equal(capture_with_files(proc, more, error), -EINVAL);
		snprintf(expected, sizeof(expected), "%s%s", failed[more], strerror(EMFILE));
		assert_string_equal(error, expected);
	}
	assert_int_equal(capture_with_files(proc, count, error), 0);
}

static void without_memory_nothing_stays(void **state)
{
	static const char *const pids[] = { "/100",   "/200",	"/300",	 "3.10/1",
					    "6.12/1", "6.12/2", "6.18/1" };
	const char *data = getenv("HMMSIM_TEST_DATA");

	(void)state;
	assert_non_null(data);
	for (unsigned int i = 0; i < sizeof(pids) / sizeof(pids[0]); i++) {
		struct hs_capture ask = { .pid = strchr(pids[i], '/') + 1 };
		unsigned int before = open_files();
		uint64_t index = 0;
		char proc[512];
		int ret;

		snprintf(proc, sizeof(proc), "%s/%.*s", data, (int)(ask.pid - pids[i]) - 1,
			 pids[i]);
		ask.proc = proc;
		do {
			struct hs_hostmem mem = { .fail_at = ++index };
			struct hs_layout layout;
			struct hs_out comments;
			char error[512];

			ret = hs_capture(&mem, &ask, &layout, &comments, error);
			if (!ret) {
				hs_layout_free(&mem, &layout);
				hs_out_free(&comments);
			} else {
				assert_int_equal(ret, -ENOMEM);
				assert_null(layout.name);
				assert_null(comments.bytes);
			}
			assert_int_equal(mem.live, 0);
		} while (ret);
		assert_true(index > 7); /* name, comments, file, VMAs, block, spans, maps */
		assert_int_equal(open_files(), before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_live_child_is_as_it_was_made),
		cmocka_unit_test(files_are_shared_or_copied),
		cmocka_unit_test(a_changing_process_gives_a_layout),
		cmocka_unit_test(large_sparse_vmas_are_quick),
		cmocka_unit_test(pages_that_say_the_same_are_one_span),
		cmocka_unit_test(a_process_that_is_gone_is_bad_input),
		cmocka_unit_test(too_many_open_files_are_an_error),
		cmocka_unit_test(without_memory_nothing_stays),
	};

	return cmocka_run_group_tests(tests, open_space, NULL);
}
