/* SPDX-License-Identifier: MIT */
/*
 * test_hmm_scenarios.c - ioctls of v6.12's lib/test_hmm.c, against what takes pages away
 *
 * Two devices with private memory, a page of a process, which holds 7. A row is a task that makes
 * ioctls, and another task. At the end of each execution a load of each device sees what the CPU
 * sees: so a stale entry of a device is found, also one of a page that is free. Rows that are found
 * are those of the four findings of README.md.
 */
#include "test_hmm_names.h"

#include "lib/test_hmm_uapi.h"

#include <stdio.h>

#include <hmmsim/hmmsim.h>

#define PAGES 2
#define RAM 24
#define CHUNK_PAGES 2

typedef void task_fn(struct hs_task *self, void *arg);

struct row {
	const char *name;
	task_fn *before; /* in the set-up */
	task_fn *one, *other;
	enum hs_verdict verdict;
	const char *text; /* in what is found */
};

struct state {
	struct hs_mm *mm;
	struct task_struct task;
	struct file file[2];
	uint64_t buffer[PAGE_SIZE / sizeof(uint64_t)]; /* of the one task that makes ioctls */
};

static struct cdev *cdevs[2];
static unsigned int cdev_count, chunk_count;
static struct resource chunks[8];
struct resource iomem_resource;

/* ---- what test_hmm.c calls --------------------------------------------------------------- */

void test_hmm_copy(void *to, const void *from, size_t size)
{
	if (size < PAGE_SIZE)
		memcpy(to, from, size);
	for (size_t at = 0; at + PAGE_SIZE <= size; at += PAGE_SIZE)
		memcpy((char *)to + at, (const char *)from + at, sizeof(uint64_t));
}

void test_hmm_from_page(void *to, struct page *page)
{
	*(uint64_t *)to = hs_dma_contents(hs_races_task(), page);
}

void test_hmm_to_page(struct page *page, const void *from)
{
	hs_dma_set_contents(hs_races_task(), page, *(const uint64_t *)from);
}

struct resource *request_free_mem_region(struct resource *base, unsigned long size,
					 const char *name)
{
	struct resource *r = &chunks[chunk_count];

	(void)base;
	(void)size;
	(void)name;
	if (chunk_count == sizeof(chunks) / sizeof(chunks[0]))
		return NULL;
	r->start = (RAM + CHUNK_PAGES * (unsigned long)chunk_count++) * PAGE_SIZE;
	r->end = r->start + CHUNK_PAGES * PAGE_SIZE - 1;
	return r;
}

void release_mem_region(unsigned long start, unsigned long size)
{
	(void)start;
	(void)size;
}

int cdev_device_add(struct cdev *cdev, struct device *device)
{
	cdev->dev = device->devt;
	cdevs[cdev_count++] = cdev;
	return 0;
}

/* ---- a process --------------------------------------------------------------------------- */

static int open_device(struct state *s, unsigned int number)
{
	struct inode inode = { cdevs[number] };

	return cdevs[number]->ops->open(&inode, &s->file[number]);
}

static void close_device(struct state *s, unsigned int number)
{
	struct inode inode = { cdevs[number] };

	if (s->file[number].private_data)
		cdevs[number]->ops->release(&inode, &s->file[number]);
	s->file[number].private_data = NULL;
}

/* An ioctl for the first page. Of the buffer the first word is used, or the first byte. */
static long call(struct state *s, unsigned int number, unsigned int command)
{
	struct hmm_dmirror_cmd cmd = { .ptr = (uintptr_t)s->buffer, .npages = 1 };

	return cdevs[number]->ops->unlocked_ioctl(&s->file[number], command, (uintptr_t)&cmd);
}

static void expect(struct hs_task *self, const char *what, long ret, long also)
{
	hs_sync_assert(self, !ret || ret == also, "%s returned %ld", what, ret);
}

/* ---- tasks ------------------------------------------------------------------------------- */

/* Loads: of what the process had, or of what the other task has left. */
static void load(struct hs_task *self, struct state *s, unsigned int number)
{
	long ret = call(s, number, HMM_DMIRROR_READ);

	expect(self, "READ", ret, -EFAULT);
	hs_sync_assert(self, ret || s->buffer[0] == 7 || s->buffer[0] == 9 || !s->buffer[0],
		       "READ saw %llu", (unsigned long long)s->buffer[0]);
}

static void store(struct hs_task *self, struct state *s, unsigned int number)
{
	long ret;

	s->buffer[0] = 9;
	ret = call(s, number, HMM_DMIRROR_WRITE);
	expect(self, "WRITE", ret, ret == -EPERM ? -EPERM : -EFAULT);
}

static void exclusive(struct hs_task *self, struct state *s, unsigned int number)
{
	long ret = call(s, number, HMM_DMIRROR_EXCLUSIVE);

	expect(self, "EXCLUSIVE", ret, ret == -EBUSY || ret == -ENOENT ? ret : -EFAULT);
}

static void migrate(struct hs_task *self, struct state *s, unsigned int number)
{
	long ret = call(s, number, HMM_DMIRROR_MIGRATE_TO_DEV);

	expect(self, "MIGRATE_TO_DEV", ret, ret == -ENOENT ? ret : -EINVAL);
}

static void read_0(struct hs_task *self, void *arg)
{
	load(self, arg, 0);
}

static void read_1(struct hs_task *self, void *arg)
{
	load(self, arg, 1);
}

static void write_0(struct hs_task *self, void *arg)
{
	store(self, arg, 0);
}

static void write_1(struct hs_task *self, void *arg)
{
	store(self, arg, 1);
}

static void exclusive_0(struct hs_task *self, void *arg)
{
	exclusive(self, arg, 0);
}

static void exclusive_1(struct hs_task *self, void *arg)
{
	exclusive(self, arg, 1);
}

static void migrate_0(struct hs_task *self, void *arg)
{
	migrate(self, arg, 0);
}

static void migrate_1(struct hs_task *self, void *arg)
{
	migrate(self, arg, 1);
}

static void migrate_back(struct hs_task *self, void *arg)
{
	migrate(self, arg, 0);
	expect(self, "MIGRATE_TO_SYS", call(arg, 0, HMM_DMIRROR_MIGRATE_TO_SYS), -EINVAL);
}

static void back_0(struct hs_task *self, void *arg)
{
	expect(self, "MIGRATE_TO_SYS", call(arg, 0, HMM_DMIRROR_MIGRATE_TO_SYS), -EINVAL);
}

static void snapshot(struct hs_task *self, void *arg)
{
	expect(self, "SNAPSHOT", call(arg, 0, HMM_DMIRROR_SNAPSHOT), -EBUSY);
}

static void release(struct hs_task *self, void *arg)
{
	expect(self, "RELEASE", call(arg, 0, HMM_DMIRROR_RELEASE), 0);
}

static void close_1(struct hs_task *self, void *arg)
{
	(void)self;
	close_device(arg, 1);
}

static void close_0(struct hs_task *self, void *arg)
{
	(void)self;
	close_device(arg, 0);
}

static void zap(struct hs_task *self, void *arg)
{
	hs_madvise_dontneed(self, ((struct state *)arg)->mm, 0, PAGE_SIZE);
}

static void unmap(struct hs_task *self, void *arg)
{
	hs_munmap(self, ((struct state *)arg)->mm, 0, PAGE_SIZE);
}

static void protect(struct hs_task *self, void *arg)
{
	hs_mprotect(self, ((struct state *)arg)->mm, 0, PAGE_SIZE, HS_VM_READ);
}

static void cpu_write(struct hs_task *self, void *arg)
{
	hs_sync_assert(self, !hs_cpu_write(self, ((struct state *)arg)->mm, 0, 9),
		       "the CPU's store");
}

static void protect_and_read(struct hs_task *self, void *arg)
{
	hs_mprotect(self, ((struct state *)arg)->mm, 0, PAGE_SIZE, HS_VM_READ);
	load(self, arg, 0);
}

static void cpu_read(struct hs_task *self, void *arg)
{
	uint64_t value = 0;

	hs_sync_assert(self, !hs_cpu_read(self, ((struct state *)arg)->mm, 0, &value), "the load");
	hs_sync_assert(self, value == 7 || value == 9, "the CPU read %llu",
		       (unsigned long long)value);
}

/* ---- scenarios --------------------------------------------------------------------------- */

static int set_up(struct hs_task *self, struct hs_plan *plan, void *state, const void *param)
{
	const struct row *row = param;
	struct state *s = state;
	int ret = hs_memory_add(self, 0, RAM, true);

	cdev_count = 0;
	chunk_count = 0;
	if (!ret)
		ret = hs_mm_create(self, hs_geometry(HS_GEOMETRY_MOCK), &s->mm);
	if (!ret)
		ret = hs_vma_add(self, s->mm, 0, PAGES * PAGE_SIZE, HS_VM_READ | HS_VM_WRITE);
	if (!ret)
		ret = (int)hs_cpu_write(self, s->mm, 0, 7);
	s->task.mm = s->mm;
	hs_sync_task_set_data(self, &s->task);
	if (!ret)
		ret = init_module();
	for (unsigned int i = 0; i < 2 && !ret; i++)
		ret = open_device(s, i);
	if (!ret && row->before)
		row->before(self, s);
	if (!ret)
		ret = hs_plan_task(plan, "one", row->one, s);
	return ret || !row->other ? ret : hs_plan_task(plan, "other", row->other, s);
}

/* What a device reads is what the CPU reads, also where it has an entry already. */
static void compare(struct hs_task *self, struct state *s, unsigned int number)
{
	long ret = call(s, number, HMM_DMIRROR_READ);
	uint64_t value = 0;

	if (!ret && !hs_cpu_read(self, s->mm, 0, &value))
		hs_sync_assert(self, s->buffer[0] == value, "the device reads %llu, the CPU %llu",
			       (unsigned long long)s->buffer[0], (unsigned long long)value);
}

static void check(struct hs_task *self, void *state, const void *param)
{
	struct state *s = state;

	(void)param;
	for (unsigned int i = 0; i < 2; i++)
		if (s->file[i].private_data)
			compare(self, s, i);
	for (unsigned int i = 0; i < 2; i++)
		close_device(s, i);
	hs_mm_destroy(self, s->mm);
	cleanup_module();
}

static const struct hs_scenario scenario = { "test_hmm", sizeof(struct state), set_up, check };

/* Whether what was found is what is expected. */
static bool explore_row(const struct row *row)
{
	struct hs_explore_options options;
	struct hs_explore_result r;
	bool expected;

	hs_explore_options_init(&options);
	if (hs_explore(&scenario, row, &options, &r)) {
		printf("%s: no memory\n", row->name);
		return false;
	}
	expected = r.verdict == row->verdict && (r.violations || r.exhaustive) &&
		   (!row->text || strstr(r.message, row->text));
	printf("%s: %s, %llu executions%s%s\n", row->name, hs_verdict_name(r.verdict),
	       (unsigned long long)r.executions,
	       expected ? "" : ", not expected: ", expected ? "" : r.message);
	if (!expected && r.report)
		fputs(r.report, stderr);
	hs_explore_result_free(&r);
	return expected;
}

int main(void)
{
	static const struct row rows[] = {
		{ "read by the other: MIGRATE", read_1, migrate_0, NULL, HS_VERDICT_NONE, NULL },
		{ "READ, zap", NULL, read_0, zap, HS_VERDICT_NONE, NULL },
		{ "READ, munmap", NULL, read_0, unmap, HS_VERDICT_NONE, NULL },
		{ "READ, mprotect", NULL, read_0, protect, HS_VERDICT_NONE, NULL },
		{ "READ, CPU write", NULL, read_0, cpu_write, HS_VERDICT_NONE, NULL },
		{ "READ, close of the other", NULL, read_0, close_1, HS_VERDICT_NONE, NULL },
		{ "READ, READ of the other", NULL, read_0, read_1, HS_VERDICT_NONE, NULL },
		{ "WRITE, zap", NULL, write_0, zap, HS_VERDICT_NONE, NULL },
		{ "WRITE, munmap", NULL, write_0, unmap, HS_VERDICT_NONE, NULL },
		{ "WRITE, mprotect", NULL, write_0, protect, HS_VERDICT_NONE, NULL },
		{ "WRITE, CPU write", NULL, write_0, cpu_write, HS_VERDICT_NONE, NULL },
		{ "WRITE, CPU read", NULL, write_0, cpu_read, HS_VERDICT_NONE, NULL },
		{ "WRITE, READ of the other", NULL, write_0, read_1, HS_VERDICT_NONE, NULL },
		{ "WRITE, WRITE of the other", NULL, write_0, write_1, HS_VERDICT_NONE, NULL },
		{ "SNAPSHOT, zap", NULL, snapshot, zap, HS_VERDICT_NONE, NULL },
		{ "SNAPSHOT, munmap", NULL, snapshot, unmap, HS_VERDICT_NONE, NULL },
		{ "SNAPSHOT, mprotect", NULL, snapshot, protect, HS_VERDICT_NONE, NULL },
		{ "SNAPSHOT, CPU write", NULL, snapshot, cpu_write, HS_VERDICT_NONE, NULL },
		{ "SNAPSHOT, MIGRATE of the other", NULL, snapshot, migrate_1, HS_VERDICT_NONE,
		  NULL },
		{ "EXCLUSIVE, zap", NULL, exclusive_0, zap, HS_VERDICT_ASSERT,
		  "device reads 7, the CPU 0" },
		{ "EXCLUSIVE, munmap", NULL, exclusive_0, unmap, HS_VERDICT_NONE, NULL },
		{ "EXCLUSIVE, mprotect", NULL, exclusive_0, protect, HS_VERDICT_NONE, NULL },
		{ "EXCLUSIVE, CPU write", NULL, exclusive_0, cpu_write, HS_VERDICT_NONE, NULL },
		{ "EXCLUSIVE, READ of the other", NULL, exclusive_0, read_1, HS_VERDICT_NONE,
		  NULL },
		{ "EXCLUSIVE, EXCLUSIVE of the other", NULL, exclusive_0, exclusive_1,
		  HS_VERDICT_NONE, NULL },
		{ "MIGRATE, zap", NULL, migrate_0, zap, HS_VERDICT_ASSERT,
		  "device reads 7, the CPU 0" },
		{ "MIGRATE, munmap", NULL, migrate_0, unmap, HS_VERDICT_NONE, NULL },
		{ "MIGRATE, mprotect", NULL, migrate_0, protect, HS_VERDICT_ASSERT,
		  "device reads 0, the CPU 7" },
		{ "MIGRATE, CPU read", NULL, migrate_0, cpu_read, HS_VERDICT_NONE, NULL },
		{ "MIGRATE, CPU write", NULL, migrate_0, cpu_write, HS_VERDICT_NONE, NULL },
		{ "MIGRATE, MIGRATE of the other", NULL, migrate_0, migrate_1, HS_VERDICT_ASSERT,
		  "device reads 0, the CPU 7" },
		{ "MIGRATE and back, alone", NULL, migrate_back, NULL, HS_VERDICT_NONE, NULL },
		{ "back, zap", migrate_0, back_0, zap, HS_VERDICT_NONE, NULL },
		{ "migrated: mprotect and READ", migrate_0, protect_and_read, NULL,
		  HS_VERDICT_ASSERT, "device reads 0, the CPU 7" },
		{ "migrated: READ, CPU read", migrate_0, read_0, cpu_read, HS_VERDICT_NONE, NULL },
		{ "migrated: WRITE of the other, zap", migrate_0, write_1, zap, HS_VERDICT_NONE,
		  NULL },
		{ "migrated: close, CPU read", migrate_0, close_0, cpu_read, HS_VERDICT_FREED,
		  "dmirror_devmem_fault()" },
		{ "migrated: close, READ of the other", migrate_0, close_0, read_1,
		  HS_VERDICT_FREED, "dmirror_devmem_fault()" },
		{ "migrated: RELEASE, zap", migrate_0, release, zap, HS_VERDICT_NONE, NULL },
	};
	int status = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!explore_row(&rows[i]))
			status = 1;
	return status;
}
